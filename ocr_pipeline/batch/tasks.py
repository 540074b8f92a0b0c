# SPDX-License-Identifier: Apache-2.0
"""The pieces of work that a batch is made of, and what comes back of each.

All of them are small frozen values that go through a pipe. A task gives the same files and the
same result whenever it is done, so that one whose worker died is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocr_pipeline.core.document import Page
from ocr_pipeline.readers.inputs import InputFile

# Called with the index of the page or file that is next and the step: the sign of life of a
# worker, and the place where a run that is to stop does so (by raising Stopped).
Beat = Callable[[int, str], None]


class Stopped(BaseException):
    """The run is to end: the task is given up, to be done again when the run goes on.

    No error of a page, and therefore no :class:`Exception`.
    """


class WorkerBroken(Exception):
    """The process cannot go on, for instance because its GPU is in a state of error."""


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file by its number in the manifest."""

    id: int
    file: InputFile


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file has changed: bytes, time of change in ns, and SHA-256 of its bytes."""

    size: int = -1
    mtime: int = -1
    sha256: str = ""

    def same_look(self, other: Stamp) -> bool:
        """Whether size and time are equal: the quick check."""
        return (self.size, self.mtime) == (other.size, other.mtime)


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page to be read: its index from 0 and its pixels, 0 where they are not known."""

    index: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """Count the pages of some files."""

    id: int
    files: tuple[FileJob, ...]
    exclusive: bool = False

    @property
    def weight(self) -> int:
        """Number of things in it."""
        return len(self.files)


@dataclass(frozen=True, slots=True)
class Probed:
    """What is known of a file without decoding it, or why it cannot be opened."""

    id: int
    stamp: Stamp = Stamp()
    pages: tuple[PageSize, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class ProbeDone:
    """Result of a :class:`Probe`."""

    files: tuple[Probed, ...]


@dataclass(frozen=True, slots=True)
class PageJob:
    """A page to read.

    Attributes:
        id: number of the page in the manifest.
        document: number of its document in the manifest.
        file: its document.
        index: the page's index in it, from 0.
        whole: whether all pages of the document are in the same task, so that it can be written
            at once.
        single: whether it is the only page, which names of outputs depend on.
        pixels: its size; 0 where it is not known.
        stamp: the file as it was when its pages were counted.
    """

    id: int
    document: int
    file: InputFile
    index: int
    whole: bool = False
    single: bool = True
    pixels: int = 0
    stamp: Stamp = Stamp()


@dataclass(frozen=True, slots=True)
class Read:
    """Read the pages of a chunk: find lines page by page, then read those of all together.

    Attributes:
        id: number of the chunk.
        pages: in order.
        threads: threads of the nets: part of the task, because sums of floats depend on it.
        exclusive: the worker is to have no other task meanwhile, so that it is known what
            killed it.
    """

    id: int
    pages: tuple[PageJob, ...]
    threads: int = 1
    exclusive: bool = False

    @property
    def weight(self) -> int:
        """Number of things in it."""
        return len(self.pages)


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page that was read, or why it was not.

    Attributes:
        id: number of the page in the manifest.
        tree: its tree as compressed JSON; empty if it failed.
        error: why it failed.
        lines: number of its lines.
        review: its doubtful lines as a JSON list, empty if there are none.
        outputs: files written for it, relative to the output folder.
        seconds: time spent on it.
    """

    id: int
    tree: bytes = b""
    error: str = ""
    lines: int = 0
    review: str = ""
    outputs: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PageTree:
    """A page as the manifest holds it: a compressed tree, or an error; or the page itself."""

    index: int
    tree: bytes = b""
    page: Page | None = None
    error: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """Write a document whose pages are all read.

    Attributes:
        id: number of the file.
        file: the document.
        pages: in order.
        inline: give the bytes back instead of writing files.
    """

    id: int
    file: InputFile
    pages: tuple[PageTree, ...]
    inline: bool = False
    exclusive: bool = False

    @property
    def weight(self) -> int:
        """Number of things in it."""
        return max(1, len(self.pages))


@dataclass(frozen=True, slots=True)
class WriteDone:
    """Result of a :class:`Write`.

    Attributes:
        outputs: files written, relative to the output folder.
        error: why not all of them could be written.
        fatal: whether writing anything else would fail as well (a full disk).
        data: the bytes, if they were asked for.
    """

    outputs: tuple[str, ...] = ()
    error: str = ""
    fatal: bool = False
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Result of a :class:`Read`.

    Attributes:
        pages: one entry per page, in order.
        documents: what came of writing the documents that were whole, by their number.
        fatal: why no output can be written at all.
    """

    pages: tuple[PageDone, ...] = ()
    documents: tuple[tuple[int, WriteDone], ...] = ()
    fatal: str = ""


Task = Probe | Read | Write
Result = ProbeDone | ReadDone | WriteDone


@dataclass(frozen=True, slots=True)
class Done:
    """An executor's news: a task is done."""

    task: Task
    result: Result


@dataclass(frozen=True, slots=True)
class Lost:
    """An executor's news: the worker died, or was killed because it hung.

    Attributes:
        task: what it had been given.
        index: the page or file that it was at; None if it had not begun.
        step: what it was doing there.
        reason: in words.
        hung: it was killed for taking too long.
    """

    task: Task
    index: int | None
    step: str
    reason: str
    hung: bool = False


Event = Done | Lost

# SPDX-License-Identifier: Apache-2.0
"""What a worker does, wherever it runs: counts pages, reads chunks, writes documents."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.batch.decode import Decoder
from ocr_pipeline.batch.outputs import OutputError, Outputs, pack, reason
from ocr_pipeline.batch.stamps import full_stamp
from ocr_pipeline.batch.tasks import (
    Beat,
    FileJob,
    PageDone,
    PageJob,
    PageSize,
    PageTree,
    Probe,
    Probed,
    ProbeDone,
    Read,
    ReadDone,
    Result,
    Task,
    WorkerBroken,
    Write,
)
from ocr_pipeline.core.collector import spare_what_stays
from ocr_pipeline.core.document import Page
from ocr_pipeline.core.images import Frame
from ocr_pipeline.languages import names_of
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers import OpenDocument, open_document

RGB = npt.NDArray[np.uint8]
log = logging.getLogger(__name__)
_LATIN_ALONE = names_of("en")
#: Lines of a page that must be found before it is said that most cannot be read.
_ENOUGH = 5


class PipelineLike(Protocol):
    """The part of :class:`ocr_pipeline.Pipeline` that a batch uses."""

    def find(self, image: RGB) -> Any: ...
    def read_crops(self, crops: Sequence[RGB]) -> Sequence[Any]: ...
    def finish(
        self, work: Any, readings: Sequence[Any], number: int, dpi: float | None
    ) -> Page: ...


Factory = Callable[[RunOptions], PipelineLike]


def load_pipeline(options: RunOptions) -> PipelineLike:
    """The pipeline of the project; workers load it by the name of this function."""
    from ocr_pipeline.pipeline import Pipeline

    pipeline = Pipeline(options)
    spare_what_stays()
    return pipeline


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """All that a worker has to know; goes to other processes and machines.

    Attributes:
        options: how pages are read.
        outputs: where results go.
        factory: makes the pipeline; a function that other processes can import by its name.
    """

    options: RunOptions
    outputs: Outputs
    factory: Factory


@dataclass(slots=True)
class _Found:
    """A page of a chunk on its way."""

    job: PageJob
    page: Page | None = None
    work: Any = None
    image: RGB | None = None
    dpi: float | None = None
    error: str = ""
    seconds: float = 0.0
    lines: int = 0  # that the detector found

    @property
    def number(self) -> int:
        return self.job.index + 1

    @property
    def place(self) -> str:
        """The page's file, and its number where that has several."""
        name = self.job.file.name
        return name if self.job.single else f"{name}, page {self.number}"

    def fail(self, error: BaseException) -> None:
        """Notes why the page cannot be read, and lets go of all that it holds."""
        if "CUDA error" in str(error):
            raise WorkerBroken(str(error)) from error
        self.error = reason(self.job.file, error, None if self.job.single else self.number)
        self.page = self.work = self.image = None


class Worker:
    """Does tasks, one after the other.

    Args:
        setup: what it has to know.
        device: device of the nets, instead of the options' own.
    """

    def __init__(self, setup: WorkerSetup, device: str | None = None) -> None:
        self.setup = setup
        self.device = device
        self.pipeline: PipelineLike | None = None
        self.threads = 0
        self._decoder = Decoder(setup.options.reading)
        self._expected: list[Read] = []

    def load(self, threads: int) -> None:
        """Loads the nets, if they are not there or have another number of threads.

        Raises:
            WeightsError: if weights are missing or damaged.
            DeviceError: if the device or precision is not there.
        """
        if self.pipeline is not None and self.threads == threads:
            return
        self.pipeline = None
        options = replace(self.setup.options, threads=threads)
        if self.device is not None:
            options = replace(
                options, device=self.device, detector_device=None, recognizer_device=None
            )
        self.pipeline = self.setup.factory(options)
        self.threads = threads

    def expect(self, task: Task) -> None:
        """Decodes the pages of a task ahead; it must be the next but for tasks of other kinds."""
        if isinstance(task, Read):
            self._expected.append(task)
            self._decoder.expect(task.pages)

    def run(self, task: Task, beat: Beat) -> Result:
        """Does a task. What goes wrong with a page or file is in the result.

        Raises:
            WeightsError, DeviceError: if the nets cannot be loaded.
            Stopped: if ``beat`` raises it.
            WorkerBroken: if this process cannot do anything more.
        """
        if isinstance(task, Probe):
            return ProbeDone(tuple(self._probe(job, i, beat) for i, job in enumerate(task.files)))
        if isinstance(task, Write):
            beat(0, "write")
            return self.setup.outputs.write_document(task)
        return self._read(task, beat)

    # ------------------------------------------------------------------ counting pages

    def _probe(self, job: FileJob, index: int, beat: Beat) -> Probed:
        beat(index, "open")
        try:
            stamp = full_stamp(job.file)
            with open_document(job.file, self.setup.options.reading) as document:
                pages = tuple(_page_size(document, i) for i in document.indices)
            return Probed(job.id, stamp, pages)
        except Exception as error:  # whatever a file does to its reader
            return Probed(job.id, error=reason(job.file, error))

    # ------------------------------------------------------------------ reading a chunk

    def _read(self, task: Read, beat: Beat) -> ReadDone:
        self.load(task.threads)
        if self._expected and self._expected[0].id == task.id:
            self._expected.pop(0)
        else:
            self._forget()
            self._decoder.expect(task.pages)
        try:
            chunk = [self._find(job, i, beat) for i, job in enumerate(task.pages)]
            self._read_lines(chunk, beat)
        except BaseException:
            self._forget()
            raise
        pages = []
        try:
            for i, found in enumerate(chunk):
                beat(i, "write")
                pages.append(self._finish(found))
        except OutputError as error:
            return ReadDone(fatal=str(error))
        return self._write_whole(chunk, pages)

    def _write_whole(self, chunk: Sequence[_Found], pages: Sequence[PageDone]) -> ReadDone:
        """Writes the documents that lie in the chunk with all their pages, all of them read."""
        trees: dict[int, list[PageTree]] = {}
        files = {}
        for found in chunk:
            job = found.job
            if job.whole:
                files[job.document] = job.file
                tree = PageTree(job.index, page=found.page)
                trees.setdefault(job.document, []).append(tree)
        written = []
        for number, file in files.items():
            if all(tree.page is not None for tree in trees[number]):
                write = Write(number, file, tuple(trees[number]))
                result = self.setup.outputs.write_document(write)
                if result.fatal:
                    return ReadDone(fatal=result.error)
                written.append((number, result))
        return ReadDone(tuple(pages), tuple(written))

    def _forget(self) -> None:
        """A fresh decoder, when what the present one prepares is no longer wanted."""
        self._expected.clear()
        self._decoder.close()
        self._decoder = Decoder(self.setup.options.reading)

    def _find(self, job: PageJob, index: int, beat: Beat) -> _Found:
        """A page's lines, cut out; or the page itself where its file holds its text."""
        beat(index, "find")
        start = time.perf_counter()
        found = _Found(job)
        try:
            frame: Frame = self._decoder.next(job)
            if self.setup.outputs.wants_images:
                found.image = frame.image
            if frame.kept is not None:
                found.page = replace(frame.kept, number=found.number)
            else:
                assert self.pipeline is not None
                found.work, found.dpi = self.pipeline.find(frame.image), frame.dpi
                found.lines = len(found.work.scores)
        except Exception as error:  # it belongs to the page: the others go on
            found.fail(error)
        found.seconds = time.perf_counter() - start
        return found

    def _read_lines(self, chunk: Sequence[_Found], beat: Beat) -> None:
        """Reads the lines of all pages together; page by page if that fails."""
        waiting = [(i, found) for i, found in enumerate(chunk) if found.work is not None]
        try:
            self._read_pool(waiting, beat)
        except Exception as error:
            if "CUDA error" in str(error):
                raise WorkerBroken(str(error)) from error
            for i, found in waiting:
                try:
                    self._read_pool([(i, found)], beat)
                except Exception as own:
                    found.fail(own)

    def _read_pool(self, pages: Sequence[tuple[int, _Found]], beat: Beat) -> None:
        if not pages:
            return
        assert self.pipeline is not None
        beat(pages[0][0], "read" if len(pages) > 1 else "find")
        start = time.perf_counter()
        crops = [crop for _, found in pages for crop in found.work.crops]
        readings = list(self.pipeline.read_crops(crops))
        seconds = time.perf_counter() - start
        end = 0
        for _, found in pages:
            begin, end = end, end + len(found.work.crops)
            found.seconds += seconds * (end - begin) / max(1, len(crops))
            work, found.work = found.work, None
            try:
                lines = readings[begin:end]
                found.page = self.pipeline.finish(work, lines, found.number, found.dpi)
            except Exception as error:
                found.fail(error)

    def _finish(self, found: _Found) -> PageDone:
        """Writes what belongs to the page alone, and packs its tree."""
        job, page = found.job, found.page
        if page is None:
            return PageDone(job.id, error=found.error, seconds=found.seconds)
        outputs: Sequence[str] = ()
        review = ""
        if self.setup.options.evaluate:
            _tell_valueless(found, page)
        # Whoever names a least confidence wants lines to be missing.
        options = self.setup.options
        if options.recognizers == _LATIN_ALONE and options.min_confidence is None:
            _tell_illegible(found, page)
        try:
            if found.image is not None:
                pictures = self.setup.outputs.write_page
                outputs, review = pictures(job.file, job.single, page, found.image)
            tree = pack(page)
        except Exception as error:
            if isinstance(error, OutputError) and error.hopeless:
                raise
            found.fail(error)
            return PageDone(job.id, error=found.error, seconds=found.seconds)
        finally:
            found.image = None
        return PageDone(
            job.id, tree, "", len(page.lines), review, tuple(outputs), round(found.seconds, 3)
        )


def _tell_valueless(found: _Found, page: Page) -> None:
    """Names lines whose value was asked for and that are no arithmetic expressions."""
    for line in page.lines:
        if line.value is None:
            log.warning(
                "%s: %r is no arithmetic expression: it has no value", found.place, line.text
            )


def _tell_illegible(found: _Found, page: Page) -> None:
    """Says so where most of a page cannot be read as Latin script: it may be in another."""
    if found.lines >= _ENOUGH and 3 * len(page.lines) < found.lines:
        log.warning(
            "%s: only %d of %d lines can be read as Latin script; for Chinese, use --lang auto",
            found.place,
            len(page.lines),
            found.lines,
        )


def _page_size(document: OpenDocument, index: int) -> PageSize:
    try:
        return PageSize(index, *document.size(index))
    except Exception:  # said when the page is read
        return PageSize(index)

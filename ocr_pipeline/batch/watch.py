# SPDX-License-Identifier: Apache-2.0
"""A folder that is watched: documents are read as they come, once they have stopped growing."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ocr_pipeline.batch.engine import Batch
from ocr_pipeline.batch.report import Report
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.readers.inputs import InputFile, find_inputs

# Names that programs give to what they have not finished.
_UNFINISHED_STARTS = (".", "~", "_tmp")
_UNFINISHED_PARTS = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".download")
# An empty file is one that somebody is about to fill. After so many settling times it is reported.
_EMPTY_PATIENCE = 30.0

Look = tuple[int, int]  # bytes, time of change in ns


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a folder is watched.

    Attributes:
        settle: seconds for which a file must not have changed before it is read.
        interval: seconds between two looks at the folder; events of the file system make it look
            sooner, where the ``watchfiles`` package is installed and the file system has them.
        poll: do not use events (network drives do not send them).
    """

    settle: float = 3.0
    interval: float = 5.0
    poll: bool = False

    def __post_init__(self) -> None:
        if self.settle < 0:
            raise UsageError(f"--settle must not be negative, not {self.settle}")
        if self.interval <= 0:
            raise UsageError(f"--interval must be positive, not {self.interval}")


@dataclass(slots=True)
class _Seen:
    """A file's size and time, since when they are so, and whether it was handed over like this."""

    look: Look
    since: float
    taken: bool = False


@dataclass(slots=True)
class Ripener:
    """Tells which documents have stopped growing. Times are in seconds of any steady clock.

    Attributes:
        settle: seconds without a change.
    """

    settle: float
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def ripe(self, files: Sequence[InputFile], now: float) -> list[InputFile]:
        """Those of the files that are to be read now, each once for every state it settles in.

        Links and files with the names of temporary ones are left out. A file that shrinks, grows
        or is replaced starts anew.
        """
        result, present = [], set()
        for file in files:
            path = str(file.path)
            look = _look(file.path)
            if look is None or is_unfinished(file.path):
                continue
            present.add(path)
            seen = self._seen.get(path)
            if seen is None or seen.look != look:
                seen = self._seen[path] = _Seen(look, now)
            patience = self.settle * (_EMPTY_PATIENCE if look[0] == 0 else 1.0)
            # All members of a zip are handed over together: they have the path in common.
            if not seen.taken and now - seen.since >= patience:
                result.append(file)
        for file in result:
            self._seen[str(file.path)].taken = True
        for path in self._seen.keys() - present:  # a later file of this name is another one
            del self._seen[path]
        return result

    def wait(self, now: float) -> float | None:
        """Seconds until the next file may be ripe; None if none is growing."""
        left = [
            seen.since + self.settle - now
            for seen in self._seen.values()
            if not seen.taken and seen.look[0]
        ]
        return max(0.0, min(left)) if left else None


def is_unfinished(path: Path) -> bool:
    """Whether a file's name says that it is not, or not yet, a document."""
    name = path.name.casefold()
    parts = {suffix.casefold() for suffix in path.suffixes}
    return name.startswith(_UNFINISHED_STARTS) or not parts.isdisjoint(_UNFINISHED_PARTS)


def _look(path: Path) -> Look | None:
    """Size and time of a regular file that is no link; None for anything else."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def watch(
    folder: Path,
    batch: Batch,
    options: WatchOptions,
    stop: threading.Event,
    skip: Callable[[], Collection[str]] = tuple,
    on_report: Callable[[Report], None] | None = None,
) -> Report:
    """Reads the documents of a folder and of its sub-folders, and those that come, until stopped.

    What was read in earlier runs is not read again: the batch's manifest knows it. A folder that
    vanishes for a while (a network drive) is waited for.

    Args:
        folder: what is watched.
        batch: reads and writes; its workers stay between two documents.
        options: when a document is ready.
        stop: set when it is to end; the document at hand is given up then.
        skip: gives absolute paths that are not to be read, such as the outputs so far.
        on_report: called with the report of every round in which something was read.

    Returns:
        Sums over all rounds.

    Raises:
        WeightsError, DeviceError: if the nets cannot be loaded.
        UnwritableError, ManifestError: if no output can be written.
    """
    ripener = Ripener(options.settle)
    total = Report()
    start = time.monotonic()
    with _Waker(folder, options, stop) as waker:
        while not stop.is_set():
            ripe = ripener.ripe(_find(folder, batch.out, skip()), time.monotonic())
            if ripe:
                report = batch.run(ripe)
                _add(total, report)
                if on_report is not None and (report.files or report.failures):
                    on_report(report)
                if report.stopped:  # --fail-fast
                    total.stopped = True
                    break
            else:
                waker.wait(ripener.wait(time.monotonic()))
    total.seconds = time.monotonic() - start
    # To be ended is how watching ends; a document that was given up for it is another matter.
    total.interrupted = bool(total.left) and not total.stopped
    return total


def _find(folder: Path, out: Path | None, skip: Collection[str]) -> list[InputFile]:
    try:
        return find_inputs([str(folder)], out, skip=skip) if folder.is_dir() else []
    except (InputError, OSError):  # files come and go while a folder is searched
        return []


def _add(total: Report, report: Report) -> None:
    """Adds a round's counts."""
    for name in ("asked", "kept", "files", "failed", "pages", "lines"):
        setattr(total, name, getattr(total, name) + getattr(report, name))
    total.left = report.left
    total.doubtful = report.doubtful
    total.failures.extend(report.failures)


class _Waker:
    """Waits until there may be something new; a context manager.

    Args:
        folder: what is watched.
        options: how.
        stop: ends the waiting.
    """

    def __init__(self, folder: Path, options: WatchOptions, stop: threading.Event) -> None:
        self.options = options
        self.stop = stop
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if not options.poll and _has_events():
            self._thread = threading.Thread(target=self._listen, args=(folder,), daemon=True)

    def __enter__(self) -> _Waker:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    def _listen(self, folder: Path) -> None:
        from watchfiles import watch as changes

        try:
            for _ in changes(folder, stop_event=self._ended, rust_timeout=500, step=200):
                self._changed.set()
        except (OSError, RuntimeError):  # a file system without events: looking now and then does
            return

    def wait(self, seconds: float | None) -> None:
        """Waits for a change, for so many seconds or an interval, whichever comes first."""
        # Something grows: a change of it is no reason to look sooner than it may be ready.
        growing = seconds is not None
        limit = self.options.interval if seconds is None else min(seconds, self.options.interval)
        deadline = time.monotonic() + max(limit, 0.05)
        while not self.stop.is_set():
            left = deadline - time.monotonic()
            if left <= 0 or (self._changed.is_set() and not growing):
                break
            self.stop.wait(min(left, 0.2))
        self._changed.clear()


def _has_events() -> bool:
    from importlib.util import find_spec

    return find_spec("watchfiles") is not None

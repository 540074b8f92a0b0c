# SPDX-License-Identifier: Apache-2.0
"""Reads the pages of all requests: threads find lines, one reads those of all pages together.

Requests take turns page by page, so that a book does not keep a single page waiting. Few pages are
in memory at a time, whatever waits.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.serve.metrics import Metrics

RGB = npt.NDArray[np.uint8]
_log = logging.getLogger(__name__)

# Lines are read together up to this many pixels, scaled to the height that nets read: about a page.
BATCH_PIXELS = 32 * 50_000
_LINE_HEIGHT = 32
# Pages in memory beyond those whose lines are being searched.
_AHEAD = 3
_SMOOTHING = 0.1


class PageTask(Protocol):
    """A page on its way. Each step is called once, from one thread at a time."""

    @property
    def lane(self) -> object:
        """Pages of one lane share a recognizer, and are read together."""

    @property
    def wanted(self) -> bool:
        """False as soon as nobody waits for the page any more."""

    def find(self) -> Sequence[RGB]:
        """Decodes the page and cuts out its lines."""

    def read(self, crops: Sequence[RGB]) -> Sequence[Any]:
        """Reads lines, be they of this page or of others of its lane."""

    def finish(self, readings: Sequence[Any]) -> None:
        """Puts the page together and hands it over."""

    def fail(self, error: BaseException) -> None:
        """Hands over the reason why there is no page."""

    def drop(self) -> None:
        """Lets go of all that the page holds; called last, whatever became of it."""


class JobLike(Protocol):
    """A request. Its methods are called under the engine's lock: they must not take long."""

    @property
    def waiting(self) -> int:
        """Number of pages that are not begun."""

    @property
    def ready(self) -> bool:
        """Whether a page may be begun now."""

    def next(self) -> PageTask:
        """The next page."""


@dataclass(slots=True)
class _Page:
    """A page whose lines are found.

    Attributes:
        taken: lines that are read or being read.
    """

    task: PageTask
    crops: Sequence[RGB]
    readings: list[Any] = field(default_factory=list)
    taken: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Part:
    """Lines ``start`` to ``end`` of a page."""

    page: _Page
    start: int
    end: int

    @property
    def crops(self) -> Sequence[RGB]:
        return self.page.crops[self.start : self.end]


class Engine:
    """The threads that read. :meth:`start` it, and :meth:`close` it at the end.

    Args:
        parallel: pages whose lines are searched at the same time.
        metrics: where figures go.
        patience: seconds after which a step is taken for hanging. A thread cannot be ended from
            outside: all that can be done is to say so, and to be restarted.
    """

    def __init__(
        self, parallel: int = 1, metrics: Metrics | None = None, patience: float = math.inf
    ) -> None:
        self.parallel = parallel
        self.patience = patience
        self.metrics = metrics or Metrics()
        self.page_seconds = 1.0  # about what a page takes; the first guess
        self.broken = ""
        self._change = threading.Condition()
        self._jobs: deque[JobLike] = deque()
        self._found: deque[_Page] = deque()
        self._read: deque[_Page] = deque()
        self._in_memory = 0
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._since: dict[str, float] = {}  # when each thread began the step that it is at

    # ------------------------------------------------------------------ from outside

    def start(self) -> None:
        """Starts the threads."""
        works = [self._run_finder] * self.parallel + [self._run_reader, self._run_finisher]
        for number, work in enumerate(works):
            name = f"{work.__name__.removeprefix('_run_')}-{number}"
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def submit(self, job: JobLike) -> None:
        """Takes up a request; it reports through its own methods."""
        with self._change:
            self._jobs.append(job)
            self._change.notify_all()

    def forget(self, job: JobLike) -> None:
        """Begins no more pages of a request."""
        with self._change:
            if job in self._jobs:
                self._jobs.remove(job)
            self._change.notify_all()

    def wake(self) -> None:
        """Looks again which requests are ready."""
        with self._change:
            self._change.notify_all()

    def close(self, seconds: float = 10.0) -> None:
        """Ends the threads after the step that they are at."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    @property
    def alive(self) -> bool:
        """Whether pages are being read, or would be if there were any."""
        running = bool(self._threads) and all(thread.is_alive() for thread in self._threads)
        hangs = any(time.monotonic() - since > self.patience for since in self._steps())
        return running and not hangs and not self.broken and not self._closing

    def _steps(self) -> list[float]:
        with self._change:
            return list(self._since.values())

    @property
    def waiting(self) -> int:
        """Pages that are not begun."""
        with self._change:
            return sum(job.waiting for job in self._jobs)

    # ------------------------------------------------------------------ finding and finishing

    def _run_finder(self) -> None:
        while True:
            with self._change:
                while not self._closing and (task := self._next_task()) is None:
                    self._change.wait()
                if self._closing:
                    return
            assert task is not None
            with self._step():
                self._find(task)
            del task  # a waiting thread must not hold on to a page

    def _run_finisher(self) -> None:
        """A thread of its own: a page that is read must not wait until the next one is found."""
        while True:
            with self._change:
                while not self._read and not self._closing:
                    self._change.wait()
                if self._closing:
                    return
                page = self._read.popleft()
            with self._step():
                self._finish(page)
            del page

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Notes since when this thread is busy."""
        name = threading.current_thread().name
        with self._change:
            self._since[name] = time.monotonic()
        try:
            yield
        finally:
            with self._change:
                del self._since[name]

    def _next_task(self) -> PageTask | None:
        """A page of the request whose turn it is, if there is room for one more."""
        if self._in_memory >= self.parallel + _AHEAD:
            return None
        for _ in range(len(self._jobs)):
            job = self._jobs.popleft()
            if not job.waiting:
                continue
            if not job.ready:
                self._jobs.append(job)
                continue
            task = job.next()
            if job.waiting:
                self._jobs.append(job)
            self._in_memory += 1
            return task
        return None

    def _find(self, task: PageTask) -> None:
        start = time.perf_counter()
        try:
            if not task.wanted:
                self._end(task)
                return
            page = _Page(task, task.find())
        except BaseException as error:
            self._fail(task, error)
            return
        page.seconds = time.perf_counter() - start
        self.metrics.step_seconds.observe(page.seconds, step="find")
        with self._change:
            (self._found if len(page.crops) else self._read).append(page)
            self._change.notify_all()

    def _finish(self, page: _Page) -> None:
        start = time.perf_counter()
        try:
            if page.task.wanted:
                page.task.finish(page.readings)
        except BaseException as error:
            self._fail(page.task, error)
            return
        seconds = time.perf_counter() - start
        self.metrics.step_seconds.observe(seconds, step="finish")
        taken = (page.seconds + seconds) / self.parallel
        self.page_seconds += _SMOOTHING * (taken - self.page_seconds)
        self._end(page.task)

    def _fail(self, task: PageTask, error: BaseException) -> None:
        if "CUDA error" in str(error):  # nothing more can be done in this process
            self.broken = str(error)
            _log.critical("the GPU has failed, restart the server: %s", error)
        try:
            task.fail(error)
        except Exception:
            _log.exception("a page could not be given up")
        self._end(task)

    def _end(self, task: PageTask) -> None:
        try:
            task.drop()
        except Exception:
            _log.exception("a page could not be cleared away")
        with self._change:
            self._in_memory -= 1
            self._change.notify_all()

    # ------------------------------------------------------------------ the reader

    def _run_reader(self) -> None:
        while True:
            with self._change:
                while not self._found and not self._closing:
                    self._change.wait()
                if self._closing:
                    return
                parts, unwanted = self._next_batch()
            for page in unwanted:
                self._end(page.task)
            if parts:
                with self._step():
                    self._read_batch(parts)
            del parts, unwanted  # a waiting thread must not hold on to pages

    def _next_batch(self) -> tuple[list[_Part], list[_Page]]:
        """Lines to read together, in the order in which they were found; pages to give up."""
        parts: list[_Part] = []
        unwanted: list[_Page] = []
        stay: deque[_Page] = deque()
        lane: object = None
        room = BATCH_PIXELS
        while self._found:
            page = self._found.popleft()
            if not page.task.wanted:
                unwanted.append(page)
                continue
            lane = page.task.lane if lane is None else lane
            if page.task.lane is not lane or room <= 0:
                stay.append(page)
                continue
            start = page.taken
            while page.taken < len(page.crops) and room > 0:
                room -= _pixels(page.crops[page.taken])
                page.taken += 1
            parts.append(_Part(page, start, page.taken))
            if page.taken < len(page.crops):
                stay.append(page)
        self._found = stay
        return parts, unwanted

    def _read_batch(self, parts: Sequence[_Part]) -> None:
        """Reads lines; those of each page on their own if that fails."""
        start = time.perf_counter()
        crops = [crop for part in parts for crop in part.crops]
        try:
            readings = list(parts[0].page.task.read(crops))
        except BaseException as error:
            if len(parts) > 1:
                for part in parts:
                    self._read_batch([part])
                return
            page = parts[0].page
            with self._change:
                if page in self._found:
                    self._found.remove(page)
            self._fail(page.task, error)
            return
        seconds = time.perf_counter() - start
        self.metrics.step_seconds.observe(seconds, step="read")
        self.metrics.batch_lines.observe(len(crops))
        with self._change:
            for part in parts:
                count = part.end - part.start
                part.page.readings += readings[:count]
                part.page.seconds += seconds * count / len(crops)
                readings = readings[count:]
                if part.end == len(part.page.crops):
                    part.page.crops = ()
                    self._read.append(part.page)
            self._change.notify_all()


def _pixels(crop: RGB) -> int:
    """Pixels of a line, scaled to the height at which it is read."""
    height, width = crop.shape[:2]
    return round(_LINE_HEIGHT * _LINE_HEIGHT * width / max(height, 1))

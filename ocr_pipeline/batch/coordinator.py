# SPDX-License-Identifier: Apache-2.0
"""One run: gives the executor its tasks and stores what comes of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ocr_pipeline.batch import commits
from ocr_pipeline.batch.commits import Outcome
from ocr_pipeline.batch.executors.base import Executor
from ocr_pipeline.batch.manifest import ChunkRow, Manifest, PageRow
from ocr_pipeline.batch.plan import Plan
from ocr_pipeline.batch.report import Failure, Report
from ocr_pipeline.batch.tasks import (
    Done,
    Event,
    FileJob,
    Lost,
    PageJob,
    Probe,
    Probed,
    ProbeDone,
    Read,
    ReadDone,
    Write,
    WriteDone,
)
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.readers.inputs import InputFile

# Called with the name of an event and what is to be said about it.
Observer = Callable[[str, Mapping[str, Any]], None]

# Workers that may die of a chunk before its pages are read one by one.
CRASHES = 2
# Seconds that workers get to notice that they are to stop.
GRACE = 10.0
# Chunks that are looked up in the manifest at a time.
_WINDOW = 256


class UnwritableError(OcrError):
    """Nothing can be written any more: the disk is full, or read-only."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a coordinator works with.

    Attributes:
        number: of the run, in the manifest.
        files: documents by their number in the manifest.
        out: output folder; None if results are streamed.
        deliver: takes the bytes of each document, in order, if results are streamed.
    """

    number: int
    manifest: Manifest
    files: Mapping[int, InputFile]
    plan: Plan
    options: BatchOptions
    executor: Executor
    report: Report
    observe: Observer
    out: Path | None = None
    deliver: Callable[[bytes], None] | None = None


class Coordinator:
    """Gives tasks to an executor until all is done.

    Args:
        run: what to do, and with what.
        probed: files whose pages are counted already.
    """

    def __init__(self, run: Run, probed: Mapping[int, Probed] | None = None) -> None:
        self.run = run
        self.manifest = run.manifest
        self.stopping = False
        self._blocks = deque(commits.blocks(run.manifest, run.number))  # not given out
        self._unplanned = deque(self._blocks)
        self._missing: dict[int, int] = {}  # files of a block that are still being counted
        self._probed: dict[int, Probed] = dict(probed or {})
        self._last_chunk = 0
        self._chunks: deque[int] = deque()
        self._more_chunks = True
        self._again: deque[Read | Write] = deque()  # to be done before anything new
        self._later: deque[Read] = deque()  # pages that failed, tried again at the end
        self._probes: deque[Probe] = deque()
        self._writes = dict.fromkeys(commits.ready_files(run.manifest, run.number))
        # Streamed results leave in the order of the input.
        self._order = deque(run.files) if run.deliver is not None else None
        self._ended: set[int] = set()
        self._delivering = False

    def work(self) -> None:
        """Does everything there is to do, or stops when it is asked to.

        Raises:
            UnwritableError: if no output can be written.
            ManifestError: if the manifest cannot be written.
            WeightsError, DeviceError: if a worker cannot load its nets.
        """
        executor = self.run.executor
        while not self.stopping:
            self._dispatch()
            if not executor.busy and not self._more():
                break
            for event in executor.poll(0.5):
                self._on(event)
        self._wind_up()

    def stop(self) -> None:
        """Starts nothing new; safe in a signal handler."""
        self.stopping = True
        self.run.executor.stop()

    def _wind_up(self) -> None:
        """Stores what the workers have finished when they are asked to stop."""
        deadline = time.monotonic() + GRACE
        while self.run.executor.busy and time.monotonic() < deadline:
            for event in self.run.executor.poll(0.2):
                if isinstance(event, Done):
                    self._on(event)

    def _more(self) -> bool:
        """Whether there is anything to give out, perhaps to a worker that is being replaced."""
        lines = (self._again, self._later, self._probes, self._writes, self._chunks, self._blocks)
        return any(lines)

    # ------------------------------------------------------------------ giving out tasks

    def _dispatch(self) -> None:
        executor = self.run.executor
        while executor.takes(ahead=True, exclusive=False) and (task := self._next_write()):
            executor.submit(task)
        while self._again and executor.takes(ahead=False, exclusive=self._again[0].exclusive):
            executor.submit(self._again.popleft())
        while executor.takes(ahead=False, exclusive=False):
            if not self._give(executor):
                return
        # A second task for a worker only where the first tasks of the others do not need it, and
        # nothing waits for a worker that has nothing to do.
        while not self._again and self._plenty() and executor.takes(ahead=True, exclusive=False):
            if not self._give(executor):
                return

    def _give(self, executor: Executor) -> bool:
        """Submits a probe or a chunk; returns whether there was one."""
        if self._probes:
            probe = self._probes.popleft()
            if probe.exclusive and not executor.takes(ahead=False, exclusive=True):
                self._probes.appendleft(probe)
                return False
            executor.submit(probe)
            return True
        self._refill()
        if self._probes:
            return self._give(executor)
        while self._chunks:
            chunk = self.manifest.chunk(self._chunks.popleft(), self.run.number)
            if chunk.pages:
                self._queue_chunk(chunk, exclusive=False)
                break
        if not self._again and self._later:
            self._again.append(self._later.popleft())
        if self._again and executor.takes(ahead=True, exclusive=self._again[0].exclusive):
            executor.submit(self._again.popleft())
            return True
        return False

    def _plenty(self) -> bool:
        return len(self._chunks) > self.run.executor.workers

    def _refill(self) -> None:
        """Sees to it that some chunks are ready while there are any to come."""
        wanted = 2 * self.run.executor.workers
        while len(self._chunks) < wanted and self._more_chunks:
            found = self.manifest.open_chunks(self.run.number, self._last_chunk, _WINDOW)
            self._more_chunks = len(found) == _WINDOW
            self._chunks.extend(found)
            if found:
                self._last_chunk = found[-1]
        while len(self._chunks) < wanted:
            self._plan_blocks()
            if not self._blocks or len(self._missing) > self.run.executor.workers:
                return
            self._probe_block(self._blocks.popleft())

    def _probe_block(self, block: int) -> None:
        number = self.run.number
        files = [
            FileJob(i, self.run.files[i])
            for i in commits.uncounted(self.manifest, number, block)
            if i not in self._probed
        ]
        self._missing[block] = len(files)
        if files:
            self._probes.append(Probe(block, tuple(files)))

    def _plan_blocks(self) -> None:
        """Makes chunks of the blocks whose files are counted, in order."""
        while self._unplanned and self._missing.get(self._unplanned[0]) == 0:
            block = self._unplanned.popleft()
            del self._missing[block]
            outcome = commits.plan_block(
                self.manifest, self.run.number, block, self._probed, self.run.plan
            )
            self._chunks.extend(outcome.chunks)
            if outcome.chunks:
                self._last_chunk = max(self._last_chunk, outcome.chunks[-1])
            files, pages = outcome.counted
            self.run.observe("counted", {"files": files, "pages": pages})
            self._apply(outcome)

    def _queue_chunk(
        self, chunk: ChunkRow, exclusive: bool, line: deque[Any] | None = None
    ) -> None:
        """Puts the rest of a chunk in line: as one task, or page by page if it kills workers."""
        line = self._again if line is None else line
        if chunk.crashes >= CRASHES:
            for page in chunk.pages:
                jobs = tuple(self._jobs([page]))
                line.append(Read(chunk.id, jobs, chunk.threads, exclusive=True))
        else:
            jobs = tuple(self._jobs(chunk.pages))
            line.append(Read(chunk.id, jobs, chunk.threads, exclusive))

    def _jobs(self, pages: list[PageRow] | tuple[PageRow, ...]) -> Iterator[PageJob]:
        here: dict[int, int] = {}
        for page in pages:
            here[page.file] = here.get(page.file, 0) + 1
        rows = {number: self.manifest.file(number) for number in here}
        for page in pages:
            row = rows[page.file]
            whole = self._order is None and here[page.file] == row.pages
            yield PageJob(
                page.id,
                page.file,
                self.run.files[page.file],
                page.index,
                whole,
                row.pages == 1,
                page.width * page.height,
                row.stamp,
            )

    def _next_write(self) -> Write | None:
        number = next(iter(self._writes), None)
        if self._order is not None:
            while self._order and self._order[0] in self._ended:
                self._order.popleft()
            number = self._order[0] if self._order and not self._delivering else None
        if number is None or number not in self._writes:
            return None
        del self._writes[number]
        self._delivering = self._order is not None
        file = self.run.files[number]
        return Write(number, file, self.manifest.trees(number), inline=self.run.deliver is not None)

    # ------------------------------------------------------------------ what comes back

    def _on(self, event: Event) -> None:
        task = event.task
        if isinstance(event, Lost):
            if isinstance(task, Probe):
                self._lost_probe(task, event)
            elif isinstance(task, Read):
                self._lost_read(task, event)
            elif task.exclusive:
                self._wrote(task, WriteDone(error=f"{task.file.name}: {event.reason}"))
            else:
                self._again.append(replace(task, exclusive=True))
        elif isinstance(task, Probe):
            assert isinstance(event.result, ProbeDone)
            self._counted(task, event.result)
        elif isinstance(task, Read):
            assert isinstance(event.result, ReadDone)
            self._read(task, event.result)
        else:
            assert isinstance(event.result, WriteDone)
            self._wrote(task, event.result)

    def _counted(self, task: Probe, result: ProbeDone) -> None:
        for file in result.files:
            self._probed[file.id] = file
        self._missing[task.id] -= len(result.files)
        self._plan_blocks()

    def _read(self, task: Read, result: ReadDone) -> None:
        if result.fatal:
            raise UnwritableError(result.fatal)
        outcome = commits.commit_read(
            self.manifest, self.run.out, task, result, self.run.options.retry
        )
        self._apply(outcome)
        # A page that is read alone has sisters that are in line, or at work, already.
        if outcome.again and any(page.error for page in result.pages):
            self._repeat(task, exclusive=task.exclusive, line=self._later)

    def _repeat(self, task: Read, exclusive: bool, line: deque[Any] | None = None) -> None:
        """Puts the pages of a task that are still to be read in line again."""
        chunk = self.manifest.chunk(task.id, self.run.number)
        mine = {job.id for job in task.pages}
        pages = tuple(page for page in chunk.pages if page.id in mine)
        if pages:
            self._queue_chunk(replace(chunk, pages=pages), exclusive, line)

    def _wrote(self, task: Write, result: WriteDone) -> None:
        if result.fatal:
            raise UnwritableError(result.error)
        self._delivering = False
        outcome = Outcome()
        if self.run.deliver is not None and not result.error:
            self.run.deliver(result.data)
        with self.manifest.transaction():
            commits.commit_write(self.manifest, self.run.out, task.id, result, outcome)
        self._apply(outcome)

    def _lost_probe(self, task: Probe, lost: Lost) -> None:
        """A worker that died while it counted pages: one file at a time shows which one does it."""
        if lost.index is None and not lost.hung and not task.exclusive:
            self._probes.append(Probe(task.id, task.files, exclusive=True))
        elif len(task.files) == 1 or lost.hung:
            index = lost.index or 0
            job = task.files[index]
            bad = Probed(job.id, error=f"{job.file.name}: {lost.reason}")
            rest = task.files[:index] + task.files[index + 1 :]
            if rest:
                self._probes.append(Probe(task.id, rest))
            self._counted(task, ProbeDone((bad,)))
        else:
            self._probes.extend(Probe(task.id, (job,), exclusive=True) for job in task.files)

    def _lost_read(self, task: Read, lost: Lost) -> None:
        alone = len(task.pages) == 1
        if lost.index is None and not lost.hung and not task.exclusive:
            # It waited behind the task that did it.
            self._repeat(task, exclusive=True)
            return
        if lost.hung and (alone or (lost.index is not None and lost.step == "find")):
            self._fail_page(task, lost.index or 0, lost)
            return
        with self.manifest.transaction():
            crashes = self.manifest.add_crash(task.id, CRASHES if lost.hung else 1)
        if alone and task.exclusive and crashes > CRASHES:
            self._fail_page(task, 0, lost)
        else:
            self._repeat(task, exclusive=True)

    def _fail_page(self, task: Read, index: int, lost: Lost) -> None:
        job = task.pages[index]
        place = job.file.name if job.single else f"{job.file.name}: page {job.index + 1}"
        error = f"{place}: {lost.reason}"
        retry = self.run.options.retry
        self._apply(commits.fail_page(self.manifest, self.run.out, task, index, error, retry))
        self._repeat(task, exclusive=task.exclusive)

    def _apply(self, outcome: Outcome) -> None:
        """Tells what a commit changed, and draws the consequences."""
        run, report = self.run, self.run.report
        report.pages += len(outcome.pages)
        report.lines += sum(outcome.pages)
        self._writes.update(dict.fromkeys(outcome.ready))
        for number, index, error in outcome.page_failures:
            if number not in outcome.failed:
                failure = Failure(run.files[number].name, index + 1, error)
                report.failures.append(failure)
                run.observe("page failed", {"file": failure.file, "page": index + 1, "why": error})
        for number, error in outcome.failed.items():
            self._ended.add(number)
            report.failed += 1
            report.failures.append(Failure(run.files[number].name, None, error))
            run.observe("file failed", {"file": run.files[number].name, "why": error})
        for number in outcome.done:
            self._ended.add(number)
            report.files += 1
            run.observe("file done", {"file": run.files[number].name})
        read, failed = len(outcome.pages), len(outcome.page_failures)
        run.observe("progress", {"pages": read, "failed": failed})
        if run.options.fail_fast and report.failures:
            report.stopped = True
            self.stop()

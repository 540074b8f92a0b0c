# SPDX-License-Identifier: Apache-2.0
"""A batch: an output folder, its manifest, and workers that stay for one run or many."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from ocr_pipeline.batch import commits, worker
from ocr_pipeline.batch.coordinator import Coordinator, Observer, Run
from ocr_pipeline.batch.executors import make_executor
from ocr_pipeline.batch.executors.base import Executor
from ocr_pipeline.batch.lock import Lock
from ocr_pipeline.batch.manifest import FOLDER, WAITING, Manifest
from ocr_pipeline.batch.outputs import OutputError, Outputs
from ocr_pipeline.batch.plan import SMALL, Plan, kept_plan
from ocr_pipeline.batch.register import Judge, Registered, register
from ocr_pipeline.batch.report import Failure, Report
from ocr_pipeline.batch.review import write_review
from ocr_pipeline.batch.settings import settings_of
from ocr_pipeline.batch.stamps import in_shard
from ocr_pipeline.batch.tasks import FileJob, Probe, Probed, ProbeDone, Stopped
from ocr_pipeline.batch.worker import Factory, Worker, WorkerSetup
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.images import atomic_file
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import InputFile

Deliver = Callable[[bytes], None]


def _nobody(event: str, data: Mapping[str, Any]) -> None:
    """Takes note of nothing."""


class Batch:
    """Reads documents into an output folder; a context manager.

    Args:
        out: the folder, made if it is not there; None streams the results to ``deliver``.
        options: how pages are read and what is written.
        batch: how the work is spread.
        factory: makes the pipeline; other processes import it by its name.
        observe: called with what happens.
        deliver: takes the bytes of each document, in the order of the input, in the first of the
            options' formats. Nothing is kept then that a later run could go on from.

    Raises:
        UsageError: if the folder cannot be made, or another run writes to it.
        ManifestError: if its manifest cannot be used.
    """

    def __init__(
        self,
        out: Path | None,
        options: RunOptions | None = None,
        batch: BatchOptions | None = None,
        *,
        factory: Factory | None = None,
        observe: Observer | None = None,
        deliver: Deliver | None = None,
    ) -> None:
        self.out = out
        self.batch = batch or BatchOptions()
        self.options = options or RunOptions()
        if self.batch.review_below is not None and self.options.min_confidence is None:
            # What is least sure is what a person is to see.
            self.options = replace(self.options, min_confidence=0.0)
        self.factory = factory or worker.load_pipeline
        self.observe = observe or _nobody
        self.deliver = deliver
        self.stopping = False
        self._coordinator: Coordinator | None = None
        self._executor: Executor | None = None
        self._plan: Plan | None = None
        self._lock: Lock | None = None
        scratch = self._take_folder() if out is not None else None
        outputs = Outputs(out or Path(), scratch, self.options, self.batch.review_below)
        if out is None:
            outputs = replace(outputs, review_below=None)
        self.setup = WorkerSetup(self.options, outputs, self.factory)
        suffix = self.batch.shard.suffix
        path = None if out is None else out / FOLDER / f"manifest{suffix}.sqlite"
        try:
            self.manifest = Manifest(path)
        except BaseException:
            self.close()
            raise

    def _take_folder(self) -> Path:
        """Locks the output folder and clears away what a killed run had not finished."""
        assert self.out is not None
        suffix = self.batch.shard.suffix
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.out / FOLDER / f"lock{suffix}")
            folder = self.out / FOLDER / f"unfinished{suffix}"
            shutil.rmtree(folder, ignore_errors=True)
            # A name of its own: a worker that outlives a killed run finds its folder gone, and
            # can write nothing any more.
            scratch = folder / secrets.token_hex(6)
            scratch.mkdir(parents=True)
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"--out {self.out}: cannot be made a folder ({reason})") from error
        return scratch.absolute()

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers and gives the folder back; may be called twice."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None
        if hasattr(self, "manifest"):
            self.manifest.close()
        if self._lock is not None:
            if self.out is not None:
                suffix = self.batch.shard.suffix
                shutil.rmtree(self.out / FOLDER / f"unfinished{suffix}", ignore_errors=True)
            self._lock.release()
            self._lock = None

    def stop(self) -> None:
        """Ends the run that is going on, soon; safe in a signal handler and in other threads."""
        self.stopping = True
        if self._coordinator is not None:
            self._coordinator.stop()
        elif self._executor is not None:
            self._executor.stop()

    # ------------------------------------------------------------------ a run

    def run(self, files: Sequence[InputFile]) -> Report:
        """Reads the files that are not done yet; may be called again, with the same or others.

        Raises:
            WeightsError, DeviceError: if the nets cannot be loaded.
            InputError: if a lexicon or the like cannot be read.
            UnwritableError, ManifestError: if no output can be written. What is done is kept.
        """
        start = time.monotonic()
        files = [file for file in files if in_shard(file, self.batch.shard)]
        settings = settings_of(self.options, self.batch)
        number = int(self.manifest.meta("run", 0)) + 1
        unfinished = bool(self.manifest.meta("unfinished", False))
        judge = Judge(self.manifest, settings, self.out, self.batch.redo)
        with self.manifest.transaction():
            found = register(self.manifest, files, settings, judge, number)
            self.manifest.set_meta("run", number)
            self.manifest.set_meta("unfinished", True)
            self.manifest.set_meta("stopped", False)
        report = Report(
            asked=len(found.files),
            kept=found.kept,
            gone=found.gone,
            reasons=dict(found.reasons),
            changes=found.changes,
        )
        self._announce(report)
        try:
            if found.reasons:
                self._work(number, found, report, unfinished)
        except Stopped:
            pass
        except sqlite3.Error as error:
            raise self.manifest.error(error) from error
        finally:
            self._coordinator = None
            self._conclude(number, report, start)
        return report

    def _announce(self, report: Report) -> None:
        data = {"files": report.asked, "todo": sum(report.reasons.values())}
        self.observe("start", {**data, "done": report.kept, "reasons": report.reasons})
        if report.changes:
            self.observe("options changed", {"changes": report.changes})

    def _work(self, number: int, found: Registered, report: Report, unfinished: bool) -> None:
        probed, total = self._look_at(number, found)
        plan = self._choose_plan(total, probed is not None, unfinished)
        executor = self._start(plan)
        run = Run(
            number,
            self.manifest,
            found.files,
            plan,
            self.batch,
            executor,
            report,
            self.observe,
            self.out,
            self.deliver,
        )
        begun = commits.counts(self.manifest, number).get("reading", 0)
        pages = commits.waiting_pages(self.manifest, number)
        self.observe("counted", {"files": begun, "pages": pages})
        self._coordinator = Coordinator(run, probed)
        if self.stopping:
            self._coordinator.stop()
        self._coordinator.work()

    def _look_at(self, number: int, found: Registered) -> tuple[dict[int, Probed] | None, int]:
        """Counts the pages of a few files here and now, to see whether workers are worth it.

        Returns:
            The files that were counted (None if they are too many), and the number of pages to
            read, where a file that is not counted stands for one.
        """
        waiting = list(self.manifest.files("run = ? AND state = ?", (number, WAITING)))
        pages = commits.waiting_pages(self.manifest, number)
        batch = self.batch
        spread = batch.workers or batch.devices or batch.timeout or batch.engine != "local"
        if len(waiting) + pages > SMALL or spread:
            return None, len(waiting) + pages
        if self._plan is not None and not self._plan.inline:
            return None, len(waiting) + pages  # there are workers already
        probe = Probe(0, tuple(FileJob(row.id, found.files[row.id]) for row in waiting))

        def beat(index: int, step: str) -> None:
            if self.stopping:
                raise Stopped

        result = Worker(self.setup).run(probe, beat)
        assert isinstance(result, ProbeDone)
        return {file.id: file for file in result.files}, pages + sum(
            len(file.pages) for file in result.files
        )

    def _choose_plan(self, total: int, counted: bool, unfinished: bool) -> Plan:
        if self._plan is not None and not self._plan.inline:
            return self._plan  # the workers that are there are used
        with self.manifest.transaction():
            self._plan = kept_plan(
                self.manifest,
                self.options,
                self.batch,
                small=counted and total <= SMALL,
                total=total,
                unfinished=unfinished,
            )
        return self._plan

    def _start(self, plan: Plan) -> Executor:
        """Workers for a plan: those that are there, or new ones."""
        if self._executor is not None:
            if plan.inline == self._executor.inline:
                return self._executor
            self._executor.close()
            self._executor = None
        executor = make_executor(self.setup, plan, self.batch)
        self._executor = executor
        where = "this process" if plan.inline else f"{executor.workers} processes"
        self.observe("workers", {"where": where, "threads": plan.threads})
        executor.start()
        return executor

    # ------------------------------------------------------------------ the end of a run

    def _conclude(self, number: int, report: Report, start: float) -> None:
        """Completes the report, writes it and the list of doubtful lines."""
        report.seconds = time.monotonic() - start
        counts = commits.counts(self.manifest, number)
        report.failed = counts.get("failed", 0)
        report.left = counts.get("waiting", 0) + counts.get("reading", 0)
        report.failures = [Failure(*item) for item in commits.failures(self.manifest, number)]
        report.interrupted = self.stopping
        with self.manifest.transaction():
            self.manifest.set_meta("unfinished", bool(report.left))
            self.manifest.set_meta("stopped", report.stopped)
        if self.out is not None:
            scratch = self.setup.outputs.scratch
            suffix = self.batch.shard.suffix
            try:
                if self.batch.review_below is not None:
                    report.doubtful = write_review(self.manifest, self.out, scratch, suffix)
                with atomic_file(self.out / f"report{suffix}.json", scratch) as sink:
                    sink.write(report.to_json())
            except OSError as error:
                raise OutputError(self.out / f"report{suffix}.json", error) from error
        self.observe("end", {"exit_code": int(report.exit_code)})


def run_batch(
    files: Sequence[InputFile],
    out: Path,
    options: RunOptions | None = None,
    batch: BatchOptions | None = None,
    *,
    factory: Factory | None = None,
    observe: Observer | None = None,
) -> Report:
    """Reads files into an output folder; see :class:`Batch`."""
    with Batch(out, options, batch, factory=factory, observe=observe) as running:
        return running.run(files)

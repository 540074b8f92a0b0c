# SPDX-License-Identifier: Apache-2.0
"""Does tasks in this very process: no start-up time, and no way to stop a page that hangs."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_pipeline.batch.tasks import Done, Event, Lost, Stopped, Task, WorkerBroken
from ocr_pipeline.batch.worker import Worker, WorkerSetup


class Inline:
    """An executor whose only worker is the caller itself, during :meth:`poll`.

    Args:
        setup: what the worker has to know.
        threads: threads of the nets.
    """

    inline = True
    workers = 1

    def __init__(self, setup: WorkerSetup, threads: int) -> None:
        self.worker = Worker(setup)
        self.threads = threads
        self._task: Task | None = None
        self._at: tuple[int, str] | None = None
        self._stopping = False

    @property
    def busy(self) -> bool:
        """See :meth:`Executor.busy`."""
        return self._task is not None

    def start(self) -> None:
        """See :meth:`Executor.start`."""
        self.worker.load(self.threads)

    def takes(self, *, ahead: bool, exclusive: bool) -> bool:
        """See :meth:`Executor.takes`."""
        return self._task is None

    def submit(self, task: Task) -> None:
        """See :meth:`Executor.submit`."""
        assert self._task is None
        self._task = task

    def poll(self, seconds: float) -> Sequence[Event]:
        """See :meth:`Executor.poll`; takes as long as the task does."""
        task, self._task, self._at = self._task, None, None
        if task is None:
            return ()
        try:
            return [Done(task, self.worker.run(task, self._beat))]
        except WorkerBroken as error:
            index, step = self._at or (None, "")
            return [Lost(task, index, step, str(error))]
        except Stopped:
            return ()

    def _beat(self, index: int, step: str) -> None:
        self._at = index, step
        if self._stopping:
            raise Stopped

    def stop(self) -> None:
        """See :meth:`Executor.stop`."""
        self._stopping = True

    def close(self) -> None:
        """See :meth:`Executor.close`."""
        self._task = None

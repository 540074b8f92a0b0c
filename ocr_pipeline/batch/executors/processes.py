# SPDX-License-Identifier: Apache-2.0
"""Does tasks in worker processes: each with its own nets, each killed if it hangs."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from ocr_pipeline.batch.executors import child
from ocr_pipeline.batch.executors.child import At, Fatal, Finished, GaveUp, Ready
from ocr_pipeline.batch.tasks import Done, Event, Lost, Task
from ocr_pipeline.batch.worker import WorkerSetup
from ocr_pipeline.core.errors import OcrError

# Tasks that a worker has at most: the one at hand, and one whose pages are decoded ahead.
DEPTH = 2
# Seconds in which a worker must have loaded its nets.
START_SECONDS = 600.0
# Workers that may die in a row before one of them has loaded its nets.
START_ATTEMPTS = 3


class WorkersError(OcrError):
    """Worker processes cannot be started."""


@dataclass(slots=True)
class _Slot:
    """A place for a worker, and the worker that has it at present."""

    device: str | None
    process: SpawnProcess | None = None
    pipe: Connection | None = None
    letters: queue.SimpleQueue[Task | None] = field(default_factory=queue.SimpleQueue)
    sender: threading.Thread | None = None
    tasks: deque[Task] = field(default_factory=deque)
    ready: bool = False
    since: float = 0.0  # when it was last heard of, while it has something to do
    at: At | None = None

    @property
    def exclusive(self) -> bool:
        return any(task.exclusive for task in self.tasks)


class Processes:
    """An executor with worker processes on this machine.

    Args:
        setup: what the workers have to know.
        devices: one worker for each; None stands for the options' own device.
        threads: threads of each worker's nets.
        timeout: seconds that a page may take; None: as long as it likes.
    """

    inline = False

    def __init__(
        self,
        setup: WorkerSetup,
        devices: Sequence[str | None],
        threads: int,
        timeout: float | None,
    ) -> None:
        self.setup = setup
        self.threads = threads
        self.timeout = timeout
        self._slots = [_Slot(device) for device in devices]
        self._context = multiprocessing.get_context("spawn")  # threads and CUDA survive no fork
        self._failed_starts = 0
        self._stopping = False
        self._early: list[Event] = []

    @property
    def workers(self) -> int:
        """See :meth:`Executor.workers`."""
        return len(self._slots)

    @property
    def busy(self) -> bool:
        """See :meth:`Executor.busy`."""
        return any(slot.tasks for slot in self._slots)

    def start(self) -> None:
        """See :meth:`Executor.start`; returns when the first worker is ready."""
        for slot in self._slots:
            self._spawn(slot)
        while not any(slot.ready for slot in self._slots):
            self._early.extend(self._wait(1.0))

    def _spawn(self, slot: _Slot) -> None:
        parent, other = self._context.Pipe()
        slot.process = self._context.Process(
            target=child.main,
            args=(other, self.setup, slot.device, self.threads),
            name="ocr worker",
            daemon=True,
        )
        with _interrupts_held_back():
            slot.process.start()
        other.close()
        slot.pipe, slot.letters, slot.ready, slot.at = parent, queue.SimpleQueue(), False, None
        slot.since = time.monotonic()
        # A thread of its own to send: a worker that is stuck must not hold up the others.
        slot.sender = threading.Thread(target=_send, args=(parent, slot.letters), daemon=True)
        slot.sender.start()

    def takes(self, *, ahead: bool, exclusive: bool) -> bool:
        """See :meth:`Executor.takes`."""
        return self._place(ahead, exclusive) is not None

    def _place(self, ahead: bool, exclusive: bool) -> _Slot | None:
        """The slot with the least to do that a task may go to."""
        if self._stopping:
            return None
        depth = DEPTH if ahead and not exclusive else 1
        open_ = [s for s in self._slots if s.ready and len(s.tasks) < depth and not s.exclusive]
        return min(open_, key=lambda slot: len(slot.tasks), default=None)

    def submit(self, task: Task) -> None:
        """See :meth:`Executor.submit`."""
        slot = self._place(True, task.exclusive)
        assert slot is not None
        if not slot.tasks:
            slot.since, slot.at = time.monotonic(), None
        slot.tasks.append(task)
        slot.letters.put(task)

    def poll(self, seconds: float) -> Sequence[Event]:
        """See :meth:`Executor.poll`."""
        early, self._early = self._early, []
        return early or self._wait(seconds)

    def _wait(self, seconds: float) -> list[Event]:
        events: list[Event] = []
        sources: dict[Any, _Slot] = {}
        for slot in self._slots:
            if slot.pipe is not None and slot.process is not None:
                sources[slot.pipe] = sources[slot.process.sentinel] = slot
        heard = wait(list(sources), timeout=min(seconds, self._patience()))
        for slot in {id(sources[source]): sources[source] for source in heard}.values():
            events.extend(self._listen(slot))
        for slot in list(self._slots):
            if slot.process is not None:
                events.extend(self._look_after(slot))
        return events

    def _listen(self, slot: _Slot) -> Iterator[Event]:
        """Messages of a worker; of one that has died too, for they were sent before."""
        assert slot.pipe is not None
        try:
            while slot.pipe.poll():
                message = slot.pipe.recv()
                slot.since = time.monotonic()
                if isinstance(message, Ready):
                    slot.ready, self._failed_starts = True, 0
                elif isinstance(message, Fatal):
                    raise message.error
                elif isinstance(message, At):
                    slot.at = message
                elif isinstance(message, Finished):
                    task, slot.at = slot.tasks.popleft(), None
                    yield Done(task, message.result)
                elif isinstance(message, GaveUp):
                    slot.tasks.clear()
        except (EOFError, OSError):
            pass  # dead: _look_after sees to it

    def _patience(self) -> float:
        """Seconds until the next worker will have taken too long."""
        now = time.monotonic()
        limits = [limit for slot in self._slots if (limit := self._limit(slot)) is not None]
        return max(0.05, min((limit - now for limit in limits), default=3600.0))

    def _limit(self, slot: _Slot) -> float | None:
        """When a worker will have taken too long for what it does."""
        if not slot.ready:
            return slot.since + START_SECONDS
        if self.timeout is None or not slot.tasks:
            return None
        whole = slot.at is None or slot.at.step in ("read", "write")
        return slot.since + self.timeout * (slot.tasks[0].weight if whole else 1)

    def _look_after(self, slot: _Slot) -> Iterator[Event]:
        """Replaces a worker that has died, or that takes too long and is killed for it."""
        assert slot.process is not None
        limit = self._limit(slot)
        hung = limit is not None and time.monotonic() > limit
        if slot.process.is_alive() and not hung:
            return
        if hung:
            slot.process.kill()
        slot.process.join(30)
        yield from self._listen(slot)
        was_ready, tasks, at = slot.ready, list(slot.tasks), slot.at
        why = _cause(slot.process.exitcode, self.timeout if hung else None)
        self._discard(slot)
        if not was_ready:
            self._failed_starts += 1
            if self._failed_starts >= START_ATTEMPTS and not self._stopping:
                raise WorkersError(
                    f"worker processes do not start ({why}); try --workers 1 or less --memory"
                )
        for number, task in enumerate(tasks):
            here = at if number == 0 else None
            index, step = (here.index, here.step) if here else (None, "")
            yield Lost(task, index, step, why, hung and number == 0)
        if not self._stopping:
            self._spawn(slot)

    def _discard(self, slot: _Slot) -> None:
        """Clears a slot whose process has ended."""
        slot.letters.put(None)
        if slot.sender is not None:
            slot.sender.join()  # its pipe must not be closed, and reused, under its hands
        if slot.pipe is not None:
            with suppress(OSError):
                slot.pipe.close()
        slot.process = slot.pipe = slot.sender = None
        slot.tasks.clear()
        slot.ready = False

    def stop(self) -> None:
        """See :meth:`Executor.stop`."""
        self._stopping = True
        for slot in self._slots:
            slot.letters.put(None)

    def close(self) -> None:
        """See :meth:`Executor.close`."""
        self._stopping = True
        running = [slot for slot in self._slots if slot.process is not None]
        for slot in running:
            assert slot.process is not None
            slot.process.kill()
        for slot in running:
            assert slot.process is not None
            slot.process.join()
            self._discard(slot)


def _send(pipe: Connection, letters: queue.SimpleQueue[Task | None]) -> None:
    """Sends tasks to a worker; None, which asks it to stop, is the last that it gets."""
    with suppress(OSError, ValueError):
        while True:
            letter = letters.get()
            pipe.send(letter)
            if letter is None:
                return


def _cause(status: int | None, timeout: float | None) -> str:
    if timeout is not None:
        return f"took longer than {timeout:g} s"
    if status == child.BROKEN:
        return "its worker could not go on after an error of the GPU"
    if status is not None and status < 0:
        with suppress(ValueError):
            name = signal.Signals(-status).name
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return f"its worker was ended by {name}{hint}"
    return f"its worker ended with status {status}"


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Starts a process that does not see Ctrl-C before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, child.HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

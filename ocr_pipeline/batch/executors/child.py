# SPDX-License-Identifier: Apache-2.0
"""The main function of a worker process, and what goes through its pipe."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from ocr_pipeline.batch.tasks import Result, Stopped, Task, WorkerBroken
from ocr_pipeline.batch.worker import Worker, WorkerSetup

# Exit status of a worker that gave up on its own.
BROKEN = 70
# Signals that a terminal or scheduler may send to a whole group of processes.
HELD_BACK = {
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
}


@dataclass(frozen=True, slots=True)
class Ready:
    """The nets are loaded."""


@dataclass(frozen=True, slots=True)
class Fatal:
    """The nets cannot be loaded."""

    error: Exception


@dataclass(frozen=True, slots=True)
class At:
    """The page or file that the worker begins with now, and what it does there."""

    index: int
    step: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The oldest task is done."""

    result: Result


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The worker stopped because it was asked to."""


Message = Ready | Fatal | At | Finished | GaveUp


def main(pipe: Connection, setup: WorkerSetup, device: str | None, threads: int) -> None:
    """Does tasks from the pipe until it closes.

    Args:
        pipe: tasks come in; None asks to stop at the next page; messages go out.
        setup: what the worker has to know.
        device: its device, None: the options'.
        threads: threads of the nets.
    """
    _leave_signals_to_parent()
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    try:
        _work(pipe, setup, device, threads)
    except (BrokenPipeError, ConnectionResetError, EOFError):
        os._exit(0)  # the parent is gone, and with it all interest in what this one does
    except WorkerBroken:
        os._exit(BROKEN)
    os._exit(0)  # at once: threads of libraries have been seen to hang in an orderly exit


def _leave_signals_to_parent() -> None:
    """Ctrl-C reaches every process of the terminal; what happens then is the parent's choice."""
    for number in HELD_BACK:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)


def _end_with_parent() -> None:
    """Ends this process as soon as the parent has ended, however it did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(pipe: Connection, setup: WorkerSetup, device: str | None, threads: int) -> None:
    worker = Worker(setup, device)
    try:
        worker.load(threads)
    except Exception as error:
        pipe.send(Fatal(_portable(error)))
        return
    pipe.send(Ready())
    tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    stopping = threading.Event()

    def receive() -> None:
        while True:
            try:
                task = pipe.recv()
            except (EOFError, OSError):
                os._exit(0)
            if task is None:
                stopping.set()
            else:
                worker.expect(task)
            tasks.put(task)

    def beat(index: int, step: str) -> None:
        if stopping.is_set():
            raise Stopped
        pipe.send(At(index, step))

    threading.Thread(target=receive, name="receiver", daemon=True).start()
    try:
        while (task := tasks.get()) is not None:
            pipe.send(Finished(worker.run(task, beat)))
    except Stopped:
        pass
    pipe.send(GaveUp())


def _portable(error: Exception) -> Exception:
    """The error itself if it survives the pipe, or one with its message."""
    import pickle

    with suppress(Exception):
        pickle.loads(pickle.dumps(error))
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")

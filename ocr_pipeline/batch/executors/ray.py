# SPDX-License-Identifier: Apache-2.0
"""Does tasks on the actors of a Ray cluster: this machine's own, or one of many machines.

Every node sees the inputs and the output folder under the same paths, or the inputs under the
same addresses; nodes without the program itself cannot help.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocr_pipeline.batch.tasks import Done, Event, Lost, Result, Task
from ocr_pipeline.batch.worker import Worker, WorkerSetup
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.core.errors import OcrError, UsageError
from ocr_pipeline.options import RunOptions

# Tasks that an actor has at most: the one at hand, and one that is on its way already.
DEPTH = 2
# Seconds in which a cluster must have given the first actor its place, and it has loaded its nets.
START_SECONDS = 900.0
# Actors that may die in a row before one of them has loaded its nets.
START_ATTEMPTS = 3


class ClusterError(OcrError):
    """There is no Ray cluster, or it has no room."""


def connect() -> Any:
    """Connects to the cluster that ``RAY_ADDRESS`` names, or starts one on this machine.

    Returns:
        The ``ray`` module.

    Raises:
        UsageError: if Ray is not installed.
        ClusterError: if the cluster does not answer.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing here phones home
    try:
        import ray
    except ImportError as error:
        raise UsageError("--engine ray needs Ray: pip install 'ocr-pipeline[ray]'") from error
    if not ray.is_initialized():
        try:
            options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
            if "RAY_ADDRESS" not in os.environ:
                options["include_dashboard"] = False
            with _own_sigterm():
                ray.init(**options)
        except Exception as error:
            place = os.environ.get("RAY_ADDRESS", "this machine")
            raise ClusterError(f"--engine ray: no cluster at {place} ({error})") from error
    return ray


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Leaves the handler of SIGTERM as it is: Ray puts its own, which ends the program at once."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError, TypeError):  # another thread, or a handler that is not Python's
            signal.signal(signal.SIGTERM, before)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Processors and GPUs of a cluster."""

    cpus: int
    gpus: int


def capacity() -> Capacity:
    """What the cluster has in all.

    Raises:
        UsageError, ClusterError: if there is none.
    """
    resources = connect().cluster_resources()
    return Capacity(int(resources.get("CPU", 1)), int(resources.get("GPU", 0)))


def spread(options: RunOptions, batch: BatchOptions) -> tuple[int, int, bool]:
    """Workers, threads of each, and whether each has a GPU: what the user says, or all there is.

    Raises:
        UsageError, ClusterError: if there is no cluster.
    """
    there = capacity()
    devices = [options.recognizer_device or options.device]
    if options.detect:
        devices.append(options.detector_device or options.device)
    kinds = {device.partition(":")[0] for device in devices}
    gpu = "cuda" in kinds or ("auto" in kinds and there.gpus > 0)
    threads = options.threads or 1
    workers = batch.workers or (there.gpus if gpu else there.cpus // threads)
    return max(1, workers), threads, gpu


class Actor:
    """A worker on some node.

    Args:
        setup: what it has to know.
        device: device of the nets, None: the options' own.
        threads: threads of the nets.
        folder: working folder of the command, to which relative paths refer.
    """

    def __init__(self, setup: WorkerSetup, device: str | None, threads: int, folder: str) -> None:
        self.folder = folder
        self.threads = threads
        self.worker = Worker(setup, device)

    def load(self) -> None:
        """Loads the nets.

        Raises:
            WeightsError, DeviceError: if they cannot be loaded.
            UsageError: if the node does not see the command's folders.
        """
        out = self.worker.setup.outputs.scratch
        for place in (Path(self.folder), out.parent if out is not None else None):
            if place is not None and not place.is_dir():
                raise UsageError(
                    f"--engine ray: node {socket.gethostname()} has no folder {place}; inputs and "
                    "--out must lie on a file system that all nodes share"
                )
        os.chdir(self.folder)
        self.worker.load(self.threads)

    def run(self, task: Task) -> Result:
        """Does a task."""
        return self.worker.run(task, lambda index, step: None)


@dataclass(slots=True)
class _Slot:
    """A place for an actor, and the actor that has it at present."""

    actor: Any = None
    loading: Any = None  # the reference of its start, until it has loaded its nets
    tasks: deque[tuple[Any, Task]] = field(default_factory=deque)
    since: float = 0.0  # when it began with what it does

    @property
    def ready(self) -> bool:
        return self.actor is not None and self.loading is None

    @property
    def exclusive(self) -> bool:
        return any(task.exclusive for _, task in self.tasks)


class RayActors:
    """An executor with an actor for each worker.

    Args:
        setup: what the actors have to know.
        workers: number of actors; those that the cluster has no room for yet join later.
        threads: threads of each actor's nets, and processors that it asks Ray for.
        gpu: whether each actor asks for a GPU.
        timeout: seconds that a page may take; None: as long as it likes.
    """

    inline = False

    def __init__(
        self, setup: WorkerSetup, workers: int, threads: int, gpu: bool, timeout: float | None
    ) -> None:
        self.ray = connect()
        self.setup = setup
        self.threads = threads
        self.gpu = gpu
        self.timeout = timeout
        self._class = self.ray.remote(
            num_cpus=threads, num_gpus=1 if gpu else 0, max_restarts=0, max_task_retries=0
        )(Actor)
        self._setup = self.ray.put(setup)
        self._slots = [_Slot() for _ in range(workers)]
        self._failed_starts = 0
        self._stopping = False

    @property
    def workers(self) -> int:
        """See :meth:`Executor.workers`."""
        return len(self._slots)

    @property
    def busy(self) -> bool:
        """See :meth:`Executor.busy`."""
        return any(slot.tasks for slot in self._slots)

    def start(self) -> None:
        """See :meth:`Executor.start`; returns when the first actor is ready.

        Raises:
            ClusterError: if the cluster gives none of them a place.
        """
        for slot in self._slots:
            self._spawn(slot)
        end = time.monotonic() + START_SECONDS
        while not any(slot.ready for slot in self._slots):
            self._wait(1.0)
            if time.monotonic() > end:
                what = f"{self.threads} CPU" + (" and a GPU" if self.gpu else "")
                raise ClusterError(f"--engine ray: no node with {what} free; use less --threads")

    def _spawn(self, slot: _Slot) -> None:
        device = "cuda" if self.gpu else None
        slot.actor = self._class.remote(self._setup, device, self.threads, os.getcwd())
        slot.loading = slot.actor.load.remote()
        slot.tasks.clear()

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
            slot.since = time.monotonic()
        slot.tasks.append((slot.actor.run.remote(task), task))

    def poll(self, seconds: float) -> Sequence[Event]:
        """See :meth:`Executor.poll`."""
        return self._wait(seconds)

    def _wait(self, seconds: float) -> list[Event]:
        sources = {slot.loading: slot for slot in self._slots if slot.loading is not None}
        sources |= {slot.tasks[0][0]: slot for slot in self._slots if slot.tasks}
        events: list[Event] = []
        if sources:
            patience = max(0.05, min(seconds, self._patience()))
            heard, _ = self.ray.wait(list(sources), timeout=patience)
            for reference in heard:
                events.extend(self._listen(sources[reference], reference))
        for slot in self._slots:
            limit = self._limit(slot)
            if limit is not None and time.monotonic() > limit:
                events.extend(self._replace(slot, f"took longer than {self.timeout:g} s", True))
        return events

    def _listen(self, slot: _Slot, reference: Any) -> Iterator[Event]:
        """What came of a start or a task."""
        errors = self.ray.exceptions
        try:
            result = self.ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, OcrError):
                raise error.cause from None
            # The actor itself lives, but what it cannot catch is not to be trusted.
            yield from self._replace(slot, f"its worker failed: {error.cause}")
        except errors.RayError as error:
            if reference == slot.loading:
                self._count_failed_start(error)
            why = str(error).partition("\n")[0] or type(error).__name__
            yield from self._replace(slot, f"its worker was lost ({why})")
        else:
            if reference == slot.loading:
                slot.loading, self._failed_starts = None, 0
            else:
                _, task = slot.tasks.popleft()
                slot.since = time.monotonic()
                yield Done(task, result)

    def _count_failed_start(self, error: Exception) -> None:
        self._failed_starts += 1
        if self._failed_starts >= START_ATTEMPTS:
            raise ClusterError(f"--engine ray: workers do not start ({error})") from error

    def _patience(self) -> float:
        """Seconds until the next actor will have taken too long."""
        limits = [limit for slot in self._slots if (limit := self._limit(slot)) is not None]
        return max(0.05, min(limits, default=float("inf")) - time.monotonic())

    def _limit(self, slot: _Slot) -> float | None:
        """When an actor will have taken too long: the time of all pages of its task."""
        if self.timeout is None or not slot.tasks:
            return None
        return slot.since + self.timeout * max(1, slot.tasks[0][1].weight)

    def _replace(self, slot: _Slot, why: str, hung: bool = False) -> Iterator[Event]:
        """A new actor for one that has died, or that is killed because it hangs."""
        tasks = [task for _, task in slot.tasks]
        with suppress(Exception):
            self.ray.kill(slot.actor, no_restart=True)
        self._spawn(slot)
        for number, task in enumerate(tasks):
            yield Lost(task, None, "", why, hung and number == 0)

    def stop(self) -> None:
        """See :meth:`Executor.stop`: what is under way is dropped, files appear whole anyway."""
        self._stopping = True
        for slot in self._slots:
            slot.tasks.clear()

    def close(self) -> None:
        """See :meth:`Executor.close`; the cluster stays as it is."""
        self._stopping = True
        for slot in self._slots:
            if slot.actor is not None:
                with suppress(Exception):
                    self.ray.kill(slot.actor, no_restart=True)
            slot.actor = slot.loading = None
            slot.tasks.clear()

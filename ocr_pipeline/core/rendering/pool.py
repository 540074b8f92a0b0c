# SPDX-License-Identifier: Apache-2.0
"""Rendering in several processes, in the order of the images' numbers."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeVar

R = TypeVar("R")
S = TypeVar("S")

_renderer: Any = None
_AHEAD = 512  # images rendered before they are asked for


def in_workers(
    make: Callable[[], R],
    job: Callable[[R, int], S],
    indices: Iterable[int],
    workers: int,
    start: str | None = None,
) -> Iterator[S]:
    """Runs a job over all indices and gives what it returns, in their order.

    Args:
        make: makes the renderer, once in each process.
        job: renders image number ``index``; what it returns is sent back.
        indices: the images' numbers.
        workers: processes; 0 renders in this one.
        start: how processes are started (``spawn`` where this one has threads); None as the
            system does by default.
    """
    if workers == 0:
        renderer = _prepared(make)
        for index in indices:
            yield job(renderer, index)
        return
    context = multiprocessing.get_context(start)
    with context.Pool(workers, _start_process, (make,)) as pool:
        waiting: Iterator[S] = iter(())
        # A block ahead keeps the processes busy and, where they are faster, the memory free.
        for block in batched(indices, _AHEAD):
            following = pool.imap(partial(_call, job), block, chunksize=8)
            yield from waiting
            waiting = following
        yield from waiting


def batched(items: Iterable[S], size: int) -> Iterator[list[S]]:
    """Lists of ``size`` items each, the last one of what is left."""
    rest = iter(items)
    while block := list(islice(rest, size)):
        yield block


def _prepared(make: Callable[[], R]) -> R:
    """A renderer in a process that leaves the other processors to others."""
    import cv2

    cv2.setNumThreads(1)
    return make()


def _start_process(make: Callable[[], Any]) -> None:
    """Prepares a process of its own, which SIGTERM is to end whatever its parent does with it."""
    global _renderer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _renderer = _prepared(make)


def _call(job: Callable[[Any, int], Any], index: int) -> Any:
    return job(_renderer, index)

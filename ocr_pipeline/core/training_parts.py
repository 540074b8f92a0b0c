# SPDX-License-Identifier: Apache-2.0
"""Parts of the training loop that know nothing of a run: averages, data, signals."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


class ChunkSource(Protocol):
    """Anything with data in numbered chunks."""

    def chunk(self, index: int) -> list[Any]:
        """Batches number ``index``."""


class Chunks(Dataset[list[Any]]):
    def __init__(self, task: ChunkSource) -> None:
        self.task = task

    def __getitem__(self, index: int) -> list[Any]:
        return self.task.chunk(index)


class Ema:
    """Exponential moving average of parameters and statistics, warmed up over the first steps."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        averages, values = [], []
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                averages.append(self.state[name])
                values.append(value.detach())
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(averages, values, 1.0 - decay)


def to_device(batch: Any, device: torch.device) -> Any:
    """Moves all tensors of a nested batch to a device; leaves everything else as it is."""
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


def batch_size(batch: Any) -> int:
    """Samples in a batch: the length of its first tensor."""
    if isinstance(batch, Tensor):
        return len(batch)
    values = batch.values() if isinstance(batch, dict) else batch
    return next((batch_size(v) for v in values if isinstance(v, (Tensor, dict, list, tuple))), 0)


def worker_init(_worker: int) -> None:
    # The training process decides when to stop; a signal to the whole group must not take its
    # data away before it has saved. Workers end by themselves when it tells them, or is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)


def tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder))


class Stoppable(Protocol):
    """A run with a place for the number of the signal that ends it."""

    stop: int | None


@contextlib.contextmanager
def stop_on_signals(run: Stoppable) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the loop after the present step; a second one ends it at once."""

    def handle(number: int, _frame: Any) -> None:
        if run.stop is not None:
            raise KeyboardInterrupt
        run.stop = number

    old = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not in the main thread
            old[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)

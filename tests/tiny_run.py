# SPDX-License-Identifier: Apache-2.0
"""Trains a net of a few weights: the program that test_torchrun starts several times over."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training import train


class TinyTask:
    """Learns y = 3x; every process sees its own chunks."""

    metric = "error"
    higher_is_better = False

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model: nn.Module = nn.Linear(1, 1)
        self.chunks: list[int] = []

    def chunk(self, index: int) -> list[Tensor]:
        self.chunks.append(index)
        return [torch.randn(8, 1, generator=torch.Generator().manual_seed(index))]

    def loss(self, model: nn.Module, batch: Tensor) -> tuple[Tensor, dict[str, float]]:
        return (model(batch) - 3 * batch).square().mean(), {}

    def validate(self, model: nn.Module) -> dict[str, float]:
        return {"error": float((model(torch.ones(1, 1)) - 3).abs())}

    def header(self, metrics: dict[str, float]) -> dict:
        return {"kind": "tiny", "architecture": "tiny", "config": {}, "preprocessing": {}}

    def adapt(self, header: dict, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return state


def main(out: Path) -> None:
    """Trains, and leaves the chunks that this process saw in a file of its own."""
    import os

    task = TinyTask()
    options = TrainOptions(
        out=out, max_steps=150, lr=0.2, warmup=1, ema=0.5, device="cpu", precision="fp32", threads=1
    )
    train(task, options)
    weights = [float(p.detach()) for p in task.model.parameters()]
    (out / f"rank{os.environ.get('RANK', 0)}.txt").write_text(f"{task.chunks}\n{weights}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

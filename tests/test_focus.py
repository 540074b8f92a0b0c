# SPDX-License-Identifier: Apache-2.0
"""Learning from the worst lines of each batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from test_recognizer_aux import loop, tiny_task

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.training import train
from recognizer.focus import hardest, kept


def a_batch() -> dict[str, object]:
    return {
        "images": torch.arange(4.0).reshape(4, 1, 1, 1),
        "steps": torch.tensor([5, 6, 7, 8]),
        "targets": [[1], [2, 3], [], [4, 5, 6]],
        "caseless": torch.tensor([True, False, True, False]),
        "real": torch.zeros(4, dtype=torch.bool),
        "names": ["a", "b", "c", "d"],
        "align": 0.5,
        "places": torch.tensor([10, 20, 21, 40, 41, 42]),
    }


def test_the_lines_with_the_greatest_loss_are_kept_in_their_order_with_all_that_is_theirs() -> None:
    part = hardest(a_batch(), torch.tensor([0.1, 3.0, 0.2, 5.0]), 0.5)
    assert part["images"].flatten().tolist() == [1.0, 3.0]
    assert part["steps"].tolist() == [6, 8]
    assert part["targets"] == [[2, 3], [4, 5, 6]]
    assert part["caseless"].tolist() == [False, False]
    assert part["names"] == ["b", "d"]
    assert part["align"] == 0.5
    assert part["places"].tolist() == [20, 21, 40, 41, 42]


def test_real_lines_are_drawn_by_lot_whatever_their_loss() -> None:
    batch = a_batch() | {"real": torch.tensor([True, False, True, False])}
    losses = torch.tensor([9.0, 0.1, 0.1, 5.0])
    parts = [hardest(batch, losses, 0.5)["names"] for _ in range(40)]
    assert {tuple(names) for names in parts} == {("a", "d"), ("c", "d")}


def test_a_loss_that_is_not_a_number_is_kept_for_the_trainer_to_complain_of() -> None:
    part = hardest(a_batch(), torch.tensor([0.1, float("nan"), 9.0, 5.0]), 0.25)
    assert part["names"] == ["b"]


@pytest.mark.parametrize(("count", "share", "want"), [(1, 0.1, 1), (10, 0.25, 2), (8, 1.0, 8)])
def test_one_line_at_least_is_kept(count: int, share: float, want: int) -> None:
    assert kept(count, share) == want


def test_a_step_learns_from_the_share_alone_and_every_weight_gets_a_gradient() -> None:
    task = tiny_task(focus=0.25, dropout=0.0)
    batch = max(task.chunk(0), key=lambda b: len(b["targets"]))
    lines = []
    task.model.register_forward_pre_hook(
        lambda module, inputs: lines.append((len(inputs[0]), module.training))
    )
    with torch.autocast("cpu", torch.bfloat16):
        loss, _ = task.loss(task.model.train(), batch)
    loss.backward()
    count = len(batch["targets"])
    assert lines == [(count, False), (kept(count, 0.25), True)]
    assert task.model.training
    # Weights cast to bf16 on the way without gradients must not be used again on the other.
    assert all(p.grad is not None and p.grad.any() for p in task.model.features.parameters())


def test_batches_grow_so_that_as_many_lines_are_learnt_from() -> None:
    sizes = [
        sorted(len(b["targets"]) for b in tiny_task(focus=f, area=200).chunk(0))
        for f in (1.0, 0.25)
    ]
    assert max(sizes[1]) > max(sizes[0])


def test_a_training_with_focus_runs(tmp_path: Path) -> None:
    assert train(tiny_task(focus=0.5), loop(tmp_path, 3)).is_file()


def test_a_share_outside_its_bounds_is_refused() -> None:
    with pytest.raises(UsageError, match="--focus must lie in"):
        tiny_task(focus=0.0)

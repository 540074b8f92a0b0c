# SPDX-License-Identifier: Apache-2.0
"""Learning from the lines that are still read badly (selective backpropagation, arXiv 1910.00762).

Late in a training most lines are read without an error and teach next to nothing, yet the way
back through the net costs twice the way forward. So every line goes forward, and only those with
the greatest loss go back.

A label that is wrong would be among the greatest each time. People's labels are wrong now and then,
a renderer's never: real lines are drawn by lot, as many of them as of rendered ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def kept(count: int, share: float) -> int:
    """How many of ``count`` lines are learnt from, at least one."""
    return max(1, round(share * count))


def hardest(batch: dict[str, Any], losses: Tensor, share: float) -> dict[str, Any]:
    """Those of a batch with the greatest losses, real ones drawn by lot, in the batch's order.

    Args:
        batch: as :meth:`recognizer.train.RecognizerTask.chunk` makes it.
        losses: (N,) loss of each of its lines; one that is not a number counts as greatest, so
            that it stops the training rather than hides. Where ``batch["real"]`` (N,) is true, the
            loss does not count.
        share: which part, in (0, 1].
    """
    ranks = losses.float().nan_to_num(nan=float("inf"))
    real = batch["real"].to(ranks.device)
    rendered = (~real).nonzero()[:, 0]
    lots = real.nonzero()[:, 0]
    by_loss = rendered[ranks[rendered].argsort(descending=True)]
    by_lot = lots[torch.randperm(len(lots), device=ranks.device)]
    parts = [part[: kept(len(part), share)] for part in (by_loss, by_lot) if len(part)]
    chosen = torch.cat(parts).sort().values.cpu()
    lines = chosen.tolist()
    part: dict[str, Any] = {}
    for key, value in batch.items():
        if key == "places":  # of all characters, one line after the other
            pieces = value.split([len(target) for target in batch["targets"]])
            part[key] = torch.cat([pieces[i] for i in lines])
        elif isinstance(value, Tensor):
            part[key] = value[chosen.to(value.device)]
        elif isinstance(value, list):
            part[key] = [value[i] for i in lines]
        else:
            part[key] = value
    return part

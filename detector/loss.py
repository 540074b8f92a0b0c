# SPDX-License-Identifier: Apache-2.0
"""CTPN's three losses: text or not, vertical position, line ends (equation 4 of the paper)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from detector.ctpn import CtpnOutput


@dataclass(frozen=True)
class LossOptions:
    """Weights of the terms and the mining of negatives.

    Attributes:
        score, vertical, side: weights of the three terms.
        negatives: background anchors kept for each text anchor, the hardest of the batch.
        least: background anchors kept for each image at least, so pages without text teach too.
        beta: where smooth L1 turns from square to straight (the usual sigma² = 9).
    """

    score: float = 3.0
    vertical: float = 2.0
    side: float = 1.0
    negatives: float = 3.0
    least: int = 64
    beta: float = 1.0 / 9.0


class BatchTargets(NamedTuple):
    """Targets of a batch: labels (N, h, w, k) int8, vertical (N, h, w, k, 2), side (N, h, w, k)."""

    labels: Tensor
    vertical: Tensor
    side: Tensor


def ctpn_loss(
    output: CtpnOutput, targets: BatchTargets, options: LossOptions | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of the three losses, computed in float32.

    Every term is finite without a single text anchor in the batch.

    Returns:
        The loss and its unweighted parts ``score``, ``vertical`` and ``side``.
    """
    options = options or LossOptions()
    logits = output.score.float().flatten(0, 3)
    labels = targets.labels.flatten()
    # Two-class cross entropy is a softplus of the margin: no gather over the labels.
    margin = logits[:, 1] - logits[:, 0]
    text, background = labels == 1, labels == 0
    positive = F.softplus(-margin[text])
    negative = F.softplus(margin[background])
    wanted = max(options.least * output.score.shape[0], int(options.negatives * positive.numel()))
    hardest = torch.topk(negative, min(wanted, negative.numel()), sorted=False).values
    score = (positive.sum() + hardest.sum()) / max(1, positive.numel() + hardest.numel())

    predicted = output.vertical.float().flatten(0, 3)[text]
    actual = targets.vertical.float().flatten(0, 3)[text]
    vertical = _smooth_l1(predicted, actual, options.beta)

    ends = targets.side.float().flatten()
    near = text & ~torch.isnan(ends)
    side = _smooth_l1(output.side.float().flatten()[near], ends[near], options.beta)
    total = options.score * score + options.vertical * vertical + options.side * side
    parts = {"score": score, "vertical": vertical, "side": side}
    return total, {name: value.detach() for name, value in parts.items()}


def _smooth_l1(predicted: Tensor, actual: Tensor, beta: float) -> Tensor:
    """Smooth L1 summed over the last axis of pairs, averaged over anchors; 0 if there are none."""
    total = F.smooth_l1_loss(predicted, actual, beta=beta, reduction="sum")
    return total / max(1, predicted.shape[0])

# SPDX-License-Identifier: Apache-2.0
"""Connectionist temporal classification: loss helpers and greedy decoding with positions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded line: per character its class, probability, first and last+1 time step."""

    classes: tuple[int, ...]
    confidences: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]


def required_steps(classes: Sequence[int]) -> int:
    """Fewest time steps in which CTC can write a label: equal neighbours need a blank between."""
    return len(classes) + sum(a == b for a, b in itertools.pairwise(classes))


def ctc_loss(
    logits: Tensor, targets: Sequence[Sequence[int]], lengths: Tensor, blank: int
) -> Tensor:
    """Loss of each line divided by its number of characters, in float32.

    Args:
        logits: (N, T, classes).
        targets: N label sequences, each feasible within its line's time steps.
        lengths: (N,) valid time steps.
        blank: class of the blank.

    Returns:
        (N,) losses; an infeasible label gives 0 rather than infinity.
    """
    log_probs = logits.float().log_softmax(-1)
    return ctc_loss_of_log_probs(log_probs, targets, lengths, blank)


def ctc_loss_of_log_probs(
    log_probs: Tensor, targets: Sequence[Sequence[int]], lengths: Tensor, blank: int
) -> Tensor:
    """As :func:`ctc_loss`, from (N, T, classes) log-probabilities."""
    import torch
    from torch.nn import functional

    sizes = torch.tensor([len(target) for target in targets])
    flat = torch.tensor([index for target in targets for index in target], dtype=torch.long)
    losses = functional.ctc_loss(
        log_probs.transpose(0, 1),
        flat.to(log_probs.device),
        lengths.cpu(),
        sizes,
        blank=blank,
        reduction="none",
        zero_infinity=True,
    )
    return losses / sizes.clamp(min=1).to(losses.device)


def merge_case(log_probs: Tensor, pairs: Tensor) -> Tensor:
    """Adds the probabilities of the two cases of each letter, on the lower one's class.

    For labels that do not tell the case: with the targets in lower case, the net is free to
    read either.

    Args:
        log_probs: (..., classes) log-probabilities.
        pairs: (P, 2) long, classes of (lower, upper).

    Returns:
        (..., classes): the lower case's class has both, the upper case's practically none.
    """
    import torch

    lower, upper = pairs[:, 0], pairs[:, 1]
    merged = log_probs.clone()
    merged[..., lower] = torch.logaddexp(log_probs[..., lower], log_probs[..., upper])
    merged[..., upper] = -1e4
    return merged


def greedy(probabilities: npt.NDArray[np.float32], blank: int) -> Decoded:
    """Best path: the likeliest class of each step, runs collapsed, blanks dropped.

    A character is emitted where the class is not blank and differs from that of the step before:
    ``aa`` gives a, ``a-a`` gives aa, ``aaa`` gives a.

    Args:
        probabilities: (T, classes) of one line.
        blank: class of the blank.

    Returns:
        Classes with confidences (the highest probability within the character's run of steps)
        and spans (first step, last step + 1) of the runs.
    """
    if not len(probabilities):
        return Decoded((), (), ())
    best = probabilities.argmax(1)
    top = probabilities[np.arange(len(best)), best]
    edges = np.flatnonzero(best[1:] != best[:-1]) + 1
    starts = np.concatenate([[0], edges])
    runs = zip(
        best[starts].tolist(),
        np.maximum.reduceat(top, starts).tolist(),
        itertools.pairwise([*starts.tolist(), len(best)]),
        strict=True,
    )
    written = [run for run in runs if run[0] != blank]
    if not written:
        return Decoded((), (), ())
    classes, confidences, spans = zip(*written, strict=True)
    return Decoded(classes, confidences, spans)


def widen_spans(spans: Sequence[tuple[int, int]], steps: int) -> list[tuple[float, float]]:
    """Extents of characters along the line from the steps at which CTC wrote them.

    CTC marks a character by a peak of one or two steps near its middle; its extent reaches to
    the middle between its peak and the neighbour's, at most twice the usual distance at the ends.

    Args:
        spans: (first, last + 1) steps of the characters in order.
        steps: time steps of the line.

    Returns:
        (start, end) in steps, float, within [0, steps], in order and without overlap.
    """
    if not spans:
        return []
    centres = [(a + b) / 2 for a, b in spans]
    usual = median([b - a for a, b in itertools.pairwise(centres)]) if len(centres) > 1 else 4.0
    first, last = max(0.0, centres[0] - usual / 2), min(float(steps), centres[-1] + usual / 2)
    edges = [
        min(first, spans[0][0]),
        *((a + b) / 2 for a, b in itertools.pairwise(centres)),
        min(max(last, spans[-1][1]), float(steps)),
    ]
    return list(itertools.pairwise(edges))

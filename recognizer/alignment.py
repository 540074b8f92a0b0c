# SPDX-License-Identifier: Apache-2.0
"""Where the characters of a line stand, to teach a net before CTC takes over.

CTC alone spends the beginning of a training on finding out that characters follow each other at
about even distances, and with thousands of classes, or two rows of them, the greater part of a
short one. That much is known beforehand: renderers know it exactly, and for lines of print it
can be told from the ends of the ink.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from recognizer.layers import Columns

_INK = 0.8  # difference from the paper, of the 2 between black and white, that counts as ink
UNKNOWN = -1


def likely_steps(
    image: npt.NDArray[np.float32], text: str, columns: Columns
) -> npt.NDArray[np.int64]:
    """The time step nearest to the middle of each character of a line of one row.

    Args:
        image: (height, W) or (3, height, W) prepared line.
        text: what it says; characters that East Asian scripts set wide count twice.
        columns: how the net cuts it into steps.

    Returns:
        (characters,) steps; ``UNKNOWN`` for images of several rows.
    """
    if columns.rows > 1:
        return np.full(len(text), UNKNOWN, np.int64)
    if image.ndim == 3:
        image = image.mean(0)
    paper = float(np.median(image))
    ink = np.flatnonzero((np.abs(image - paper) > _INK).any(0))
    start, end = (int(ink[0]), int(ink[-1]) + 1) if len(ink) else (0, image.shape[1])
    wide = np.array([2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in text])
    ends = np.cumsum(wide)
    middles = start + (ends - wide / 2) / ends[-1] * (end - start)
    places = (middles / columns.stride).astype(np.int64)
    return np.clip(places, 0, columns.steps(image.shape[1]) - 1)


def steps_of_places(
    places: Sequence[tuple[float, int]], width: int, columns: Columns
) -> npt.NDArray[np.int64]:
    """The time steps of characters whose places are known.

    Args:
        places: middle as a fraction of the image's width, and row, of each character in order.
        width: of the prepared image.
        columns: how the net cuts it into steps.

    Returns:
        (characters,) steps, each after the one before: characters above each other take turns.
        ``UNKNOWN`` where there is no room for that.
    """
    count = columns.steps(width) // columns.rows
    last = columns.rows - 1
    steps: list[int] = []
    for x, row in places:
        first = min(row, last) * count
        step = first + min(max(int(x * count), 0), count - 1)
        steps.append(max(step, steps[-1] + 1) if steps else step)
    if steps and steps[-1] >= columns.steps(width):
        return np.full(len(steps), UNKNOWN, np.int64)
    return np.array(steps, np.int64)


def alignment_loss(log_probs: Tensor, targets: Sequence[Sequence[int]], places: Tensor) -> Tensor:
    """Mean negative log-probability of the characters at their steps.

    Args:
        log_probs: (N, T, classes).
        targets: N label sequences.
        places: steps of all their characters, one line after the other; those that are
            ``UNKNOWN`` do not count.
    """
    import torch

    device = log_probs.device
    places = places.to(device)
    known = places >= 0
    if not bool(known.any()):
        return log_probs.new_zeros(())
    lines = torch.tensor([i for i, target in enumerate(targets) for _ in target], device=device)
    classes = torch.tensor([c for target in targets for c in target], device=device)
    return -log_probs[lines[known], places[known], classes[known]].mean()

# SPDX-License-Identifier: Apache-2.0
"""Where the characters of a rendered line probably stand, to teach a net before CTC takes over.

With thousands of classes CTC alone spends most of a short training on finding out that the
characters of a line follow each other at even distances; that much is known beforehand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from recognizer.layers import Columns

_INK = 0.8  # difference from the paper, of the 2 between black and white, that counts as ink


def likely_steps(
    image: npt.NDArray[np.float32], text: str, columns: Columns
) -> npt.NDArray[np.int64]:
    """The time step nearest to the middle of each character of a line of one row.

    Args:
        image: (height, W) prepared line.
        text: what it says; characters that East Asian scripts set wide count twice.
        columns: how the net cuts it into steps.

    Returns:
        (characters,) steps.
    """
    paper = float(np.median(image))
    ink = np.flatnonzero((np.abs(image - paper) > _INK).any(0))
    start, end = (int(ink[0]), int(ink[-1]) + 1) if len(ink) else (0, image.shape[1])
    wide = np.array([2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in text])
    ends = np.cumsum(wide)
    middles = start + (ends - wide / 2) / ends[-1] * (end - start)
    places = (middles / columns.stride).astype(np.int64)
    return np.clip(places, 0, columns.steps(image.shape[1]) - 1)


def alignment_loss(log_probs: Tensor, targets: Sequence[Sequence[int]], places: Tensor) -> Tensor:
    """Mean negative log-probability of the characters at their likely steps.

    Args:
        log_probs: (N, T, classes).
        targets: N label sequences.
        places: steps of all their characters, one line after the other.
    """
    import torch

    device = log_probs.device
    lines = torch.tensor([i for i, target in enumerate(targets) for _ in target], device=device)
    classes = torch.tensor([c for target in targets for c in target], device=device)
    return -log_probs[lines, places.to(device), classes].mean()

# SPDX-License-Identifier: Apache-2.0
"""Reading an image again from slightly different places, where the net is not sure of it.

A net that pools its maps does not read quite the same when an image is moved by a pixel or two.
What it is sure of stays; what it guesses changes, and the text that all looks agree on best is
right more often than that of any one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.confidence import states_of, sum_over_paths

Floats = npt.NDArray[np.float32]

#: Pixels to the right and down by which a line is moved for each further look: half a time step,
#: so that a stroke on the border between two comes to lie within one.
MOVES = ((2, 1), (-2, -1))
_LEAST = 1e-30


def moved(line: Floats, right: int, down: int) -> Floats:
    """A prepared line, (height, W) or (planes, height, W), moved; its edges are drawn out."""
    tall, wide = line.shape[-2:]
    rows = np.clip(np.arange(tall) - down, 0, tall - 1)
    columns = np.clip(np.arange(wide) - right, 0, wide - 1)
    return line[..., rows[:, None], columns]


def best_agreed(
    looks: Sequence[Floats], texts: Sequence[tuple[int, ...]], blank: int
) -> tuple[tuple[int, ...], float]:
    """The text that all looks at a line together hold for the likeliest.

    Args:
        looks: (T, classes) probabilities of each.
        texts: classes of what each read.
        blank: class of the blank.

    Returns:
        The text, and its probability: the geometric mean of the looks'.
    """
    candidates = sorted(set(texts))
    emitted = [states_of(look, text, blank) for text in candidates for look in looks]
    repeated = [text for text in candidates for _ in looks]
    seen = sum_over_paths(emitted, repeated).reshape(len(candidates), len(looks))
    means = np.log(np.maximum(seen, _LEAST)).mean(1)
    best = int(means.argmax())
    return candidates[best], float(np.exp(means[best]))

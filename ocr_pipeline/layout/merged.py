# SPDX-License-Identifier: Apache-2.0
"""Lines that a detector ran together across a narrow gutter, and where to cut them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ocr_pipeline.layout.boxes import Boxes, deskewed_boxes

# A gutter's witnesses are lines no further up or down than this. Those to its right begin within
# so much of each other, those to its left end within this much of it. So many are needed on either
# side, at least one of them as close as a next line, and of lines that cross it as well there may
# be only this share. All in heights.
REACH = 8.0
NEXT = 2.0
ALIGNED = 0.7
NEAR_LEFT = 8.0
WITNESSES = 3
CROSSING = 0.4
# A recognizer places letters to a letter or two: the blank may lie this far off the gutter.
DRIFT = 2.0
# A heading that runs across does not begin where the left column does (give or take an indent, in
# heights), or is of another size.
INDENT = 2.0
SIMILAR = 1.3
# Shorter lines hold no two columns.
LENGTH = 8.0

Blank = tuple[float, float]
"""Where a blank in a line begins and ends, as fractions of the line's length."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a line is cut: the number of the blank, and where the lines around it say that the
    gutter begins and ends, as fractions of the line's length."""

    blank: int
    start: float
    end: float


def merged_lines(
    quads: Sequence[npt.ArrayLike], blanks: Sequence[Sequence[Blank]]
) -> dict[int, list[Cut]]:
    """Lines to be cut, each with the places where to cut it, from left to right.

    A line is cut where lines above and below leave a gutter that hardly any other runs across:
    at its blank that lies nearest.

    Args:
        quads: n lines (4, 2) of a page.
        blanks: between the words of each line, from left to right.
    """
    if not len(quads):
        return {}
    boxes = deskewed_boxes(np.asarray(quads, np.float64).reshape(-1, 4, 2))
    cuts: dict[int, list[Cut]] = {}
    for i, gaps in enumerate(blanks):
        tall, length = max(float(boxes.height[i]), 1.0), float(boxes.width[i])
        if not gaps or length <= LENGTH * tall:
            continue
        middles = boxes.x0[i] + np.mean(gaps, axis=1) * length
        found: dict[int, Cut] = {}
        for opens, closes in _gutters(boxes, i, tall):
            away = np.abs(middles - (opens + closes) / 2)
            blank = int(away.argmin())
            if away[blank] <= DRIFT * tall:
                start, end = (opens - boxes.x0[i]) / length, (closes - boxes.x0[i]) / length
                found[blank] = Cut(blank, float(start), float(end))
        if found:
            cuts[i] = [found[blank] for blank in sorted(found)]
    return cuts


def _gutters(boxes: Boxes, line: int, tall: float) -> list[tuple[float, float]]:
    """Left and right edges of the gutters that a line runs across."""
    near = np.abs(boxes.middle - boxes.middle[line]) < REACH * tall
    near &= boxes.width > tall
    near[line] = False
    near &= np.maximum(boxes.height, tall) < SIMILAR * np.minimum(boxes.height, tall)
    x0, x1 = boxes.x0[near], boxes.x1[near]
    is_next = np.abs(boxes.middle[near] - boxes.middle[line]) < NEXT * tall
    inside = (x0 > boxes.x0[line] + 2 * tall) & (x0 < boxes.x1[line] - 2 * tall)
    edges = np.sort(x0[inside])
    gutters = []
    while len(edges) >= WITNESSES:
        first, last = edges[0], edges[0] + ALIGNED * tall
        closes = float(np.median(edges[edges < last]))
        edges = edges[edges >= last]
        right = (x0 >= first) & (x0 < last)
        left = (x1 < closes) & (x1 > closes - NEAR_LEFT * tall)
        fewest = min(int(right.sum()), int(left.sum()))
        if fewest < WITNESSES or not (right & is_next).any() or not (left & is_next).any():
            continue
        if np.abs(x0[left] - boxes.x0[line]).min() > INDENT * tall:
            continue
        opens = float(x1[left].max())
        crosses = (x0 < closes - tall) & (x1 > closes + tall)
        if crosses.sum() <= CROSSING * fewest:
            gutters.append((opens, closes))
    return gutters

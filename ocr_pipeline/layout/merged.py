# SPDX-License-Identifier: Apache-2.0
"""Lines that a detector ran together across a narrow gutter, and where to cut them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
# A recognizer places letters to a letter or two: the blank may lie this far off the gutter. One
# that is so much wider than the line's others is a gutter, not a blank between words.
DRIFT = 2.0
WIDER = 1.3
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
    at its widest blank near there, or the nearest where none is wider than those between words.
    Lines with such a wide blank there do not run across: they are merged themselves.

    Args:
        quads: n lines (4, 2) of a page.
        blanks: between the words of each line, from left to right.
    """
    if not len(quads):
        return {}
    boxes = deskewed_boxes(np.asarray(quads, np.float64).reshape(-1, 4, 2))
    middles = [
        boxes.x0[i] + np.mean(gaps, axis=1) * boxes.width[i] if gaps else np.empty(0)
        for i, gaps in enumerate(blanks)
    ]
    wide = [_wide(gaps) for gaps in blanks]
    parted = [line[which] for line, which in zip(middles, wide, strict=True)]
    cuts: dict[int, list[Cut]] = {}
    while True:  # what was cut is a witness for the lines above and below it
        new: dict[int, list[Cut]] = {}
        for i in range(len(blanks)):
            if i not in cuts and (found := _cuts(boxes, i, middles[i], wide[i], parted)):
                new[i] = found
        if not new:
            return dict(sorted(cuts.items()))
        cuts |= new
        for i, found in new.items():
            boxes = _in_parts(boxes, i, found)
        parted += [np.empty(0)] * (len(boxes) - len(parted))


def _cuts(
    boxes: Boxes,
    line: int,
    middles: npt.NDArray[Any],
    wide: npt.NDArray[np.bool_],
    parted: Sequence[npt.NDArray[Any]],
) -> list[Cut]:
    """Where a line is to be cut."""
    tall, length = max(float(boxes.height[line]), 1.0), float(boxes.width[line])
    if not len(middles) or length <= LENGTH * tall:
        return []
    found: dict[int, Cut] = {}
    for opens, closes in _gutters(boxes, line, tall, parted):
        away = np.abs(middles - (opens + closes) / 2)
        near = away <= DRIFT * tall
        # Of the wide ones the nearest, if there are any.
        blank = int(np.where(wide & near, away - length, away).argmin())
        if near[blank]:
            start, end = (opens - boxes.x0[line]) / length, (closes - boxes.x0[line]) / length
            found[blank] = Cut(blank, float(start), float(end))
    return [found[blank] for blank in sorted(found)]


def _in_parts(boxes: Boxes, line: int, cuts: Sequence[Cut]) -> Boxes:
    """The boxes with the first part of a line in its place, and the others behind all."""
    x0, length = float(boxes.x0[line]), float(boxes.width[line])
    begins = [x0, *(x0 + cut.end * length for cut in cuts)]
    ends = [*(x0 + cut.start * length for cut in cuts), x0 + length]
    many = np.full(len(cuts), line)
    parts = boxes.take(np.concatenate([np.arange(len(boxes)), many]))
    parts.x1[line] = ends[0]
    parts.x0[len(boxes) :], parts.x1[len(boxes) :] = begins[1:], ends[1:]
    return parts


def _wide(gaps: Sequence[Blank]) -> npt.NDArray[np.bool_]:
    """Which blanks of a line are wider than those between its words."""
    if not gaps:
        return np.zeros(0, bool)
    widths = np.diff(np.asarray(gaps, float), axis=1)[:, 0]
    return np.asarray(widths > WIDER * np.median(widths), bool)


def _gutters(
    boxes: Boxes, line: int, tall: float, parted: Sequence[npt.NDArray[Any]]
) -> list[tuple[float, float]]:
    """Left and right edges of the gutters that a line runs across; ``parted`` are the middles of
    each line's wide blanks."""
    near = np.abs(boxes.middle - boxes.middle[line]) < REACH * tall
    near &= boxes.width > tall
    near[line] = False
    near &= np.maximum(boxes.height, tall) < SIMILAR * np.minimum(boxes.height, tall)
    numbers = np.flatnonzero(near).tolist()
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
        if fewest < WITNESSES:
            continue
        opens = float(x1[left].max())
        middle = (opens + closes) / 2
        merged: npt.NDArray[Any] = np.array(
            [(abs(parted[j] - middle) <= DRIFT * tall).any() for j in numbers]
        )
        if not all((is_next & (side | merged)).any() for side in (right, left)):
            continue
        if np.abs(x0[left] - boxes.x0[line]).min() > INDENT * tall:
            continue
        crosses = (x0 < closes - tall) & (x1 > closes + tall) & ~merged
        if crosses.sum() <= CROSSING * fewest:
            gutters.append((opens, closes))
    return gutters

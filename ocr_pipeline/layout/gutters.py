# SPDX-License-Identifier: Apache-2.0
"""Gutters: vertical strips of white with columns on both sides, between lines that cross them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ocr_pipeline.layout.boxes import Bools, Boxes, Floats, Ints, quantile
from ocr_pipeline.layout.columns import BETWEEN, PROSE_ROWS, Stack, make_stack, parts_columns
from ocr_pipeline.layout.rows import predecessors

# A gutter's white, in heights of the usual line, but for this share of the lines, which reach
# into it. Blanks in text may come to stand above each other, but not straight.
CLEAR = 0.4
CLEAR_SHARE = 0.15
# White above or below a running head or foot, in heights.
HEAD_GAP = 0.8
# White across a region beyond which a few lines on one side alone, as an address below the two
# stacks of a letterhead, do not belong to its columns: in heights, and the most such lines.
ASIDE_GAP = 1.5
ASIDE_LINES = 8


@dataclass(frozen=True, slots=True)
class Gutter:
    """Where a gutter is, and how many rows it parts."""

    x: float
    top: float
    bottom: float
    rows: int


@dataclass(frozen=True, slots=True)
class _Region:
    """What is known of the lines among which gutters are searched."""

    boxes: Boxes
    after: Ints
    before: Ints
    texts: Sequence[str] | None
    unit: float


def find_gutter(boxes: Boxes, successor: Ints, texts: Sequence[str] | None = None) -> Gutter | None:
    """The gutter of a region that parts the most rows, if there is one.

    Args:
        boxes: the region's n lines.
        successor: (n,) each line's right neighbour on its row, or -1.
        texts: what the lines say, where it is known.
    """
    unit = float(np.median(boxes.height))
    region = _Region(boxes, successor, predecessors(successor), texts, unit)
    edges = _left_edges(boxes, unit)
    if not len(edges):
        return None
    # One candidate for each half height of page width: neighbouring edges are one column's.
    places = np.round(edges / (0.5 * unit))
    candidates = [float(np.median(edges[places == x])) - 0.4 * unit for x in np.unique(places)]
    best: Gutter | None = None
    for x in candidates:
        for gutter in _gutters_at(x, region, 0 if best is None else best.rows):
            if best is None or gutter.rows > best.rows:
                best = gutter
    return best


def _left_edges(boxes: Boxes, unit: float) -> Floats:
    """Left edges of the lines that have another one beside them, to the left."""
    apart = np.abs(boxes.middle[:, None] - boxes.middle[None])
    beside = apart < BETWEEN[1] * np.maximum(boxes.height[:, None], boxes.height[None])
    beside &= boxes.x0[None] - boxes.x1[:, None] > 0.5 * unit
    return boxes.x0[beside.any(0)]


def _gutters_at(x: float, region: _Region, least: int) -> list[Gutter]:
    """Gutters of more than ``least`` rows at one place: the stretches between lines that cross."""
    boxes = region.boxes
    slack = 0.25 * region.unit
    crosses = (boxes.x0 < x - slack) & (boxes.x1 > x + slack)
    is_left = (boxes.x0 + boxes.x1) / 2 < x
    middle = boxes.middle
    # Only the columns at the gutter itself decide: no other line stands between them and it.
    near_left = is_left & ~crosses & ~_on(region.after, is_left)
    near_right = ~is_left & ~crosses & ~_on(region.before, ~is_left)
    stops = np.concatenate([[-np.inf], np.sort(middle[crosses]), [np.inf]])
    found = []
    for top, bottom in pairwise(stops):
        inside = (middle > top) & (middle < bottom)
        if min((inside & near_left).sum(), (inside & near_right).sum()) <= max(least, 1):
            continue
        top, bottom = _without_heads(boxes, inside & ~crosses, is_left, top, bottom, region.unit)
        inside &= (middle > top) & (middle < bottom)
        a, b = np.flatnonzero(inside & near_left), np.flatnonzero(inside & near_right)
        rows = min(len(a), len(b))
        if rows <= max(least, PROSE_ROWS - 1) or _white(boxes, a, b) < CLEAR * region.unit:
            continue
        if parts_columns(*_stacks(region, is_left, a, b)):
            found.append(Gutter(x, float(top), float(bottom), rows))
    return found


def _white(boxes: Boxes, left: Ints, right: Ints) -> float:
    """Width of the strip between most lines of two stacks; negative if they overlap."""
    begins = quantile(boxes.x0[right], CLEAR_SHARE)
    return begins - quantile(boxes.x1[left], 1 - CLEAR_SHARE)


def _on(links: Ints, side: Bools) -> Bools:
    """Whether each line's neighbour by ``links`` is there and on a side."""
    return np.asarray(np.where(links >= 0, side[links], False))


def _stacks(region: _Region, is_left: Bools, left: Ints, right: Ints) -> tuple[Stack, Stack]:
    """The stacks on both sides of a gutter, each row with all that it holds on its side."""
    rows_left = [_chain(int(i), region.before, is_left)[::-1] for i in left]
    rows_right = [_chain(int(i), region.after, ~is_left) for i in right]
    return (
        make_stack(region.boxes, rows_left, -1, region.texts),
        make_stack(region.boxes, rows_right, 0, region.texts),
    )


def _chain(start: int, links: Ints, side: Bools) -> list[int]:
    chain = [start]
    while links[chain[-1]] >= 0 and side[links[chain[-1]]]:
        chain.append(int(links[chain[-1]]))
    return chain


def _without_heads(
    boxes: Boxes, inside: Bools, is_left: Bools, top: float, bottom: float, unit: float
) -> tuple[float, float]:
    """Leaves out of a stretch a running head and foot (one or two rows apart from the rest), and
    what stands on one side alone between it and a line that crosses."""
    ids = np.flatnonzero(inside)
    ids = ids[np.argsort(boxes.y0[ids], kind="stable")]
    reach = np.maximum.accumulate(boxes.y1[ids])
    gaps = boxes.y0[ids][1:] - reach[:-1]
    crossed = np.isfinite(top), np.isfinite(bottom)
    for cut in np.flatnonzero(gaps > HEAD_GAP * unit):
        edge = float((reach[cut] + boxes.y0[ids[cut + 1]]) / 2)
        above, below = is_left[ids[: cut + 1]], is_left[ids[cut + 1 :]]
        far = gaps[cut] > ASIDE_GAP * unit
        if len(below) > 2 and (_is_head(above) or (far and crossed[0] and _is_aside(above))):
            top = max(top, edge)
        elif len(above) > 2 and (_is_head(below) or (far and crossed[1] and _is_aside(below))):
            bottom = min(bottom, edge)
    return top, bottom


def _is_head(is_left: Bools) -> bool:
    return max(int(is_left.sum()), int((~is_left).sum())) <= 1


def _is_aside(is_left: Bools) -> bool:
    return len(is_left) <= ASIDE_LINES and bool(is_left.all() or (~is_left).all())

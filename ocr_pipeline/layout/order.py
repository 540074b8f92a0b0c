# SPDX-License-Identifier: Apache-2.0
"""Reading order: the lines of a page as a person would read them. Pure numpy.

A recursive XY-cut (Nagy and Seth, 1984) over the boxes of the lines, after the page's own slant
is taken out of them. What is cut are gutters: vertical strips of white with prose on both sides,
which reach from one line that crosses them to the next. Everything else is read row by row, so
the cells of tables, forms and receipts stay with their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

# Two lines stand on one row if their middles or their feet differ by less than this many heights.
ROW_MIDDLE = 0.5
ROW_FOOT = 0.3
# Prose: lines that are long (mean width in heights) and fill their column (share of a full line);
# long ones, as in dialogue, may fill it less.
PROSE = ((7.0, 0.75), (12.0, 0.62))
PROSE_ROWS = 3
# Two short stacks of short lines on the same rows are rather the head of a form.
SHORT_ROWS = 8
SHORT_WIDTH = 12.0
ALONE_SHARE = 0.6
# Beside prose a narrower column is no table either if many of its rows stand between the prose's.
BESIDE_WIDTH = 4.0
BESIDE_ROWS = 4
BESIDE_SHARE = 0.3
# Rows this far apart (in heights) overlap and yet are not one row.
BETWEEN = (0.35, 0.8)
# White above or below a running head or foot, in heights.
HEAD_GAP = 0.8


@dataclass(frozen=True, slots=True)
class Boxes:
    """Upright boxes of n lines, each field (n,) in pixels of the deskewed page."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats

    @property
    def height(self) -> Floats:
        """(n,) heights."""
        return self.y1 - self.y0

    @property
    def middle(self) -> Floats:
        """(n,) vertical centres."""
        return (self.y0 + self.y1) / 2

    def take(self, ids: Ints) -> Boxes:
        """The boxes of some lines."""
        return Boxes(self.x0[ids], self.y0[ids], self.x1[ids], self.y1[ids])


@dataclass(frozen=True, slots=True)
class Gutter:
    """A strip of white between two columns: where it is, and how many rows it parts."""

    x: float
    top: float
    bottom: float
    rows: int


def page_angle(quads: npt.NDArray[np.floating]) -> float:
    """Slant of a page in radians, clockwise: the median over its lines, long ones counting more.

    Args:
        quads: (n, 4, 2) clockwise from the text's top left.
    """
    edges = np.concatenate([quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 3]])
    lengths = np.linalg.norm(edges, axis=1)
    if not len(edges) or lengths.max() <= 0:
        return 0.0
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    order = np.argsort(angles, kind="stable")
    weight = np.cumsum(lengths[order] ** 2)
    return float(angles[order][np.searchsorted(weight, weight[-1] / 2)])


def page_skew(quads: Sequence[npt.ArrayLike], already: float = 0.0) -> float:
    """Slant of a page in degrees, clockwise, to two digits; 0 for a page without lines.

    Args:
        quads: n lines (4, 2).
        already: degrees that were taken out of them.
    """
    if not len(quads):
        return 0.0
    skew = already + float(np.degrees(page_angle(np.asarray(quads, np.float64))))
    return round(skew, 2) + 0.0  # no negative zero


def deskewed_boxes(quads: npt.NDArray[np.floating]) -> Boxes:
    """Boxes of lines in the page's own upright frame.

    Args:
        quads: (n, 4, 2) pixels.
    """
    angle = page_angle(quads)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = quads @ np.array([[cos, -sin], [sin, cos]])
    sides = np.linalg.norm(quads[:, [3, 2]] - quads[:, [0, 1]], axis=2)
    heights = sides.mean(1)
    middle = turned[..., 1].mean(1)
    # The middles of the short edges: a box around a line that is still slanted would be too high.
    left, right = turned[:, [0, 3], 0].mean(1), turned[:, [1, 2], 0].mean(1)
    left, right = np.minimum(left, right), np.maximum(left, right)
    return Boxes(left, middle - heights / 2, right, middle + heights / 2)


def reading_order(quads: npt.ArrayLike) -> list[list[int]]:
    """Rows of line indices in reading order; the lines of a row run from left to right.

    Args:
        quads: (n, 4, 2) lines of one page, in pixels, clockwise from the text's top left.

    Returns:
        A partition of ``range(n)``: the visual rows in the order in which they are read.
    """
    array = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    if not len(array):
        return []
    boxes = deskewed_boxes(array)
    return _read_region(boxes, np.arange(len(array)), depth=0)


def _read_region(boxes: Boxes, ids: Ints, depth: int) -> list[list[int]]:
    region = boxes.take(ids)
    successor = row_successors(region)
    gutter = find_gutter(region, successor) if depth < 12 and len(ids) > 3 else None
    if gutter is None:
        return [[int(ids[i]) for i in row] for row in _rows(region, successor)]
    middle = region.middle
    inside = (middle > gutter.top) & (middle < gutter.bottom)
    left = (region.x0 + region.x1) / 2 < gutter.x
    parts = (middle <= gutter.top, inside & left, inside & ~left, middle >= gutter.bottom)
    rows: list[list[int]] = []
    for part in parts:
        if part.any():
            rows += _read_region(boxes, ids[part], depth + 1)
    return rows


def row_successors(boxes: Boxes) -> Ints:
    """For each line its nearest neighbour to the right on the same row, or -1.

    Each line follows at most one other, so that the links form chains.
    """
    n = len(boxes.x0)
    height, middle = boxes.height, boxes.middle
    small = np.minimum(height[:, None], height[None])
    same = np.abs(middle[:, None] - middle[None]) < ROW_MIDDLE * small
    same |= np.abs(boxes.y1[:, None] - boxes.y1[None]) < ROW_FOOT * small
    gap = boxes.x0[None] - boxes.x1[:, None]
    centre = boxes.x0 + boxes.x1
    same &= (gap > -0.6 * small) & (centre[None] > centre[:, None])
    np.fill_diagonal(same, False)
    # Distance along the row, with what differs in height against it.
    cost = np.maximum(gap, 0) + 2 * np.abs(middle[:, None] - middle[None])
    cost = np.where(same, cost, np.inf)
    best = cost.argmin(1)
    wanted = np.where(np.isfinite(cost[np.arange(n), best]), best, -1)
    suitors = np.where(wanted[:, None] == np.arange(n)[None], cost, np.inf)
    chosen = suitors.argmin(0)
    accepted = np.isfinite(suitors[chosen, np.arange(n)])
    successor = np.full(n, -1)
    successor[chosen[accepted]] = np.flatnonzero(accepted)
    return successor


def _rows(boxes: Boxes, successor: Ints) -> list[list[int]]:
    """Chains of successors, from the top of the page down."""
    first = np.ones(len(successor), bool)
    first[successor[successor >= 0]] = False
    rows = []
    for start in np.flatnonzero(first):
        row = [int(start)]
        while successor[row[-1]] >= 0:
            row.append(int(successor[row[-1]]))
        rows.append(row)
    middle = boxes.middle
    return sorted(rows, key=lambda row: (float(np.mean(middle[row])), float(boxes.x0[row[0]])))


def find_gutter(boxes: Boxes, successor: Ints) -> Gutter | None:
    """The gutter of a region that parts the most rows, if there is one."""
    unit = float(np.median(boxes.height))
    edges = _left_edges(boxes, unit)
    if not len(edges):
        return None
    # One candidate for each half height of page width: neighbouring edges are one column's.
    places = np.round(edges / (0.5 * unit))
    candidates = [float(np.median(edges[places == x])) - 0.4 * unit for x in np.unique(places)]
    best: Gutter | None = None
    for x in candidates:
        for gutter in _gutters_at(x, boxes, successor, unit):
            if best is None or gutter.rows > best.rows:
                best = gutter
    return best


def _left_edges(boxes: Boxes, unit: float) -> Floats:
    """Left edges of the lines that have another one beside them, to the left."""
    apart = np.abs(boxes.middle[:, None] - boxes.middle[None])
    beside = apart < BETWEEN[1] * np.maximum(boxes.height[:, None], boxes.height[None])
    beside &= boxes.x0[None] - boxes.x1[:, None] > 0.5 * unit
    return boxes.x0[beside.any(0)]


def _gutters_at(x: float, boxes: Boxes, successor: Ints, unit: float) -> list[Gutter]:
    """Gutters at one place: the stretches between the lines that cross it."""
    slack = 0.25 * unit
    crosses = (boxes.x0 < x - slack) & (boxes.x1 > x + slack)
    is_left = (boxes.x0 + boxes.x1) / 2 < x
    middle = boxes.middle
    follower = np.where(successor >= 0, is_left[successor], False)
    leader = np.zeros(len(middle), bool)
    linked = np.flatnonzero(successor >= 0)
    leader[successor[linked]] = ~is_left[linked]
    # Only the columns at the gutter itself decide: no other line stands between them and it.
    near_left = is_left & ~crosses & ~follower
    near_right = ~is_left & ~crosses & ~leader
    spans = _side_spans(boxes, successor, is_left)
    stops = np.concatenate([[-np.inf], np.sort(middle[crosses]), [np.inf]])
    found = []
    for top, bottom in pairwise(stops):
        inside = (middle > top) & (middle < bottom)
        if min((inside & near_left).sum(), (inside & near_right).sum()) < 2:
            continue
        top, bottom = _without_heads(boxes, inside & ~crosses, is_left, top, bottom, unit)
        inside &= (middle > top) & (middle < bottom)
        a, b = np.flatnonzero(inside & near_left), np.flatnonzero(inside & near_right)
        if parts_columns(boxes, spans, a, b):
            found.append(Gutter(x, float(top), float(bottom), min(len(a), len(b))))
    return found


def _side_spans(boxes: Boxes, successor: Ints, is_left: npt.NDArray[np.bool_]) -> Floats:
    """(n,) width from each line to the far end of its row, on its own side of a gutter."""
    start, end = boxes.x0.copy(), boxes.x1.copy()
    for i in np.argsort(boxes.x0, kind="stable"):
        j = successor[i]
        if j >= 0 and is_left[i] and is_left[j]:
            start[j] = start[i]
    for i in np.argsort(-boxes.x0, kind="stable"):
        j = successor[i]
        if j >= 0 and not is_left[i]:
            end[i] = end[j]
    return end - start


def _without_heads(
    boxes: Boxes,
    inside: npt.NDArray[np.bool_],
    is_left: npt.NDArray[np.bool_],
    top: float,
    bottom: float,
    unit: float,
) -> tuple[float, float]:
    """Leaves a running head and foot (one or two rows apart from the rest) out of a stretch."""
    ids = np.flatnonzero(inside)
    ids = ids[np.argsort(boxes.y0[ids], kind="stable")]
    reach = np.maximum.accumulate(boxes.y1[ids])
    gaps = boxes.y0[ids][1:] - reach[:-1]
    for cut in np.flatnonzero(gaps > HEAD_GAP * unit):
        edge = float((reach[cut] + boxes.y0[ids[cut + 1]]) / 2)
        above, below = ids[: cut + 1], ids[cut + 1 :]
        if max(is_left[above].sum(), (~is_left[above]).sum()) <= 1 and len(below) > 2:
            top = max(top, edge)
        elif max(is_left[below].sum(), (~is_left[below]).sum()) <= 1 and len(above) > 2:
            bottom = min(bottom, edge)
    return top, bottom


def parts_columns(boxes: Boxes, spans: Floats, left: Ints, right: Ints) -> bool:
    """Whether two neighbouring stacks of lines are columns to be read one after the other.

    Args:
        boxes: the region's boxes.
        spans: (n,) widths of what each line's row holds on its own side of the gutter.
        left: indices of the lines at the gutter's left side.
        right: indices of those at its right side.
    """
    if min(len(left), len(right)) < PROSE_ROWS:
        return False
    width, height = boxes.x1 - boxes.x0, np.maximum(boxes.height, 1)
    prose = [_is_prose(width, height, spans, ids) for ids in (left, right)]
    if not any(prose):
        return False
    wide = min(float(np.mean(spans[ids] / height[ids])) for ids in (left, right))
    if all(prose) and (wide > SHORT_WIDTH or min(len(left), len(right)) >= SHORT_ROWS):
        return True
    return wide > BESIDE_WIDTH and rows_interleave(boxes, left, right)


def _is_prose(width: Floats, height: Floats, spans: Floats, ids: Ints) -> bool:
    """Whether a stack's lines are long and fill it; a few rows may be those of a table."""
    alone = ids[spans[ids] == width[ids]]
    if len(alone) >= ALONE_SHARE * len(ids):
        ids = alone
    wide, full = float(np.mean(width[ids] / height[ids])), fill(width[ids])
    return any(wide > least and full > share for least, share in PROSE)


def fill(widths: Floats) -> float:
    """How evenly lines fill their column: mean width, as a share of that of a full line.

    The full line is the third quartile rather than the column's extent, so that a caption over
    two columns does not make either look empty.
    """
    full = max(float(np.percentile(widths, 75)), 1.0)
    return float(np.mean(np.minimum(widths, full)) / full)


def rows_interleave(boxes: Boxes, left: Ints, right: Ints) -> bool:
    """Whether enough of one stack's lines stand between two lines of the other.

    Lines with nothing beside them say nothing, as a table may have empty cells.
    """
    if len(left) > len(right):
        left, right = right, left
    apart = np.abs(boxes.middle[left][:, None] - boxes.middle[right][None]).min(1)
    apart /= np.maximum(boxes.height[left], 1)
    beside = apart < BETWEEN[1]
    between = beside & (apart > BETWEEN[0])
    return bool(beside.sum() >= BESIDE_ROWS and between.sum() >= BESIDE_SHARE * beside.sum())


def order_lines(quads: Sequence[npt.ArrayLike]) -> list[tuple[int, int]]:
    """(index, row) of every line in reading order; rows count from 0 over the page."""
    rows = reading_order(np.asarray(quads, np.float64))
    return [(index, number) for number, row in enumerate(rows) for index in row]

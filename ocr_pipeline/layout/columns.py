# SPDX-License-Identifier: Apache-2.0
"""Whether two stacks of lines, side by side, are columns or the cells of a table.

Columns are read one after the other, a table row by row. Columns are of prose: long lines that
fill them, with sentences that run on from line to line; or else their rows do not stand side by
side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocr_pipeline.layout.boxes import Bools, Boxes, Floats, quantile
from ocr_pipeline.layout.wording import Flow, flow

# Prose: lines that are long (mean width in heights) and fill their column (share of a full line);
# long ones, as in dialogue, may fill it less. What is no wider than so many heights, and mostly
# as close to the lines that follow, are their numbers.
PROSE = ((7.0, 0.75), (12.0, 0.62))
PROSE_ROWS = 3
ALONE_SHARE = 0.6
NUMBER_WIDTH = 3.0
NUMBER_GAP = 1.5
# Sentences run on to this share of the lines of prose, and to no more than that of a table's.
RUNS_ON = 0.4
STANDS_ALONE = 0.06
# What runs on is prose at less width already, if this share of its lines begins at its left edge.
RUNNING_WIDTH = 9.0
EDGE_SHARE = 0.6
EDGE = 0.15
# Two short stacks of short lines on the same rows are rather the head of a form.
SHORT_ROWS = 8
SHORT_WIDTH = 12.0
# Beside prose a narrower column is no table either if many of its rows stand between the prose's;
# or if it has a row for nearly each of the prose's and is too wide for their numbers.
BESIDE_WIDTH = 4.0
BESIDE_ROWS = 4
BESIDE_SHARE = 0.3
DENSE = 0.7
DENSE_WIDTH = 15.0
# Rows this far apart (in heights) overlap and yet are not one row.
BETWEEN = (0.35, 0.8)
# Two stacks without prose are columns if their rows stand together by chance only.
CHANCE_SHARE = 0.5
CHANCE_SPREAD = 0.2
# ... or if one is set in much larger type.
LARGER = 1.4


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows of one side of a gutter, from the top down.

    Attributes:
        lines: the rows' lines next to the gutter, each joined to its number where it has one.
        span: (n,) from there to the row's far end, in pixels.
        alone: (n,) whether the row has nothing else on its side.
        texts: what the lines say; None where that is not known.
    """

    lines: Boxes
    span: Floats
    alone: Bools
    texts: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def wide(self) -> float:
        """Mean span in heights."""
        return float(np.mean(self.span / np.maximum(self.lines.height, 1)))


def make_stack(
    boxes: Boxes, rows: Sequence[Sequence[int]], near: int, texts: Sequence[str] | None
) -> Stack:
    """The stack of some rows.

    Args:
        boxes: lines of the region.
        rows: indices of each row's lines on one side of a gutter, from left to right.
        near: which end of a row lies at the gutter: 0 or -1.
        texts: of the region's lines.
    """
    # In plain numbers: rows are of a few lines, for which arrays are slow.
    left, right, middle = boxes.x0.tolist(), boxes.x1.tolist(), boxes.middle.tolist()
    rows = sorted(rows, key=lambda row: float(middle[row[near]]))
    pieces = _pieces(boxes, rows, near)
    widest = [max(piece, key=lambda i: right[i] - left[i]) for piece in pieces]
    main = boxes.take(np.array(widest))
    x0 = np.array([left[piece[0]] for piece in pieces])
    x1 = np.array([right[piece[-1]] for piece in pieces])
    span = np.array([max(right[i] for i in row) - min(left[i] for i in row) for row in rows])
    alone = np.array([len(row) == len(piece) for row, piece in zip(rows, pieces, strict=True)])
    said = None if texts is None else tuple(" ".join(texts[i] for i in p) for p in pieces)
    return Stack(Boxes(x0, main.y0, x1, main.y1), span, alone, said)


def _pieces(boxes: Boxes, rows: Sequence[Sequence[int]], near: int) -> list[list[int]]:
    """Of each row the line at the gutter; or, where the rows are numbered, number and line."""
    pairs = [list(row[:2] if near == 0 else row[-2:]) for row in rows]
    gaps = [_number_gap(boxes, pair) for pair in pairs]
    numbered = [gap for gap in gaps if gap is not None]
    if numbered and float(np.median(numbered)) <= NUMBER_GAP:
        return [p if g is not None else [p[near]] for p, g in zip(pairs, gaps, strict=True)]
    return [[pair[near]] for pair in pairs]


def _number_gap(boxes: Boxes, pair: Sequence[int]) -> float | None:
    """White between a number and the line after it, in heights; None if it is no number."""
    if len(pair) < 2:
        return None
    tall = max(float(boxes.y1[i] - boxes.y0[i]) for i in pair)
    if boxes.x1[pair[0]] - boxes.x0[pair[0]] > NUMBER_WIDTH * tall:
        return None
    return float(boxes.x0[pair[1]] - boxes.x1[pair[0]]) / max(tall, 1.0)


def parts_columns(left: Stack, right: Stack) -> bool:
    """Whether two neighbouring stacks of lines are columns to be read one after the other."""
    if min(len(left), len(right)) < PROSE_ROWS:
        return False
    flows = [flow_of(stack) for stack in (left, right)]
    prose = [is_prose(stack, said) for stack, said in zip((left, right), flows, strict=True)]
    wide = min(left.wide, right.wide)
    apart = offsets(left, right)
    between = (np.abs(apart) > BETWEEN[0]).sum() if len(apart) >= BESIDE_ROWS else 0
    interleaved = bool(between and between >= BESIDE_SHARE * len(apart))
    if all(prose):
        if min(len(left), len(right)) >= SHORT_ROWS:
            return True
        if wide > SHORT_WIDTH and max(left.alone.mean(), right.alone.mean()) >= ALONE_SHARE:
            return True
        if all(said is not None and said.filled >= RUNS_ON for said in flows):
            return True
    if wide <= BESIDE_WIDTH:
        return False
    if any(prose):
        text, other = (left, right) if prose[0] else (right, left)
        said = flows[0] if prose[0] else flows[1]
        sure = said is not None and said.filled >= RUNS_ON
        if interleaved:
            return True
        if not sure or text.wide <= DENSE_WIDTH or np.mean(text.alone) < ALONE_SHARE:
            return False
        return len(other) >= SHORT_ROWS and share_beside(text, other) >= DENSE
    sizes = [float(np.median(stack.lines.height)) for stack in (left, right)]
    if interleaved and max(sizes) >= LARGER * min(sizes):
        return True
    by_chance = between >= CHANCE_SHARE * len(apart) and len(apart) >= BESIDE_ROWS
    return bool(by_chance and np.std(apart) >= CHANCE_SPREAD)


def flow_of(stack: Stack) -> Flow | None:
    """How often sentences run on; None where it is not known what the lines say."""
    if stack.texts is None:
        return None
    return flow(stack.texts, stack.lines.width, stack.lines.x1)


def is_prose(stack: Stack, said: Flow | None) -> bool:
    """Whether a stack's lines are running text; a few rows may be those of a table.

    Args:
        stack: the rows.
        said: how often sentences run on.
    """
    if said is not None and said.begun <= STANDS_ALONE:
        return False
    chosen = stack.alone if np.mean(stack.alone) >= ALONE_SHARE else np.ones(len(stack), bool)
    lines = stack.lines.take(np.flatnonzero(chosen))
    wide, full = float(np.mean(lines.width / np.maximum(lines.height, 1))), fill(lines.width)
    if said is not None and said.filled >= RUNS_ON and wide > RUNNING_WIDTH:
        edge = quantile(lines.x0, EDGE)
        if np.mean(np.abs(lines.x0 - edge) < lines.height) >= EDGE_SHARE:
            return True
    return any(wide > least and full > share for least, share in PROSE)


def fill(widths: Floats) -> float:
    """How evenly lines fill their column: mean width, as a share of that of a full line.

    The full line is the third quartile rather than the column's extent, so that a caption over
    two columns does not make either look empty.
    """
    full = max(quantile(widths, 0.75), 1.0)
    return float(np.mean(np.minimum(widths, full)) / full)


def offsets(left: Stack, right: Stack) -> Floats:
    """How far the rows of one stack stand off the nearest rows of the other, in heights.

    Rows with nothing beside them say nothing, as a table may have empty cells: they are left out.
    """
    a, b = (left.lines, right.lines) if len(left) <= len(right) else (right.lines, left.lines)
    apart = a.middle[:, None] - b.middle[None]
    nearest = np.abs(apart).argmin(1)
    rows = np.arange(len(a))
    feet = (a.y1[:, None] - b.y1[None])[rows, nearest]
    middles = apart[rows, nearest]
    # Large type beside small stands on one foot with it.
    off = np.where(np.abs(feet) < np.abs(middles), feet, middles) / np.maximum(a.height, 1)
    return np.asarray(off[np.abs(middles) < BETWEEN[1] * np.maximum(a.height, 1)])


def share_beside(text: Stack, other: Stack) -> float:
    """Share of the rows of a text, where the other stack reaches, that it has a row beside."""
    near = text.lines.middle
    within = (near >= other.lines.y0.min()) & (near <= other.lines.y1.max())
    if not within.any():
        return 0.0
    apart = np.abs(near[within][:, None] - other.lines.middle[None]).min(1)
    return float(np.mean(apart < BETWEEN[1] * text.lines.height[within]))

# SPDX-License-Identifier: Apache-2.0
"""Blocks of a region: tables, headings and runs of text, told apart by their rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ocr_pipeline.layout.boxes import Boxes, Floats
from ocr_pipeline.layout.order import Rows

# White between two rows, in heights, beyond what is usual between them, that ends a block.
BLOCK_GAP = 1.5
# Ratio of heights that tells a heading from what it stands over.
OTHER_SIZE = 1.4
# Cells of a row stand at least this many heights apart; a table has this many rows in a row.
CELL_GAP = 2.0
TABLE_ROWS = 2


@dataclass(frozen=True, slots=True)
class RowBoxes:
    """The boxes of n rows, from the top down, and how many cells each has; fields (n,)."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    cells: Floats

    def __len__(self) -> int:
        return len(self.x0)

    @property
    def height(self) -> Floats:
        """(n,) heights."""
        return np.maximum(self.y1 - self.y0, 1.0)

    @property
    def pitch(self) -> Floats:
        """(n - 1,) from the middle of each row to that of the next."""
        middle = (self.y0 + self.y1) / 2
        return np.diff(middle)

    def part(self, start: int, end: int) -> RowBoxes:
        """Some rows that follow each other."""
        s = slice(start, end)
        return RowBoxes(self.x0[s], self.y0[s], self.x1[s], self.y1[s], self.cells[s])


def row_boxes(boxes: Boxes, rows: Rows) -> RowBoxes:
    """The boxes of rows; heights are those of the rows' usual lines."""
    first = np.array([row[0] for row in rows], np.intp)
    last = np.array([row[-1] for row in rows], np.intp)
    out = RowBoxes(
        boxes.x0[first], boxes.y0[first], boxes.x1[last], boxes.y1[first], np.ones(len(rows))
    )
    for k, row in enumerate(rows):
        if len(row) > 1:
            part = boxes.take(np.array(row, np.intp))
            tall = max(float(np.median(part.height)), 1.0)
            middle = float(np.median(part.middle))
            out.x0[k], out.x1[k] = part.x0.min(), part.x1.max()
            out.y0[k], out.y1[k] = middle - tall / 2, middle + tall / 2
            out.cells[k] += (part.x0[1:] - part.x1[:-1] > CELL_GAP * tall).sum()
    return out


def usual_spacing(regions: Sequence[RowBoxes]) -> float:
    """Distance of the rows of a page in their heights: the median over all of it."""
    shares = [rows.pitch / np.minimum(rows.height[:-1], rows.height[1:]) for rows in regions]
    together = np.concatenate(shares) if shares else np.zeros(0)
    together = together[together > 0]
    return float(np.median(together)) if len(together) else 1.3


def cut_blocks(rows: RowBoxes, spacing: float) -> list[tuple[int, int, bool]]:
    """Blocks of a region: first row, the row after the last, and whether it is a table.

    Args:
        rows: of the region.
        spacing: usual distance of rows on this page, in heights.
    """
    if not len(rows):
        return []
    is_table = _table_rows(rows)
    small = np.minimum(rows.height[:-1], rows.height[1:])
    usual = float(np.median(rows.pitch / small)) if len(rows) > 4 else spacing
    far = rows.pitch / small > min(usual, 2 * spacing) + BLOCK_GAP
    resized = np.maximum(rows.height[:-1], rows.height[1:]) > OTHER_SIZE * small
    # In a table the size of a row says little: one with a single digit is lower than others.
    resized &= ~(is_table[:-1] & is_table[1:])
    cuts = np.flatnonzero(far | resized | (is_table[:-1] != is_table[1:])) + 1
    bounds = [0, *(int(cut) for cut in cuts), len(rows)]
    return [(a, b, bool(is_table[a])) for a, b in pairwise(bounds)]


def _table_rows(rows: RowBoxes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(n,) whether each row belongs to a table: several rows with cells, with at most one row
    without between two that have them."""
    many = rows.cells > 1
    joined = many.copy()
    if len(rows) > 2:
        joined[1:-1] |= many[:-2] & many[2:]
    result = np.zeros(len(rows), bool)
    start = 0
    for k in range(len(rows) + 1):
        if k < len(rows) and joined[k]:
            continue
        if many[start:k].sum() >= TABLE_ROWS:
            result[start:k] = True
        start = k + 1
    return result

# SPDX-License-Identifier: Apache-2.0
"""Visual rows: which lines stand side by side."""

from __future__ import annotations

import numpy as np

from ocr_pipeline.layout.boxes import Boxes, Ints

# Two lines stand on one row if their middles or their feet differ by less than this many heights.
ROW_MIDDLE = 0.5
ROW_FOOT = 0.3


def row_successors(boxes: Boxes) -> Ints:
    """For each line its nearest neighbour to the right on the same row, or -1.

    Each line follows at most one other, so that the links form chains.
    """
    n = len(boxes)
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


def predecessors(successor: Ints) -> Ints:
    """The inverse of the links: for each line the one it follows, or -1."""
    before = np.full(len(successor), -1)
    linked = np.flatnonzero(successor >= 0)
    before[successor[linked]] = linked
    return before


def rows_of(boxes: Boxes, successor: Ints) -> list[list[int]]:
    """Chains of successors, from the top of the page down."""
    rows = []
    for start in np.flatnonzero(predecessors(successor) < 0):
        row = [int(start)]
        while successor[row[-1]] >= 0:
            row.append(int(successor[row[-1]]))
        rows.append(row)
    middle = boxes.middle
    return sorted(rows, key=lambda row: (float(np.mean(middle[row])), float(boxes.x0[row[0]])))

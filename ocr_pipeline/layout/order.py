# SPDX-License-Identifier: Apache-2.0
"""Reading order: the lines of a page as a person would read them.

A recursive XY-cut (Nagy and Seth, 1984) over the boxes of the lines, after the page's own slant
is taken out of them. What is cut are gutters: vertical strips of white with columns on both
sides, which reach from one line that crosses them to the next. Everything else is read row by
row, so the cells of tables, forms and receipts stay with their rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ocr_pipeline.layout.boxes import Boxes, Ints, deskewed_boxes
from ocr_pipeline.layout.gutters import find_gutter
from ocr_pipeline.layout.rows import row_successors, rows_of

Rows = list[list[int]]

# Cuts within cuts; no page that makes sense has more.
DEEPEST = 12


def read_regions(
    boxes: Boxes, texts: Sequence[str] | None = None, columns: bool = True
) -> list[Rows]:
    """The regions of a page in reading order, each as its visual rows from the top down.

    Args:
        boxes: of the page's n lines.
        texts: what they say, where it is known: it tells prose from tables.
        columns: look for columns; otherwise the whole page is one region.

    Returns:
        A partition of ``range(n)``; the lines of a row run from left to right.
    """
    if not len(boxes):
        return []
    everything = np.arange(len(boxes))
    return _read(boxes, texts, everything, 0 if columns else DEEPEST)


def _read(boxes: Boxes, texts: Sequence[str] | None, ids: Ints, depth: int) -> list[Rows]:
    region = boxes.take(ids)
    successor = row_successors(region)
    gutter = None
    if depth < DEEPEST and len(ids) > 3:
        said = None if texts is None else [texts[i] for i in ids]
        gutter = find_gutter(region, successor, said)
    if gutter is None:
        return [[[int(ids[i]) for i in row] for row in rows_of(region, successor)]]
    middle = region.middle
    inside = (middle > gutter.top) & (middle < gutter.bottom)
    left = (region.x0 + region.x1) / 2 < gutter.x
    parts = (middle <= gutter.top, inside & left, inside & ~left, middle >= gutter.bottom)
    regions: list[Rows] = []
    for part in parts:
        if part.any():
            regions += _read(boxes, texts, ids[part], depth + 1)
    return regions


def reading_order(
    quads: npt.ArrayLike, texts: Sequence[str] | None = None, columns: bool = True
) -> Rows:
    """Rows of line indices in reading order; the lines of a row run from left to right.

    Args:
        quads: (n, 4, 2) lines of one page, in pixels, clockwise from the text's top left.
        texts: what they say, where it is known.
        columns: look for columns.

    Returns:
        A partition of ``range(n)``: the visual rows in the order in which they are read.
    """
    array = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    if not len(array):
        return []
    regions = read_regions(deskewed_boxes(array), texts, columns)
    return [row for region in regions for row in region]


def order_lines(
    quads: Sequence[npt.ArrayLike], texts: Sequence[str] | None = None
) -> list[tuple[int, int]]:
    """(index, row) of every line in reading order; rows count from 0 over the page."""
    rows = reading_order(np.asarray(quads, np.float64), texts)
    return [(index, number) for number, row in enumerate(rows) for index in row]

# SPDX-License-Identifier: Apache-2.0
"""The layout of a page from the places and the wording of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ocr_pipeline.layout.blocks import RowBoxes, cut_blocks, row_boxes, usual_spacing
from ocr_pipeline.layout.boxes import deskewed_boxes
from ocr_pipeline.layout.order import Rows, read_regions
from ocr_pipeline.layout.paragraphs import paragraph_starts


@dataclass(frozen=True, slots=True)
class Place:
    """A line's place in the order of its page: index of the line as given, and the numbers of its
    row, block and paragraph, each from 0 over the page; block and paragraph are None where the
    layout was not analysed."""

    index: int
    row: int
    block: int | None = None
    paragraph: int | None = None


def arrange(
    quads: Sequence[npt.ArrayLike], texts: Sequence[str], analyse: bool = True
) -> list[Place]:
    """Every line of a page in reading order.

    Args:
        quads: n lines (4, 2) in pixels of the upright page, clockwise from the text's top left.
        texts: what they say.
        analyse: look for columns, blocks and paragraphs; otherwise rows from the top down.
    """
    if not len(quads):
        return []
    boxes = deskewed_boxes(np.asarray(quads, np.float64).reshape(-1, 4, 2))
    regions = read_regions(boxes, texts, columns=analyse)
    if not analyse:
        rows = [row for region in regions for row in region]
        return [Place(i, number) for number, row in enumerate(rows) for i in row]
    measured = [row_boxes(boxes, region) for region in regions]
    spacing = usual_spacing(measured)
    places: list[Place] = []
    row = block = paragraph = 0
    for region, rows_ in zip(regions, measured, strict=True):
        for first, last, is_table in cut_blocks(rows_, spacing):
            starts = _starts(region[first:last], rows_.part(first, last), texts, spacing, is_table)
            for k, members in enumerate(region[first:last]):
                paragraph += bool(starts[k]) and k > 0
                places += [Place(i, row, block, paragraph) for i in members]
                row += 1
            block, paragraph = block + 1, paragraph + 1
    return places


def _starts(
    members: Rows, rows: RowBoxes, texts: Sequence[str], spacing: float, is_table: bool
) -> npt.NDArray[np.bool_]:
    """Whether each row of a block begins a paragraph; a table is one."""
    if is_table:
        return np.zeros(len(rows), bool)
    said = [" ".join(texts[i] for i in row) for row in members]
    return paragraph_starts(rows, said, spacing)

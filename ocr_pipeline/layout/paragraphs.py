# SPDX-License-Identifier: Apache-2.0
"""Paragraphs of a block of text: by white, indents, short last lines and the marks of lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ocr_pipeline.layout.blocks import RowBoxes
from ocr_pipeline.layout.boxes import Bools, quantile
from ocr_pipeline.layout.wording import first_is_lower, full_lines

# Rows further apart than this many times the usual distance belong to two paragraphs.
WIDER = 1.3
# First lines are indented by so many heights, other lines of a paragraph by less than the former.
INDENT = (0.8, 8.0)
LEFT_SHARE = 0.15
# Where this share of the rows is indented, the others hang out: each begins a paragraph.
HANGING = 0.55
# Where this share of the rows is full, one that is not ends a paragraph.
FULL_SHARE = 0.6

_MARK = re.compile(
    r"(?:[\u2022\u2023\u25e6\u25aa\u25cf\u25a0\u00b7*\u2013\u2014-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s"
)


def paragraph_starts(rows: RowBoxes, texts: Sequence[str] | None, spacing: float) -> Bools:
    """(n,) whether a paragraph begins with each row of a block.

    Args:
        rows: of the block.
        texts: what they say, where it is known.
        spacing: usual distance of rows on this page, in heights.
    """
    count = len(rows)
    starts = np.zeros(count, bool)
    starts[:1] = True
    if count < 2:
        return starts
    starts[1:] |= _wider(rows, spacing)
    starts[1:] |= _indented(rows)[1:]
    if texts is not None:
        starts[1:] |= _after_short_lines(rows, texts)
        marked = np.array([bool(_MARK.match(text)) for text in texts])
        if marked.sum() > 1:
            starts |= marked
    return starts


def _wider(rows: RowBoxes, spacing: float) -> Bools:
    """(n - 1,) whether there is more white than usual between a row and the next."""
    small = np.minimum(rows.height[:-1], rows.height[1:])
    apart = rows.pitch / small
    usual = quantile(apart, 0.4) if len(rows) > 4 else min(spacing, float(apart.min()))
    return np.asarray(apart > WIDER * max(usual, 1.0))


def _indented(rows: RowBoxes) -> Bools:
    """(n,) whether a row's left edge says that a paragraph begins there."""
    left = quantile(rows.x0, LEFT_SHARE)
    off = (rows.x0 - left) / rows.height
    inside = (off > INDENT[0]) & (off < INDENT[1])
    outside = np.abs(off) <= INDENT[0]
    starts = np.zeros(len(rows), bool)
    if not (inside | outside).all():
        return starts  # centred, or no text with a left edge
    if inside.mean() >= HANGING:
        # Hanging indents; a single line that sticks out is rather the first of a quotation.
        return outside if outside.sum() > 1 else starts
    starts[1:] = inside[1:] & outside[:-1]
    starts[2:] |= outside[2:] & inside[1:-1] & inside[:-2]
    return starts


def _after_short_lines(rows: RowBoxes, texts: Sequence[str]) -> Bools:
    """(n - 1,) whether a row leaves room that the next one's first word would have fitted into."""
    full = full_lines(texts, rows.x1 - rows.x0, rows.x1)[:-1]
    if full.mean() < FULL_SHARE:
        return np.zeros(len(rows) - 1, bool)
    goes_on = np.array([first_is_lower(text) for text in texts[1:]])
    return np.asarray(~full & ~goes_on)

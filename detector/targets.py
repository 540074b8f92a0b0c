# SPDX-License-Identifier: Apache-2.0
"""From a page's lines to what every anchor should answer.

Lines are cut into strips 16 pixels wide whose tops and bottoms follow the line's slanted edges;
anchors are matched to the strips of their own column by vertical overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detector.anchors import DEFAULT_HEIGHTS, STRIP, anchor_spans, encode_vertical
from ocr_pipeline.core.errors import UsageError

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

TEXT, BACKGROUND, IGNORED = 1, 0, -1


@dataclass(frozen=True)
class TargetOptions:
    """How anchors are matched to strips.

    Attributes:
        heights: heights of the anchors, in pixels.
        positive: vertical overlap (IoU) from which an anchor is text; the paper has 0.7, dense
            documents gain from 0.5.
        negative: overlap below which it is background; in between it is left out of the loss.
        coverage: part of a column's width that a line must cover for a strip there; a column
            that is covered less is left out of the loss.
        visible: part of a strip's height that must lie in the image, else it is left out.
        side_reach: distance in pixels from a line's end within which anchors learn where it is.
        steepest: tangent of the angle from which a line counts as vertical and is left out.
    """

    heights: tuple[float, ...] = DEFAULT_HEIGHTS
    positive: float = 0.5
    negative: float = 0.3
    coverage: float = 0.4
    visible: float = 0.7
    side_reach: float = 32.0
    steepest: float = 0.7

    def __post_init__(self) -> None:
        if not self.heights or min(self.heights) <= 0:
            raise UsageError("anchor heights must be positive")
        if not 0 < self.negative <= self.positive < 1:
            raise UsageError("matching needs 0 < negative <= positive < 1")


class Targets(NamedTuple):
    """Targets of all anchors of one image; h, w the feature map, k anchors.

    Attributes:
        labels: (h, w, k) int8: 1 text, 0 background, −1 left out.
        vertical: (h, w, k, 2) float32, meant where the label is 1.
        side: (h, w, k) float32 offset of the nearest end of the line in strip widths, NaN where
            no end is near.
    """

    labels: npt.NDArray[np.int8]
    vertical: Floats
    side: Floats


class Strips(NamedTuple):
    """Lines cut into columns; n lines, w columns.

    Attributes:
        tops, bottoms: (n, w) y of the line's edges in the middle of each column.
        inside: (n, w) part of the column's width that the line covers, 0 to 1.
        chosen: (n, w) the columns that count as the line's.
        left, right: (n,) x of the line's ends.
    """

    tops: Floats
    bottoms: Floats
    inside: Floats
    chosen: Bools
    left: Floats
    right: Floats


def is_steep(quads: Floats, steepest: float = 0.7) -> Bools:
    """Which of the quads (n, 4, 2) run too steeply, or backwards, for a detector of rows."""
    along = (quads[:, 1] - quads[:, 0]) + (quads[:, 2] - quads[:, 3])
    return np.asarray((along[:, 0] <= 0) | (np.abs(along[:, 1]) > steepest * along[:, 0]))


def cut_strips(quads: npt.ArrayLike, columns: int, coverage: float = 0.4) -> Strips:
    """Cuts quads into the strips of a feature map.

    Args:
        quads: (n, 4, 2) clockwise from the text's top left, in pixels of the net's input.
        columns: columns of the feature map.
        coverage: part of a column that a line must cover to own a strip there; lines shorter
            than two columns own what they cover to 0.15, and always one column.
    """
    q = np.asarray(quads, np.float32).reshape(-1, 4, 2)
    left, right = (q[:, 0, 0] + q[:, 3, 0]) / 2, (q[:, 1, 0] + q[:, 2, 0]) / 2
    starts = np.arange(columns, dtype=np.float32) * STRIP
    inside = np.minimum(right[:, None], starts + STRIP) - np.maximum(left[:, None], starts)
    inside = np.clip(inside / STRIP, 0, 1).astype(np.float32)
    centres = (starts + STRIP / 2)[None]

    def edge(a: Floats, b: Floats) -> Floats:
        run = b[:, 0] - a[:, 0]
        slope = np.where(np.abs(run) > 1e-3, (b[:, 1] - a[:, 1]) / np.where(run == 0, 1, run), 0)
        return np.asarray(a[:, 1, None] + slope[:, None] * (centres - a[:, 0, None]), np.float32)

    # A line about as short as a strip owns nearly all it touches: with one strip alone only its
    # nearer end would be known.
    short = right - left < 2 * STRIP
    chosen = inside >= np.where(short, min(coverage, 0.15), coverage)[:, None]
    lost = ~chosen.any(1) & (inside.max(1, initial=0) > 0)
    lost &= (left >= -1) & (right <= columns * STRIP + 1)  # not the sliver that a border leaves
    rows = np.flatnonzero(lost)
    chosen[rows, inside[rows].argmax(1)] = True
    return Strips(edge(q[:, 0], q[:, 1]), edge(q[:, 3], q[:, 2]), inside, chosen, left, right)


def encode_page(
    quads: npt.ArrayLike,
    ignore: npt.ArrayLike,
    size: tuple[int, int],
    options: TargetOptions | None = None,
) -> Targets:
    """Targets of all anchors for the lines of one image.

    Args:
        quads: (n, 4, 2) lines in pixels of the net's input; they may reach beyond it.
        ignore: (n,) true for regions where neither text nor background is to be learnt.
        size: rows and columns of the feature map.
        options: matching options.
    """
    options = options or TargetOptions()
    rows, columns = size
    q = np.asarray(quads, np.float32).reshape(-1, 4, 2)
    skip = np.asarray(ignore, bool).reshape(-1) | is_steep(q, options.steepest)
    upper, lower = (a.reshape(-1) for a in anchor_spans(rows, options.heights))
    cells = rows * len(options.heights)
    labels = np.zeros((columns, cells), np.int8)
    vertical = np.zeros((columns, cells, 2), np.float32)
    side = np.full((columns, cells), np.nan, np.float32)
    strips = cut_strips(q[~skip], columns, options.coverage)
    seen = np.minimum(strips.bottoms, rows * STRIP) - np.maximum(strips.tops, 0)
    whole = seen >= options.visible * (strips.bottoms - strips.tops)
    line, column = np.nonzero((strips.inside > 0) & (strips.bottoms - strips.tops > 1))
    if line.size:
        tops, bottoms = strips.tops[line, column], strips.bottoms[line, column]
        owned = (strips.chosen & whole)[line, column]
        overlap = _iou(tops, bottoms, upper, lower)
        _match(overlap, column, owned, labels, options)
        owner = _owners(np.where(owned[:, None], overlap, -1), column, columns)
        # The best anchor of each strip is always text, and belongs to that strip.
        first = np.flatnonzero(owned & (overlap.max(1) > 0))
        anchor = overlap[first].argmax(1)
        labels[column[first], anchor] = TEXT
        owner[column[first], anchor] = first
        at = np.nonzero(labels == TEXT)
        strip = owner[at]
        centres, tall = ((upper + lower) / 2)[at[1]], (lower - upper)[at[1]]
        vertical[at] = encode_vertical(tops[strip], bottoms[strip], centres, tall)
        ends = strips.left[line[strip]], strips.right[line[strip]]
        side[at] = _side(at[0], *ends, columns * STRIP, options.side_reach)
    _leave_out(q[skip], columns, upper, lower, labels)
    shape = (columns, rows, len(options.heights))
    return Targets(
        labels.reshape(shape).transpose(1, 0, 2).copy(),
        vertical.reshape(*shape, 2).transpose(1, 0, 2, 3).copy(),
        side.reshape(shape).transpose(1, 0, 2).copy(),
    )


def _iou(tops: Floats, bottoms: Floats, upper: Floats, lower: Floats) -> Floats:
    """Vertical IoU of spans (s,) with anchors (a,): (s, a)."""
    shared = np.minimum(bottoms[:, None], lower) - np.maximum(tops[:, None], upper)
    np.maximum(shared, 0, out=shared)
    return np.asarray(
        shared / ((bottoms - tops)[:, None] + (lower - upper) - shared), dtype=np.float32
    )


def _match(
    overlap: Floats,
    column: Ints,
    owned: Bools,
    labels: npt.NDArray[np.int8],
    options: TargetOptions,
) -> None:
    """Marks text and what is left out, column by column, in ``labels`` (columns, anchors)."""
    strip, anchor = np.nonzero(overlap >= options.negative)
    labels[column[strip], anchor] = IGNORED
    # A strip that a line only grazes, or that the border cuts, is neither text nor background.
    strip, anchor = np.nonzero((overlap >= options.positive) & owned[:, None])
    labels[column[strip], anchor] = TEXT


def _owners(overlap: Floats, column: Ints, columns: int) -> Ints:
    """For each anchor of each column (columns, anchors) the strip that it overlaps best."""
    owner = np.zeros((columns, overlap.shape[1]), np.intp)
    order = np.argsort(column, kind="stable")
    bounds = np.searchsorted(column[order], np.arange(columns + 1))
    for c in np.unique(column):
        mine = order[bounds[c] : bounds[c + 1]]
        owner[c] = mine[overlap[mine].argmax(0)]
    return owner


def _side(column: Ints, left: Floats, right: Floats, width: int, reach: float) -> Floats:
    """Offsets of the nearest visible line end, NaN where none is within reach."""
    centre = column * STRIP + STRIP / 2
    near = np.where(np.abs(left - centre) <= np.abs(right - centre), left, right)
    known = (np.abs(near - centre) <= reach) & (near > -1) & (near < width + 1)
    return np.where(known, (near - centre) / STRIP, np.nan).astype(np.float32)


def _leave_out(
    quads: Floats, columns: int, upper: Floats, lower: Floats, labels: npt.NDArray[np.int8]
) -> None:
    """Takes anchors that lie mostly in don't-care regions out of the loss, unless they are text."""
    for quad in quads:
        (x0, y0), (x1, y1) = quad.min(0), quad.max(0)
        first, last = max(0, int(x0 // STRIP)), min(columns, int(np.ceil(x1 / STRIP)))
        shared = np.minimum(y1, lower) - np.maximum(y0, upper)
        hit = shared >= 0.3 * np.minimum(lower - upper, max(y1 - y0, 1))
        area = labels[first:last]
        area[:, hit] = np.where(area[:, hit] == TEXT, TEXT, IGNORED)


def decode_targets(targets: Targets, heights: Sequence[float]) -> dict[str, Floats]:
    """What a perfect net would output for these targets, as arrays ready for the connector.

    Returns:
        ``score`` (h, w, k) probabilities, ``vertical`` (h, w, k, 2), ``side`` (h, w, k).
    """
    if targets.labels.shape[-1] != len(heights):
        raise ValueError("targets were made for another number of anchors")
    score = (targets.labels == TEXT).astype(np.float32)
    return {"score": score, "vertical": targets.vertical, "side": np.nan_to_num(targets.side)}

# SPDX-License-Identifier: Apache-2.0
"""From the anchors' outputs to text lines: section 3.2 of the CTPN paper, in numpy alone.

Confident anchors become strips; within a column overlapping strips are merged; each strip is
linked to its best neighbour to the right where that is mutual; chains of strips become lines
with straight edges, whose ends the side-refinement outputs place.

No step loops over anchors or pairs: the loops are over columns' distances and over ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detector.anchors import STRIP, decode_vertical
from ocr_pipeline.core.errors import UsageError

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConnectOptions:
    """Thresholds of the connector; lengths are in units of the line's height.

    Attributes:
        min_score: probability from which an anchor is a strip.
        single_score: probability that a strip without neighbours needs to be a line.
        line_score: mean probability that a line of several strips needs.
        suppression: overlap (IoU) from which two strips of a column are one.
        gap: widest hole that a line may have, between the edges of two strips.
        overlap: shared part of the lower of two neighbours.
        similarity: smallest ratio of two neighbours' heights.
        contained: part of a line that may lie in a better line before it is dropped.
        min_height: lowest line, in pixels of the net's input.
    """

    min_score: float = 0.6
    single_score: float = 0.8
    line_score: float = 0.7
    suppression: float = 0.25
    gap: float = 0.5
    overlap: float = 0.6
    similarity: float = 0.55
    contained: float = 0.6
    min_height: float = 4.0

    def __post_init__(self) -> None:
        for name in ("min_score", "single_score", "line_score", "suppression", "overlap"):
            if not 0 < getattr(self, name) < 1:
                raise UsageError(f"detector option {name} must lie between 0 and 1")
        if not 0 < self.similarity <= 1 or not 0 < self.contained <= 1:
            raise UsageError("detector options similarity and contained must lie in (0, 1]")
        if self.gap < 0 or self.min_height < 0:
            raise UsageError("detector options gap and min_height must not be negative")


class Strips(NamedTuple):
    """Pieces of lines, one column wide, sorted by column; all arrays (s,).

    Attributes:
        column: column of the feature map.
        top, bottom: pixels.
        score: probability.
        side: x of the nearest end of the line, meaningful for strips near one.
    """

    column: Ints
    top: Floats
    bottom: Floats
    score: Floats
    side: Floats


class Lines(NamedTuple):
    """Lines in pixels of the net's input: quads (n, 4, 2), clockwise, and scores (n,)."""

    quads: Floats
    scores: Floats


def connect(
    score: Floats,
    vertical: Floats,
    side: Floats,
    heights: Sequence[float],
    options: ConnectOptions | None = None,
) -> Lines:
    """Turns the outputs of the heads into lines.

    Args:
        score: (h, w, k) probabilities of text.
        vertical: (h, w, k, 2) outputs of the vertical head.
        side: (h, w, k) outputs of the side head.
        heights: the k heights of the anchors.
        options: thresholds.

    Returns:
        The lines, from top to bottom.
    """
    options = options or ConnectOptions()
    strips = select_strips(score, vertical, side, heights, options)
    if strips.column.size == 0:
        return Lines(np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32))
    chain = link_strips(strips, options)
    lines = fit_lines(strips, chain, options)
    return drop_contained(lines, options.contained)


def select_strips(
    score: Floats, vertical: Floats, side: Floats, heights: Sequence[float], options: ConnectOptions
) -> Strips:
    """Anchors above the threshold, merged where they overlap in a column.

    A strip takes the mean of the anchors that agree with its best one, weighted by score: a
    steadier edge than the best anchor's alone.
    """
    row, column, anchor = np.nonzero(score >= options.min_score)
    tall = np.asarray(heights, np.float32)[anchor]
    middle = (row * STRIP + STRIP / 2).astype(np.float32)
    top, bottom = decode_vertical(vertical[row, column, anchor], middle, tall)
    end = column * STRIP + STRIP / 2 + side[row, column, anchor] * STRIP
    keep = bottom - top >= options.min_height
    order = np.flatnonzero(keep)
    values = score[row, column, anchor]
    order = order[np.lexsort((-values[order], column[order]))]
    column, rank = column[order], _rank(column[order])
    width, depth = score.shape[1], int(rank.max(initial=-1)) + 1
    table = np.zeros((4, width, depth), np.float32)  # score, top, bottom, end; sorted by score
    for plane, data in zip(table, (values, top, bottom, end), strict=True):
        plane[column, rank] = data[order]
    return _suppress(table, options.suppression)


def _rank(sorted_groups: Ints) -> Ints:
    """Position of each element within its run of equal values."""
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    lengths = np.diff(np.r_[starts, sorted_groups.size])
    return np.arange(sorted_groups.size) - np.repeat(starts, lengths)


def _suppress(table: Floats, limit: float) -> Strips:
    """Non-maximum suppression in all columns at once: round r settles each column's r-th strip."""
    alive = table[0] > 0
    columns = np.arange(len(alive))
    found: list[tuple[Ints, Floats]] = []
    while True:
        left = alive.any(1)
        if not left.all():  # settled columns are let go, so that those left lie together
            columns, table, alive = columns[left], table[:, left], alive[left]
        if not columns.size:
            break
        score, top, bottom, _ = table
        # Candidates are sorted: the first alive is the best.
        firsts = np.arange(columns.size), alive.argmax(1)
        highest, t, b = score[firsts], top[firsts][:, None], bottom[firsts][:, None]
        shared = np.maximum(np.minimum(bottom, b) - np.maximum(top, t), 0)
        union = (bottom - top) + (b - t) - shared
        iou = shared / np.maximum(union, 1e-3)
        agree = np.where(alive & (iou >= 0.5), score, 0)
        agree[firsts] = highest
        mean = (table[1:] * agree).sum(2) / agree.sum(1)
        found.append((columns, np.concatenate([highest[None], mean])))
        alive &= iou < limit
        alive[firsts] = False
    if not found:
        none = np.zeros(0, np.float32)
        return Strips(np.zeros(0, np.intp), none, none, none, none)
    column = np.concatenate([c for c, _ in found])
    order = np.argsort(column, kind="stable")
    data = np.concatenate([m for _, m in found], 1)[:, order].astype(np.float32)
    return Strips(column[order], data[1], data[2], data[0], data[3])


def link_strips(strips: Strips, options: ConnectOptions) -> Ints:
    """Number of the chain that each strip belongs to, (s,), numbered from 0 without holes.

    A strip's successor is the best match in the nearest column to the right that has one; the
    link counts where the strip is its successor's predecessor by the same rule to the left.
    """
    count = strips.column.size
    tall = strips.bottom - strips.top
    reach = 1 + np.floor(options.gap * tall / STRIP).astype(np.intp)
    after, before = np.full(count, -1, np.intp), np.full(count, -1, np.intp)
    for distance in range(1, int(min(reach.max(initial=0), 16)) + 1):
        left, right = _pairs(strips.column, reach, distance)
        a, b = tall[left], tall[right]
        low, high = np.minimum(a, b), np.maximum(a, b)
        shared = np.minimum(strips.bottom[left], strips.bottom[right])
        shared = shared - np.maximum(strips.top[left], strips.top[right])
        good = (shared >= options.overlap * low) & (low >= options.similarity * high)
        left, right = left[good], right[good]
        quality = shared[good] / (a + b - shared)[good]
        for source, target, links in ((left, right, after), (right, left, before)):
            order = np.argsort(quality)  # the best is written last
            best = np.full(count, -1, np.intp)
            best[source[order]] = target[order]
            links[:] = np.where(links < 0, best, links)
    mutual = (after >= 0) & (before[after] == np.arange(count))
    root = np.arange(count)
    root[after[mutual]] = np.flatnonzero(mutual)
    while True:  # pointer jumping: a chain of n strips is settled in log2(n) rounds
        jumped = root[root]
        if np.array_equal(jumped, root):
            break
        root = jumped
    return np.unique(root, return_inverse=True)[1].reshape(-1)


def _pairs(column: Ints, reach: Ints, distance: int) -> tuple[Ints, Ints]:
    """All pairs of strips that lie so many columns apart and both reach that far."""
    able = np.flatnonzero(reach >= distance)
    columns = column[able]
    first = np.searchsorted(columns, columns + distance, "left")
    size = np.searchsorted(columns, columns + distance, "right") - first
    left = np.repeat(np.arange(able.size), size)
    right = np.repeat(first - np.r_[0, np.cumsum(size)[:-1]], size) + np.arange(size.sum())
    return able[left], able[right]


def fit_lines(strips: Strips, chain: Ints, options: ConnectOptions) -> Lines:
    """A quad for each chain: straight edges through its strips, ends from the side outputs."""
    count = int(chain.max()) + 1
    size = np.bincount(chain, minlength=count)
    score = np.bincount(chain, strips.score, count) / size
    kept = np.where(size > 1, score >= options.line_score, score >= options.single_score)
    if not kept.any():
        return Lines(np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32))
    mine = kept[chain]
    strips = Strips._make(values[mine] for values in strips)
    chain = (np.cumsum(kept) - 1)[chain[mine]]
    count, score = int(kept.sum()), score[kept]
    left, right = _ends(strips, chain, count)
    x = strips.column * STRIP + STRIP / 2.0
    tall = (strips.bottom - strips.top).astype(float)
    middle = (strips.top + strips.bottom) / 2.0
    weight = strips.score.astype(float)
    scale = 0.1 * np.bincount(chain, tall, count) / np.bincount(chain, minlength=count)
    for _ in range(3):  # robust by reweighting: a strip that strays counts for less and less
        centre = _Trend(x, middle, weight, chain, count, pull=256.0, shared_slope=True)
        height = _Trend(x, tall, weight, chain, count, pull=2e4)
        stray = np.abs(middle - centre(x, chain)) + np.abs(tall - height(x, chain)) / 2
        weight = strips.score / (1 + (stray / np.maximum(scale[chain], 0.5)) ** 2)
    lines = np.arange(count)
    slope = centre.slope
    # The ends stand upright on the line: tops lean by the slope times half the height.
    corners = []
    for x_end, sign in ((left, -1), (right, -1), (right, 1), (left, 1)):
        half = sign * height(x_end, lines) / 2
        across = half / (1 + slope**2)
        lean = -slope * across
        edge = sign * height.slope / 2
        px = x_end + lean
        corners.append(np.stack([px, centre(px, lines) + half + edge * lean], -1))
    quads = np.stack(corners, 1).astype(np.float32)
    order = np.lexsort((left, centre(left, lines)))
    return Lines(quads[order], score[order].astype(np.float32))


class _Trend:
    """Weighted least-squares lines y = mean + slope·(x − x mean), one for each chain.

    Slopes of short chains are noise; they are pulled towards zero, or with ``shared_slope``
    towards the slope that the page's lines have in common, by ``pull`` square pixels of spread.
    """

    def __init__(
        self,
        x: Floats,
        y: Floats,
        weight: Floats,
        chain: Ints,
        count: int,
        pull: float,
        shared_slope: bool = False,
    ) -> None:
        total = np.maximum(np.bincount(chain, weight, count), 1e-9)
        self.x = np.bincount(chain, weight * x, count) / total
        self.y = np.bincount(chain, weight * y, count) / total
        dx, dy = x - self.x[chain], y - self.y[chain]
        mean_weight = total / np.maximum(np.bincount(chain, minlength=count), 1)
        spread = np.bincount(chain, weight * dx * dx, count) / mean_weight
        product = np.bincount(chain, weight * dx * dy, count) / mean_weight
        common = 0.0
        if shared_slope and spread.sum() > 0:
            free = product / np.maximum(spread, 1e-9)
            common = _weighted_median(free, spread)
        self.slope = (product + pull * common) / (spread + pull)

    def __call__(self, x: Floats, chain: Ints) -> Floats:
        return np.asarray(self.y[chain] + self.slope[chain] * (x - self.x[chain]))


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _ends(strips: Strips, chain: Ints, count: int) -> tuple[Floats, Floats]:
    """x of each chain's left and right end from the side outputs of its outer strips."""
    first, last = np.full(count, 1 << 30), np.full(count, -1)
    np.minimum.at(first, chain, strips.column)
    np.maximum.at(last, chain, strips.column)
    size = np.bincount(chain, minlength=count)
    ends = []
    for outer, sign in ((first, -1), (last, 1)):
        edge = outer * STRIP + (STRIP if sign > 0 else 0)
        away = np.abs(strips.column - outer[chain])
        # The outermost strip knows best; its neighbour helps where the other end is far from it.
        weight = np.where(away == 0, 2.0, np.where((away == 1) & (size[chain] >= 4), 1.0, 0.0))
        total = np.maximum(np.bincount(chain, weight, count), 1e-9)
        seen = np.bincount(chain, weight * strips.side, count) / total
        ends.append(np.clip(seen, edge - 14.0, edge + 14.0))
    left, right = ends
    # A single strip knows only its nearer end. The other is at least as far from the centre, and
    # not so far that the next column would have had a strip as well. An end close to the centre
    # may be either one: then the whole cell is the safer guess.
    single = size == 1
    centre = first * STRIP + STRIP / 2.0
    offset = np.clip(np.where(single, left, centre) - centre, -STRIP, STRIP)
    offset = np.where(np.abs(offset) < 2, -0.5 * STRIP, offset)
    other = np.maximum(np.abs(offset), 0.5 * STRIP)
    left = np.where(single, np.where(offset < 0, centre + offset, centre - other), left)
    right = np.where(single, np.where(offset < 0, centre + other, centre + offset), right)
    swapped = right < left + 2
    return np.where(swapped, first * STRIP, left), np.where(swapped, (last + 1) * STRIP, right)


def drop_contained(lines: Lines, limit: float, trust: Floats | None = None) -> Lines:
    """Drops lines that lie for the most part in a longer one.

    Args:
        lines: the lines.
        limit: part of a line's area from which it lies in another.
        trust: (n,) factors on the lines' lengths. Of two lines one of which lies in the other
            the less trusted one goes then, be it the longer one.
    """
    quads, scores = lines
    if len(quads) < 2:
        return lines
    # Straighten by the common slope first, so that boxes of slanted lines do not overlap.
    top_edge = quads[:, 1] - quads[:, 0]
    slope = _weighted_median(
        (top_edge[:, 1] / np.maximum(top_edge[:, 0], 1)).astype(float), top_edge[:, 0].astype(float)
    )
    x, y = quads[..., 0], quads[..., 1] - slope * quads[..., 0]
    x0, x1 = x[:, [0, 3]].mean(1), x[:, [1, 2]].mean(1)
    y0, y1 = y[:, :2].mean(1), y[:, 2:].mean(1)
    wide = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    tall = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0)
    shared = np.maximum(wide, 0) * np.maximum(tall, 0)
    area = np.maximum((x1 - x0) * (y1 - y0), 1e-3)
    worth = (x1 - x0) * scores
    held = area[:, None]
    if trust is not None:
        worth, held = worth * trust, np.minimum(area[:, None], area)
    rival = (worth[None, :] > worth[:, None]) & (shared / held > limit)
    keep = ~rival.any(1)
    return Lines(quads[keep], scores[keep])

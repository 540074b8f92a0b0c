# SPDX-License-Identifier: Apache-2.0
"""What a page's ink says before any net looks: along which axis its lines run, which way up they
stand, how far they slant.

All of it comes from the boxes of the blobs of ink on a reduced image, in a few milliseconds.
Letters stand closer to the next letter of their line than to the next line; most of them stand on
the baseline, while their tops differ; and their feet lie on parallel lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.blobs import blob_boxes

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.intp]

#: Longest side, about, of the reduced image.
LONGEST = 1100
#: Darker than the paper around it by this much.
INK = 18
#: Fewer blobs than this say nothing.
FEWEST = 20
#: Greatest slant that is looked for, in degrees.
STEEPEST = 20.0
#: Letters enough for the slant.
ENOUGH = 1500
# Blobs are neighbours if this much of the smaller one lies beside the other, in the same band of
# this many letter sizes; further apart than so many letter sizes they say nothing.
BESIDE = 0.4
BAND = 1.3
FAR = 3.0
CLOSE = 2.0


@dataclass(frozen=True, slots=True)
class Ink:
    """What the ink of a page says.

    Attributes:
        letters: number of blobs that look like letters; the rest is 0 if there are too few.
        along: +1 if all of them have their next one beside them, -1 if above or below.
        lean: how surely the letters stand upright on lines along x (or, where ``along`` is
            negative, on lines that run down): positive for upright, negative for upside down,
            in standard deviations of what chance would give.
        slant: degrees, clockwise, by which the lines slant off the axis they run along.
    """

    letters: int = 0
    along: float = 0.0
    lean: float = 0.0
    slant: float = 0.0


def look_at_ink(image: Image) -> Ink:
    """Looks at a page's ink.

    Args:
        image: (H, W, 3) RGB uint8, dark on light.
    """
    boxes, size = letter_boxes(image)
    if len(boxes) < FEWEST:
        return Ink(len(boxes))
    across = _next_along(boxes, size)
    down = _next_along(_quarter(boxes), size)
    nearer = np.minimum(across.gap, down.gap) < FAR * size
    beside = int(((across.gap < down.gap) & nearer).sum())
    below = int(((down.gap < across.gap) & nearer).sum())
    along = (beside - below) / max(beside + below, 1)
    if along < 0:
        boxes, across = _quarter(boxes), down
    return Ink(len(boxes), along, lean(boxes, across, size), slant(boxes, across, size))


def letter_boxes(image: Image) -> tuple[Floats, float]:
    """Boxes (n, 4) of blobs of ink, as x0, y0, x1, y1 of a reduced image, and their usual size.

    The size is the median square root of the boxes' areas, by size rather than by number:
    specks are many, but small.
    """
    step = max(1, round(max(image.shape[:2]) / LONGEST))
    # One channel, without averaging: enough to see where letters stand, and it costs nothing.
    grey = np.ascontiguousarray(image[::step, ::step, 1])
    paper = cv2.boxFilter(grey, cv2.CV_8U, (41, 41))
    ink = cv2.threshold(cv2.subtract(paper, grey), INK, 1, cv2.THRESH_BINARY)[1]
    stats = blob_boxes(np.asarray(ink, np.uint8)).astype(np.float32)
    wide, tall, area = stats[:, 2], stats[:, 3], stats[:, 4]
    large, small = np.maximum(wide, tall), np.minimum(wide, tall)
    good = (large >= 5) & (large <= max(grey.shape) / 8) & (large <= 8 * small)
    good &= area >= 0.12 * wide * tall
    boxes = stats[good, :4]
    if not len(boxes):
        return boxes, 0.0
    boxes[:, 2:] += boxes[:, :2]
    sizes = np.sqrt(wide[good] * tall[good])
    ordered = np.sort(sizes)
    share = np.cumsum(ordered)
    usual = float(ordered[np.searchsorted(share, share[-1] / 2)])
    return boxes[(large[good] > 0.5 * usual) & (sizes < 6 * usual)], usual


def _quarter(boxes: Floats) -> Floats:
    """Boxes of the image turned a quarter counter-clockwise: what runs down then runs along x."""
    return np.stack([boxes[:, 1], -boxes[:, 2], boxes[:, 3], -boxes[:, 0]], axis=1)


@dataclass(frozen=True, slots=True)
class _Next:
    """For each blob the gap to the next one along x, infinite without one, and its index."""

    gap: Floats
    index: Ints


def _next_along(boxes: Floats, size: float) -> _Next:
    """The blob that follows each one along x, in its own band of the page.

    Bands cut some lines in two; that costs a few pairs and saves comparing all with all.
    """
    x0, y0, x1, y1 = boxes.T
    band = np.floor((y0 + y1) / 2 / (BAND * size))
    order = np.lexsort((x0 + x1, band))
    a, b = order[:-1], order[1:]
    shared = np.minimum(y1[a], y1[b]) - np.maximum(y0[a], y0[b])
    least = BESIDE * np.minimum(y1[a] - y0[a], y1[b] - y0[b])
    good = (band[a] == band[b]) & (shared >= least)
    gap = np.full(len(boxes), np.inf)
    index = np.full(len(boxes), -1)
    gap[a[good]] = np.maximum(x0[b] - x1[a], 0)[good]
    index[a[good]] = b[good]
    return _Next(gap, index)


def lean(boxes: Floats, following: _Next, size: float) -> float:
    """How surely letters stand upright: neighbours' feet agree more often than their heads.

    Args:
        boxes: (n, 4) of lines that run along x.
        following: each blob's next one.
        size: of letters.

    Returns:
        (u - d) / sqrt(u + d + 1) of the u pairs that only agree at the foot and the d pairs that
        only agree at the head.
    """
    i = np.flatnonzero(following.gap < CLOSE * size)
    j = following.index[i]
    heads = np.abs(boxes[i, 1] - boxes[j, 1])
    feet = np.abs(boxes[i, 3] - boxes[j, 3])
    tall = np.maximum(boxes[i, 3] - boxes[i, 1], boxes[j, 3] - boxes[j, 1])
    equal = np.maximum(2.0, 0.12 * tall)
    up = int(((feet <= equal) & (heads > equal) & (heads < 0.6 * tall)).sum())
    down = int(((heads <= equal) & (feet > equal) & (feet < 0.6 * tall)).sum())
    return (up - down) / float(np.sqrt(up + down + 1))


def slant(boxes: Floats, following: _Next, size: float) -> float:
    """Slant in degrees, clockwise, of lines that run along x: the sharpest projection profile.

    Postl's method (1986) on the letters' feet instead of pixels, about the angle from letter to
    letter: a page of few letters may show any pattern.

    Args:
        boxes: (n, 4) of lines that run along x.
        following: each blob's next one.
        size: of letters.
    """
    near = _neighbours_slant(boxes, following, size)
    if near is None or abs(near) > STEEPEST:
        return 0.0
    # A page of small type has more letters than it takes.
    some = boxes[:: max(1, len(boxes) // ENOUGH)]
    x, y = (some[:, 0] + some[:, 2]) / 2, some[:, 3]
    coarse = near + np.arange(-6.0, 6.5, 1.0)
    best = _sharpest(x, y, coarse, max(0.5 * size, 2.0))
    fine = best + np.arange(-1.0, 1.05, 0.1)
    best = _sharpest(x, y, fine, max(0.25 * size, 1.0))
    return round(best, 2) + 0.0  # no negative zero


def _sharpest(x: Floats, y: Floats, degrees: Floats, bin_size: float) -> float:
    """The angle at which the profile of points, projected along it, has the greatest energy."""
    energy = []
    for angle in np.radians(degrees):
        place = (y * np.cos(angle) - x * np.sin(angle)) / bin_size
        counts = np.bincount((place - place.min()).astype(np.intp))
        energy.append(float(np.square(counts, dtype=np.float64).sum()))
    return float(degrees[int(np.argmax(energy))])


def _neighbours_slant(boxes: Floats, following: _Next, size: float) -> float | None:
    """Median angle, in degrees, from each letter to the next one on its line."""
    i = np.flatnonzero(following.gap < FAR * size)
    if not len(i):
        return None
    step = boxes[following.index[i]] - boxes[i]
    dx = (step[:, 0] + step[:, 2]) / 2
    # Heads, feet and middles: whichever agree between two letters fall on the median.
    dy = np.concatenate([step[:, 1], step[:, 3], (step[:, 1] + step[:, 3]) / 2])
    return float(np.degrees(np.median(np.arctan2(dy, np.tile(dx, 3)))))

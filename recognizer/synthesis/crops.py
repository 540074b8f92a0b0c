# SPDX-License-Identifier: Apache-2.0
"""Cutting a drawn line out of its surroundings, as a detector would, with all that clings to it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d
from ocr_pipeline.core.rendering.drawing import DrawnLine

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less


def _margins(rng: Rng, tall: float) -> tuple[float, float, float, float]:
    """Left, top, right, bottom margins around the text, in pixels, as a detector leaves them."""
    kinds = rng.random(4)
    sizes = rng.random(4)
    out = []
    for side in range(4):
        upright = side % 2 == 1
        if kinds[side] < (0.07 if upright else 0.12):
            share = (-0.035 if upright else -0.05) * sizes[side]
        elif kinds[side] < 0.78:
            share = (0.14 if upright else 0.25) * sizes[side]
        elif kinds[side] < 0.94:
            share = (0.1 + 0.2 * sizes[side]) if upright else 0.2 + 0.4 * sizes[side]
        else:
            share = 0.3 * sizes[side] if upright else 0.5 + 0.5 * sizes[side]
        out.append(share * tall)
    return out[0], out[1], out[2], out[3]


# Letters whose two cases differ in size alone.
_SIZED = frozenset("cosuvwxzpkCOSUVWXZPK0")


def _tightness(text: str) -> float:
    """How often a box follows the ink rather than the line: oftener around a word alone.

    Small letters that their size alone tells from capitals keep the line's height around them.
    """
    if text.islower() and _SIZED.issuperset(text):
        return 0.0
    return 0.3 if " " in text else 0.5


def crop_line(
    rng: Rng,
    line: DrawnLine,
    bounds: tuple[int, int, int, int],
    box: tuple[int, int],
    stretch: float,
    text: str,
) -> Image:
    """Cut the line out as a detector would: margins, slant, neighbours and rules included.

    Args:
        rng: Source of randomness.
        line: The drawn line.
        bounds: Left, top, right, bottom of its ink.
        box: Height above and depth below the baseline of the face's letters.
        stretch: Factor on the width.
        text: What the line says.

    Returns:
        Dark ink on white, uint8 (H, W).
    """
    left, ink_top, right, ink_bottom = bounds
    tall = float(sum(box))
    top, bottom = float(line.baseline - box[0]), float(line.baseline + box[1])
    roll = rng.random()
    if roll < _tightness(text):  # tight around the ink, but never so that a dash fills the crop
        middle = 0.5 * (ink_top + ink_bottom)
        half = max(0.5 * (ink_bottom - ink_top), 0.27 * tall)
        top, bottom = middle - half, middle + half
    before, above, after, below = _margins(rng, tall)
    # Whatever the margins say, the letters lose a few hundredths of their height at most.
    top = min(top - above, ink_top + 0.035 * (ink_bottom - ink_top))
    bottom = max(bottom + below, ink_bottom - 0.035 * (ink_bottom - ink_top))
    x0, x1 = left - before, right + after
    if x1 - x0 < 0.2 * tall:
        x0, x1 = x0 - 0.1 * tall, x1 + 0.1 * tall
    height, width = bottom - top, x1 - x0
    ink = line.ink.copy()
    if rng.random() < 0.16:
        _neighbours(rng, ink, bounds, top, bottom, tall)
    if rng.random() < 0.17:
        _rules(rng, ink, line, bounds, (x0, top, x1, bottom), tall)
    for column in line.rules:
        thick = max(1, round(tall * rng.uniform(0.02, 0.06)))
        ink[:, column : column + thick] = int(rng.integers(140, 256))
    if rng.random() < 0.02:
        _pen_stroke(rng, ink, bounds, tall)
    drift = max(min(ink_top - top, bottom - ink_bottom), 0.0) + 0.02 * tall
    matrix, size = _matrix(rng, x0, top, width, height, stretch, drift)
    moved = cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0)
    image = 255 - moved
    spare = min(ink_top - top, bottom - ink_bottom)
    if rng.random() < 0.05 and spare > 1:
        span = np.linspace(0, np.pi * rng.uniform(0.5, 2.0), size[0]) + rng.uniform(0, np.pi)
        image = d.wave(image, np.sin(span) * min(1.2 * spare, 0.08 * tall))
    return image


def _matrix(
    rng: Rng,
    x0: float,
    y0: float,
    width: float,
    height: float,
    stretch: float,
    drift: float,
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """From the drawing to the crop: cut, stretch, turn and slant about the crop's middle.

    ``drift`` is how far, in pixels, the turn may move the ends of the line up or down.
    """
    size = (max(4, round(width * stretch)), max(6, round(height)))
    angle = slant = 0.0
    if rng.random() < 0.45:
        # A long crop follows its line: what is left of the turn is small in units of the height.
        most = min(np.radians(2.0), 2.0 * drift / max(width * stretch, 1.0))
        angle = float(np.clip(rng.normal() * 0.6, -1.0, 1.0)) * most
    if rng.random() < 0.08:
        slant = float(rng.uniform(-0.18, 0.25))
    turn = np.array([[stretch, -slant - angle], [angle * stretch, 1.0]])
    middle = np.array([x0 + width / 2, y0 + height / 2])
    shift = np.array([size[0] / 2, size[1] / 2]) - turn @ middle
    return np.column_stack([turn, shift]), size


def _neighbours(
    rng: Rng, ink: Image, bounds: tuple[int, int, int, int], top: float, bottom: float, tall: float
) -> None:
    """Let the feet of a line above and the heads of a line below peep into the crop."""
    _, ink_top, _, ink_bottom = bounds
    rows = ink.shape[0]
    peep = rng.uniform(0.03, 0.16, 2) * tall
    shift = int(rng.integers(ink.shape[1] // 3 + 1, ink.shape[1]))
    other = np.roll(ink[ink_top:ink_bottom], shift, axis=1)
    sides = int(rng.integers(1, 4))
    if sides & 1:
        last = int(min(top + peep[0], ink_top - 0.03 * tall))
        first = max(0, last - len(other))
        if last > first:
            part = ink[first:last]
            np.maximum(part, other[len(other) - (last - first) :], out=part)
    if sides & 2:
        first = int(max(bottom - peep[1], ink_bottom + 0.03 * tall))
        last = min(rows, first + len(other))
        if last > first:
            part = ink[first:last]
            np.maximum(part, other[: last - first], out=part)


def _rules(
    rng: Rng,
    ink: Image,
    line: DrawnLine,
    bounds: tuple[int, int, int, int],
    crop: tuple[float, float, float, float],
    tall: float,
) -> None:
    """Draw an underline, a form's rule through the line's foot, or edges of a box."""
    left, _, right, _ = bounds
    x0, y0, x1, y1 = (round(v) for v in crop)
    thick = max(1, round(tall * rng.uniform(0.02, 0.07)))
    value = int(rng.integers(140, 256))
    roll = rng.random()
    if roll < 0.5:
        y = int(line.baseline + tall * rng.uniform(0.03, 0.2))
        ends = (left, right) if rng.random() < 0.5 else (x0 - 9, x1 + 9)
        cv2.line(ink, (ends[0], y), (ends[1], y), value, thick)
        return
    sides = rng.random(4) < (0.35, 0.3, 0.35, 0.45)
    inset = rng.integers(0, max(2, int(0.05 * tall)), 4)
    if sides[0]:
        cv2.line(ink, (x0 + int(inset[0]), 0), (x0 + int(inset[0]), ink.shape[0]), value, thick)
    if sides[2]:
        cv2.line(ink, (x1 - int(inset[2]), 0), (x1 - int(inset[2]), ink.shape[0]), value, thick)
    if sides[1]:
        cv2.line(ink, (0, y0 + int(inset[1])), (ink.shape[1], y0 + int(inset[1])), value, thick)
    if sides[3]:
        cv2.line(ink, (0, y1 - int(inset[3])), (ink.shape[1], y1 - int(inset[3])), value, thick)


def _pen_stroke(rng: Rng, ink: Image, bounds: tuple[int, int, int, int], tall: float) -> None:
    """Draw a thin stroke of a pen through or beside the letters: a tick, a slash, a wavy mark."""
    left, top, right, bottom = bounds
    start = rng.uniform(left, right)
    reach = rng.uniform(0.4, 2.5) * tall
    steps = np.linspace(0.0, 1.0, 12)
    xs = start + reach * steps
    slope = rng.uniform(-1.2, 1.2)
    middle = 0.5 * (top + bottom) + rng.uniform(-0.4, 0.4) * tall
    ys = middle + slope * 0.6 * tall * (steps - 0.5)
    ys += np.sin(steps * rng.uniform(1.0, 9.0)) * rng.uniform(0.0, 0.25) * tall
    points = np.column_stack([xs, ys]).round().astype(np.int32)
    thick = max(1, round(tall * rng.uniform(0.02, 0.05)))
    cv2.polylines(ink, [points], False, int(rng.integers(90, 230)), thick, cv2.LINE_AA)

# SPDX-License-Identifier: Apache-2.0
"""Lines, arcs and dots that captcha makers strew over their letters."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.synthesis.captcha_styles import Style

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator

_BLUE = (51.0, 0.0, 255.0)


def draw_lines(
    rng: Rng, style: Style, image: Image, inks: NDArray[Any], paper: NDArray[Any], size: float
) -> None:
    """Draw a style's lines or arcs over an RGB image, in place.

    Args:
        rng: source of randomness.
        style: how many lines, and of what colour.
        image: the picture.
        inks: the letters' colours, (N, 3).
        paper: colour of the ground.
        size: height of the letters; lines stay thinner than their strokes.
    """
    count = int(rng.integers(style.lines[0], style.lines[1] + 1))
    width = 2 if size > 34 and count < 3 and rng.random() < 0.25 else 1
    smooth = cv2.LINE_AA if style.width != 70 else cv2.LINE_8
    for _ in range(count):
        color = tuple(float(v) for v in _line_color(rng, style, inks, paper))
        points = _arc(rng, image, size) if style.arcs and rng.random() < 0.6 else None
        if points is None:
            points = _straight(rng, style, image, size)
        cv2.polylines(image, [points], False, color, width, smooth)


def _line_color(rng: Rng, style: Style, inks: NDArray[Any], paper: NDArray[Any]) -> NDArray[Any]:
    if style.line_ink == "black":
        return np.zeros(3)
    if style.line_ink == "blue":
        return np.array(_BLUE)
    if style.line_ink == "any":
        return rng.uniform(0, 200, 3)
    ink = inks[int(rng.integers(len(inks)))]
    # Fainter than the letters, or a stroke of an F more makes an E.
    return np.asarray(paper + (ink - paper) * rng.uniform(0.35, 0.8))


def _straight(rng: Rng, style: Style, image: Image, size: float) -> NDArray[np.int32]:
    """Ends of a line: anywhere, or from the left quarter to the right one."""
    height, width = image.shape[:2]
    if style.faces == "strokes":
        xs = rng.uniform(0, 0.25) * width, rng.uniform(0.75, 1.0) * width
    else:
        # A line that stands upright may be taken for a letter.
        left = rng.uniform(0, 1) * (width - 0.8 * size)
        xs = left, rng.uniform(left + 0.8 * size, width)
    ys = rng.uniform(0, height, 2)
    return np.array([[xs[0], ys[0]], [xs[1], ys[1]]]).astype(np.int32)


def _arc(rng: Rng, image: Image, size: float) -> NDArray[np.int32]:
    """A parabola from the left to the right, below the letters more often than through them."""
    height, width = image.shape[:2]
    low = height / 2 + 0.5 * size
    start, end = (
        rng.uniform(low, height) if rng.random() < 0.5 else rng.uniform(0, height) for _ in range(2)
    )
    t = np.linspace(0.0, 1.0, 24)
    xs = width * (rng.uniform(-0.05, 0.25) + t * rng.uniform(0.6, 0.9))
    ys = start + (end - start) * t + 4 * t * (1 - t) * rng.uniform(-0.4, 0.4) * height
    return np.round(np.column_stack([xs, ys])).astype(np.int32)


def draw_dots(
    rng: Rng, style: Style, image: Image, inks: NDArray[Any], paper: NDArray[Any]
) -> None:
    """Strew a style's dots over an RGB image, in place: single pixels, some two wide."""
    if not style.dots:
        return
    height, width = image.shape[:2]
    least = 0.6 if style.faces == "strokes" else 0.0
    count = int(rng.uniform(least, 1.0) * style.dots * height * width / 1000)
    rows, cols = rng.integers(0, height, count), rng.integers(0, width, count)
    if style.faces == "strokes":
        colors: NDArray[Any] = rng.uniform(0, 256, (count, 3))
    else:
        colors = inks[rng.integers(0, len(inks), count)]
        colors = paper + (colors - paper) * rng.uniform(0.4, 1.0, (count, 1))
    image[rows, cols] = colors.astype(np.uint8)
    if height > 48:
        half = count // 2
        image[rows[:half], np.minimum(cols[:half] + 1, width - 1)] = colors[:half].astype(np.uint8)

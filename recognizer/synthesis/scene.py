# SPDX-License-Identifier: Apache-2.0
"""Words on signs, packages, posters and screens: cut askew, outlined, shaded, on busy grounds.

The first function cuts a drawn word out as its labelled box would, the others turn the clean cut
into a picture of it. The picture is grey: two colours are two levels to the recognizer.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d
from ocr_pipeline.core.rendering.drawing import DrawnLine

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Field = NDArray[np.float32]
Rng = np.random.Generator


def crop_scene(
    rng: Rng, line: DrawnLine, bounds: tuple[int, int, int, int], tall: float, stretch: float
) -> Image:
    """Cut a word out as a box around its ink does: turned, slanted, narrowed, bent.

    Args:
        rng: Source of randomness.
        line: The drawn word.
        bounds: Left, top, right, bottom of its ink.
        tall: Height of the face's tall letters with descenders, in pixels.
        stretch: Factor on the width.

    Returns:
        Dark ink on white, uint8 (H, W).
    """
    left, top, right, bottom = bounds
    ink = line.ink
    if rng.random() < 0.15:
        ink = _beside(rng, ink, bounds, tall)
    elif right - left > 1.5 * tall and rng.random() < 0.16:  # its box is that of all ink there
        ink = _bent(rng, ink, bounds, tall)
        box = cv2.boundingRect(ink[:, left:right])
        top, bottom = box[1], box[1] + max(box[3], 1)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    matrix = _view(rng, corners, tall, stretch)
    moved = cv2.perspectiveTransform(corners[None], matrix)[0]
    # The box of a word follows its ink closely; a single dash must not fill its crop.
    before, above, after, below = tall * np.where(
        rng.random(4) < 0.15, rng.uniform(-0.04, 0.0, 4), rng.uniform(0.0, 0.16, 4)
    )
    low, high = moved.min(axis=0), moved.max(axis=0)
    missing = max(0.0, 0.5 * tall - float(high[1] - low[1])) / 2
    shift = np.eye(3)
    shift[:2, 2] = before - low[0], above + missing - low[1]
    size = (
        max(4, round(float(high[0] - low[0]) + before + after)),
        max(6, round(float(high[1] - low[1]) + above + below + 2 * missing)),
    )
    return 255 - cv2.warpPerspective(ink, shift @ matrix, size, flags=cv2.INTER_LINEAR)


def _view(
    rng: Rng, corners: NDArray[np.float64], tall: float, stretch: float
) -> NDArray[np.float64]:
    """Matrix of a view from aside: turned, slanted, stretched, with one end farther away."""
    middle = corners.mean(axis=0)
    width, height = corners[2] - corners[0]
    angle = np.clip(rng.normal() * 0.05, -0.25, 0.25) if rng.random() < 0.7 else 0.0
    # A long word that is turned far would be a thin line in a high box.
    angle *= min(1.0, 5.0 * tall / max(width, 1.0))
    slant = np.clip(rng.normal() * 0.12, -0.35, 0.35) if rng.random() < 0.5 else 0.0
    if stretch == 1.0 and rng.random() < 0.6:
        stretch = float(np.exp(rng.normal() * 0.22))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    flat = (corners - middle) @ (turn @ np.array([[stretch, -slant], [0.0, 1.0]])).T
    if rng.random() < 0.35:
        smaller = 1.0 - rng.uniform(0.0, 0.3)
        end = (0, 3) if rng.random() < 0.5 else (1, 2)
        flat[list(end), 1] *= smaller
        flat[list(end), 1] += rng.uniform(-0.1, 0.1) * height
    view = cv2.getPerspectiveTransform(
        corners.astype(np.float32), (flat + middle).astype(np.float32)
    )
    return view.astype(np.float64, copy=False)


def _bent(rng: Rng, ink: Image, bounds: tuple[int, int, int, int], tall: float) -> Image:
    """The word along an arc."""
    left, _, right, _ = bounds
    rows, cols = ink.shape
    place = (np.arange(cols, dtype=np.float32) - (left + right) / 2) * (2.0 / (right - left))
    depth = float(rng.uniform(0.1, 0.35)) * tall * (1 if rng.random() < 0.7 else -1)
    lift = np.float32(depth) * np.clip(place * place, 0.0, 1.2)
    map_y = np.arange(rows, dtype=np.float32)[:, None] - lift[None, :]
    map_x = np.broadcast_to(np.arange(cols, dtype=np.float32)[None, :], (rows, cols))
    return cv2.remap(ink, np.ascontiguousarray(map_x), map_y, cv2.INTER_LINEAR)


def _beside(rng: Rng, ink: Image, bounds: tuple[int, int, int, int], tall: float) -> Image:
    """Pieces of other words at the edges of the crop."""
    left, top, right, bottom = bounds
    out = ink.copy()
    sides = int(rng.integers(1, 4))
    word = np.roll(ink[top:bottom, left:right], int(rng.integers(right - left)), axis=1)
    gap = round(tall * rng.uniform(0.04, 0.1))
    if sides & 1 and top - gap > 0:
        part = word[-(top - gap) :]
        out[top - gap - len(part) : top - gap, left:right] = part
    if sides & 2 and bottom + gap < len(out):
        part = word[: len(out) - bottom - gap]
        out[bottom + gap : bottom + gap + len(part), left:right] = part
    return out


def scene(rng: Rng, image: Image, height: float) -> Image:
    """Any two levels, outlines, shadows, shaded letters, busy grounds, camera blur."""
    hard = float(rng.random() ** 2.2)
    rows, cols = image.shape
    if rng.random() < 0.35:  # bold and thin painting of a face
        image = d.spread(image, height * rng.uniform(-0.015, 0.055))
    alpha = (255 - image).astype(np.float32) / np.float32(255.0)
    gap = rng.uniform(35, 225) if rng.random() < 0.9 else rng.uniform(20, 60)
    low = rng.uniform(0, 255 - gap)
    front, back = (low, low + gap) if rng.random() < 0.45 else (low + gap, low)
    values = _ground(rng, rows, cols, back, gap * rng.uniform(0.05, 0.3))
    letters = _letters(rng, rows, cols, front, gap)
    alpha = _round_the_letters(rng, values, alpha, front, back, height)
    values += (letters - values) * alpha
    image = np.clip(values, 0, 255).astype(np.uint8)
    roll = rng.random()
    if roll < 0.3:
        image = d.gradient(rng, image, rng.uniform(0.1, 0.6))
    elif roll < 0.4:
        image = d.shadow(rng, image, rng.uniform(0.1, 0.5))
    roll = rng.random()
    if roll < 0.5:
        image = d.blur(image, height * rng.uniform(0.01, 0.03 + 0.05 * hard))
    elif roll < 0.62:
        image = d.motion_blur(image, height * rng.uniform(0.04, 0.18), rng.uniform(0, 180))
    if rng.random() < 0.45:
        target = rng.uniform(9, 28)
        if height > target:
            image = d.low_resolution(image, height / target)
    level = rng.uniform(0.5, 2 + 9 * hard) * min(1.0, gap / 90)
    image = d.noise(rng, image, level, rng.uniform(1, 2))
    if rng.random() < 0.5:
        image = d.jpeg(image, int(rng.integers(25, 92)))
    return image


def _ground(rng: Rng, rows: int, cols: int, back: float, room: float) -> Field:
    """What the letters stand on: flat, shaded, textured, or with the edges of other things."""
    roll = rng.random()
    if roll < 0.45:
        return np.full((rows, cols), back, np.float32)
    if roll < 0.6:
        ends = np.linspace(back - room, back + room, rows, dtype=np.float32)
        return np.repeat(ends[:: 1 if rng.random() < 0.5 else -1, None], cols, axis=1)
    if roll < 0.8:
        low, high = max(0.0, back - room), min(255.0, back + room)
        return d.texture(rng, rows, cols, low, high).astype(np.float32)
    ground = np.full((rows, cols), back, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        middle = rng.random(2) * (cols, rows)
        points = middle + (rng.random((4, 2)) - 0.5) * max(rows, cols)
        level = back + rng.uniform(-1.5, 1.5) * room
        cv2.fillConvexPoly(ground, cv2.convexHull(points.astype(np.int32)), level)
    if rng.random() < 0.4:  # the edge of the sign or of a frame
        y = int(rng.integers(rows // 8 + 1)) if rng.random() < 0.5 else rows - 1 - rows // 9
        cv2.line(ground, (0, y), (cols, y), back + rng.uniform(-3, 3) * room, 1 + rows // 24)
    return ground


def _letters(rng: Rng, rows: int, cols: int, front: float, gap: float) -> Field | float:
    """Level of the letters: one, or running from top to bottom, or worn."""
    roll = rng.random()
    if roll < 0.15:
        reach = gap * rng.uniform(-0.4, 0.4)
        return np.linspace(front - reach, front + reach, rows, dtype=np.float32)[:, None]
    if roll < 0.25:
        return np.float32(front) + d.smooth_field(rng, rows, cols, 5.0) * np.float32(0.2 * gap)
    return front


def _round_the_letters(
    rng: Rng, values: Field, alpha: Field, front: float, back: float, height: float
) -> Field:
    """Paint shadow, outline or thickness of the letters onto ``values``; gives their coverage."""
    roll = rng.random()
    step = max(1, round(height * rng.uniform(0.03, 0.08)))
    away = back + (back - front) * rng.uniform(-0.3, 0.7)  # on the far side of the ground
    if roll < 0.2:
        cast = cv2.GaussianBlur(
            np.roll(alpha, (step, step), (0, 1)), (0, 0), 0.3 + step * rng.uniform(0, 0.6)
        )
        values += (away - values) * cast * np.float32(rng.uniform(0.3, 1.0))
    elif roll < 0.4:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * step + 1, 2 * step + 1))
        around = cv2.dilate(alpha, kernel)
        values += (np.float32(np.clip(away, -40, 295)) - values) * around
        if rng.random() < 0.22:  # the outline alone
            return np.clip(around - alpha, 0.0, 1.0)
    elif roll < 0.46:
        side = front + (back - front) * rng.uniform(0.35, 0.65)
        for shift in range(step, 0, -1):
            values += (np.float32(side) - values) * np.roll(alpha, (shift, shift), (0, 1))
    elif roll < 0.52:
        glow = cv2.GaussianBlur(alpha, (0, 0), 0.1 * height)
        values += (front - values) * glow * np.float32(rng.uniform(0.2, 0.6))
    elif roll < 0.57:  # raised or sunken letters: lit on one edge, dark on the other
        lit = (np.roll(alpha, (-step, -step), (0, 1)) - np.roll(alpha, (step, step), (0, 1))) / 2
        values += np.float32(rng.choice((-1, 1)) * rng.uniform(30, 110)) * lit
        if rng.random() < 0.3:  # of the colour of the ground
            return alpha * np.float32(rng.uniform(0.1, 0.5))
    return alpha


def screen(rng: Rng, image: Image, height: float) -> Image:
    """Small type on a web page, a button or a banner, and what scaling and JPEG made of it."""
    rows, cols = image.shape
    gap = rng.uniform(50, 255)
    low = rng.uniform(0, 255 - gap)
    front, back = (low, low + gap) if rng.random() < 0.6 else (low + gap, low)
    alpha = (255 - image).astype(np.float32) / np.float32(255.0)
    if rng.random() < 0.15:  # sub-pixel rendering, seen in grey
        alpha = cv2.blur(alpha, (3, 1))
    roll = rng.random()
    ground = np.full((rows, cols), back, np.float32)
    if roll < 0.2:
        ends = back + gap * rng.uniform(-0.3, 0.3, 2)
        ground[:] = np.linspace(ends[0], ends[1], rows, dtype=np.float32)[:, None]
    elif roll < 0.3:
        ground += d.smooth_field(rng, rows, cols, 6.0) * np.float32(gap * 0.25)
    roll = rng.random()
    if roll < 0.12:
        shade = np.roll(alpha, (1, 1), (0, 1)) * np.float32(rng.uniform(0.3, 0.8))
        ground += (back + (back - front) * rng.uniform(0.1, 0.6) - ground) * shade
    values = ground + (front - ground) * alpha
    image = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.25 and height > 12:
        image = d.low_resolution(image, rng.uniform(1.05, min(1.8, height / 10.5)))
    if rng.random() < 0.4:
        image = d.jpeg(image, int(rng.integers(40, 95)))
    if rng.random() < 0.3:
        factor = rng.uniform(1.3, 3.0)
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return image

# SPDX-License-Identifier: Apache-2.0
"""A plate as a camera saw it and a detector cut it out, on three levels of difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less


# A night's contrast, in standard deviations of the noise that it bears; the JPEG quality that a
# picture without contrast needs, and the least that so small a one does.
_NOISE, _FAINT, _STAMP_QUALITY = 12.0, 95.0, 65
_STAMP = (94, 24)  # width and height that sets of plates are often kept at


@dataclass(frozen=True, slots=True)
class Photo:
    """How plates are photographed.

    Attributes:
        levels: Share of plain plates, of turned and sheared ones on a ground, and of those in
            perspective.
        heights: Least and greatest height of the crop in pixels.
        coarsest: Least height of the plate, in pixels, that a coarse picture leaves.
        softest: Most blur, in heights of the plate.
        shaken: Longest way that the camera moves, in heights of the plate.
        squash: Least and greatest width of the crop relative to the plate's own.
        tight: Share of crops that follow the plate closely on the levels that have a ground.
        lean: Factor on the turn of the plates.
        small_row: How tall the smaller row's characters of a plate of two are, relative to those
            of a plate with one.
        stamp: Share of pictures that are scaled to 94 x 24 pixels, whatever their aspect.
        stamp_rows: Least height of the plate in these, in pixels; lower ones stay as large as the
            others.
        colours: How far the colour of the light wanders.
    """

    levels: tuple[float, float, float] = (0.25, 0.4, 0.35)
    heights: tuple[int, int] = (56, 110)
    coarsest: float = 26.0
    softest: float = 0.029
    shaken: float = 0.09
    squash: tuple[float, float] = (1.0, 1.0)
    tight: float = 0.65
    lean: float = 1.0
    small_row: float = 0.55
    stamp: float = 0.0
    stamp_rows: float = 0.0
    colours: float = 0.09


def photograph(
    rng: Rng, plate: Image, photo: Photo, places: Sequence[tuple[float, float, int]]
) -> tuple[Image, tuple[tuple[float, int], ...]]:
    """A crop of the plate, RGB uint8 (H, W, 3), and where its characters stand in it.

    Args:
        rng: Source of randomness.
        plate: The painted sheet, RGB; about as high as the crop is to be.
        photo: How.
        places: Where its characters stand: x and y in its pixels, and the row.

    Returns:
        The crop; x in fractions of its width and the row of each character.
    """
    level = int(np.searchsorted(np.cumsum(photo.levels), rng.random()))
    quad = _quad(rng, plate, level, photo.lean)
    small = rng.random() < photo.stamp
    close = small or level == 0 or rng.random() < photo.tight
    image, tall, matrix = _cut(rng, plate, quad, close, photo)
    found = _moved(places, matrix, image.shape[1])
    image = _light(rng, image, level, photo.colours)
    rows = _STAMP[1] * tall / image.shape[0]
    if small and image.shape[1] > 2.2 * image.shape[0] and rows >= photo.stamp_rows:
        image = _stamp_sized(rng, image, rows / photo.coarsest)
        return _grain(rng, image, _STAMP_QUALITY), found
    tall *= photo.small_row if any(row for _, _, row in places) else 1.0
    return _grain(rng, _focus(rng, image, tall, photo)), found


def _moved(
    places: Sequence[tuple[float, float, int]], matrix: NDArray[np.float64], cols: int
) -> tuple[tuple[float, int], ...]:
    points = np.array([[x, y] for x, y, _ in places], np.float64).reshape(-1, 1, 2)
    moved = cv2.perspectiveTransform(points, matrix)[:, 0, 0] / cols
    return tuple((float(x), row) for x, (_, _, row) in zip(moved, places, strict=True))


def _quad(rng: Rng, plate: Image, level: int, lean: float) -> NDArray[np.float64]:
    """Where the sheet's corners come to lie, clockwise from the top left, in its own pixels."""
    rows, cols = plate.shape[:2]
    quad = np.array([[0, 0], [cols, 0], [cols, rows], [0, rows]], np.float64)
    if level == 0:
        return quad
    middle = quad.mean(axis=0)
    quad -= middle
    if level == 2:
        # As seen from the side and from above: one edge shorter, the whole leaning.
        pull = rng.uniform(0, 0.16, 2) * rows
        side = 1 if rng.random() < 0.5 else -1
        quad[:, 1] *= 1 - side * np.sign(quad[:, 0]) * pull[0] / rows
        quad[:, 0] *= 1 - np.sign(quad[:, 1]) * rng.uniform(-0.5, 0.5) * pull[1] / rows
        quad += rng.uniform(-0.06, 0.06, (4, 2)) * rows
    most = 12 * lean
    angle = np.radians(np.clip(rng.normal(0, lean * (3.0 if level == 1 else 4.5)), -most, most))
    slant = np.radians(rng.uniform(-6, 6) if level == 1 else rng.normal(0, 10))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, 0], [np.clip(np.tan(slant), -0.45, 0.45), 1]])
    return np.asarray(quad @ shear @ turn + middle, np.float64)


def _cut(
    rng: Rng, plate: Image, quad: NDArray[np.float64], close: bool, photo: Photo
) -> tuple[Image, float, NDArray[np.float64]]:
    """The plate moved to its corners on a ground and cut out, its height there, and the map."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    rows, cols = plate.shape[:2]
    room = rng.random(4)
    if close:
        # A detector's box: a little more than the plate, at times a little less.
        share = 0.1 * room - 0.012
        edges = share * np.array([rows, rows, rows, rows])
    else:
        edges = room * np.array([0.3 * cols, 0.25 * rows, 0.3 * cols, 0.25 * rows])
    low, high = low - edges[:2], high + edges[2:]
    height = int(rng.integers(photo.heights[0], photo.heights[1] + 1))
    scale = height / (high[1] - low[1])
    wide = scale * rng.uniform(*photo.squash)
    width = max(16, round((high[0] - low[0]) * wide))
    source = np.array([[0, 0], [cols, 0], [cols, rows], [0, rows]], np.float32)
    target = ((quad - low) * (wide, scale)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    image = ground(rng, height, width)
    if scale < 0.75:  # a warp alone would alias
        plate = cv2.GaussianBlur(plate, (0, 0), 0.35 / scale)
    cv2.warpPerspective(
        plate,
        matrix,
        (width, height),
        image,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return image, rows * scale, np.asarray(matrix, np.float64)


def ground(rng: Rng, rows: int, cols: int) -> Image:
    """What is behind a plate: one colour, bodywork with its edges, a dark grille."""
    colour = rng.integers(0, 256, 3).astype(np.float64)
    roll = rng.random()
    if roll < 0.6:  # cars are mostly grey
        colour = colour.mean() + (colour - colour.mean()) * 0.12
    image: Image = np.empty((rows, cols, 3), np.uint8)
    image[:] = colour.astype(np.uint8)
    if rng.random() < 0.45:
        return image
    cells = rng.integers(2, 5, 2)
    patches = np.clip(colour + rng.normal(0, 35, (cells[0], cells[1], 3)), 0, 255)
    image = cv2.resize(patches.astype(np.uint8), (cols, rows), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 4))):
        y = int(rng.integers(0, rows))
        ends = (0, y), (cols, y + int(rng.integers(-rows // 4, rows // 4 + 1)))
        shade = tuple(int(v) for v in np.clip(colour + rng.normal(0, 80, 3), 0, 255))
        cv2.line(image, ends[0], ends[1], shade, int(rng.integers(1, 1 + rows // 6)))
    return image


def _light(rng: Rng, image: Image, level: int, colours: float) -> Image:
    """Exposure, the colour of the light, and where it falls."""
    roll = rng.random()
    gain = rng.uniform(0.4, 1.4)
    if roll < 0.06:  # night
        gain = rng.uniform(0.28, 0.5)
    elif roll < 0.12:  # overexposed
        gain = rng.uniform(1.4, 1.9)
    haze = rng.uniform(0, 90) if rng.random() < 0.15 else 0.0
    tint = np.exp(rng.normal(0, colours, 3)) if rng.random() < 0.5 else np.ones(3)
    table = np.clip(np.arange(256)[:, None] * (gain * tint) * (1 - haze / 255) + haze, 0, 255)
    image = cv2.LUT(image, table.astype(np.uint8)[None])
    if level and rng.random() < 0.22:
        image = d.gradient(rng, image, rng.uniform(0.1, 0.6))
    elif level and rng.random() < 0.12:
        image = d.shadow(rng, image, rng.uniform(0.1, 0.55))
    return image


def _stamp_sized(rng: Rng, image: Image, fine: float) -> Image:
    """The picture at the size of a stamp, sharper or softer as camera and scaling left it.

    ``fine``: height of the plate in it, in heights that are just legible.
    """
    rows = image.shape[0] / _STAMP[1]  # rows of the picture that become one
    roll = rng.random()
    if roll < 0.5:
        image = d.blur(image, rows * rng.uniform(0.2, 0.36))
        return cv2.resize(image, _STAMP, interpolation=cv2.INTER_LINEAR)
    if roll < 0.6:
        angle = rng.uniform(-20, 20) if rng.random() < 0.6 else rng.uniform(0, 180)
        image = d.motion_blur(image, rows * rng.uniform(1.0, max(1.1, 1.6 * fine)), angle)
    elif roll < 0.75:
        image = d.low_resolution(image, rows * rng.uniform(1.0, max(1.05, 1.25 * fine)))
    return cv2.resize(image, _STAMP, interpolation=cv2.INTER_AREA)


def _focus(rng: Rng, image: Image, tall: float, photo: Photo) -> Image:
    """Focus, motion, or few pixels; ``tall`` is the height of the plate in the picture."""
    hard = float(rng.random() ** 1.5)
    roll = rng.random()
    fine = tall / photo.coarsest
    if roll < 0.45:
        return d.blur(image, tall * rng.uniform(0.003, 0.012 + (photo.softest - 0.012) * hard))
    if roll < 0.55:
        return d.motion_blur(image, tall * rng.uniform(0.02, photo.shaken), rng.uniform(0, 180))
    if roll < 0.8 and fine > 1.1:
        method = cv2.INTER_CUBIC if rng.random() < 0.3 else cv2.INTER_LINEAR
        return d.low_resolution(image, rng.uniform(1.0, fine), up=method)
    return image


def _grain(rng: Rng, image: Image, coarsest: int = 40) -> Image:
    """Noise and compression, as much as the contrast bears; ``coarsest``: least JPEG quality."""
    contrast = float(np.subtract(*np.percentile(image, (98, 2))))
    if rng.random() < 0.4:
        sigma = min(rng.uniform(1, 3 + 6 * rng.random()), contrast / _NOISE)
        image = d.noise(rng, image, sigma, rng.uniform(1, 1.6))
    if rng.random() < 0.4:
        least = int(np.clip(_FAINT - contrast / 2, coarsest, 92))
        image = d.jpeg(image, int(rng.integers(least, 93)))
    return image

# SPDX-License-Identifier: Apache-2.0
"""Random crops of a page and what light, cameras and files do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import UsageError

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

# How far a line can be enlarged and still looks like one of that height.
_SHARP = 2.0


@dataclass(frozen=True)
class CropOptions:
    """Geometry of training crops.

    Attributes:
        height, width: size of a crop in pixels, multiples of 16.
        line_height: smallest and largest median line height that a page is scaled to.
        small: share of crops scaled further down, as the first look at a dense page is.
        smallest: smallest median line height of those.
        headlines: share of crops scaled to the height of one line, large ones more often: posters
            and banners have lines of many heights, and their largest are few.
        headline_height: smallest and largest height of that line.
        rotation: usual largest rotation in degrees; one crop in ten gets up to ±5.
        aspect: largest stretch of one axis against the other.
    """

    height: int = 512
    width: int = 512
    line_height: tuple[float, float] = (14.0, 36.0)
    small: float = 0.15
    smallest: float = 8.5
    headlines: float = 0.28
    headline_height: tuple[float, float] = (18.0, 150.0)
    rotation: float = 1.5
    aspect: float = 0.1

    def __post_init__(self) -> None:
        if self.height % 16 or self.width % 16 or min(self.height, self.width) < 64:
            raise UsageError("a crop's sides must be multiples of 16, at least 64 pixels")
        if not 4 < self.smallest <= self.line_height[0] <= self.line_height[1]:
            raise UsageError("line heights of crops must satisfy 4 < smallest <= low <= high")
        if not 4 < self.headline_height[0] <= self.headline_height[1]:
            raise UsageError("heights of headlines must satisfy 4 < low <= high")
        if not 0 <= self.small + self.headlines <= 1:
            raise UsageError("the shares of small crops and of headlines must lie in 0 to 1")


def crop_page(
    rng: np.random.Generator, image: Image, quads: Floats, focus: Floats, options: CropOptions
) -> tuple[Image, Floats]:
    """A random crop around a random line, scaled, stretched and turned at random.

    Args:
        rng: source of randomness.
        image: (H, W, 3) uint8 page.
        quads: (n, 4, 2) all quads of the page, in its pixels.
        focus: (m, 4, 2) the quads whose size sets the scale and around which crops lie.
        options: geometry.

    Returns:
        The crop (height, width, 3) and the quads in its pixels, those outside included.
    """
    if len(focus):
        sides = np.linalg.norm(focus[:, [3, 2]] - focus[:, [0, 1]], axis=-1)
        median = max(2.0, float(np.median(sides)))
    else:
        median = max(image.shape[:2]) / 60
    low, high = options.line_height
    roll = rng.random()
    if roll < options.small:
        low, high = options.smallest, low
    elif len(focus) and roll < options.small + options.headlines:
        low, high = options.headline_height
        tall = sides.mean(1)
        chosen = rng.choice(len(focus), p=tall**2 / (tall**2).sum())
        focus, median = focus[chosen : chosen + 1], max(2.0, float(tall[chosen]))
        # Fine print made as high as a poster's headline is a blur and teaches nothing.
        high = max(low, min(high, _SHARP * median))
    wanted = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    scale = min(wanted / median, 4.0)
    if scale < 0.8:
        # By area first: the warp only interpolates, and would alias.
        h, w = max(8, round(image.shape[0] * scale)), max(8, round(image.shape[1] * scale))
        resized = np.array([w / image.shape[1], h / image.shape[0]], np.float32)
        image = np.asarray(cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
        quads, focus, scale = quads * resized, focus * resized, 1.0
    stretch = float(np.exp(rng.uniform(-1, 1) * np.log1p(options.aspect) / 2))
    angle = np.deg2rad(rng.uniform(-1, 1) * (5.0 if rng.random() < 0.1 else options.rotation))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag([scale * stretch, scale / stretch])
    centre = _centre(rng, image, focus, matrix, options)
    shift = np.array([options.width, options.height]) / 2 - matrix @ centre
    full = np.concatenate([matrix, shift[:, None]], 1)
    crop = _warp(rng, image, full, options)
    moved = quads.astype(float) @ matrix.T + shift
    return crop, moved.astype(np.float32)


def _centre(
    rng: np.random.Generator, image: Image, focus: Floats, matrix: Floats, options: CropOptions
) -> npt.NDArray[np.float64]:
    """The page's point in the middle of the crop: near a random line, mostly within the page."""
    h, w = image.shape[:2]
    size = np.array([w, h], float)
    view = np.array([options.width, options.height]) / np.abs(np.diag(matrix))
    if len(focus) and rng.random() < 0.95:
        line = focus[rng.integers(len(focus))]
        at = line[0] + (line[2] - line[0]) * rng.random()
        centre = at + rng.uniform(-0.4, 0.4, 2) * view
    else:
        centre = rng.random(2) * size
    # Half the view stays on the page; often all of it, with a small margin beyond.
    margin = np.minimum(view / 2 - 24 / np.abs(np.diag(matrix)) * rng.random(2), size / 2)
    if rng.random() < 0.15:
        margin = np.minimum(margin, size * 0.1)
    return np.asarray(np.clip(centre, margin, np.maximum(size - margin, margin)), float)


def _warp(rng: np.random.Generator, image: Image, matrix: Floats, options: CropOptions) -> Image:
    # Corners are edges of pixels while the warp samples their centres: shift by half a pixel.
    centred = matrix.astype(np.float64).copy()
    centred[:, 2] += centred[:, :2] @ np.array([0.5, 0.5]) - 0.5
    border, value = cv2.BORDER_CONSTANT, (int(rng.integers(256)),) * 3
    if rng.random() < 0.5:
        border = cv2.BORDER_REPLICATE
    size = (options.width, options.height)
    return np.asarray(
        cv2.warpAffine(
            image, centred, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=value
        ),
        np.uint8,
    )


def photometric(rng: np.random.Generator, image: Image) -> Image:
    """Brightness, contrast, tint, shade, inversion, blur, noise and JPEG, each now and then."""
    if rng.random() < 0.3:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    if rng.random() < 0.06:
        image = 255 - image
    if rng.random() < 0.7:
        image = _tones(rng, image)
    if rng.random() < 0.15:
        image = _shade(rng, image)
    if rng.random() < 0.2:
        sigma = float(rng.uniform(0.3, 1.0))
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    if rng.random() < 0.3:
        image = _noise(rng, image)
    if rng.random() < 0.25:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(image)


def _tones(rng: np.random.Generator, image: Image) -> Image:
    """A table for each channel: contrast, brightness, gamma and a slight tint."""
    x = np.arange(256) / 255.0
    contrast, shift = rng.uniform(0.45, 1.25), rng.uniform(-0.2, 0.2)
    gamma = np.exp(rng.uniform(-0.4, 0.4))
    tint = rng.uniform(0.85, 1.0, 3) if rng.random() < 0.3 else np.ones(3)
    curve = (x**gamma - 0.5) * contrast + 0.5 + shift
    table = np.clip(curve[:, None] * tint * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]), np.uint8)


def _shade(rng: np.random.Generator, image: Image) -> Image:
    """A smooth shadow over the crop."""
    small = rng.uniform(0.55, 1.05, (3, 3)).astype(np.float32)
    light = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def _noise(rng: np.random.Generator, image: Image) -> Image:
    h, w = image.shape[:2]
    strength = rng.uniform(2, 14)
    noise = (rng.standard_normal((h, w, 1), np.float32) * strength).astype(np.int16)
    return np.clip(image.astype(np.int16) + noise, 0, 255).astype(np.uint8)

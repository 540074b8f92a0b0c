# SPDX-License-Identifier: Apache-2.0
"""The looks a text line may have: each turns clean black-on-white ink into a worn picture of it.

Every look takes grey uint8 (H, W) with dark ink on white and the height of the text's box in
pixels (strokes are about a twelfth of it), and gives a grey image back, smaller where the look
is one of low resolution. Amounts are drawn so that a person can still read the result: where one
damage is strong, the others of the look are weak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d
from recognizer.synthesis.scene import scene, screen

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator
Look = Callable[[Rng, Image, float], Image]


def _severity(rng: Rng) -> float:
    """0 to 1, mild more often than severe."""
    return float(rng.random() ** 1.6)


def _coverage(image: Image) -> float:
    """Area of the ink in pixels, half-covered pixels counted by half."""
    return float(image.size - cv2.sumElems(image)[0] / 255.0)


def _ink_threshold(image: Image, wanted: float) -> float:
    """The threshold that leaves ``wanted`` pixels of ink."""
    running = np.cumsum(np.bincount(image.ravel(), minlength=256))
    return float(np.clip(np.searchsorted(running, wanted), 40, 240))


def _maybe_jpeg(rng: Rng, image: Image, probability: float, low: int = 25) -> Image:
    if rng.random() < probability:
        return d.jpeg(image, int(rng.integers(low, 92)))
    return image


def clean(rng: Rng, image: Image, height: float) -> Image:
    """A page rendered by a program: anti-aliased letters, any two levels far enough apart."""
    roll = rng.random()
    if roll < 0.55:
        black, white = float(rng.integers(0, 60)), 255.0
    elif roll < 0.85:
        white = float(rng.integers(190, 256))
        black = float(rng.integers(0, int(white) - 90))
    else:
        black = float(rng.integers(150, 256))
        white = float(rng.integers(0, int(black) - 90))
    image = d.levels(image, black, white)
    if rng.random() < 0.25:
        image = d.blur(image, rng.uniform(0.2, 0.02 * height))
    return _maybe_jpeg(rng, image, 0.25, 35)


def bilevel_scan(rng: Rng, image: Image, height: float) -> Image:
    """A black-and-white scan: ragged edges, strokes filled or broken, dirt."""
    hard = _severity(rng)
    ink = _coverage(image)
    image = d.blur(image, height * rng.uniform(0.012, 0.02 + 0.025 * hard))
    image = d.noise(rng, image, rng.uniform(4, 10 + 32 * hard), rng.uniform(1.0, 2.2))
    share = rng.uniform(1.0 - 0.3 * hard, 1.1 + 0.7 * hard)
    image = d.bilevel(image, _ink_threshold(image, ink * share))
    if rng.random() < 0.05:
        image = d.screened(image, rng.uniform(0.2, 0.75), int(rng.integers(2, 5)))
    if rng.random() < 0.35:
        image = d.salt_and_pepper(rng, image, 10 ** rng.uniform(-3.5, -2.0 + 0.4 * hard))
    if rng.random() < 0.15:
        image = d.specks(rng, image, int(rng.integers(1, 8)), height * 0.05)
    return image


def fax(rng: Rng, image: Image, height: float) -> Image:
    """A bilevel scan that was scaled down to screen size: old forms at about 100 dpi."""
    roll = rng.random()
    if roll < 0.35:  # copied once too often: strokes run together
        image = d.spread(image, height * rng.uniform(0.0, 0.045))
    elif roll < 0.6:  # or a worn ribbon, and strokes that are lost
        image = d.broken(rng, image, rng.uniform(0.05, 0.35), height * rng.uniform(0.05, 0.15))
    image = bilevel_scan(rng, image, height)
    if rng.random() < 0.06:  # a form's headings
        image = d.invert(image)
    target = 8.5 + 11.5 * rng.random() ** 1.2
    factor = max(1.0, height / target)
    size = (max(2, round(image.shape[1] / factor)), max(6, round(image.shape[0] / factor)))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        image = d.levels(image, rng.uniform(0, 50), rng.uniform(235, 256))
    if rng.random() < 0.4:
        image = d.blur(image, rng.uniform(0.25, 0.6))
    return _maybe_jpeg(rng, image, 0.4, 40)


def grey_scan(rng: Rng, image: Image, height: float) -> Image:
    """A grey scan or a photograph of paper at any resolution."""
    hard = _severity(rng)
    rows, cols = image.shape
    if rng.random() < 0.4:
        image = d.spread(image, rng.uniform(-0.02, 0.03) * height)
    if rng.random() < 0.35:
        image = d.faded(rng, image, rng.uniform(0.45, 0.9), rng.uniform(0.3, 3.0) * height)
    if rng.random() < 0.12:
        back = np.roll(image[::-1], int(rng.integers(cols)), axis=1)
        image = d.bleed_through(image, back, rng.uniform(0.08, 0.28))
    black = rng.uniform(0, 60 + 60 * hard)
    image = d.levels(image, black, 255)
    if rng.random() < 0.6:
        tone = rng.uniform(max(150.0, black + 95), 250)
        image = d.multiply(image, d.paper(rng, rows, cols, tone, rng.uniform(1, 5 + 12 * hard)))
    image = d.blur(image, height * rng.uniform(0.008, 0.02 + 0.035 * hard))
    if rng.random() < 0.5:
        target = rng.uniform(max(10.0, 20 - 10 * hard), 30)
        if height > target:
            image = d.low_resolution(image, height / target)
    if rng.random() < 0.15:
        image = d.shadow(rng, image, rng.uniform(0.1, 0.45))
    image = d.noise(rng, image, rng.uniform(0.5, 3 + 11 * hard), rng.uniform(1, 2))
    if rng.random() < 0.2:
        image = d.sharpen(image, rng.uniform(0.3, 1.5))
    return _maybe_jpeg(rng, image, 0.5)


def thermal(rng: Rng, image: Image, height: float) -> Image:
    """A receipt: weak or uneven print, dots, stripes, a scanner that brightens and sharpens."""
    hard = _severity(rng)
    rows, cols = image.shape
    damage = rng.random()
    if damage < 0.22:
        pitch = height / rng.uniform(9, 17)
        image = d.dots(
            d.spread(image, 0.012 * height),
            pitch * rng.uniform(0.8, 1.2),
            pitch,
            rng.uniform(0.1, 0.55),
        )
    elif damage < 0.42:
        image = d.banding(
            rng,
            image,
            rng.uniform(0.25, 0.55 + 0.3 * hard),
            rng.uniform(0.08, 0.5) * height,
            bool(rng.random() < 0.5),
        )
    elif damage < 0.58:
        image = d.broken(
            rng, image, rng.uniform(0.08, 0.2 + 0.2 * hard), height * rng.uniform(0.06, 0.14)
        )
    elif damage < 0.75:
        image = d.spread(image, height * rng.uniform(-0.025, 0.03))
    if rng.random() < 0.55:
        image = d.faded(rng, image, rng.uniform(0.35, 0.85), rng.uniform(0.4, 5.0) * height)
        hard *= 0.7
    image = d.blur(image, height * rng.uniform(0.01, 0.025 + 0.02 * hard))
    black = rng.uniform(0, 70 + 90 * hard)
    image = d.levels(image, black, 255)
    roll = rng.random()
    if roll < 0.35:
        tone = rng.uniform(max(140.0, black + 85), 245)
        image = d.multiply(image, d.paper(rng, rows, cols, tone, rng.uniform(1, 12)))
    if rng.random() < 0.5:
        target = rng.uniform(12, 26)
        if height > target:
            image = d.low_resolution(image, height / target)
    image = d.noise(rng, image, rng.uniform(1, 4 + 12 * hard), rng.uniform(1, 1.8))
    if rng.random() < 0.4:
        image = d.sharpen(image, rng.uniform(0.5, 2.2), rng.uniform(0.7, 1.5))
    return _maybe_jpeg(rng, image, 0.65)


def typed(rng: Rng, image: Image, height: float) -> Image:
    """Typewriting through a ribbon or carbon paper, on paper that shows."""
    hard = _severity(rng)
    rows, cols = image.shape
    ink = _coverage(image)
    if rng.random() < 0.6:
        image = d.spread(image, height * rng.uniform(0.0, 0.02 + 0.025 * hard))
    copied = rng.random() < 0.25
    holes = rng.uniform(0.0, 0.08 if copied else 0.12 + 0.2 * hard)
    image = d.broken(rng, image, holes, height * rng.uniform(0.03, 0.12))
    image = d.faded(rng, image, rng.uniform(0.5, 0.95), rng.uniform(0.2, 1.0) * height)
    image = d.blur(image, height * rng.uniform(0.012, 0.025 + 0.03 * hard))
    if copied:
        image = d.bilevel(image, _ink_threshold(image, ink * rng.uniform(0.85, 1.5)))
        image = d.blur(image, height * rng.uniform(0.005, 0.02))
        return _maybe_jpeg(rng, image, 0.3)
    black = rng.uniform(0, 90 + 40 * hard)
    darkest = max(120.0, black + 75)
    tone = 250 - (250 - darkest) * rng.random() ** 1.5
    image = d.multiply(
        d.levels(image, black, 255), d.paper(rng, rows, cols, tone, rng.uniform(1, 10))
    )
    image = d.noise(rng, image, rng.uniform(1, 4 + 8 * hard), rng.uniform(1, 2.2))
    if rng.random() < 0.35:
        target = rng.uniform(14, 28)
        if height > target:
            image = d.low_resolution(image, height / target)
    return _maybe_jpeg(rng, image, 0.5)


LOOKS: dict[str, Look] = {
    "clean": clean,
    "bilevel": bilevel_scan,
    "fax": fax,
    "grey": grey_scan,
    "thermal": thermal,
    "typed": typed,
    "scene": scene,
    "screen": screen,
}

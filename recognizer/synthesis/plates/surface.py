# SPDX-License-Identifier: Apache-2.0
"""The sheet of a plate: its ink in millimetres, its paint, frame, bolts, wear and relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Colour = tuple[int, int, int]


class Sheet:
    """A plate before it is painted.

    Args:
        width: Millimetres.
        height: Millimetres.
        rows: Height of its picture in pixels.
    """

    def __init__(self, width: float, height: float, rows: int) -> None:
        self.width, self.height = width, height
        self.scale = rows / height
        self.ink = np.zeros((rows, max(8, round(width * self.scale))), np.uint8)
        # Where the characters stand, in the order of the text: x and y in pixels, and the row.
        self.places: list[tuple[float, float, int]] = []
        self.row = 0

    def cell(
        self, x: float, y: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        """A rectangle of the sheet in pixels: x0, y0, x1, y1."""
        s = self.scale
        return x * s, y * s, (x + width) * s, (y + height) * s


@dataclass(frozen=True, slots=True)
class Paint:
    """What a sheet looks like.

    Attributes:
        ground: Colour of the sheet; at its top where ``foot`` differs.
        ink: Colour of the characters and of the frame.
        foot: Colour at the lower edge.
        frame: Distance of the frame from the edge and its thickness, in millimetres; None
            without one.
        bolts: Their centres in millimetres, and their radius.
        rim: Colour of the bare edge outside the frame, where it is not painted.
    """

    ground: Colour
    ink: Colour
    foot: Colour | None = None
    frame: tuple[float, float] | None = None
    bolts: tuple[tuple[float, float], ...] = ()
    radius: float = 6.0
    rim: Colour | None = None


def vary(rng: Rng, colour: Colour, amount: float) -> Colour:
    """A colour like another: batches of paint, age and dirt."""
    shift = rng.normal(0, amount, 3) + rng.normal(0, amount)
    return tuple(int(v) for v in np.clip(np.array(colour) + shift, 0, 255))  # type: ignore[return-value]


def paint(rng: Rng, sheet: Sheet, look: Paint) -> Image:
    """The sheet as a picture, RGB uint8 (H, W, 3)."""
    rows, cols = sheet.ink.shape
    image = np.empty((rows, cols, 3), np.uint8)
    image[:] = look.ground
    if look.foot is not None:
        ramp = np.clip(np.linspace(-0.3, 1.3, rows), 0, 1)[:, None]
        shades = np.array(look.ground) * (1 - ramp) + np.array(look.foot) * ramp
        image[:] = shades.astype(np.uint8)[:, None, :]
    if look.rim is not None:
        _outline(image, sheet, 0.0, 2.5, look.rim)
    _frame(sheet, look)
    ink = _thickened(rng, sheet.ink)
    if rng.random() < 0.35:
        _relief(rng, image, ink, sheet.scale)
    alpha = ink[:, :, None].astype(np.float32) * np.float32(1 / 255)
    image = (image + (np.array(look.ink, np.float32) - image) * alpha).astype(np.uint8)
    _bolts(rng, image, sheet, look)
    return image


def _frame(sheet: Sheet, look: Paint) -> None:
    if look.frame is None:
        return
    inset, thick = look.frame
    _outline(sheet.ink, sheet, inset, thick, 255)


def _outline(image: Image, sheet: Sheet, inset: float, thick: float, colour: int | Colour) -> None:
    """A rectangle with round corners along the sheet's edge, in millimetres."""
    rows, cols = image.shape[:2]
    a = round((inset + thick / 2) * sheet.scale)
    width = max(1, round(thick * sheet.scale))
    r = max(2, round(8 * sheet.scale))
    x0, y0, x1, y1 = a, a, cols - 1 - a, rows - 1 - a
    if x1 - x0 < 3 * r or y1 - y0 < 3 * r:
        cv2.rectangle(image, (x0, y0), (x1, y1), colour, width)
        return
    for begin, end in (
        ((x0 + r, y0), (x1 - r, y0)),
        ((x0 + r, y1), (x1 - r, y1)),
        ((x0, y0 + r), (x0, y1 - r)),
        ((x1, y0 + r), (x1, y1 - r)),
    ):
        cv2.line(image, begin, end, colour, width)
    for centre, turn in (
        ((x0 + r, y0 + r), 180),
        ((x1 - r, y0 + r), 270),
        ((x1 - r, y1 - r), 0),
        ((x0 + r, y1 - r), 90),
    ):
        cv2.ellipse(image, centre, (r, r), turn, 0, 90, colour, width, cv2.LINE_AA)


def _thickened(rng: Rng, ink: Image) -> Image:
    """Strokes bolder or finer, corners rounded, as dies and paint rollers leave them."""
    rows = ink.shape[0]
    sigma = rows * rng.uniform(0.004, 0.010)
    soft = cv2.GaussianBlur(ink, (0, 0), max(sigma, 0.3))
    # A threshold below the half makes strokes bolder; far above it fine ones would break.
    middle = 255 * float(np.clip(rng.normal(0.4, 0.12), 0.15, 0.55))
    reach = 255 * 0.4
    table = np.clip((np.arange(256) - middle) * (255 / reach) + 127, 0, 255).astype(np.uint8)
    return cv2.LUT(soft, table)


def _relief(rng: Rng, image: Image, ink: Image, scale: float) -> None:
    """The lit and the shaded flank of stamped characters."""
    step = max(1, round(scale * rng.uniform(1.0, 3.0)))
    side = 1 if rng.random() < 0.5 else -1
    down = np.roll(ink, (step, side * step), (0, 1))
    shade = 1.0 - rng.uniform(0.1, 0.5) * down.astype(np.float32) / 255
    np.copyto(image, (image * shade[:, :, None]).astype(np.uint8))


def _bolts(rng: Rng, image: Image, sheet: Sheet, look: Paint) -> None:
    """Screws, caps, and the seal of the office."""
    for x, y in look.bolts:
        if rng.random() < 0.15:
            continue
        at = (round(x * sheet.scale), round(y * sheet.scale))
        radius = max(1, round(look.radius * sheet.scale * rng.uniform(0.7, 1.2)))
        level = int(rng.integers(30, 240))
        colour = vary(rng, (level, level, level), 8) if rng.random() < 0.7 else look.ground
        cv2.circle(image, at, radius, colour, -1, cv2.LINE_AA)
        dark = vary(rng, tuple(int(v * 0.55) for v in colour), 6)  # type: ignore[arg-type]
        cv2.circle(image, at, radius, dark, 1, cv2.LINE_AA)


def wear(rng: Rng, image: Image, scale: float) -> Image:
    """Dirt, mud along the lower edge and scratches, so that all can still be read."""
    roll = rng.random()
    rows, cols = image.shape[:2]
    if roll < 0.12:
        tone = np.array(vary(rng, (120, 105, 85), 20), np.float32)
        field = np.clip(d.smooth_field(rng, rows, cols, rows / rng.uniform(2, 8)), 0, 1)
        part = (field * np.float32(rng.uniform(0.15, 0.45)))[:, :, None]
        return (image + (tone - image) * part).astype(np.uint8)
    if roll < 0.2:
        colour = vary(rng, (90, 85, 80), 20)
        return d.specks(rng, image, int(rng.integers(2, 12)), 2.5 * scale, colour[0])
    if roll < 0.25:
        ends = (rng.random((2, 2)) * (cols, rows)).astype(int)
        level = int(rng.integers(60, 220))
        cv2.line(image, tuple(ends[0]), tuple(ends[1]), (level, level, level), 1, cv2.LINE_AA)
    return image

# SPDX-License-Identifier: Apache-2.0
"""Single glyphs that are turned, scaled and stamped one by one, as makers of captchas set text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from ocr_pipeline.core.rendering.fonts import Face

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator

# Pixels per em that glyphs are drawn at, once; every other size is scaled from that drawing. Faces
# are many, and opening one at yet another size costs more than all the rest of a picture.
DRAWN_AT = 48


def steps_between(
    widths: Sequence[float], text: str, spacing: float, least: float, least_alike: float
) -> list[float]:
    """Distance of each character's middle from the one before; 0 for the first.

    Args:
        widths: of the characters.
        text: the characters.
        spacing: added between them; below 0 they overlap.
        least: smallest distance.
        least_alike: the same for two that are alike, which would else run together.
    """
    steps = [0.0]
    for (a, first), (b, second) in pairwise(zip(widths, text, strict=True)):
        smallest = least_alike if first == second else least
        steps.append(max((a + b) / 2 + spacing, smallest))
    return steps


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character's ink as a face draws it.

    Attributes:
        ink: coverage, uint8 (H, W), 255 where there is ink.
        left: columns from the pen's position to the ink's left edge.
        top: rows from the baseline up to the ink's upper edge.
        advance: columns to the next character's pen position.
        middle: rows from the baseline up to the middle of the face's digits.
    """

    ink: Image
    left: int
    top: int
    advance: float
    middle: float


@dataclass(frozen=True, slots=True)
class Stamp:
    """A glyph's ink after its transformation, and where its upper left pixel goes."""

    ink: Image
    x: int
    y: int


@lru_cache(maxsize=1 << 16)
def glyph(face: Face, character: str) -> Glyph:
    """A character of a face at :data:`DRAWN_AT` pixels per em, drawn once and kept."""
    font = face.font(DRAWN_AT)
    left, top, right, bottom = (int(v) for v in font.getbbox(character, anchor="ls"))
    image = PillowImage.new("L", (max(right - left, 1) + 2, max(bottom - top, 1) + 2), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), character, fill=255, font=font, anchor="ls")
    ink = np.array(image)
    return Glyph(ink, left - 1, 1 - top, float(font.getlength(character)), _middle(face))


@lru_cache(maxsize=8192)
def _middle(face: Face) -> float:
    """Rows from the baseline up to the middle of the face's digits."""
    return -float(face.font(DRAWN_AT).getbbox("8", anchor="ls")[1]) / 2


@lru_cache(maxsize=1 << 12)
def stroke_glyph(font: int, thickness: int, character: str) -> Glyph:
    """A character of one of OpenCV's Hershey fonts, at about :data:`DRAWN_AT` pixels per em."""
    scale = DRAWN_AT / 32
    (wide, tall), below = cv2.getTextSize(character, font, scale, thickness)
    pad = thickness + 2
    image = np.zeros((tall + 2 * below + 2 * pad, wide + 2 * pad), np.uint8)
    cv2.putText(image, character, (pad, tall + pad), font, scale, 255, thickness, cv2.LINE_AA)
    return Glyph(image, -pad, tall + pad, float(wide), tall / 2)


def stamp(glyph: Glyph, matrix: NDArray[np.floating], x: float, y: float) -> Stamp:
    """Transform a glyph about the middle of its cell.

    Args:
        glyph: What to set.
        matrix: (2, 2), how offsets from the middle of the cell change: scale, turn, slant.
        x: Column that the middle of the cell comes to.
        y: Row that the middle of the cell comes to.
    """
    rows, cols = glyph.ink.shape
    (a, b), (c, e) = matrix.tolist()
    # From pixels of the glyph's own ink, whose cell has its middle at the pivot, to the image's.
    pivot_x, pivot_y = glyph.advance / 2 - glyph.left, glyph.top - glyph.middle
    shift_x = x - a * pivot_x - b * pivot_y
    shift_y = y - c * pivot_x - e * pivot_y
    left = int(np.floor(shift_x + min(a * cols, 0.0) + min(b * rows, 0.0)))
    top = int(np.floor(shift_y + min(c * cols, 0.0) + min(e * rows, 0.0)))
    wide = int(shift_x + max(a * cols, 0.0) + max(b * rows, 0.0)) + 2 - left
    tall = int(shift_y + max(c * cols, 0.0) + max(e * rows, 0.0)) + 2 - top
    ink = glyph.ink
    if a * e - b * c < 0.3:  # sampling alone would lose thin strokes
        ink = cv2.GaussianBlur(ink, (3, 3), 0.6)
    move = np.array([[a, b, shift_x - left], [c, e, shift_y - top]])
    return Stamp(cv2.warpAffine(ink, move, (wide, tall)), left, top)


def affine(scale: float, tilt: float, stretch: float = 1.0, slant: float = 0.0) -> NDArray[Any]:
    """Matrix (2, 2) of a scale, a tilt in degrees, a stretch of the width and a slant."""
    angle = np.radians(tilt)
    cos, sin = scale * float(np.cos(angle)), scale * float(np.sin(angle))
    return np.array([[cos * stretch, -slant * cos - sin], [sin * stretch, cos - slant * sin]])


def window(stamped: Stamp, height: int, width: int) -> tuple[tuple[slice, slice], Image]:
    """The part of an image that a stamp covers, and the ink that belongs there."""
    top, left = max(stamped.y, 0), max(stamped.x, 0)
    bottom = max(min(stamped.y + stamped.ink.shape[0], height), top)
    right = max(min(stamped.x + stamped.ink.shape[1], width), left)
    inside = stamped.ink[top - stamped.y : bottom - stamped.y, left - stamped.x : right - stamped.x]
    return (slice(top, bottom), slice(left, right)), inside


def cover(canvas: Image, stamped: Stamp) -> None:
    """Add a stamp to a canvas of coverage, in place; what lies outside is cut off."""
    where, ink = window(stamped, *canvas.shape[:2])
    if ink.size:
        np.maximum(canvas[where], ink, out=canvas[where])

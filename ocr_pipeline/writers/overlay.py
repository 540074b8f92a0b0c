# SPDX-License-Identifier: Apache-2.0
"""Overlay: the page with the outline of every line, coloured by confidence."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ocr_pipeline.core.document import Line, Page, Polygon
from ocr_pipeline.core.geometry import as_quad, quad_size

RGB = npt.NDArray[np.uint8]
Color = tuple[int, int, int]

LOW, MIDDLE, HIGH = (204, 32, 32), (230, 150, 0), (16, 140, 60)
# Below and above these confidences the colour no longer changes.
RANGE = (0.5, 1.0)
# A picture to look at: larger pages are scaled down.
MAX_SIDE = 4000


def confidence_color(confidence: float) -> Color:
    """Red for 0.5 and less, over amber, to green for 1."""
    share = (confidence - RANGE[0]) / (RANGE[1] - RANGE[0])
    share = 2 * min(max(share, 0.0), 1.0)
    low, high = (LOW, MIDDLE) if share <= 1 else (MIDDLE, HIGH)
    share = share if share <= 1 else share - 1
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


def draw_overlay(image: RGB, page: Page, with_text: bool = False, with_words: bool = False) -> RGB:
    """Draws a page's lines on its image.

    Args:
        image: (H, W, 3) or (H, W) uint8, the image that the page was read from.
        page: its lines.
        with_text: put a white sheet beside the page with each line's text at its place.
        with_words: draw the outlines of words as well, inside those of the lines.

    Returns:
        (H', W', 3) uint8; W' is doubled by the sheet, and a long side above 4000 px is scaled
        down to that.
    """
    colored = image.ndim == 3
    picture = np.array(image) if colored else np.repeat(image[..., None], 3, axis=2)
    scale = min(1.0, MAX_SIDE / max(picture.shape[:2]))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = picture.shape[:2]
    if with_text:
        picture = np.concatenate([picture, np.full_like(picture, 255)], axis=1)
    stroke = max(1, round(max(width, height) / 900))
    for line in page.lines:
        for word in line.words if with_words else ():
            color = confidence_color(word.confidence)
            _outline(picture, word.polygon, scale, color, max(1, stroke // 2))
        _outline(picture, line.polygon, scale, confidence_color(line.confidence), stroke)
    if not with_text:
        return picture
    sheet = Image.fromarray(picture)
    for line in page.lines:
        if line.polygon and line.text:
            _write(sheet, line, scale, width, confidence_color(line.confidence))
    return np.asarray(sheet, np.uint8)


def _outline(picture: RGB, polygon: Polygon, scale: float, color: Color, stroke: int) -> None:
    if polygon:
        points = np.round(np.array(polygon) * scale).astype(np.int32)
        cv2.polylines(picture, [points], True, color, 1 + stroke // 2)  # which draws 1, 3, 3, 5


def _write(picture: Image.Image, line: Line, scale: float, left: int, color: Color) -> None:
    """Writes a line's text on the sheet, as large as its place allows and turned as it is."""
    quad = as_quad(line.polygon) * scale
    width, height = quad_size(quad)
    size = max(6.0, height * 0.8)
    font = ImageFont.load_default(size)
    length = font.getlength(line.text)
    if length > width > 0:
        size = max(6.0, size * width / length)
        font = ImageFont.load_default(size)
    box = font.getbbox(line.text, anchor="lm")
    ink = Image.new("L", (max(1, math.ceil(box[2])), math.ceil(1.6 * size)))
    ImageDraw.Draw(ink).text((0, ink.height / 2), line.text, fill=255, font=font, anchor="lm")
    along = (quad[1] - quad[0]) + (quad[2] - quad[3])
    turn = round(math.degrees(math.atan2(-along[1], along[0])) / 90) % 4
    # From the middle of the edge where the text begins, whichever way it runs.
    x, y = (quad[0] + quad[3]) / 2
    half = ink.height / 2
    ink = ink.rotate(90 * turn, expand=True)
    x, y = ((x, y - half), (x - half, y - ink.height), (x - ink.width, y - half), (x - half, y))[
        turn
    ]
    # What runs over the edge of the sheet must not spoil the page beside it.
    cut = min(max(0, -math.floor(x)), ink.width)
    picture.paste(color, (left + math.floor(x) + cut, math.floor(y)), ink.crop((cut, 0, *ink.size)))

# SPDX-License-Identifier: Apache-2.0
"""Overlay: the page with the outline of every line, coloured by confidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ocr_pipeline.core.document import Line, Page
from ocr_pipeline.core.geometry import quad_size

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


def draw_overlay(image: RGB, page: Page, with_text: bool = False) -> RGB:
    """Draws a page's lines on its image.

    Args:
        image: (H, W, 3) or (H, W) uint8, the image that the page was read from.
        page: its lines.
        with_text: put a white sheet beside the page with each line's text at its place.

    Returns:
        (H', W', 3) uint8; W' is doubled by the sheet, and a long side above 4000 px is scaled
        down to that.
    """
    picture = Image.fromarray(image).convert("RGB")
    scale = min(1.0, MAX_SIDE / max(picture.size))
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BOX)
    width = picture.width
    if with_text:
        canvas = Image.new("RGB", (2 * width, picture.height), "white")
        canvas.paste(picture, (0, 0))
        picture = canvas
    draw = ImageDraw.Draw(picture)
    stroke = max(1, round(max(width, picture.height) / 900))
    for line in page.lines:
        points = [(x * scale, y * scale) for x, y in line.polygon]
        color = confidence_color(line.confidence)
        draw.line([*points, points[0]], fill=color, width=stroke, joint="curve")
        if with_text:
            _write(draw, line, scale, width, color)
    return np.asarray(picture, np.uint8)


def _write(draw: ImageDraw.ImageDraw, line: Line, scale: float, left: int, color: Color) -> None:
    """Writes a line's text on the sheet, as large as its place allows."""
    width, height = (side * scale for side in quad_size(line.polygon))
    size = max(6.0, height * 0.8)
    font = ImageFont.load_default(size)
    length = draw.textlength(line.text, font=font)
    if length > width > 0:
        font = ImageFont.load_default(max(6.0, size * width / length))
    x = left + min(x for x, _ in line.polygon) * scale
    y = sum(y for _, y in line.polygon) / len(line.polygon) * scale
    draw.text((x, y), line.text, fill=color, font=font, anchor="lm")

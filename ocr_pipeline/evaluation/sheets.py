# SPDX-License-Identifier: Apache-2.0
"""Pictures of the worst cases, for a person to see why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from ocr_pipeline.core.images import save_image

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_WIDTH = 1200
_GAP = 8
_SIZE = 15
_PLAIN: Colour = (40, 40, 40)
_WRONG: Colour = (210, 0, 0)


@dataclass(frozen=True)
class Box:
    """A quad to draw, (4, 2) pixels of the page, its colour and a text to write above it."""

    quad: npt.ArrayLike
    colour: Colour
    label: str = ""


@dataclass(frozen=True)
class WorstLine:
    """A line to show: its crop, what it says, what was read, and a remark."""

    crop: Image
    reference: str
    reading: str
    remark: str


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def draw_boxes(image: Image, boxes: Sequence[Box], long_side: int = 1600) -> Image:
    """A page, scaled down to ``long_side`` at most, with quads drawn on it."""
    scale = min(1.0, long_side / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    # Paper paler than it is: the boxes are what matters here.
    pale = (255 - (255 - small.astype(np.uint16)) * 2 // 3).astype(np.uint8)
    picture = PillowImage.fromarray(pale)
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        points = [(float(x), float(y)) for x, y in np.asarray(box.quad, float) * scale]
        draw.line([*points, points[0]], fill=box.colour, width=2)
        if box.label:
            draw.text((points[0][0], points[0][1] - 12), box.label, fill=box.colour, font=_font(11))
    return np.asarray(picture)


def write_page(out: Path, rank: int, source: Path, picture: Image) -> Path:
    """Writes one of the worst pages as ``worst_RANK_NAME.png``; returns its path."""
    path = out / f"worst_{rank:02d}_{source.stem}.png"
    save_image(path, picture)
    return path


def write_lines(path: Path, lines: Sequence[WorstLine]) -> None:
    """Writes one sheet: each crop, below it the truth and the reading, errors in red.

    Short ones stand side by side.
    """
    strips = [_strip(line) for line in lines]
    places: list[tuple[int, int]] = []
    x = y = row = 0
    for tall, wide in (strip.shape[:2] for strip in strips):
        if x and x + wide > _WIDTH:
            x, y, row = 0, y + row, 0
        places.append((y, x))
        x, row = x + wide, max(row, tall)
    sheet = np.full((y + row + _GAP, _WIDTH, 3), 255, np.uint8)
    for strip, (top, left) in zip(strips, places, strict=True):
        sheet[top : top + strip.shape[0], left : left + strip.shape[1]] = strip
    save_image(path, sheet)


def _strip(line: WorstLine) -> Image:
    """One line's picture, as wide as a third of the sheet or a multiple of that."""
    crop = line.crop if line.crop.ndim == 3 else np.repeat(line.crop[..., None], 3, axis=2)
    scale = min(48 / crop.shape[0], (_WIDTH - 2 * _GAP) / crop.shape[1], 4.0)
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = np.asarray(cv2.resize(crop, size, interpolation=method), np.uint8)
    font = _font(_SIZE)
    texts = (f"truth {line.reference}", f"read  {line.reading}", line.remark)
    need = max(size[0], *(round(font.getlength(text)) for text in texts)) + 2 * _GAP
    third = _WIDTH // 3
    width = min(-(-need // third) * third, _WIDTH)
    text_top = size[1] + 4
    height = text_top + 3 * (_SIZE + 5) + _GAP
    picture = PillowImage.new("RGB", (width, height), (255, 255, 255))
    picture.paste(PillowImage.fromarray(crop), (_GAP, 0))
    draw = ImageDraw.Draw(picture)
    wrong_truth, wrong_read = _wrong_places(line.reference, line.reading)
    _write(draw, text_top, "truth ", line.reference, wrong_truth)
    _write(draw, text_top + _SIZE + 5, "read  ", line.reading, wrong_read)
    _write(draw, text_top + 2 * (_SIZE + 5), "", line.remark, frozenset(), (150, 150, 150))
    draw.line([(0, height - 4), (width, height - 4)], fill=(210, 210, 210))
    return np.asarray(picture)


def _wrong_places(reference: str, reading: str) -> tuple[frozenset[int], frozenset[int]]:
    """Positions of the characters that an edit touches, on either side."""
    return _touched(reference, reading), _touched(reading, reference)


def _touched(text: str, other: str) -> frozenset[int]:
    from rapidfuzz.distance import Levenshtein

    return frozenset(
        op.src_pos for op in Levenshtein.editops(text, other) if op.tag in ("delete", "replace")
    )


def _write(
    draw: ImageDraw.ImageDraw,
    top: int,
    head: str,
    text: str,
    wrong: frozenset[int],
    colour: Colour = _PLAIN,
) -> None:
    x = float(_GAP)
    for position, char in enumerate(head + text):
        is_wrong = position - len(head) in wrong
        shown = "_" if is_wrong and char == " " else char  # a space that is wrong must be seen
        paint = (150, 150, 150) if position < len(head) else _WRONG if is_wrong else colour
        draw.text((x, top), shown, fill=paint, font=_font(_SIZE))
        x += _font(_SIZE).getlength(shown)

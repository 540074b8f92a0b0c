# SPDX-License-Identifier: Apache-2.0
"""Contact sheets: many small pictures on one, each with a caption, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

_GAP = 6
_CAPTION = 15
_GROUND = (222, 228, 238)


def caption_font(captions: Sequence[str], size: float) -> ImageFont.FreeTypeFont:
    """A face that has the captions' characters, or most of them; Pillow's own for Latin ones."""
    needed = frozenset("".join(captions))
    if all(ord(character) < 0x250 for character in needed):
        return ImageFont.load_default(size)  # type: ignore[return-value]
    from ocr_pipeline.core.rendering.fonts import FontLibrary

    faces = FontLibrary().faces
    return max(faces, key=lambda face: len(needed & face.characters)).font(size)


def contact_sheet(
    items: Sequence[tuple[NDArray[np.uint8], str]], height: int, width: int = 1600
) -> NDArray[np.uint8]:
    """Lay pictures out in rows, each scaled to ``height`` rows with its caption below.

    Args:
        items: Grey (H, W) or RGB (H, W, 3) images and their captions.
        height: Height of every picture, in pixels.
        width: Width of the sheet; a picture that is wider is scaled to it.

    Returns:
        The sheet, RGB (H, W, 3).
    """
    font = caption_font([caption for _, caption in items], 11)
    placed: list[tuple[int, int, PillowImage.Image, str]] = []
    x, y = _GAP, _GAP
    for array, caption in items:
        picture = PillowImage.fromarray(array).convert("RGB")
        wide = min(max(1, round(picture.width * height / picture.height)), width - 2 * _GAP)
        picture = picture.resize((wide, height), PillowImage.Resampling.BILINEAR)
        room = min(max(wide, round(font.getlength(caption))), width - 2 * _GAP)
        if x > _GAP and x + room + _GAP > width:
            x, y = _GAP, y + height + _CAPTION + _GAP
        placed.append((x, y, picture, caption))
        x += room + _GAP
    sheet = PillowImage.new("RGB", (width, y + height + _CAPTION + _GAP), _GROUND)
    pen = ImageDraw.Draw(sheet)
    for left, top, picture, caption in placed:
        sheet.paste(picture, (left, top))
        pen.text((left, top + height + 1), caption, fill=(110, 20, 20), font=font)
    return np.asarray(sheet)

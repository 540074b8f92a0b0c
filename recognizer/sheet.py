# SPDX-License-Identifier: Apache-2.0
"""Contact sheets of lines with texts under them, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ocr_pipeline.core.images import save_image
from ocr_pipeline.core.rendering.sheet import caption_font

_GAP, _LABEL, _WIDTH = 6, 16, 1500


def lines_sheet(
    lines: Sequence[tuple[npt.NDArray[np.uint8], str]], path: str | Path, width: int = _WIDTH
) -> None:
    """Writes lines, flowing from left to right, each with its text under it.

    Args:
        lines: (grey or RGB image, text) pairs.
        path: image file to write.
        width: width of the sheet in pixels.
    """
    font = caption_font([text for _, text in lines], 12)
    places: list[tuple[int, int]] = []
    x = y = _GAP
    row = 0
    for image, text in lines:
        wide = max(image.shape[1], round(font.getlength(text)))
        if x > _GAP and x + wide + _GAP > width:
            x, y, row = _GAP, y + row + _GAP, 0
        places.append((x, y))
        x += wide + 2 * _GAP
        row = max(row, image.shape[0] + _LABEL)
    sheet = Image.new("RGB", (width, y + row + _GAP), (225, 230, 240))
    draw = ImageDraw.Draw(sheet)
    for (image, text), (left, top) in zip(lines, places, strict=True):
        sheet.paste(Image.fromarray(image), (left, top))
        draw.text((left, top + image.shape[0] + 1), text, fill=(160, 0, 60), font=font)
    save_image(path, np.asarray(sheet))

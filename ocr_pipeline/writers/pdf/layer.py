# SPDX-License-Identifier: Apache-2.0
"""Where pixels lie on a page of a PDF, and a text layer added to such a page."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

from ocr_pipeline.core.document import Page
from ocr_pipeline.writers.pdf.glyphs import Glyphs
from ocr_pipeline.writers.pdf.objects import Store, add_compressed
from ocr_pipeline.writers.pdf.text import Affine, page_text

if TYPE_CHECKING:
    import pikepdf

Box = tuple[float, float, float, float]

FONT = "OcrText"
LETTER: Box = (0.0, 0.0, 612.0, 792.0)  # what viewers take where a page has no box


def pixels_to_page(box: Box, rotation: int, width: int, height: int) -> Affine:
    """The map from an image of a page, as it is displayed, to the page's user space.

    Args:
        box: left, bottom, right, top of what is displayed, in user space.
        rotation: degrees clockwise that the page is turned by for display.
        width: of the image in pixels.
        height: of the image in pixels.
    """
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    if rotation == 90:
        return Affine(0, h / width, w / height, 0, x0, y0)
    if rotation == 180:
        return Affine(-w / width, 0, 0, h / height, x1, y0)
    if rotation == 270:
        return Affine(0, -h / width, -w / height, 0, x1, y1)
    return Affine(w / width, 0, 0, -h / height, x0, y1)


def displayed_box(page: pikepdf.Page) -> Box:
    """The part of a page that viewers show: its crop box, as far as the media box reaches."""
    media = _box(page, "/MediaBox") or LETTER
    crop = _box(page, "/CropBox") or media
    shared = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    return shared if shared[0] < shared[2] and shared[1] < shared[3] else media


def _box(page: pikepdf.Page, name: str) -> Box | None:
    try:
        numbers = [float(value) for value in page.obj.get(name, ())]
    except (TypeError, ValueError):
        return None
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        return None
    xs, ys = sorted(numbers[::2]), sorted(numbers[1::2])
    return (xs[0], ys[0], xs[1], ys[1]) if xs[0] < xs[1] and ys[0] < ys[1] else None


def rotation_of(page: pikepdf.Page) -> int:
    """How viewers turn a page: 0, 90, 180 or 270 degrees clockwise."""
    try:
        rotation = int(page.obj.get("/Rotate", 0))
    except (TypeError, ValueError):
        return 0
    return rotation % 360 if rotation % 90 == 0 else 0


def add_text(store: Store, target: pikepdf.Page, page: Page, glyphs: Glyphs, font: Any) -> None:
    """Adds what was read on a page to the page of a PDF, whose own objects are not changed.

    The text comes before the page's own content: so it needs nothing of that, neither its
    coordinates nor that it is well-formed, and nothing that the page shows changes. Resources
    and lists of content that pages share are copied.
    """
    from pikepdf import Array

    resources = copy.copy(_dictionary(target.obj.get("/Resources")))
    fonts = copy.copy(_dictionary(resources.get("/Font")))
    name, number = FONT, 1
    while f"/{name}" in fonts:
        number += 1
        name = f"{FONT}{number}"
    to_page = pixels_to_page(displayed_box(target), rotation_of(target), page.width, page.height)
    text = page_text(page, to_page, glyphs, name)
    if not text:
        return
    fonts[f"/{name}"] = font
    resources.Font = fonts
    content = target.obj.get("/Contents")
    own = list(content) if isinstance(content, Array) else [] if content is None else [content]
    target.obj.Resources = resources
    target.obj.Contents = Array([add_compressed(store, {}, text), *own])


def _dictionary(value: pikepdf.Object | None) -> pikepdf.Dictionary:
    from pikepdf import Dictionary

    return value if isinstance(value, Dictionary) else Dictionary()

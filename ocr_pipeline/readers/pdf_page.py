# SPDX-License-Identifier: Apache-2.0
"""A page of a PDF: what is on it, at which resolution it is rendered, and its picture."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ocr_pipeline.core.decoding import MAX_PIXELS, check_size
from ocr_pipeline.core.errors import TooLargeError
from ocr_pipeline.core.pixels import RGB

POINTS = 72.0  # to the inch
# Pages that are not a scan. Type of 8 points reads best from here on; larger type does not mind.
DEFAULT_DPI = 300.0
# A scan is rendered at its own resolution between these, or at a whole part of it.
LEAST_DPI, MOST_DPI = 72.0, 400.0
# Below this a page of absurd size has too little of a line left to be read.
WORST_DPI = 36.0
# Half of what an image may have: a page is in memory twice while it is drawn.
MAX_PAGE_PIXELS = MAX_PIXELS // 2

NOTED_SHARE = 0.05  # of the page: a smaller image does not set the resolution
SCAN_SHARE = 0.85  # of the page covered by images: it is a scan
FEW_OBJECTS = 20  # lines and stamps drawn over a scan
MANY_OBJECTS = 20_000  # more are not looked at: no scan has as many
UNSEEN = (3, 7)  # render modes of text that only can be searched, or only clips
_DEPTH = 8

Box = tuple[float, float, float, float]  # left, bottom, right, top in points
Matrix = tuple[float, float, float, float, float, float]  # as PDF has it: (x, y, 1) times it
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Item:
    """Something that is drawn: its kind, its handle and the matrix of the form it lies in."""

    kind: int
    handle: Any
    outer: Matrix


@dataclass(frozen=True, slots=True)
class Survey:
    """What is on a page.

    Attributes:
        box: the visible part, in points, not turned.
        rotation: degrees that the page is turned by, clockwise.
        width, height: in points, as it is shown.
        scan_dpi: resolution of the images that cover the page; None if it is no scan.
        drawn: objects above a scan that are no images and no hidden text.
        cover: place in the order of drawing of the image that covers the page; -1 without.
        order: place in the order of drawing of each text object, by its address.
    """

    box: Box
    rotation: int
    width: float
    height: float
    scan_dpi: float | None
    drawn: int
    cover: int
    order: dict[int, int]


@dataclass(frozen=True, slots=True)
class Geometry:
    """From points of a page to pixels of its picture: x' = ax + cy + e, y' = bx + dy + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    size: tuple[int, int]


def survey(page: Any) -> Survey:
    """Looks at a page without drawing it."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = page.get_bbox()
    box = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    width, height = page.get_size()
    if not (width > 0 and height > 0 and math.isfinite(width * height)):
        raise ValueError("has no size")
    area = (box[2] - box[0]) * (box[3] - box[1]) or 1.0
    covered, dpi, drawn, cover = 0.0, 0.0, 0, -1
    order: dict[int, int] = {}
    for place, item in enumerate(_objects(page)):
        if item.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            covers, its_dpi = _image(item, box)
            covered += covers / area
            if covers > NOTED_SHARE * area:
                dpi = max(dpi, its_dpi)
            if covers >= SCAN_SHARE * area:
                cover, drawn = place, 0
        elif item.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            order[_address(item.handle)] = place
            hidden = pdfium.FPDFTextObj_GetTextRenderMode(item.handle) in UNSEEN
            drawn += not hidden
        else:
            drawn += 1
        if place >= MANY_OBJECTS:
            covered = 0.0
            break
    is_scan = covered >= SCAN_SHARE and dpi > 0
    return Survey(
        box=box,
        rotation=page.get_rotation(),
        width=width,
        height=height,
        scan_dpi=dpi if is_scan else None,
        drawn=drawn,
        cover=cover,
        order=order,
    )


def lay_in(page: Any) -> None:
    """Makes notes and filled-in forms part of the page, so that their text is text of the page."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDFPage_GetAnnotCount(page) > 0:
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)


def resolution(found: Survey, wish: float | None) -> float:
    """Dots per inch at which a page is rendered.

    A page that is a scan and little else keeps the scan's own pixels, or a whole part of them
    where they are very many. A page of absurd size gets as many as memory allows.

    Raises:
        TooLargeError: if that would be too few to read anything.
    """
    dpi = float(wish or DEFAULT_DPI)
    if wish is None and found.scan_dpi is not None:
        own = found.scan_dpi / math.ceil(found.scan_dpi / MOST_DPI - 0.02)
        own = max(own, LEAST_DPI)
        dpi = own if found.drawn <= FEW_OBJECTS else max(own, dpi)
    inches = found.width * found.height / POINTS**2
    most = math.sqrt(MAX_PAGE_PIXELS / inches)
    if most < min(dpi, WORST_DPI):
        side = f"{found.width / POINTS:,.0f} x {found.height / POINTS:,.0f} inches"
        raise TooLargeError(f"a page of {side} is too large to be rendered")
    return round(min(dpi, most), 2)


def geometry(found: Survey, dpi: float) -> Geometry:
    """How the page lies in its picture."""
    scale = dpi / POINTS
    width = max(1, round(found.width * scale))
    height = max(1, round(found.height * scale))
    sx, sy = width / found.width, height / found.height
    left, bottom, right, top = found.box
    if found.rotation == 90:
        return Geometry(0, sy, sx, 0, -sx * bottom, -sy * left, (width, height))
    if found.rotation == 180:
        return Geometry(-sx, 0, 0, sy, sx * right, -sy * bottom, (width, height))
    if found.rotation == 270:
        return Geometry(0, -sy, -sx, 0, sx * top, sy * right, (width, height))
    return Geometry(sx, 0, 0, -sy, -sx * left, sy * top, (width, height))


def render(page: Any, found: Survey, dpi: float) -> RGB:
    """The picture of a page with its annotations and filled-in forms, on white."""
    import pypdfium2.raw as pdfium

    width, height = geometry(found, dpi).size
    check_size(width, height)
    pixels = np.empty((height, width, 3), np.uint8)
    memory = pixels.ctypes.data_as(ctypes.c_void_p)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, memory, width * 3)
    if not bitmap:
        raise ValueError("cannot be rendered")
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
        place = (0, 0, width, height, 0, flags)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, *place)
        if page.formenv:
            pdfium.FPDF_FFLDraw(page.formenv, bitmap, page, *place)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels


def _objects(parent: Any, outer: Matrix = IDENTITY, depth: int = 0) -> Iterator[_Item]:
    """What is drawn, in that order, inside forms as well."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFFormObj_CountObjects if depth else pdfium.FPDFPage_CountObjects
    get = pdfium.FPDFFormObj_GetObject if depth else pdfium.FPDFPage_GetObject
    for i in range(max(0, count(parent))):
        handle = get(parent, i)
        kind = pdfium.FPDFPageObj_GetType(handle) if handle else pdfium.FPDF_PAGEOBJ_UNKNOWN
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            yield from _objects(handle, _times(_matrix(handle), outer), depth + 1)
        elif kind != pdfium.FPDF_PAGEOBJ_UNKNOWN:
            yield _Item(kind, handle, outer)


def _matrix(handle: Any) -> Matrix:
    import pypdfium2.raw as pdfium

    m = pdfium.FS_MATRIX()
    return (m.a, m.b, m.c, m.d, m.e, m.f) if pdfium.FPDFPageObj_GetMatrix(handle, m) else IDENTITY


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _image(item: _Item, box: Box) -> tuple[float, float]:
    """Area in square points that an image covers of the visible page, and its resolution.

    Of two resolutions (a fax has a coarser one downwards) it is the finer.
    """
    import pypdfium2.raw as pdfium

    a, b, c, d, e, f = _times(_matrix(item.handle), item.outer)  # of the unit square
    across, down = math.hypot(a, b), math.hypot(c, d)
    left, right = e + min(0.0, a) + min(0.0, c), e + max(0.0, a) + max(0.0, c)
    bottom, top = f + min(0.0, b) + min(0.0, d), f + max(0.0, b) + max(0.0, d)
    width = min(right, box[2]) - max(left, box[0])
    height = min(top, box[3]) - max(bottom, box[1])
    area = max(0.0, width) * max(0.0, height)
    columns, rows = ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFImageObj_GetImagePixelSize(item.handle, columns, rows):
        return area, 0.0
    if across <= 0 or down <= 0:
        return 0.0, 0.0
    return area, POINTS * max(columns.value / across, rows.value / down)

# SPDX-License-Identifier: Apache-2.0
"""The text that a PDF page holds itself: whether to believe it, and as a tree."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_pipeline.core.document import Char, Line, Page, Polygon, Word, polygon
from ocr_pipeline.readers.pdf_page import UNSEEN, Box, Geometry, Survey

# A page holds text if there is this much of it: a stamp or a page number on a scan is not enough.
LEAST_CHARS = 20
LEAST_ON_SCAN = 60
# More characters than this without a meaning (fonts without a table of Unicode values): garbage.
MOST_UNKNOWN = 0.1
MOST_CHARS = 200_000

# In units of the line's height.
GAP = 1.5  # more white between two characters parts a line in two, as in tables and columns
BACK = 1.0  # a step back begins a new line
SHIFT = 0.5  # so does a step up or down; subscripts step less
TALLEST = 2.5  # fonts lie about their height: a box this much taller than the font size is not used

_HYPHEN = "\x02"  # PDFium's mark for a hyphen at the end of a line


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character of the text layer. Boxes and directions in points of the page, not turned."""

    text: str
    box: Box
    along: tuple[float, float]
    size: float
    origin: tuple[float, float]
    hidden: bool


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The text of a page.

    Attributes:
        glyphs: in the order in which the page gives them; None marks the end of a line.
        believable: there is enough of it and it has a meaning.
        hidden: most of it cannot be seen: it belongs to a scan that was read before.
    """

    glyphs: tuple[Glyph | None, ...]
    believable: bool
    hidden: bool


def text_layer(page: Any, found: Survey) -> TextLayer:
    """What text a page holds, which was surveyed before."""
    import pypdfium2.raw as pdfium

    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return TextLayer((), False, False)
    try:
        count = pdfium.FPDFText_CountChars(text_page)
        if not 0 < count <= MOST_CHARS:
            return TextLayer((), False, False)
        glyphs = tuple(_glyphs(text_page, count, found))
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    seen = [g for g in glyphs if g is not None and not g.text.isspace()]
    unknown = sum(not _has_meaning(g.text) for g in seen)
    least = LEAST_CHARS if found.scan_dpi is None else LEAST_ON_SCAN
    believable = len(seen) - unknown >= least and unknown <= MOST_UNKNOWN * len(seen)
    hidden = 2 * sum(g.hidden for g in seen) > len(seen)
    return TextLayer(glyphs, believable, hidden)


def _has_meaning(text: str) -> bool:
    """Whether a character is one: neither a replacement nor private, unassigned or control."""
    return text != "\ufffd" and unicodedata.category(text[0]) not in ("Cc", "Cn", "Co", "Cs")


def _glyphs(text_page: Any, count: int, found: Survey) -> Iterator[Glyph | None]:
    import pypdfium2.raw as pdfium

    left, bottom, right, top = found.box
    high = 0
    for i in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, i)
        if 0xD800 <= code < 0xDC00:  # half of a character; the other one follows
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        text = "-" if chr(code) == _HYPHEN else chr(code) if 0 < code < 0x110000 else "\ufffd"
        if text in "\r\n":
            yield None
            continue
        glyph = _glyph(text_page, i, text, found)
        if glyph is None:
            continue
        x, y = (glyph.box[0] + glyph.box[2]) / 2, (glyph.box[1] + glyph.box[3]) / 2
        if left <= x <= right and bottom <= y <= top:  # the rest is cut off by the crop box
            yield glyph


def _glyph(text_page: Any, i: int, text: str, found: Survey) -> Glyph | None:
    import pypdfium2.raw as pdfium

    if pdfium.FPDFText_IsGenerated(text_page, i) == 1:
        return Glyph(" ", _tight_box(text_page, i), (1.0, 0.0), 0.0, (0.0, 0.0), False)
    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, i, x, y)
    along, scale = (1.0, 0.0), 1.0
    if pdfium.FPDFText_GetMatrix(text_page, i, matrix):
        length = math.hypot(matrix.a, matrix.b)
        if length > 0:
            along = (matrix.a / length, matrix.b / length)
        scale = math.hypot(matrix.c, matrix.d)
    size = abs(pdfium.FPDFText_GetFontSize(text_page, i) * scale)
    handle = pdfium.FPDFText_GetTextObject(text_page, i)
    hidden = False
    if handle:
        place = found.order.get(ctypes.cast(handle, ctypes.c_void_p).value or 0)
        below = place is not None and place < found.cover
        hidden = below or pdfium.FPDFTextObj_GetTextRenderMode(handle) in UNSEEN
    return Glyph(text, _box(text_page, i, size), along, size, (x.value, y.value), hidden)


def _box(text_page: Any, i: int, size: float) -> Box:
    """The box with the font's full height, unless the font gives nonsense for it."""
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    if pdfium.FPDFText_GetLooseCharBox(text_page, i, rect):
        box = (rect.left, rect.bottom, rect.right, rect.top)
        if 0 < box[3] - box[1] <= TALLEST * size and 0 < box[2] - box[0] <= TALLEST * size:
            return box
    return _tight_box(text_page, i)


def _tight_box(text_page: Any, i: int) -> Box:
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text_page, i, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


@dataclass(frozen=True, slots=True)
class _Placed:
    """A glyph in pixels, in the frame of its line: along it and down from it."""

    text: str
    start: float
    end: float
    top: float
    foot: float
    base: float
    frame: tuple[float, float]  # direction of the line in the picture

    @property
    def height(self) -> float:
        return max(self.foot - self.top, 1e-3)


def kept_page(layer: TextLayer, how: Geometry, number: int, dpi: float, skip: bool) -> Page:
    """A page as its own text gives it, or an empty one that notes that it was passed over."""
    from ocr_pipeline.layout import Turn, order_lines, page_skew

    width, height = how.size
    if skip:
        return Page(number, width, height, dpi=dpi, meta={"pdf_text": "skipped"})
    runs = list(_runs(_place(layer.glyphs, how)))
    found = [_line(run) for run in runs]
    turn = Turn(width, height, _rotation(runs))
    upright = [turn.forward(line.polygon) for line in found]
    lines = tuple(
        Line(found[i].text, found[i].polygon, words=found[i].words, row=row)
        for i, row in (order_lines(upright) if upright else ())
    )
    return Page(
        number,
        width,
        height,
        lines=lines,
        dpi=dpi,
        meta={"pdf_text": "kept"},
        rotation=turn.rotation,
        skew=page_skew(upright),
    )


def _rotation(runs: Sequence[list[list[_Placed]]]) -> int:
    """The turn that makes most of the text upright."""
    votes = Counter({0: 1})
    for words in runs:
        x, y = words[0][0].frame
        if abs(x) >= abs(y):
            votes[0 if x > 0 else 180] += sum(map(len, words))
        else:
            votes[90 if y < 0 else 270] += sum(map(len, words))
    return votes.most_common(1)[0][0]


def _place(glyphs: Sequence[Glyph | None], how: Geometry) -> Iterator[_Placed | str | None]:
    """Glyphs in pixels; a space as ``" "``, None at the end of a line."""
    for glyph in glyphs:
        if glyph is None:
            yield None
        elif glyph.text.isspace():
            yield " "
        elif _has_meaning(glyph.text):
            yield _placed(glyph, how)


def _placed(glyph: Glyph, how: Geometry) -> _Placed:
    ux = how.a * glyph.along[0] + how.c * glyph.along[1]
    uy = how.b * glyph.along[0] + how.d * glyph.along[1]
    scale = math.hypot(ux, uy) or 1.0
    # A degree or two of slant would only blur which characters stand on one line.
    frame = _squared((ux / scale, uy / scale))
    left, bottom, right, top = glyph.box
    corners = [_pixel(how, x, y) for x in (left, right) for y in (bottom, top)]
    base = _down(_pixel(how, *glyph.origin), frame)
    start, end = _span([_along(corner, frame) for corner in corners])
    upper, foot = _span([_down(corner, frame) for corner in corners])
    if abs(frame[0] * frame[1]) > 0.02:  # slanted: its upright box is larger than itself
        size = glyph.size * scale
        sine, cosine = abs(frame[1]), abs(frame[0])
        wide, high = _span([x for x, _ in corners]), _span([y for _, y in corners])
        if cosine > sine:
            length = (wide[1] - wide[0] - size * sine) / cosine
        else:
            length = (high[1] - high[0] - size * cosine) / sine
        start = _along(_pixel(how, *glyph.origin), frame)
        end = start + max(length, 0.1 * size)
        upper, foot = base - 0.8 * size, base + 0.2 * size
    return _Placed(glyph.text, start, end, upper, foot, base, frame)


def _squared(direction: tuple[float, float]) -> tuple[float, float]:
    x, y = direction
    if abs(y) < 0.005:
        return math.copysign(1.0, x), 0.0
    if abs(x) < 0.005:
        return 0.0, math.copysign(1.0, y)
    return direction


def _pixel(how: Geometry, x: float, y: float) -> tuple[float, float]:
    return how.a * x + how.c * y + how.e, how.b * x + how.d * y + how.f


def _along(point: tuple[float, float], frame: tuple[float, float]) -> float:
    return point[0] * frame[0] + point[1] * frame[1]


def _down(point: tuple[float, float], frame: tuple[float, float]) -> float:
    return point[1] * frame[0] - point[0] * frame[1]


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _runs(items: Iterator[_Placed | str | None]) -> Iterator[list[list[_Placed]]]:
    """Lines as lists of words, parted where the page goes on elsewhere."""
    words: list[list[_Placed]] = []
    last: _Placed | None = None
    spaced = True
    for item in items:
        if isinstance(item, str):
            spaced = True
        elif item is None or (last is not None and _parts(last, item)):
            if words:
                yield words
            words = [[item]] if item is not None else []
            last, spaced = item, item is None
        else:
            if spaced or not words:
                words.append([])
            words[-1].append(item)
            last, spaced = item, False
    if words:
        yield words


def _parts(last: _Placed, new: _Placed) -> bool:
    """Whether a glyph does not stand on the line of the one before it."""
    if last.frame[0] * new.frame[0] + last.frame[1] * new.frame[1] < 0.99:
        return True
    height = max(last.height, new.height)
    gap = new.start - last.end
    return abs(new.base - last.base) > SHIFT * height or not -BACK * height <= gap <= GAP * height


def _line(words: list[list[_Placed]]) -> Line:
    glyphs = [glyph for word in words for glyph in word]
    frame = glyphs[0].frame
    top, foot = min(g.top for g in glyphs), max(g.foot for g in glyphs)

    def quad(some: Sequence[_Placed]) -> Polygon:
        start, end = min(g.start for g in some), max(g.end for g in some)
        corners = ((start, top), (end, top), (end, foot), (start, foot))
        return polygon(
            (x * frame[0] - y * frame[1], x * frame[1] + y * frame[0]) for x, y in corners
        )

    made = tuple(
        Word(
            "".join(g.text for g in word),
            quad(word),
            chars=tuple(Char(g.text, quad([g])) for g in word),
        )
        for word in words
    )
    return Line(" ".join(word.text for word in made), quad(glyphs), words=made)

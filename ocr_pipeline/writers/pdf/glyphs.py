# SPDX-License-Identifier: Apache-2.0
"""The font of invisible text: nothing to see, any character.

A Type 0 font with two-byte codes (Identity-H). A document's characters get codes in the order of
their first use; two blank glyphs, half an em and one em wide, stand for all of them, and the
ToUnicode map says what each code means. So the font has a few hundred bytes and yet knows all of
Unicode.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

from ocr_pipeline.writers.pdf.objects import Name, Store, add_compressed

NAME = "InvisibleText"
EM = 1000
NARROW, WIDE = 500, 1000
# The last code stands for whatever finds none any more, in a document of that many characters.
LAST_CODE = 0xFFFF
REPLACEMENT = "\ufffd"
_DATE = 3_029_529_600  # of the font: the year 2000, in seconds since 1904


def clean(text: str) -> str:
    """A text without control characters; lone surrogates, which no file can hold, replaced."""
    if text.isprintable():
        return text
    chars = (REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)
    return "".join(char for char in chars if unicodedata.category(char) != "Cc")


def visual(text: str) -> str:
    """The characters of a word from left to right, as PDFs hold them: Hebrew and Arabic turned.

    Programs that extract text turn them back.
    """
    turned = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return text[::-1] if turned else text


def advance(char: str) -> int:
    """Width of a character in thousandths of the font size: an em if it is full-width.

    Combining marks have a width too. Extraction puts them on their letters all the same, while
    characters without width get lost in some programs.
    """
    return WIDE if unicodedata.east_asian_width(char) in "WF" else NARROW


def text_width(text: str) -> int:
    """Width of a text in thousandths of the font size."""
    return sum(map(advance, clean(text)))


class Glyphs:
    """Codes of the characters that a document uses."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._overflow = False

    def encode(self, text: str) -> str:
        """The codes of a text as hexadecimal digits."""
        return "".join(f"{self._code(char):04X}" for char in visual(clean(text)))

    def _code(self, char: str) -> int:
        code = self._codes.get(char)
        if code is None:
            code = len(self._codes) + 1
            if code >= LAST_CODE:
                self._overflow = True
                return LAST_CODE
            self._codes[char] = code
        return code

    def _meanings(self) -> dict[int, str]:
        """Code to character, rising."""
        meanings = {code: char for char, code in self._codes.items()}
        if self._overflow:
            meanings[LAST_CODE] = REPLACEMENT
        return meanings

    def to_unicode(self) -> bytes:
        """The CMap that gives each code its text."""
        entries = [
            f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for code, char in self._meanings().items()
        ]
        parts = [_CMAP_HEAD]
        for start in range(0, len(entries), 100):  # the format allows no more at a time
            block = entries[start : start + 100]
            parts += [f"{len(block)} beginbfchar", *block, "endbfchar"]
        return "\n".join([*parts, _CMAP_TAIL]).encode("ascii")

    def add_to(self, store: Store, at: Any) -> None:
        """Writes the font of all that was encoded.

        Args:
            store: the file.
            at: a reserved reference, which pages refer to.
        """
        meanings = self._meanings()
        wide = [code for code, char in meanings.items() if advance(char) == WIDE]
        # Codes without a meaning, and 0, go to .notdef, which is glyph 0.
        glyphs = bytearray(2 * (max(meanings, default=0) + 1))
        for code, char in meanings.items():
            glyphs[2 * code + 1] = 2 if advance(char) == WIDE else 1
        program = font_program()
        descriptor = {
            "Type": Name("FontDescriptor"),
            "FontName": Name(NAME),
            "Flags": 4,
            "FontBBox": [0, 0, EM, EM],
            "ItalicAngle": 0,
            # The em box stands on the baseline, so that a line's box is what gets selected. A
            # descent of 0 would count as missing.
            "Ascent": EM,
            "Descent": -1,
            "CapHeight": EM,
            "StemV": 80,
            "FontFile2": add_compressed(store, {"Length1": len(program)}, program),
        }
        cid_font = {
            "Type": Name("Font"),
            "Subtype": Name("CIDFontType2"),
            "BaseFont": Name(NAME),
            "CIDSystemInfo": {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0},
            "FontDescriptor": store.add(descriptor),
            "DW": NARROW,
            "W": [entry for run in _runs(wide) for entry in (*run, WIDE)],
            "CIDToGIDMap": add_compressed(store, {}, bytes(glyphs)),
        }
        font = {
            "Type": Name("Font"),
            "Subtype": Name("Type0"),
            "BaseFont": Name(NAME),
            "Encoding": Name("Identity-H"),
            "DescendantFonts": [store.add(cid_font)],
            "ToUnicode": add_compressed(store, {}, self.to_unicode()),
        }
        store.add(font, at=at)


def _runs(codes: list[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of every run of consecutive numbers."""
    for _, run in groupby(enumerate(codes), lambda item: item[1] - item[0]):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1]


@lru_cache(maxsize=1)
def font_program() -> bytes:
    """A TrueType font of three glyphs: .notdef, a narrow and a wide one.

    Each is a stroke without area from corner to corner of its cell: it paints nothing, but gives
    the glyph a bounding box, which PDFium selects and extracts by.
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    widths = {".notdef": NARROW, "narrow": NARROW, "wide": WIDE}
    outlines = {}
    for name, width in widths.items():
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        pen.lineTo((width, EM))
        pen.closePath()
        outlines[name] = pen.glyph()
    builder = FontBuilder(EM, isTTF=True)
    builder.font.recalcTimestamp = False  # the same bytes on every day
    builder.setupGlyphOrder(list(widths))
    builder.setupCharacterMap({})
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=EM, descent=0)
    builder.setupNameTable({"familyName": NAME, "styleName": "Regular", "psName": NAME})
    builder.setupOS2(sTypoAscender=EM, sTypoDescender=0, usWinAscent=EM, usWinDescent=0)
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=_DATE, modified=_DATE)
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


_CMAP_HEAD = """\
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange"""
_CMAP_TAIL = """\
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""

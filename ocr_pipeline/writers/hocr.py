# SPDX-License-Identifier: Apache-2.0
"""hOCR 1.2: all pages of a document in one XHTML file, laid out as Tesseract does.

``ocr_page > ocr_carea (block) > ocr_par > ocr_line > ocrx_word (> ocrx_cinfo)``, each with its
``bbox``; an outline that is no upright box stands in ``poly`` as well. White space between two
words means that the line has a space there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ocr_pipeline import __version__
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions
from ocr_pipeline.writers.placed import (
    Box,
    PlacedBlock,
    PlacedLine,
    PlacedParagraph,
    PlacedWord,
    Points,
    corners,
    place,
)
from ocr_pipeline.writers.xml import escape, number

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
    "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
 <head>
  <title>{title}</title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="ocr-pipeline {version}"/>
  <meta name="ocr-capabilities" content="{capabilities}"/>
 </head>
 <body>
"""
_TAIL = " </body>\n</html>\n"
_CLASSES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word"
_PROPERTIES = "ocrp_wconf ocrp_dir ocrp_poly"


def to_hocr(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The file of a document; pages without text are empty ``ocr_page`` elements."""
    return b"".join(stream_hocr(document, document.pages, options))


def stream_hocr(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The file, a page at a time."""
    classes = f"{_CLASSES} ocrx_cinfo" if options.characters else _CLASSES
    yield _HEAD.format(
        title=escape(head.source), version=__version__, capabilities=f"{classes} {_PROPERTIES}"
    ).encode()
    for index, page in enumerate(pages, 1):
        yield "".join(_Builder(index, options).page(head.source, page)).encode()
    yield _TAIL.encode()


def quarter(angle: float) -> int:
    """The nearest quarter turn, in degrees counter-clockwise as hOCR counts: 0, 90, 180, 270."""
    return round(-angle / 90) % 4 * 90


def turned_box(box: Box, textangle: int) -> Points:
    """A box as a polygon that begins at the top left of text turned by quarters."""
    points = corners(box)
    start = {0: 0, 90: 3, 180: 2, 270: 1}[textangle]
    return points[start:] + points[:start]


class _Builder:
    """Writes the elements of one page and numbers them."""

    def __init__(self, index: int, options: WriteOptions) -> None:
        self.index = index
        self.options = options
        self.counts: dict[str, int] = {}

    def opening(self, tag: str, kind: str, prefix: str, title: str, direction: str = "") -> str:
        """The first tag of an element of a class, with the next identifier of its kind."""
        self.counts[prefix] = number = self.counts.get(prefix, 0) + 1
        text = f'<{tag} class="{kind}" id="{prefix}_{self.index}_{number}"'
        text += f' dir="{direction}"' if direction else ""
        return f'{text} title="{title}">'

    def page(self, source: str, page: Page) -> Iterator[str]:
        """``ocr_page`` with everything in it."""
        # The image's name stands in quotes inside the attribute.
        name = source.replace('"', '\\"')
        title = f'image "{name}"; bbox 0 0 {page.width} {page.height}; ppageno {page.number - 1}'
        if page.dpi:
            title += f"; scan_res {number(page.dpi)} {number(page.dpi)}"
        yield f'  <div class="ocr_page" id="page_{self.index}" title="{escape(title)}">\n'
        for block in place(page):
            yield from self.block(block)
        yield "  </div>\n"

    def block(self, block: PlacedBlock) -> Iterator[str]:
        """``ocr_carea``."""
        yield f"   {self.opening('div', 'ocr_carea', 'block', _bbox(block.box))}\n"
        for paragraph in block.paragraphs:
            yield from self.paragraph(paragraph)
        yield "   </div>\n"

    def paragraph(self, paragraph: PlacedParagraph) -> Iterator[str]:
        """``ocr_par``; it has the direction of its lines if they agree."""
        rtl = all(line.rtl for line in paragraph.lines)
        title = _bbox(paragraph.box)
        yield f"    {self.opening('p', 'ocr_par', 'par', title, 'rtl' if rtl else '')}\n"
        for line in paragraph.lines:
            yield from self.line(line, rtl)
        yield "    </p>\n"

    def line(self, line: PlacedLine, inherited: bool) -> Iterator[str]:
        """``ocr_line``."""
        turn = quarter(line.angle)
        title = f"{_bbox(line.box)}{_poly(line.points, line.box, turn)}{_baseline(line, turn)}"
        title += f"; x_size {number(line.height, 2)}; x_wconf {_percent(line.line.confidence)}"
        direction = "" if line.rtl == inherited else "rtl" if line.rtl else "ltr"
        yield f"     {self.opening('span', 'ocr_line', 'line', title, direction)}"
        apart = True
        for word in line.words:
            yield ("\n      " if apart else "") + self.word(word, turn)
            apart = word.space
        yield "\n     </span>\n"

    def word(self, word: PlacedWord, turn: int) -> str:
        """``ocrx_word``, with ``ocrx_cinfo`` if characters are asked for."""
        title = f"{_bbox(word.box)}{_poly(word.points, word.box, turn)}"
        title += f"; x_wconf {_percent(word.confidence)}"
        text = escape(word.text)
        if self.options.characters and word.chars:
            text = "".join(
                f'<span class="ocrx_cinfo" title="x_bboxes {_numbers(char.box)}; '
                f'x_conf {number(100 * char.confidence, 2)}">{escape(char.text)}</span>'
                for char in word.chars
            )
        return f"{self.opening('span', 'ocrx_word', 'word', title)}{text}</span>"


def _bbox(box: Box) -> str:
    return f"bbox {_numbers(box)}"


def _poly(points: Points, box: Box, turn: int) -> str:
    """The outline, where it does not follow from the box and the turn of the text."""
    if not points or points == turned_box(box, turn):
        return ""
    return "; poly " + " ".join(f"{x} {y}" for x, y in points)


def _baseline(line: PlacedLine, turn: int) -> str:
    """Slope and offset from the box's bottom left; the angle instead where the text is turned."""
    if turn:
        return f"; textangle {turn}"
    if len(line.baseline) < 2:
        return ""
    (x0, y0), (x1, y1) = line.baseline[:2]
    slope = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
    offset = y0 + slope * (line.box.left - x0) - line.box.bottom
    return f"; baseline {number(slope)} {number(offset, 1)}"


def _percent(confidence: float) -> int:
    """Whole, from 0 to 100: programs that read hOCR expect no fractions here."""
    return round(100 * confidence)


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))

# SPDX-License-Identifier: Apache-2.0
"""ALTO 2 to 4 to the document tree, from this program or any other that writes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from xml.etree.ElementTree import Element

from ocr_pipeline.core.document import Char, Document, Line, Page, Polygon, Word
from ocr_pipeline.core.interchange.parse import (
    box_polygon,
    extent,
    mean_confidence,
    number,
    orientation,
    parse_xml,
    points,
    share,
)

# Units other than pixels are pixels of an image of this resolution.
_DPI = {"inch1200": 1200.0, "mm10": 254.0}


def from_alto(data: bytes) -> Document:
    """Reads an ALTO file.

    Lost are what it does not hold: detection scores, confidences of lines (they become the mean
    of their words'), visual rows and the resolution. A text block outside a composed block is a
    block and a paragraph.

    Raises:
        DataError: if it is not ALTO.
    """
    root = parse_xml(data, "alto")
    source = root.findtext(".//sourceImageInformation/fileName") or ""
    unit = (root.findtext(".//MeasurementUnit") or "pixel").strip()
    # Some programs leave the spaces out: then each string is a word.
    spaced = root.find(".//SP") is not None
    nodes = root.findall(".//Layout/Page")
    stated = [round(number(node.get("PHYSICAL_IMG_NR"), i)) for i, node in enumerate(nodes, 1)]
    shift = 1 if stated and min(stated) == 0 else 0  # Tesseract counts from 0
    pages = tuple(
        _page(node, page + shift, spaced, _DPI.get(unit))
        for node, page in zip(nodes, stated, strict=True)
    )
    return Document(source, pages)


def _page(node: Element, page: int, spaced: bool, dpi: float | None) -> Page:
    blocks, paragraphs = count(), count()
    lines: list[Line] = []
    for top in _top_blocks(node):
        texts = [text for text in top.iter("TextBlock") if text.find("TextLine") is not None]
        block = next(blocks) if texts else None
        for text in texts:
            paragraph = next(paragraphs)
            lines += [_line(line, spaced, block, paragraph) for line in text.iter("TextLine")]
    space = node.find("PrintSpace")
    width, height = extent(line.polygon for line in lines)
    for source in (space, node) if space is not None else (node,):
        width = round(number(source.get("WIDTH"), width))
        height = round(number(source.get("HEIGHT"), height))
    rotation, skew = orientation(number(node.get("ROTATION"), 0.0))
    return Page(page, width, height, tuple(lines), dpi, rotation=rotation, skew=skew)


def _top_blocks(page: Element) -> Iterator[Element]:
    """Blocks of the print space and of the margins."""
    for space in page:
        for node in space:
            if node.tag in ("TextBlock", "ComposedBlock"):
                yield node


def _line(node: Element, spaced: bool, block: int | None, paragraph: int | None) -> Line:
    words: list[Word] = []
    text = ""
    for child in node:
        if child.tag == "SP":
            text += " "
        elif child.tag == "HYP":  # belongs to the word before it
            text += child.get("CONTENT") or ""
            if words:
                last = words[-1]
                whole = last.text + (child.get("CONTENT") or "")
                words[-1] = Word(whole, last.polygon, last.confidence, last.chars)
        elif child.tag == "String":
            word = _word(child)
            text += word.text if spaced else f" {word.text}"
            if word.text.strip():
                words.append(word)
    return Line(
        " ".join(text.split()),
        _polygon(node),
        mean_confidence(words),
        words=tuple(words),
        block=block,
        paragraph=paragraph,
    )


def _word(node: Element) -> Word:
    chars = tuple(
        Char(child.get("CONTENT") or "", _polygon(child), share(number(child.get("GC"), 1.0)))
        for child in node.iter("Glyph")
    )
    return Word(
        node.get("CONTENT") or "", _polygon(node), share(number(node.get("WC"), 1.0)), chars
    )


def _polygon(node: Element) -> Polygon:
    shape = node.find("Shape/Polygon")
    outline = points(shape.get("POINTS") or "") if shape is not None else ()
    if outline or node.get("HPOS") is None:
        return outline
    left, top = number(node.get("HPOS"), 0.0), number(node.get("VPOS"), 0.0)
    right, bottom = left + number(node.get("WIDTH"), 0.0), top + number(node.get("HEIGHT"), 0.0)
    return box_polygon(left, top, right, bottom)

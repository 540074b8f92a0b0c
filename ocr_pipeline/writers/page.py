# SPDX-License-Identifier: Apache-2.0
"""PAGE 2019-07-15 (PcGts): a file for each page, as its schema has it.

``TextRegion (paragraph) > TextLine > Word (> Glyph)`` with outlines, baselines, texts and
confidences; ``ReadingOrder`` has a group for each block of several paragraphs. The confidence of a
line's ``Coords`` is the detector's score. Visual rows are kept in ``custom``, beside the
``readingOrder`` that Transkribus looks for there.

The schema wants to know when a file was made. Files are to be equal when they hold the same, so
that is the document's ``meta["created"]``, an ISO time, or the epoch where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from xml.etree.ElementTree import Element

from ocr_pipeline import __version__
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.interchange.page import EPOCH
from ocr_pipeline.write_options import DEFAULT, WriteOptions
from ocr_pipeline.writers.alto import text_rotation
from ocr_pipeline.writers.placed import (
    PlacedBlock,
    PlacedLine,
    PlacedParagraph,
    PlacedWord,
    Points,
    corners,
    place,
)
from ocr_pipeline.writers.xml import element, leaf, serialise

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="{NAMESPACE}"
       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:schemaLocation="{NAMESPACE} {NAMESPACE}/pagecontent.xsd">
"""
_TAIL = "</PcGts>\n"


def to_page(document: Document, page: Page, options: WriteOptions = DEFAULT) -> bytes:
    """The file of one page.

    Args:
        document: gives its source and meta; its pages are not looked at.
        page: what to write.
        options: whether characters are written.
    """
    created = document.meta.get("created")
    time = created if isinstance(created, str) else EPOCH
    metadata = element("Metadata", {})
    metadata.append(leaf("Creator", f"ocr-pipeline {__version__}"))
    metadata.append(leaf("Created", time))
    metadata.append(leaf("LastChange", time))
    body = serialise(metadata, 1) + serialise(_page(document.source, page, options), 1)
    return (_HEAD + body + _TAIL).encode()


def _page(source: str, page: Page, options: WriteOptions) -> Element:
    attributes: dict[str, str | float | None] = {
        "imageFilename": source,
        "imageWidth": page.width,
        "imageHeight": page.height,
        "orientation": text_rotation(page) or None,
    }
    if page.dpi:
        attributes |= {"imageXResolution": page.dpi, "imageYResolution": page.dpi}
        attributes["imageResolutionUnit"] = "PPI"
    blocks = place(page)
    node = element("Page", attributes)
    if blocks:
        node.append(_reading_order(blocks))
    paragraphs = [paragraph for block in blocks for paragraph in block.paragraphs]
    for index, paragraph in enumerate(paragraphs):
        node.append(_region(paragraph, index, options))
    return node


def _reading_order(blocks: Sequence[PlacedBlock]) -> Element:
    """Regions in their order; those of a block in a group of its own."""
    group = element("OrderedGroup", {"id": "reading_order"})
    regions = count()
    for index, block in enumerate(blocks):
        names = [f"region_{next(regions)}" for _ in block.paragraphs]
        if len(names) == 1:
            group.append(element("RegionRefIndexed", {"index": index, "regionRef": names[0]}))
            continue
        inner = element("OrderedGroupIndexed", {"id": f"block_{index}", "index": index})
        for place_in_block, name in enumerate(names):
            inner.append(element("RegionRefIndexed", {"index": place_in_block, "regionRef": name}))
        group.append(inner)
    return element("ReadingOrder", {}, group)


def _region(paragraph: PlacedParagraph, index: int, options: WriteOptions) -> Element:
    name = f"region_{index}"
    node = element(
        "TextRegion",
        {"id": name, "type": "paragraph", "custom": f"readingOrder {{index:{index};}}"},
        _coords(corners(paragraph.box)),
    )
    for number, line in enumerate(paragraph.lines):
        node.append(_line(line, f"{name}_line_{number}", number, options))
    node.append(_text("\n".join(line.line.text for line in paragraph.lines)))
    return node


def _line(line: PlacedLine, name: str, index: int, options: WriteOptions) -> Element:
    custom = f"readingOrder {{index:{index};}}"
    if line.line.row is not None:
        custom += f" row {{index:{line.line.row};}}"
    attributes: dict[str, str | float | None] = {
        "id": name,
        "readingDirection": "right-to-left" if line.rtl else None,
        "custom": custom,
    }
    node = element("TextLine", attributes, _coords(line.points, line.line.detection))
    if len(line.baseline) > 1:
        node.append(element("Baseline", {"points": _points(line.baseline)}))
    for number, word in enumerate(line.words):
        node.append(_word(word, f"{name}_word_{number}", options))
    node.append(_text(line.line.text, line.line.confidence))
    return node


def _word(word: PlacedWord, name: str, options: WriteOptions) -> Element:
    node = element("Word", {"id": name}, _coords(word.points))
    for number, char in enumerate(word.chars if options.characters else ()):
        glyph = element("Glyph", {"id": f"{name}_glyph_{number}"}, _coords(char.points))
        glyph.append(_text(char.text, char.confidence))
        node.append(glyph)
    node.append(_text(word.text, word.confidence))
    return node


def _coords(points: Points, conf: float | None = None) -> Element:
    return element("Coords", {"points": _points(points), "conf": conf})


def _points(points: Points) -> str:
    """``x,y x,y``; the schema wants at least two points, so that what has no place is at 0,0."""
    return " ".join(f"{x},{y}" for x, y in points if len(points) > 1) or "0,0 0,0"


def _text(text: str, conf: float | None = None) -> Element:
    return element("TextEquiv", {"conf": conf}, leaf("Unicode", text))

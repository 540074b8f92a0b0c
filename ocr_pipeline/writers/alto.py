# SPDX-License-Identifier: Apache-2.0
"""ALTO 4.4: all pages of a document in one file, coordinates in pixels.

``Page > PrintSpace > ComposedBlock (block) > TextBlock (paragraph) > TextLine > String (> Glyph)``
with ``SP`` for the spaces of a line. Outlines are in ``Shape/Polygon`` (points as ``x y x y``, the
common way) for lines always, elsewhere where they are no upright box. Nothing in the file depends
on when it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from xml.etree.ElementTree import Element

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
from ocr_pipeline.writers.xml import clean, element, escape, serialise

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{namespace}"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
      xsi:schemaLocation="{namespace} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
      SCHEMAVERSION="4.4">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
  <sourceImageInformation>
   <fileName>{source}</fileName>
  </sourceImageInformation>
  <Processing ID="ocr">
   <processingCategory>contentGeneration</processingCategory>
   <processingStepDescription>text recognition</processingStepDescription>
   <processingSoftware>
    <softwareName>ocr-pipeline</softwareName>
    <softwareVersion>{version}</softwareVersion>
   </processingSoftware>
  </Processing>
 </Description>
 <Layout>
"""
_TAIL = " </Layout>\n</alto>\n"


def to_alto(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The file of a document; pages without text have an empty ``PrintSpace``."""
    return b"".join(stream_alto(document, document.pages, options))


def stream_alto(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The file, a page at a time."""
    yield _HEAD.format(
        namespace=NAMESPACE, source=escape(head.source), version=__version__
    ).encode()
    for index, page in enumerate(pages, 1):
        yield serialise(_Builder(index, options).page(page), level=2).encode()
    yield _TAIL.encode()


def text_rotation(page: Page) -> float:
    """Degrees by which a page's text is turned counter-clockwise, -180 (excluded) to 180."""
    turn = (page.rotation - page.skew) % 360
    return turn - 360 if turn > 180 else turn


def points_of(points: Points) -> str:
    """``x y x y ...``."""
    return " ".join(f"{x} {y}" for x, y in points)


class _Builder:
    """Makes the elements of one page and numbers them."""

    def __init__(self, index: int, options: WriteOptions) -> None:
        self.index = index
        self.options = options
        self.counts: dict[str, int] = {}

    def name(self, kind: str) -> str:
        """The next identifier of a kind of element."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}_{self.index}_{self.counts[kind]}"

    def page(self, page: Page) -> Element:
        """``Page`` with everything in it."""
        blocks = [node for block in place(page) for node in self.block(block)]
        space = element(
            "PrintSpace", {"HPOS": 0, "VPOS": 0, "WIDTH": page.width, "HEIGHT": page.height}
        )
        space.extend(blocks)
        attributes: dict[str, str | float | None] = {
            "ID": f"page_{self.index}",
            "PHYSICAL_IMG_NR": page.number,
            "WIDTH": page.width,
            "HEIGHT": page.height,
            "PROCESSINGREFS": "ocr",
            "ROTATION": text_rotation(page) or None,
        }
        return element("Page", attributes, space)

    def block(self, block: PlacedBlock) -> list[Element]:
        """``ComposedBlock``, or its paragraphs alone where the layout was not analysed."""
        name = self.name("block")
        paragraphs = [self.paragraph(paragraph) for paragraph in block.paragraphs]
        if block.number is None:
            return paragraphs
        return [element("ComposedBlock", {"ID": name, **_place(block.box)}, *paragraphs)]

    def paragraph(self, paragraph: PlacedParagraph) -> Element:
        """``TextBlock``."""
        name = self.name("par")
        lines = [self.line(line) for line in paragraph.lines]
        return element("TextBlock", {"ID": name, **_place(paragraph.box)}, *lines)

    def line(self, line: PlacedLine) -> Element:
        """``TextLine``; one without text has a ``String`` all the same, as the schema demands."""
        attributes: dict[str, str | float | None] = {
            "ID": self.name("line"),
            **_place(line.box),
            "BASELINE": points_of(line.baseline) or None,
            "BASEDIRECTION": "rtl" if line.rtl else None,
        }
        node = element("TextLine", attributes)
        if line.points:
            node.append(_shape(line.points))
        for word, follower in zip_longest(line.words, line.words[1:]):
            node.append(self.word(word))
            if follower is not None and word.space:
                node.append(element("SP", _gap(word.box, follower.box)))
        if not line.words:
            node.append(element("String", {"CONTENT": "", **_place(line.box)}))
        return node

    def word(self, word: PlacedWord) -> Element:
        """``String``; a glyph holds one character, so longer ones are left out with their word."""
        attributes: dict[str, str | float | None] = {
            "ID": self.name("string"),
            "CONTENT": word.text,
            **_place(word.box),
            "WC": word.confidence,
        }
        node = element("String", attributes)
        if word.points and word.points != corners(word.box):
            node.append(_shape(word.points))
        if not word.chars or any(len(clean(char.text)) != 1 for char in word.chars):
            return node
        # 0 is sure here and 9 is not.
        node.set("CC", " ".join(str(9 - round(9 * char.confidence)) for char in word.chars))
        for char in word.chars if self.options.characters else ():
            glyph = element(
                "Glyph", {"CONTENT": char.text, "GC": char.confidence, **_place(char.box)}
            )
            if char.points and char.points != corners(char.box):
                glyph.append(_shape(char.points))
            node.append(glyph)
        return node


def _place(box: Box) -> dict[str, int]:
    return {"HPOS": box.left, "VPOS": box.top, "WIDTH": box.width, "HEIGHT": box.height}


def _gap(word: Box, follower: Box) -> dict[str, int]:
    """Place of the space between two words; from the right in a line that runs to the left."""
    left, right = word.right, follower.left
    if right < left:
        left, right = follower.right, word.left
    return {"HPOS": left, "VPOS": word.top, "WIDTH": max(0, right - left)}


def _shape(points: Points) -> Element:
    return element("Shape", {}, element("Polygon", {"POINTS": points_of(points)}))

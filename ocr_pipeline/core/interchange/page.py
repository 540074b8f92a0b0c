# SPDX-License-Identifier: Apache-2.0
"""PAGE (PcGts, 2013 to 2019) to the document tree, from this program or any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, pairwise
from xml.etree.ElementTree import Element

from ocr_pipeline.core.document import Char, Document, Line, Page, Polygon, Word
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.interchange.parse import (
    extent,
    mean_confidence,
    number,
    orientation,
    parse_xml,
    points,
    share,
)

#: Time that files of documents without a time of their own state: equal documents, equal bytes.
EPOCH = "1970-01-01T00:00:00Z"

_ROW = re.compile(r"\brow\s*\{\s*index\s*:\s*(\d+)")
# Baselines nearer than this, in pixels, are of one row.
_LEAST_PITCH = 6.0
# Share of the distance between two baselines that letters fill above theirs, and below.
_ASCENT, _DESCENT = 0.62, 0.25
_PPI = {"PPI": 1.0, "PPCM": 2.54}


def from_page(data: bytes) -> Document:
    """Reads a PAGE file, as a document of one page with number 1.

    Regions come in the reading order that the file states, others after them. An entry of the
    reading order is a block, a region with lines a paragraph.

    Raises:
        DataError: if it is not PAGE.
    """
    root = parse_xml(data, "PcGts")
    node = root.find("Page")
    if node is None:
        raise DataError("not PAGE: there is no element Page")
    created = (root.findtext("Metadata/Created") or EPOCH).strip()
    meta = {} if created == EPOCH else {"created": created}
    return Document(node.get("imageFilename") or "", (_page(node),), meta)


def _page(node: Element) -> Page:
    paragraphs = count()
    lines: list[Line] = []
    pitch = _pitch(node)
    for block, regions in enumerate(_blocks(node)):
        for region in regions:
            paragraph = next(paragraphs)
            lines += [_line(line, block, paragraph, pitch) for line in _lines(region)]
    width, height = extent(line.polygon for line in lines)
    resolution = number(node.get("imageXResolution"), 0.0)
    dpi = resolution * _PPI.get(node.get("imageResolutionUnit") or "PPI", 0.0)
    rotation, skew = orientation(number(node.get("orientation"), 0.0))
    return Page(
        1,
        round(number(node.get("imageWidth"), width)),
        round(number(node.get("imageHeight"), height)),
        tuple(lines),
        dpi if dpi > 0 else None,
        rotation=rotation,
        skew=skew,
    )


def _blocks(page: Element) -> list[list[Element]]:
    """Regions with lines, those of an entry of the reading order together."""
    regions = {
        region.get("id") or f"#{index}": region
        for index, region in enumerate(page.iter("TextRegion"))
        if _lines(region)
    }
    order = page.find("ReadingOrder")
    groups = [list(_references(entry)) for entry in _entries(order)]
    named = {name for group in groups for name in group}
    groups += [[name] for name in regions if name not in named]
    blocks = [[regions.pop(name) for name in group if name in regions] for group in groups]
    return [block for block in blocks if block]


def _entries(order: Element | None) -> list[Element]:
    """What stands in the outermost group of a reading order."""
    if order is None or not len(order):
        return []
    return _sorted(order[0])


def _references(entry: Element) -> Iterator[str]:
    """Names of the regions of an entry, in their order."""
    if entry.get("regionRef"):
        yield entry.get("regionRef") or ""
    for child in _sorted(entry):
        yield from _references(child)


def _sorted(group: Element) -> list[Element]:
    """Entries of a group by their index; those of an unordered one as they stand."""
    return sorted(group, key=lambda child: number(child.get("index"), 0.0))


def _lines(region: Element) -> list[Element]:
    """Lines of a region; a region with text and no lines stands for a line."""
    lines = region.findall("TextLine")
    if lines or not _text(region):
        return lines
    return [] if region.find("TextRegion") is not None else [region]


def _pitch(page: Element) -> float | None:
    """Distance between a page's baselines, half of the gaps being wider; None for fewer than 2."""
    heights = sorted(
        sum(y for _, y in line) / len(line)
        for line in (points(node.get("points") or "") for node in page.iter("Baseline"))
        if line
    )
    gaps = sorted(b - a for a, b in pairwise(heights) if b - a > _LEAST_PITCH)
    return gaps[len(gaps) // 2] if gaps else None


def _above(node: Element, pitch: float | None) -> Polygon:
    """Outline of a line that has a baseline alone: what its letters fill of the pitch."""
    baseline = node.find("Baseline")
    line = () if baseline is None else points(baseline.get("points") or "")
    if not line or pitch is None:
        return ()
    top = tuple((x, y - _ASCENT * pitch) for x, y in line)
    return top + tuple((x, y + _DESCENT * pitch) for x, y in reversed(line))


def _line(node: Element, block: int, paragraph: int, pitch: float | None) -> Line:
    words = tuple(word for word in map(_word, node.findall("Word")) if word.text)
    text = _text(node) or " ".join(word.text for word in words)
    equivalent = _equivalent(node)
    stated = None if equivalent is None else equivalent.get("conf")
    row = _ROW.search(node.get("custom") or "")
    coords = node.find("Coords")
    return Line(
        " ".join(text.split()),
        _polygon(node) or _above(node, pitch),
        mean_confidence(words) if stated is None else share(number(stated, 1.0)),
        1.0 if coords is None else share(number(coords.get("conf"), 1.0)),
        words,
        int(row.group(1)) if row else None,
        block,
        paragraph,
    )


def _word(node: Element) -> Word:
    chars = tuple(
        Char(_text(glyph), _polygon(glyph), _confidence(glyph))
        for glyph in node.findall("Glyph")
        if _text(glyph)
    )
    text = _text(node).strip() or "".join(char.text for char in chars)
    return Word(text, _polygon(node), _confidence(node), chars)


def _equivalent(node: Element) -> Element | None:
    """The first choice among the readings of an element."""
    readings = node.findall("TextEquiv")
    return min(readings, key=lambda child: number(child.get("index"), 0.0), default=None)


def _text(node: Element) -> str:
    equivalent = _equivalent(node)
    if equivalent is None:
        return ""
    return equivalent.findtext("Unicode") or equivalent.findtext("PlainText") or ""


def _confidence(node: Element) -> float:
    equivalent = _equivalent(node)
    return 1.0 if equivalent is None else share(number(equivalent.get("conf"), 1.0))


def _polygon(node: Element) -> Polygon:
    coords = node.find("Coords")
    return () if coords is None else points(coords.get("points") or "")

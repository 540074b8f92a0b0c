# SPDX-License-Identifier: Apache-2.0
"""What the readers of several formats share: numbers, boxes, XML trees, confidences."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ocr_pipeline.core.document import Polygon, Word
from ocr_pipeline.core.errors import DataError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def numbers(text: str) -> list[float]:
    """All numbers in a text, whatever parts them."""
    return [float(part) for part in _NUMBER.findall(text)]


def number(text: str | None, default: float) -> float:
    """The first number of an attribute, or a default where there is none."""
    found = numbers(text or "")
    return found[0] if found and math.isfinite(found[0]) else default


def points(text: str) -> Polygon:
    """Points of ``x,y x,y`` or ``x y x y``; nothing if they are all one, or none."""
    found = numbers(text)
    pairs = tuple(zip(found[::2], found[1::2], strict=False))
    return pairs if len(set(pairs)) > 1 else ()


def box_polygon(left: float, top: float, right: float, bottom: float, turn: int = 0) -> Polygon:
    """A box as a polygon, clockwise from the top left of its text.

    Args:
        left, top, right, bottom: edges in pixels.
        turn: degrees counter-clockwise by which the text is turned: 0, 90, 180 or 270.
    """
    if left == right and top == bottom:
        return ()
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    start = {0: 0, 90: 3, 180: 2, 270: 1}[turn]
    return corners[start:] + corners[:start]


def share(value: float) -> float:
    """A confidence between 0 and 1, whatever a file claims."""
    return 0.0 if math.isnan(value) else round(min(max(value, 0.0), 1.0), 4)


def mean_confidence(words: Sequence[Word]) -> float:
    """Confidence of a line that states none: the geometric mean over its characters."""
    length = sum(len(word.text) for word in words)
    if not length:
        return 1.0
    logs = sum(len(word.text) * math.log(max(word.confidence, 1e-6)) for word in words)
    return share(math.exp(logs / length))


def parse_xml(data: bytes, root: str) -> Element:
    """The tree of an XML file, with names that have lost their namespaces.

    Args:
        data: the file.
        root: name that its root must have.

    Raises:
        DataError: if it is no XML or of another kind.
    """
    try:
        tree = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"not well-formed XML: {error}") from error
    for node in tree.iter():
        if isinstance(node.tag, str):
            node.tag = node.tag.rpartition("}")[2]
    if tree.tag != root:
        raise DataError(f"the root element is <{tree.tag}>, not <{root}>")
    return tree


def extent(polygons: Iterable[Polygon]) -> tuple[int, int]:
    """Width and height of a page that holds polygons, where the file does not say."""
    corners = [point for polygon in polygons for point in polygon]
    if not corners:
        return 1, 1
    return max(1, math.ceil(max(x for x, _ in corners))), max(
        1, math.ceil(max(y for _, y in corners))
    )


def orientation(degrees: float) -> tuple[int, float]:
    """(rotation, skew) of a page whose text is turned counter-clockwise by some degrees."""
    rotation = round(degrees / 90) * 90
    return rotation % 360, round(rotation - degrees, 4) or 0.0

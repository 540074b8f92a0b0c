# SPDX-License-Identifier: Apache-2.0
"""The document tree: ``Document > Page > Line > Word > Char``.

Polygons are tuples of (x, y) in pixels of the original image, origin top left, clockwise from
the top-left corner of the text. Confidences run from 0 to 1. Writers consume this tree and
nothing else; it goes to JSON and back unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocr_pipeline.core.errors import DataError

Point = tuple[float, float]
Polygon = tuple[Point, ...]

FORMAT_VERSION = 1


def polygon(points: Iterable[Iterable[float]], digits: int = 2) -> Polygon:
    """Makes a polygon of any nested sequence of numbers, rounded so that JSON stays short."""
    return tuple((round(float(x), digits), round(float(y), digits)) for x, y in points)


def _check_confidence(value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise DataError(f"a confidence must lie between 0 and 1, not {value!r}")


@dataclass(frozen=True, slots=True)
class Char:
    """One character as the recognizer placed it along its line."""

    text: str
    polygon: Polygon
    confidence: float = 1.0

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a space."""

    text: str
    polygon: Polygon
    confidence: float = 1.0
    chars: tuple[Char, ...] = ()

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)


@dataclass(frozen=True, slots=True)
class Line:
    """A text line. ``detection`` is the detector's score, ``confidence`` the recognizer's.

    ``row`` numbers the visual row of the page in reading order: lines of one row stand side by
    side and share one line of plain text. ``block`` numbers the region of the page (a column, a
    table) that the line belongs to, ``paragraph`` its paragraph, both from 0 over the page in
    reading order; None where the layout was not analysed. ``value`` is what the text comes to,
    where it is an arithmetic expression and its value was asked for.
    """

    text: str
    polygon: Polygon
    confidence: float = 1.0
    detection: float = 1.0
    words: tuple[Word, ...] = ()
    row: int | None = None
    block: int | None = None
    paragraph: int | None = None
    value: int | None = None

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)
        _check_confidence(self.detection)


@dataclass(frozen=True, slots=True)
class Page:
    """A page image and its lines in reading order. Sizes in pixels.

    ``rotation`` is what the image was turned by to be upright: 0, 90, 180 or 270 degrees
    clockwise; ``skew`` is the slant in degrees, clockwise, that the upright page still has.
    Width, height and all polygons are those of the image as it came.
    """

    number: int
    width: int
    height: int
    lines: tuple[Line, ...] = ()
    dpi: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    rotation: int = 0
    skew: float = 0.0

    @property
    def text(self) -> str:
        """Lines in reading order; those of one row joined by a space, a blank line between
        paragraphs. An expression with its value: ``(1+4)*2=10``."""
        parts: list[str] = []
        previous: Line | None = None
        for line in self.lines:
            if previous is not None:
                parts.append(_between(previous, line))
            parts.append(line.text if line.value is None else f"{line.text}={line.value}")
            previous = line
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The page as a tree of plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = _to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Page:
        """The inverse of :meth:`to_dict`.

        Raises:
            DataError: if a key is missing or a value is of the wrong kind.
        """
        try:
            return _page(data)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"not a page of a document tree: {error!r}") from error


def _between(above: Line, below: Line) -> str:
    """What parts a line from the next one in plain text."""
    if below.row is not None and below.row == above.row:
        return " "
    same = (above.block, above.paragraph) == (below.block, below.paragraph)
    return "\n" if same else "\n\n"


@dataclass(frozen=True, slots=True)
class Document:
    """One input: its name and its pages."""

    source: str
    pages: tuple[Page, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Texts of the pages, separated by form feeds."""
        return "\f".join(page.text for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        """A tree of plain dicts, lists, strings and numbers."""
        return {"format_version": FORMAT_VERSION, **_to_plain(self)}

    def to_json(self, indent: int | None = None) -> str:
        """The tree as JSON; equal trees give equal strings."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """The inverse of :meth:`to_dict`.

        Raises:
            DataError: if a key is missing, or the format is newer than this program.
        """
        version = data.get("format_version", FORMAT_VERSION)
        if version > FORMAT_VERSION:
            raise DataError(
                f"the document is of format {version}, newer than {FORMAT_VERSION}: "
                "update this program"
            )
        try:
            pages = tuple(_page(page) for page in data["pages"])
            return cls(data["source"], pages, dict(data.get("meta", {})))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"not a document tree: {error!r}") from error

    @classmethod
    def from_json(cls, text: str | bytes) -> Document:
        """The inverse of :meth:`to_json`."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"not JSON: {error}") from error
        return cls.from_dict(data)


def _to_plain(node: Any) -> Any:
    """Dataclasses to dicts; unlike ``dataclasses.asdict`` it leaves out what is not set."""
    if isinstance(node, Word):  # the plain way: a page has hundreds of them
        return _plain_char(node) | {"chars": [_plain_char(char) for char in node.chars]}
    if isinstance(node, (Document, Page, Line)):
        plain = {name: _to_plain(getattr(node, name)) for name in node.__dataclass_fields__}
        return {key: value for key, value in plain.items() if value is not None}
    if isinstance(node, (tuple, list)):
        return [_to_plain(item) for item in node]
    if isinstance(node, Mapping):
        return {key: _to_plain(value) for key, value in node.items()}
    return node


def _plain_char(node: Char | Word) -> dict[str, Any]:
    """What a character and a word have in common."""
    points = [list(point) for point in node.polygon]
    return {"text": node.text, "polygon": points, "confidence": node.confidence}


def _points(data: Any) -> Polygon:
    return tuple((float(x), float(y)) for x, y in data)


def _char(data: Mapping[str, Any]) -> Char:
    return Char(data["text"], _points(data["polygon"]), data["confidence"])


def _word(data: Mapping[str, Any]) -> Word:
    chars = tuple(_char(char) for char in data.get("chars", ()))
    return Word(data["text"], _points(data["polygon"]), data["confidence"], chars)


def _line(data: Mapping[str, Any]) -> Line:
    words = tuple(_word(word) for word in data.get("words", ()))
    return Line(
        data["text"],
        _points(data["polygon"]),
        data["confidence"],
        data.get("detection", 1.0),
        words,
        data.get("row"),
        data.get("block"),
        data.get("paragraph"),
        data.get("value"),
    )


def _page(data: Mapping[str, Any]) -> Page:
    lines = tuple(_line(line) for line in data.get("lines", ()))
    return Page(
        data["number"],
        data["width"],
        data["height"],
        lines,
        data.get("dpi"),
        dict(data.get("meta", {})),
        data.get("rotation", 0),
        data.get("skew", 0.0),
    )

# SPDX-License-Identifier: Apache-2.0
"""A page as the formats with boxes see it: whole pixels, blocks, paragraphs, words with places.

The formats know no fractions of pixels and nothing outside the image, so polygons are rounded
and clipped here. Words that the tree has no places for get theirs by their share of the line.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ocr_pipeline.assembly import slice_quad
from ocr_pipeline.core.document import Line, Page, Polygon, Word
from ocr_pipeline.core.geometry import as_quad, quad_size

Points = tuple[tuple[int, int], ...]

# Where the baseline lies, in heights above the lower edge of a line's outline: the detector's
# boxes include descenders and a little margin.
DESCENT = 0.2


class Box(NamedTuple):
    """An upright box in pixels; right and bottom lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class PlacedChar:
    """A character with its outline."""

    text: str
    confidence: float
    points: Points

    @property
    def box(self) -> Box:
        """The box around it."""
        return box_of(self.points)


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word with its outline; ``space`` says whether a space follows on its line.

    ``chars`` is empty unless the characters make up the word's text.
    """

    text: str
    confidence: float
    points: Points
    space: bool
    chars: tuple[PlacedChar, ...]

    @property
    def box(self) -> Box:
        """The box around it."""
        return box_of(self.points)


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line with its words.

    Attributes:
        line: the line of the tree.
        points: its outline.
        words: its words; none only where the line has no text.
        angle: degrees, clockwise, by which its text runs off the horizontal, -180 to 180.
        height: of its text, across its direction, in pixels.
        baseline: two points on which its letters stand.
        rtl: whether its text begins with a letter of a script written from right to left.
    """

    line: Line
    points: Points
    words: tuple[PlacedWord, ...]
    angle: float
    height: float
    baseline: Points
    rtl: bool

    @property
    def box(self) -> Box:
        """The box around it."""
        return box_of(self.points)


@dataclass(frozen=True, slots=True)
class PlacedParagraph:
    """Lines that follow one another."""

    lines: tuple[PlacedLine, ...]

    @property
    def box(self) -> Box:
        """The box around it."""
        return union(line.box for line in self.lines)


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """Paragraphs of one region; ``number`` is None where the layout was not analysed."""

    number: int | None
    paragraphs: tuple[PlacedParagraph, ...]

    @property
    def box(self) -> Box:
        """The box around it."""
        return union(paragraph.box for paragraph in self.paragraphs)


def place(page: Page) -> tuple[PlacedBlock, ...]:
    """Blocks of a page in reading order.

    Lines that follow one another and share a block, and a paragraph, are grouped; the order of
    the lines stays what it is.
    """
    return tuple(
        PlacedBlock(
            number,
            tuple(
                PlacedParagraph(tuple(_place_line(line, page) for line in lines))
                for _, lines in groupby(block, key=lambda line: line.paragraph)
            ),
        )
        for number, block in groupby(page.lines, key=lambda line: line.block)
    )


def pixels(polygon: Iterable[Sequence[float]], page: Page) -> Points:
    """Points rounded to whole pixels inside the page."""
    return tuple(
        (min(max(round(x), 0), page.width), min(max(round(y), 0), page.height)) for x, y in polygon
    )


def box_of(points: Points) -> Box:
    """The box around points; all zeros where there are none."""
    if not points:
        return Box(0, 0, 0, 0)
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def union(boxes: Iterable[Box]) -> Box:
    """The box around boxes; all zeros where there are none."""
    corners = [corner for box in boxes for corner in ((box[0], box[1]), (box[2], box[3]))]
    return box_of(tuple(corners))


def corners(box: Box) -> Points:
    """A box as a polygon, clockwise from the top left."""
    return (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )


def outline(line: Line) -> Polygon:
    """A line's polygon, or the box around its words' where it has none."""
    if line.polygon:
        return line.polygon
    points = [point for word in line.words for point in word.polygon]
    if not points:
        return ()
    xs, ys = zip(*points, strict=True)
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction belongs to a script written from the right."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def _place_line(line: Line, page: Page) -> PlacedLine:
    polygon = outline(line)
    angle = height = 0.0
    baseline: Points = ()
    if polygon:
        quad = as_quad(polygon)
        along = (quad[1] - quad[0]) + (quad[2] - quad[3])
        angle = math.degrees(math.atan2(along[1], along[0]))
        height = quad_size(quad)[1]
        ends = quad[[3, 2]] + DESCENT * (quad[[0, 1]] - quad[[3, 2]])
        baseline = pixels(ends.tolist(), page)
    words = line.words or _guess_words(line, polygon)
    spaces = _spaces(line.text, words)
    placed = tuple(
        _place_word(word, space, page) for word, space in zip(words, spaces, strict=True)
    )
    points = pixels(polygon, page)
    return PlacedLine(line, points, placed, angle, height, baseline, is_rtl(line.text))


def _place_word(word: Word, space: bool, page: Page) -> PlacedWord:
    chars: tuple[PlacedChar, ...] = ()
    if word.chars and "".join(char.text for char in word.chars) == word.text:
        chars = tuple(
            PlacedChar(char.text, char.confidence, pixels(char.polygon, page))
            for char in word.chars
        )
    return PlacedWord(word.text, word.confidence, pixels(word.polygon, page), space, chars)


def _guess_words(line: Line, polygon: Polygon) -> tuple[Word, ...]:
    """Words of a line that came without: each takes its share of the line by its characters."""
    texts = line.text.split()
    if not texts:
        return ()
    if not polygon:
        return tuple(Word(text, (), line.confidence) for text in texts)
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - [len(text) for text in texts]
    quad = as_quad(polygon)
    if is_rtl(line.text):
        starts, ends = ends[-1] - ends, ends[-1] - starts
    total = max(int(ends.max()), 1)
    places = slice_quad(quad, starts / total, ends / total)
    return tuple(Word(t, p, line.confidence) for t, p in zip(texts, places, strict=True))


def _spaces(text: str, words: Sequence[Word]) -> list[bool]:
    """For each word whether the line has a space after it; where they disagree, a space."""
    spaces, place = [], 0
    for word in words:
        while place < len(text) and text[place].isspace():
            place += 1
        if not text.startswith(word.text, place):
            return [True] * (len(words) - 1) + [False] if words else []
        place += len(word.text)
        spaces.append(place < len(text) and text[place].isspace())
    if spaces:
        spaces[-1] = False
    return spaces

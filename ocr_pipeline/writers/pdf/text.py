# SPDX-License-Identifier: Apache-2.0
"""The invisible text of a page: every word over its picture, in reading order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ocr_pipeline.core.document import Line, Page, Point, Polygon
from ocr_pipeline.core.geometry import bounding_box
from ocr_pipeline.writers.pdf.glyphs import NARROW, Glyphs, clean, text_width
from ocr_pipeline.writers.pdf.objects import number

# Smallest font in points and smallest scaling in percent: viewers take zero for an error.
MIN_SIZE = 0.1
MIN_SCALE = 0.1
# Words of a line that slants by less than this, as scans do, are drawn level, each at its height:
# poppler tears words apart whose characters do not stand on one level. With more slant PDFium would
# tear the words of such a line apart.
LEVEL = math.cos(math.radians(4))
# Cosine between two directions above which they count as the same.
TURNED = 0.7


@dataclass(frozen=True, slots=True)
class Affine:
    """x' = a x + c y + e, y' = b x + d y + f: from pixels to the units of a PDF page."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def __call__(self, point: Point) -> Point:
        x, y = point
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


@dataclass(frozen=True, slots=True)
class Axis:
    """The line's middle as a directed straight line, in units of the page.

    Attributes:
        origin: where it starts.
        along: unit vector in reading direction.
        size: height of the line.
        drawn: unit vector in which words are drawn.
    """

    origin: Point
    along: Point
    size: float
    drawn: Point

    def place(self, point: Point) -> float:
        """Where a point lies along the line."""
        return _dot(_minus(point, self.origin), self.along)

    def foot(self, start: float, end: float) -> Point:
        """The lower left corner of a box, drawn around the middle between two places."""
        middle, half = (start + end) / 2, self.length(start, end) / 2
        x, y = (o + middle * a for o, a in zip(self.origin, self.along, strict=True))
        cos, sin = self.drawn
        low = self.size / 2
        return x - half * cos + low * sin, y - half * sin - low * cos

    def length(self, start: float, end: float) -> float:
        """Of what lies between two places, as it is drawn."""
        return (end - start) * _dot(self.along, self.drawn)


@dataclass(frozen=True, slots=True)
class Run:
    """A word and its extent along the line."""

    text: str
    start: float
    end: float


def page_text(page: Page, to_page: Affine, glyphs: Glyphs, font: str) -> bytes:
    """Operators that put a page's text over its picture without painting it.

    Args:
        page: lines in reading order, in pixels.
        to_page: from these pixels to the page's default user space.
        glyphs: gives the codes; shared by all pages of a document.
        font: name of the font among the page's resources.

    Returns:
        A content stream with one text object for each line, which leaves the graphics state as
        it was; empty if there is no text.
    """
    lines = []
    for line in page.lines:
        if len(line.polygon) > 1:
            axis = _axis(line.polygon, to_page)
            runs = [run for run in _runs(line, axis, to_page) if clean(run.text)]
            if runs:
                lines.append((axis, runs))
    if not lines:
        return b""
    screen = math.atan2(to_page.b, to_page.a)  # where pixels run to the right
    turns = [math.atan2(axis.along[1], axis.along[0]) - screen for axis, _ in lines]
    level = sum(abs(math.cos(turn)) > TURNED for turn in turns) * 2 >= len(lines)
    parts = ["q"]
    for (axis, runs), turn in zip(lines, turns, strict=True):
        usual = math.cos(turn) > TURNED if level else abs(math.sin(turn)) > TURNED
        show = _word_by_word if usual else _one_string
        parts += [f"BT 3 Tr /{font} {number(axis.size)} Tf", *show(runs, axis, glyphs), "ET"]
    return "\n".join([*parts, "Q", ""]).encode("ascii")


def _word_by_word(runs: Sequence[Run], axis: Axis, glyphs: Glyphs) -> Iterator[str]:
    """Every word with its own matrix and width, and a space that fills every gap."""
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        scale = _scale(axis.length(run.start, run.end), text_width(run.text), axis)
        yield f"{scale} Tz {_matrix(axis, run)} Tm <{glyphs.encode(run.text)}> Tj"
        if following is not None:
            scale = _scale(axis.length(run.end, following.start), NARROW, axis)
            yield f"{scale} Tz <{glyphs.encode(' ')}> Tj"


def _one_string(runs: Sequence[Run], axis: Axis, glyphs: Glyphs) -> Iterator[str]:
    """All words in one operation, each at its place and all with one width.

    Some programs put words that are upside down, or sideways on a level page, in the order of
    their places on the screen, but never tear a string apart.
    """
    axis = replace(axis, drawn=axis.along)
    widths = [text_width(run.text) for run in runs]
    scale = _scale(sum(run.end - run.start for run in runs), sum(widths), axis)
    unit = float(scale) / 100 * axis.size / 1000
    parts = []
    for run, following, width in zip(runs, [*runs[1:], None], widths, strict=True):
        if following is None:
            parts.append(f"<{glyphs.encode(run.text)}>")
        else:
            back = width + NARROW - (following.start - run.start) / unit
            codes = glyphs.encode(run.text) + glyphs.encode(" ")
            parts.append(f"<{codes}> {number(back, 0)}")
    yield f"{scale} Tz {_matrix(axis, runs[0])} Tm [{' '.join(parts)}] TJ"


def _matrix(axis: Axis, run: Run) -> str:
    cos, sin = axis.drawn
    turn = (number(value, 5) for value in (cos, sin, -sin, cos))
    return " ".join((*turn, *map(number, axis.foot(run.start, run.end))))


def _scale(length: float, width: int, axis: Axis) -> str:
    """Horizontal scaling in percent that gives text of a width its length in points."""
    return number(max(100 * length / max(width / 1000 * axis.size, 1e-6), MIN_SCALE))


def _axis(polygon: Polygon, to_page: Affine) -> Axis:
    p0, p1, p2, p3 = map(to_page, _quad(polygon))
    start, end = _middle(p0, p3), _middle(p1, p2)
    along = _minus(end, start)
    length = math.hypot(*along)
    if length < 1e-6:  # no width: the way the page's pixels run
        along, length = (to_page.a, to_page.b), math.hypot(to_page.a, to_page.b)
    cos, sin = along[0] / length, along[1] / length
    size = _dot(_minus(_middle(p0, p1), _middle(p3, p2)), (-sin, cos))
    return Axis(start, (cos, sin), max(abs(size), MIN_SIZE), _level((cos, sin)))


def _level(along: Point) -> Point:
    """The direction along an edge of the page that is near a line's, or else the line's own."""
    quarter = round(math.atan2(along[1], along[0]) / (math.pi / 2)) % 4
    edge = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarter]
    return edge if _dot(edge, along) > LEVEL else along


def _runs(line: Line, axis: Axis, to_page: Affine) -> list[Run]:
    """The words along the line; an even share of it for each where there are none."""
    if not line.words:
        return _shares(line.text.split(), axis, to_page, line.polygon)
    runs = []
    for word in line.words:
        if len(word.polygon) < 2:
            return _shares([word.text for word in line.words], axis, to_page, line.polygon)
        start, end = _extent(word.polygon, axis, to_page)
        runs.append(Run(word.text, start, end))
    return runs


def _extent(polygon: Polygon, axis: Axis, to_page: Affine) -> tuple[float, float]:
    p0, p1, p2, p3 = map(to_page, _quad(polygon))
    return axis.place(_middle(p0, p3)), axis.place(_middle(p1, p2))


def _shares(words: Sequence[str], axis: Axis, to_page: Affine, polygon: Polygon) -> list[Run]:
    start, end = _extent(polygon, axis, to_page)
    widths = [text_width(word) for word in words]
    unit = (end - start) / max(sum(widths) + NARROW * (len(words) - 1), 1)
    runs = []
    for word, width in zip(words, widths, strict=True):
        runs.append(Run(word, start, start + width * unit))
        start += (width + NARROW) * unit
    return runs


def _quad(polygon: Polygon) -> Sequence[Point]:
    """Four corners, clockwise from the text's top left; the upright box of other polygons."""
    if len(polygon) == 4:
        return polygon
    x0, y0, x1, y1 = bounding_box(polygon)
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _middle(p: Point, q: Point) -> Point:
    return (p[0] + q[0]) / 2, (p[1] + q[1]) / 2


def _minus(p: Point, q: Point) -> Point:
    return p[0] - q[0], p[1] - q[1]


def _dot(p: Point, q: Point) -> float:
    return p[0] * q[0] + p[1] * q[1]

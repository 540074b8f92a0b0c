# SPDX-License-Identifier: Apache-2.0
"""From a detected quad and its reading to a line of the document tree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.document import Char, Line, Polygon, Word, polygon
from ocr_pipeline.core.geometry import quad_size

Quad = npt.NDArray[np.float32]
DIGITS = 2  # of coordinates
# What is less legible than the former is a picture or a scrawl that the detector took for a line;
# so is, among legible lines, what is less so than the latter. Word F1 on receipts, forms and
# banners gains 0.3 to 1 points by it; a page that is faint all over is read as well as it can be.
LEAST_LEGIBILITY, USUAL_LEGIBILITY = 0.5, 0.65
OF_MEDIAN = 0.8
#: Longest side of what is taken for a picture rather than a page: icons, logos and edges stand
#: beside its text. A word at a line's end that is less legible than the latter is one of them.
PICTURE_SIDE, LEAST_AT_ENDS = 800, 0.6


class CharLike(Protocol):
    """A character with its extent in fractions of the crop's width."""

    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


class ReadingLike(Protocol):
    """What a recognizer says of one crop."""

    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def chars(self) -> Sequence[CharLike]: ...


class CutLike(Protocol):
    """Where a line is cut; see :class:`ocr_pipeline.layout.merged.Cut`."""

    @property
    def blank(self) -> int: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


class PlaceLike(Protocol):
    """Where a line stands in its page; see :class:`ocr_pipeline.layout.arrange.Place`."""

    @property
    def row(self) -> int | None: ...
    @property
    def block(self) -> int | None: ...
    @property
    def paragraph(self) -> int | None: ...


class _Nowhere(NamedTuple):
    row: int | None = None
    block: int | None = None
    paragraph: int | None = None


NOWHERE = _Nowhere()


@dataclass(frozen=True, slots=True)
class CharPart:
    """A character of a part of a line; see :class:`CharLike`."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line with its reading; ``pad_x`` is the margin of the crop that was read, in units of the
    quad's height."""

    quad: Quad
    score: float
    text: str
    confidence: float
    chars: Sequence[CharLike]
    pad_x: float = 0.0

    @classmethod
    def of(cls, quad: Quad, score: float, reading: ReadingLike, pad_x: float = 0.0) -> ReadLine:
        """A whole line as it was read."""
        return cls(quad, score, reading.text, reading.confidence, reading.chars, pad_x)

    def blanks(self) -> list[tuple[float, float]]:
        """Where the blanks between words begin and end, as fractions of the line's length."""
        runs = _split(self.chars)
        if len(runs) < 2:
            return []
        ends, starts = [run[-1].end for run in runs[:-1]], [run[0].start for run in runs[1:]]
        places = _along([ends, starts], _margin(self.quad, self.pad_x))
        return [(float(a), float(b)) for a, b in places.T]

    def cut(self, cuts: Sequence[CutLike]) -> list[ReadLine]:
        """The parts on both sides of cuts, given from left to right."""
        runs = _split(self.chars)
        numbers = [0, *(cut.blank + 1 for cut in cuts), len(runs)]
        starts = [0.0, *(cut.end for cut in cuts)]
        ends = [*(cut.start for cut in cuts), 1.0]
        return [
            self._part(runs[a:b], start, end)
            for (a, b), start, end in zip(pairwise(numbers), starts, ends, strict=True)
            if a < b
        ]

    def between_icons(self) -> ReadLine:
        """The line without the words at its ends that are hardly legible; a line of nothing else
        as it is."""
        runs = _split(self.chars)
        sure = [i for i, run in enumerate(runs) if _mean_confidence(run) >= LEAST_AT_ENDS]
        if not sure or sure[-1] + 1 - sure[0] == len(runs):
            return self
        first, last = sure[0], sure[-1] + 1
        middles = [(start + end) / 2 for start, end in self.blanks()]
        bounds = [0.0, *middles, 1.0]
        return self._part(runs[first:last], bounds[first], bounds[last])

    def _part(self, runs: Sequence[Sequence[CharLike]], start: float, end: float) -> ReadLine:
        """Some words of the line, with the stretch of it (in fractions) that they stand in."""
        chars = [char for run in runs for char in run]
        ends = [[c.start for c in chars], [c.end for c in chars]]
        places = _along(ends, _margin(self.quad, self.pad_x))
        # Letters that were placed beyond the stretch are moved together, not cut off.
        low, high = float(places[0, 0]), float(places[1, -1])
        first, last = max(low, start), min(high, end)
        places = first + (places - low) * max(last - first, 1e-6) / max(high - low, 1e-6)
        places = (places - start) / max(end - start, 1e-6)
        return ReadLine(
            np.array(slice_quad(self.quad, [start], [end])[0], np.float32),
            self.score,
            " ".join("".join(c.text for c in run) for run in runs),
            _part_confidence(self.confidence, _doubt(chars), _doubt(self.chars)),
            _with_blanks(runs, places),
        )


def _with_blanks(
    runs: Sequence[Sequence[CharLike]], places: npt.NDArray[np.float64]
) -> list[CharPart]:
    """Characters at new places (2, n), with a blank between each two of the runs."""
    placed: list[CharPart] = []
    number = 0
    for run in runs:
        if placed:
            placed.append(CharPart(" ", 1.0, placed[-1].end, float(places[0, number])))
        for char in run:
            start, end = float(places[0, number]), float(places[1, number])
            placed.append(CharPart(char.text, char.confidence, start, end))
            number += 1
    return placed


def slice_quad(
    quad: Quad, starts: npt.ArrayLike, ends: npt.ArrayLike, pad_x: float = 0.0
) -> list[Polygon]:
    """Parts of a line's quad between places along its crop.

    Args:
        quad: (4, 2) the line, without the crop's margin.
        starts: (n,) left ends as fractions of the crop's width.
        ends: (n,) right ends likewise.
        pad_x: margin of the crop at either end, in units of the quad's height.

    Returns:
        n polygons of four points on the quad's upper and lower edges, in pixels of the page.
    """
    return _slices(np.asarray(quad)[None], _along([starts, ends], _margin(quad, pad_x)))


def _slices(quads: npt.NDArray[np.floating], places: npt.NDArray[np.float64]) -> list[Polygon]:
    """Polygons between places (2, n) along quads (n, 4, 2), or along one (1, 4, 2)."""
    along = places[..., None]
    top = quads[:, 0] + (quads[:, 1] - quads[:, 0]) * along
    bottom = quads[:, 3] + (quads[:, 2] - quads[:, 3]) * along
    corners = (top[0], top[1], bottom[1], bottom[0])
    # Whole columns at a time: a page has thousands of characters.
    points = (map(tuple, corner.round(DIGITS).tolist()) for corner in corners)
    return list(zip(*points, strict=True))


def _along(places: Any, margin: Any) -> npt.NDArray[np.float64]:
    """Fractions of a crop's width as fractions of its line's length, 0 to 1.

    Args:
        places: (2, n) left and right ends.
        margin: of the crop, see :func:`_margin`; one, or (n,) of each place's own.
    """
    return np.clip(np.array(places, np.float64) * (1 + 2 * margin) - margin, 0, 1)


def _margin(quad: Quad, pad_x: float) -> float:
    """The margin of a line's crop at either end, in units of the line's length."""
    width, height = quad_size(quad)
    return pad_x * height / max(width, 1e-6)


def make_line(read: ReadLine) -> Line:
    """A line with its words and characters placed along its quad."""
    return make_lines([read], [NOWHERE])[0]


def make_lines(reads: Sequence[ReadLine], places: Sequence[PlaceLike]) -> list[Line]:
    """Lines of a page with their words and characters placed along their quads, all at once.

    Args:
        reads: the lines and their readings.
        places: where each stands in its page.
    """
    split = [_split(read.chars) for read in reads]
    counts = [len(runs) + sum(map(len, runs)) for runs in split]
    ends: list[tuple[float, float]] = []
    for runs in split:
        ends += [(run[0].start, run[-1].end) for run in runs]
        ends += [(char.start, char.end) for run in runs for char in run]
    outlines: list[Polygon] = []
    if ends:
        quads = np.repeat(np.stack([read.quad for read in reads]), counts, axis=0)
        margins = np.repeat([_margin(read.quad, read.pad_x) for read in reads], counts)
        outlines = _slices(quads, _along(list(zip(*ends, strict=True)), margins))
    lines, done = [], 0
    for read, runs, count, place in zip(reads, split, counts, places, strict=True):
        lines.append(
            Line(
                text=read.text,
                polygon=polygon(read.quad),
                confidence=_share(read.confidence),
                detection=_share(read.score),
                words=_words(read, runs, outlines[done : done + count]),
                row=place.row,
                block=place.block,
                paragraph=place.paragraph,
            )
        )
        done += count
    return lines


def _words(
    read: ReadLine, runs: Sequence[Sequence[CharLike]], outlines: Sequence[Polygon]
) -> tuple[Word, ...]:
    """The words of a line.

    Args:
        read: the line.
        runs: its words' characters.
        outlines: polygons of its words, then of its characters.
    """
    words, done = [], len(runs)
    doubts = [_doubt(run) for run in runs]
    whole = sum(doubts)
    for run, doubt, outline in zip(runs, doubts, outlines, strict=False):
        sure = _part_confidence(read.confidence, doubt, whole)
        words.append(_word(run, sure, outline, outlines[done : done + len(run)]))
        done += len(run)
    return tuple(words)


def _split(chars: Sequence[CharLike]) -> list[list[CharLike]]:
    """Runs of characters between spaces."""
    runs: list[list[CharLike]] = [[]]
    for char in chars:
        if char.text.isspace():
            runs.append([])
        else:
            runs[-1].append(char)
    return [run for run in runs if run]


def _word(
    chars: Sequence[CharLike], confidence: float, outline: Polygon, outlines: Sequence[Polygon]
) -> Word:
    nodes = tuple(
        Char(char.text, place, _share(char.confidence))
        for char, place in zip(chars, outlines, strict=True)
    )
    return Word(
        text="".join(char.text for char in chars),
        polygon=outline,
        confidence=_share(confidence),
        chars=nodes,
    )


def legibility(reading: ReadingLike) -> float:
    """Geometric mean of the characters' confidences, 0 to 1.

    It does not fall with a line's length as the confidence does, and so tells print that is read
    with an error from what is no print at all.
    """
    return _mean_confidence(reading.chars) if reading.chars else 0.0


def _mean_confidence(chars: Sequence[CharLike]) -> float:
    """Geometric mean of characters' confidences."""
    logs = sum(math.log(max(char.confidence, 1e-6)) for char in chars)
    return math.exp(logs / len(chars))


def least_legibility(readings: Sequence[ReadingLike]) -> float:
    """What a line of a page must have to be taken for text, 0 to 1."""
    found = [legibility(reading) for reading in readings if reading.text.strip()]
    middle = float(np.median(found)) if found else 1.0
    return min(max(OF_MEDIAN * middle, LEAST_LEGIBILITY), USUAL_LEGIBILITY)


def _part_confidence(confidence: float, doubt: float, whole: float) -> float:
    """How probable it is that a part of a line is right.

    The line's doubt is shared out as its characters' doubts are: the product over all parts is
    the line's confidence.

    Args:
        confidence: of the line.
        doubt: of the part's characters (:func:`_doubt`).
        whole: of all the line's characters.
    """
    return float(confidence ** (doubt / whole))


def _doubt(chars: Sequence[CharLike]) -> float:
    """Sum over characters; never nothing, for none is beyond doubt."""
    sure = (min(max(char.confidence, 1e-6), 1 - 1e-4) for char in chars if not char.text.isspace())
    return -sum(map(math.log, sure))


def _share(value: float) -> float:
    """A confidence as it is stored: four digits, between 0 and 1."""
    return round(min(max(float(value), 0.0), 1.0), 4)

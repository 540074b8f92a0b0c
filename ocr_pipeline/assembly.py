# SPDX-License-Identifier: Apache-2.0
"""From a detected quad and its reading to a line of the document tree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.document import Char, Line, Polygon, Word, polygon
from ocr_pipeline.core.geometry import quad_size

Quad = npt.NDArray[np.float32]
DIGITS = 2  # of coordinates


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
    width, height = quad_size(quad)
    margin = pad_x * height / max(width, 1e-6)
    places = np.array([starts, ends], np.float64) * (1 + 2 * margin) - margin
    places = np.clip(places, 0, 1)[..., None]
    top = quad[0] + (quad[1] - quad[0]) * places
    bottom = quad[3] + (quad[2] - quad[3]) * places
    corners = np.stack([top[0], top[1], bottom[1], bottom[0]], axis=1).round(DIGITS)
    # One call of tolist for all: a page has thousands of characters.
    return [tuple((x, y) for x, y in points) for points in corners.tolist()]


def make_line(
    quad: Quad, score: float, reading: ReadingLike, pad_x: float = 0.0, row: int | None = None
) -> Line:
    """A line with its words and characters placed along its quad.

    Args:
        quad: (4, 2) pixels of the page, clockwise from the text's top left.
        score: the detector's.
        reading: the recognizer's.
        pad_x: margin of the crop that was read, in units of the quad's height.
        row: visual row of the page.
    """
    runs = _split(reading.chars)
    chars = [char for run in runs for char in run]
    places = [(run[0].start, run[-1].end) for run in runs] + [(c.start, c.end) for c in chars]
    starts, ends = zip(*places, strict=True) if places else ((), ())
    polygons = slice_quad(quad, starts, ends, pad_x)
    words, done = [], len(runs)
    for run, outline in zip(runs, polygons, strict=False):
        words.append(_word(run, outline, polygons[done : done + len(run)]))
        done += len(run)
    return Line(
        text=reading.text,
        polygon=polygon(quad),
        confidence=_share(reading.confidence),
        detection=_share(score),
        words=tuple(words),
        row=row,
    )


def _split(chars: Sequence[CharLike]) -> list[list[CharLike]]:
    """Runs of characters between spaces."""
    runs: list[list[CharLike]] = [[]]
    for char in chars:
        if char.text.isspace():
            runs.append([])
        else:
            runs[-1].append(char)
    return [run for run in runs if run]


def _word(chars: Sequence[CharLike], outline: Polygon, outlines: Sequence[Polygon]) -> Word:
    nodes = tuple(
        Char(char.text, place, _share(char.confidence))
        for char, place in zip(chars, outlines, strict=True)
    )
    logs = sum(math.log(max(char.confidence, 1e-6)) for char in chars)
    return Word(
        text="".join(char.text for char in chars),
        polygon=outline,
        confidence=_share(math.exp(logs / len(chars))),
        chars=nodes,
    )


def _share(value: float) -> float:
    """A confidence as it is stored: four digits, between 0 and 1."""
    return round(min(max(float(value), 0.0), 1.0), 4)

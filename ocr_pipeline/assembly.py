# SPDX-License-Identifier: Apache-2.0
"""From a detected quad and its reading to a line of the document tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.document import Char, Line, Polygon, Word, polygon
from ocr_pipeline.core.geometry import quad_size

Quad = npt.NDArray[np.float32]


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


def slice_quad(quad: Quad, start: float, end: float, pad_x: float = 0.0) -> Polygon:
    """The part of a line's quad between two places along its crop.

    Args:
        quad: (4, 2) the line, without the crop's margin.
        start: left end as a fraction of the crop's width.
        end: right end as a fraction of the crop's width.
        pad_x: margin of the crop at either end, in units of the quad's height.

    Returns:
        Four points on the quad's upper and lower edges, in pixels of the page.
    """
    width, height = quad_size(quad)
    margin = pad_x * height / max(width, 1e-6)
    places = np.clip(np.array([start, end]) * (1 + 2 * margin) - margin, 0, 1)[:, None]
    top = quad[0] + (quad[1] - quad[0]) * places
    bottom = quad[3] + (quad[2] - quad[3]) * places
    return polygon([top[0], top[1], bottom[1], bottom[0]])


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
    words = tuple(_word(quad, chars, pad_x) for chars in _split(reading.chars))
    return Line(
        text=reading.text,
        polygon=polygon(quad),
        confidence=_share(reading.confidence),
        detection=_share(score),
        words=words,
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


def _word(quad: Quad, chars: Sequence[CharLike], pad_x: float) -> Word:
    nodes = tuple(
        Char(c.text, slice_quad(quad, c.start, c.end, pad_x), _share(c.confidence)) for c in chars
    )
    logs = [np.log(max(char.confidence, 1e-6)) for char in chars]
    return Word(
        text="".join(char.text for char in chars),
        polygon=slice_quad(quad, chars[0].start, chars[-1].end, pad_x),
        confidence=_share(float(np.exp(np.mean(logs)))),
        chars=nodes,
    )


def _share(value: float) -> float:
    """A confidence as it is stored: four digits, between 0 and 1."""
    return round(min(max(float(value), 0.0), 1.0), 4)

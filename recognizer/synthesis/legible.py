# SPDX-License-Identifier: Apache-2.0
"""Which characters of a face can be told apart, so that no label asks for what nobody can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering.fonts import Face
from recognizer.synthesis.glyphs import DRAWN_AT, Glyph, glyph, stroke_glyph

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Styles too thin, and drawings of letters rather than letters.
_UNFIT = re.compile(
    r"thin|extra ?light|ultra ?light|outline|sketch|stencil|penguin|junkyard|\bpx |abogado"
    r"|unifont|cherry ?bomb|wasn't me|dkg|engadget|isabella|havana|glass tty",
    re.I,
)
_SIDE = 20
# Greatest difference of two blurred shapes in the same square (0 to 1) below which they are alike,
# and the least difference of their width to height, as a logarithm, that tells them apart.
_ALIKE, _WIDER = 0.4, 0.24
# Bars and hooks differ by a serif that a line across it hides.
_BARS, _BARS_ALIKE = frozenset("1lI"), 0.6
# Differences that tell like shapes apart: of their heights, and of how far they reach below the
# baseline, in heights of the capitals.
_TALLER, _LOWER = 0.17, 0.16
# Least and most reach of a bar's flag, foot and serifs beyond its stem, in heights of the bar.
_REACH, _NO_REACH = 0.07, 0.045
# Width to height: rounder than this is the letter, narrower than that is the digit.
_ROUND_LETTER, _ROUND_DIGIT = 0.8, 0.7


def fit_faces(faces: Sequence[Face]) -> list[Face]:
    """Those whose letters and digits outlast noise and lines; all where there is none."""
    # Faces made for Hangul or Chinese have Latin letters and digits of any kind.
    return [
        face for face in faces if not (_UNFIT.search(face.name) or {"가", "中"} & face.characters)
    ] or list(faces)


@dataclass(frozen=True, slots=True)
class Lettering:
    """What letters are drawn with: a face, or OpenCV's strokes where ``face`` is None.

    Attributes:
        face: the face.
        strokes: number of OpenCV's Hershey font.
        thickness: pixels of its strokes at the size drawn.
    """

    face: Face | None
    strokes: int = 0
    thickness: int = 0

    def glyph(self, character: str) -> Glyph:
        """A character, drawn once and kept."""
        if self.face is not None:
            return glyph(self.face, character)
        return stroke_glyph(self.strokes, self.thickness, character)


@lru_cache(maxsize=8192)
def legible(lettering: Lettering, uneven: float) -> str:
    """The characters that can be told from each other.

    Args:
        lettering: what they are drawn with.
        uneven: how far the sizes of letters within a picture vary, as a fraction, either way.

    Returns:
        Characters of :data:`LETTERS`. Of two that differ in nothing neither is kept, of two that
        differ too little in size only the larger.
    """
    shapes = _shapes(lettering)
    kept = set(shapes.characters)
    for i, j in zip(*np.nonzero(np.triu(shapes.alike, 1)), strict=True):
        first, second = shapes.characters[i], shapes.characters[j]
        taller = abs(shapes.heights[i] - shapes.heights[j])
        lower = abs(shapes.depths[i] - shapes.depths[j])
        if taller > _TALLER + 2 * uneven or lower > _LOWER + uneven:
            continue
        kept.discard(second if shapes.heights[i] > shapes.heights[j] else first)
        if taller < 0.1:
            kept -= {first, second} if first.lower() != second.lower() else {second}
    return "".join(c for c in shapes.characters if c in kept)


@dataclass(frozen=True, slots=True)
class _Shapes:
    characters: str
    alike: NDArray[np.bool_]
    heights: NDArray[Any]
    depths: NDArray[Any]


@lru_cache(maxsize=8192)
def _shapes(lettering: Lettering) -> _Shapes:
    """The characters that have ink, which of them have like shapes, and their extents."""
    characters, squares, boxes = "", [], []
    for character in LETTERS:
        drawn = lettering.glyph(character)
        x, y, wide, tall = cv2.boundingRect(drawn.ink)
        if tall < DRAWN_AT // 6 or wide < 2:
            continue
        if _round_one(character, drawn, (x, y, wide, tall)):
            continue
        if character in _BARS and not _clear_bar(character, drawn.ink[y : y + tall, x : x + wide]):
            continue
        inside = drawn.ink[y : y + tall, x : x + wide]
        square = cv2.resize(inside, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        squares.append(cv2.GaussianBlur(square, (0, 0), 1.3).astype(np.float32).ravel() / 255)
        boxes.append((wide, tall, drawn.top - y - tall))
        characters += character
    flat = np.stack(squares)
    apart = np.abs(flat[:, None] - flat[None]).max(-1)
    sizes = np.array(boxes, float)
    capital = float(np.median(sizes[: max(1, len(sizes) // 3), 1]))
    aspect = np.log(sizes[:, 0] / sizes[:, 1])
    limit = np.full_like(apart, _ALIKE)
    bars = np.array([c in _BARS for c in characters])
    limit[np.ix_(bars, bars)] = _BARS_ALIKE
    wider = np.abs(aspect[:, None] - aspect[None]) > np.where(limit > _ALIKE, 1.2, _WIDER)
    return _Shapes(
        characters, (apart < limit) & ~wider, sizes[:, 1] / capital, sizes[:, 2] / capital
    )


def _round_one(character: str, drawn: Glyph, box: tuple[int, int, int, int]) -> bool:
    """Whether an O or a zero is one that may be taken for the other, whatever the face."""
    if character not in "O0":
        return False
    x, y, wide, tall = box
    if character == "O":
        return wide / tall < _ROUND_LETTER
    core = drawn.ink[y + tall * 2 // 5 : y + tall * 3 // 5, x + wide * 2 // 5 : x + wide * 3 // 5]
    return wide / tall > _ROUND_DIGIT and float(core.mean()) < 60


def _clear_bar(character: str, ink: NDArray[Any]) -> bool:
    """Whether a bar has a form that no face gives to another letter.

    What one face writes for an I is another's l, and one's l another's 1: a bare stem may be any
    of them. An I with four serifs, an l with a foot to the right alone, and a 1 with a flag to the
    left alone are not.
    """
    tall = len(ink)
    rows = np.flatnonzero((ink > 127).any(1))
    left = (ink[rows] > 127).argmax(1)
    right = ink.shape[1] - 1 - (ink[rows, ::-1] > 127).argmax(1)
    middle = (rows >= 0.35 * tall) & (rows <= 0.65 * tall)
    if np.count_nonzero(middle) < 3:
        return False
    # The stem may lean: its edges are lines through those of its middle.
    before = np.polyval(np.polyfit(rows[middle], left[middle], 1), rows) - left
    after = right - np.polyval(np.polyfit(rows[middle], right[middle], 1), rows)
    top, foot = rows < 0.2 * tall, rows > 0.8 * tall
    flag, serif = before[top].max(initial=0) / tall, after[top].max(initial=0) / tall
    heel, toe = before[foot].max(initial=0) / tall, after[foot].max(initial=0) / tall
    if character == "I":
        return min(flag, serif, heel, toe) > _REACH
    if character == "l":
        return toe > 1.5 * _REACH and max(heel, serif) < _NO_REACH
    return flag > 1.5 * _REACH and serif < _NO_REACH and toe < heel + _REACH

# SPDX-License-Identifier: Apache-2.0
"""Plates of the Republic of Korea: one line and two, private, commercial, electric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from recognizer.plates import KOREAN_REGIONS, KOREAN_SYLLABLES, LATER_SYLLABLES
from recognizer.synthesis.lines import LineSample
from recognizer.synthesis.plates.photo import Photo, photograph
from recognizer.synthesis.plates.press import PLAIN, by_family, faces_for, pick, stamp, stamp_narrow
from recognizer.synthesis.plates.rows import (
    BROAD,
    DIGITS,
    Box,
    Cell,
    jitter,
    same_cells,
    set_row,
)
from recognizer.synthesis.plates.surface import Colour, Paint, Sheet, paint, vary, wear

Rng = np.random.Generator
Image = NDArray[Any]

PACKAGES = ("fonts-nanum", "fonts-unfonts-core", "fonts-baekmuk", "fonts-noto-cjk")
_LIKES = "".join(KOREAN_SYLLABLES.values())

_WHITE: Colour = (238, 238, 234)
_BLACK: Colour = (28, 28, 32)
_YELLOW: Colour = (240, 200, 20)
_GREEN: Colour = (10, 110, 50)
_PALE_BLUE: Colour = (120, 185, 225)
_BAND: Colour = (30, 60, 150)

Words = tuple[str, str, str, str]  # region, first digits, syllable, last digits
# The plate, its text, and where its characters stand.
Drawn = tuple[Image, str, list[tuple[float, float, int]]]


class KoreanPlates:
    """Renders Korean plates, each a pure function of (seed, index).

    Kinds, regions and syllables take turns, so that each is as frequent as its like.

    Args:
        fonts: Where the faces come from.
        photo: How the plates are photographed.

    Raises:
        FontError: if no face has all the syllables.
    """

    def __init__(self, fonts: FontLibrary | None = None, photo: Photo | None = None) -> None:
        fonts = fonts or FontLibrary()
        self.photo = photo or Photo()
        self._turns = [*KOREAN_SYLLABLES.values(), *LATER_SYLLABLES.values()]
        self._regions = list(KOREAN_REGIONS.values())
        hangul = "".join(dict.fromkeys("".join([*self._regions, *self._turns])))
        self._hangul = by_family(faces_for(fonts, hangul, PLAIN, PACKAGES))
        self._digits = by_family(faces_for(fonts, DIGITS, PLAIN, PACKAGES))

    def render(self, seed: int, index: int) -> LineSample:
        """Plate number ``index`` of the endless set ``seed``: RGB, and its text."""
        rng = np.random.default_rng([seed, index])
        kind = _KINDS[index % len(_KINDS)]
        turn = index // len(_KINDS) + 5 * (index % len(_KINDS))
        region = self._regions[turn % len(self._regions)]
        syllable = self._turns[turn % len(self._turns)]
        first = "".join(map(str, rng.integers(0, 10, 3)))
        last = "".join(map(str, rng.integers(0, 10, 4)))
        rows = int(rng.integers(self.photo.heights[0], self.photo.heights[1] + 1))
        faces = (pick(rng, self._digits), pick(rng, self._hangul))
        image, text, places = kind(rng, faces, (region, first, syllable, last), rows)
        image = wear(rng, image, image.shape[0] / 110)
        image, middles = photograph(rng, image, self.photo, places)
        return LineSample(image, text, middles)


# Setting rows ------------------------------------------------------------------------------------


def _row(rng: Rng, sheet: Sheet, faces: Sequence[Face], cells: Sequence[Cell], box: Box) -> None:
    """Set digits in the first of two faces and syllables in the second."""
    fill = float(rng.choice([0.0, 0.6, 1.0]))

    def press(character: str, area: Box) -> None:
        if character == "1":
            stamp_narrow(sheet.ink, faces[0], character, area, BROAD)
        elif character in DIGITS:
            stamp(sheet.ink, faces[0], character, area, BROAD)
        else:
            stamp(sheet.ink, faces[1], character, area, _LIKES, fill)

    set_row(sheet, cells, box, rng.uniform(0.82, 0.94), press)


def _white(rng: Rng, width: float, bolts: Sequence[float], y: float) -> Paint:
    framed = rng.random() < 0.6
    return Paint(
        ground=vary(rng, _WHITE, 8),
        ink=vary(rng, _BLACK, 12),
        frame=(rng.uniform(1, 4), rng.uniform(1.5, 3.5)) if framed else None,
        bolts=tuple((share * width, y) for share in bolts),
    )


# Kinds -------------------------------------------------------------------------------------------


def _long(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """White, one line, 520 x 110, two digits first."""
    return _one_line(rng, faces, ("", words[1][:2], *words[2:]), rows, _white(rng, 520, (), 55))


def _three(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """As since 2019: three digits first, often with a blue band at the left."""
    look = _white(rng, 520, (), 55)
    return _one_line(rng, faces, ("", *words[1:]), rows, look, band=rng.random() < 0.6)


def _electric(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """Pale blue with a mark at the left, two or three digits first."""
    look = Paint(
        ground=vary(rng, _PALE_BLUE, 12),
        ink=vary(rng, _BLACK, 12),
        foot=vary(rng, (165, 210, 235), 12) if rng.random() < 0.5 else None,
        frame=(rng.uniform(1, 4), rng.uniform(1.5, 3)) if rng.random() < 0.5 else None,
    )
    first = words[1] if rng.random() < 0.5 else words[1][:2]
    mark = rng.random() < 0.7
    return _one_line(rng, faces, ("", first, *words[2:]), rows, look, band=mark)


def _one_line(
    rng: Rng,
    faces: Sequence[Face],
    words: Words,
    rows: int,
    look: Paint,
    band: bool = False,
) -> Drawn:
    """Digits, syllable and digits in a row; at the left a band, or a region one above the other."""
    region, first, syllable, last = words
    # The first digits and the last of the long plate are 56 mm wide, the syllable 60 and a gap.
    digit, gap = 56.0, float(rng.uniform(12, 40))
    cells = same_cells(first, digit, 83)
    cells += [(syllable, rng.uniform(56, 72), rng.uniform(66, 83)), (" ", gap, 83)]
    cells += same_cells(last, digit, 83)
    sheet = Sheet(520, 110, min(rows, 72))
    left, right = rng.uniform(24, 38), rng.uniform(24, 46)
    if band:
        left = rng.uniform(44, 62)
    elif len(first) == 2 and not region:
        right += rng.uniform(0, 14)
    if region:
        left, wide = 88.0, rng.uniform(50, 62)
        for number, character in enumerate(region):
            area = (18, 11 + 45 * number, wide, 43)
            _row(rng, sheet, faces, [(character, wide, 42)], area)
    height = rng.uniform(76, 86)
    _row(rng, sheet, faces, cells, jitter(rng, (left, (110 - height) / 2, 520 - left - right, 83)))
    centres = (rng.uniform(100, 150), rng.uniform(360, 420))
    bolts = tuple((x, 12.0 if region else 9.0) for x in centres) if rng.random() < 0.4 else ()
    painted = paint(rng, sheet, _with_bolts(look, bolts))
    if band:
        _band(rng, painted, sheet)
    return painted, region + first + syllable + last, sheet.places


def _with_bolts(look: Paint, bolts: tuple[tuple[float, float], ...]) -> Paint:
    return Paint(look.ground, look.ink, look.foot, look.frame, bolts or look.bolts, 5.0, look.rim)


def _band(rng: Rng, image: Image, sheet: Sheet) -> None:
    """The blue band with the emblem and the letters of the state, or the mark of a current."""
    s = sheet.scale
    rows = image.shape[0]
    right = round(rng.uniform(32, 42) * s)
    blue = vary(rng, _BAND, 12)
    if rng.random() < 0.8:
        inset = round(rng.uniform(0, 6) * s)
        cv2.rectangle(image, (inset, inset), (right, rows - 1 - inset), blue, -1)
        light = (235, 235, 235)
    else:
        light = blue
    middle = (round(right * 0.52), round(rows * rng.uniform(0.3, 0.42)))
    radius = max(2, round(11 * s))
    cv2.circle(image, middle, radius, light, 1, cv2.LINE_AA)
    cv2.ellipse(image, middle, (radius - 1, radius - 1), 0, 180, 360, (190, 40, 50), -1)
    if rng.random() < 0.7:
        place = (max(0, round(right * 0.14)), round(rows * 0.78))
        cv2.putText(image, "KOR", place, 0, 0.0135 * 26 * s, light, 1, cv2.LINE_AA)


def _short(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """White, one line on a short sheet of 355 x 155."""
    three = rng.random() < 0.25
    first, syllable, last = words[1] if three else words[1][:2], words[2], words[3]
    cells = [*same_cells(first, 45, 83), (syllable, 49, rng.uniform(62, 74)), (" ", 8, 83)]
    cells += same_cells(last, 45, 83)
    sheet = Sheet(355, rng.uniform(145, 160), rows)
    top = (sheet.height - 83) / 2 + rng.uniform(-2, 12)
    _row(rng, sheet, faces, cells, jitter(rng, (13, top, 329, 83)))
    look = _white(rng, 355, (0.25, 0.75), 17) if rng.random() < 0.7 else _white(rng, 355, (), 0)
    return paint(rng, sheet, look), first + syllable + last, sheet.places


def _two_colours(rng: Rng, yellow: bool) -> Paint:
    ground, ink = (_YELLOW, _BLACK) if yellow else (_GREEN, (225, 230, 225))
    seal = (rng.uniform(40, 70), rng.uniform(24, 40))
    return Paint(
        ground=vary(rng, ground, 14),
        ink=vary(rng, ink, 10),
        frame=(rng.uniform(1, 5), rng.uniform(1.5, 3.5)) if rng.random() < 0.85 else None,
        bolts=(seal, (336 - seal[0], seal[1])) if rng.random() < 0.5 else (),
        radius=7,
        rim=(215, 215, 215) if rng.random() < 0.3 else None,
    )


def _two_lines(rng: Rng, faces: Sequence[Face], words: Words, rows: int, look: Paint) -> Drawn:
    """Region and two digits above, a syllable and four digits below; 336 x 170."""
    region, first, syllable, last = words[0], words[1][:2], words[2], words[3]
    sheet = Sheet(336, rng.uniform(158, 172), rows)
    top = [*same_cells(region, 44, 60), (" ", rng.uniform(4, 12), 60), *same_cells(first, 44, 60)]
    tall = rng.uniform(52, 62)
    left = rng.uniform(70, 84)
    _row(rng, sheet, faces, top, jitter(rng, (left, 11, 336 - 2 * left + 14, tall)))
    sheet.row = 1
    low = [(syllable, 64, rng.uniform(56, 66)), (" ", rng.uniform(0, 6), 1)]
    low += same_cells(last, 60, 88)
    _row(rng, sheet, faces, low, jitter(rng, (10, sheet.height - 97, 314, 90)))
    return paint(rng, sheet, look), region + first + syllable + last, sheet.places


def _yellow(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """Commercial: yellow, two lines."""
    return _two_lines(rng, faces, words, rows, _two_colours(rng, yellow=True))


def _green(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """Private until 2003: green, two lines, with the region."""
    return _two_lines(rng, faces, words, rows, _two_colours(rng, yellow=False))


def _green_plain(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """Private from 2003: green, two digits and a syllable above, four digits below."""
    first, syllable, last = words[1][:2], words[2], words[3]
    sheet = Sheet(336, rng.uniform(158, 172), rows)
    cells = [*same_cells(first, 60, 65), (" ", rng.uniform(0, 8), 1), (syllable, 62, 63)]
    left = rng.uniform(64, 80)
    _row(rng, sheet, faces, cells, jitter(rng, (left, 9, 336 - 2 * left, 62)))
    sheet.row = 1
    _row(rng, sheet, faces, same_cells(last, 80, 88), jitter(rng, (12, sheet.height - 94, 312, 88)))
    painted = paint(rng, sheet, _two_colours(rng, yellow=False))
    return painted, first + syllable + last, sheet.places


def _yellow_long(rng: Rng, faces: Sequence[Face], words: Words, rows: int) -> Drawn:
    """Commercial on the long sheet: the region's syllables one above the other at the left."""
    look = _two_colours(rng, yellow=True)
    plain = Paint(look.ground, look.ink, None, look.frame)
    return _one_line(rng, faces, (words[0], words[1][:2], *words[2:]), rows, plain)


Kind = Callable[[Rng, Sequence[Face], Words, int], Drawn]
# One turn: the five old kinds twice, then the later ones.
_KINDS: tuple[Kind, ...] = (
    _long,
    _short,
    _yellow,
    _green,
    _green_plain,
    _three,
    _long,
    _electric,
    _yellow,
    _green,
    _three,
    _yellow_long,
)

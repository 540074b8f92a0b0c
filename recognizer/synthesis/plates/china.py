# SPDX-License-Identifier: Apache-2.0
"""Plates of the People's Republic of China: blue, green, yellow, white and black."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from recognizer.plates import CHINESE_LETTERS, CHINESE_PROVINCES, CHINESE_SPECIAL
from recognizer.synthesis.lines import LineSample
from recognizer.synthesis.plates.photo import Photo, photograph
from recognizer.synthesis.plates.press import PLAIN, by_family, faces_for, pick, stamp, stamp_narrow
from recognizer.synthesis.plates.rows import BROAD, DIGITS, Box, Cell, jitter, same_cells, set_row
from recognizer.synthesis.plates.surface import Colour, Paint, Sheet, paint, vary, wear

Rng = np.random.Generator
Image = NDArray[Any]

PACKAGES = ("fonts-noto-cjk", "fonts-wqy-zenhei", "fonts-wqy-microhei")
#: Most pictures of Chinese plates that are about are small, and lean. They are sharper than others:
#: provinces have up to twenty strokes, which what leaves letters legible would hide.
CHINESE_PHOTO = Photo(
    levels=(0.2, 0.35, 0.45),
    coarsest=22.0,
    softest=0.02,
    shaken=0.06,
    tight=0.85,
    lean=1.5,
    small_row=0.42,
    stamp=0.3,
    stamp_rows=18.0,
    colours=0.14,
)

_BLUE: Colour = (15, 60, 170)
_WHITE: Colour = (240, 240, 240)
_BLACK: Colour = (22, 22, 24)
_YELLOW: Colour = (240, 185, 20)
_GREEN: Colour = (60, 190, 110)
_RED: Colour = (200, 30, 40)


# The plate, its text, and where its characters stand.
Drawn = tuple[Image, str, list[tuple[float, float, int]]]


class ChinesePlates:
    """Renders Chinese plates, each a pure function of (seed, index).

    Kinds and provinces take turns, so that each province is as frequent as any other.

    Args:
        fonts: Where the faces come from.
        photo: How the plates are photographed.

    Raises:
        FontError: if no face has all the characters.
    """

    def __init__(self, fonts: FontLibrary | None = None, photo: Photo | None = None) -> None:
        fonts = fonts or FontLibrary()
        self.photo = photo or CHINESE_PHOTO
        hanzi = CHINESE_PROVINCES + CHINESE_SPECIAL
        self._hanzi = by_family(faces_for(fonts, hanzi, PLAIN, PACKAGES))
        self._latin = by_family(faces_for(fonts, DIGITS + CHINESE_LETTERS, PLAIN, PACKAGES))

    def render(self, seed: int, index: int) -> LineSample:
        """Plate number ``index`` of the endless set ``seed``: RGB, and its text."""
        rng = np.random.default_rng([seed, index])
        kind = _KINDS[index % len(_KINDS)]
        turn = index // len(_KINDS) + 7 * (index % len(_KINDS))
        province = CHINESE_PROVINCES[turn % len(CHINESE_PROVINCES)]
        letter = CHINESE_LETTERS[int(rng.integers(len(CHINESE_LETTERS)))]
        rows = int(rng.integers(*self.photo.heights))
        faces = (pick(rng, self._latin), pick(rng, self._hanzi))
        image, text, places = kind(_Press(rng, faces), province + letter, rows)
        image = wear(rng, image, image.shape[0] / 140)
        image, middles = photograph(rng, image, self.photo, places)
        return LineSample(image, text, middles)


class _Press:
    """Sets letters and digits in one face and Chinese characters in another."""

    def __init__(self, rng: Rng, faces: tuple[Face, Face]) -> None:
        self.rng, self.faces = rng, faces
        self.snug = rng.uniform(0.76, 0.9)
        self.full = rng.random() < 0.7  # letters stretched to their cells, as the standard has it

    def row(self, sheet: Sheet, cells: list[Cell], box: Box) -> None:
        """Set a row."""

        def press(character: str, area: Box) -> None:
            if character in "1J":
                stamp_narrow(sheet.ink, self.faces[0], character, area, BROAD)
            elif character in DIGITS or (character.isascii() and not self.full):
                likes = BROAD if character in DIGITS else "ABDEHKRUX"
                stamp(sheet.ink, self.faces[0], character, area, likes, float(self.full))
            elif character.isascii():
                stamp(sheet.ink, self.faces[0], character, area)
            else:
                stamp(sheet.ink, self.faces[1], character, area)

        set_row(sheet, cells, box, self.snug, press)

    def serial(self, count: int, letters: float = 0.25) -> str:
        """Random digits, among them letters with the probability ``letters``."""
        pool = [(CHINESE_LETTERS if self.rng.random() < letters else DIGITS) for _ in range(count)]
        return "".join(some[int(self.rng.integers(len(some)))] for some in pool)


def _one_line(
    press: _Press, text: str, rows: int, look: Paint, size: tuple[float, float] = (440, 140)
) -> Drawn:
    """Two characters, a dot, and the others."""
    rng = press.rng
    sheet = Sheet(*size, rows)
    cell, tall = (57.0, 90.0) if size[0] < 460 else (52.0, 90.0)
    gap = 22.0 if size[0] < 460 else 40.0
    cells = [*same_cells(text[:2], cell, tall), (" ", gap, tall), *same_cells(text[2:], cell, tall)]
    x, y, width, height = jitter(rng, (12, 25, size[0] - 24, 90))
    press.row(sheet, [(c, w, h * height / 90) for c, w, h in cells], (x, y, width, height))
    if size[0] < 460:
        stretch = width / sum(c[1] for c in cells)
        if rng.random() < 0.95:
            place = (x + (2 * cell + gap / 2) * stretch, y + height / 2)
            _dot(rng, sheet, place)
    return paint(rng, sheet, look), text, sheet.places


def _dot(rng: Rng, sheet: Sheet, place: tuple[float, float]) -> None:
    centre = (round(place[0] * sheet.scale), round(place[1] * sheet.scale))
    radius = max(1, round(rng.uniform(4.0, 6.5) * sheet.scale))
    cv2.circle(sheet.ink, centre, radius, 255, -1, cv2.LINE_AA)


def _two_lines(press: _Press, text: str, rows: int, look: Paint) -> Drawn:
    """Province and letter above, five characters below; 440 x 220."""
    rng = press.rng
    sheet = Sheet(440, 220, rows)
    x, y, width, height = jitter(rng, (110, 15, 220, 60))
    cells: list[Cell] = [(text[0], 80, height), (" ", 60, height), (text[1], 80, height)]
    press.row(sheet, cells, (x, y, width, height))
    if rng.random() < 0.9:
        _dot(rng, sheet, (x + width / 2, y + height / 2))
    sheet.row = 1
    press.row(sheet, same_cells(text[2:], 80, 110), jitter(rng, (20, 90, 400, 110)))
    return paint(rng, sheet, look), text, sheet.places


def _look(rng: Rng, ground: Colour, ink: Colour, height: float = 140, width: float = 440) -> Paint:
    bolts = [(width * 0.25, 12.0), (width * 0.75, 12.0)]
    bolts += [(x, height - 12.0) for x, _ in bolts]
    shown = bolts[: int(rng.choice([0, 2, 4]))]
    return Paint(
        ground=vary(rng, ground, 16),
        ink=vary(rng, ink, 8),
        frame=(rng.uniform(2, 6), rng.uniform(1.5, 4)) if rng.random() < 0.85 else None,
        bolts=tuple(shown),
        rim=vary(rng, ground, 20) if rng.random() < 0.5 else None,
    )


# Kinds -------------------------------------------------------------------------------------------


def _blue(press: _Press, head: str, rows: int) -> Drawn:
    """Cars: white on blue."""
    look = _look(press.rng, _BLUE, _WHITE)
    return _one_line(press, head + press.serial(5), rows, look)


def _green(press: _Press, head: str, rows: int) -> Drawn:
    """Electric cars: black on white that turns green; eight characters."""
    rng = press.rng
    look = _look(rng, _WHITE, _BLACK, width=480)
    look = replace(look, ground=vary(rng, (225, 240, 228), 10), foot=vary(rng, _GREEN, 16))
    kind = CHINESE_LETTERS[int(rng.integers(len(CHINESE_LETTERS)))]
    if rng.random() < 0.7:
        text = head + kind + press.serial(5, 0.15)
    else:
        text = head + press.serial(5, 0.1) + kind
    image, text, places = _one_line(press, text, rows, look, (480, 140))
    if rng.random() < 0.15:  # buses: yellow behind the first two characters
        part = image[:, : round(image.shape[1] * 0.27)]
        np.minimum(part, np.array(vary(rng, _YELLOW, 12), np.uint8), out=part)
    return image, text, places


def _yellow(press: _Press, head: str, rows: int) -> Drawn:
    """Lorries and buses: black on yellow; those of driving schools end in 学."""
    end = "学" if press.rng.random() < 0.3 else ""
    look = _look(press.rng, _YELLOW, _BLACK)
    return _one_line(press, head + press.serial(5 - len(end)) + end, rows, look)


def _yellow_rear(press: _Press, head: str, rows: int) -> Drawn:
    """Their rear plates, of two lines; those of trailers end in 挂."""
    end = "挂" if press.rng.random() < 0.4 else ""
    look = _look(press.rng, _YELLOW, _BLACK, 220)
    return _two_lines(press, head + press.serial(5 - len(end)) + end, rows, look)


def _white(press: _Press, head: str, rows: int) -> Drawn:
    """Police: black on white, the last character red."""
    image, text, places = _one_line(
        press, head + press.serial(4) + "警", rows, _look(press.rng, _WHITE, _BLACK)
    )
    cols = image.shape[1]
    part = image[:, round(cols * 0.845) :].astype(np.float32) / 255
    red = np.array(vary(press.rng, _RED, 14), np.float32)
    image[:, round(cols * 0.845) :] = (red + (255 - red) * part).astype(np.uint8)
    return image, text, places


def _black(press: _Press, head: str, rows: int) -> Drawn:
    """Cars of Hong Kong and Macau, and of missions: white on black."""
    rng = press.rng
    look = _look(rng, _BLACK, _WHITE)
    roll = rng.random()
    if roll < 0.3:
        return _one_line(press, "使" + press.serial(6, 0.0), rows, look)
    end = "领" if roll < 0.5 else "港澳"[int(rng.integers(2))]
    return _one_line(press, head + press.serial(4) + end, rows, look)


Kind = Callable[[_Press, str, int], Drawn]
_KINDS: tuple[Kind, ...] = (
    _blue,
    _green,
    _blue,
    _yellow,
    _blue,
    _yellow_rear,
    _blue,
    _green,
    _blue,
    _white,
    _blue,
    _green,
    _yellow,
    _black,
)

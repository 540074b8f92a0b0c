# SPDX-License-Identifier: Apache-2.0
"""From a hand and a text to ink: letters and words set unevenly, as a person sets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from recognizer.synthesis.glyphs import DRAWN_AT, affine, cover, glyph, stamp
from recognizer.synthesis.handwriting.hands import BOX, Hand

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less

# Narrowest blank between two words, in heights of the box.
_LEAST_BLANK = 0.16


@dataclass(frozen=True, slots=True)
class Habit:
    """How unevenly someone writes, drawn once for each line.

    Attributes:
        by_letter: letters are set one by one, not a word at a time.
        blank: pixels between words, and how much they vary (share).
        blank_spread: see ``blank``.
        lift: standard deviation of the height of words above the line, in pixels.
        jitter: the same for letters set one by one, and for their distances.
        sizes: standard deviation of the size of letters set one by one (share).
        tilt: and of their turn, in degrees.
        tracking: pixels added between letters set one by one.
    """

    by_letter: bool
    blank: float
    blank_spread: float
    lift: float
    jitter: float
    sizes: float
    tilt: float
    tracking: float


@dataclass(frozen=True, slots=True)
class Written:
    """A written line.

    Attributes:
        ink: coverage, uint8 (H, W), 255 where there is ink.
        baseline: row of the baseline.
        top, bottom, left, right: bounds of the ink (bottom and right exclusive).
    """

    ink: Image
    baseline: int
    top: int
    bottom: int
    left: int
    right: int


def habit(rng: Rng, hand: Hand) -> Habit:
    """Someone's habits; hands whose letters hang together are mostly set by the word."""
    by_letter = bool(rng.random() < (0.08 if hand.joined else 0.6))
    own = float(hand.face.font(hand.size).getlength(" "))
    blank = max(own * rng.uniform(0.7, 1.6), BOX * rng.uniform(_LEAST_BLANK, 0.4))
    if rng.random() < 0.12:
        blank *= rng.uniform(1.3, 2.5)
    return Habit(
        by_letter,
        float(blank),
        float(rng.uniform(0.0, 0.35)),
        float(BOX * rng.uniform(0.0, 0.035)),
        float(BOX * rng.uniform(0.005, 0.025)),
        float(rng.uniform(0.0, 0.06)),
        float(rng.uniform(0.0, 3.0)),
        float(BOX * rng.uniform(-0.012, 0.06) if rng.random() < 0.6 and not hand.joined else 0.0),
    )


def width(hand: Hand, text: str, how: Habit) -> float:
    """About how many columns a text takes."""
    letters = float(hand.face.font(hand.size).getlength(text.replace(" ", "")))
    tracking = how.tracking * len(text) if how.by_letter else 0.0
    return letters + tracking + how.blank * text.count(" ")


def write(rng: Rng, hand: Hand, text: str, how: Habit) -> Written | None:
    """Set a text; None where no ink came of it."""
    margin = int(BOX)
    rows = hand.up + hand.down + 2 * margin + int(0.3 * BOX)
    columns = int(width(hand, text, how) * 1.15 + how.blank * text.count(" ")) + 3 * margin
    baseline = margin + int(0.3 * BOX) + hand.up
    words = text.split(" ")
    lifts = rng.standard_normal(len(words)) * how.lift
    gaps = how.blank * np.exp(rng.standard_normal(len(words)) * how.blank_spread)
    gaps = np.maximum(gaps, _LEAST_BLANK * BOX)
    if how.by_letter:
        ink: Image = np.zeros((rows, columns), np.uint8)
        x = float(margin)
        for word, lift, gap in zip(words, lifts, gaps, strict=True):
            x = _letters(rng, ink, hand, word, how, x, baseline - lift) + gap
    else:
        picture = PillowImage.new("L", (columns, rows), 0)
        pen = ImageDraw.Draw(picture)
        font = hand.face.font(hand.size)
        x = float(margin)
        for word, lift, gap in zip(words, lifts, gaps, strict=True):
            pen.text((x, baseline - lift), word, fill=255, font=font, anchor="ls")
            x += float(font.getlength(word)) + gap
        ink = np.array(picture)
    box = PillowImage.fromarray(ink).getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return Written(ink, baseline, top, bottom, left, right)


def _letters(
    rng: Rng, ink: Image, hand: Hand, word: str, how: Habit, x: float, baseline: float
) -> float:
    """Set a word letter by letter; gives back where its last advance ends."""
    count = len(word)
    lifts = rng.standard_normal(count) * how.jitter
    steps = rng.standard_normal(count) * how.jitter * 0.6
    sizes = hand.size / DRAWN_AT * np.exp(rng.standard_normal(count) * how.sizes)
    tilts = rng.standard_normal(count) * how.tilt
    for char, lift, step, size, tilt in zip(word, lifts, steps, sizes, tilts, strict=True):
        drawn = glyph(hand.face, char)
        advance = drawn.advance * size
        middle = baseline - lift - drawn.middle * size
        cover(ink, stamp(drawn, affine(size, tilt), x + advance / 2, middle))
        x += advance + how.tracking + step
    return x


def reshape(rng: Rng, line: Written, hand: Hand) -> Written:
    """Ascenders and descenders longer or shorter beside the small letters."""
    x_top = line.baseline - hand.x_height
    parts = (line.ink[:x_top], line.ink[x_top : line.baseline], line.ink[line.baseline :])
    above, below = rng.uniform(0.75, 1.2), rng.uniform(0.75, 1.25)
    size = line.ink.shape[1]
    upper = cv2.resize(parts[0], (size, max(1, round(x_top * above))))
    lower = cv2.resize(parts[2], (size, max(1, round(parts[2].shape[0] * below))))
    ink = np.concatenate([upper, parts[1], lower]).astype(np.uint8, copy=False)
    baseline = upper.shape[0] + parts[1].shape[0]

    def moved(row: int) -> int:
        if row <= x_top:
            return round(row * above)
        if row <= line.baseline:
            return row - x_top + upper.shape[0]
        return baseline + round((row - line.baseline) * below)

    return Written(ink, baseline, moved(line.top), moved(line.bottom), line.left, line.right)


def neighbours(rng: Rng, line: Written) -> Written:
    """Descenders of a line above and tall letters of a line below, from the line's own ink.

    Their small letters stay outside the line itself, as its own do.
    """
    ink = line.ink.copy()
    rows, columns = ink.shape
    sides = int(rng.integers(1, 4))
    for sign in (-1, 1):
        if not sides & (1 if sign < 0 else 2):
            continue
        pitch = round(BOX * rng.uniform(0.78, 1.3))
        other = np.roll(line.ink, int(rng.integers(columns // 4, columns)), axis=1)
        if rng.random() < 0.3:  # the last line of a paragraph
            other[:, int(rng.integers(1, columns)) :] = 0
        if sign < 0:
            np.maximum(ink[: rows - pitch], other[pitch:], out=ink[: rows - pitch])
        else:
            np.maximum(ink[pitch:], other[: rows - pitch], out=ink[pitch:])
    return Written(ink, line.baseline, line.top, line.bottom, line.left, line.right)


def flourish(rng: Rng, line: Written, hand: Hand) -> Written:
    """Underline the line or a part of it, or draw a stroke past one of its ends."""
    ink = line.ink.copy()
    thick = int(rng.integers(1, 4))
    reach = line.right - line.left
    if rng.random() < 0.55:
        start = line.left + int(reach * rng.uniform(0.0, 0.6) * (rng.random() < 0.5))
        row = line.baseline + BOX * rng.uniform(0.06, 0.3)
        xs = np.linspace(start, line.right + BOX * rng.uniform(-0.1, 0.3), 10)
        ys = row + rng.standard_normal(10).cumsum() * 0.012 * BOX
    else:  # the bow of a bracket, or the tail of a letter on the next line
        at = line.left - BOX * 0.15 if rng.random() < 0.5 else line.right + BOX * 0.15
        turns = np.linspace(0.0, np.pi, 12)
        bow = BOX * rng.uniform(-0.3, 0.3)
        xs = at + bow * np.sin(turns) + BOX * rng.uniform(-0.1, 0.1) * np.linspace(-1, 1, 12)
        ys = line.baseline - hand.up * 0.5 + BOX * rng.uniform(0.3, 0.8) * np.linspace(-1, 1, 12)
    points = np.column_stack([xs, ys]).round().astype(np.int32)
    cv2.polylines(ink, [points], False, 255, thick, cv2.LINE_AA)
    return Written(ink, line.baseline, line.top, line.bottom, line.left, line.right)

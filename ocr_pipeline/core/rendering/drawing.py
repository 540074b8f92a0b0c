# SPDX-License-Identifier: Apache-2.0
"""Drawing one line of text: letters, spacing, jitter, rules; where its baseline and ink lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class DrawStyle:
    """How the letters are set.

    Attributes:
        spacing: Extra advance after each letter, in pixels; may be negative.
        blanks: Factor on the width of blanks.
        jitter: Standard deviation of each letter's height above the baseline, in pixels.
        uneven: How much weaker single letters may be struck, 0 to 1.
        bilevel: Hinted black-and-white glyphs instead of anti-aliased ones.
        tabs: Blanks, by their number in the text, that are wider by so many pixels, as between
            the cells of a table's row; whether a rule stands in the middle.
    """

    spacing: float = 0.0
    blanks: float = 1.0
    jitter: float = 0.0
    uneven: float = 0.0
    bilevel: bool = False
    tabs: tuple[tuple[int, float, bool], ...] = ()

    def tab(self, blank: int) -> float:
        """Extra width of blank number ``blank``, in pixels."""
        return sum(wider for number, wider, _ in self.tabs if number == blank)

    @property
    def by_letter(self) -> bool:
        """Whether each letter is placed on its own (no kerning then, as on a typewriter)."""
        return abs(self.spacing) > 0.01 or self.jitter > 0.0 or self.uneven > 0.0


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A drawn line.

    Attributes:
        ink: Coverage, uint8 (H, W), 255 where there is ink.
        baseline: Row of the baseline.
        start: Column where the first letter's advance begins.
        end: Column where the last letter's advance ends.
        rules: Columns where an upright rule belongs between two cells; not drawn yet, for it is
            as high as the crop.
    """

    ink: NDArray[np.uint8]
    baseline: int
    start: float
    end: float
    rules: tuple[int, ...] = ()


@lru_cache(maxsize=768)  # each entry keeps its face open, and that takes megabytes
def extents(font: ImageFont.FreeTypeFont) -> tuple[int, int]:
    """Height of tall letters above the baseline and depth of descenders below it, in pixels."""
    top = -int(font.getbbox("Hdlb", anchor="ls")[1])
    bottom = int(font.getbbox("gpqy", anchor="ls")[3])
    return max(top, 2), max(bottom, 1)


def advance(font: ImageFont.FreeTypeFont, text: str, style: DrawStyle) -> float:
    """Width that ``text`` takes when set in ``style``, in pixels."""
    extra = style.spacing * len(text)
    if style.blanks != 1.0:
        extra += (style.blanks - 1.0) * font.getlength(" ") * text.count(" ")
    if style.tabs:
        extra += sum(style.tab(number) for number in range(text.count(" ")))
    return float(font.getlength(text)) + extra


def draw(
    rng: Rng, font: ImageFont.FreeTypeFont, text: str, style: DrawStyle, margin: int
) -> DrawnLine:
    """Draw ``text`` with ``margin`` empty pixels on all sides of its font box."""
    up, down = extents(font)
    # Accents on capitals rise above the tallest letters by about a third.
    up += up // 2
    width = int(advance(font, text, style)) + 2 * margin + up
    height = up + down + down // 2 + 2 * margin
    image = PillowImage.new("L", (width, height), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1" if style.bilevel else "L"
    baseline = margin + up
    x = float(margin)
    rules: list[int] = []
    if style.by_letter:
        x = _draw_letters(rng, pen, font, text, style, x, baseline)
    elif style.blanks != 1.0 or style.tabs:
        blank = font.getlength(" ") * style.blanks
        for number, part in enumerate(text.split(" ")):
            if number:
                wide = blank + style.tab(number - 1)
                if any(tab[0] == number - 1 and tab[2] for tab in style.tabs):
                    rules.append(round(x + wide / 2))
                x += wide
            pen.text((x, baseline), part, fill=255, font=font, anchor="ls")
            x += font.getlength(part)
    else:
        pen.text((x, baseline), text, fill=255, font=font, anchor="ls")
        x += font.getlength(text)
    return DrawnLine(np.array(image), baseline, float(margin), x, tuple(rules))


def _draw_letters(
    rng: Rng,
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    text: str,
    style: DrawStyle,
    x: float,
    baseline: int,
) -> float:
    """Place letter by letter; gives back where the last advance ends."""
    lifts = rng.standard_normal(len(text)) * style.jitter
    strengths = 255 * (1.0 - style.uneven * rng.random(len(text)))
    blank = font.getlength(" ") * style.blanks
    for char, lift, strength in zip(text, lifts, strengths, strict=True):
        if char == " ":
            x += blank + style.spacing
            continue
        pen.text((x, baseline + lift), char, fill=int(strength), font=font, anchor="ls")
        x += font.getlength(char) + style.spacing
    return x - style.spacing


def enlarge_end(line: DrawnLine, start: float, factor: float) -> DrawnLine:
    """The line with all that stands right of column ``start`` larger, on the same baseline."""
    split = round(start)
    rows = line.ink.shape[0]
    higher = round(line.baseline * (factor - 1.0)) + 1
    tail = line.ink[:, split:]
    size = (round(tail.shape[1] * factor), round(rows * factor))
    tail = np.asarray(cv2.resize(tail, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    top = line.baseline + higher - round(line.baseline * factor)
    ink = np.zeros((max(rows + higher, top + size[1]), split + size[0]), np.uint8)
    ink[higher : higher + rows, :split] = line.ink[:, :split]
    ink[top : top + size[1], split:] = tail
    end = split + (line.end - split) * factor
    return DrawnLine(ink, line.baseline + higher, line.start, end)


def ink_box(ink: NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what is drawn (right and bottom exclusive); None if nothing."""
    return PillowImage.fromarray(ink).getbbox()

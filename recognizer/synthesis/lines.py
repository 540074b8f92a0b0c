# SPDX-License-Identifier: Apache-2.0
"""Endless text lines as a detector would crop them, with their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.errors import FontError, UsageError
from ocr_pipeline.core.rendering.drawing import (
    DrawnLine,
    DrawStyle,
    advance,
    draw,
    enlarge_end,
    extents,
    ink_box,
)
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from ocr_pipeline.core.rendering.text import LATIN_ALPHABET, TextSource
from ocr_pipeline.core.rendering.words import weighted
from recognizer.synthesis.crops import crop_line
from recognizer.synthesis.looks import LOOKS
from recognizer.synthesis.scene import crop_scene

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less

# Height that widths are counted at: the recognizer's input.
NET_HEIGHT = 32
# Columns of the recognizer's input per time step: CTC needs a step for each character and one
# more between two that are alike.
STEP = 4
# Narrowest blank that is still labelled as one, in heights of the text, and in pixels.
_LEAST_GAP, _LEAST_PIXELS = 0.14, 3.0

_SHARES = (
    ("clean", 0.15),
    ("bilevel", 0.13),
    ("fax", 0.17),
    ("grey", 0.10),
    ("thermal", 0.15),
    ("typed", 0.05),
    ("scene", 0.20),
    ("screen", 0.11),
)
# Box heights in pixels at which each look's text is drawn: least, most, and the power that bends
# an even draw towards the least (above 1).
_HEIGHTS = {
    "clean": (11.0, 44.0, 1.3),
    "bilevel": (20.0, 50.0, 1.2),
    "fax": (20.0, 40.0, 1.0),
    "grey": (14.0, 46.0, 1.2),
    "thermal": (15.0, 42.0, 1.1),
    "typed": (18.0, 44.0, 1.2),
    "scene": (15.0, 44.0, 1.2),
    "screen": (7.0, 26.0, 1.3),
}
# Looks whose texts are words on signs and buttons, with their share of these.
_PLACARDS = {"scene": 0.85, "screen": 0.6}


@dataclass(frozen=True)
class LineOptions:
    """What lines are rendered.

    Attributes:
        max_width: Widest image, in columns after scaling to a height of 32.
        max_chars: Longest text.
        min_height: Lowest image, in rows.
        max_height: Highest image, in rows.
        alphabet: Characters that may occur.
        looks: Share of each look (clean, bilevel, fax, grey, thermal, typed, scene, screen).
        corpus: Text files, lists and folders that prose and phrases come from.
        font_folders: Folders with fonts; none means the system's.
    """

    max_width: int = 1200
    max_chars: int = 100
    min_height: int = 16
    max_height: int = 64
    alphabet: str = LATIN_ALPHABET
    looks: tuple[tuple[str, float], ...] = _SHARES
    corpus: tuple[Path, ...] = field(default=())
    font_folders: tuple[Path, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.max_width < 2 * NET_HEIGHT or self.max_chars < 1:
            raise UsageError(
                f"max_width must be at least {2 * NET_HEIGHT} and max_chars at least 1"
            )
        if not 8 <= self.min_height <= self.max_height:
            raise UsageError("heights must satisfy 8 <= min_height <= max_height")
        unknown = [name for name, _ in self.looks if name not in LOOKS]
        if unknown or not self.looks or sum(share for _, share in self.looks) <= 0:
            raise UsageError(
                f"looks must be among {', '.join(LOOKS)} (got {unknown or self.looks})"
            )


@dataclass(frozen=True, slots=True)
class LineSample:
    """A rendered line: grey uint8 (H, W) or RGB (H, W, 3), and its text.

    ``places``, where a renderer knows them, say where each character stands: the middle as a
    fraction of the image's width, and the number of its row of characters, from 0.
    """

    image: Image
    text: str
    places: tuple[tuple[float, int], ...] | None = None


def first_sample(attempt: Callable[[Rng], LineSample | None], seed: int, index: int) -> LineSample:
    """What the first attempt with something legible gives, for image ``index`` of ``seed``."""
    rng = np.random.default_rng([seed, index])
    while True:
        sample = attempt(rng)
        if sample is not None:
            return sample


class LineRenderer:
    """Renders lines, each a pure function of (seed, index).

    Args:
        options: What to render.
        fonts: Faces to draw with; None loads those the options name.
        text: Source of texts; None makes one from the options.
    """

    def __init__(
        self,
        options: LineOptions | None = None,
        fonts: FontLibrary | None = None,
        text: TextSource | None = None,
    ) -> None:
        self.options = options or LineOptions()
        self.fonts = fonts or FontLibrary(self.options.font_folders or None)
        self.text = text or TextSource(self.options.alphabet, self.options.corpus)
        self._coverage = self.fonts.coverage()
        self._looks: Sequence[tuple[float, str]] = [(s, n) for n, s in self.options.looks]

    def render(self, seed: int, index: int) -> LineSample:
        """Render line number ``index`` of the endless set ``seed``."""
        return first_sample(self._attempt, seed, index)

    def _attempt(self, rng: Rng) -> LineSample | None:
        """One line; None where nothing legible came of it (a face without ink, too wide)."""
        look = weighted(rng, self._looks)
        placard = rng.random() < _PLACARDS.get(look, 0.0)
        longest = min(self.options.max_chars, 30 if placard else 1000)
        text = (self.text.placard if placard else self.text.line)(rng, longest)
        face, text = self._face(rng, look, text)
        least, most, power = _HEIGHTS[look]
        box = least + (most - least) * rng.random() ** power
        box = min(box, self.options.max_height / 1.25)
        line, text, stretch, box = self._draw(rng, face, look, text, box)
        bounds = ink_box(line.ink)
        if not text or bounds is None:
            return None
        up_down = extents(face.font(_size(face, box)))
        if look == "scene" and placard:
            image = crop_scene(rng, line, bounds, float(sum(up_down)), stretch)
        else:
            image = crop_line(rng, line, bounds, up_down, stretch, text)
        # Every look that counts in pixels must know the true height of the text.
        image = LOOKS[look](rng, image, box)
        return self._finish(rng, image, text)

    def _face(self, rng: Rng, look: str, text: str) -> tuple[Face, str]:
        """A face in keeping with the look, and the text less what no face has."""
        text = " ".join("".join(c for c in text if c in self._coverage).split()) or "1"
        category = None
        roll = rng.random()
        if look == "typed":
            category = "typewriter" if roll < 0.6 else "mono"
        elif look == "fax":
            category = "typewriter" if roll < 0.3 else "sans" if roll < 0.6 else None
        elif look == "thermal":
            category = "mono" if roll < 0.4 else "sans" if roll < 0.75 else None
        elif look == "scene":
            category = _drawn(roll, 0.12, 0.45)
        elif look == "screen":
            category = _drawn(roll, 0.06, 0.2)
        try:
            return self.fonts.choose(rng, text, category), text
        except FontError:
            face = self.fonts.choose(rng, None, category)
            kept = " ".join("".join(c for c in text if face.covers(c)).split())
            return face, kept or "1"

    def _draw(
        self, rng: Rng, face: Face, look: str, text: str, box: float
    ) -> tuple[DrawnLine, str, float, float]:
        """Set the text, shortened until it fits; gives the stretch that is still to be applied."""
        font = face.font(_size(face, box))
        up, down = extents(font)
        box = float(up + down)
        stretch = _stretch(rng, look)
        style = _style(rng, look, face, text, box, stretch)
        room = (self.options.max_width / NET_HEIGHT - 0.3) * box
        while (width := advance(font, text, style) * stretch) > room and len(text) > 1:
            keep = int(len(text) * room / width)
            blank = text.rfind(" ", 0, keep + 1)
            text = text[: blank if blank > keep // 2 else max(1, min(keep, len(text) - 1))].strip()
        # Steps that CTC cannot do without, at a crop of ordinary height.
        steps = len(text) + sum(a == b for a, b in pairwise(text)) + 1
        stretch *= max(1.0, steps * STEP * 1.3 * box / NET_HEIGHT / max(width, 1.0))
        margin = int(box * 1.1) + 2
        line = draw(rng, font, text, style, margin)
        if look in ("thermal", "fax") and " " in text and rng.random() < 0.06:
            head = advance(font, text[: text.rindex(" ")], style)
            line = enlarge_end(line, line.start + head, float(rng.uniform(1.25, 1.9)))
        return line, text, stretch, box

    def _finish(self, rng: Rng, image: Image, text: str) -> LineSample | None:
        """Bring height and width within the options' bounds."""
        options = self.options
        fitted = fit(rng, image, options.min_height, options.max_height, options.max_width)
        return None if fitted is None else LineSample(fitted, text)


def fit(rng: Rng, image: Image, least: int, most: int, max_width: int) -> Image | None:
    """Bring the height between two bounds; None if the line is too wide then.

    ``max_width`` is in columns at the net's height.
    """
    rows, cols = image.shape
    if rows < least or rows > most:
        target = int(rng.integers(least, min(most, 2 * least) + 1)) if rows < least else most
        how = (
            cv2.INTER_AREA
            if rows > most
            else (cv2.INTER_CUBIC if rng.random() < 0.4 else cv2.INTER_LINEAR)
        )
        cols = max(2, round(cols * target / rows))
        image = cv2.resize(image, (cols, target), interpolation=how)
        rows = target
    if round(cols * NET_HEIGHT / rows) > max_width:
        return None
    return np.ascontiguousarray(image)


def _drawn(roll: float, hands: float, display: float) -> str | None:
    """Category of a sign's face: a hand below the first limit, for show below the second."""
    if roll < hands:
        return "handwriting"
    return "display" if roll < display else "sans" if roll < 0.75 else None


def _size(face: Face, box: float) -> float:
    """Pixels per em at which the face's tall letters and descenders span ``box`` pixels."""
    up, down = extents(face.font(100.0))
    # Whole sizes keep the number of loaded fonts small.
    return float(max(6, round(100.0 * box / (up + down))))


def _stretch(rng: Rng, look: str) -> float:
    """Factor on the letters' width; receipt printers also print twice as high or as wide."""
    roll = rng.random()
    if roll < 0.35:
        return float(rng.uniform(0.8, 1.25))
    if look == "thermal" and roll < 0.58:
        return float(rng.uniform(0.55, 0.8) if roll < 0.5 else rng.uniform(1.25, 2.0))
    if look == "scene" and roll < 0.55:  # the condensed faces of posters
        return float(rng.uniform(0.45, 0.8))
    if look in ("fax", "bilevel") and roll < 0.42:  # small capitals of printed forms
        return float(rng.uniform(1.2, 1.6))
    return 1.0


def _style(rng: Rng, look: str, face: Face, text: str, box: float, stretch: float) -> DrawStyle:
    """Spacing and unevenness of the letters."""
    roll = rng.random()
    spacing = 0.0
    if roll < 0.05:  # set so tightly that letters touch
        spacing = box * float(rng.uniform(-0.045, -0.01))
    elif roll < 0.1:
        spacing = box * float(rng.uniform(-0.02, 0.06))
    elif roll < 0.14:
        alone = look in ("scene", "screen") and " " not in text
        widest = (1.0 if alone else 0.35) if text.isupper() else 0.15
        spacing = box * float(rng.uniform(0.05, widest))
    tabs = _tabs(rng, text, box)
    if tabs:
        return DrawStyle(tabs=tabs)
    roll = rng.random()
    blanks = 1.0
    if roll < 0.24:
        blanks = float(rng.uniform(0.55, 1.0))
    elif roll < 0.40:
        blanks = float(rng.uniform(1.1, 2.2))
    elif roll < 0.46:
        blanks = float(rng.uniform(2.0, 4.5))
    if blanks <= 1.0:
        # A gap below this cannot be seen as one; cells of one width need theirs whole.
        own = float(face.font(_size(face, box)).getlength(" ")) * stretch
        least = max(_LEAST_GAP * box, _LEAST_PIXELS) / max(own, 1.0)
        blanks = max(1.0 if face.monospaced else blanks, least)
    if spacing > 0:
        blanks = max(blanks, 1.0 + spacing / box)
    jitter = uneven = 0.0
    if look == "typed" or (face.monospaced and rng.random() < 0.2):
        jitter = box * float(rng.uniform(0.0, 0.025))
        uneven = float(rng.uniform(0.0, 0.45))
    hard_dots = look in ("thermal", "fax", "bilevel") and rng.random() < 0.2
    return DrawStyle(
        spacing, blanks, jitter, uneven, bilevel=bool(hard_dots or rng.random() < 0.04)
    )


def _tabs(rng: Rng, text: str, box: float) -> tuple[tuple[int, float, bool], ...]:
    """Wide gaps between the cells of a row that a detector took for one line."""
    count = text.count(" ")
    if not count or len(text) > 60 or rng.random() > 0.08:
        return ()
    ruled = rng.random() < 0.45
    chosen = rng.permutation(count)[: int(rng.integers(1, 4))]
    return tuple(
        (int(number), box * float(rng.uniform(0.6, 1.0) * 8 ** rng.random()), ruled)
        for number in chosen
    )

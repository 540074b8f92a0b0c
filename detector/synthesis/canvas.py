# SPDX-License-Identifier: Apache-2.0
"""A page being drawn: text goes down together with its quadrilaterals.

The box of a line follows one convention whatever its letters are: from above the capitals to
below the baseline by fixed shares of the face's capital height. The shares are those of the
boxes of ICDAR 2019 SROIE, measured on its training half: 0.16 of a digit's height above it, and
0.10 to 0.25 below the baseline, more where letters descend. Sideways the ink gets a tenth of the
line's height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from detector.synthesis.page import PageLine, PageWord

Color = tuple[int, int, int]

ABOVE = 0.17  # of the capital height, above the capitals
BELOW = 0.26  # of the capital height, below the baseline
SIDE = 0.09  # of the line's height, left and right of the ink

BLACK: Color = (0, 0, 0)


@dataclass(frozen=True)
class Style:
    """How a run of text is drawn.

    Attributes:
        face: A face of the font library.
        size: Pixels per em.
        fill: RGB.
        tracking: Extra blank after each letter, in em.
        stretch: Width and height of the glyphs relative to the face's own.
        underline: Whether a rule runs under the text.
        space: Width of a blank relative to the face's own.
    """

    face: Any
    size: float
    fill: Color = BLACK
    tracking: float = 0.0
    stretch: tuple[float, float] = (1.0, 1.0)
    underline: bool = False
    space: float = 1.0

    def scaled(self, factor: float) -> Style:
        """The same style in another size."""
        return replace(self, size=max(7.0, round(self.size * factor)))

    @property
    def cap(self) -> float:
        """Height of a capital letter in pixels."""
        return _cap_height(self.face, self.size) * self.stretch[1]

    @property
    def band(self) -> tuple[float, float]:
        """How far a line's box reaches above and below the baseline, in pixels."""
        cap = self.cap
        return cap * (1 + ABOVE), cap * BELOW

    @property
    def height(self) -> float:
        """Height of a line's box in pixels."""
        return self.cap * (1 + ABOVE + BELOW)

    @property
    def blank(self) -> float:
        """Width of a blank in pixels."""
        width = max(_advance(self.face, self.size, " "), 0.2 * self.size)
        return (width * self.space + self.tracking * self.size) * self.stretch[0]

    def length(self, word: str) -> float:
        """Advance width of one word in pixels."""
        advance = _advance(self.face, self.size, word)
        return (advance + self.tracking * self.size * len(word)) * self.stretch[0]


@lru_cache(maxsize=8192)
def _cap_height(face: Any, size: float) -> float:
    probe = next((c for c in ("H", "E", "0") if face.covers(c)), None)
    if probe is None:  # Chinese faces without Latin letters
        return 0.8 * size
    return max(4.0, -face.font(size).getbbox(probe, anchor="ls")[1])


@lru_cache(maxsize=65536)
def _advance(face: Any, size: float, word: str) -> float:
    """Pixels that a word takes; words are measured when lines are broken and again when drawn."""
    return float(face.font(size).getlength(word))


@lru_cache(maxsize=65536)
def _bearings(face: Any, size: float, letter: str) -> tuple[float, float]:
    """Blank between a letter's origin and its ink, and between its ink and its advance."""
    left, _, right, _ = face.font(size).getbbox(letter, anchor="ls")
    return left, _advance(face, size, letter) - right


@dataclass(frozen=True, slots=True)
class Extent:
    """The ink of a run of text: left, right, top and bottom edge of its box in pixels."""

    left: float
    right: float
    top: float
    bottom: float


class Canvas:
    """A page under the pen.

    Args:
        width: Pixels.
        height: Pixels.
        paper: Colour of the ground that is drawn on.
        tone: Colour of the paper under the print, which multiplies all in the end.
        alphabet: Characters that may be drawn; None means all.
    """

    def __init__(
        self,
        width: int,
        height: int,
        paper: Color = (255, 255, 255),
        tone: Color = (255, 255, 255),
        alphabet: str | None = None,
    ) -> None:
        self.image = Image.new("RGB", (width, height), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.lines: list[PageLine] = []
        self.paper = paper
        self.tone = tone
        self.alphabet = None if alphabet is None else frozenset(alphabet) | {" "}

    @property
    def width(self) -> int:
        """Pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.image.height

    def cut(self, height: int) -> None:
        """Make the page shorter; lines that reach into what is cut off go too."""
        self.image = self.image.crop((0, 0, self.width, height))
        self.draw = ImageDraw.Draw(self.image)
        self.lines = [line for line in self.lines if line.quad[:, 1].max() <= height]

    def words(self, text: str, style: Style, width: float | None = None) -> list[str]:
        """The words of ``text`` that the style can draw, no more than fit into ``width``."""
        out: list[str] = []
        x = 0.0
        for word in text.split():
            if not style.face.covers(word) or (
                self.alphabet and not self.alphabet.issuperset(word)
            ):
                continue
            x += style.length(word) + (style.blank if out else 0.0)
            if width is not None and x > width:
                break
            out.append(word)
        return out

    def measure(self, text: str, style: Style) -> float:
        """Width in pixels of what :meth:`put` would draw of ``text``."""
        words = self.words(text, style)
        return sum(style.length(w) for w in words) + style.blank * max(0, len(words) - 1)

    def put(
        self,
        x: float,
        baseline: float,
        text: str,
        style: Style,
        *,
        anchor: str = "l",
        width: float | None = None,
        justify: bool = False,
    ) -> Extent | None:
        """Draw one line and label it.

        Args:
            x: Left edge, middle or right edge of the text, by ``anchor`` "l", "m" or "r".
            baseline: Pixels from the top.
            text: Words that do not fit or that the face lacks are left out.
            style: How to draw.
            width: Most pixels to take; None means up to the page's edge.
            justify: Spread the words over ``width``.

        Returns:
            Where the line's box is, or None where nothing was drawn.
        """
        room = {"l": self.width - x, "r": x, "m": 2 * min(x, self.width - x)}[anchor] - 4
        words = self.words(text, style, min(room, room if width is None else width + 0.5))
        if not words:
            return None
        lengths = [style.length(w) for w in words]
        blank = style.blank
        if justify and width is not None and len(words) > 1:
            blank = (width - sum(lengths)) / (len(words) - 1)
        total = sum(lengths) + blank * (len(words) - 1)
        x -= {"l": 0.0, "m": total / 2, "r": total}[anchor]
        starts = [x]
        for length in lengths[:-1]:
            starts.append(starts[-1] + length + blank)
        return self.put_words(list(zip(starts, words, strict=True)), baseline, style)

    def put_words(
        self,
        words: Sequence[tuple[float, str]],
        baseline: float,
        style: Style,
        *,
        label: bool = True,
        ignore: bool = False,
    ) -> Extent | None:
        """Draw words at given left edges as one line; see :meth:`put`."""
        above, below = style.band
        top, bottom = baseline - above, baseline + below
        if top < 0 or bottom > self.height or not words:
            return None
        margin = SIDE * style.height
        boxes: list[PageWord] = []
        for x, word in words:
            left, right = self._ink(x, baseline, word, style)
            boxes.append(PageWord(_box(left - margin / 2, top, right + margin / 2, bottom), word))
        left = boxes[0].quad[0, 0] - margin / 2
        right = boxes[-1].quad[1, 0] + margin / 2
        if style.underline:
            y = baseline + max(2, 0.2 * style.cap)
            self.rule(left + margin, y, right - margin, y, style.fill, max(1, style.size / 18))
        if label:
            text = " ".join(word for _, word in words)
            self.lines.append(PageLine(_box(left, top, right, bottom), text, tuple(boxes), ignore))
        return Extent(float(left), float(right), top, bottom)

    def _ink(self, x: float, baseline: float, word: str, style: Style) -> tuple[float, float]:
        """Draw one word; returns the left and right edge of its ink."""
        font = style.face.font(style.size)
        if style.stretch != (1.0, 1.0):
            return self._stretched(x, baseline, word, style)
        if style.tracking:
            edges = []
            for letter in word:
                self.draw.text((x, baseline), letter, fill=style.fill, font=font, anchor="ls")
                box = font.getbbox(letter, anchor="ls")
                edges += [x + box[0], x + box[2]]
                x += font.getlength(letter) + style.tracking * style.size
            return min(edges), max(edges)
        self.draw.text((x, baseline), word, fill=style.fill, font=font, anchor="ls")
        left = _bearings(style.face, style.size, word[0])[0]
        right = _bearings(style.face, style.size, word[-1])[1]
        return x + left, x + _advance(style.face, style.size, word) - right

    def _stretched(self, x: float, baseline: float, word: str, style: Style) -> tuple[float, float]:
        """As :meth:`_ink` for glyphs that are wider or taller than the face's own."""
        font = style.face.font(style.size)
        box = font.getbbox(word, anchor="ls")
        if box[2] <= box[0] or box[3] <= box[1]:
            return x, x
        advance = style.tracking * style.size
        mask = Image.new(
            "L",
            (round(box[2] - box[0] + advance * (len(word) - 1)) + 2, round(box[3] - box[1]) + 2),
        )
        pen = ImageDraw.Draw(mask)
        if advance:
            at = 0.0
            for letter in word:
                pen.text((at - box[0], -box[1]), letter, fill=255, font=font, anchor="ls")
                at += font.getlength(letter) + advance
        else:
            pen.text((-box[0], -box[1]), word, fill=255, font=font, anchor="ls")
        wide, high = style.stretch
        size = (max(1, round(mask.width * wide)), max(1, round(mask.height * high)))
        mask = mask.resize(size, Image.Resampling.BILINEAR)
        left, top = round(x + box[0] * wide), round(baseline + box[1] * high)
        self.image.paste(style.fill, (left, top), mask)
        return left, left + size[0] - 2 * wide

    def put_upright(self, x: float, y: float, text: str, style: Style) -> None:
        """Draw a text that runs upwards from (x, y), to be ignored: no horizontal line."""
        words = self.words(text, style)
        above, below = style.band
        wide = round(sum(style.length(w) for w in words) + style.blank * len(words))
        if not words or wide >= y or not above <= x <= self.width - below:
            return
        mask = Image.new("L", (wide, round(above + below)))
        pen = ImageDraw.Draw(mask)
        font = style.face.font(style.size)
        pen.text((0, above), " ".join(words), fill=255, font=font, anchor="ls")
        box = (round(x - above), round(y - wide))
        self.image.paste(style.fill, box, mask.transpose(Image.Transpose.ROTATE_90))
        quad = _box(x - above, y - wide, x + below, y)[[3, 0, 1, 2]]
        text = " ".join(words)
        self.lines.append(PageLine(quad, text, (PageWord(quad, text),), ignore=True))

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, fill: Color = BLACK, width: float = 1
    ) -> None:
        """Draw a straight line."""
        self.draw.line((x0, y0, x1, y1), fill=fill, width=max(1, round(width)))

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        outline: Color | None = BLACK,
        fill: Color | None = None,
        width: float = 1,
        radius: float = 0,
    ) -> None:
        """Draw a rectangle, its corners rounded by ``radius``."""
        x1, y1 = max(x0, x1), max(y0, y1)
        kwargs: dict[str, Any] = {"outline": outline, "fill": fill, "width": max(1, round(width))}
        if radius:
            self.draw.rounded_rectangle((x0, y0, x1, y1), radius, **kwargs)
        else:
            self.draw.rectangle((x0, y0, x1, y1), **kwargs)


def _box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """An upright rectangle as a quadrilateral, float32 (4, 2)."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)

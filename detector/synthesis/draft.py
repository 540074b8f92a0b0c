# SPDX-License-Identifier: Apache-2.0
"""What every layout draws with: one random state, the fonts, the text, and common decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from detector.synthesis.canvas import Canvas, Color, Style
from detector.synthesis.page import PageOptions

T = TypeVar("T")

WHITE: Color = (255, 255, 255)


class Draft:
    """The tools of one page.

    Args:
        rng: The page's source of randomness.
        fonts: A font library.
        text: A text source.
        options: What is asked for.
    """

    def __init__(
        self, rng: np.random.Generator, fonts: Any, text: Any, options: PageOptions
    ) -> None:
        self.rng = rng
        self.fonts = fonts
        self.text = text
        self.options = options

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def clutter(self, probability: float) -> bool:
        """True with the given probability, lowered by the options' clutter."""
        return self.chance(probability * self.options.clutter)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return float(self.rng.uniform(low, high))

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.rng.integers(len(items)))]

    def width(self, low: float = 0.0, high: float = 1.0) -> int:
        """A page width from a share of the range that the options allow."""
        least, most = self.options.width
        return round(least + (most - least) * self.uniform(low, high))

    def canvas(
        self, width: float, height: float, *, ground: Color = WHITE, tone: Color = WHITE
    ) -> Canvas:
        """An empty page: ``ground`` is what is drawn on, ``tone`` the paper under the print."""
        return Canvas(round(width), round(height), ground, tone, self.options.alphabet)

    def paper(self) -> Color:
        """White, mostly, or the tone of an old, coloured or thermal paper."""
        if self.chance(0.65):
            return WHITE
        light = self.uniform(190, 250)
        warm = self.uniform(-12, 30) if self.chance(0.7) else 0.0
        tint = np.array([light + warm / 2, light + self.uniform(-4, 4), light - warm])
        if self.chance(0.1):  # coloured copies of a form
            tint += self.rng.uniform(-45, 10, 3)
        return as_color(tint)

    def ink(self) -> Color:
        """Black, mostly, or grey, or a dark colour."""
        kind = self.rng.random()
        if kind < 0.6:
            return (0, 0, 0)
        if kind < 0.85:
            return (round(level := self.uniform(0, 90)), round(level), round(level))
        return as_color(self.rng.uniform(0, 110, 3))

    def vivid(self, light: float = 0.5) -> Color:
        """A saturated colour: 0 is dark, 1 is light."""
        base = self.rng.uniform(0, 1, 3)
        base = (base - base.min()) / max(float(np.ptp(base)), 0.05)
        return as_color(255 * (light + (base - 0.5) * (1 - abs(2 * light - 1)) * 0.8))

    def style(
        self, size: float, category: str | None = None, fill: Color | None = None, **rest: Any
    ) -> Style:
        """A style in some face of the category."""
        face = self.fonts.choose(self.rng, text="Aag09", category=category)
        return Style(face, max(7, round(size)), self.ink() if fill is None else fill, **rest)

    def body_category(self) -> str:
        """The category of the face of running text."""
        return str(
            self.rng.choice(["serif", "sans", "mono", "typewriter"], p=[0.46, 0.38, 0.08, 0.08])
        )

    def words(self, count: int) -> str:
        """About ``count`` words."""
        found = self.text.words(self.rng, max(1, count))
        return found if isinstance(found, str) else " ".join(found)

    def title(self, count: int) -> str:
        """A heading of about ``count`` words in one of the usual casings."""
        words = self.words(count)
        kind = self.rng.random()
        if kind < 0.4:
            return words.title()
        return words.upper() if kind < 0.7 else words[:1].upper() + words[1:]


def as_color(values: np.ndarray) -> Color:
    """Three numbers as RGB, clipped to 0..255."""
    red, green, blue = (int(v) for v in np.clip(values, 0, 255))
    return red, green, blue

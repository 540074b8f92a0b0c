# SPDX-License-Identifier: Apache-2.0
"""What a rendered page is, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ocr_pipeline.core.errors import UsageError

KINDS: Mapping[str, float] = MappingProxyType(
    {
        "receipt": 3.0,
        "article": 2.0,
        "letter": 1.2,
        "typescript": 1.0,
        "form": 2.2,
        "table": 1.2,
        "invoice": 1.2,
        "screen": 0.8,
        "sign": 0.5,
        "banner": 1.7,
        "card": 0.4,
        "cjk": 0.6,
    }
)
"""The kinds of page and how often each is drawn."""


@dataclass(frozen=True, slots=True)
class PageWord:
    """One word: ``quad`` float32 (4, 2) in pixels, clockwise from the text's top-left corner."""

    quad: np.ndarray
    text: str


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of text as a detector should find it.

    Attributes:
        quad: float32 (4, 2), pixels, clockwise from the text's top-left corner.
        text: Exactly what is drawn, single blanks between words.
        words: The line's words from left to right.
        ignore: Neither text nor background to a trainer (vertical or cut text).
    """

    quad: np.ndarray
    text: str
    words: tuple[PageWord, ...]
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class PageSample:
    """A rendered page: ``image`` uint8 RGB (H, W, 3), its lines in drawing order, its kind."""

    image: np.ndarray
    lines: tuple[PageLine, ...]
    kind: str = ""


@dataclass(frozen=True)
class PageOptions:
    """How pages are drawn.

    Attributes:
        width: Range of the page's width in pixels; the kind decides the height.
        kinds: Weight of each kind of page, see :data:`KINDS`.
        rotation: Largest tilt of a page in degrees.
        perspective: Largest shift of a photographed page's corner, as a share of its size.
        strength: How much pages are degraded, 0 (clean) to 1 (as scans and photographs are).
        clutter: How often figures, stamps, scribbles and other non-text appear, 0 to 1.
        alphabet: Characters that may be drawn; None means all that the text source has.
    """

    width: tuple[int, int] = (720, 1280)
    kinds: Mapping[str, float] = field(default_factory=lambda: KINDS)
    rotation: float = 2.0
    perspective: float = 0.04
    strength: float = 1.0
    clutter: float = 1.0
    alphabet: str | None = None

    def __post_init__(self) -> None:
        low, high = self.width
        if not 200 <= low <= high:
            raise UsageError(f"page width {self.width}: give a range of at least 200 pixels")
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown or not any(w > 0 for w in self.kinds.values()):
            raise UsageError(
                f"page kinds {unknown or dict(self.kinds)}: choose from {', '.join(KINDS)}"
            )
        if min(self.kinds.values()) < 0:
            raise UsageError("the weight of a page kind cannot be negative")
        for name, most in (
            ("rotation", 30.0),
            ("perspective", 0.2),
            ("strength", 1.0),
            ("clutter", 1.0),
        ):
            if not 0 <= getattr(self, name) <= most:
                raise UsageError(f"page {name} {getattr(self, name)}: must lie in 0 to {most:g}")

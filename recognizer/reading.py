# SPDX-License-Identifier: Apache-2.0
"""What a recognizer makes of a line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CharReading:
    """A character: text, confidence 0 to 1, and its extent in fractions of the crop's width."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A line: text, how probable it is that all of it is right, and its characters in order.

    ``share`` is that of the text among all that a search with a language model found; None where
    no language had a say."""

    text: str
    confidence: float
    chars: tuple[CharReading, ...] = ()
    share: float | None = None

# SPDX-License-Identifier: Apache-2.0
"""Blanks in scripts that set none between words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from recognizer.alphabet import Alphabet
from recognizer.ctc import Decoded

T = TypeVar("T")

# Distance between characters, in units of the line's usual one, from which a blank is believed.
_LEAST = 1.22
# Ideographs, their punctuation, full-width forms; not Hangul, which has blanks between words.
_SQUARE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]")


def is_square(character: str) -> bool:
    """Whether a character is Chinese, or punctuation that fills a square as Chinese ones do."""
    return _SQUARE.match(character) is not None


def without_false_blanks(decoded: Decoded, alphabet: Alphabet) -> Decoded:
    """A reading less the blanks between two square characters that stand no further apart than
    their neighbours do: the air that some characters have around them is none.

    Args:
        decoded: classes, confidences and spans of a line.
        alphabet: of the net.
    """
    characters = [alphabet.character(index) for index in decoded.classes]
    if " " not in characters:
        return decoded
    centres = [(first + last) / 2 for first, last in decoded.spans]
    square = [is_square(c) for c in characters]
    pitches = [
        centres[i + 1] - centres[i] for i in range(len(square) - 1) if square[i] and square[i + 1]
    ]
    if len(pitches) < 2:
        return decoded
    usual = float(np.median(pitches))
    kept = [
        i
        for i, character in enumerate(characters)
        if character != " " or not _false(i, square, centres, usual)
    ]
    if len(kept) == len(characters):
        return decoded
    return Decoded(
        _picked(decoded.classes, kept),
        _picked(decoded.confidences, kept),
        _picked(decoded.spans, kept),
    )


def _false(index: int, square: Sequence[bool], centres: Sequence[float], usual: float) -> bool:
    if not 0 < index < len(square) - 1 or not (square[index - 1] and square[index + 1]):
        return False
    return centres[index + 1] - centres[index - 1] < _LEAST * usual


def _picked(items: Sequence[T], indices: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[i] for i in indices)

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
# The same from which a blank is there, whether the net wrote it or not.
_SURE = 1.4
# Ideographs alone: punctuation stands at one side of its square.
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Ideographs, their punctuation, full-width forms; not Hangul, which has blanks between words.
_SQUARE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]")


def is_square(character: str) -> bool:
    """Whether a character is Chinese, or punctuation that fills a square as Chinese ones do."""
    return _SQUARE.match(character) is not None


def is_ideograph(character: str) -> bool:
    """Whether a character is a Chinese one; punctuation is none."""
    return _IDEOGRAPH.match(character) is not None


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


def with_missed_blanks(decoded: Decoded, alphabet: Alphabet) -> Decoded:
    """A reading with blanks where two ideographs stand much further apart than the others do.

    To a net that sees a few characters at a time a blank looks like nothing, and so does what CTC
    has between any two of them; the distances of the others tell.

    Args:
        decoded: classes, confidences and spans of a line.
        alphabet: of the net.
    """
    if " " not in alphabet.characters or len(decoded.classes) < 4:
        return decoded
    centres = [(first + last) / 2 for first, last in decoded.spans]
    ideograph = [is_ideograph(alphabet.character(i)) for i in decoded.classes]
    pitches = {
        i: centres[i + 1] - centres[i]
        for i in range(len(ideograph) - 1)
        if ideograph[i] and ideograph[i + 1]
    }
    if len(pitches) < 3:
        return decoded
    limit = _SURE * float(np.median(list(pitches.values())))
    blank = alphabet.encode(" ")[0]
    classes: list[int] = []
    confidences: list[float] = []
    spans: list[tuple[int, int]] = []
    for i, index in enumerate(decoded.classes):
        classes.append(index)
        confidences.append(decoded.confidences[i])
        spans.append(decoded.spans[i])
        if pitches.get(i, 0.0) > limit:
            classes.append(blank)
            confidences.append(1.0)
            spans.append((decoded.spans[i][1], decoded.spans[i + 1][0]))
    return Decoded(tuple(classes), tuple(confidences), tuple(spans))


def _false(index: int, square: Sequence[bool], centres: Sequence[float], usual: float) -> bool:
    if not 0 < index < len(square) - 1 or not (square[index - 1] and square[index + 1]):
        return False
    return centres[index + 1] - centres[index - 1] < _LEAST * usual


def _picked(items: Sequence[T], indices: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[i] for i in indices)

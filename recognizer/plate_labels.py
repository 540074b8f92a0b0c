# SPDX-License-Identifier: Apache-2.0
"""Readings of Korean plates in the form that is wanted: with blanks, romanised, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import DataError, UsageError
from recognizer.plates import KOREAN_REGIONS, korean_display, korean_roman
from recognizer.reading import CharReading, Reading

FORMS = ("natural", "spaced", "roman", "both")


class Reads(Protocol):
    """Anything that reads crops as a recognizer does."""

    @property
    def header(self) -> Mapping[str, Any]: ...
    def read(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Reading]: ...


class PlateLabels:
    """A recognizer of Korean plates whose readings come in another form.

    What is no Korean plate stays as it was read.

    Args:
        recognizer: what reads them.
        form: ``spaced`` (``서울 18나 6897``), ``roman`` (``A18sk6897``), or ``both``, the romanised
            form first.

    Raises:
        UsageError: if the recognizer's alphabet lacks syllables of the plates, or there is no
            such form.
    """

    def __init__(self, recognizer: Reads, form: str) -> None:
        check_form(form)
        alphabet = frozenset(recognizer.header.get("alphabet", ()))
        if not alphabet.issuperset("".join(KOREAN_REGIONS.values())):
            raise UsageError(
                f"--plate-labels {form}: {recognizer.header.get('name', 'the recognizer')} reads "
                "no Korean plates; use --recognizer plates-korea"
            )
        self.recognizer, self.form = recognizer, form
        self.header = recognizer.header

    def read(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Reading]:
        """Reads crops; see :meth:`recognizer.Recognizer.read`."""
        return [relabel(reading, self.form) for reading in self.recognizer.read(crops)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.recognizer, name)


def check_form(form: str) -> None:
    """Insists on one of :data:`FORMS`.

    Raises:
        UsageError: if it is none.
    """
    if form not in FORMS:
        raise UsageError(f"--plate-labels {form!r}: use {', '.join(FORMS)}")


def relabel(reading: Reading, form: str) -> Reading:
    """A reading of a Korean plate in another form, each character where its source stands."""
    if form == "natural":
        return reading
    try:
        roman, spaced = _roman(reading), _spaced(reading)
    except DataError:
        return reading
    if form == "both":
        chars = (*roman, _blank(roman[-1].end), *spaced)
    else:
        chars = roman if form == "roman" else spaced
    return Reading("".join(c.text for c in chars), reading.confidence, chars)


def _blank(place: float) -> CharReading:
    return CharReading(" ", 1.0, place, place)


def _spaced(reading: Reading) -> tuple[CharReading, ...]:
    text = korean_display(reading.text)
    rest = iter(reading.chars)
    chars: list[CharReading] = []
    for character in text:
        chars.append(_blank(chars[-1].end) if character == " " else next(rest))
    return tuple(chars)


def _roman(reading: Reading) -> tuple[CharReading, ...]:
    """The region's letter over its name, the syllable's keys on its two halves."""
    text = korean_roman(reading.text)
    source = reading.chars
    region = len(source) - (len(text) - 2)  # letters of the name: 2, or none
    digits = len(text) - 7  # before the syllable: 2 or 3
    syllable = source[region + digits]
    middle = (syllable.start + syllable.end) / 2
    if region:
        confidence = min(c.confidence for c in source[:region])
        head = CharReading(text[0], confidence, source[0].start, source[region - 1].end)
    else:
        head = CharReading(text[0], 1.0, source[0].start, source[0].start)
    return (
        head,
        *source[region : region + digits],
        CharReading(text[-6], syllable.confidence, syllable.start, middle),
        CharReading(text[-5], syllable.confidence, middle, syllable.end),
        *source[region + digits + 1 :],
    )

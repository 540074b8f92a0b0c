# SPDX-License-Identifier: Apache-2.0
"""The codec between texts and class indices. It travels inside the weights file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ocr_pipeline.core.errors import DataError

# Signs that print alike, or that are one sign set as several letters, are read as one form.
_SAME = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "–",
    "\u2015": "—",
    "\u2212": "-",
    "\u00ad": "-",
    "\u201b": "‘",
    "\u2032": "'",
    "\u2033": '"',
    "\u2022": "•",
    "\u2219": "·",
    "\u22c5": "·",
    "\u03bc": "µ",
    "\u2126": "Ω",
}
_TABLE = str.maketrans(_SAME)


def normalise(text: str) -> str:
    """Brings a label to the form in which nets read it.

    Canonical composition (NFC), ligatures spelled out, every kind of white space as a single
    space, none at the ends.
    """
    text = unicodedata.normalize("NFC", text).translate(_TABLE)
    return " ".join(text.split())


@dataclass(frozen=True)
class Alphabet:
    """The characters a net can read, in the order of its classes.

    Attributes:
        characters: distinct single characters.
        blank: class index of the CTC blank: ``"first"`` (index 0, characters from 1) or
            ``"last"`` (characters from 0).
    """

    characters: tuple[str, ...]
    blank: Literal["first", "last"] = "first"
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        shift = 1 if self.blank == "first" else 0
        if self.blank not in ("first", "last"):
            raise DataError(f"the blank is 'first' or 'last', not {self.blank!r}")
        for position, character in enumerate(self.characters):
            if len(character) != 1 or unicodedata.category(character) in ("Cc", "Cs"):
                raise DataError(f"alphabet, entry {position}: {character!r} is no character")
            if character in seen:
                raise DataError(
                    f"alphabet: {character!r} stands at {seen[character] - shift} and again at "
                    f"{position}; remove one of them"
                )
            seen[character] = position + shift
        if not seen:
            raise DataError("the alphabet is empty")
        object.__setattr__(self, "_index", seen)

    @classmethod
    def of(cls, characters: Iterable[str], blank: Literal["first", "last"] = "first") -> Alphabet:
        """An alphabet of any iterable of characters, a string for instance."""
        return cls(tuple(characters), blank)

    @classmethod
    def from_header(cls, header: dict[str, Any]) -> Alphabet:
        """The alphabet of a weights file."""
        return cls(tuple(header["alphabet"]), header.get("blank", "first"))

    @property
    def classes(self) -> int:
        """Number of classes, the blank included."""
        return len(self.characters) + 1

    @property
    def blank_index(self) -> int:
        """Class of the CTC blank."""
        return 0 if self.blank == "first" else len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._index

    def missing(self, text: str) -> str:
        """The characters of a text that the alphabet lacks, each once, in order."""
        return "".join(dict.fromkeys(c for c in text if c not in self._index))

    def encode(self, text: str) -> list[int]:
        """Class indices of a text.

        Raises:
            DataError: if a character is not in the alphabet.
        """
        try:
            return [self._index[character] for character in text]
        except KeyError:
            raise DataError(
                f"label {text!r}: {self.missing(text)!r} is not in the alphabet"
            ) from None

    def decode(self, classes: Sequence[int]) -> str:
        """The text of class indices without blanks."""
        shift = 1 if self.blank == "first" else 0
        return "".join(self.characters[index - shift] for index in classes)

    def character(self, index: int) -> str:
        """The character of one class."""
        return self.characters[index - (1 if self.blank == "first" else 0)]

    def case_pairs(self) -> list[tuple[int, int]]:
        """(lower, upper) classes of the letters that the alphabet has in both cases."""
        pairs = []
        for character, lower in self._index.items():
            upper = self._index.get(character.upper()) if len(character.upper()) == 1 else None
            if upper is not None and upper != lower and character.upper().lower() == character:
                pairs.append((lower, upper))
        return pairs

    def shared(self, other: Alphabet) -> list[tuple[int, int]]:
        """(own class, other's class) of all characters in both, and of the two blanks."""
        pairs = [(i, other._index[c]) for c, i in self._index.items() if c in other._index]
        return [(self.blank_index, other.blank_index), *pairs]

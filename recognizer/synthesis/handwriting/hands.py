# SPDX-License-Identifier: Apache-2.0
"""The hands that lines are written in: handwriting faces, and what is known of each."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering.drawing import extents
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from ocr_pipeline.core.rendering.text import upper

Rng = np.random.Generator

# Rows between the tops of tall letters and the feet of descenders at which hands are drawn; a
# line gets its own size when it is warped, so few glyphs have to be kept.
BOX = 52.0

_NEEDED = frozenset(string.ascii_letters + string.digits + ".,'-")
# Faces whose small letters are other forms of the capitals.
_CAPITALS = re.compile(r"rock salt|permanent marker", re.IGNORECASE)
_CAPITAL_WORD = re.compile(r"[^\W\d_a-zß-ÿœ]{3,}")
_PACKAGES = (
    "fonts-dkg-handwriting, fonts-kristi, fonts-breip, fonts-ecolier-court, fonts-sjfonts, "
    "fonts-dancingscript, fonts-kaushanscript"
)


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """A face that looks handwritten.

    Attributes:
        face: the face.
        size: pixels per em at which its letters span ``BOX`` rows.
        up, down: rows above and below the baseline at that size.
        x_height: rows of its small letters without ascenders.
        joined: whether the letters of a word hang together.
        characters: what it can write; at least the letters and digits of ASCII, or the capitals.
    """

    face: Face
    size: int
    up: int
    down: int
    x_height: int
    joined: bool
    characters: frozenset[str]

    def write(self, text: str) -> str:
        """The text with what this hand has.

        Capitals where it knows no others, one apostrophe for the other, letters without accents
        it lacks; the rest is left out. Joined hands know capitals at the head of words alone,
        as nobody can read a word of nothing but swashes.
        """
        if "a" not in self.characters:
            text = upper(text)
        elif self.joined:
            text = _CAPITAL_WORD.sub(lambda found: found[0].capitalize(), text)
        for mark, other in (("’", "'"), ("'", "’")):
            if mark not in self.characters and other in self.characters:
                text = text.replace(mark, other)
        if not self.characters.issuperset(text):
            text = "".join(
                c if c in self.characters else unicodedata.normalize("NFKD", c)[0] for c in text
            )
        return " ".join("".join(c for c in text if c in self.characters).split())


class Hands:
    """The handwriting faces of some folders, or of the system.

    Args:
        folders: all faces in them are hands; none means the system's handwriting faces.

    Raises:
        FontError: no face there, or none that has the letters and digits.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        library = FontLibrary(list(folders) or None, hands=True)
        faces = [f for f in library.faces if folders or f.category == "handwriting"]
        faces = [face for face in faces if face.path is not None]  # Pillow's own is no hand
        found = [hand for face in faces if (hand := _hand(face)) is not None]
        if not found:
            where = ", ".join(map(str, folders)) or "the system's font folders"
            raise FontError(
                f"{where}: no handwriting face that has all letters and digits; install "
                f"{_PACKAGES}, or name a folder of handwriting fonts with --font-dir"
            )
        families: dict[str, list[Hand]] = {}
        for hand in found:
            families.setdefault(hand.face.family, []).append(hand)
        self.families = tuple(tuple(hands) for _, hands in sorted(families.items()))

    def choose(self, rng: Rng) -> Hand:
        """A hand: every family as likely as any other."""
        hands = self.families[int(rng.integers(len(self.families)))]
        return hands[int(rng.integers(len(hands)))]


def _hand(face: Face) -> Hand | None:
    """A face as a hand; None if letters or digits are missing."""
    characters = face.characters | _drawn(face)
    if not _NEEDED.issubset(characters | frozenset(string.ascii_lowercase)):
        return None
    if _CAPITALS.search(face.name) or _twin_cases(face):
        characters -= {c for c in characters if c.islower()}
    elif not frozenset(string.ascii_lowercase) <= characters:
        return None
    up, down = extents(face.font(100.0))
    size = max(6, round(100.0 * BOX / (up + down)))
    font = face.font(size)
    up, down = extents(font)
    x_height = max(3, -int(font.getbbox("xnmu", anchor="ls")[1]))
    return Hand(face, size, up, down, x_height, _joined(face), frozenset(characters))


def _drawn(face: Face) -> frozenset[str]:
    """ASCII letters and digits that have ink, those too whose ink is another sign's.

    Many hands draw the small letter "l", the digit "1" and the bar alike.
    """
    font = face.font(24.0)
    candidates = string.ascii_letters + string.digits
    return frozenset(c for c in candidates if font.getmask(c).getbbox() is not None)


def _twin_cases(face: Face) -> bool:
    """Whether small letters are small capitals, seen by letters whose forms differ otherwise."""
    return all(
        np.abs(_shape(face, char) - _shape(face, char.upper())).mean() < 0.2 for char in "aegr"
    )


def _shape(face: Face, char: str) -> np.ndarray:
    """A letter's ink scaled to a square, float (24, 24) from 0 to 1."""
    import cv2

    mask = face.font(48.0).getmask(char)
    width, height = mask.size
    if not width or not height:
        return np.zeros((24, 24))
    image = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
    return np.asarray(cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)) / 255.0


def _joined(face: Face) -> bool:
    """Whether no column between the first and the last letter of a word is without ink."""
    hits = 0
    for text in ("minimum", "neunen", "aucune"):
        mask = face.font(BOX).getmask(text)
        width, height = mask.size
        image = np.frombuffer(bytes(mask), np.uint8).reshape(height, max(width, 1))
        hits += int((image.max(axis=0) > 40).mean() > 0.985)
    return hits >= 2

# SPDX-License-Identifier: Apache-2.0
"""Blanks between square characters: the net's are believed where there is room for them."""

from __future__ import annotations

import pytest

from recognizer.alphabet import Alphabet
from recognizer.ctc import Decoded
from recognizer.spacing import is_square, with_missed_blanks, without_false_blanks

ALPHABET = Alphabet.of(" 第四期五页，ab한국")


def decoded(*places: tuple[str, float]) -> Decoded:
    """Characters with the steps at which they stand."""
    classes = tuple(ALPHABET.encode("".join(c for c, _ in places)))
    spans = tuple((int(2 * at), int(2 * at) + 1) for _, at in places)
    return Decoded(classes, tuple(0.9 for _ in places), spans)


def text(found: Decoded) -> str:
    return ALPHABET.decode(found.classes)


def test_a_blank_without_room_is_dropped() -> None:
    line = decoded(("第", 2), ("四", 6), ("期", 10), (" ", 12), ("五", 14), ("页", 18))
    found = without_false_blanks(line, ALPHABET)
    assert text(found) == "第四期五页"
    assert len(found.confidences) == len(found.spans) == 5 and found.spans[3] == (28, 29)


def test_a_blank_with_room_stays() -> None:
    line = decoded(("第", 2), ("四", 6), ("期", 10), (" ", 13), ("五", 16), ("页", 20))
    assert without_false_blanks(line, ALPHABET) is line


@pytest.mark.parametrize(("left", "right"), ["期a", "a期", "ab"])
def test_blanks_beside_letters_stay(left: str, right: str) -> None:
    line = decoded(("第", 2), ("四", 6), ("五", 10), (left, 14), (" ", 15), (right, 16))
    assert without_false_blanks(line, ALPHABET) is line


def test_lines_that_tell_no_distance_stay() -> None:
    line = decoded(("第", 2), (" ", 4), ("四", 6))
    assert without_false_blanks(line, ALPHABET) is line
    plain = decoded(("第", 2), ("四", 6))
    assert without_false_blanks(plain, ALPHABET) is plain


def test_hangul_has_blanks_between_words() -> None:
    assert is_square("页") and is_square("，") and not is_square("한") and not is_square("a")
    line = decoded(("第", 2), ("四", 6), ("期", 10), ("한", 14), (" ", 16), ("국", 18))
    assert without_false_blanks(line, ALPHABET) is line


def test_a_wide_gap_between_ideographs_is_a_blank() -> None:
    line = decoded(("第", 2), ("四", 6), ("期", 10), ("五", 16), ("页", 20))
    found = with_missed_blanks(line, ALPHABET)
    assert text(found) == "第四期 五页"
    assert len(found.confidences) == len(found.spans) == 6
    assert found.spans[3] == (21, 32)
    assert with_missed_blanks(found, ALPHABET) is not line
    assert text(with_missed_blanks(found, ALPHABET)) == "第四期 五页"


@pytest.mark.parametrize(
    "places",
    [
        (("第", 2), ("四", 6), ("期", 10), ("五", 15), ("页", 19)),  # a little more air
        (("第", 2), ("四", 6), ("期", 10), ("，", 13), ("五", 20), ("页", 24)),  # punctuation
        (("第", 2), ("四", 6), ("页", 16)),  # too few to tell
        (("第", 2), ("四", 6), ("期", 10), ("a", 20), ("五", 30)),  # letters
    ],
)
def test_other_gaps_are_none(places: tuple[tuple[str, float], ...]) -> None:
    line = decoded(*places)
    assert text(with_missed_blanks(line, ALPHABET)) == text(line)

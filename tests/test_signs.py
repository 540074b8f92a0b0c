# SPDX-License-Identifier: Apache-2.0
"""Signs of Chinese print come out in the forms that are usual where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer import Recognizer
from recognizer.alphabet import Alphabet
from recognizer.ctc import Decoded, greedy
from recognizer.decode_options import DecodeOptions
from recognizer.signs import UsualSigns
from recognizer.synthesis.chinese_alphabet import CHINESE_ALPHABET

ALPHABET = Alphabet.of(CHINESE_ALPHABET)


def decoded(text: str) -> Decoded:
    """A reading of one step each."""
    count = len(text)
    spans = tuple((i, i + 1) for i in range(count))
    return Decoded(tuple(ALPHABET.encode(text)), tuple(i / 100 for i in range(count)), spans)


@pytest.mark.parametrize(
    ("read", "usual"),
    [
        ("直接?方方", "直接？方方"),
        ("to？通", "to？通"),
        ("GST，A（1）", "GST,A(1)"),
        ("巿民Ⅰ│", "市民I|"),
        ("湾………书", "湾……书"),
        ("湾…书", "湾……书"),
        ("湾…………书", "湾…………书"),  # two of them
        ("wait…now", "wait…now"),
        ("平常 【见", "平常【见"),
        ("调控? 026", "调控？026"),
        ("one (2), x", "one (2), x"),
        ("", ""),
    ],
)
def test_readings_take_the_usual_form(read: str, usual: str) -> None:
    found = UsualSigns(ALPHABET).usual(decoded(read))
    assert ALPHABET.decode(found.classes) == usual
    assert len(found.classes) == len(found.confidences) == len(found.spans)


def test_positions_stay_with_their_characters() -> None:
    found = UsualSigns(ALPHABET).usual(decoded("湾………书 。"))
    assert ALPHABET.decode(found.classes) == "湾……书。"
    assert [start for start, _ in found.spans] == [0, 1, 2, 4, 6]
    assert found.confidences[-1] == 0.06


def test_twins_do_not_lose_against_the_blank_between_them() -> None:
    narrow, wide = ALPHABET.encode("!！")
    row = np.zeros((2, ALPHABET.classes), np.float32)
    row[0, [0, narrow, wide]] = 0.4, 0.32, 0.28
    row[1, 0] = 1.0
    assert greedy(row, 0).classes == ()
    merged = UsualSigns(ALPHABET).merged(row)
    assert greedy(merged, 0).classes == (narrow,)
    assert merged.sum(-1) == pytest.approx(1.0)


def test_an_alphabet_without_twins_is_left_alone() -> None:
    few = Alphabet.of("国永!")
    row = np.full((1, 4), 0.25, np.float32)
    assert np.array_equal(UsualSigns(few).merged(row.copy()), row)


def test_the_chinese_net_reads_so_unless_a_lexicon_says_what_may_be_read() -> None:
    assert Recognizer.from_weights("densenet-chinese").signs is not None
    assert Recognizer.from_weights("crnn-latin").signs is None
    from recognizer import Lexicon

    options = DecodeOptions(beam=10, lexicon=Lexicon(["好（吗）"]))
    assert Recognizer.from_weights("densenet-chinese", decoding=options).signs is None

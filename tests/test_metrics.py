# SPDX-License-Identifier: Apache-2.0
"""The measures, against answers worked out by hand and against a plain distance table."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ocr_pipeline.core import metrics


@pytest.mark.parametrize(
    ("reference", "reading", "distance"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("abc", "", 3),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("€5", "5€", 2),
    ],
)
def test_edit_distance(reference: str, reading: str, distance: int) -> None:
    assert metrics.edit_distance(reference, reading) == distance
    assert metrics.edit_distance(reading, reference) == distance


def test_edit_distance_counts_words_of_lists() -> None:
    assert metrics.edit_distance(["to", "be", "or", "not"], ["to", "bee", "or", "so", "not"]) == 2


@pytest.mark.parametrize(
    ("reference", "reading", "distance"),
    [
        ("a~c", "abc", 0),
        ("a~c", "a~c", 0),
        ("a~c", "ac", 1),  # a wildcard left out costs one
        ("a~c", "axyc", 1),  # it stands for one character, not for two
        ("~~", "xy", 0),
        ("~", "", 1),
        ("~", "abc", 2),
        ("~ Item", "\u2022 Item", 0),
        ("x~", "~x", 1),  # one side only: a ~ that was read is a character like others
        ("no", "~o", 1),
    ],
)
def test_wildcard(reference: str, reading: str, distance: int) -> None:
    assert metrics.edit_distance(reference, reading, "~") == distance


def table_distance(reference: str, reading: str, wildcard: str) -> int:
    row = list(range(len(reading) + 1))
    for i, expected in enumerate(reference, 1):
        above, row = row, [i]
        for j, read in enumerate(reading, 1):
            same = expected in (wildcard, read)
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (not same)))
    return row[-1]


def test_wildcard_equals_the_full_table() -> None:
    rng = np.random.default_rng(0)
    for _ in range(400):
        sizes = rng.integers(0, 90, 2)
        reference = "".join(rng.choice(list("abc ~"), sizes[0]))
        reading = "".join(rng.choice(list("abc ~"), sizes[1]))
        assert metrics.edit_distance(reference, reading, "~") == table_distance(
            reference, reading, "~"
        )


def test_wildcard_is_fast_on_a_dense_page() -> None:
    rng = np.random.default_rng(1)
    reference = "".join(rng.choice(list("etaoin shrdlu"), 8000)) + "~"
    started = time.perf_counter()
    assert metrics.edit_distance(reference, reference[:4000] + reference[4001:-1] + "x", "~") == 1
    assert time.perf_counter() - started < 2.0


def test_cer_and_wer_weigh_by_length() -> None:
    pairs = [("abcd", "abxd"), ("ab cd ef", "ab ef")]
    assert metrics.cer(pairs) == pytest.approx((1 + 3) / 12)
    assert metrics.wer(pairs) == pytest.approx((1 + 1) / 4)
    assert metrics.cer([("a~", "ab")], wildcard="~") == 0.0
    assert metrics.cer([]) == 0.0
    assert metrics.cer([("", "x")]) == 1.0


def test_whole_texts() -> None:
    pairs = [("Ab-1", "aB1"), ("Ab-1", "Ab-1"), ("cat", "cut"), ("--", "")]
    assert metrics.exact(pairs) == 0.25
    assert metrics.exact_letters_and_digits(pairs) == 0.75


def test_jaro() -> None:
    # MARTHA/MARHTA: six common, one transposition: (1 + 1 + 5/6) / 3.
    # DIXON/DICKSONX: four common in order: (4/5 + 4/8 + 1) / 3.
    assert metrics.mean_jaro([("MARTHA", "MARHTA")]) == pytest.approx(17 / 18)
    assert metrics.mean_jaro([("DIXON", "DICKSONX")]) == pytest.approx(23 / 30)
    assert metrics.mean_jaro([("", ""), ("a", "b")]) == 0.5


def test_letters_and_digits() -> None:
    assert metrics.letters_and_digits("Stra\u00dfe No. 12-b") == "strasseno12b"
    assert metrics.letters_and_digits("\ufb01ne \u00b2 \uff21") == "fine2a"
    assert metrics.letters_and_digits("Caf\u00e9") == metrics.letters_and_digits("CAFE\u0301")
    assert metrics.letters_and_digits("--~\u2022") == ""


def test_word_bag() -> None:
    assert metrics.word_bag("The the, -- 3.50\nRM") == {"the": 2, "350": 1, "rm": 1}
    assert metrics.word_bag("\u7b2c3\u7ae0abc \u7b2c") == {
        "\u7b2c": 2,
        "3": 1,
        "\u7ae0": 1,
        "abc": 1,
    }
    assert metrics.word_bag(" - ") == {}


def test_word_f1_is_a_multiset_match_in_any_order() -> None:
    one = metrics.match_words("TOTAL 5.00 the the", "the total 500 x the the")
    assert (one.matched, one.expected, one.found) == (4, 4, 6)
    assert one.precision == pytest.approx(4 / 6)
    assert one.recall == 1.0
    assert one.f1 == pytest.approx(0.8)
    # Summed over the images, not averaged: 4 + 0 of 4 + 1 expected, 6 + 3 found.
    both = metrics.word_matches([("TOTAL 5.00 the the", "the total 500 x the the"), ("a", "b c d")])
    assert (both.matched, both.expected, both.found) == (4, 5, 9)
    assert both.f1 == pytest.approx(8 / 14)


def test_word_f1_of_nothing() -> None:
    assert metrics.match_words("", "").f1 == 1.0
    assert metrics.match_words("", "a").f1 == 0.0
    assert metrics.match_words("a", "").f1 == 0.0


def test_full_width_signs_are_folded_to_their_narrow_twins() -> None:
    assert metrics.fold_typography("时间：８：00，（Ａ）。") == "时间:8:00,(A)。"


def test_fold_typography() -> None:
    text = "\u201cDon\u2019t\u201d \u2013 5\u20147\u2026 \ufb01x ``so'' \u00abl\u00e0\u00bb"
    assert metrics.fold_typography(text) == '"Don\'t" - 5-7... fix "so" "l\u00e0"'
    assert metrics.collapse_spaces(" a\n\n b\tc\u00a0d ") == "a b c d"


def test_calibration() -> None:
    # Bin 0.9..1: mean 0.95, half right; bin 0.5..0.6: mean 0.55, right. (2*.45 + .45) / 3.
    error = metrics.expected_calibration_error([0.95, 0.95, 0.55], [True, False, True])
    assert error == pytest.approx((2 * 0.45 + 0.45) / 3)
    assert metrics.expected_calibration_error([1.0, 1.0], [True, True]) == 0.0
    assert metrics.expected_calibration_error([], []) == 0.0
    with pytest.raises(ValueError, match="2 confidences"):
        metrics.expected_calibration_error([0.5, 0.5], [True])


def test_confusions() -> None:
    counted = metrics.confusions([("S1a", "51a"), ("S", "5"), ("ab", "b"), ("x", "xy")])
    assert counted == {("S", "5"): 2, ("a", ""): 1, ("", "y"): 1}


def test_characters_missed() -> None:
    missed = metrics.characters_missed([("aab", "ab"), ("b$", "b5"), ("", "x")])
    assert missed == {"a": (1, 2), "b": (0, 2), "$": (1, 1)}

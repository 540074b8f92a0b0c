# SPDX-License-Identifier: Apache-2.0
"""How probable it is that a line was read right: the net's word for it, and its calibration."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from fake_stages import FakeReading, reading

from ocr_pipeline.assembly import ReadLine, legibility, make_line
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.core.metrics import expected_calibration_error
from recognizer.confidence import Calibration, fit, log_odds, states_of, sum_over_paths

BLANK = 0


def random_probabilities(*shape: int) -> np.ndarray:
    rows = np.random.default_rng(0).dirichlet(np.ones(shape[-1]), shape[:-1])
    return rows.astype(np.float32)


def text_probabilities(
    batch: np.ndarray, steps: list[int], texts: list[tuple[int, ...]], blank: int
) -> np.ndarray:
    """Of the texts of a batch (N, T, classes) with its lines' steps."""
    rows = zip(batch, steps, texts, strict=True)
    return sum_over_paths([states_of(row[:n], text, blank) for row, n, text in rows], texts)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(c for c, _ in itertools.groupby(path) if c != BLANK)


def by_all_paths(probabilities: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text, by going along every path."""
    totals: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(probabilities.shape[1]), repeat=len(probabilities)):
        totals[collapse(path)] += float(np.prod(probabilities[range(len(path)), path]))
    return totals


def test_a_text_has_the_probability_of_all_its_paths() -> None:
    probabilities = random_probabilities(5, 3)
    expected = by_all_paths(probabilities)
    texts = list(expected)  # equal neighbours and the empty text among them
    assert (1, 1) in texts and () in texts
    batch = np.repeat(probabilities[None], len(texts), axis=0)
    found = text_probabilities(batch, [5] * len(texts), texts, BLANK)
    assert found == pytest.approx([expected[text] for text in texts], abs=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_padding_and_neighbours_in_the_batch_do_not_matter() -> None:
    batch = random_probabilities(3, 9, 4)
    texts, steps = [(1, 2, 3), (2,), (1, 1)], [9, 4, 6]
    together = text_probabilities(batch, steps, texts, BLANK)
    alone = [
        text_probabilities(batch[i : i + 1, :count], [count], [text], BLANK)[0]
        for i, (count, text) in enumerate(zip(steps, texts, strict=True))
    ]
    assert together == pytest.approx(alone, rel=1e-6)


def test_what_cannot_be_written_in_its_steps_has_no_probability() -> None:
    found = text_probabilities(random_probabilities(2, 2, 3), [2, 2], [(1, 1), (1, 2)], BLANK)
    assert found[0] == 0 and found[1] > 0
    assert text_probabilities(np.zeros((0, 0, 3), np.float32), [], [], BLANK).shape == (0,)


def test_a_fit_finds_the_line_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    claimed = rng.uniform(0.02, 0.999, 20000)
    true = Calibration(0.7, 1.2)
    right = rng.random(20000) < true.apply(claimed)
    found = fit(claimed, right)
    assert found.slope == pytest.approx(0.7, abs=0.05)
    assert found.offset == pytest.approx(1.2, abs=0.08)
    assert expected_calibration_error(claimed, right) > 0.1
    assert expected_calibration_error(found.apply(claimed), right) < 0.015


def test_the_share_of_a_text_counts_where_it_tells_something() -> None:
    rng = np.random.default_rng(2)
    claimed, shares = rng.uniform(0.02, 0.99, (2, 20000))
    true = Calibration(0.5, 0.3, 0.4)
    right = rng.random(20000) < true.apply(claimed, shares)
    found = fit(claimed, right, shares=shares)
    assert found.lead == pytest.approx(0.4, abs=0.05)
    assert found.slope == pytest.approx(0.5, abs=0.05)
    again = Calibration.from_header({"calibration": found.to_header()})
    assert again.apply(claimed, shares) == pytest.approx(found.apply(claimed, shares), abs=1e-3)
    assert again.apply(0.5, 1.0) < 1.0  # a search that found nothing else is not beyond doubt
    # What has nothing to do with being right does not count against a text.
    assert fit(claimed, rng.random(20000) < true.apply(claimed), shares=1 - shares).lead < 0.05


def test_weights_count() -> None:
    claimed, right = np.array([0.5, 0.5]), np.array([True, False])
    assert fit(claimed, right, [3, 1]).apply(0.5) == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_a_fit_needs_both_kinds(right: list[bool]) -> None:
    with pytest.raises(ValueError, match="one kind"):
        fit([0.4, 0.8], right)


def test_a_calibration_keeps_order_and_range() -> None:
    claimed = np.array([0.0, 1e-300, 0.2, 0.9, 1.0])
    applied = Calibration(0.8, -0.5).apply(claimed)
    assert (np.diff(applied) >= 0).all() and applied[0] >= 0 and applied[-1] <= 1
    assert np.isfinite(log_odds(claimed)).all()
    assert Calibration().apply(0.3) == pytest.approx(0.3)


def test_a_header_keeps_a_calibration() -> None:
    made = Calibration(0.9, 0.25, 0.0, 300, ("sroie:train",))
    assert Calibration.from_header({"calibration": made.to_header()}) == made
    assert Calibration.from_header({}) == Calibration()


def test_words_share_their_line_s_doubt() -> None:
    given = reading("surely not", 0.99)
    chars = [*given.chars[:7], *(type(c)("not"[i], 0.6, c.start, c.end) for i, c in
             enumerate(given.chars[7:]))]  # fmt: skip
    line = make_line(ReadLine(box_quad(0, 0, 100, 10), 1.0, "surely not", 0.5, chars))
    first, second = (word.confidence for word in line.words)
    assert first * second == pytest.approx(0.5, abs=1e-3)
    assert first > 0.95 > 0.6 > second
    assert [char.confidence for char in line.words[1].chars] == [0.6, 0.6, 0.6]


def test_a_single_word_is_as_sure_as_its_line() -> None:
    line = make_line(ReadLine(box_quad(0, 0, 90, 10), 1.0, "one", 0.7, reading("one").chars))
    assert line.words[0].confidence == pytest.approx(0.7)


def test_legibility_does_not_fall_with_length() -> None:
    assert legibility(reading("ab", 0.8)) == pytest.approx(0.8)
    assert legibility(reading("ab" * 40, 0.8)) == pytest.approx(0.8)
    assert legibility(FakeReading("", 0.0, ())) == 0


def spelled(*words: tuple[str, float]) -> ReadLine:
    """A line of words, each of whose characters has the word's confidence."""
    given = reading(" ".join(text for text, _ in words), 0.5)
    sure = [sure for text, sure in words for _ in text + " "]
    chars = [type(c)(c.text, s, c.start, c.end) for c, s in zip(given.chars, sure, strict=False)]
    return ReadLine(box_quad(0, 0, 100, 10), 0.9, given.text, 0.5, chars)


def test_icons_at_a_line_s_ends_are_no_words_of_it() -> None:
    line = spelled(("@O", 0.4), ("Open", 0.99), ("x", 0.3), ("now", 0.98), ("»", 0.5))
    kept = line.between_icons()
    assert kept.text == "Open x now"  # what stands between words is read with them
    assert kept.confidence > line.confidence
    left, right = kept.quad[0, 0], kept.quad[1, 0]
    assert 5 < left < 25 and 80 < right < 99
    words = make_line(kept).words
    assert [word.text for word in words] == ["Open", "x", "now"]
    assert words[0].polygon[0][0] == pytest.approx(line.chars[3].start * 100, abs=1)


def test_a_line_without_icons_stays_as_it_is() -> None:
    for line in (spelled(("one", 0.9), ("x", 0.2), ("two", 0.9)), spelled(("none", 0.2))):
        assert line.between_icons() is line

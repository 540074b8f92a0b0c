# SPDX-License-Identifier: Apache-2.0
"""Prefix beam search against summing over all paths."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest

from recognizer.alphabet import Alphabet
from recognizer.beam import CharNgram, Lexicon, prefix_beam
from recognizer.ctc import greedy


def likeliest_text(probabilities: np.ndarray, alphabet: Alphabet) -> str:
    totals: dict[str, float] = defaultdict(float)
    steps, classes = probabilities.shape
    for path in itertools.product(range(classes), repeat=steps):
        kept = [k for k, _ in itertools.groupby(path) if k != alphabet.blank_index]
        totals[alphabet.decode(kept)] += float(
            np.prod([probabilities[t, k] for t, k in enumerate(path)])
        )
    return max(totals, key=lambda text: totals[text])


@pytest.mark.parametrize("blank", ["first", "last"])
@pytest.mark.parametrize("seed", range(12))
def test_finds_the_likeliest_text(seed: int, blank: str) -> None:
    rng = np.random.default_rng(seed)
    alphabet = Alphabet.of("ab", blank)  # type: ignore[arg-type]
    probabilities = rng.dirichlet(np.ones(3), 6).astype(np.float32)
    decoded = prefix_beam(probabilities, alphabet, width=100, floor=0.0)
    assert alphabet.decode(decoded.classes) == likeliest_text(probabilities, alphabet)
    assert len(decoded.spans) == len(decoded.confidences) == len(decoded.classes)


def test_beats_best_path_where_many_paths_agree() -> None:
    alphabet = Alphabet.of("a")
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4]], np.float32)
    assert greedy(probabilities, 0).classes == ()
    assert alphabet.decode(prefix_beam(probabilities, alphabet).classes) == "a"


def test_equals_greedy_on_a_confident_line_with_a_double_letter() -> None:
    alphabet = Alphabet.of("ab")
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    probabilities = np.eye(3, dtype=np.float32)[path] * 0.97 + 0.01
    decoded, plain = prefix_beam(probabilities, alphabet), greedy(probabilities, 0)
    assert decoded.classes == plain.classes == (1, 1, 2)
    assert decoded.spans == plain.spans


def test_lexicon_allows_only_its_words() -> None:
    alphabet = Alphabet.of("act ")
    path = [2, 1, 3]  # "cat" with an uncertain first letter
    probabilities = np.eye(5, dtype=np.float32)[path] * 0.5 + 0.1
    probabilities[0] = [0.05, 0.5, 0.35, 0.05, 0.05]  # "aat" is likelier by itself
    free = prefix_beam(probabilities, alphabet)
    bound = prefix_beam(probabilities, alphabet, rule=Lexicon.of(["cat", "act"]))
    assert alphabet.decode(free.classes) != "cat"
    assert alphabet.decode(bound.classes) in ("cat", "act")


def test_ngram_probabilities_sum_to_one_and_prefer_what_was_seen() -> None:
    ngram = CharNgram(3).fit(["the cat", "the hat", "that"])
    characters = [*sorted({*"the cathat", "\n"}), "\0"]  # and one for all that was not seen
    total = sum(np.exp(ngram.log_probability("th", c)) for c in characters)
    assert total == pytest.approx(1.0, abs=1e-6)
    assert ngram.log_probability("th", "e") > ngram.log_probability("th", "c")


def test_ngram_settles_a_doubtful_letter() -> None:
    alphabet = Alphabet.of("ceht")
    path = [4, 3, 1]  # "th?" with c slightly likelier than e
    probabilities = np.eye(5, dtype=np.float32)[path] * 0.9 + 0.02
    probabilities[2] = [0.02, 0.49, 0.47, 0.01, 0.01]
    ngram = CharNgram(3).fit(["the"] * 5)
    assert alphabet.decode(prefix_beam(probabilities, alphabet).classes) == "thc"
    assert alphabet.decode(prefix_beam(probabilities, alphabet, ngram=ngram).classes) == "the"


def test_a_long_line_is_placed() -> None:
    alphabet = Alphabet("ab")
    text = "ab" * 80
    probabilities = np.full((320, 3), 0.01, np.float32)
    steps = [alphabet.blank_index] * 320
    steps[1::2] = alphabet.encode(text)
    probabilities[np.arange(320), steps] = 0.98
    decoded = prefix_beam(probabilities, alphabet, 2)
    assert alphabet.decode(decoded.classes) == text
    assert list(decoded.spans) == [(i, i + 1) for i in range(1, 320, 2)]

# SPDX-License-Identifier: Apache-2.0
"""The character n-gram that settles what a recognizer is not sure of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import DataError, WeightsError
from recognizer import DecodeOptions, Recognizer
from recognizer.alphabet import Alphabet
from recognizer.beam import CharNgram, align, align_all, prefix_beam
from recognizer.confidence import states_of, sum_over_paths
from recognizer.language import MANY, LanguageModel, fit_language, language_for
from recognizer.language_beam import (
    LanguageReader,
    Search,
    _alone,
    _extended,
    _kept,
    _Tree,
    language_beam,
    search_for,
)
from recognizer.layers import STRIDE
from recognizer.preprocessing import PREPROCESSING

LINES = ["the cat sat on the mat", "the hat of that cat", "500 ML", "RM 5.00", "at 10.50 am"] * 4
LETTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_probabilities_are_those_of_the_plain_n_gram() -> None:
    model = fit_language(LINES, order=4, least=(1,))
    plain = CharNgram(4)
    for line in LINES:  # as fit does, but for the ends of lines, which are not foretold here
        text = "\n" + line.lower()
        plain._vocabulary.update(text)
        for position in range(1, len(text)):
            for length in range(min(4, position + 1)):
                context = text[position - length : position]
                plain._counts[context][text[position]] += 1
                plain._totals[context] += 1
    for context in ("\nth", "\n", "xyz th", "50", "of the c", "a\x7fat"):
        for character in "ae0 t.":
            expected = plain.log_probability(context, character)
            # Each step of the way down is rounded to a sixteenth.
            assert model.log_probability(context, character) == pytest.approx(expected, abs=0.16)


def test_probabilities_sum_to_one_at_most() -> None:
    model = fit_language(LINES)
    for context in ("\n", "the", "5", "zz", "\nthe ca"):
        total = sum(math.exp(model.log_probability(context, c)) for c in model.symbols)
        assert 0.85 < total < 1.06, context


def test_case_does_not_count_and_strangers_are_unlikely() -> None:
    model = fit_language(LINES)
    assert model.log_probability("\nTH", "E") == model.log_probability("\nth", "e")
    assert model.log_probability("th", "鬱") < model.log_probability("th", "0") < -2
    # What follows a stranger is judged as if it stood alone.
    assert model.log_probability("鬱", "t") == model.log_probability("", "t")


def test_rare_strings_are_left_out() -> None:
    lines = [*LINES, "quixotic zephyr"]
    assert len(fit_language(lines, least=(1, 1, 2))) < len(fit_language(lines, least=(1,)))


def test_a_file_gives_the_same_back(tmp_path: Path) -> None:
    model = fit_language(LINES, about="what it is")
    model.save(tmp_path / "x.ngram")
    again = LanguageModel.load(tmp_path / "x.ngram")
    assert again.about == "what it is" and len(again) == len(model) > 50
    for context, character in (("\nth", "e"), ("50", "0"), ("q", "q")):
        found = again.log_probability(context, character)
        assert found == model.log_probability(context, character)


@pytest.mark.parametrize("content", [None, b"", b"not at all", b"PK\x03\x04 cut"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.ngram"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"broken\.ngram"):
        LanguageModel.load(path)


def test_text_is_needed() -> None:
    with pytest.raises(DataError, match="no text"):
        fit_language(["", "  "])
    with pytest.raises(DataError, match="order"):
        fit_language(LINES, order=9)


def test_a_script_of_thousands_of_characters(tmp_path: Path) -> None:
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    lines = [characters[i : i + 10] for i in range(0, 3000, 10)] * 2
    model = fit_language(lines, order=3, symbols=MANY)
    assert len(model.symbols) == 3001  # and the edge of a line
    model.save(tmp_path / "x.ngram")
    again = LanguageModel.load(tmp_path / "x.ngram")
    for found in (model, again):
        after = found.log_probability(characters[500:502], characters[502])
        assert after > -1 > found.log_probability(characters[500:502], characters[700]) + 4
    with pytest.raises(DataError, match="between 1 and 4"):
        fit_language(lines, order=5, symbols=MANY)
    few = fit_language(lines, order=5)
    assert len(few.symbols) == 250


def test_the_model_of_a_net_is_that_of_its_script() -> None:
    chinese, latin = language_for("chinese", "中文abc"), language_for("", LETTERS)
    assert chinese is not None and latin is not None
    assert language_for("", "中文" + LETTERS) is chinese and chinese is not latin
    assert chinese.log_probability("自", "己") > chinese.log_probability("自", "已") + 2
    assert search_for("chinese") != search_for("latin") == search_for("")


def test_a_prior_is_what_the_search_adds() -> None:
    alphabet, model = Alphabet(" aehot"), fit_language(LINES)
    reader = LanguageReader(model, alphabet, Search())
    for text in ("the", "hot", "tho"):
        logs = [model.log_probability("\n" + text[:i], c) for i, c in enumerate(text)]
        expected = 0.35 * (sum(max(log, -9.0) for log in logs) + 3 * 3.0)
        assert reader.prior(alphabet.encode(text)) == pytest.approx(expected)
    assert reader.prior(()) == 0.0
    # What was never seen is held against a text no more than so much.
    assert min(logs) < -9.0 or model.log_probability("\nho", "o") < -9.0
    assert reader.prior(alphabet.encode("oooo")) >= 0.35 * 4 * (-9.0 + 3.0)
    # Of two texts that the row holds for alike, the one with the greater prior is read.
    rows = np.full((3, 7), 1e-4, np.float32)
    for step, found in enumerate(("t", "ho", "e")):
        for character in found:
            rows[step, alphabet.encode(character)[0]] = 1.0 / len(found)
    text, share = reader.read(rows)
    assert alphabet.decode(text) == "the" and 0.5 < share < 1.0
    assert reader.prior(alphabet.encode("the")) > reader.prior(alphabet.encode("toe"))


def test_plates_and_other_alphabets_have_none() -> None:
    assert language_for("plates-china", "京A" + LETTERS) is None
    assert language_for("captcha", LETTERS) is None
    assert language_for("", "0123456789") is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reward", [0.7, 3.0])
def test_the_fast_search_finds_what_is_as_likely_as_what_the_plain_one_finds(
    seed: int, reward: float
) -> None:
    alphabet, model = Alphabet(" aehot"), fit_language(LINES)
    rng = np.random.default_rng(seed)
    odds = rng.random((14, 7)).astype(np.float32) ** 3
    odds[::3, alphabet.blank_index] = 4.0
    rows = odds / odds.sum(1, keepdims=True)
    rows[5] = np.eye(7, dtype=np.float32)[alphabet.blank_index]
    blank = alphabet.blank_index
    numbers = [0 if k == blank else model.numbers(alphabet.character(k))[0] for k in range(7)]
    search = Search(reward=reward, least=-99.0, width=400, margin=60.0)
    fast, share = language_beam(rows, blank, model, numbers, search, floor=1e-9)
    assert 0.0 < share <= 1.0
    plain = prefix_beam(
        rows, alphabet, 400, ngram=model, ngram_weight=0.35, insertion=reward, floor=1e-9
    )
    # It drops prefixes that end alike, which costs a little now and then.
    prior = LanguageReader(model, alphabet, search).prior
    texts = [fast, plain.classes]
    sums = sum_over_paths([states_of(rows, text, blank) for text in texts], texts)
    found, best = (math.log(p) + prior(text) for p, text in zip(sums, texts, strict=True))
    assert found > best - 0.15


@pytest.mark.parametrize("blank", [0, 5])
def test_a_single_prefix_goes_on_as_many_do(blank: int) -> None:
    model = fit_language(LINES)
    numbers = [0 if k == blank else model.numbers("taehx "[k])[0] for k in range(6)]
    rng = np.random.default_rng(blank)
    for _ in range(300):
        tree, same = (_Tree(model, numbers, Search()) for _ in range(2))
        (node, _), _ = tree.grow(0, 1), same.grow(0, 1)
        in_blank = float(rng.choice([0.0, 1.0, rng.random()]))
        beams = {node: (in_blank, 1.0 - in_blank)}
        # Of all sizes, so that now the one and now the other is dropped; and the same character.
        values = {blank: float(rng.random() ** 20), int(rng.choice([1, 2])): rng.random() ** 9}
        followed = sorted(values.items())
        alone = _alone(tree, beams, followed, blank)
        plain = _kept(same, *_extended(same, beams, followed, blank))
        assert list(alone.items()) == list(plain.items())


def test_lines_are_placed_together_as_they_are_one_by_one() -> None:
    rng = np.random.default_rng(3)
    rows = [rng.random((steps, 5)).astype(np.float32) for steps in (9, 30, 4, 12)]
    texts: list[list[int]] = [[1, 1, 2], [3, 1, 4, 4, 2, 1], [], [2]]
    together = align_all(rows, texts, 0)
    assert together == [align(row, text, 0) for row, text in zip(rows, texts, strict=True)]
    for line, row, text in zip(together, rows, texts, strict=True):
        assert list(line.classes) == text
        ends = [end for span in line.spans for end in span]
        assert ends == sorted(ends) and all(0 <= end <= len(row) for end in ends)
    assert align_all([], [], 0) == []


class Doubtful:
    """A net that reads ``t``, then ``h`` or ``b`` by a hair the latter, then ``e``."""

    sizes = None

    def __init__(self, alphabet: Alphabet, share: float) -> None:
        self.alphabet, self.share = alphabet, share

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        blank = self.alphabet.blank_index
        count = batch.shape[-1] // STRIDE
        odds = np.full((count, len(self.alphabet.characters) + 1), 1e-6, np.float32)
        odds[:, blank] = 1.0
        for step, shares in ((1, {"t": 0.98}), (3, {"b": self.share}), (5, {"e": 0.98})):
            odds[step, blank] = 0.01
            for character, value in shares.items():
                odds[step, self.alphabet.encode(character)[0]] = value
        odds[3, self.alphabet.encode("h")[0]] = 1.0 - self.share
        return [np.log(odds)[None].repeat(len(batch), 0)]


def read(share: float, **options: Any) -> Any:
    alphabet = Alphabet(LETTERS)
    header = {
        "architecture": "crnn",
        "config": {},
        "alphabet": list(LETTERS),
        "preprocessing": dict(PREPROCESSING),
    }
    net: Any = Doubtful(alphabet, share)
    reader = Recognizer(net, header, DecodeOptions(**options))
    if reader.language is not None:
        reader.language = LanguageReader(fit_language(LINES), alphabet, Search())
    return reader.read([np.full((32, 64), 255, np.uint8)])[0]


def test_a_doubtful_letter_is_settled_and_a_sure_one_is_not_asked_about() -> None:
    settled = read(0.6)
    assert settled.text == "the" and settled.share is not None
    assert len(settled.chars) == 3 and settled.confidence < 0.5
    sure = read(0.96)
    assert sure.text == "tbe" and sure.share is None
    for options in ({"language_model": False}, {"beam": 0}, {"beam": 5}):
        alone = read(0.6, **options)
        assert alone.text == "tbe" and alone.share is None


def test_the_command_counts_texts_labels_and_rendered_lines(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("A sentence of some length goes on and on. " * 20)
    (tmp_path / "crops").mkdir()
    (tmp_path / "crops" / "labels.jsonl").write_text('{"image": "a.png", "text": "zzzyzzx"}\n' * 3)
    out = tmp_path / "own.ngram"
    arguments = ["--rendered", "20", "--corpus", tmp_path / "text.txt", "--out", out]
    result = CliRunner().invoke(
        cli, ["train", "language", *map(str, arguments), "--real", str(tmp_path / "crops")]
    )
    assert result.exit_code == 0, result.output
    model = LanguageModel.load(out)
    assert model.log_probability("\nzzzy", "z") > model.log_probability("\nzzzy", "e")
    assert model.log_probability("sentenc", "e") > -1
    chinese = ["--preset", "chinese", "--rendered", "30", "--out", str(out)]
    result = CliRunner().invoke(cli, ["train", "language", *chinese])
    assert result.exit_code == 0, result.output
    model = LanguageModel.load(out)
    assert model.order == 3 and len(model.symbols) > 20
    missing = ["train", "language", "--corpus", str(tmp_path / "none"), "--out", str(out)]
    assert CliRunner().invoke(cli, missing).exit_code != 0

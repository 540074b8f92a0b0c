# SPDX-License-Identifier: Apache-2.0
"""Images read again from slightly different places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ocr_pipeline.core.rendering.text import LATIN_ALPHABET
from recognizer import DecodeOptions, Recognizer
from recognizer.alphabet import Alphabet
from recognizer.beam import Lexicon
from recognizer.layers import STRIDE
from recognizer.preprocessing import PREPROCESSING
from recognizer.second_look import (
    DOUBTFUL,
    MOVES,
    PRINT_BELOW,
    PRINT_STEPS,
    STRETCH_PRINT_BELOW,
    STRETCHES,
    TASK_DOUBTFUL,
    WEIGHTS,
    ZOOMS,
    best_agreed,
    looks_below,
    moved,
    stretched,
    stretches,
    zoomed,
)
from recognizer.tasks import PRESETS

LETTERS = "0123456789"


def test_a_line_is_moved_and_its_edges_drawn_out() -> None:
    line = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert moved(line, 0, 0).tolist() == line.tolist()
    assert moved(line, 1, 0)[0].tolist() == [0, 0, 1, 2]
    assert moved(line, -1, -1).tolist() == [[5, 6, 7, 7], [9, 10, 11, 11], [9, 10, 11, 11]]
    planes = np.stack([line, -line])
    assert np.array_equal(moved(planes, 2, 1)[1], -moved(line, 2, 1))


def test_what_all_looks_can_agree_on_wins() -> None:
    # Two classes and a blank, one step: the first look is sure of its guess, two others are not.
    looks = [np.array([row], np.float32) for row in ([0, 0.55, 0.45], [0, 0.1, 0.9], [0, 0.2, 0.8])]
    several, single = best_agreed([[looks], [looks[:1]]], [[(1,), (2,), (2,)], [(1,)]], blank=0)
    assert several == ((2,), pytest.approx((0.45 * 0.9 * 0.8) ** (1 / 3), rel=1e-5), 0)
    assert single == ((1,), pytest.approx(0.55), 0)
    assert best_agreed([], [], blank=0) == []


def test_views_need_not_agree_and_count_by_their_weights() -> None:
    whole, part = (np.array([row], np.float32) for row in ([0, 0.6, 0.4], [0, 1e-9, 0.999]))
    texts = [[(1,), (2,)]]
    # One view that is blind to a text does not forbid it, however often it looks.
    for looks, weight, expected in ((1, 1.0, 2), (3, 1.0, 2), (3, 0.1, 1)):
        views = [[[whole], [part] * looks]]
        (found,) = best_agreed(views, texts, 0, weights=[[1.0, weight]])
        text, probability, view = found
        assert text == (expected,) and view == expected - 1
        assert probability == pytest.approx(0.999 if view else 0.6, rel=1e-5)
    assert set(WEIGHTS) >= {share for shares in ZOOMS.values() for share in shares}


def test_a_text_that_was_likely_before_wins_where_looks_are_in_doubt() -> None:
    looks = [[[np.array([row], np.float32) for row in ([0, 0.55, 0.45], [0, 0.5, 0.5])]]]
    for odds, expected in ((0.0, 1), (0.05, 1), (0.2, 2)):  # looks: 0.1 for the first
        (found,) = best_agreed(looks, [[(1,), (2,)]], 0, lambda text, odds=odds: odds * text[0])
        assert found[0] == (expected,)
        assert found[1] == pytest.approx((looks[0][0][0][0, expected] * 0.5) ** 0.5, rel=1e-5)


class Eye:
    """A net that reads one digit: 3 by a hair where the picture is as it was, else clearly 8."""

    sizes = None
    other, moved = "8", 0.1  # what is read else, and what is left for the three then

    def __init__(self, sure: float, letters: str = LETTERS) -> None:
        self.sure, self.alphabet = sure, Alphabet(letters)
        self.seen: list[int] = []

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        self.seen.append(len(batch))
        size = len(batch), batch.shape[-1] // STRIDE, self.alphabet.classes
        odds = np.full(size, 1e-6, np.float32)
        odds[..., self.alphabet.blank_index] = 1.0
        for row, image in zip(odds, batch, strict=True):
            dark = image[0, 0, 0] < 0  # the corner, until it moves away
            three = self.sure if dark else self.moved
            row[3, self.alphabet.blank_index] = 1e-6
            row[3, self.alphabet.encode("3")[0]] = three
            row[3, self.alphabet.encode(self.other)[0]] = 1 - three
        return [np.log(odds)]


def read(
    sure: float, preset: str = "plates-korea", letters: str = LETTERS, **options: Any
) -> tuple[Eye, list[Any]]:
    eye = Eye(sure, letters)
    header = {
        "architecture": "crnn",
        "config": {},
        "preset": preset,
        "alphabet": list(letters),
        "preprocessing": dict(PREPROCESSING),
    }
    net: Any = eye
    image = np.full((32, 64), 255, np.uint8)
    image[0] = image[:, 40:44] = 0
    image[0, 60:] = 255
    # Moved down and right the dark corner stays; moved up and left it leaves the picture.
    return eye, Recognizer(net, header, DecodeOptions(**options)).read([image, image])


def test_a_doubtful_image_is_looked_at_again() -> None:
    eye, readings = read(0.6)
    assert [reading.text for reading in readings] == ["8", "8"]
    assert eye.seen == [2] * (1 + len(MOVES))
    assert readings[0].confidence == pytest.approx((0.4 * 0.4 * 0.9) ** (1 / 3), rel=1e-3)
    assert readings[0].share is None and len(readings[0].chars) == 1


def test_a_text_of_the_form_wins_unless_the_other_is_a_thousand_times_as_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signs = LETTERS + "+-*()"
    monkeypatch.setattr(Eye, "other", "(")
    for moved_away, grammar, text in ((5e-4, True, "3"), (5e-4, False, "("), (1e-9, True, "(")):
        monkeypatch.setattr(Eye, "moved", moved_away)
        _, readings = read(0.6, "expressions", signs, grammar=grammar)
        assert readings[0].text == text, moved_away


def test_sure_images_languages_and_lexicons_are_not_looked_at_again() -> None:
    assert read(0.98)[0].seen == [2]
    assert read(0.6, second_look=False)[0].seen == [2]
    for preset in PRESETS:
        views = 1 + len(ZOOMS.get(preset, ()))  # each is looked at from several places
        looks = views * (1 + len(MOVES)) if looks_below(preset, False) else 1
        assert read(0.6, preset)[0].seen == [2] * looks, preset
        assert read(0.6, preset, second_look=False)[0].seen == [2]
    assert [preset for preset in PRESETS if not looks_below(preset, False)] == ["latin"]
    assert read(0.6, beam=10, lexicon=Lexicon.of(["3", "8"]))[0].seen == [2]


def test_print_is_looked_at_again_where_doubt_is_great_and_a_language_has_a_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert looks_below("latin", True) == PRINT_BELOW < DOUBTFUL == looks_below("handwriting", True)
    assert looks_below("captcha", False) == TASK_DOUBTFUL > DOUBTFUL
    looks_at_it = 1 + len(MOVES)
    for sure, looks in ((PRINT_BELOW - 0.05, looks_at_it), (PRINT_BELOW + 0.05, 1)):
        eye, readings = read(sure, "latin", LATIN_ALPHABET)
        assert eye.seen == [2] * looks
        assert readings[0].share is not None  # the language was asked all the same
        assert read(sure, "latin", LATIN_ALPHABET, language_model=False)[0].seen == [2]
    monkeypatch.setattr("recognizer.second_look.STRETCH_PRINT_BELOW", PRINT_BELOW)
    eye, _ = read(PRINT_BELOW - 0.05, "latin", LATIN_ALPHABET)
    assert eye.seen == [2] * (looks_at_it + len(STRETCHES))


def test_a_nearer_view_is_taken_where_the_net_is_surer_in_it() -> None:
    _, readings = read(0.6, "captcha")
    assert [reading.text for reading in readings] == ["8", "8"]
    assert readings[0].confidence == pytest.approx(0.9, abs=1e-3)
    # The third step, of more columns than the picture had before it was cut and scaled.
    (char,) = readings[0].chars
    assert char.end < 4.5 * STRIDE / 64


def test_a_nearer_view_is_of_the_letters_and_not_of_a_line_across() -> None:
    image = np.full((60, 200, 3), 250, np.uint8)
    image[35:50, 20:180:12] = image[35:50, 21:180:12] = image[35:50, 22:180:12] = 30
    image[35:50, 23:180:12] = 30
    image[5] = 0
    near = zoomed(image, 0.5)
    assert near.shape == (30, 200, 3) and not (near == 0).any()
    assert (near == 30).sum() == (image == 30).sum()
    assert zoomed(image[:5, :, 0], 0.5).shape == (5, 200)
    assert zoomed(np.full((40, 40), 9, np.uint8), 0.75).shape == (30, 40)


def test_the_switch_reaches_the_recognizer() -> None:
    from ocr_pipeline.decode_files import decode_options
    from ocr_pipeline.options import RunOptions

    assert decode_options(RunOptions()).second_look
    assert not decode_options(RunOptions(second_look=False)).second_look


def test_a_stretched_line_keeps_its_rows_and_its_middle() -> None:
    line = np.zeros((32, 60), np.float32)
    line[14:18, 28:32] = 1
    for tall, wide in STRETCHES:
        new = stretched(line, tall, wide)
        assert new.shape == (32, round(60 * wide)) and new.dtype == np.float32
        rows, columns = np.nonzero(new > 0.5)
        assert abs(rows.mean() - 15.5) < 1
        assert abs(columns.mean() - 29.5 * wide) < 1
        assert np.ptp(rows) + 1 == pytest.approx(4 * tall, abs=1)
        assert np.ptp(columns) + 1 == pytest.approx(4 * wide, abs=1.1)
    planes = np.stack([line, line + 1])
    assert np.array_equal(stretched(planes, 0.85, 0.85)[1], stretched(line, 0.85, 0.85) + 1)


def test_long_lines_of_print_are_not_stretched() -> None:
    assert stretches("latin", 0.1, PRINT_STEPS) and not stretches("latin", 0.1, PRINT_STEPS + 1)
    assert not stretches("", STRETCH_PRINT_BELOW, 10)
    assert stretches("chinese", 0.8, 500) and not stretches("handwriting", DOUBTFUL, 10)

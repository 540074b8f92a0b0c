# SPDX-License-Identifier: Apache-2.0
"""Readings that keep to the form of plates and expressions."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer import DecodeOptions
from recognizer.alphabet import Alphabet
from recognizer.grammar import Arithmetic, Forms, TextRule, rule_for
from recognizer.tasks import RenderOptions, load_preset

TASKS = ["expressions", "plates-korea", "plates-china"]


def rule_of(task: str) -> TextRule:
    rule = rule_for(task, Alphabet(load_preset(task).alphabet))
    assert rule is not None
    return rule


@pytest.mark.parametrize("task", TASKS)
def test_what_is_rendered_has_the_form_from_its_first_character_to_its_last(task: str) -> None:
    rule, renderer = rule_of(task), load_preset(task).renderer(RenderOptions())
    for index in range(60):
        text = renderer.render(17, index).text
        assert all(rule.allows(text[:end]) for end in range(len(text) + 1)), text
        assert rule.complete(text), text


@pytest.mark.parametrize("text", ["1+2", "-3*(4-5)", "7", "(-3)+9", "((1+2)*3)", "12*(0)"])
def test_expressions(text: str) -> None:
    assert Arithmetic().complete(text)


@pytest.mark.parametrize("text", ["", "1+", "(1+2", "(", "1-(", "-", "2+3-"])
def test_beginnings_of_expressions(text: str) -> None:
    assert Arithmetic().allows(text)
    assert not Arithmetic().complete(text)


@pytest.mark.parametrize(
    "text", ["+1", "1+*2", "1)", "(1+2))", "()", "3(4)", "(1)2", "0-3+-9", "a"]
)
def test_what_no_expression_begins_with(text: str) -> None:
    assert not Arithmetic().allows(text)
    assert not Arithmetic().complete(text)


@pytest.mark.parametrize("text", ["서울18나6897", "18나6897", "123가4568"])
def test_korean_plates(text: str) -> None:
    assert rule_of("plates-korea").complete(text)


@pytest.mark.parametrize(
    "text", ["대구986서3136", "18나689", "강주81버6457", "6042158", "나186897"]
)
def test_no_korean_plates(text: str) -> None:
    assert not rule_of("plates-korea").complete(text)


@pytest.mark.parametrize("text", ["京A12345", "京AD12345", "京A12345D", "粤Z1234港", "使123456"])
def test_chinese_plates(text: str) -> None:
    assert rule_of("plates-china").complete(text)


@pytest.mark.parametrize(
    "text", ["A12345", "京112345", "京A1234", "京A123456", "使A12345", "京A港1234"]
)
def test_no_chinese_plates(text: str) -> None:
    assert not rule_of("plates-china").complete(text)


def test_forms_are_of_one_length_each() -> None:
    forms = Forms.of(["ab", "c"], ["a", "x", "y"])
    assert forms.complete("bc")
    assert forms.complete("axy")
    assert forms.allows("ax")
    assert not forms.complete("ax")
    assert not forms.allows("axyz")


def test_tasks_without_a_form_and_nets_of_other_characters_have_no_rule() -> None:
    assert rule_for("captcha", Alphabet("abc")) is None
    assert rule_for("", Alphabet("abc")) is None
    assert rule_for("expressions", Alphabet("0123456789+-*()=")) is None
    assert rule_for("expressions", Alphabet("0123+")) is not None


def spelled(alphabet: Alphabet, *steps: dict[str, float]) -> np.ndarray:
    """(T, classes) probabilities; what a step does not name is shared among the others."""
    rows = np.zeros((len(steps), alphabet.classes), np.float32)
    for row, step in zip(rows, steps, strict=True):
        for character, value in step.items():
            index = alphabet.blank_index if not character else alphabet.encode(character)[0]
            row[index] = value
        row += (1 - row.sum()) / len(row)
    return rows


def test_of_two_likely_readings_the_one_that_has_the_form_is_taken() -> None:
    alphabet = Alphabet("0123456789+-*()")
    seen = spelled(alphabet, {"1": 0.99}, {"+": 0.9}, {"+": 0.1, "": 0.2, "-": 0.65}, {"2": 0.99})
    rule = Arithmetic()
    free, ruled, off = (
        alphabet.decode(options.decode(seen, alphabet, given).classes)
        for options, given in (
            (DecodeOptions(), None),
            (DecodeOptions(), rule),
            (DecodeOptions(grammar=False), rule),
        )
    )
    assert (free, ruled, off) == ("1+-2", "1+2", "1+-2")


def test_a_beam_keeps_to_the_form_too() -> None:
    alphabet = Alphabet("0123456789+-*()")
    seen = spelled(alphabet, {"1": 0.99}, {"+": 0.9}, {"+": 0.1, "": 0.2, "-": 0.65}, {"2": 0.99})
    decoded = DecodeOptions(beam=4).decode(seen, alphabet, Arithmetic())
    assert alphabet.decode(decoded.classes) == "1+2"


def test_what_is_read_with_certainty_is_not_bent_into_a_form() -> None:
    alphabet = Alphabet("0123456789+-*()")
    sure = [{character: 0.99999} for character in "1+-2"]
    seen = spelled(alphabet, *sure)
    assert alphabet.decode(DecodeOptions().decode(seen, alphabet, Arithmetic()).classes) == "1+-2"


def test_an_image_without_text_stays_without() -> None:
    alphabet = Alphabet("0123456789+-*()")
    seen = spelled(alphabet, {"": 0.9}, {"": 0.9}, {"": 0.9})
    assert DecodeOptions().decode(seen, alphabet, Arithmetic()).classes == ()

# SPDX-License-Identifier: Apache-2.0
"""Texts of number plates: natural, spaced and romanised; as labels, and as what is written."""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from fake_stages import reading
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import DataError, UsageError
from ocr_pipeline.options import PLATE_LABELS, RunOptions
from ocr_pipeline.pipeline import Pipeline
from recognizer.alphabet import Alphabet
from recognizer.dataset import SetSpec, load_lines
from recognizer.plate_labels import FORMS, PlateLabels, relabel
from recognizer.plates import (
    CHINESE_PROVINCES,
    KOREAN_REGIONS,
    KOREAN_SYLLABLES,
    LATER_SYLLABLES,
    chinese_text,
    korean_display,
    korean_roman,
    korean_text,
)
from recognizer.reading import CharReading, Reading
from recognizer.tasks import load_preset

KEYS = sorted(KOREAN_SYLLABLES | LATER_SYLLABLES)


def plate(text: str) -> Reading:
    """A reading whose characters share the width evenly."""
    fake = reading(text)
    chars = tuple(CharReading(c.text, c.confidence, c.start, c.end) for c in fake.chars)
    return Reading(text, fake.confidence, chars)


# --------------------------------------------------------------------------- Korean texts


@pytest.mark.parametrize(
    ("roman", "natural", "spaced"),
    [
        ("A18sk6897", "서울18나6897", "서울 18나 6897"),
        ("B16dj0824", "경기16어0824", "경기 16어 0824"),
        ("F06aj4915", "대전06머4915", "대전 06머 4915"),
        ("G11qk8249", "충북11바8249", "충북 11바 8249"),
        ("Z01gj0000", "01허0000", "01허 0000"),
        ("Z123rk4568", "123가4568", "123가 4568"),
        ("P99wn0001", "제주99주0001", "제주 99주 0001"),
    ],
)
def test_forms_of_korean_plates(roman: str, natural: str, spaced: str) -> None:
    assert korean_text(roman) == korean_text(spaced) == korean_text(natural) == natural
    assert korean_roman(natural) == korean_roman(spaced) == roman
    assert korean_display(natural) == spaced


def test_there_are_37_syllables_and_16_regions() -> None:
    assert len(KOREAN_SYLLABLES) == len(set(KOREAN_SYLLABLES.values())) == 37
    assert len(KOREAN_REGIONS) == len(set(KOREAN_REGIONS.values())) == 16
    assert KOREAN_SYLLABLES["dk"] == "아" and KOREAN_SYLLABLES["tn"] == "수"
    assert LATER_SYLLABLES == {"gk": "하", "gh": "호", "qo": "배"}


@given(
    st.sampled_from([*KOREAN_REGIONS, "Z"]),
    st.from_regex(r"[0-9]{2,3}", fullmatch=True),
    st.sampled_from(KEYS),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
)
def test_korean_labels_survive_the_round_trip(region: str, a: str, keys: str, b: str) -> None:
    label = region + a + keys + b
    assert korean_roman(korean_text(label)) == label
    alphabet = load_preset("plates-korea").alphabet
    assert set(korean_text(label)) <= set(alphabet)


def test_decomposed_syllables_are_read() -> None:
    assert korean_roman(unicodedata.normalize("NFD", "서울18나6897")) == "A18sk6897"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("", "no romanised plate"),
        ("A18sk689", "no romanised plate"),
        ("A1234sk6897", "no romanised plate"),
        ("a18sk6897", "no region has the letter 'a'"),
        ("Q18sk6897", "no region has the letter 'Q'"),
        ("A18sx6897", "no plate has the syllable 'sx'"),
        ("A18so6897", "no plate has the syllable 'so'"),
        ("서울18쀍6897", "no plate has the syllable '쀍'"),
        ("평양18나6897", "unknown region '평양'"),
        ("서울나6897", "no Korean plate"),
        ("１８나6897", "no Korean plate"),
    ],
)
def test_what_is_no_korean_plate_says_why(label: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        korean_text(label)


# --------------------------------------------------------------------------- Chinese texts


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("京A12345", "京A12345"),
        ("京A·12345", "京A12345"),
        ("京A•12345", "京A12345"),
        ("京A 123 45", "京A12345"),
        ("京A-12345", "京A12345"),
        ("皖ad12345", "皖AD12345"),
        ("粤Ｂ１２３４５", "粤B12345"),
        ("粤Z1234港", "粤Z1234港"),
        ("使123456", "使123456"),
    ],
)
def test_chinese_labels(label: str, text: str) -> None:
    assert chinese_text(label) == text
    assert set(text) <= set(load_preset("plates-china").alphabet)


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("A123456", "no province"),
        ("京A1234", "6 characters"),
        ("京A1234567", "9 characters"),
        ("京A12I45", "no 'I'"),
        ("京O12345", "no 'O'"),
        ("京A12#45", "no '#'"),
    ],
)
def test_what_is_no_chinese_plate_says_why(label: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        chinese_text(label)


def test_provinces() -> None:
    assert len(CHINESE_PROVINCES) == len(set(CHINESE_PROVINCES)) == 31


# --------------------------------------------------------------------------- labels of sets


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A folder whose file names are labels; one of them is no plate."""
    for shade, name in enumerate(("A18sk6897", "Z123rk4568", "Q18sk6897")):
        Image.new("RGB", (336, 170), (90 + 40 * shade,) * 3).save(tmp_path / f"{name}.png")
    return tmp_path


def test_a_set_with_romanised_names(named: Path, caplog: pytest.LogCaptureFixture) -> None:
    alphabet = Alphabet.of(load_preset("plates-korea").alphabet)
    with caplog.at_level(logging.WARNING):
        lines = load_lines(SetSpec.parse(f"{named},codec=plates-korea"), alphabet)
    assert sorted(line.text for line in lines) == ["123가4568", "서울18나6897"]
    assert "1 lines left out" in caplog.text
    assert "Q18sk6897.png" in caplog.text and "no region has the letter 'Q'" in caplog.text


def test_without_a_codec_no_romanised_name_is_trained_on(named: Path) -> None:
    alphabet = Alphabet.of(load_preset("plates-korea").alphabet)
    with pytest.raises(DataError, match="no line there that can be trained on"):
        load_lines(SetSpec.parse(str(named)), alphabet)


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(DataError, match=r"unknown codec of labels 'plates-mars'.*plates-korea"):
        SetSpec.parse("folder,codec=plates-mars")


def test_data_check_reads_romanised_names(named: Path) -> None:
    result = CliRunner().invoke(
        cli, ["data", "check", str(named), "--codec", "plates-korea", "--json"]
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["total"], report["usable"]) == (3, 2)
    assert [Path(item["name"]).name for item in report["refused"]] == ["Q18sk6897.png"]
    assert {item["text"] for item in report["samples"]} == {"123가4568", "서울18나6897"}


# --------------------------------------------------------------------------- what is written


def test_forms_are_the_same_everywhere() -> None:
    assert FORMS == PLATE_LABELS
    with pytest.raises(UsageError, match="--plate-labels 'romaji': use natural"):
        RunOptions(plate_labels="romaji")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("natural", "서울18나6897"),
        ("spaced", "서울 18나 6897"),
        ("roman", "A18sk6897"),
        ("both", "A18sk6897 서울 18나 6897"),
    ],
)
def test_relabelled_readings(form: str, text: str) -> None:
    changed = relabel(plate("서울18나6897"), form)
    assert changed.text == text == "".join(c.text for c in changed.chars)
    assert changed.confidence == pytest.approx(0.9)


def test_romanised_characters_stand_where_their_sources_do() -> None:
    chars = relabel(plate("서울18나6897"), "roman").chars
    ends = [(round(c.start * 9, 3), round(c.end * 9, 3)) for c in chars]
    assert ends[:5] == [(0, 2), (2, 3), (3, 4), (4, 4.5), (4.5, 5)]
    assert ends[5:] == [(5, 6), (6, 7), (7, 8), (8, 9)]
    without = relabel(plate("123가4568"), "roman")
    assert without.text == "Z123rk4568"
    assert without.chars[0].start == without.chars[0].end == 0.0


def test_what_is_no_plate_stays_as_it_was_read() -> None:
    for text in ("서울18나689", "7나", "평양18나6897"):
        assert relabel(plate(text), "roman").text == text


class FakePlates:
    """Reads the same plate everywhere."""

    def __init__(self, alphabet: str) -> None:
        self.header: dict[str, Any] = {"name": "fake", "alphabet": list(alphabet)}

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        return [plate("서울18나6897") for _ in crops]


def test_a_page_holds_the_romanised_form() -> None:
    reader = PlateLabels(FakePlates(load_preset("plates-korea").alphabet), "both")
    page = Pipeline(RunOptions(detect=False), recognizer=reader).read_page(
        np.full((170, 336, 3), 200, np.uint8)
    )
    assert page.text == "A18sk6897 서울 18나 6897"
    assert [word.text for word in page.lines[0].words] == ["A18sk6897", "서울", "18나", "6897"]


def test_other_recognizers_have_no_romanised_form() -> None:
    with pytest.raises(UsageError, match="fake reads no Korean plates"):
        PlateLabels(FakePlates("abc"), "roman")

# SPDX-License-Identifier: Apache-2.0
"""The index format and the alphabet against the older systems' own files.

These are other people's: the tests run where $OCR_TEST_DATA names a folder that holds them, as
``chinese_lines_sample/char_std_5990.txt`` and the images and labels of the lines beside it.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import DataError
from recognizer.alphabet import Alphabet
from recognizer.dataset import SetSpec, load_lines
from recognizer.label_files import read_characters
from recognizer.labels import read_labels
from recognizer.synthesis.chinese_alphabet import CHINESE_ALPHABET

_FOLDER = Path(os.environ.get("OCR_TEST_DATA", "")) / "chinese_lines_sample"
_LIST = _FOLDER / "char_std_5990.txt"
pytestmark = pytest.mark.skipif(
    "OCR_TEST_DATA" not in os.environ or not _LIST.is_file(),
    reason="$OCR_TEST_DATA names no folder with chinese_lines_sample",
)


@pytest.fixture(scope="module")
def truth() -> dict[str, str]:
    rows = map(json.loads, (_FOLDER / "labels.jsonl").read_text(encoding="utf-8").splitlines())
    return {Path(row["image"]).name: row["text"] for row in rows}


@pytest.fixture
def coded(tmp_path: Path, truth: dict[str, str]) -> Path:
    """The set in the index format: numbers of lines, counted from 0."""
    numbers: dict[str, int] = {}
    for number, character in enumerate(read_characters(_LIST)):
        numbers.setdefault(character, number)
    path = tmp_path / "data_train.txt"
    lines = (f"{name} {' '.join(str(numbers[c]) for c in text)}" for name, text in truth.items())
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "images").symlink_to(_FOLDER / "images")
    return path


def test_real_rows_decode_to_their_texts(
    coded: Path, truth: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        samples = read_labels(coded, alphabet_file=_LIST)
    assert {sample.path.name: sample.text for sample in samples} == truth
    assert "5 characters are listed twice" in caplog.text
    wrong = read_labels(coded, alphabet_file=_LIST, index_base=1)
    assert not {sample.text for sample in wrong} & set(truth.values())


def test_rows_of_the_set_itself(tmp_path: Path) -> None:
    path = tmp_path / "data_train.txt"
    path.write_text("a.jpg 263 82 29 56 35 435 890 293 126 129\n")
    assert read_labels(path, alphabet_file=_LIST)[0].text == "管理我们要质疑!当然"
    path.write_text("a.jpg 263 5990\n")
    with pytest.raises(DataError, match="number 5990 is beyond the 5990 characters"):
        read_labels(path, alphabet_file=_LIST)


def test_both_numbers_of_a_double_are_one_class(tmp_path: Path) -> None:
    path = tmp_path / "data_train.txt"
    path.write_text("a.jpg 19 5565 48 5745\n")
    assert read_labels(path, alphabet_file=_LIST)[0].text == "1133"
    alphabet = Alphabet.of(dict.fromkeys(read_characters(_LIST)))
    assert alphabet.classes == 5985 + 1


def test_the_alphabet_covers_the_list() -> None:
    assert set(read_characters(_LIST)) <= set(CHINESE_ALPHABET)


def test_the_set_can_be_trained_on(coded: Path, truth: dict[str, str]) -> None:
    spec = SetSpec.parse(f"{coded},characters={_LIST}")
    lines = load_lines(spec, Alphabet.of(CHINESE_ALPHABET))
    assert [line.text for line in lines] == list(truth.values())
    command = ["data", "check", str(coded), "--alphabet-file", str(_LIST), "--preset", "chinese"]
    result = CliRunner().invoke(cli, command)
    assert (
        result.exit_code == 0 and f"usable                           {len(truth)}" in result.output
    )

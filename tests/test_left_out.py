# SPDX-License-Identifier: Apache-2.0
"""What a training set has that cannot be trained on is counted and named, once for the set."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.images import save_image
from recognizer.alphabet import Alphabet
from recognizer.dataset import SetSpec, load_lines
from recognizer.left_out import LeftOut
from recognizer.train import RecognizerTask
from recognizer.train_options import RecognizerTrainOptions


def crops(folder: Path, texts: dict[str, str], width: int = 64) -> None:
    """A set of white crops with labels."""
    rows = []
    for name, text in texts.items():
        save_image(folder / "images" / name, np.full((32, width), 255, np.uint8))
        rows.append(json.dumps({"image": f"images/{name}", "text": text}))
    (folder / "labels.jsonl").write_text("\n".join(rows), encoding="utf-8")


def test_each_reason_is_counted_and_its_first_lines_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = {f"odd{i}.png": f"a{i}#" for i in range(5)}
    crops(tmp_path, {"good.png": "a1", "blank.png": "  ", "torn.png": "a2", **odd})
    (tmp_path / "images/torn.png").write_bytes(b"no image")
    with caplog.at_level(logging.WARNING):
        lines = load_lines(SetSpec(tmp_path), Alphabet.of("a012345"))
    assert [line.text for line in lines] == ["a1"]
    (record,) = [r for r in caplog.records if "left out of training" in r.getMessage()]
    told = record.getMessage()
    assert "7 lines left out" in told and "5 with characters outside the alphabet" in told
    assert "odd0.png: '#'" in told and "and 2 more" in told and "odd4.png" not in told
    assert "1 without a label" in told and "blank.png" in told
    assert "1 whose image cannot be read" in told and "torn.png" in told


def test_a_set_that_is_all_right_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crops(tmp_path, {"good.png": "a1"})
    with caplog.at_level(logging.WARNING):
        assert len(load_lines(SetSpec(tmp_path), Alphabet.of("a1"))) == 1
    assert not caplog.records


def test_a_set_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    crops(tmp_path, {"one.png": "#"})
    with pytest.raises(DataError, match=r"no line there .*\(1 with characters outside"):
        load_lines(SetSpec(tmp_path), Alphabet.of("a1"))


def test_the_trainer_leaves_out_what_its_net_cannot_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # 32 pixels are 8 steps; equal neighbours need one more each.
    crops(tmp_path, {"fits.png": "12345678", "long.png": "123456789", "twice.png": "11111"}, 32)
    options = RecognizerTrainOptions(
        preset="expressions", real=(str(tmp_path),), width=1 / 16, hidden=8, layers=1
    )
    with caplog.at_level(logging.WARNING):
        task = RecognizerTask(options, renderer=object())  # type: ignore[arg-type]
    assert [line.text for line in task.real] == ["12345678"]
    assert "2 that do not fit the net" in caplog.text
    assert "long.png: its label needs 9 time steps" in caplog.text
    assert "twice.png: its label needs 9 time steps" in caplog.text


def test_an_alphabet_with_a_character_twice_is_refused() -> None:
    with pytest.raises(DataError, match="remove one"):
        Alphabet.of("aba")


def test_reasons_are_put_into_words() -> None:
    left_out = LeftOut(Path("set"))
    assert left_out.count == 0 and left_out.describe() == ""
    for i in range(4):
        left_out.add("of a kind", f"line {i}")
    left_out.add("of another", "line 9")
    assert left_out.count == 5
    assert left_out.describe() == (
        "4 of a kind (line 0; line 1; line 2; and 1 more); 1 of another (line 9)"
    )

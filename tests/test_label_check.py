# SPDX-License-Identifier: Apache-2.0
"""``ocr data check`` sees a set as the net that is to be trained on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.cli.main import cli
from recognizer.alphabet import Alphabet
from recognizer.label_check import Target, check_labels
from recognizer.labels import read_labels
from recognizer.layers import Columns
from recognizer.tasks import load_preset
from tests.tiny_nets import recognizer_weights


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Two lines, 64 x 32 pixels: sixteen steps of the CRNN, and eight of the DenseNet of old."""
    rng = np.random.default_rng(0)
    for name in ("short", "long"):
        pixels = rng.integers(0, 255, (32, 64), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "chars.txt").write_text(" \na\nb\na\n")
    (tmp_path / "data_train.txt").write_text("short.png 1 2 3\nlong.png 1 2 1 2 1 2 1 2 1\n")
    return tmp_path


def check(path: Path, *arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["data", "check", str(path), *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_net_s_time_steps_count(lines: Path) -> None:
    path, characters = lines / "data_train.txt", ("--alphabet-file", lines / "chars.txt")
    assert check(path, *characters)["usable"] == 2  # with the CRNN's four pixels a step
    weights = recognizer_weights(lines / "net.safetensors", architecture="densenet")
    found = check(path, *characters, "--recognizer", weights)
    assert found["usable"] == 1
    assert found["too_long"][0]["text"] == "ababababa"
    assert found["too_long"][0]["reason"] == "needs 9 time steps, 64 pixels of width give 8"


def test_weights_say_what_counts(lines: Path, tmp_path: Path) -> None:
    weights = recognizer_weights(tmp_path / "net.safetensors", architecture="densenet")
    path = lines / "data_train.txt"
    found = check(path, "--alphabet-file", lines / "chars.txt", "--recognizer", weights)
    assert [item["text"] for item in found["too_long"]] == ["ababababa"]
    (lines / "labels.csv").write_text("image,text\nshort.png,xyz\nlong.png,abc\n")
    found = check(lines / "labels.csv", "--recognizer", weights)
    assert found["missing"] == {"x": 1, "y": 1, "z": 1} and found["usable"] == 1


def test_a_task_s_own_alphabet_counts(lines: Path) -> None:
    (lines / "labels.csv").write_text("image,text\nshort.png,海边\nlong.png,abc\n", "utf-8")
    assert check(lines / "labels.csv", "--preset", "chinese")["usable"] == 2
    assert check(lines / "labels.csv")["missing"] == {"海": 1, "边": 1}
    alphabet = Alphabet.of(load_preset("chinese").alphabet)
    found = check_labels(read_labels(lines / "labels.csv"), Target(alphabet, width=16))
    assert found.usable == 2 and found.widths == [16, 16]
    narrow = Target(alphabet, width=16, columns=Columns(8))
    found = check_labels(read_labels(lines / "labels.csv"), narrow)
    assert [item.text for item in found.too_long] == ["abc"]


def test_doubles_in_a_file_of_characters_are_told_once(
    lines: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check(lines / "data_train.txt", "--alphabet-file", lines / "chars.txt")
    assert caplog.text.count("listed twice ('a')") == 1

# SPDX-License-Identifier: Apache-2.0
"""``ocr calibrate``: from labelled lines to two numbers in a weights file's header."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny_nets import recognizer_weights

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.weights import load_arrays, read_header, replace_header
from recognizer import Recognizer
from recognizer.calibrate import Claims, fit_sets
from recognizer.confidence import Calibration

DATA_ERROR = 6


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return recognizer_weights(tmp_path / "tiny.safetensors")


@pytest.fixture
def lines(tmp_path: Path, weights: Path) -> Path:
    """Crops of noise; one in three is labelled with what the net reads there, in capitals."""
    folder = tmp_path / "lines"
    folder.mkdir()
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (32, 96), dtype=np.uint8) for _ in range(12)]
    readings = Recognizer.from_weights(weights, backend="torch").read(crops)
    rows = []
    for i, (crop, reading) in enumerate(zip(crops, readings, strict=True)):
        assert reading.text
        Image.fromarray(crop).save(folder / f"{i}.png")
        text = reading.text.upper() if i % 3 == 0 else "abc"
        rows.append(json.dumps({"image": f"{i}.png", "text": text}))
    (folder / "labels.jsonl").write_text("\n".join(rows))
    return folder


def calibrate(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["calibrate", "--backend", "torch", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_header_of_the_weights_tells_the_calibration(weights: Path, lines: Path) -> None:
    _, tensors = load_arrays(weights)
    code, output = calibrate("--recognizer", weights, "--data", f"{lines},caseless")
    assert code == 0, output
    assert "12 lines, 0.333 right" in output
    found = Calibration.from_header(read_header(weights))
    assert (found.lines, found.sets) == (12, ("lines",))
    assert found != Calibration()
    _, now = load_arrays(weights)
    assert all(np.array_equal(now[name], value) for name, value in tensors.items())


def test_a_reader_applies_what_the_header_tells(weights: Path) -> None:
    crop = np.random.default_rng(1).integers(0, 256, (32, 96), dtype=np.uint8)
    before = Recognizer.from_weights(weights, backend="torch").read([crop])[0]
    told = Calibration(0.5, 2.0)
    replace_header(weights, weights, {"calibration": told.to_header()})
    after = Recognizer.from_weights(weights, backend="torch").read([crop])[0]
    assert after.confidence == pytest.approx(float(told.apply(before.confidence)))
    assert (after.text, after.chars) == (before.text, before.chars)


def test_an_exported_net_is_calibrated_alike(weights: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    replace_header(weights, weights, {"calibration": Calibration(0.5, 2.0).to_header()})
    result = CliRunner().invoke(
        cli, ["export", "--recognizer", str(weights), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    crop = np.random.default_rng(1).integers(0, 256, (32, 96), dtype=np.uint8)
    by_torch = Recognizer.from_weights(weights, backend="torch").read([crop])[0]
    by_onnx = Recognizer.from_weights(tmp_path / "out" / "tiny.onnx", backend="onnx").read([crop])
    assert by_onnx[0].text == by_torch.text
    assert by_onnx[0].confidence == pytest.approx(by_torch.confidence, abs=0.01)


def test_case_counts_unless_the_set_says_otherwise(weights: Path, lines: Path) -> None:
    before = weights.read_bytes()
    code, output = calibrate("--recognizer", weights, "--data", lines)
    assert code == DATA_ERROR and "one kind" in output
    assert weights.read_bytes() == before


def test_a_dry_run_writes_nothing(weights: Path, lines: Path) -> None:
    before = weights.read_bytes()
    arguments = ("--recognizer", weights, "--data", f"{lines},caseless", "--check", lines)
    code, output = calibrate(*arguments, "--dry-run")
    assert code == 0 and "checked" in output
    assert weights.read_bytes() == before


def test_other_files_are_left_as_they_are(weights: Path, lines: Path, tmp_path: Path) -> None:
    before, out = weights.read_bytes(), tmp_path / "new" / "out.safetensors"
    code, _ = calibrate("--recognizer", weights, "--data", f"{lines},caseless", "--out", out)
    assert code == 0 and weights.read_bytes() == before
    assert read_header(out)["calibration"]["lines"] == 12


@pytest.mark.parametrize("arguments", [[], ["--check", "lines"]])
def test_lines_to_fit_to_are_needed(weights: Path, arguments: list[str]) -> None:
    code, output = calibrate("--recognizer", weights, *arguments)
    assert code == 2 and "--data" in output


def test_each_set_counts_the_same() -> None:
    many = Claims("many", np.full(1000, 0.5), np.arange(1000) < 900, np.full(1000, np.nan))
    few = Claims("few", np.full(10, 0.5), np.arange(10) < 1, np.full(10, np.nan))
    found = fit_sets([many, few])
    assert float(found.apply(0.5)) == pytest.approx(0.5, abs=0.01)
    assert found.sets == ("many", "few") and found.lines == 1010

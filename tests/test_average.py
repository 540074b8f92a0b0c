# SPDX-License-Identifier: Apache-2.0
"""The mean of weights files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from ocr_pipeline.cli.average import average, command
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.weights import load_weights, save_weights

HEADER = {
    "kind": "recognizer",
    "architecture": "crnn",
    "config": {"classes": 3},
    "preprocessing": {"height": 32},
    "alphabet": ["a", "b"],
    "calibration": {"slope": 2.0},
    "metrics": {"cer": 0.1},
}


def weights(path: Path, value: float, **changes: object) -> Path:
    state = {"w": torch.full((2, 2), value), "steps": torch.tensor(7)}
    save_weights(path, state, {**HEADER, "trained_on": [path.stem, "both"], **changes})
    return path


def test_the_mean_by_shares_with_what_all_were_trained_on(tmp_path: Path) -> None:
    files = [weights(tmp_path / "a.safetensors", 1.0), weights(tmp_path / "b.safetensors", 5.0)]
    header, state = average(files, [3.0, 1.0])
    assert state["w"].tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert state["steps"].item() == 7
    assert header["trained_on"] == ["a", "both", "b"]
    assert "calibration" not in header
    assert "metrics" not in header


def test_the_command_writes_a_weights_file(tmp_path: Path) -> None:
    files = [weights(tmp_path / f"{v}.safetensors", float(v)) for v in (1, 2, 6)]
    out = tmp_path / "mean.safetensors"
    done = CliRunner().invoke(command, [*map(str, files), "--out", str(out)])
    assert done.exit_code == 0, done.output
    header, state = load_weights(out)
    assert state["w"].flatten().tolist() == [3.0] * 4
    assert header["config"] == {"classes": 3}


def test_files_of_different_nets_are_refused_by_name(tmp_path: Path) -> None:
    first = weights(tmp_path / "a.safetensors", 1.0)
    other = weights(tmp_path / "b.safetensors", 1.0, alphabet=["a", "c"])
    with pytest.raises(UsageError, match=r"b\.safetensors: its alphabet differs"):
        average([first, other], [1.0, 1.0])


def test_files_of_other_tensors_are_refused_by_name(tmp_path: Path) -> None:
    first = weights(tmp_path / "a.safetensors", 1.0)
    save_weights(tmp_path / "b.safetensors", {"v": torch.zeros(2)}, HEADER)
    with pytest.raises(UsageError, match=r"b\.safetensors: its tensors"):
        average([first, tmp_path / "b.safetensors"], [1.0, 1.0])


@pytest.mark.parametrize("shares", [[1.0], [1.0, -1.0], [0.0, 0.0]])
def test_shares_have_to_fit(tmp_path: Path, shares: list[float]) -> None:
    files = [weights(tmp_path / f"{v}.safetensors", float(v)) for v in (1, 2)]
    with pytest.raises(UsageError, match="shares"):
        average(files, shares)


def test_one_file_has_no_mean(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two weights files"):
        average([weights(tmp_path / "a.safetensors", 1.0)], [1.0])

# SPDX-License-Identifier: Apache-2.0
"""The command group: help, errors and the small commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from ocr_pipeline import __version__
from ocr_pipeline.cli import main as cli_main
from ocr_pipeline.cli.main import COMMANDS, cli


def make_weights(path: Path, **changes: object) -> None:
    """A tiny weights file with a full header."""
    header = {
        "format_version": 1,
        "kind": "recognizer",
        "name": path.stem,
        "architecture": "crnn",
        "config": {"width": 0.5},
        "alphabet": "abc",
        "preprocessing": {"height": 32},
        "trained_on": ["rendered lines"],
        "licence": "Apache-2.0",
        "metrics": {"cer": 0.01234567},
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"w": np.zeros(3, np.float16)}, path, metadata={"ocr_header": json.dumps(header)})


def test_help_and_version_without_torch() -> None:
    code = (
        "import sys\n"
        "from ocr_pipeline.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'numpy', 'cv2', 'shapely', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for argument, expected in (("--help", "recognizer"), ("--version", __version__)):
        result = subprocess.run(
            [sys.executable, "-c", code, argument], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        assert expected in result.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize("name", ["detector", "recognizer"])
def test_trainers_are_mounted(name: str) -> None:
    result = CliRunner().invoke(cli, ["train", name, "--help"])
    assert result.exit_code == 0, result.output
    assert "--max-minutes" in result.output


def test_unknown_commands_are_usage_errors() -> None:
    assert CliRunner().invoke(cli, ["fly"]).exit_code == 2
    assert CliRunner().invoke(cli, ["train", "cat"]).exit_code == 2


def test_models_lists_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_HOME", str(tmp_path))
    make_weights(tmp_path / "weights" / "tiny.safetensors")
    (tmp_path / "weights" / "wrong.safetensors").write_bytes(b"12345678")
    result = CliRunner().invoke(cli, ["models"])
    assert result.exit_code == 0, result.output
    assert "tiny  recognizer  crnn" in result.output
    assert "measured: cer 0.01235" in result.output
    assert "wrong" in result.output and "damaged" in result.output

    rows = json.loads(CliRunner().invoke(cli, ["models", "--json", "tiny"]).stdout)
    assert rows[0]["header"]["trained_on"] == ["rendered lines"]
    path = str(tmp_path / "weights" / "tiny.safetensors")
    assert json.loads(CliRunner().invoke(cli, ["models", "--json", path]).stdout) == rows
    assert CliRunner().invoke(cli, ["models", "no-such-net"]).exit_code == 4


def test_info_says_what_a_bug_report_needs() -> None:
    facts = json.loads(CliRunner().invoke(cli, ["info", "--json"]).stdout)
    assert facts["ocr"] == __version__
    assert facts["devices"][0] == "cpu"
    assert "torch" in facts["packages"] and "faces" in facts["fonts"]
    plain = CliRunner().invoke(cli, ["info"])
    assert plain.exit_code == 0 and "fonts" in plain.output


def test_ctrl_c_ends_any_command_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ocr_pipeline.cli.info.collect", interrupted)
    result = CliRunner().invoke(cli, ["info"])
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_the_module_runs_as_a_program() -> None:
    result = subprocess.run(
        [sys.executable, "-m", cli_main.__name__, "models", "no-such-net"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 4
    assert result.stderr.startswith("ocr: error: no-such-net")

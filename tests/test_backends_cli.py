# SPDX-License-Identifier: Apache-2.0
"""``ocr run`` without torch, ``ocr export``, ``ocr bench``, and the clock behind it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny_nets import detector_weights, recognizer_weights

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.timing import measured, stage
from ocr_pipeline.core.weights import read_header
from ocr_pipeline.evaluation.bench import BenchResult, measure
from ocr_pipeline.options import RunOptions

# Runs ``ocr`` in an interpreter that has no torch.
WITHOUT_TORCH = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError("no torch here")

sys.meta_path.insert(0, Without())
from ocr_pipeline.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a page and both weights files."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (120, 160, 3)).astype(np.uint8)).save(tmp_path / "p.png")
    detector_weights(tmp_path / "finder.safetensors")
    recognizer_weights(tmp_path / "reader.safetensors")
    return tmp_path


def nets(folder: Path, suffix: str = ".safetensors") -> list[str]:
    return [
        *("--detector", str(folder / f"finder{suffix}")),
        *("--recognizer", str(folder / f"reader{suffix}")),
    ]


def without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("backend", "module"), [("onnx", "onnxruntime"), ("openvino", "openvino"), ("auto", "onnx")]
)
def test_run_needs_no_torch(files: Path, backend: str, module: str) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    pytest.importorskip(module)
    out = files / "out"
    arguments = ["run", str(files / "p.png"), "--out", str(out), "--device", "auto"]
    done = without_torch(*arguments, *nets(files), "--backend", backend, "--min-score", "0.01")
    assert done.returncode == 0, done.stderr
    assert (out / "p.json").is_file() and (out / "p.overlay.jpg").is_file()
    line = without_torch(
        *("run", str(files / "p.png"), "--out", str(files / "line"), "--no-detect"),
        *(*nets(files), "--backend", backend),
    )
    assert line.returncode == 0, line.stderr


def test_without_torch_the_error_says_what_to_install(files: Path) -> None:
    arguments = ["run", str(files / "p.png"), "--out", str(files / "out"), *nets(files)]
    done = without_torch(*arguments, "--backend", "torch")
    assert done.returncode == 5 and "pip install torch" in done.stderr
    assert "Traceback" not in done.stderr


def test_exported_files_read_alone(files: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    runner = CliRunner()
    done = runner.invoke(cli, ["export", *nets(files), "--out", str(files / "onnx")])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (files / "onnx").iterdir()) == ["finder.onnx", "reader.onnx"]
    for suffix, folder in ((".safetensors", files), (".onnx", files / "onnx")):
        out = files / f"out{suffix}"
        arguments = ["run", str(files / "p.png"), "--out", str(out), *nets(folder, suffix)]
        done = runner.invoke(cli, [*arguments, "--backend", "onnx", "--min-score", "0.01"])
        assert done.exit_code == 0, done.output
    a, b = (
        json.loads((files / f"out{s}" / "p.json").read_text()) for s in (".safetensors", ".onnx")
    )
    assert a["pages"] == b["pages"]
    twice = runner.invoke(
        cli, ["export", "--detector", str(files / "onnx/finder.onnx"), "--out", str(files / "x")]
    )
    assert twice.exit_code == 2 and "already exported" in twice.output


def test_openvino_files(files: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("openvino")
    from ocr_pipeline.core.backends import SessionOptions, open_session
    from recognizer.net import NET

    arguments = ["export", "--recognizer", str(files / "reader.safetensors"), "--to", "openvino"]
    done = CliRunner().invoke(cli, [*arguments, "--out", str(files / "ir")])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (files / "ir").iterdir()) == ["reader.bin", "reader.xml"]
    header = read_header(files / "ir/reader.xml")
    assert header["kind"] == "recognizer" and header["precision"] == "fp32"
    options = SessionOptions("auto", "cpu", "fp32", 1)
    session, _ = open_session(NET, files / "ir/reader.xml", options)
    expected, _ = open_session(
        NET, files / "reader.safetensors", SessionOptions("torch", "cpu", "fp32")
    )
    batch = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 96)).astype(np.float32)
    np.testing.assert_allclose(session.run(batch)[0], expected.run(batch)[0], atol=2e-4)


def needs_nncf() -> None:
    """Skips where it is not installed; importing it here would change how everything logs."""
    if find_spec("nncf") is None:
        pytest.skip("nncf is not installed")


def test_int8_files_are_made_checked_and_found(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_nncf()
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("ocr_pipeline.cli.export.PAGES", 2)
    monkeypatch.setattr("ocr_pipeline.cli.export.LINES", 6)
    # Nets that have learnt nothing have no room for rounding.
    monkeypatch.setattr("ocr_pipeline.core.backends.quantise.TOLERANCE", 0.5)
    done = CliRunner().invoke(cli, ["export", *nets(files), "--int8", "--out", str(files)])
    assert done.exit_code == 0, done.output
    assert logging.getLoggerClass() is logging.Logger  # nncf sets another
    for name in ("finder", "reader"):
        header = read_header(files / f"{name}.int8.onnx")
        assert header["precision"] == "int8" and "onnx" in header["backends"]
        assert 0 < header["quantisation_error"]["onnx"] < 0.5
    from recognizer import Recognizer

    reader = Recognizer.from_weights(files / "reader.safetensors", "cpu", "int8")
    assert reader.session.precision == "int8"
    alone = Recognizer.from_weights(files / "reader.int8.onnx", "cpu")
    crop = np.random.default_rng(0).integers(0, 256, (40, 200)).astype(np.uint8)
    assert alone.read([crop]) == reader.read([crop])


def test_an_int8_form_that_is_too_far_off_is_refused(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_nncf()
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("ocr_pipeline.cli.export.LINES", 4)
    monkeypatch.setattr("ocr_pipeline.core.backends.quantise.TOLERANCE", 0.0)
    arguments = ["export", "--recognizer", str(files / "reader.safetensors"), "--int8"]
    done = CliRunner().invoke(cli, [*arguments, "--out", str(files / "x")])
    assert done.exit_code == 5 and "differs too much" in done.output
    assert not (files / "x").exists()


# --- bench -----------------------------------------------------------------------------------


def test_bench_tells_the_stages_apart(files: Path) -> None:
    options = RunOptions(
        detector=str(files / "finder.safetensors"),
        recognizer=str(files / "reader.safetensors"),
        backend="torch",
        device="cpu",
        precision="fp32",
        min_score=0.01,
        threads=1,
    )
    result = measure([files / "p.png"], options, repeat=2)
    assert not result.error and result.pages == 2
    assert {"read", "scale", "detect", "connect", "layout", "write"} <= set(result.wall)
    assert sum(result.wall.values()) <= result.seconds * 1.01
    assert result.to_dict()["pages_a_minute"] == pytest.approx(60 * 2 / result.seconds)
    assert "detector torch fp32" in result.table() and "pages a minute" in result.table()


def test_bench_reports_a_backend_that_is_not_there(files: Path) -> None:
    options = RunOptions(detector=str(files / "none.safetensors"), device="cpu")
    result = measure([files / "p.png"], options)
    assert "none.safetensors" in result.error and "none.safetensors" in result.table()


def test_bench_from_the_command_line(files: Path) -> None:
    table = files / "bench.json"
    arguments = ["bench", str(files / "p.png"), *nets(files), "--backend", "torch"]
    done = CliRunner().invoke(cli, [*arguments, "--threads", "1", "--json", str(table)])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(table.read_text())
    assert row["pages"] == 1 and row["backend"] == "torch" and row["wall"]["detect"] > 0


def test_share_around_the_nets() -> None:
    result = BenchResult("torch", processor={"detect": 6.0, "recognize": 3.0, "write": 1.0})
    assert result.around == pytest.approx(0.1)
    assert BenchResult("torch").around == 0


def test_parts_within_parts_have_their_own_time() -> None:
    with measured() as timing, stage("outer"):
        time.sleep(0.02)
        with stage("inner"):
            time.sleep(0.05)
        with stage("inner"):
            pass
    assert timing.calls == {"outer": 1, "inner": 2}
    assert 0.02 <= timing.wall["outer"] < timing.wall["inner"] + 0.02
    assert timing.wall["inner"] >= 0.05

    @stage("work")
    def work() -> int:
        return 1

    assert work() == 1  # not measured: nobody asks
    with measured() as timing:
        work()
    assert timing.calls == {"work": 1}

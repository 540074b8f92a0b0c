# SPDX-License-Identifier: Apache-2.0
"""``ocr synth TASK``, and how labelled sets are stored."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.images import encode_image, load_image
from ocr_pipeline.core.rendering.fonts import FontLibrary
from recognizer.label_layouts import LAYOUTS, LabelWriter
from recognizer.labels import read_labels
from recognizer.tasks import PRESETS, load_preset

WHITE = encode_image(".png", np.full((4, 9), 255, np.uint8))


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one or two faces: a whole system's take seconds to look through."""
    folder = tmp_path_factory.mktemp("fonts")
    files = {f.path for f in FontLibrary().faces if f.path and "DejaVuSans" in f.path.name}
    if not files:
        pytest.skip("no DejaVu Sans here")
    for file in sorted(files)[:3]:
        shutil.copy(file, folder)
    return folder


def written(folder: Path, layout: str, texts: list[str], windows: bool = False) -> LabelWriter:
    writer = LabelWriter(folder, layout, windows=windows)
    writer.open()
    for index, text in enumerate(texts):
        writer.add(index, text, WHITE)
    writer.close()
    return writer


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_as_it_was_written(tmp_path: Path, layout: str) -> None:
    texts = ["(1+4)*2", "3-(4+5)", "aB1c", 'say "x"', "京A12345", "one two"]
    writer = written(tmp_path / "set", layout, texts)
    assert writer.written == len(texts) and not writer.skipped
    samples = read_labels(tmp_path / "set", layout)
    assert sorted(sample.text for sample in samples) == sorted(texts)
    assert all(sample.load().shape == (4, 9, 3) for sample in samples)


@pytest.mark.parametrize(
    ("layout", "text", "reason"),
    [
        ("id", "a/b", "'/'"),
        ("id", "a_b", "'_'"),
        ("id", "1.5", "'.'"),
        ("label", "a_b", "'_'"),
        ("name", "a/b", "'/'"),
        ("name", ".5", "dot"),
        ("name", "x" * 300, "255"),
        ("id", "tab\there", "t'"),
        ("txt", "two\nlines", "line break"),
        ("txt", " a", "blank"),
        ("jsonl", " ", "empty"),
    ],
)
def test_what_a_layout_cannot_hold_is_named(
    tmp_path: Path, layout: str, text: str, reason: str
) -> None:
    writer = written(tmp_path / "set", layout, ["good", text])
    assert writer.written == 1
    assert [skip.text for skip in writer.skipped] == [text]
    assert reason in writer.skipped[0].reason
    assert [sample.text for sample in read_labels(tmp_path / "set", layout)] == ["good"]


def test_windows_refuses_more(tmp_path: Path) -> None:
    writer = written(tmp_path / "there", "id", ["(1+4)*2", "1+2"], windows=True)
    assert [skip.text for skip in writer.skipped] == ["(1+4)*2"] and not writer.unportable
    assert written(tmp_path / "device", "name", ["CON"], windows=True).skipped
    assert written(tmp_path / "here", "id", ["(1+4)*2", "1+2"]).unportable == 1


def test_a_name_is_there_once_whatever_its_case(tmp_path: Path) -> None:
    writer = written(tmp_path / "name", "name", ["aB1c", "Ab1C", "aB1c"])
    assert writer.written == 1
    assert "case" in writer.skipped[0].reason and "same label" in writer.skipped[1].reason
    # The index after the label keeps them apart on every file system.
    writer = written(tmp_path / "label", "label", ["aB1c", "Ab1C", "aB1c"])
    assert writer.written == 3
    names = {sample.path.name.lower() for sample in read_labels(tmp_path / "label", "label")}
    assert len(names) == 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_set_is_not_written_over_unasked(tmp_path: Path, layout: str) -> None:
    written(tmp_path, layout, ["1234"])
    writer = LabelWriter(tmp_path, layout)
    with pytest.raises(UsageError, match="--overwrite"):
        writer.open()
    writer.open(overwrite=True)


def test_synth_writes_a_task_that_can_be_read(tmp_path: Path, fonts: Path) -> None:
    base = ["synth", "expressions", "--font-dir", str(fonts), "--seed", "4"]
    one = [*base, "--count", "10", "--out", str(tmp_path / "one")]
    result = CliRunner().invoke(cli, [*one, "--sheet", str(tmp_path / "sheet.png")])
    assert result.exit_code == 0, result.output
    samples = read_labels(tmp_path / "one")
    assert len(samples) == 10 and load_image(tmp_path / "sheet.png").shape[1] == 1600
    # The same images from any place on, by any number of processes, in any layout.
    two = [*base, "--first", "6", "--count", "4", "--workers", "2", "--layout", "id"]
    result = CliRunner().invoke(cli, [*two, "--out", str(tmp_path / "two")])
    assert result.exit_code == 0, result.output
    for one_, two_ in zip(samples[6:], read_labels(tmp_path / "two", "id"), strict=True):
        assert one_.text == two_.text
        assert np.array_equal(one_.load(), two_.load())


def test_synth_says_what_it_leaves_out(tmp_path: Path, fonts: Path) -> None:
    args = ["synth", "captcha", "--font-dir", str(fonts), "--count", "3", "--layout", "label"]
    result = CliRunner().invoke(cli, [*args, "--out", str(tmp_path / "a")])
    assert result.exit_code == 0 and "left out" not in result.output
    assert all(4 <= len(s.text) <= 8 for s in read_labels(tmp_path / "a", "label"))
    again = CliRunner().invoke(cli, [*args, "--out", str(tmp_path / "a")])
    assert again.exit_code == 2 and "--overwrite" in again.output
    assert CliRunner().invoke(cli, ["synth", "captcha"]).exit_code == 2


def test_every_task_has_a_command() -> None:
    listed = CliRunner().invoke(cli, ["synth", "--help"]).output
    for name in PRESETS:
        preset = load_preset(name)
        assert preset.name == name and f"  {name}" in listed
        assert len(set(preset.alphabet)) == len(preset.alphabet) > 1


def test_a_folder_without_the_glyphs_is_an_error(tmp_path: Path) -> None:
    digits = [f for f in FontLibrary().faces if f.path and not f.covers("(*)")]
    if not digits:
        pytest.skip("every face here has brackets")
    assert digits[0].path is not None
    shutil.copy(digits[0].path, tmp_path)
    args = ["synth", "expressions", "--font-dir", str(tmp_path), "--sheet", str(tmp_path / "s.png")]
    result = CliRunner().invoke(cli, args)
    if any(f.covers("0123456789+-*()") for f in FontLibrary([tmp_path]).faces):
        pytest.skip("another face of the same file has them")
    assert result.exit_code != 0 and "fonts-dejavu-core" in result.output


def test_what_is_rendered_keeps_its_labels_when_interrupted(
    tmp_path: Path, fonts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = LabelWriter.add

    def interrupted(writer: LabelWriter, index: int, text: str, data: bytes) -> bool:
        if index == 3:
            raise KeyboardInterrupt
        return add(writer, index, text, data)

    monkeypatch.setattr(LabelWriter, "add", interrupted)
    out = tmp_path / "set"
    command = ["synth", "expressions", "--count", "9", "--out", str(out), "--font-dir", str(fonts)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 130
    assert len(read_labels(out)) == len(list((out / "images").iterdir())) == 3


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, fonts: Path) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "set"
    command = ["synth", "expressions", "--count", "1", "--out", str(out), "--font-dir", str(fonts)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 1
    assert "ocr: error:" in result.output and "file" in result.output
    assert "Traceback" not in result.output

# SPDX-License-Identifier: Apache-2.0
"""``ocr run`` with stand-ins for the nets: outputs, failures, exit codes, interruption."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from fake_stages import FakeDetector, FakeRecognizer, bars, fake_pipeline
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.document import Document
from ocr_pipeline.core.images import load_image

BOXES = [(20, 20, 220, 40), (20, 60, 120, 80), (150, 60, 250, 80)]
TEXT = "first line\nsecond third\n"


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocr_pipeline.batch.worker.load_pipeline", fake_pipeline)
    monkeypatch.setattr("ocr_pipeline.pipeline.load_detector", lambda options: FakeDetector())
    monkeypatch.setattr("ocr_pipeline.pipeline.load_recognizer", lambda options: FakeRecognizer())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["run", *map(str, arguments)])


def page(path: Path, boxes: list[tuple[int, int, int, int]] = BOXES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(bars(boxes)).save(path)
    return path


def written(out: Path) -> list[str]:
    """Results in the output folder, without what the run writes for itself."""
    names = (p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    return sorted(name for name in names if name != "report.json" and not name.startswith(".ocr/"))


def test_three_files_for_a_page(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(page(tmp_path / "page.png"), "--out", out)
    assert result.exit_code == 0, result.output
    assert written(out) == ["page.json", "page.overlay.jpg", "page.txt"]
    assert (out / "page.txt").read_text() == TEXT
    document = Document.from_json((out / "page.json").read_text())
    assert document.source == str(tmp_path / "page.png")
    assert load_image(out / "page.overlay.jpg").shape == (200, 300, 3)
    assert "1 read with 3 lines" in result.stderr
    assert result.stdout == ""


def test_formats_are_chosen(tmp_path: Path) -> None:
    source = page(tmp_path / "page.png")
    assert run(source, "--out", tmp_path / "a", "--format", "txt, json").exit_code == 0
    assert written(tmp_path / "a") == ["page.json", "page.txt"]
    assert run(source, "--out", tmp_path / "b", "--format", "overlay").exit_code == 0
    assert written(tmp_path / "b") == ["page.overlay.jpg"]
    wrong = run(source, "--out", tmp_path / "c", "--format", "docx")
    assert wrong.exit_code == 2 and "docx" in wrong.output and not (tmp_path / "c").exists()


def test_overlay_text(tmp_path: Path) -> None:
    run(page(tmp_path / "page.png"), "--out", tmp_path / "out", "--overlay-text")
    assert load_image(tmp_path / "out" / "page.overlay.jpg").shape == (200, 600, 3)


def test_folders_are_mirrored_and_equal_names_kept_apart(tmp_path: Path) -> None:
    page(tmp_path / "in" / "a.png")
    page(tmp_path / "in" / "deep" / "a.png", BOXES[:1])
    page(tmp_path / "other" / "a.png", BOXES[:2])
    out = tmp_path / "out"
    result = run(tmp_path / "in", tmp_path / "other" / "a.png", "--out", out, "--format", "txt")
    assert result.exit_code == 0
    assert written(out) == ["a.png-2.txt", "a.png.txt", "deep/a.txt"]
    assert (out / "a.png-2.txt").read_text() == "first line\nsecond\n"


def test_a_second_run_reads_no_output_of_the_first(tmp_path: Path) -> None:
    page(tmp_path / "a.png")
    assert "files  1 read\n" in run(tmp_path, "--out", tmp_path / "out").stderr
    assert "files  0 read, 1 done before\n" in run(tmp_path, "--out", tmp_path / "out").stderr
    assert "files  1 read\n" in run(tmp_path / "a.png", "--out", tmp_path).stderr
    again = run(tmp_path, "--out", tmp_path)
    assert "files  0 read, 1 done before\n" in again.stderr, written(tmp_path)


def test_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [Image.fromarray(bars(BOXES[:n])) for n in (1, 2, 3)]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:])
    out = tmp_path / "out"
    assert run(tmp_path / "book.tif", "--out", out).exit_code == 0
    assert written(out) == [
        *(f"book.000{n}.overlay.jpg" for n in (1, 2, 3)),
        "book.json",
        "book.txt",
    ]
    assert (out / "book.txt").read_text() == f"first line\ffirst line\nsecond\f{TEXT}"


def test_bad_files_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a_empty.png").write_bytes(b"")
    (tmp_path / "b_noise.png").write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(200))
    page(tmp_path / "c_good.png")
    page(tmp_path / "d_blank.png", [])
    result = run(tmp_path, tmp_path / "gone.png", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "2 read, 3 failed" in result.stderr and "2 read with 3 lines" in result.stderr
    assert "3 failures:" in result.stderr
    for reason in ("a_empty.png: the file is empty", "b_noise.png", "gone.png: no such file"):
        assert reason in result.stderr
    assert "Traceback" not in result.output
    assert [name for name in written(tmp_path / "out") if name.endswith(".txt")] == [
        "c_good.txt",
        "d_blank.txt",
    ]
    assert (tmp_path / "out" / "d_blank.txt").read_bytes() == b""


def test_a_document_that_breaks_half_way_keeps_its_other_pages(tmp_path: Path) -> None:
    pages = [Image.fromarray(bars(BOXES)) for _ in range(4)]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:], compression="raw")
    with Image.open(tmp_path / "book.tif") as image:
        image.seek(2)
        (offset,) = image.tag_v2[273][:1]  # where the third page's pixels begin
    data = bytearray((tmp_path / "book.tif").read_bytes())
    place = data.index(offset.to_bytes(4, "little"))
    data[place : place + 4] = (len(data) * 2).to_bytes(4, "little")  # behind the file's end
    (tmp_path / "book.tif").write_bytes(data)
    out = tmp_path / "out"
    result = run(tmp_path / "book.tif", "--out", out)
    assert result.exit_code == 1
    assert "book.tif: page 3" in result.stderr and "3 read with 9 lines, 1 failed" in result.stderr
    assert (out / "book.txt").read_text() == f"{TEXT}\f".replace("\n\f", "\f") * 2 + f"\f{TEXT}"
    document = Document.from_json((out / "book.json").read_text())
    assert [bool(page.lines) for page in document.pages] == [True, True, False, True]
    assert "page 3" in document.pages[2].meta["error"]
    assert "book.0003.overlay.jpg" not in written(out) and "book.0004.overlay.jpg" in written(out)
    report = json.loads((out / "report.json").read_text())
    assert [failure["page"] for failure in report["failures"]] == [3]


def test_a_crash_in_a_stage_is_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crashing(FakeDetector):
        def detect(self, image: np.ndarray, options: object = None) -> list:
            if len(found := super().detect(image, options)) == 2:
                raise RuntimeError("out of memory")
            return found

    monkeypatch.setattr("fake_stages.FakeDetector", Crashing)
    page(tmp_path / "a.png", BOXES[:2])
    page(tmp_path / "b.png")
    result = run(tmp_path, "--out", tmp_path / "out", "--format", "txt")
    assert result.exit_code == 1
    assert "a.png: RuntimeError: out of memory" in result.stderr
    assert written(tmp_path / "out") == ["b.txt"]


def test_no_input_at_all(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert run(tmp_path / "in", "--out", tmp_path / "out").exit_code == 3
    assert run(tmp_path / "gone.png", "--out", tmp_path / "out").exit_code == 3
    assert run(tmp_path / "in").exit_code == 2


def test_out_that_is_a_file(tmp_path: Path) -> None:
    source = page(tmp_path / "page.png")
    result = run(source, "--out", source)
    assert result.exit_code == 2 and "--out" in result.output
    assert load_image(source).shape == (200, 300, 3)


def test_output_that_cannot_be_written_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, folder: Path | None = None) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ocr_pipeline.batch.outputs.atomic_file", full)
    result = run(page(tmp_path / "page.png"), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left on device" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    "flags",
    [
        ("--device", "cuda:99"),
        ("--detector-device", "abacus"),
        ("--recognizer-device", "cuda:99"),
        ("--precision", "fp16", "--device", "cpu"),
    ],
)
def test_devices_are_checked_before_any_work(tmp_path: Path, flags: tuple[str, ...]) -> None:
    (tmp_path / "page.png").write_bytes(b"never read")
    result = run(tmp_path, "--out", tmp_path / "out", *flags)
    assert result.exit_code == 5, result.output
    assert "failure" not in result.output and len(result.stderr.splitlines()) == 1


def test_missing_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    page(tmp_path / "page.png")
    gone = tmp_path / "gone.safetensors"
    assert run(tmp_path, "--out", tmp_path / "o", "--detector", gone).exit_code == 4


def test_quiet_says_nothing_but_failures(tmp_path: Path) -> None:
    page(tmp_path / "page.png")
    assert run(tmp_path / "page.png", "--out", tmp_path / "out", "--quiet").output == ""
    result = run(tmp_path / "page.png", tmp_path / "gone.png", "--out", tmp_path / "out", "-q")
    assert result.exit_code == 1 and "gone.png" in result.output


def test_lines_without_a_detector(tmp_path: Path) -> None:
    Image.fromarray(bars([(0, 0, 80, 20)], size=(20, 80))).save(tmp_path / "line.png")
    run(tmp_path / "line.png", "--out", tmp_path / "out", "--no-detect")
    tree = json.loads((tmp_path / "out" / "line.json").read_text())
    assert [line["text"] for line in tree["pages"][0]["lines"]] == ["first line"]


def test_options_from_a_file_and_flags_over_them(tmp_path: Path) -> None:
    page(tmp_path / "page.png")
    config = tmp_path / "ocr.toml"
    config.write_text('[run]\nformat = ["txt"]\nmin-confidence = 0.95\n')
    run(tmp_path / "page.png", "--out", tmp_path / "a", "--config", config)
    assert written(tmp_path / "a") == ["page.txt"]
    assert (tmp_path / "a" / "page.txt").read_text() == ""
    run(tmp_path / "page.png", "--out", tmp_path / "b", "--config", config, "--min-confidence", 0)
    assert (tmp_path / "b" / "page.txt").read_text() == TEXT
    config.write_text("[run]\ncolour = 1\n")
    wrong = run(tmp_path / "page.png", "--out", tmp_path / "c", "--config", config)
    assert wrong.exit_code == 2 and "colour" in wrong.output

# SPDX-License-Identifier: Apache-2.0
"""Pages that raise, hang or kill their worker: reported, and everything else is done."""

from __future__ import annotations

import json
from pathlib import Path

import fake_batch
import pytest
from fake_batch import numbered

from ocr_pipeline.batch import BatchOptions, Report, run_batch
from ocr_pipeline.core.document import Document
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import find_inputs

TEXT = "first line\nsecond third\n"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    monkeypatch.setenv("OCR_TEST_LOG", str(path))
    return path


def singles(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(1, count + 1):
        numbered(i).save(folder / f"{i:02}.png")
    return folder


def book(path: Path, count: int) -> Path:
    pages = [numbered(i) for i in range(1, count + 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def run(source: Path, out: Path, formats: tuple[str, ...] = ("txt",), **batch: object) -> Report:
    return run_batch(
        find_inputs([str(source)], out),
        out,
        RunOptions(format=formats),
        BatchOptions(**batch),  # type: ignore[arg-type]
        factory=fake_batch.make,
    )


def texts(out: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in out.glob("*.txt")}


def reads(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_page_that_raises(
    tmp_path: Path, log: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR_TEST_FAULTS", "2=raise")
    report = run(singles(tmp_path / "in", 4), tmp_path / "out", workers=workers)
    assert texts(tmp_path / "out") == dict.fromkeys(["01", "03", "04"], TEXT)
    assert [failure.reason for failure in report.failures] == [
        f"{tmp_path / 'in' / '02.png'}: RuntimeError: broken page"
    ]
    assert (report.files, report.failed, int(report.exit_code)) == (3, 1, 1)
    assert reads(log) == [1, 2, 3, 4]


def test_a_page_that_hangs_is_killed(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR_TEST_FAULTS", "2=hang")
    source = singles(tmp_path / "in", 6)
    report = run(source, tmp_path / "out", workers=1, timeout=4)
    assert sorted(texts(tmp_path / "out")) == ["01", "03", "04", "05", "06"]
    assert [failure.reason for failure in report.failures] == [
        f"{source / '02.png'}: took longer than 4 s"
    ]
    assert reads(log).count(2) == 1


def test_a_page_that_kills_its_worker_is_found(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCR_TEST_FAULTS", "7=kill")
    report = run(book(tmp_path / "book.tif", 12), tmp_path / "out", ("txt", "json"), workers=1)
    assert int(report.exit_code) == 1 and report.files == 1 and report.pages == 11
    (failure,) = report.failures
    assert failure.page == 7 and "SIGKILL (out of memory?)" in failure.reason
    document = Document.from_json((tmp_path / "out" / "book.json").read_text())
    assert [page.number for page in document.pages if not page.lines] == [7]
    assert document.pages[6].meta == {"error": failure.reason}
    assert (document.pages[6].width, document.pages[6].height) == (300, 200)
    # The chunk is tried twice, then its pages alone; those of other chunks are read once.
    assert reads(log).count(7) == 3 and reads(log).count(12) == 1


def test_retry(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_TEST_FAULTS", "2=once,3=raise")
    source = singles(tmp_path / "in", 4)
    report = run(source, tmp_path / "out", retry=2)
    assert sorted(texts(tmp_path / "out")) == ["01", "02", "04"]
    assert len(report.failures) == 1
    assert (reads(log).count(2), reads(log).count(3), reads(log).count(4)) == (2, 3, 1)


def test_the_next_run_tries_failures_again(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = singles(tmp_path / "in", 2)
    book(source / "book.tif", 2)
    monkeypatch.setenv("OCR_TEST_FAULTS", "2=raise")
    assert run(source, tmp_path / "out").files == 2
    assert texts(tmp_path / "out") == {"01": TEXT, "book": f"{TEXT[:-1]}\f\n"}
    log.unlink()
    monkeypatch.setenv("OCR_TEST_FAULTS", "")
    report = run(source, tmp_path / "out")
    assert reads(log) == [2, 2]
    assert (report.files, report.kept, int(report.exit_code)) == (2, 1, 0)
    assert texts(tmp_path / "out") == {"01": TEXT, "02": TEXT, "book": f"{TEXT[:-1]}\f{TEXT}"}


def test_fail_fast(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_TEST_FAULTS", "3=raise")
    source = singles(tmp_path / "in", 40)
    report = run(source, tmp_path / "out", workers=1, fail_fast=True)
    assert report.stopped and not report.interrupted and int(report.exit_code) == 1
    assert report.left > 10 and len(reads(log)) < 30
    monkeypatch.setenv("OCR_TEST_FAULTS", "")
    again = run(source, tmp_path / "out", workers=1)
    assert int(again.exit_code) == 0 and again.left == 0
    assert len(texts(tmp_path / "out")) == 40


def test_a_file_that_changes_while_it_waits(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = singles(tmp_path / "in", 3)
    find = fake_batch.BatchPipeline.find

    def find_and_change(self: object, image: object) -> object:
        if fake_batch.number_of(image) == 1:  # type: ignore[arg-type]
            numbered(9, 1).save(source / "03.png")
        return find(self, image)  # type: ignore[arg-type]

    monkeypatch.setattr(fake_batch.BatchPipeline, "find", find_and_change)
    monkeypatch.setattr("ocr_pipeline.batch.decode.AHEAD_PAGES", 1)
    report = run(source, tmp_path / "out")
    assert [failure.reason for failure in report.failures] == [
        f"{source / '03.png'}: changed while it was read; run the command again"
    ]
    monkeypatch.undo()
    assert int(run(source, tmp_path / "out").exit_code) == 0
    assert texts(tmp_path / "out")["03"] == "first line\n"


def test_a_full_disk_ends_the_run_and_keeps_what_is_done(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextlib
    from collections.abc import Iterator
    from typing import Any

    from ocr_pipeline.batch.coordinator import UnwritableError
    from ocr_pipeline.core.images import atomic_file

    @contextlib.contextmanager
    def full(path: Path, folder: Path | None = None) -> Iterator[Any]:
        if path.name == "03.txt":
            raise OSError(28, "No space left on device")
        with atomic_file(path, folder) as file:
            yield file

    source = singles(tmp_path / "in", 4)
    with monkeypatch.context() as patch:
        patch.setattr("ocr_pipeline.batch.outputs.atomic_file", full)
        with pytest.raises(UnwritableError, match="No space left on device"):
            run(source, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["left"] == 4
    report = run(source, tmp_path / "out")
    assert int(report.exit_code) == 0 and len(texts(tmp_path / "out")) == 4

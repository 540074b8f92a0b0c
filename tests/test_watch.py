# SPDX-License-Identifier: Apache-2.0
"""A watched folder: what is read, when, and how often."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import fake_batch
import pytest
from fake_batch import numbered

from ocr_pipeline.batch import Batch, BatchOptions
from ocr_pipeline.batch.preview import known_outputs
from ocr_pipeline.batch.report import Report
from ocr_pipeline.batch.watch import Ripener, WatchOptions, is_unfinished, watch
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import InputFile

PATIENCE = 120.0  # seconds; a busy machine is slow


def item(path: Path) -> InputFile:
    return InputFile(path, PurePath(path.stem))


def test_file_that_grows_is_not_ripe(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"1")
    ripener = Ripener(settle=3)
    assert ripener.ripe([item(path)], now=0) == []
    assert ripener.wait(now=1) == 2
    path.write_bytes(b"12")
    assert ripener.ripe([item(path)], now=4) == []
    assert ripener.ripe([item(path)], now=6.9) == []
    assert ripener.ripe([item(path)], now=7) == [item(path)]


def test_file_is_ripe_once_for_each_state(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"1")
    ripener = Ripener(settle=0)
    assert ripener.ripe([item(path)], now=0) == [item(path)]
    assert ripener.ripe([item(path)], now=9) == []
    assert ripener.wait(now=9) is None
    path.write_bytes(b"other")
    assert ripener.ripe([item(path)], now=10) == [item(path)]


def test_file_that_went_away_and_came_back_is_new(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"1")
    ripener = Ripener(settle=0)
    ripener.ripe([item(path)], now=0)
    assert ripener.ripe([], now=1) == []
    assert ripener.ripe([item(path)], now=2) == [item(path)]


def test_empty_file_waits_longer_and_is_then_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    ripener = Ripener(settle=1)
    assert ripener.ripe([item(path)], now=0) == []
    assert ripener.ripe([item(path)], now=5) == []
    assert ripener.ripe([item(path)], now=60) == [item(path)]


@pytest.mark.parametrize(
    "name",
    [".a.png", "~$a.pdf", "a.part.png", "a.png.tmp", "scan.TMP.pdf", "a.pdf.crdownload"],
)
def test_names_of_unfinished_files(name: str) -> None:
    assert is_unfinished(Path("in") / name)


@pytest.mark.parametrize("name", ["a.png", "party.png", "a.2.png", "template.pdf", "a~b.png"])
def test_names_of_finished_files(name: str) -> None:
    assert not is_unfinished(Path("in") / name)


def test_links_are_not_read(tmp_path: Path) -> None:
    real = tmp_path / "a.png"
    real.write_bytes(b"1")
    link = tmp_path / "b.png"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("no links here")
    assert Ripener(settle=0).ripe([item(real), item(link)], now=0) == [item(real)]


@pytest.mark.parametrize("values", [{"settle": -1}, {"interval": 0}])
def test_options_out_of_range(values: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        WatchOptions(**values)


class Watched:
    """A folder that is watched in a thread, by the pipeline of the tests."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out = folder, out
        self.stop = threading.Event()
        self.reports: list[Report] = []
        self.total: Report | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        options = RunOptions(format=("txt",))
        how = WatchOptions(settle=0.3, interval=0.2, poll=True)
        with Batch(self.out, options, BatchOptions(), factory=fake_batch.make) as batch:
            self.total = watch(
                self.folder,
                batch,
                how,
                self.stop,
                lambda: known_outputs(self.out),
                self.reports.append,
            )

    def end(self) -> Report:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert self.total is not None
        return self.total


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("OCR_TEST_LOG", str(path))
    return path


@pytest.fixture
def start(tmp_path: Path, log: Path) -> Iterator[Callable[[], Watched]]:
    folder = tmp_path / "in"
    folder.mkdir()
    started: list[Watched] = []

    def begin() -> Watched:
        watched = Watched(folder, tmp_path / "out")
        started.append(watched)
        watched.thread.start()
        return watched

    yield begin
    for watched in started:
        watched.stop.set()
        watched.thread.join(PATIENCE)


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)


def test_documents_are_read_as_they_come(start: Callable[[], Watched], log: Path) -> None:
    watched = start()
    numbered(1).save(watched.folder / "1.png")
    wait_for((watched.out / "1.txt").exists)
    (watched.folder / "sub").mkdir()
    numbered(2).save(watched.folder / "sub" / "2.png")
    (watched.folder / "3.png").write_bytes(b"no picture")
    wait_for((watched.out / "sub" / "2.txt").exists)
    wait_for(lambda: sum(report.failed for report in watched.reports))
    total = watched.end()
    assert sorted(log.read_text().split()) == ["1", "2"]
    assert (total.files, total.failed, total.interrupted) == (2, 1, False)


def test_restart_reads_only_what_is_new(start: Callable[[], Watched], log: Path) -> None:
    first = start()
    numbered(1).save(first.folder / "1.png")
    wait_for((first.out / "1.txt").exists)
    first.end()
    numbered(2).save(first.folder / "2.png")
    second = start()
    wait_for((second.out / "2.txt").exists)
    second.end()
    assert log.read_text().split() == ["1", "2"]


def test_document_that_changes_is_read_again(start: Callable[[], Watched], log: Path) -> None:
    watched = start()
    numbered(1).save(watched.folder / "1.png")
    wait_for((watched.out / "1.txt").exists)
    numbered(7, lines=1).save(watched.folder / "1.png")
    wait_for(lambda: log.read_text().split() == ["1", "7"])
    watched.end()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_command_ends_in_order(tmp_path: Path, log: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, fake_batch.__file__, "watch", str(folder), "--out", str(out)]
    command += ["--settle", "0.2", "--interval", "0.2", "--format", "txt"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        numbered(4).save(folder / "4.png")
        wait_for((out / "4.txt").exists)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "1 read" in errors


def test_command_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ocr_pipeline.cli.main", "watch", str(tmp_path / "no")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 2
    assert "no such folder" in done.stderr

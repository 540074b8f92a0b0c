# SPDX-License-Identifier: Apache-2.0
"""Runs that are killed at random moments lose nothing, do nothing twice, and write the same."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_batch import numbered

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

SCRIPT = Path(__file__).with_name("fake_batch.py")
FORMATS = "txt,json,jsonl,page,hocr,overlay"
FAILING = {5, 107}


def make_input(folder: Path) -> Path:
    """Single pages in folders, a long document that spans chunks, and files that fail."""
    (folder / "deep").mkdir(parents=True)
    for i in range(1, 15):
        numbered(i, i % 4).save((folder if i % 2 else folder / "deep") / f"page {i:02}.png")
    book = [numbered(100 + i, 1 + i % 3) for i in range(24)]
    book[0].save(folder / "deep" / "book.tif", save_all=True, append_images=book[1:])
    (folder / "empty.png").write_bytes(b"")
    (folder / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return folder


def command(source: Path, out: Path, *flags: str) -> list[str]:
    base = [sys.executable, str(SCRIPT), "run", str(source), "--out", str(out)]
    base += ["--detector", __file__, "--recognizer", __file__]  # no weights are loaded
    return [*base, "--format", FORMATS, "--review-below", "0.8", *flags]


def environment(log: Path, pause: float) -> dict[str, str]:
    faults = ",".join(f"{number}=raise" for number in sorted(FAILING))
    own = {"OCR_TEST_LOG": str(log), "OCR_TEST_PAUSE": str(pause), "OCR_TEST_FAULTS": faults}
    return {**os.environ, **own}


def tree(out: Path) -> dict[str, bytes]:
    """All that a run wrote for others; reports tell the time, and differ."""
    return {
        name: path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and not (name := path.relative_to(out).as_posix()).startswith(".ocr/")
        and name != "report.json"
    }


def committed(out: Path) -> set[int]:
    """Numbers of the pages that the manifest says are done or have failed for good."""
    path = out / ".ocr" / "manifest.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path) as db:
        try:
            rows = db.execute(
                "SELECT name, number FROM pages, files WHERE files.id = file"
                " AND pages.state != 'waiting'"
            ).fetchall()
        except sqlite3.OperationalError:  # killed before there was a table
            return set()
    db.close()
    return {100 + i if "book" in name else int(name[-6:-4]) for name, i in rows}


def ended(out: Path) -> bool:
    """Whether the last run came to its end; a kill can also fall between that and its exit."""
    path = out / ".ocr" / "manifest.sqlite"
    if not path.exists():
        return False
    with sqlite3.connect(path) as db:
        try:
            row = db.execute("SELECT value FROM meta WHERE key = 'unfinished'").fetchone()
        except sqlite3.OperationalError:
            row = None
    db.close()
    return row is not None and not json.loads(row[0])


def wait_for_lines(log: Path, lines: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if log.exists() and log.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.005)


def wait_for_progress(out: Path, done: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if len(committed(out)) > done:
            return
        time.sleep(0.01)


def few(source: Path) -> None:
    """So few pages that they are read in the process itself."""
    for path in source.rglob("*"):
        if path.is_file() and path.name not in ("page 03.png", "page 05.png", "page 06.png"):
            path.unlink()


@pytest.mark.parametrize(("flags", "kills", "pause"), [(["--workers=2"], 7, 0.05), ([], 4, 0.3)])
def test_killed_at_random_moments(
    tmp_path: Path, flags: list[str], kills: int, pause: float
) -> None:
    source = make_input(tmp_path / "in")
    if not flags:
        few(source)
    whole, out, log = tmp_path / "whole", tmp_path / "out", tmp_path / "log"
    expected = subprocess.run(
        command(source, whole, *flags), env=environment(tmp_path / "other", 0), timeout=300
    )
    log.touch()
    random_ = random.Random(7)
    progress = []
    for attempt in range(kills + 1):
        done, before = committed(out), len(log.read_text().split())
        if ended(out):
            done -= FAILING  # the run after the one that met them tries them again
        progress.append(len(done))
        last = attempt == kills
        process = subprocess.Popen(
            command(source, out, *flags),
            env=environment(log, 0 if last else pause),
            text=True,
            stderr=subprocess.PIPE,
        )
        if not last:
            if attempt % 2 and flags:
                wait_for_progress(out, len(done), process)
            else:
                wait_for_lines(log, before + random_.randint(0, 9 if flags else 2), process)
            time.sleep(random_.random() * 0.3)
            process.send_signal(signal.SIGKILL)  # its workers notice by themselves
        _, messages = process.communicate(timeout=300)
        time.sleep(0.1)
        again = done & {int(line) for line in log.read_text().split()[before:]}
        assert not again, "pages were read again that were committed"
        if process.returncode != -signal.SIGKILL:
            break
    if flags:
        assert any(0 < number < 38 for number in progress), "no kill met a run half done"
    assert process.returncode == expected.returncode == 1, messages
    assert "Traceback" not in messages
    assert tree(out) == tree(whole)
    assert len(tree(out)) >= 10

# SPDX-License-Identifier: Apache-2.0
"""``ocr run`` as a program: Ctrl-C and SIGTERM, standard output, logs for machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_batch import numbered

SCRIPT = Path(__file__).with_name("fake_batch.py")
TEXT = "first line\nsecond third\n"


def start(*arguments: object, pause: float = 0.0, **streams: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "OCR_TEST_PAUSE": str(pause)}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), "run", *map(str, arguments)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},  # type: ignore[call-overload]
        text=True,
        env=environment,
    )


def finish(process: subprocess.Popen[str], data: str | None = None) -> tuple[int, str, str]:
    out, messages = process.communicate(data, timeout=300)
    assert "Traceback" not in messages, messages
    return process.returncode, out, messages


def pages(folder: Path, count: int) -> Path:
    folder.mkdir()
    for i in range(1, count + 1):
        numbered(i).save(folder / f"{i:02}.png")
    return folder


def texts(out: Path) -> list[str]:
    return [path.read_text() for path in sorted(out.glob("*.txt"))]


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    source, out = pages(tmp_path / "in", 30), tmp_path / "out"
    process = start(source, "--out", out, "--workers", 1, pause=0.3)
    wait_for(out / "01.txt", process)
    process.send_signal(number)
    code, _, messages = finish(process)
    assert code == 130
    assert "stopping" in messages and "the same command goes on from here" in messages
    done = len(texts(out))
    assert 1 <= done < 30 and set(texts(out)) == {TEXT}
    assert not [name for name in os.listdir(out) if name.startswith(".") and name != ".ocr"]
    report = json.loads((out / "report.json").read_text())
    assert report["interrupted"] and report["files"] == done and report["left"] == 30 - done
    code, _, messages = finish(start(source, "--out", out, "--workers", 1))
    assert code == 0 and f"{30 - done} read, {done} done before" in messages
    assert texts(out) == [TEXT] * 30


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    source, out = pages(tmp_path / "in", 6), tmp_path / "out"
    process = start(source, "--out", out, "--workers", 1, pause=60)
    wait_for(out / ".ocr" / "manifest.sqlite", process)
    time.sleep(3)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    code, _, _ = finish(process)
    assert code == 130 and time.monotonic() - begin < 30


def test_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    numbered(1).save(tmp_path / "page.png")
    with open(tmp_path / "page.png", "rb") as file:
        code, out, messages = finish(start("-", "--out", "-", stdin=file))
    assert (code, out, messages) == (0, TEXT, "")
    with open(tmp_path / "page.png", "rb") as file:
        code, out, _ = finish(start("-", "--out", "-", "--format", "json", stdin=file))
    assert json.loads(out)["source"] == "stdin"


def test_many_documents_to_standard_output_in_order(tmp_path: Path) -> None:
    source = pages(tmp_path / "in", 9)
    (source / "03.png").write_bytes(b"")
    code, out, messages = finish(start(source, "--out", "-", "--format=jsonl", "--workers=2"))
    assert code == 1 and "03.png: the file is empty" in messages
    names = [json.loads(line)["source"] for line in out.splitlines()]
    assert names == [str(source / f"{i:02}.png") for i in (1, 2, 4, 5, 6, 7, 8, 9)]
    wrong = finish(start(source, "--out", "-", "--format", "txt,json"))
    assert wrong[0] == 2 and "one --format" in wrong[2]


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_standard_output_that_closes_early(tmp_path: Path) -> None:
    source = pages(tmp_path / "in", 8)
    process = start(source, "--out", "-", "--workers", 1, pause=0.2)
    assert process.stdout is not None
    assert process.stdout.readline() == "first line\n"
    process.stdout.close()
    assert process.stderr is not None
    messages = process.stderr.read()
    assert process.wait(timeout=120) == 1 and messages == ""


def test_a_log_for_machines(tmp_path: Path) -> None:
    source = pages(tmp_path / "in", 6)
    (source / "03.png").write_bytes(b"")
    code, out, messages = finish(start(source, "--out", tmp_path / "out", "--log-format", "json"))
    events = [json.loads(line) for line in messages.splitlines()]
    names = [event["event"] for event in events]
    assert code == 1 and out == ""
    assert names[0] == "start" and events[0]["todo"] == 6 and names[-1] == "end"
    assert names.count("file done") == 5 and names.count("file failed") == 1
    assert events[-1]["exit_code"] == 1


def test_quiet(tmp_path: Path) -> None:
    source = pages(tmp_path / "in", 2)
    assert finish(start(source, "--out", tmp_path / "out", "-q")) == (0, "", "")

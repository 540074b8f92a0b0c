# SPDX-License-Identifier: Apache-2.0
"""``ocr run`` as a program with stand-ins for the nets: starts it, and looks at what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_batch import numbered

SCRIPT = Path(__file__).with_name("fake_batch.py")
TEXT = "first line\nsecond third\n"


def start(
    *arguments: object, prepare: Callable[[], None] | None = None, **environment: object
) -> subprocess.Popen[str]:
    """``ocr run``; ``prepare`` is called in the new process, before the program."""
    return subprocess.Popen(
        [sys.executable, "-B", str(SCRIPT), "run", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **{f"OCR_TEST_{k.upper()}": str(v) for k, v in environment.items()}},
        preexec_fn=prepare,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and messages."""
    _, messages = process.communicate(timeout=300)
    assert "Traceback" not in messages, messages
    return process.returncode, messages


def run(*arguments: object, **others: object) -> tuple[int, str]:
    """Exit code and messages of ``ocr run``."""
    return finish(start(*arguments, **others))  # type: ignore[arg-type]


def pages(folder: Path, count: int) -> Path:
    """A folder with numbered pages."""
    folder.mkdir(parents=True)
    for i in range(1, count + 1):
        numbered(i).save(folder / f"{i:02}.png")
    return folder


def report(out: Path) -> dict[str, Any]:
    """What ``report.json`` says."""
    values: dict[str, Any] = json.loads((out / "report.json").read_text())
    return values


def reasons(out: Path) -> dict[str, str]:
    """What failed, by the name of the file, without its folder."""
    failures = report(out)["failures"]
    return {Path(item["file"]).name: item["reason"] for item in failures}


def tree(out: Path) -> dict[str, bytes]:
    """All that was written for others, but the report, which tells the time."""
    return {
        name: path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and not (name := path.relative_to(out).as_posix()).startswith(".ocr/")
        and name != "report.json"
    }


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Waits for something to become true while a program runs."""
    deadline = time.monotonic() + 120
    while not true():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)

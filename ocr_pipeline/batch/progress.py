# SPDX-License-Identifier: Apache-2.0
"""What a run says while it goes on: a bar on a terminal, or a line of JSON for each event."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

# Seconds between two lines on how far a run has come, in the log for machines.
LOG_SECONDS = 10.0


class Bar:
    """Files, pages a minute, time left and failures so far, on stderr if that is a terminal.

    Args:
        quiet: say nothing at all.
        stream: instead of stderr.
    """

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        from tqdm import tqdm

        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.files = self.todo = self.failed = self.pages = 0
        self.bar = tqdm(
            file=self.stream,
            disable=quiet or not self.stream.isatty(),
            leave=False,
            dynamic_ncols=True,
            smoothing=0.05,
            bar_format="{n}/{total} pages |{bar}| {elapsed}, {remaining} left{postfix}",
        )
        self._start = time.monotonic()

    def __call__(self, event: str, data: Mapping[str, Any]) -> None:
        """Takes note of an event."""
        if event == "start":
            self.todo = data["todo"]
            self.files = self.failed = self.pages = 0
            self.bar.reset(total=self.todo)  # a file is a page until its pages are counted
            self._start = time.monotonic()
        elif event == "counted":
            self.bar.total = (self.bar.total or 0) + data["pages"] - data["files"]
        elif event == "options changed" and not self.quiet:
            changes = "; ".join(data["changes"])
            text = f"options have changed, what was read before is read again: {changes}"
            self.bar.write(text, file=self.stream)
        elif event in ("file done", "file failed"):
            self.files += 1
            self.failed += event == "file failed"
        elif event == "page failed":
            self.failed += 1
        elif event == "progress":
            self.pages += data["pages"]
            self.bar.update(data["pages"] + data["failed"])
        self._describe()

    def _describe(self) -> None:
        minutes = max(time.monotonic() - self._start, 1e-3) / 60
        text = f"{self.files}/{self.todo} files, {self.pages / minutes:.1f} pages/min"
        self.bar.set_postfix_str(f"{text}, {self.failed} failed" if self.failed else text)

    def close(self) -> None:
        """Takes the bar away."""
        self.bar.close()


class JsonLog:
    """One line of JSON for each event.

    Args:
        stream: instead of stderr.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.pages = self.files = self.failed = self.todo = 0
        self._start = self._last = time.monotonic()

    def __call__(self, event: str, data: Mapping[str, Any]) -> None:
        """Writes an event; progress only now and then."""
        self.pages += data["pages"] if event == "progress" else 0
        self.files += event in ("file done", "file failed")
        self.failed += event in ("file failed", "page failed")
        self.todo = data["todo"] if event == "start" else self.todo
        if event == "progress":
            now = time.monotonic()
            if now - self._last < LOG_SECONDS:
                return
            self._last = now
            minutes = (now - self._start) / 60
            data = {
                "files": self.files,
                "todo": self.todo,
                "pages": self.pages,
                "pages_a_minute": round(self.pages / minutes, 2),
                "failed": self.failed,
            }
        self.write(event, data)

    def write(self, event: str, data: Mapping[str, Any]) -> None:
        """Writes one line."""
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **data}
        print(json.dumps(line, ensure_ascii=False), file=self.stream, flush=True)

    def close(self) -> None:
        """Nothing to take away."""

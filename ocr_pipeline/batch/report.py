# SPDX-License-Identifier: Apache-2.0
"""What a run did: for people as a table, for machines as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ocr_pipeline.core.errors import ExitCode

# Failures that the table shows; the JSON has all of them.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or page that was not read, and why; ``page`` is None where it is the whole file."""

    file: str
    page: int | None
    reason: str


@dataclass(slots=True)
class Report:
    """What a run did.

    Attributes:
        asked: files that the run was asked for.
        files: files that were written by this run.
        pages, lines: what was read by this run.
        kept: files that were done before and needed nothing.
        gone: files that were done before and are no longer there; their outputs stay.
        left: files that are still to be read, where the run ended early.
        failures: files and pages of this run's input that could not be read, also those that an
            interrupted run before it met.
        failed: number of files without any output.
        doubtful: lines in the list for review, of all documents in the output folder.
        seconds: time that it took.
        interrupted: ended by Ctrl-C, SIGTERM or the like.
        stopped: ended by the first failure, as ``--fail-fast`` asks.
        reasons: how many files were read for which reason.
        changes: options that differ from those of earlier results.
    """

    asked: int = 0
    files: int = 0
    pages: int = 0
    lines: int = 0
    kept: int = 0
    gone: list[str] = field(default_factory=list)
    left: int = 0
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    doubtful: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    stopped: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """0 if all went well, 1 if some failed, 3 if nothing could be read, 130 if interrupted."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.failures or self.left:
            done = self.files or self.kept or self.gone
            return ExitCode.SOME_FAILED if done or self.left else ExitCode.INPUT
        return ExitCode.OK

    @property
    def pages_a_minute(self) -> float:
        """Pages read a minute of this run, 0 if there was none."""
        return 60 * self.pages / self.seconds if self.seconds > 0 else 0.0

    def to_json(self) -> bytes:
        """The report, and the exit code."""
        values: dict[str, Any] = asdict(self)
        values["seconds"] = round(self.seconds, 3)
        values["pages_a_minute"] = round(self.pages_a_minute, 2)
        values["exit_code"] = int(self.exit_code)
        text = json.dumps(values, ensure_ascii=False, indent=1)
        return (text + "\n").encode("utf-8", "backslashreplace")

    def table(self) -> str:
        """The report in a few lines of English."""
        rows = [("files", self._files()), ("pages", self._pages()), ("time", self._time())]
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {text}" for name, text in rows]
        if self.doubtful:
            lines.append(f"{count(self.doubtful, 'doubtful line')} to look at: see review.csv")
        if self.gone:
            lines.append(f"no longer there, their results stay: {_some(self.gone)}")
        if self.failures:
            lines.append(f"{count(len(self.failures), 'failure')}:")
            lines += [f"  {failure.reason}" for failure in self.failures[:SHOWN]]
            if len(self.failures) > SHOWN:
                lines.append(f"  and {len(self.failures) - SHOWN} more, see report.json")
        if self.interrupted:
            lines.append("interrupted: the same command goes on from here")
        elif self.stopped:
            lines.append("stopped at the first failure; the same command goes on from here")
        return "\n".join(lines)

    def _files(self) -> str:
        parts = [f"{self.files} read"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.kept:
            parts.append(f"{self.kept} done before")
        if self.left:
            parts.append(f"{self.left} to do")
        return ", ".join(parts)

    def _pages(self) -> str:
        failed = sum(failure.page is not None for failure in self.failures)
        text = f"{self.pages} read with {count(self.lines, 'line')}"
        return f"{text}, {failed} failed" if failed else text

    def _time(self) -> str:
        text = f"{self.seconds:.1f} s" if self.seconds < 100 else duration(self.seconds)
        return f"{text} ({self.pages_a_minute:.1f} pages a minute)" if self.pages else text


def count(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """``3:05`` or ``2:03:05``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _some(names: list[str]) -> str:
    text = ", ".join(names[:3])
    return f"{text} and {len(names) - 3} more" if len(names) > 3 else text

# SPDX-License-Identifier: Apache-2.0
"""The first step of a run: what is there to do, given what the manifest knows."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from ocr_pipeline.batch.manifest import DONE, FAILED, READING, WAITING, FileRow, Manifest, to_sql
from ocr_pipeline.batch.settings import differences
from ocr_pipeline.batch.stamps import full_stamp, key_of, look
from ocr_pipeline.batch.tasks import Stamp
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.readers.inputs import InputFile

# Files whose pages are counted, and made into chunks, together.
BLOCK = 64
# Names that the run's own files have.
_RESERVED = re.compile(r"(report|review)(-\d+-of-\d+)?")
_NUMBERED = re.compile(r"(.+)\.(\d{4,})")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a file: ``read`` it, ``resume`` it, or leave it as it is (``keep``).

    ``retry`` reads its failed pages again, keeps the others and writes it; ``gone`` is a file
    that was read and is no longer there. ``why`` says in a few words why a file is read.
    """

    action: str
    why: str = ""
    stamp: Stamp | None = None


@dataclass(slots=True)
class Registered:
    """What a run is to do.

    Attributes:
        files: documents by their number in the manifest, under the names and targets that they
            were first seen with.
        reasons: how many files are read for which reason.
        kept: files that were done before and need nothing.
        gone: names of files that were done before and are no longer there.
        changes: settings that make results of earlier runs useless, in words.
    """

    files: dict[int, InputFile] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    gone: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


class Judge:
    """Decides what is to become of each file.

    Args:
        manifest: what is known; it is not changed.
        settings: the settings of this run.
        out: output folder.
        redo: read everything again.
    """

    def __init__(
        self, manifest: Manifest, settings: Mapping[str, Any], out: Path | None, redo: bool
    ) -> None:
        self.manifest = manifest
        self.out = out
        self.redo = redo
        # Failures are tried again by the run after the one that met them, not by one that goes
        # on where a kill ended it.
        self.retry = not manifest.meta("unfinished", False) or manifest.meta("stopped", False)
        self.differences = {
            number: differences(old, settings) for number, old in manifest.settings().items()
        }

    def verdict(self, row: FileRow | None, file: InputFile) -> Verdict:
        """What is to become of a file."""
        if row is None:
            return Verdict("read", "new")
        seen = look(file)
        if seen is None and row.state == DONE:
            return Verdict("gone")
        if self.redo:
            return Verdict("read", "--redo")
        if self.differences[row.settings]:
            return Verdict("read", "other options")
        stamp = self._changed(row, file, seen)
        if stamp is not None and stamp.sha256 != row.stamp.sha256:
            return Verdict("read", "changed")
        return replace(self._by_state(row), stamp=stamp)

    def _changed(self, row: FileRow, file: InputFile, seen: Stamp | None) -> Stamp | None:
        """The file's new stamp if it looks different from the file that was read."""
        if seen is None or not row.stamp.sha256 or seen.same_look(row.stamp):
            return None
        try:
            return full_stamp(file)
        except InputError:
            return seen  # its reading will fail, and be reported

    def _by_state(self, row: FileRow) -> Verdict:
        if row.state == FAILED:
            again = "retry" if row.pages else "read"
            return Verdict(again, "failed before") if self.retry else Verdict("keep")
        if row.state != DONE:
            return Verdict("resume", "not finished")
        if self.out is not None and not all((self.out / name).exists() for name in row.outputs):
            return Verdict("read", "output is gone")
        if self.retry and row.error:
            return Verdict("retry", "failed pages")
        return Verdict("keep")


def register(
    manifest: Manifest,
    files: Iterable[InputFile],
    settings: Mapping[str, Any],
    judge: Judge,
    run: int,
) -> Registered:
    """Enters the files of a run into the manifest; to be called in a transaction."""
    number = manifest.settings_id(dict(settings))
    result = Registered()
    block = (manifest.db.execute("SELECT max(block) FROM files").fetchone()[0] or 0) + 1
    started = 0
    changes: set[str] = set()
    for position, file in enumerate(files):
        row = find_row(manifest, file)
        verdict = judge.verdict(row, file)
        if row is None:
            row = _insert(manifest, file, number)
        if row.id in result.files:
            continue
        values: dict[str, Any] = {"run": run, "position": position}
        if verdict.stamp is not None:
            stamp = verdict.stamp
            values |= {"size": stamp.size, "mtime": stamp.mtime}
        if verdict.action == "read":
            values |= {"block": block + started // BLOCK, "settings": number, "state": WAITING}
            values |= {"pages": 0, "left": 0, "error": ""}
            started += 1
            manifest.forget_pages(row.id)
            if verdict.why == "other options":
                changes.update(judge.differences[row.settings])
        elif verdict.action == "retry":
            left = _reopen(manifest, row.id)
            values |= {"state": READING, "error": "", "left": left}
            values["block"] = block + started // BLOCK if left else 0
            started += 1
        manifest.set_file(row.id, **values)
        _count(result, row, verdict)
        result.files[row.id] = replace(file, name=row.name, target=PurePath(row.target))
    result.changes = sorted(changes)
    result.gone += _vanished(manifest, run)
    return result


def _vanished(manifest: Manifest, run: int) -> list[str]:
    """Files of the run before that this one was not asked for, because they are not there."""
    rows = manifest.files("run = ? AND substr(key, 1, 1) = ?", (run - 1, os.sep))
    return [row.name for row in rows if not os.path.lexists(row.key.partition("::")[0])]


def _count(result: Registered, row: FileRow, verdict: Verdict) -> None:
    if verdict.action == "gone":
        result.gone.append(row.name)
    elif verdict.action == "keep":
        result.kept += 1
    else:
        result.reasons[verdict.why] += 1


def find_row(manifest: Manifest, file: InputFile) -> FileRow | None:
    """The manifest's entry of a file."""
    return next(manifest.files("key = ?", (to_sql(key_of(file)),)), None)


def _reopen(manifest: Manifest, file: int) -> int:
    """Makes failed pages wait again, to be put into new chunks; returns how many."""
    cursor = manifest.db.execute(
        "UPDATE pages SET state = 'waiting', chunk = NULL, attempts = 0 WHERE file = ?"
        " AND state = 'failed'",
        (file,),
    )
    return cursor.rowcount


def _insert(manifest: Manifest, file: InputFile, settings: int) -> FileRow:
    target = free_target(manifest, file)
    cursor = manifest.db.execute(
        "INSERT INTO files (key, name, target, folded, settings, run, position, block, state)"
        " VALUES (?, ?, ?, ?, ?, 0, 0, 0, 'waiting')",
        (
            *(to_sql(text) for text in (key_of(file), file.name)),
            *(to_sql(text) for text in (target.as_posix(), target.as_posix().casefold())),
            settings,
        ),
    )
    return manifest.file(int(cursor.lastrowid or 0))


def free_target(manifest: Manifest, file: InputFile) -> PurePath:
    """The target of a new file: its own, unless files of earlier runs have taken it."""
    for target in _targets(file):
        if not _is_taken(manifest, target):
            return target
    raise AssertionError("there is always another number")


def _targets(file: InputFile) -> Iterator[PurePath]:
    yield file.target
    longer = file.target
    if file.path.name.startswith(longer.name):  # with its suffix
        longer = longer.with_name(file.path.name)
        yield longer
    number = 2
    while True:
        yield longer.with_name(f"{longer.name}-{number}")
        number += 1


def _is_taken(manifest: Manifest, target: PurePath) -> bool:
    """Whether files written under a target could meet another's, or the run's own."""
    name = target.as_posix().casefold()
    if _RESERVED.fullmatch(name):
        return True

    def known(value: str) -> bool:
        query = "SELECT 1 FROM files WHERE folded = ?"
        return manifest.db.execute(query, (to_sql(value),)).fetchone() is not None

    # Pages of a document "a" are called "a.0001", as a document may be.
    numbered = _NUMBERED.fullmatch(name)
    if known(name) or (numbered is not None and known(numbered[1])):
        return True
    between = "SELECT folded FROM files WHERE folded > ? AND folded < ?"
    names = manifest.db.execute(between, (to_sql(f"{name}."), to_sql(f"{name}/")))
    return any(
        isinstance(other, str) and (match := _NUMBERED.fullmatch(other)) and match[1] == name
        for (other,) in names
    )

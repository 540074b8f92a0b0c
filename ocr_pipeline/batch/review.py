# SPDX-License-Identifier: Apache-2.0
"""Lines that a person should look at: a list for spreadsheets, and one for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ocr_pipeline.batch.manifest import Manifest, from_sql
from ocr_pipeline.core.images import atomic_file

COLUMNS = ("file", "page", "line", "text", "confidence", "polygon", "picture")


def write_review(manifest: Manifest, out: Path, scratch: Path | None, suffix: str) -> int:
    """Writes ``review.csv`` and ``review.jsonl`` of all documents that are done.

    Returns:
        Number of lines to look at.

    Raises:
        OSError: if they cannot be written.
    """
    lines = 0
    with (
        atomic_file(out / f"review{suffix}.csv", scratch) as table,
        atomic_file(out / f"review{suffix}.jsonl", scratch) as stream,
    ):
        table.write(_row(COLUMNS))
        for entry in _entries(manifest):
            stream.write((json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
            points = " ".join(f"{x:g},{y:g}" for x, y in entry["polygon"])
            table.write(_row([*(entry[name] for name in COLUMNS[:5]), points, entry["picture"]]))
            lines += 1
    return lines


def _entries(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Doubtful lines in the order of the outputs' names, pages and lines."""
    rows = manifest.db.execute(
        "SELECT name, review FROM pages, files WHERE files.id = file AND review != ''"
        " AND files.state = 'done' ORDER BY target, number"
    )
    for name, review in rows:
        for entry in json.loads(review):
            yield {"file": from_sql(name), **entry}


def _row(values: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue().encode("utf-8", "replace")

# SPDX-License-Identifier: Apache-2.0
"""Each step of a batch as one transaction of the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ocr_pipeline.batch.manifest import DONE, FAILED, READING, WAITING, Manifest, PageRow, from_sql
from ocr_pipeline.batch.plan import Plan, cut
from ocr_pipeline.batch.tasks import PageDone, Probed, Read, ReadDone, WriteDone


@dataclass(slots=True)
class Outcome:
    """What a commit changed.

    Attributes:
        chunks: numbers of new chunks, in order.
        done: files that are written now.
        failed: files that gave no output, with the reason.
        ready: files whose pages are all read and that are to be written.
        pages: pages read, with the numbers of their lines.
        page_failures: numbers of files, indices of pages, and reasons.
        counted: files and pages that were entered.
        again: whether pages of the chunk are to be tried again.
    """

    chunks: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    ready: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    page_failures: list[tuple[int, int, str]] = field(default_factory=list)
    counted: tuple[int, int] = (0, 0)
    again: bool = False


def blocks(manifest: Manifest, run: int) -> list[int]:
    """Blocks of files whose pages are to be counted and made into chunks."""
    query = "SELECT DISTINCT block FROM files WHERE run = ? AND block > 0 ORDER BY block"
    return [row[0] for row in manifest.db.execute(query, (run,))]


def uncounted(manifest: Manifest, run: int, block: int) -> list[int]:
    """Files of a block whose pages are still to be counted."""
    rows = manifest.files("run = ? AND block = ? AND state = ?", (run, block, WAITING))
    return [row.id for row in rows]


def plan_block(
    manifest: Manifest, run: int, block: int, probed: dict[int, Probed], plan: Plan
) -> Outcome:
    """Enters the pages of a block of files, taken out of ``probed``, and makes chunks of them."""
    outcome = Outcome()
    pages: list[PageRow] = []
    with manifest.transaction():
        rows = list(manifest.files("run = ? AND block = ?", (run, block)))
        for row in rows:
            if row.state == WAITING:
                found = probed.pop(row.id)
                if found.error:
                    fail_file(manifest, row.id, found.error, outcome)
                    continue
                added = manifest.add_pages(row.id, found.pages)
                stamp = found.stamp
                manifest.set_file(
                    row.id,
                    **{"state": READING, "pages": len(added), "left": len(added), "block": 0},
                    **{"size": stamp.size, "mtime": stamp.mtime, "sha256": stamp.sha256},
                )
                pages.extend(added)
            else:
                pages.extend(_loose_pages(manifest, row.id))
                manifest.set_file(row.id, block=0)
        query = "SELECT count(*) FROM files WHERE run = ? AND block > ?"
        later = manifest.db.execute(query, (run, block)).fetchone()[0]
        for chunk in cut(pages, later, plan):
            outcome.chunks.append(manifest.add_chunk([page.id for page in chunk], plan.threads))
    outcome.counted = len(rows), len(pages)
    return outcome


def _loose_pages(manifest: Manifest, file: int) -> list[PageRow]:
    query = (
        "SELECT id, file, number, width, height, attempts FROM pages WHERE file = ?"
        " AND state = 'waiting' AND chunk IS NULL ORDER BY number"
    )
    return [PageRow(*row) for row in manifest.db.execute(query, (file,))]


def commit_read(
    manifest: Manifest, out: Path | None, task: Read, result: ReadDone, retry: int
) -> Outcome:
    """Stores the pages of a chunk, and the documents that were written with them."""
    outcome = Outcome()
    written = dict(result.documents)
    documents = {job.id: job.document for job in task.pages}
    with manifest.transaction():
        for page in result.pages:
            _commit_page(manifest, documents[page.id], page, retry, outcome)
        for number in dict.fromkeys(documents.values()):
            row = manifest.file(number)
            if row.left == 0 and row.state == READING:
                _all_read(manifest, out, number, written.get(number), outcome)
        outcome.again = not manifest.close_chunk(task.id)
    return outcome


def fail_page(
    manifest: Manifest, out: Path | None, task: Read, index: int, error: str, retry: int
) -> Outcome:
    """Stores that a page of a chunk hung, or killed its worker."""
    page = PageDone(task.pages[index].id, error=error)
    return commit_read(manifest, out, task, ReadDone((page,)), retry)


def _commit_page(
    manifest: Manifest, file: int, page: PageDone, retry: int, outcome: Outcome
) -> None:
    query = "SELECT attempts, number FROM pages WHERE id = ? AND state = 'waiting'"
    known = manifest.db.execute(query, (page.id,)).fetchone()
    if known is None:
        return
    attempts, index = known
    if page.error and attempts < retry:
        manifest.add_attempt(page.id, page.error)
        return
    manifest.commit_page(file, page)
    if page.error:
        outcome.page_failures.append((file, index, page.error))
    else:
        outcome.pages.append(page.lines)


def _all_read(
    manifest: Manifest, out: Path | None, file: int, written: WriteDone | None, outcome: Outcome
) -> None:
    """Decides what becomes of a document whose last page has just been dealt with."""
    query = "SELECT count(*), min(number) FROM pages WHERE file = ? AND state = 'done'"
    if not manifest.db.execute(query, (file,)).fetchone()[0]:
        query = "SELECT error FROM pages WHERE file = ? ORDER BY number LIMIT 1"
        error = from_sql(manifest.db.execute(query, (file,)).fetchone()[0])
        fail_file(manifest, file, error, outcome)
    elif written is not None:
        commit_write(manifest, out, file, written, outcome)
    else:
        outcome.ready.append(file)


def commit_write(
    manifest: Manifest, out: Path | None, file: int, result: WriteDone, outcome: Outcome
) -> None:
    """Notes that a document is written, or that it cannot be; inside a transaction."""
    if result.error:
        _remove(out, result.outputs)
        fail_file(manifest, file, result.error, outcome)
        return
    outputs = list(result.outputs)
    query = "SELECT outputs FROM pages WHERE file = ? AND outputs != '[]' AND state = 'done'"
    for (names,) in manifest.db.execute(query, (file,)):
        outputs.extend(json.loads(names))
    failed = manifest.db.execute(
        "SELECT count(*) FROM pages WHERE file = ? AND state = 'failed'", (file,)
    ).fetchone()[0]
    before = manifest.file(file).outputs
    manifest.set_file(
        file,
        state=DONE,
        block=0,
        outputs=json.dumps(sorted(outputs)),
        error=f"{failed} of its pages failed" if failed else "",
    )
    if not failed:  # where some failed, the others are kept for the run that tries again
        manifest.db.execute("UPDATE pages SET tree = NULL WHERE file = ?", (file,))
    outcome.done.append(file)
    _remove(out, set(before) - set(outputs))


def _remove(out: Path | None, names: Iterable[str]) -> None:
    """Removes outputs that a file no longer has, before the manifest forgets them."""
    for name in names if out is not None else ():
        with suppress(OSError):
            (out / name).unlink()  # type: ignore[operator]


def fail_file(manifest: Manifest, file: int, error: str, outcome: Outcome) -> None:
    """Notes that a file gives no output; inside a transaction."""
    manifest.set_file(file, state=FAILED, block=0, error=error)
    outcome.failed[file] = error


def ready_files(manifest: Manifest, run: int) -> list[int]:
    """Files whose pages are all read and that are not written."""
    rows = manifest.files("run = ? AND state = ? AND left = 0 AND block = 0", (run, READING))
    return [row.id for row in rows]


def counts(manifest: Manifest, run: int) -> dict[str, int]:
    """Number of the run's files by state."""
    query = "SELECT state, count(*) FROM files WHERE run = ? GROUP BY state"
    return dict(manifest.db.execute(query, (run,)))


def waiting_pages(manifest: Manifest, run: int) -> int:
    """Pages that are counted and not read."""
    query = (
        "SELECT count(*) FROM pages, files WHERE pages.state = 'waiting' AND files.id = file"
        " AND run = ?"
    )
    return int(manifest.db.execute(query, (run,)).fetchone()[0])


def failures(manifest: Manifest, run: int) -> Sequence[tuple[str, int | None, str]]:
    """Names of files, numbers of pages and reasons of everything in the run that failed."""
    found: list[tuple[str, int | None, str]] = []
    pages = "SELECT number, error FROM pages WHERE file = ? AND state = 'failed' ORDER BY number"
    where = "run = ? AND (state = 'failed' OR (state = 'done' AND error != ''))"
    for row in manifest.files(where, (run,)):
        if row.state == FAILED:
            found.append((row.name, None, row.error))
        else:
            for index, error in manifest.db.execute(pages, (row.id,)):
                found.append((row.name, index + 1, from_sql(error)))
    return found

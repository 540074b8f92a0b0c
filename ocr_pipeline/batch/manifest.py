# SPDX-License-Identifier: Apache-2.0
"""The memory of a batch: an SQLite file in the output folder with every file and page.

One process at a time has it open (see :mod:`ocr_pipeline.batch.lock`). Everything that belongs
together is committed together, so that it is right after a kill at any moment: a page's tree is
there with its state, or neither is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ocr_pipeline.batch.tasks import PageDone, PageSize, PageTree, Stamp
from ocr_pipeline.core.errors import OcrError, UsageError

FORMAT = 1
FOLDER = ".ocr"

WAITING, READING, DONE, FAILED = "waiting", "reading", "done", "failed"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
-- state: waiting (pages not counted), reading, done, failed. left: pages not read yet. run and
-- position: the last run that was asked for the file, and its place in it. block: files whose
-- pages are counted and made into chunks together.
CREATE TABLE files (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    target TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL DEFAULT -1, mtime INTEGER NOT NULL DEFAULT -1,
    sha256 TEXT NOT NULL DEFAULT '', settings INTEGER NOT NULL REFERENCES settings,
    run INTEGER NOT NULL, position INTEGER NOT NULL, block INTEGER NOT NULL,
    state TEXT NOT NULL, pages INTEGER NOT NULL DEFAULT 0, left INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    outputs TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX files_by_state ON files (run, state, block);
-- state: waiting, done, failed. tree: compressed JSON, kept until the document is written.
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files, number INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, chunk INTEGER REFERENCES chunks,
    state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0, lines INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '', review TEXT NOT NULL DEFAULT '',
    outputs TEXT NOT NULL DEFAULT '[]', tree BLOB
);
CREATE INDEX pages_of_file ON pages (file, number);
CREATE INDEX pages_of_chunk ON pages (chunk, state);
-- crashes: workers that died of it. From the second on its pages are read one by one.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, threads INTEGER NOT NULL, crashes INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX chunks_open ON chunks (done, id);
"""


class ManifestError(OcrError):
    """The manifest cannot be read or written."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as the manifest knows it."""

    id: int
    key: str
    name: str
    target: str
    stamp: Stamp
    settings: int
    state: str
    pages: int
    left: int
    error: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page as the manifest knows it."""

    id: int
    file: int
    index: int
    width: int
    height: int
    attempts: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk, with those of its pages that are still to be read."""

    id: int
    threads: int
    crashes: int
    pages: tuple[PageRow, ...]


def to_sql(text: str) -> str | bytes:
    """Text for a column; names that are no Unicode (possible on Linux) go in as bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
    return text


def from_sql(value: str | bytes) -> str:
    """The inverse of :func:`to_sql`."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


class Manifest:
    """The tables and what is asked of them. A context manager.

    Args:
        path: the file; made where there is none. None: a temporary one, for runs that keep
            nothing.

    Raises:
        ManifestError: if it cannot be opened or is damaged.
        UsageError: if a newer program wrote it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # "" is a database in a temporary file, which SQLite removes itself.
            self.db = sqlite3.connect(str(path or ""), isolation_level=None)
            self.db.execute("PRAGMA journal_mode = TRUNCATE")  # quicker than removing it
            self.db.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise self.error(error) from error

    def _prepare(self) -> None:
        with self.transaction():
            known = self.db.execute("SELECT name FROM sqlite_master WHERE name = 'meta'").fetchone()
            if known is None:
                for statement in _SCHEMA.split(";"):
                    self.db.execute(statement)
                self.set_meta("format", FORMAT)
        version = self.meta("format", 0)
        if version > FORMAT:
            raise UsageError(
                f"{self.path}: of format {version}, newer than {FORMAT}: update this program"
            )

    def error(self, error: Exception) -> ManifestError:
        """What to say about an error of SQLite or the file system."""
        name = self.path or "temporary file of the manifest"
        if isinstance(error, sqlite3.OperationalError) or not isinstance(error, sqlite3.Error):
            return ManifestError(
                f"{name}: cannot be used ({error}); make room, or see to its permissions, and "
                "give the same command again"
            )
        return ManifestError(
            f"{name}: damaged ({error}); move it away to read everything again, what is in the "
            "output folder is whole"
        )

    def close(self) -> None:
        """Closes the file."""
        self.db.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done inside is there after it, or nothing.

        Raises:
            ManifestError: if it cannot be written (a full disk).
        """
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise self.error(error) from error

    # ------------------------------------------------------------------ meta and settings

    def meta(self, key: str, default: Any = None) -> Any:
        """A value kept under a name."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set_meta(self, key: str, value: Any) -> None:
        """Keeps a value (JSON) under a name."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def settings_id(self, value: dict[str, Any]) -> int:
        """Number of the settings, which are added if they are new."""
        text = json.dumps(value, sort_keys=True)
        self.db.execute("INSERT OR IGNORE INTO settings (value) VALUES (?)", (text,))
        row = self.db.execute("SELECT id FROM settings WHERE value = ?", (text,)).fetchone()
        return int(row[0])

    def settings(self) -> dict[int, dict[str, Any]]:
        """All settings that files were ever read with."""
        return {i: json.loads(text) for i, text in self.db.execute("SELECT * FROM settings")}

    # ------------------------------------------------------------------ files

    def files(self, where: str = "1", values: Sequence[Any] = ()) -> Iterator[FileRow]:
        """Files in the order of the present run."""
        query = (
            "SELECT id, key, name, target, size, mtime, sha256, settings, state, pages, left,"
            f" error, outputs FROM files WHERE {where} ORDER BY position, id"
        )
        for row in self.db.execute(query, values):
            number, key, name, target, size, mtime, sha256, settings, state, pages, left = row[:11]
            yield FileRow(
                number,
                from_sql(key),
                from_sql(name),
                from_sql(target),
                Stamp(size, mtime, sha256),
                settings,
                state,
                pages,
                left,
                from_sql(row[11]),
                tuple(json.loads(row[12])),
            )

    def file(self, number: int) -> FileRow:
        """One file."""
        return next(self.files("id = ?", (number,)))

    def set_file(self, number: int, **values: Any) -> None:
        """Changes columns of a file."""
        names = ", ".join(f"{name} = ?" for name in values)
        data = [to_sql(value) if isinstance(value, str) else value for value in values.values()]
        self.db.execute(f"UPDATE files SET {names} WHERE id = ?", (*data, number))

    def forget_pages(self, number: int) -> None:
        """Drops the pages of a file that is to be read again."""
        self.db.execute("DELETE FROM pages WHERE file = ?", (number,))

    # ------------------------------------------------------------------ pages and chunks

    def add_pages(self, file: int, sizes: Iterable[PageSize]) -> list[PageRow]:
        """Adds the pages of a file, which belong to no chunk yet."""
        rows = []
        for size in sizes:
            cursor = self.db.execute(
                "INSERT INTO pages (file, number, width, height) VALUES (?, ?, ?, ?)",
                (file, size.index, size.width, size.height),
            )
            number = int(cursor.lastrowid or 0)
            rows.append(PageRow(number, file, size.index, size.width, size.height, 0))
        return rows

    def add_chunk(self, pages: Iterable[int], threads: int) -> int:
        """Makes a chunk of pages."""
        cursor = self.db.execute("INSERT INTO chunks (threads) VALUES (?)", (threads,))
        chunk = int(cursor.lastrowid or 0)
        self.db.executemany("UPDATE pages SET chunk = ? WHERE id = ?", [(chunk, p) for p in pages])
        return chunk

    def open_chunks(self, run: int, after: int, limit: int) -> list[int]:
        """Numbers of chunks with pages to read, those after a number, in order."""
        query = (
            "SELECT id FROM chunks WHERE done = 0 AND id > ? AND EXISTS (SELECT 1 FROM pages, files"
            " WHERE chunk = chunks.id AND pages.state = 'waiting' AND files.id = file"
            " AND run = ?) ORDER BY id LIMIT ?"
        )
        return [row[0] for row in self.db.execute(query, (after, run, limit))]

    def chunk(self, number: int, run: int) -> ChunkRow:
        """A chunk with its pages that are still to be read, in the order of the plan."""
        threads, crashes = self.db.execute(
            "SELECT threads, crashes FROM chunks WHERE id = ?", (number,)
        ).fetchone()
        query = (
            "SELECT pages.id, file, number, width, height, pages.attempts FROM pages, files"
            " WHERE chunk = ? AND pages.state = 'waiting' AND files.id = file AND run = ?"
            " ORDER BY pages.id"
        )
        pages = tuple(PageRow(*row) for row in self.db.execute(query, (number, run)))
        return ChunkRow(number, threads, crashes, pages)

    def add_crash(self, chunk: int, times: int = 1) -> int:
        """Notes that workers died of a chunk; returns how many did."""
        self.db.execute("UPDATE chunks SET crashes = crashes + ? WHERE id = ?", (times, chunk))
        row = self.db.execute("SELECT crashes FROM chunks WHERE id = ?", (chunk,)).fetchone()
        return int(row[0])

    def commit_page(self, file: int, page: PageDone) -> None:
        """Stores what became of a page."""
        state = FAILED if page.error else DONE
        self.db.execute(
            "UPDATE pages SET state = ?, attempts = attempts + 1, seconds = ?, lines = ?,"
            " error = ?, review = ?, outputs = ?, tree = ? WHERE id = ? AND state = 'waiting'",
            (
                *(state, page.seconds, page.lines, to_sql(page.error), page.review),
                *(json.dumps(page.outputs), page.tree or None, page.id),
            ),
        )
        self.db.execute("UPDATE files SET left = left - 1 WHERE id = ?", (file,))

    def add_attempt(self, page: int, error: str) -> None:
        """Notes that a page failed and is to be tried again."""
        self.db.execute(
            "UPDATE pages SET attempts = attempts + 1, error = ? WHERE id = ?",
            (to_sql(error), page),
        )

    def close_chunk(self, number: int) -> bool:
        """Marks a chunk as done if none of its pages waits; returns whether that is so."""
        query = "SELECT 1 FROM pages WHERE chunk = ? AND state = 'waiting' LIMIT 1"
        if self.db.execute(query, (number,)).fetchone() is not None:
            return False
        self.db.execute("UPDATE chunks SET done = 1 WHERE id = ?", (number,))
        return True

    def trees(self, file: int) -> tuple[PageTree, ...]:
        """The pages of a file, in order, as they were read."""
        query = (
            "SELECT number, tree, error, width, height FROM pages WHERE file = ? ORDER BY number"
        )
        return tuple(
            PageTree(index, tree or b"", None, from_sql(error), width, height)
            for index, tree, error, width, height in self.db.execute(query, (file,))
        )

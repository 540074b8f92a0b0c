# SPDX-License-Identifier: Apache-2.0
"""``words.txt`` and ``lines.txt`` of the IAM handwriting database.

A row is ``id status grey x y w h tag transcription`` for a word (``a01-000u-00-00``), and has the
number of components instead of the tag, before the box, for a line (``a01-000u-00``); a line's
words are parted by ``|``. Rows that start with ``#`` are comments.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from ocr_pipeline.core.errors import DataError
from recognizer.label_files import read_ids, read_text

_log = logging.getLogger(__name__)

_ID = re.compile(r"([a-z]\d{2})-(\d{3}[a-z]?)-(\d{2})(-\d{2})?")
_FIELDS = 8  # before the transcription


def is_iam(text: str) -> bool:
    """Whether the first row of a file that is not a comment is one of the database."""
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            fields = line.split(" ")
            return bool(_ID.fullmatch(fields[0])) and fields[1:2] in (["ok"], ["err"])
    return False


def read_iam(
    path: Path, split: str | None = None, images: Path | None = None
) -> list[tuple[Path, str]]:
    """Reads words or lines whose segmentation is marked ``ok``.

    Args:
        path: ``words.txt`` or ``lines.txt``.
        split: a text file of ids, one a line, relative to ``path``: of forms (``a01-000u``), of
            lines or of words. The official splits are such files. Rows of one writer in two sets
            tell a net's memory, not its reading: splits by row measure nothing.
        images: folder that holds ``a01/a01-000u/...``; by default ``words`` or ``lines`` beside
            the file or beside its folder, or the folder itself.

    Returns:
        (image path, transcription) pairs in the order of the file.

    Raises:
        DataError: if there is no row of the database in it, or none of the split.
    """
    wanted = frozenset(read_ids(path.parent, split)) if split is not None else None
    rows: list[tuple[str, str]] = []
    bad: list[str] = []
    marked = 0
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(" ")
        label = " ".join(fields[_FIELDS:]).strip()
        if not _ID.fullmatch(fields[0]) or fields[1] not in ("ok", "err") or not label:
            bad.append(f"line {number}: {line[:60]!r}")
            continue
        if wanted is not None and not wanted.intersection(_prefixes(fields[0])):
            continue
        if fields[1] == "err":
            marked += 1
            continue
        rows.append((fields[0], label if _is_word(fields[0]) else label.replace("|", " ")))
    if bad:
        _log.warning(
            "%s: left out %d rows that are not of the form that IAM has, such as %s",
            path,
            len(bad),
            "; ".join(bad[:3]),
        )
    if marked:
        _log.info("%s: left out %d rows marked err", path, marked)
    if not rows:
        of = f" of the split {split!r}" if split is not None else ""
        raise DataError(f"{path}: no row{of} marked ok; words.txt or lines.txt of IAM is expected")
    root = images if images is not None else _root(path, rows)
    return [(root / _place(name), label) for name, label in rows]


def _is_word(name: str) -> bool:
    return name.count("-") == 3


def _prefixes(name: str) -> Iterable[str]:
    """The id itself, and those of its line and of its form."""
    parts = name.split("-")
    return ("-".join(parts[:count]) for count in range(2, len(parts) + 1))


def _place(name: str) -> Path:
    form, page = name.split("-")[:2]
    return Path(form, f"{form}-{page}", f"{name}.png")


def _root(path: Path, rows: list[tuple[str, str]]) -> Path:
    """The folder of the images: the first in which one of the first rows' images is."""
    kind = "words" if _is_word(rows[0][0]) else "lines"
    folders = [path.parent / kind, path.parent.parent / kind, path.parent]
    for folder in folders:
        if any((folder / _place(name)).is_file() for name, _ in rows[:50]):
            return folder
    return folders[0]

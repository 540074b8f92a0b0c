# SPDX-License-Identifier: Apache-2.0
"""Label files of text: each reader gives (image name, label) pairs in the order of the file."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections import Counter
from pathlib import Path

from ocr_pipeline.core.errors import DataError

_log = logging.getLogger(__name__)

Row = tuple[str, str]

_SUFFIX = r"\.(?:png|jpe?g|tiff?|bmp|webp|gif|p[gp]m)"
_IMAGE = re.compile(rf"(.+?{_SUFFIX})(?:[ \t]+(.*))?$", re.IGNORECASE)
_COMMA = re.compile(rf".+?{_SUFFIX}\s*,", re.IGNORECASE)
_NAME_COLUMNS = ("image", "filename", "file_name", "file", "path", "image_path", "name", "img")
_TEXT_COLUMNS = ("text", "label", "transcription", "words", "word", "identity", "string", "gt")


def read_text(path: Path) -> str:
    """A file's text, without a byte-order mark, its line ends made one kind.

    Raises:
        DataError: if it is missing or not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}; convert it first") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_ids(folder: Path, split: str) -> list[str]:
    """Names in a text file, one a line: those of a set that belong to a split.

    Args:
        folder: the set's folder.
        split: the file's path, or its name in that folder, with or without ``.txt``.

    Raises:
        DataError: if there is no such file, or no name in it.
    """
    for path in (Path(split), folder / split, folder / f"{split}.txt"):
        if path.is_file():
            names = [line.strip() for _, line in _lines(path)]
            if names:
                return names
            raise DataError(f"{path}: no names in it")
    raise DataError(f"{folder / split}: no such file; a split is a text file with a name a line")


def _lines(path: Path) -> list[tuple[int, str]]:
    """(number, line) of all lines that are not blank. Only ``\\n`` ends a line: labels may hold
    any other character that Unicode calls a separator."""
    listed = enumerate(read_text(path).split("\n"), 1)
    return [(number, line) for number, line in listed if line.strip()]


def sniff_txt(path: Path) -> str:
    """Format of a label file whose suffix does not say it: ``txt``, ``csv`` or ``tsv``.

    Raises:
        DataError: if it looks like the index format, for which a file of characters is needed.
    """
    lines = [line for _, line in _lines(path)[:200]]
    if not lines:
        raise DataError(f"{path}: empty")
    if all("\t" in line for line in lines):
        return "tsv"
    if all(_COMMA.match(line) for line in lines):
        return "csv"
    tails = [line.split()[1:] for line in lines]
    if all(len(tail) > 1 and all(code.isdigit() for code in tail) for tail in tails):
        raise DataError(
            f"{path}: several numbers after each name: if they are the index format, give its "
            "file of characters; if they are the text itself, say txt as the format"
        )
    return "txt"


def read_txt(path: Path) -> list[Row]:
    """Lines ``name label``. A name ends at its image suffix, else at the first blank.

    Labels that stand in double quotes on *every* line lose them.
    """
    rows = []
    for number, line in _lines(path):
        match = _IMAGE.match(line.strip())
        name, label = (match[1], match[2] or "") if match else _at_first_blank(line)
        if not label:
            raise DataError(f"{path}, line {number}: no label after {name!r}")
        rows.append((name, label))
    if rows and all(len(t) > 2 and t[0] == t[-1] == '"' for _, t in rows):
        rows = [(name, label[1:-1]) for name, label in rows]
    return rows


def _at_first_blank(line: str) -> Row:
    name, *rest = line.strip().split(maxsplit=1)
    return name, rest[0] if rest else ""


def read_tsv(path: Path) -> list[Row]:
    """Lines ``name<TAB>label``, or more columns under a line of column names."""
    rows = [(number, line.split("\t")) for number, line in _lines(path)]
    return _columns(path, rows)


def read_csv(path: Path) -> list[Row]:
    """Comma-separated values as spreadsheets write them; a blank after the comma is no text."""
    reader = csv.reader(io.StringIO(read_text(path)), skipinitialspace=True, strict=True)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    return _columns(path, rows)


def _columns(path: Path, rows: list[tuple[int, list[str]]]) -> list[Row]:
    """Picks name and label by the column names if there are any, else the first two columns."""
    if not rows:
        return []
    head = [cell.strip().lower() for cell in rows[0][1]]
    name_at = next((head.index(name) for name in _NAME_COLUMNS if name in head), None)
    text_at = next((head.index(name) for name in _TEXT_COLUMNS if name in head), None)
    if name_at is not None and text_at is not None and name_at != text_at:
        width, rows = len(head), rows[1:]
    else:
        name_at, text_at, width = 0, 1, 2
    picked = []
    for number, cells in rows:
        if len(cells) != width:
            raise DataError(
                f"{path}, line {number}: {len(cells)} columns instead of {width}; a label that "
                "holds the separator must stand in double quotes (CSV)"
            )
        if not cells[name_at].strip() or not cells[text_at].strip():
            raise DataError(f"{path}, line {number}: empty name or label")
        picked.append((cells[name_at].strip(), cells[text_at]))
    return picked


# --------------------------------------------------------------------------- index format


def read_characters(path: Path) -> list[str]:
    """A file of characters, one a line, or all on one line; the list keeps double ones.

    Raises:
        DataError: if a line has more than one character.
    """
    lines = read_text(path).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if len(lines) == 1 and len(lines[0]) > 1:
        lines = list(lines[0])
    if lines and not lines[0]:
        lines[0] = " "  # an editor that strips blanks at line ends has been here
    for number, line in enumerate(lines):
        if len(line) != 1:
            raise DataError(f"{path}, line {number + 1}: {line!r} is not one character")
    if not lines:
        raise DataError(f"{path}: no characters in it")
    return lines


def read_index(path: Path, characters: Path, base: int | None) -> list[Row]:
    """Lines ``name 89 201 241``, numbers of lines in the file of characters.

    The number 0 is refused whatever the base: counted from 1 it means nothing, and counted from
    0 it is the space at the head of such files, which their labels never contain; in practice it
    is padding or a sign of the wrong base.

    Args:
        path: label file.
        characters: file of characters.
        base: number of that file's first line, 0 or 1; None as in ``read_labels``.
    """
    alphabet = read_characters(characters)
    twice = [f"{c!r}" for c, count in Counter(alphabet).items() if count > 1]
    if twice:
        _log.warning(
            "%s: %d characters are listed twice (%s): the numbers of both mean the same",
            characters,
            len(twice),
            ", ".join(twice[:8]),
        )
    coded = [(number, *_codes(path, number, line)) for number, line in _lines(path)]
    if base is None:
        if alphabet[0] != " ":
            raise DataError(_which_base(path, coded, alphabet))
        base = 0
    rows = []
    for number, name, codes in coded:
        for code in codes:
            if code == 0 and (base == 1 or alphabet[0] == " "):
                raise DataError(
                    f"{path}, line {number}: number 0 is no character of {characters} "
                    f"(counted from {base}); padding, or the wrong index base?"
                )
            if not base <= code < len(alphabet) + base:
                raise DataError(
                    f"{path}, line {number}: number {code} is beyond the {len(alphabet)} "
                    f"characters of {characters}, counted from {base}"
                )
        rows.append((name, _spell(codes, alphabet, base)))
    return rows


def _codes(path: Path, number: int, line: str) -> tuple[str, list[int]]:
    match = _IMAGE.match(line.strip())
    name, tail = (match[1], match[2] or "") if match else _at_first_blank(line)
    codes = tail.split()
    if not codes or not all(code.isascii() and code.isdigit() for code in codes):
        raise DataError(f"{path}, line {number}: a name and numbers are expected, not {line!r}")
    return name, [int(code) for code in codes]


def _spell(codes: list[int], alphabet: list[str], base: int) -> str:
    return "".join(alphabet[c - base] if 0 <= c - base < len(alphabet) else "?" for c in codes)


def _which_base(path: Path, coded: list[tuple[int, str, list[int]]], alphabet: list[str]) -> str:
    """The message that lets a person see which base is right: the first labels in both."""
    shown = coded[:3]
    zero, one = ([_spell(codes, alphabet, base) for _, _, codes in shown] for base in (0, 1))
    return (
        f"{path}: are the characters counted from 0 or from 1? Say the index base. The first "
        f"labels read {zero} from 0 and {one} from 1"
    )

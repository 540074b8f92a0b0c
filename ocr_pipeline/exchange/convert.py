# SPDX-License-Identifier: Apache-2.0
"""Result files to other formats: which files are meant, and where their outputs go."""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.exchange.files import load, save
from ocr_pipeline.writers import output_path

# Endings of result files, those of the formats that hold the most first.
ENDINGS = (".json", ".jsonl", ".page.xml", ".alto.xml", ".hocr", ".xml")
_SNIFF = 4096


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A result to convert, and the path of its outputs below the output folder without suffix."""

    path: Path
    target: PurePath


def find_results(inputs: Sequence[str]) -> list[ResultFile]:
    """Expands files, folders and globs to result files, in a stable order.

    A folder is searched with its sub-folders, which the output mirrors. Where it holds several
    results of one name, as a run with several formats leaves them, the one that holds the most
    is taken.

    Args:
        inputs: what the user named.

    Raises:
        UsageError: if two files that were named would be written to one place.
    """
    found: list[ResultFile] = []
    for name in inputs:
        path = Path(name)
        if path.is_dir():
            found += _folder(path)
        elif path.exists() or not glob.has_magic(name):
            found.append(_named(path))
        else:
            matches = sorted(glob.glob(name, recursive=True))
            found += [_named(Path(match)) for match in matches if os.path.isfile(match)]
    places: dict[str, Path] = {}
    for file in found:
        other = places.setdefault(str(file.target).casefold(), file.path)
        if other != file.path:
            raise UsageError(
                f"{other} and {file.path} would both be written to {file.target}: name one, or "
                "convert them to different folders"
            )
    return list(dict.fromkeys(found))


def convert(
    file: ResultFile, out: Path, formats: Sequence[str], characters: bool = False
) -> list[Path]:
    """Reads a result and writes it in other formats.

    Args:
        file: the result.
        out: output folder.
        formats: of ``exchange.files.FORMATS``.
        characters: write characters to hOCR, ALTO and PAGE.

    Returns:
        What was written.

    Raises:
        OcrError: if the file cannot be read, or would be overwritten.
        OSError: if the output cannot be written.
    """
    document = load(file.path)
    target = out / file.target
    target.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in formats:
        path = output_path(target, name)
        if path.exists() and path.samefile(file.path):
            raise UsageError(f"{file.path}: is a {name} file already; choose another --out")
        written += save(document, path, name, characters=characters)
    return written


def _ending(path: Path) -> str:
    """A result's ending, or the suffix of a file that is called otherwise."""
    name = path.name.lower()
    by_length = sorted(ENDINGS, key=len, reverse=True)
    return next((ending for ending in by_length if name.endswith(ending)), path.suffix)


def _named(path: Path) -> ResultFile:
    name = path.name
    ending = _ending(path)
    return ResultFile(path, PurePath(name[: len(name) - len(ending)] or name))


def _folder(folder: Path) -> Iterator[ResultFile]:
    """The best result of each name in a folder and below it."""
    results: dict[PurePath, list[Path]] = defaultdict(list)
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if _is_result(path):
                place = PurePath(path.relative_to(folder)).parent / _named(path).target
                results[place].append(path)
    for place, paths in results.items():
        yield ResultFile(min(paths, key=lambda path: ENDINGS.index(_ending(path))), place)


def _is_result(path: Path) -> bool:
    """Whether a file in a folder is a result: by its name, and by what it begins with."""
    if path.name.startswith(".") or _ending(path) not in ENDINGS:
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFF)
    except OSError:
        return True  # to be reported rather than left out
    return any(mark in start for mark in (b'"format_version"', b"<alto", b"PcGts", b"ocr_page"))

# SPDX-License-Identifier: Apache-2.0
"""Result files to other formats: which files are meant, and where their outputs go."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.exchange.files import load, save
from ocr_pipeline.writers import output_path

# Endings of result files, those of the formats that hold the most first.
ENDINGS = (".json", ".jsonl", ".page.xml", ".alto.xml", ".hocr", ".xml")
_NUMBERED = re.compile(r"(.+)\.(\d{4,})")
_SNIFF = 4096


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A result to convert.

    Attributes:
        paths: its file; of a document in PAGE several, one for each page.
        target: path of its outputs below the output folder, without their suffix.
    """

    paths: tuple[Path, ...]
    target: PurePath

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return str(self.paths[0])


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that may be a result, or a page of one."""

    path: Path
    target: PurePath
    named: bool  # by the user, rather than found in a folder

    @property
    def document(self) -> PurePath:
        """The target of the document that it belongs to, if it is a page of one."""
        page = _NUMBERED.fullmatch(self.target.name)
        if page is None or _ending(self.path) != ".page.xml":
            return self.target
        return self.target.with_name(page.group(1))


def find_results(inputs: Sequence[str]) -> list[ResultFile]:
    """Expands files, folders and globs to results, in a stable order.

    A folder is searched with its sub-folders, which the output mirrors. Where it holds several
    results of one name, as a run with several formats leaves them, the one that holds the most
    is taken. PAGE files with numbers, ``a.0001.page.xml`` and so on, are pages of one document.

    Args:
        inputs: what the user named.

    Raises:
        UsageError: if two files that were named would be written to one place.
    """
    groups: dict[str, list[_Candidate]] = {}
    for candidate in dict.fromkeys(found for name in inputs for found in _expand(name)):
        groups.setdefault(str(candidate.document).casefold(), []).append(candidate)
    return [result for group in groups.values() for result in _results(group)]


def _results(group: Sequence[_Candidate]) -> Iterator[ResultFile]:
    """What the files of one document come to."""
    whole = [found for found in group if found.document == found.target]
    pages = [found for found in group if found.document != found.target]
    if len(whole) > 1 and any(found.named for found in whole):
        raise UsageError(
            f"{whole[0].path} and {whole[1].path} would both be written to {whole[0].target}: "
            "name one, or convert them to different folders"
        )
    if whole:
        best = min(whole, key=lambda found: ENDINGS.index(_ending(found.path)))
        yield ResultFile((best.path,), best.target)
        pages = [page for page in pages if page.named]
    elif len(pages) > 1:
        yield ResultFile(tuple(sorted(page.path for page in pages)), pages[0].document)
        return
    for page in pages:
        yield ResultFile((page.path,), page.target)


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
    document = _load(file)
    target = out / file.target
    target.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in formats:
        path = output_path(target, name)
        if path.exists() and any(path.samefile(source) for source in file.paths):
            raise UsageError(f"{path}: is a {name} file already; choose another --out")
        written += save(document, path, name, characters=characters)
    return written


def _load(file: ResultFile) -> Document:
    document = load(file.paths[0])
    if len(file.paths) == 1:
        return document
    pages = []
    for path in file.paths:
        number = _NUMBERED.fullmatch(_target(path))
        pages += [
            replace(page, number=int(number.group(2)) if number else page.number)
            for page in load(path).pages
        ]
    return replace(document, pages=tuple(pages))


def _ending(path: Path) -> str:
    """A result's ending; an unknown one counts as the least of them."""
    name = path.name.lower()
    by_length = sorted(ENDINGS, key=len, reverse=True)
    return next((ending for ending in by_length if name.endswith(ending)), ENDINGS[-1])


def _target(path: Path) -> str:
    """A result's name without its ending."""
    ending = _ending(path)
    if path.name.lower().endswith(ending):
        return path.name[: -len(ending)] or path.name
    return path.stem


def _expand(name: str) -> Iterator[_Candidate]:
    path = Path(name)
    if path.is_dir():
        yield from _folder(path)
    elif path.exists() or not glob.has_magic(name):
        yield _Candidate(path, PurePath(_target(path)), True)
    else:
        for match in sorted(glob.glob(name, recursive=True)):
            path = Path(match)
            if path.is_file():
                yield _Candidate(path, PurePath(_target(path)), True)


def _folder(folder: Path) -> Iterator[_Candidate]:
    """Results in a folder and below it."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(parent, name) for name in sorted(names)):
            if _is_result(path):
                place = PurePath(path.relative_to(folder)).parent / _target(path)
                yield _Candidate(path, place, False)


def _is_result(path: Path) -> bool:
    """Whether a file in a folder is a result: by its name, and by what it begins with."""
    if path.name.startswith(".") or not path.name.lower().endswith(ENDINGS):
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFF)
    except OSError:
        return True  # to be reported rather than left out
    return any(mark in start for mark in (b'"format_version"', b"<alto", b"PcGts", b"ocr_page"))

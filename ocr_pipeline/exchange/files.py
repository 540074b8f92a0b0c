# SPDX-License-Identifier: Apache-2.0
"""Documents in memory to files of any format, and back."""

from __future__ import annotations

import os
from pathlib import Path

from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import DataError, InputError, UsageError
from ocr_pipeline.core.images import write_atomic
from ocr_pipeline.core.interchange.alto import from_alto
from ocr_pipeline.core.interchange.page import from_page
from ocr_pipeline.exchange.read_hocr import from_hocr
from ocr_pipeline.exchange.read_jsonl import from_jsonl
from ocr_pipeline.writers import (
    DOCUMENT_WRITERS,
    PAGE_WRITERS,
    STREAM_WRITERS,
    SUFFIXES,
    WriteOptions,
    output_path,
)

FORMATS = (*DOCUMENT_WRITERS, *PAGE_WRITERS)


def export(document: Document, format: str, *, characters: bool = False) -> bytes:
    """A document as the bytes of a file.

    Args:
        document: what to write.
        format: ``txt``, ``md``, ``json``, ``jsonl``, ``tsv``, ``csv``, ``hocr``, ``alto`` or
            ``page``.
        characters: write characters with their places to hOCR, ALTO and PAGE.

    Raises:
        UsageError: if the format is unknown, or PAGE is asked for and the document has not one
            page; :func:`save` writes a file for each.

    Example:
        >>> from ocr_pipeline import Document, Page
        >>> export(Document("a.png", (Page(1, 10, 10),)), "txt")
        b''
    """
    options = WriteOptions(characters=characters)
    if format in DOCUMENT_WRITERS:
        return DOCUMENT_WRITERS[format](document, options)
    if format not in PAGE_WRITERS:
        raise UsageError(f"format {format!r}: use one of {', '.join(FORMATS)}")
    if len(document.pages) != 1:
        raise UsageError(
            f"a {format} file holds one page and {document.source or 'the document'} has "
            f"{len(document.pages)}: save() writes a file for each"
        )
    return PAGE_WRITERS[format](document, document.pages[0], options)


def save(
    document: Document,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    characters: bool = False,
) -> list[Path]:
    """Writes a document to a file; each appears whole or not at all.

    Args:
        document: what to write.
        path: the file. Of PAGE, whose files hold one page, ``a.page.xml`` becomes
            ``a.0001.page.xml`` and so on if the document has several.
        format: as for :func:`export`; by the name's ending when None.
        characters: as for :func:`export`.

    Returns:
        What was written.

    Raises:
        UsageError: if the format is unknown or cannot be told from the name.
    """
    path = Path(path)
    name = format or format_of(path)
    options = WriteOptions(characters=characters)
    if name in PAGE_WRITERS and len(document.pages) != 1:
        ending = f".{SUFFIXES.get(name, name)}"
        stem = path.name[: -len(ending)] if path.name.lower().endswith(ending) else path.name
        paths = []
        for page in document.pages:
            paths.append(output_path(path.with_name(stem), name, page.number))
            write_atomic(paths[-1], PAGE_WRITERS[name](document, page, options))
        return paths
    if name in STREAM_WRITERS or name in PAGE_WRITERS:
        write_atomic(path, export(document, name, characters=characters))
        return [path]
    raise UsageError(f"format {name!r}: use one of {', '.join(FORMATS)}")


def format_of(path: Path) -> str:
    """The format that the ending of a file's name stands for.

    Raises:
        UsageError: if it stands for none.
    """
    endings = {f".{SUFFIXES.get(name, name)}": name for name in FORMATS}
    for ending, name in endings.items():
        if path.name.lower().endswith(ending):
            return name
    raise UsageError(f"{path}: name the format, or use one of these endings: {', '.join(endings)}")


def load(path: str | os.PathLike[str]) -> Document:
    """Reads a result file: JSON, JSONL, hOCR, ALTO or PAGE, told apart by what is in it.

    Raises:
        InputError: if the file cannot be read.
        DataError: if it is none of these, or damaged.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        return parse(data)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def parse(data: bytes) -> Document:
    """The document in the bytes of a result file, see :func:`load`.

    Raises:
        DataError: if they are of no known format, or damaged.
    """
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        # A page of a JSONL file has a number and no pages of its own.
        try:
            return Document.from_json(data.decode("utf-8-sig", errors="replace"))
        except DataError:
            if b'"pages"' in start:
                raise
            return from_jsonl(data)
    if b"ocr_page" in data and b"<alto" not in start and b"PcGts" not in start:
        return from_hocr(data)
    if b"PcGts" in start:
        return from_page(data)
    if b"alto" in start:
        return from_alto(data)
    raise DataError("neither JSON, JSONL, hOCR, ALTO nor PAGE")

# SPDX-License-Identifier: Apache-2.0
"""From the document tree to files. A writer sees the tree and nothing else of the pipeline.

Most formats put a whole document into one file, and can do so page by page: such a writer is a
generator that takes the document's head (a :class:`Document` whose pages are not looked at) and
its pages one after the other, and yields the bytes of the file. ``b"".join`` of them is what the
``to_NAME`` function of the same module returns for a document in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import WriteOptions
from ocr_pipeline.writers.alto import stream_alto, to_alto
from ocr_pipeline.writers.csv import stream_csv, to_csv
from ocr_pipeline.writers.hocr import stream_hocr, to_hocr
from ocr_pipeline.writers.json import stream_json, to_json
from ocr_pipeline.writers.jsonl import stream_jsonl, to_jsonl
from ocr_pipeline.writers.markdown import stream_markdown, to_markdown
from ocr_pipeline.writers.overlay import draw_overlay
from ocr_pipeline.writers.page import to_page
from ocr_pipeline.writers.text import stream_text, to_text
from ocr_pipeline.writers.tsv import stream_tsv, to_tsv

if TYPE_CHECKING:
    from ocr_pipeline.options import RunOptions
    from ocr_pipeline.readers.inputs import InputFile

__all__ = [
    "DOCUMENT_WRITERS",
    "PAGE_WRITERS",
    "SOURCE_WRITERS",
    "STREAM_WRITERS",
    "SUFFIXES",
    "WriteOptions",
    "draw_overlay",
    "output_path",
    "to_alto",
    "to_csv",
    "to_hocr",
    "to_json",
    "to_jsonl",
    "to_markdown",
    "to_page",
    "to_text",
    "to_tsv",
]


class Stream(Protocol):
    """Bytes of a file, page by page, from the head of a document and its pages."""

    def __call__(
        self, head: Document, pages: Iterable[Page], options: WriteOptions = ...
    ) -> Iterator[bytes]: ...


class Whole(Protocol):
    """Bytes of a file from a document."""

    def __call__(self, document: Document, options: WriteOptions = ...) -> bytes: ...


class OnePage(Protocol):
    """Bytes of a file from one page; of the document only source and meta are looked at."""

    def __call__(self, document: Document, page: Page, options: WriteOptions = ...) -> bytes: ...


class WithSource(Protocol):
    """Writes a file from a document and the input that it was read from."""

    def __call__(
        self, document: Document, source: InputFile, out: BinaryIO, options: RunOptions
    ) -> None: ...


def _write_pdf(document: Document, source: InputFile, out: BinaryIO, options: RunOptions) -> None:
    from ocr_pipeline.writers.pdf import write_pdf

    write_pdf(document, source, out, options.pdf, options.reading)


# One file for each document, written page by page. ``options.FORMATS`` names what is in these
# tables, and the overlay, which is drawn for each page on its image.
STREAM_WRITERS: Mapping[str, Stream] = {
    "txt": stream_text,
    "md": stream_markdown,
    "json": stream_json,
    "jsonl": stream_jsonl,
    "tsv": stream_tsv,
    "csv": stream_csv,
    "hocr": stream_hocr,
    "alto": stream_alto,
}
# The same formats made in one go.
DOCUMENT_WRITERS: Mapping[str, Whole] = {
    "txt": to_text,
    "md": to_markdown,
    "json": to_json,
    "jsonl": to_jsonl,
    "tsv": to_tsv,
    "csv": to_csv,
    "hocr": to_hocr,
    "alto": to_alto,
}
# One file for each page.
PAGE_WRITERS: Mapping[str, OnePage] = {"page": to_page}
# One file for each document, which needs the input itself as well as the tree.
SOURCE_WRITERS: Mapping[str, WithSource] = {"pdf": _write_pdf}
# What follows the name of a file, where it is not the format's own name.
SUFFIXES: Mapping[str, str] = {
    "alto": "alto.xml",
    "overlay": "overlay.jpg",
    "page": "page.xml",
}


def output_path(target: Path, name: str, page: int | None = None) -> Path:
    """The file that a format is written to.

    Args:
        target: path of the outputs without their suffix.
        name: the format.
        page: number of the page, for formats with a file for each page; None leaves it out, as
            in documents of one page.

    Example:
        >>> output_path(Path("out/letter"), "alto").name
        'letter.alto.xml'
        >>> output_path(Path("out/letter"), "page", 2).name
        'letter.0002.page.xml'
    """
    number = "" if page is None else f".{page:04d}"
    return target.with_name(f"{target.name}{number}.{SUFFIXES.get(name, name)}")

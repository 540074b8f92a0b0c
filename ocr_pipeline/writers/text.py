# SPDX-License-Identifier: Apache-2.0
"""Plain text: lines in reading order, UTF-8, pages separated by form feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions


def to_text(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The text of a document; empty where it has one page and nothing was read on it."""
    return b"".join(stream_text(document, document.pages))


def stream_text(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The text, a page at a time."""
    written = False
    for index, page in enumerate(pages):
        text = f"\f{page.text}" if index else page.text
        written = written or bool(text)
        yield text.encode("utf-8", errors="replace")
    if written:
        yield b"\n"

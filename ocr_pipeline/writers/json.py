# SPDX-License-Identifier: Apache-2.0
"""JSON: the document tree as it is, to be read back by ``Document.from_json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions


def to_json(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The tree, UTF-8, on one line."""
    return (document.to_json() + "\n").encode("utf-8", errors="replace")


def stream_json(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The bytes of :func:`to_json`, a page at a time."""
    # The empty list of the head's own JSON is where the pages go; it cannot stand earlier,
    # since the quotes of a string inside "source" are escaped.
    whole = Document(head.source, (), head.meta).to_json()
    before, mark, after = whole.partition('"pages": [')
    yield _encode(before + mark)
    for index, page in enumerate(pages):
        text = json.dumps(page.to_dict(), ensure_ascii=False)
        yield _encode(f", {text}" if index else text)
    yield _encode(after + "\n")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")

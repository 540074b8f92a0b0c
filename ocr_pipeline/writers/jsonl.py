# SPDX-License-Identifier: Apache-2.0
"""JSONL: a page of the tree on each line, so that long documents are read and written in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ocr_pipeline.core.document import FORMAT_VERSION, Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions


def to_jsonl(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """All pages of a document; empty where it has none."""
    return b"".join(stream_jsonl(document, document.pages))


def stream_jsonl(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """One line for each page: the source, the page's text and the page as in the JSON."""
    first = {"format_version": FORMAT_VERSION, "source": head.source}
    for page in pages:
        line = {**first, "text": page.text, **page.to_dict()}
        yield (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", errors="replace")

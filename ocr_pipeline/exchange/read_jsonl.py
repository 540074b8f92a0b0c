# SPDX-License-Identifier: Apache-2.0
"""JSONL to the document tree."""

from __future__ import annotations

import json

from ocr_pipeline.core.document import FORMAT_VERSION, Document, Page
from ocr_pipeline.core.errors import DataError


def from_jsonl(data: bytes) -> Document:
    """Reads the pages of a JSONL file; the source is that of the first.

    Raises:
        DataError: naming the line that is not a page.
    """
    source = ""
    pages: list[Page] = []
    for number, line in enumerate(data.decode("utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            version = values.get("format_version", FORMAT_VERSION)
            if version > FORMAT_VERSION:
                raise DataError(f"format {version} is newer than this program: update it")
            pages.append(Page.from_dict(values))
        except (ValueError, AttributeError, TypeError, DataError) as error:
            raise DataError(f"line {number}: {error}") from error
        source = source or str(values.get("source", ""))
    return Document(source, tuple(pages))

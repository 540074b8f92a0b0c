# SPDX-License-Identifier: Apache-2.0
"""Plain text: lines in reading order, UTF-8, pages separated by form feeds."""

from __future__ import annotations

from ocr_pipeline.core.document import Document


def to_text(document: Document) -> bytes:
    """The text of a document; empty where nothing was read."""
    text = document.text
    return (text + "\n" if text else "").encode("utf-8", errors="replace")

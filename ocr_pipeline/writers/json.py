# SPDX-License-Identifier: Apache-2.0
"""JSON: the document tree as it is, to be read back by ``Document.from_json``."""

from __future__ import annotations

from ocr_pipeline.core.document import Document


def to_json(document: Document) -> bytes:
    """The tree, UTF-8, on one line."""
    return (document.to_json() + "\n").encode("utf-8", errors="replace")

# SPDX-License-Identifier: Apache-2.0
"""From the document tree to files. A writer sees the tree and nothing else of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ocr_pipeline.core.document import Document
from ocr_pipeline.writers.json import to_json
from ocr_pipeline.writers.overlay import draw_overlay
from ocr_pipeline.writers.text import to_text

__all__ = ["DOCUMENT_WRITERS", "draw_overlay", "to_json", "to_text"]

# Format name (also the suffix) to the function that makes the file's bytes of a whole document.
DOCUMENT_WRITERS: Mapping[str, Callable[[Document], bytes]] = {"txt": to_text, "json": to_json}

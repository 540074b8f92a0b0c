# SPDX-License-Identifier: Apache-2.0
"""Documents to and from files of other programs: ``export``, ``save`` and ``load``."""

from __future__ import annotations

from ocr_pipeline.core.interchange.alto import from_alto
from ocr_pipeline.core.interchange.page import from_page
from ocr_pipeline.exchange.files import export, load, save
from ocr_pipeline.exchange.read_hocr import from_hocr
from ocr_pipeline.exchange.read_jsonl import from_jsonl

__all__ = ["export", "from_alto", "from_hocr", "from_jsonl", "from_page", "load", "save"]

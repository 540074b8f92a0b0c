# SPDX-License-Identifier: Apache-2.0
"""What OCRmyPDF finds by itself: the engine for ``--ocr-engine ocr-pipeline``.

A module of its own, for OCRmyPDF refuses a plugin that is there by its entry point and named with
``--plugin`` as well. Until it is asked for, it leaves everything as it is.
"""

from __future__ import annotations

from ocr_pipeline.integrations.ocrmypdf import add_options, check_options, get_ocr_engine

__all__ = ["add_options", "check_options", "get_ocr_engine"]

# SPDX-License-Identifier: Apache-2.0
"""Searchable PDFs: the pictures as they came, and what was read on them as invisible text."""

from __future__ import annotations

from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.writers.pdf.from_images import write_text_layer
from ocr_pipeline.writers.pdf.writer import write_pdf

__all__ = ["PdfOptions", "write_pdf", "write_text_layer"]

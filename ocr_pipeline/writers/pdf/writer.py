# SPDX-License-Identifier: Apache-2.0
"""Searchable PDFs: the pages of an input, with what was read on them as invisible text."""

from __future__ import annotations

from typing import BinaryIO

from ocr_pipeline.core.decoding import read_head
from ocr_pipeline.core.document import Document
from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile, open_bytes
from ocr_pipeline.readers.kinds import HEAD, kind_of
from ocr_pipeline.writers.pdf.from_images import write_images
from ocr_pipeline.writers.pdf.from_pdf import write_layered


def write_pdf(
    document: Document,
    source: InputFile,
    out: BinaryIO,
    options: PdfOptions | None = None,
    read: ReadOptions | None = None,
) -> None:
    """Writes the searchable PDF of a document.

    From images: one page for each page that was read, with the image's own data wherever a PDF
    can hold them. From a PDF: all its pages as they are, with text added to those that were read.
    The same input gives the same bytes.

    Args:
        document: what was read; its pages are looked at one at a time.
        source: the input.
        out: file to write to.
        options: what the PDF is like.
        read: how the input was opened.

    Raises:
        InputError: if the input is not there any more, damaged or encrypted.
        UsageError: if the input is a PDF and pikepdf is not installed.
    """
    options = options or PdfOptions()
    with open_bytes(source, read) as file:
        kind = kind_of(read_head(file, HEAD), source.name)
        write = write_layered if kind == "pdf" else write_images
        write(document, source, file, out, options, read)

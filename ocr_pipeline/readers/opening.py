# SPDX-License-Identifier: Apache-2.0
"""Opens a document by what it holds, not by what it is called."""

from __future__ import annotations

from typing import BinaryIO

from ocr_pipeline.core.decoding import explained, read_head
from ocr_pipeline.core.errors import UnknownKindError
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.images import ImageDocument
from ocr_pipeline.readers.inputs import InputFile
from ocr_pipeline.readers.kinds import HEAD, kind_of
from ocr_pipeline.readers.sources import open_bytes


def open_document(file: InputFile, options: ReadOptions | None = None) -> OpenDocument:
    """Opens a document for reading page by page; close it, or use it in a ``with`` statement.

    Raises:
        InputError: if it is missing, empty, damaged, encrypted or of an unknown kind.
    """
    options = options or ReadOptions()
    data = open_bytes(file, options)
    try:
        return _open(data, file, options)
    except BaseException:
        data.close()
        raise


def _open(data: BinaryIO, file: InputFile, options: ReadOptions) -> OpenDocument:
    with explained(file.name):
        kind = kind_of(read_head(data, HEAD), file.name)
    if kind == "pdf":
        from ocr_pipeline.readers.pdf import PdfDocument

        return PdfDocument(data, file.name, options)
    if kind == "zip":
        what = "a zip within a zip" if file.member is not None else "a zip of several documents"
        raise UnknownKindError(
            f"{file.name}: {what} is not one document; unpack it or name its members"
        )
    return ImageDocument(data, file.name, options)

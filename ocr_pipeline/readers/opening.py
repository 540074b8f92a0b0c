# SPDX-License-Identifier: Apache-2.0
"""Opens a document by what it holds, not by what it is called."""

from __future__ import annotations

from typing import BinaryIO

from ocr_pipeline.core.decoding import explained, read_head
from ocr_pipeline.core.errors import UnknownKindError
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.images import ImageDocument
from ocr_pipeline.readers.input_file import InputFile
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
        raise UnknownKindError(f"{file.name}: {_why_no_document(file)}")
    return ImageDocument(data, file.name, options)


def _why_no_document(file: InputFile) -> str:
    """Why a zip was not replaced by its members when the inputs were found.

    Raises:
        InputError: if it is damaged.
    """
    if file.member is not None:
        return "a zip within a zip is not opened; unpack it"
    from ocr_pipeline.readers.archive import documents, members

    if not members(file):
        return "an empty zip"
    count = len(documents(file))
    if not count:
        return "a zip that holds no image or PDF"
    return f"a zip of {count:,} documents; read them one by one, as find_inputs lists them"

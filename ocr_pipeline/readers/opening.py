# SPDX-License-Identifier: Apache-2.0
"""Opens a document by what it holds, not by what it is called."""

from __future__ import annotations

from typing import BinaryIO

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.images import ImageDocument
from ocr_pipeline.readers.inputs import InputFile


def open_bytes(file: InputFile, options: ReadOptions | None = None) -> BinaryIO:
    """The bytes of a document, seekable: of a file, of a zip's member, of a remote place.

    Raises:
        InputError: if they cannot be had.
    """
    try:
        return file.path.open("rb")
    except OSError as error:
        raise InputError(f"{file.name}: {error.strerror or error}") from error


def open_document(file: InputFile, options: ReadOptions | None = None) -> OpenDocument:
    """Opens a document for reading page by page; close it, or use it in a ``with`` statement.

    Raises:
        InputError: if it is missing, empty, damaged, encrypted or of an unknown kind.
    """
    return ImageDocument(file, options or ReadOptions())

# SPDX-License-Identifier: Apache-2.0
"""From what a user names on the command line to the images of pages."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ocr_pipeline.core.images import Frame
from ocr_pipeline.read_options import PDF_TEXT, ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.input_file import InputFile
from ocr_pipeline.readers.inputs import find_inputs, input_file
from ocr_pipeline.readers.opening import open_document
from ocr_pipeline.readers.sources import open_bytes
from ocr_pipeline.readers.suffixes import IMAGE_SUFFIXES

__all__ = [
    "IMAGE_SUFFIXES",
    "PDF_TEXT",
    "Frame",
    "InputFile",
    "OpenDocument",
    "ReadOptions",
    "find_inputs",
    "input_file",
    "open_bytes",
    "open_document",
    "read_frames",
]


def read_frames(
    path: str | os.PathLike[str], options: ReadOptions | None = None
) -> Iterator[Frame]:
    """Page images of a file, one after the other.

    Raises:
        InputError: if the file is missing, empty, damaged or of an unknown kind.
    """
    with open_document(input_file(path), options) as document:
        for _, frame in document.frames():
            yield frame

# SPDX-License-Identifier: Apache-2.0
"""Image files as documents: one page, or the pages of a TIFF."""

from __future__ import annotations

from typing import ClassVar

from ocr_pipeline.core.images import Frame, iter_frames
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.inputs import InputFile


class ImageDocument(OpenDocument):
    """An image file; a TIFF may have many pages."""

    kind: ClassVar[str] = "image"

    def __init__(self, file: InputFile, options: ReadOptions) -> None:
        self._frames = list(iter_frames(file.path))
        super().__init__(file.name, len(self._frames), options)

    def page(self, index: int) -> Frame:
        """See :meth:`OpenDocument.page`."""
        self._check(index)
        return self._frames[index]

    def close(self) -> None:
        """See :meth:`OpenDocument.close`."""
        self._frames = []

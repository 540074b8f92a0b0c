# SPDX-License-Identifier: Apache-2.0
"""Image files as documents: one page, or the pages of a TIFF."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from ocr_pipeline.core.decoding import ImagePages
from ocr_pipeline.core.images import Frame
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument


class ImageDocument(OpenDocument):
    """An image file; a TIFF may have many pages.

    Args:
        data: its bytes, which are closed with the document.
        name: what messages call it.
        options: which pages to read.
    """

    kind: ClassVar[str] = "image"

    def __init__(self, data: BinaryIO, name: str, options: ReadOptions) -> None:
        self._data = data
        self._pages = ImagePages(data, name)
        super().__init__(name, len(self._pages), options)

    def _page(self, index: int) -> Frame:
        return Frame(*self._pages.page(index))

    def _size(self, index: int) -> tuple[int, int]:
        return self._pages.size(index)

    def _close(self) -> None:
        self._pages.close()
        self._data.close()

# SPDX-License-Identifier: Apache-2.0
"""PDF files as documents: pages rendered, or their own text kept."""

from __future__ import annotations

import atexit
import os
import re
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, BinaryIO, ClassVar

from ocr_pipeline.core.decoding import explained
from ocr_pipeline.core.document import Page
from ocr_pipeline.core.errors import EncryptedError, InputError
from ocr_pipeline.core.images import Frame
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.document import OpenDocument
from ocr_pipeline.readers.pdf_page import Survey, geometry, lay_in, render, resolution, survey
from ocr_pipeline.readers.pdf_text import kept_page, text_layer

# PDFium keeps state outside its documents: one call at a time in a process, whatever the file.
_pdfium = threading.RLock()
_PASSWORD_ERROR, _SECURITY_ERROR = 4, 5
_TAIL = 1 << 20


def _fresh_lock() -> None:
    global _pdfium
    _pdfium = threading.RLock()


_open: weakref.WeakSet[PdfDocument] = weakref.WeakSet()


def _close_all() -> None:
    """At the end of the program: PDFium grumbles on standard error about what is still open."""
    for document in list(_open):
        if _pdfium.acquire(timeout=1.0):  # a thread that hangs in there must not hang the rest
            document._shut()
            _pdfium.release()


if hasattr(os, "register_at_fork"):  # a child must not wait for a thread that it does not have
    os.register_at_fork(after_in_child=_fresh_lock)


class PdfDocument(OpenDocument):
    """A PDF file.

    Args:
        data: its bytes, which are closed with the document.
        name: what messages call it.
        options: resolution, password, pages, and what becomes of text that is there.

    Raises:
        InputError: if it is damaged or encrypted.
    """

    kind: ClassVar[str] = "pdf"

    def __init__(self, data: BinaryIO, name: str, options: ReadOptions) -> None:
        self._data = data
        self._pdf: Any = None
        with explained(name):
            _check_whole(data, name)
        with _pdfium:
            try:
                self._pdf = _load(data, name, options.password)
                with explained(name):
                    self._pdf.init_forms()
                super().__init__(name, len(self._pdf), options)
                _open.add(self)
            except BaseException:
                self._shut()
                raise

    def _page(self, index: int) -> Frame:
        if self.options.pdf_text != "ocr":
            with self._loaded(index) as page:
                lay_in(page)  # takes effect when the page is loaded again
        with self._loaded(index) as page:
            found = survey(page)
            dpi = resolution(found, self.options.dpi)
            return Frame(render(page, found, dpi), dpi, self._kept(page, index, found))

    def _kept(self, page: Any, index: int, found: Survey) -> Page | None:
        """The page as it is to be kept or skipped; None if it is to be read."""
        mode = self.options.pdf_text
        if mode == "ocr":
            return None
        layer = text_layer(page, found)
        if not layer.believable or (mode == "auto" and layer.hidden):
            return None
        dpi = resolution(found, self.options.dpi)
        return kept_page(layer, geometry(found, dpi), index + 1, dpi, skip=mode == "skip")

    def _size(self, index: int) -> tuple[int, int]:
        with self._loaded(index) as page:
            found = survey(page)
            return geometry(found, resolution(found, self.options.dpi)).size

    def _close(self) -> None:
        with _pdfium:
            self._shut()

    def _shut(self) -> None:
        if self._pdf is not None:
            self._pdf.close()
            self._pdf = None
            _open.discard(self)
        with suppress(Exception):
            self._data.close()

    @contextmanager
    def _loaded(self, index: int) -> Iterator[Any]:
        with explained(self.name, index + 1), _pdfium:
            if self._pdf is None:
                raise ValueError("the document is closed")
            page = self._pdf[index]
            try:
                yield page
            finally:
                page.close()


@lru_cache(maxsize=1)
def _library() -> Any:
    import pypdfium2

    atexit.register(_close_all)  # after PDFium's own, and so before it
    return pypdfium2


def _load(data: BinaryIO, name: str, password: str | None) -> Any:
    pypdfium2 = _library()
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == _PASSWORD_ERROR or "assword" in str(error):
            if password is None:
                reason = "is encrypted; give its password with --password or $OCR_PASSWORD"
            else:
                reason = "is encrypted with another password than the one given"
            raise EncryptedError(f"{name}: {reason}") from error
        if code == _SECURITY_ERROR:
            reason = "is encrypted in a way that is not known; remove the encryption"
        else:
            reason = "damaged or truncated PDF; try to repair it (qpdf IN OUT)"
        raise InputError(f"{name}: {reason}") from error


def _check_whole(data: BinaryIO, name: str) -> None:
    """Notices a PDF that ends too early, of which PDFium would show some pages without a word."""
    size = data.seek(0, os.SEEK_END)
    data.seek(max(0, size - _TAIL))
    tail = data.read()
    data.seek(0)
    head = data.read(1024)
    data.seek(0)
    stated = re.search(rb"/Linearized.{0,200}?/L\s+(\d+)", head, re.DOTALL)
    if stated is not None and int(stated[1]) > size:
        raise InputError(f"{name}: truncated: {size:,} of {int(stated[1]):,} bytes are there")
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise InputError(f"{name}: truncated: its end is missing; repair it (qpdf IN OUT)")

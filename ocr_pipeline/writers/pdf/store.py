# SPDX-License-Identifier: Apache-2.0
"""New objects in a PDF that is there already, by pikepdf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ocr_pipeline.writers.pdf.objects import Name, text_string

if TYPE_CHECKING:
    import pikepdf


class PikepdfStore:
    """See :class:`ocr_pipeline.writers.pdf.objects.Store`."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf

    def reserve(self) -> Any:
        """An empty dictionary of the file."""
        from pikepdf import Dictionary

        return self._pdf.make_indirect(Dictionary())

    def add(self, entries: Mapping[str, Any], data: bytes | None = None, at: Any = None) -> Any:
        """Adds a dictionary or a stream."""
        made = self._made(entries)
        if data is not None:
            return self._pdf.make_stream(data, made)
        if at is None:
            return self._pdf.make_indirect(made)
        for key, value in made.items():
            at[key] = value
        return at

    def _made(self, value: Any) -> Any:
        from pikepdf import Array, Dictionary, String
        from pikepdf import Name as PdfName

        if isinstance(value, Name):
            return PdfName("/" + value)
        if isinstance(value, str):
            return String(text_string(value))
        if isinstance(value, bytes):
            return String(value)
        if isinstance(value, Mapping):
            return Dictionary({f"/{key}": self._made(item) for key, item in value.items()})
        if isinstance(value, Sequence):
            return Array([self._made(item) for item in value])
        return value

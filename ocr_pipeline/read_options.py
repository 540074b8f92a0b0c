# SPDX-License-Identifier: Apache-2.0
"""How documents are read, before anything is recognized."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ocr_pipeline.core.errors import UsageError

PDF_TEXT = ("auto", "ocr", "keep", "skip")
MIN_DPI, MAX_DPI = 36, 1200
_RANGE = re.compile(r"(\d+)?(-)?(\d+)?")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files become page images.

    Attributes:
        dpi: resolution at which PDF pages are rendered; None takes a scanned page's own and a
            fixed one for the others.
        pdf_text: what becomes of a PDF page that holds text. ``auto`` keeps text that the page
            shows and reads pages anew whose text lies hidden below a scan; ``keep`` keeps both;
            ``skip`` passes over pages with text; ``ocr`` reads every page as an image.
        password: opens encrypted PDFs and zip members.
        pages: which pages of each document, as in ``1-3,7,10-``; None reads all.
    """

    dpi: int | None = None
    pdf_text: str = "auto"
    password: str | None = field(default=None, repr=False)
    pages: str | None = None

    def __post_init__(self) -> None:
        if self.dpi is not None and not MIN_DPI <= self.dpi <= MAX_DPI:
            raise UsageError(f"--dpi must lie between {MIN_DPI} and {MAX_DPI}, not {self.dpi}")
        if self.pdf_text not in PDF_TEXT:
            raise UsageError(f"--pdf-text {self.pdf_text!r}: use {', '.join(PDF_TEXT)}")
        parse_pages(self.pages)

    def indices(self, count: int) -> tuple[int, ...]:
        """Indices (from 0, rising) of the pages to read in a document of ``count`` pages."""
        ranges = parse_pages(self.pages)
        if not ranges:
            return tuple(range(count))
        chosen: set[int] = set()
        for first, last in ranges:
            chosen.update(range(first - 1, count if last is None else min(last, count)))
        return tuple(sorted(chosen))


def parse_pages(text: str | None) -> tuple[tuple[int, int | None], ...]:
    """Ranges (first, last) of page numbers from 1; last is None where a range is open.

    Raises:
        UsageError: if the text is no list of ranges.

    Example:
        >>> parse_pages("1-3,7,10-")
        ((1, 3), (7, 7), (10, None))
    """
    if text is None:
        return ()
    ranges = tuple(_parse_range(part.strip(), text) for part in _parts(text))
    if not ranges:
        raise UsageError("--pages names no page; use something like 1-3,7,10-")
    return ranges


def _parts(text: str) -> Iterable[str]:
    return (part for part in text.split(",") if part.strip())


def _parse_range(part: str, text: str) -> tuple[int, int | None]:
    match = _RANGE.fullmatch(part)
    if match is None or not (match[1] or match[3]):
        raise UsageError(f"--pages {text!r}: use something like 1-3,7,10-")
    first = int(match[1] or 1)
    last = int(match[3]) if match[3] else None if match[2] else first
    if first < 1 or (last is not None and last < first):
        raise UsageError(f"--pages {text!r}: pages count from 1 and ranges rise")
    return first, last

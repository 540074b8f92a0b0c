# SPDX-License-Identifier: Apache-2.0
"""CSV: a row for each line of text, for spreadsheets and databases.

RFC 4180 (commas, CRLF, doubled quotes) in UTF-8 with a byte order mark, without which Excel takes
the file for another encoding. A cell that a spreadsheet would run as a formula gets an apostrophe
in front: what is printed on a scanned page is not to be executed. Numbers stay what they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from ocr_pipeline.core.document import Document, Line, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions
from ocr_pipeline.writers.placed import box_of, outline, pixels

COLUMNS = (
    "source",
    "page",
    "block",
    "paragraph",
    "line",
    "row",
    "text",
    "confidence",
    "detection",
    "left",
    "top",
    "width",
    "height",
    "polygon",
)
_FORMULA = re.compile(r"[\s\x00]*[=@+\-\t\r]")
_NUMBER = re.compile(r"[+-]?\s*[\d.,]+\s*%?")


def to_csv(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The lines of a document; the header alone where nothing was read."""
    return b"".join(stream_csv(document, document.pages, options))


def stream_csv(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The table, a page at a time."""
    yield "\ufeff".encode()
    yield _encode([COLUMNS])
    for page in pages:
        yield _encode(
            [_row(head.source, page, number, line) for number, line in enumerate(page.lines, 1)]
        )


def _row(source: str, page: Page, number: int, line: Line) -> list[object]:
    points = pixels(outline(line), page)
    box = box_of(points)
    return [
        _harmless(source),
        page.number,
        _count(line.block),
        _count(line.paragraph),
        number,
        _count(line.row),
        _harmless(line.text),
        f"{line.confidence:.4f}",
        f"{line.detection:.4f}",
        box.left,
        box.top,
        box.width,
        box.height,
        " ".join(f"{x},{y}" for x, y in points),
    ]


def _count(number: int | None) -> int | str:
    """Numbers count from 1 here, as pages and lines do."""
    return "" if number is None else number + 1


def _harmless(text: str) -> str:
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip()):
        return f"'{text}"
    return text


def _encode(rows: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    # A lone CR or a NUL inside a cell would break the row in some programs.
    return buffer.getvalue().replace("\0", "\ufffd").encode("utf-8", errors="replace")

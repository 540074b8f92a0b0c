# SPDX-License-Identifier: Apache-2.0
"""Markdown: paragraphs, simple tables, page breaks.

Everything that Markdown would take for markup is escaped, so that the rendered page says what the
image says. Lines stay lines (Markdown joins them when it renders). A block is written as a table
only where it cannot be anything else: see :func:`table_columns`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, pairwise

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions
from ocr_pipeline.writers.placed import PlacedBlock, PlacedLine, place
from ocr_pipeline.writers.xml import clean

Rows = list[list[PlacedLine]]

_INLINE = re.compile(r"[\\`*_\[\]<>&~|]")
# What opens a heading, list, quotation, rule or block of code when a line begins with it.
_START = re.compile(r"(?:[#+\-=:]|\d{1,9}(?=[.)]))")
_SPACE = re.compile(r"\s+")
MIN_TABLE_ROWS = 2


def to_markdown(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The text of a document; empty where it has one page and nothing was read on it."""
    return b"".join(stream_markdown(document, document.pages, options))


def stream_markdown(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The text, a page at a time; a rule and a comment with its number come before a page."""
    written = False
    for index, page in enumerate(pages):
        parts = [part for block in place(page) for part in _parts(block)]
        if index:
            # Not "---", which is the head of a file, or of a heading, in the wrong place.
            parts = ["***", f"<!-- page {page.number} -->", *parts]
        text = "\n\n".join(parts)
        yield (f"\n{text}\n" if written and text else f"{text}\n" if text else "").encode(
            "utf-8", errors="replace"
        )
        written = written or bool(text)


def escape(text: str) -> str:
    """One line of text as Markdown: it renders as itself wherever it stands."""
    text = _SPACE.sub(" ", clean(text)).strip()
    text = _INLINE.sub(r"\\\g<0>", text)
    opening = _START.match(text)
    if opening is None:
        return text
    if opening.group()[0].isdigit():
        return f"{opening.group()}\\{text[opening.end() :]}"
    return f"\\{text}"


def _parts(block: PlacedBlock) -> Iterator[str]:
    """A block's table, or its paragraphs."""
    rows = _rows(chain.from_iterable(paragraph.lines for paragraph in block.paragraphs))
    if block.number is not None and table_columns(rows):
        yield _table(rows)
        return
    for paragraph in block.paragraphs:
        texts = [escape(" ".join(line.line.text for line in row)) for row in _rows(paragraph.lines)]
        if any(texts):
            yield "\n".join(text for text in texts if text)


def _rows(lines: Iterable[PlacedLine]) -> Rows:
    """Lines that stand side by side; a line without a row number stands alone."""
    numbered = enumerate(lines)
    groups = groupby(
        numbered, key=lambda item: (item[1].line.row, item[1].line.row is None and item[0])
    )
    return [[line for _, line in group] for _, group in groups]


def table_columns(rows: Rows) -> int:
    """How many columns of a table a block's rows fill; 0 if they are not one.

    They are one if each has the same number of cells, at least two, there are at least two rows,
    and a straight white gap runs between neighbouring columns from top to bottom.
    """
    count = len(rows[0]) if rows else 0
    if len(rows) < MIN_TABLE_ROWS or count < 2 or any(len(row) != count for row in rows):
        return 0
    angle = math.radians(rows[0][0].angle)
    columns = [_extent([row[i] for row in rows], angle) for i in range(count)]
    apart = all(a[1] < b[0] for a, b in pairwise(columns))
    return count if apart else 0


def _extent(lines: Sequence[PlacedLine], angle: float) -> tuple[float, float]:
    """From where to where lines run along the direction of the text."""
    cos, sin = math.cos(angle), math.sin(angle)
    places = [x * cos + y * sin for line in lines for x, y in line.points]
    return (min(places), max(places)) if places else (0.0, 0.0)


def _table(rows: Rows) -> str:
    """A table whose first row is its head, which Markdown demands."""
    texts = [[escape(line.line.text) for line in row] for row in rows]
    texts.insert(1, ["---"] * len(texts[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in texts)

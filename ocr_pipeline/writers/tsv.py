# SPDX-License-Identifier: Apache-2.0
"""TSV with the columns that Tesseract writes: a row for each page, block, paragraph, line, word.

Level 1 is the page, 5 the word. Numbers count from 1 inside the next higher level; a confidence
runs from 0 to 100 and is -1 above the words. Nothing is quoted: white space inside a word would
break the table and becomes a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.write_options import DEFAULT, WriteOptions
from ocr_pipeline.writers.placed import Box, place

COLUMNS = (
    "level",
    "page_num",
    "block_num",
    "par_num",
    "line_num",
    "word_num",
    "left",
    "top",
    "width",
    "height",
    "conf",
    "text",
)
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def to_tsv(document: Document, options: WriteOptions = DEFAULT) -> bytes:
    """The table of a document; the header and a row for each page where nothing was read."""
    return b"".join(stream_tsv(document, document.pages, options))


def stream_tsv(
    head: Document, pages: Iterable[Page], options: WriteOptions = DEFAULT
) -> Iterator[bytes]:
    """The table, a page at a time."""
    yield ("\t".join(COLUMNS) + "\n").encode()
    for page in pages:
        yield "".join(_rows(page)).encode("utf-8", errors="replace")


def _rows(page: Page) -> Iterator[str]:
    yield _row((1, page.number, 0, 0, 0, 0), Box(0, 0, page.width, page.height))
    for b, block in enumerate(place(page), 1):
        yield _row((2, page.number, b, 0, 0, 0), block.box)
        for p, paragraph in enumerate(block.paragraphs, 1):
            yield _row((3, page.number, b, p, 0, 0), paragraph.box)
            for n, line in enumerate(paragraph.lines, 1):
                yield _row((4, page.number, b, p, n, 0), line.box)
                for w, word in enumerate(line.words, 1):
                    conf = f"{100 * word.confidence:.2f}"
                    yield _row((5, page.number, b, p, n, w), word.box, conf, word.text)


def _row(numbers: tuple[int, ...], box: Box, conf: str = "-1", text: str = "") -> str:
    cells = [*map(str, numbers), *map(str, (box.left, box.top, box.width, box.height))]
    return "\t".join([*cells, conf, _BREAKS.sub(" ", text)]) + "\n"

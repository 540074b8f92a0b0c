# SPDX-License-Identifier: Apache-2.0
"""From the document tree to files. A writer sees the tree and nothing else of the pipeline.

Most formats put a whole document into one file, and can do so page by page: such a writer is a
generator that takes the document's head (a :class:`Document` whose pages are not looked at) and
its pages one after the other, and yields the bytes of the file. ``b"".join`` of them is what the
``to_NAME`` function of the same module returns for a document in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.writers.json import stream_json, to_json
from ocr_pipeline.writers.jsonl import stream_jsonl, to_jsonl
from ocr_pipeline.writers.overlay import draw_overlay
from ocr_pipeline.writers.text import stream_text, to_text

__all__ = [
    "DOCUMENT_WRITERS",
    "PAGE_WRITERS",
    "SOURCE_WRITERS",
    "STREAM_WRITERS",
    "SUFFIXES",
    "draw_overlay",
    "output_path",
    "to_json",
    "to_jsonl",
    "to_text",
]

Stream = Callable[[Document, Iterable[Page]], Iterator[bytes]]

# One file for each document, written page by page. ``options.FORMATS`` names what is in these
# tables, and the overlay, which is drawn for each page on its image.
STREAM_WRITERS: Mapping[str, Stream] = {
    "txt": stream_text,
    "json": stream_json,
    "jsonl": stream_jsonl,
}
# The same formats made in one go.
DOCUMENT_WRITERS: Mapping[str, Callable[[Document], bytes]] = {
    "txt": to_text,
    "json": to_json,
    "jsonl": to_jsonl,
}
# One file for each page; the document gives its source and meta.
PAGE_WRITERS: Mapping[str, Callable[[Document, Page], bytes]] = {}
# One file for each document, which needs the input itself as well as the tree.
SOURCE_WRITERS: Mapping[str, Callable[..., Any]] = {}
# What follows the name of a file, where it is not the format's own name.
SUFFIXES: Mapping[str, str] = {
    "alto": "alto.xml",
    "overlay": "overlay.jpg",
    "page": "page.xml",
}


def output_path(target: Path, name: str, page: int | None = None) -> Path:
    """The file that a format is written to.

    Args:
        target: path of the outputs without their suffix.
        name: the format.
        page: number of the page, for formats with a file for each page; None leaves it out, as
            in documents of one page.

    Example:
        >>> output_path(Path("out/letter"), "alto").name
        'letter.alto.xml'
        >>> output_path(Path("out/letter"), "page", 2).name
        'letter.0002.page.xml'
    """
    number = "" if page is None else f".{page:04d}"
    return target.with_name(f"{target.name}{number}.{SUFFIXES.get(name, name)}")

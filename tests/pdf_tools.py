# SPDX-License-Identifier: Apache-2.0
"""Makes searchable PDFs of small documents and looks into them."""

from __future__ import annotations

import io
import math
import re
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pikepdf
import pypdfium2

from ocr_pipeline.core.document import Document, Line, Page, Polygon, Word
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile, open_document
from ocr_pipeline.writers.pdf import PdfOptions, write_pdf


def box(x: float, y: float, w: float, h: float, degrees: float = 0.0) -> Polygon:
    """A box with its top-left corner at (x, y), turned clockwise around that."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return tuple(
        (x + c * a - s * b, y + s * a + c * b) for a, b in ((0, 0), (w, 0), (w, h), (0, h))
    )


def line(text: str, x: float, y: float, w: float, h: float, degrees: float = 0.0) -> Line:
    """A line whose characters are all equally wide."""
    words, place, step = [], 0, w / len(text)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    for word in text.split():
        place = text.index(word, place)
        start = place * step
        words.append(Word(word, box(x + c * start, y + s * start, len(word) * step, h, degrees)))
        place += len(word)
    return Line(text, box(x, y, w, h, degrees), words=tuple(words))


def source(path: Path) -> InputFile:
    return InputFile(path, PurePath(path.stem))


def read(path: Path, lines: Sequence[Line] = (), **options: Any) -> Document:
    """A document as if these lines had been read on every page."""
    pages = []
    with open_document(source(path), ReadOptions(**options)) as opened:
        for number, frame in opened.frames():
            height, width = frame.image.shape[:2]
            page = Page(number, width, height, tuple(lines), frame.dpi)
            pages.append(frame.kept or page)
    return Document(str(path), tuple(pages))


def make(
    path: Path,
    document: Document | None = None,
    options: PdfOptions | None = None,
    **reading: Any,
) -> bytes:
    """The PDF of a file; without a document, of its pages without text."""
    out = io.BytesIO()
    document = document or read(path, **reading)
    write_pdf(document, source(path), out, options, ReadOptions(**reading))
    return out.getvalue()


def pixels(path: Path, index: int = 0) -> np.ndarray:
    """(H, W, 3) of a page as the program reads it."""
    with open_document(source(path)) as opened:
        return opened.page(index).image


def render(data: bytes, index: int = 0, width: int | None = None, password: str | None = None):
    """(H, W, 3) of a page as a viewer shows it, so many pixels wide."""
    pdf = pypdfium2.PdfDocument(data, password=password)
    page = pdf[index]
    scale = 1.0 if width is None else width / page.get_width()
    # A touch less, since the size is rounded up.
    image = page.render(scale=scale * (1 - 1e-6), rev_byteorder=True).to_numpy()
    return np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image[..., :3]


@lru_cache(maxsize=8)
def opened(data: bytes, password: str = "") -> pikepdf.Pdf:
    """A PDF to look into; its objects live as long as it does."""
    return pikepdf.open(io.BytesIO(data), password=password)


def image_of(data: bytes, index: int = 0) -> Any:
    """The picture of a page, as the file holds it."""
    return opened(data).pages[index].Resources.XObject.Im


def text_of(data: bytes, index: int = 0, password: str | None = None) -> str:
    """What PDFium extracts from a page."""
    page = pypdfium2.PdfDocument(data, password=password)[index]
    return page.get_textpage().get_text_range().replace("\r\n", "\n")


def words_of(data: bytes, folder: Path) -> list[tuple[str, tuple[float, ...]]]:
    """Words and boxes (left, top, right, bottom in points) as poppler finds them."""
    path = folder / "words.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True, text=True
    )
    pattern = r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>'
    return [
        (text, tuple(map(float, numbers))) for *numbers, text in re.findall(pattern, done.stdout)
    ]

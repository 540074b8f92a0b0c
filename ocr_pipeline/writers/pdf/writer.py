# SPDX-License-Identifier: Apache-2.0
"""Searchable PDFs: the pages of an input, with what was read on them as invisible text."""

from __future__ import annotations

import math
import zlib
from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

from ocr_pipeline.core.decoding import read_head
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile, OpenDocument, open_bytes, open_document
from ocr_pipeline.readers.kinds import HEAD, kind_of
from ocr_pipeline.writers.pdf.archive import declare_pdf_a
from ocr_pipeline.writers.pdf.glyphs import Glyphs, clean
from ocr_pipeline.writers.pdf.hidden import remove_hidden_text
from ocr_pipeline.writers.pdf.layer import add_text, rotation_of
from ocr_pipeline.writers.pdf.pictures import RGB, Picture, PictureFile
from ocr_pipeline.writers.pdf.spool import PictureSpool
from ocr_pipeline.writers.pdf.text import number

if TYPE_CHECKING:
    import pikepdf

# Points. Viewers refuse longer sides, unless the page names a larger unit, and shorter ones.
MAX_SIDE, MIN_SIDE = 14400.0, 3.0
# An image without a believable resolution gets the one that makes it as tall as A4, within these.
A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)
A4_INCHES = 297 / 25.4
MIN_DPI, MAX_DPI = 72.0, 600.0

# In a page's meta: its own text was kept, or it was passed over for it.
_OWN_TEXT = "pdf_text"

# Matrices, in widths and heights of the page, that show data of EXIF's orientations 1 to 8.
_TURNS = (
    (1, 0, 0, 1, 0, 0),
    (-1, 0, 0, 1, 1, 0),
    (-1, 0, 0, -1, 1, 1),
    (1, 0, 0, -1, 0, 1),
    (0, -1, -1, 0, 1, 1),
    (0, -1, 1, 0, 0, 1),
    (0, 1, 1, 0, 0, 0),
    (0, 1, -1, 0, 1, 0),
)


def require_pikepdf() -> None:
    """Says early that PDFs cannot be written.

    Raises:
        UsageError: if pikepdf is not installed.
    """
    try:
        import pikepdf  # noqa: F401
    except ImportError as error:
        raise UsageError("--format pdf needs pikepdf: pip install 'ocr-pipeline[pdf]'") from error


def write_pdf(
    document: Document,
    source: InputFile,
    out: BinaryIO,
    options: PdfOptions | None = None,
    read: ReadOptions | None = None,
) -> None:
    """Writes the searchable PDF of a document.

    From images: one page for each page that was read, with the image's own data wherever a PDF
    can hold them. From a PDF: all its pages as they are, with text added to those that were read.
    The same input gives the same bytes.

    Args:
        document: what was read; its pages are looked at one at a time.
        source: the input.
        out: file to write to, seekable.
        options: what the PDF is like.
        read: how the input was opened.

    Raises:
        InputError: if the input is not there any more, damaged or encrypted.
        UsageError: if pikepdf is not installed.
    """
    require_pikepdf()
    options = options or PdfOptions()
    with open_bytes(source, read) as file:
        kind = kind_of(read_head(file, HEAD), source.name)
        write = _from_pdf if kind == "pdf" else _from_images
        write(document, source, file, out, options, read)


def _from_images(
    document: Document,
    source: InputFile,
    file: BinaryIO,
    out: BinaryIO,
    options: PdfOptions,
    read: ReadOptions | None,
) -> None:
    import pikepdf

    glyphs = Glyphs()
    with ExitStack() as stack:
        pdf = stack.enter_context(pikepdf.new())
        decoder = stack.enter_context(_Decoder(source, read))
        pictures = stack.enter_context(PictureFile(file, decoder.pixels))
        spool = stack.enter_context(PictureSpool(pdf))
        font = pdf.make_indirect(pikepdf.Dictionary())
        for page in document.pages:
            try:
                picture = pictures.picture(page.number - 1, device_cmyk=not options.pdf_a)
            except IndexError as error:
                raise _no_page(source, page) from error
            except InputError:
                if "error" not in page.meta:
                    raise
                pdf.add_blank_page(page_size=A4)  # a page that could not be read either
                continue
            target = _add_page(pdf, page, picture)
            spool.add(target.obj, picture)
            add_text(pdf, target, page, glyphs, font)
            if options.upright and page.rotation:
                target.obj.Rotate = page.rotation
        if not len(pdf.pages):
            raise InputError(f"{source.name}: holds no page")
        spool.finish()
        glyphs.add_to(pdf, font)
        _describe(pdf, document, options)
        # The pictures are compressed as they are to be; the rest is packed.
        modes = pikepdf.ObjectStreamMode
        _save(pdf, out, modes.generate)


class _Decoder:
    """The input's pixels, for pictures that only its reader can decode; opened at need."""

    def __init__(self, source: InputFile, read: ReadOptions | None) -> None:
        self._source = source
        self._read = read
        self._stack = ExitStack()
        self._document: OpenDocument | None = None

    def __enter__(self) -> _Decoder:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def pixels(self, index: int) -> RGB:
        """(H, W, 3) of a page."""
        if self._document is None:
            self._document = self._stack.enter_context(open_document(self._source, self._read))
        return self._document.page(index).image


def _add_page(pdf: pikepdf.Pdf, page: Page, picture: Picture) -> pikepdf.Page:
    """A page that shows a picture and nothing else."""
    import pikepdf
    from pikepdf import Array, Dictionary, Name

    width, height = page_size(page, picture)
    unit = max(1, math.ceil(max(width, height) / MAX_SIDE))
    width, height = round(max(width / unit, MIN_SIDE), 3), round(max(height / unit, MIN_SIDE), 3)
    turn = _TURNS[picture.orientation - 1]
    matrix = [number(v * (height if i % 2 else width), 3) for i, v in enumerate(turn)]
    content = f"q {' '.join(matrix)} cm /Im Do Q\n".encode("ascii")
    dictionary = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, width, height]),
        Resources=Dictionary(),
        Contents=pdf.make_stream(zlib.compress(content), Filter=Name.FlateDecode),
    )
    if unit > 1:
        dictionary.UserUnit = unit
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(dictionary)))
    return pdf.pages[-1]


def page_size(page: Page, picture: Picture) -> tuple[float, float]:
    """Width and height of a picture's page in points, by the best resolution that is known.

    That is the file's own, along each axis; else the page's; else the one that makes the longer
    side as long as that of A4, but no coarser than 72 dpi and no finer than 600.
    """
    width, height = picture.size
    stated = picture.resolution
    if stated is None or (page.dpi and abs(stated[0] - page.dpi) > 1):
        guess = min(max(max(width, height) / A4_INCHES, MIN_DPI), MAX_DPI)
        dpi = page.dpi or guess
        stated = dpi, dpi
    return width * 72 / stated[0], height * 72 / stated[1]


def _describe(pdf: pikepdf.Pdf, document: Document, options: PdfOptions) -> None:
    """Title, producer and language; no dates, so that equal inputs give equal files."""
    from pikepdf import Dictionary, String

    from ocr_pipeline import __version__

    title = clean(PurePath(document.source).stem)
    producer = f"ocr-pipeline {__version__}"
    pdf.trailer.Info = pdf.make_indirect(Dictionary(Title=String(title), Producer=String(producer)))
    if options.language:
        pdf.Root.Lang = String(options.language)
    if options.pdf_a:
        declare_pdf_a(pdf, title, producer)


def _from_pdf(
    document: Document,
    source: InputFile,
    file: BinaryIO,
    out: BinaryIO,
    options: PdfOptions,
    read: ReadOptions | None,
) -> None:
    import pikepdf

    if options.pdf_a:
        raise InputError(
            f"{source.name}: only images can be written as PDF/A; leave --pdf-a out for PDFs, "
            "or convert them with the OCRmyPDF plugin"
        )
    glyphs = Glyphs()
    with _open_pdf(source, file, read) as pdf:
        font = pdf.make_indirect(pikepdf.Dictionary())
        for page in document.pages:
            if page.number > len(pdf.pages):
                raise _no_page(source, page)
            target = pdf.pages[page.number - 1]
            if _OWN_TEXT not in page.meta and page.lines:
                remove_hidden_text(pdf, target)
                add_text(pdf, target, page, glyphs, font)
            if options.upright and page.rotation:
                target.obj.Rotate = (rotation_of(target) + page.rotation) % 360
        glyphs.add_to(pdf, font)
        if options.language and "/Lang" not in pdf.Root:
            pdf.Root.Lang = pikepdf.String(options.language)
        _save(pdf, out, pikepdf.ObjectStreamMode.preserve)


def _no_page(source: InputFile, page: Page) -> InputError:
    return InputError(f"{source.name}: has no page {page.number}; was it changed meanwhile?")


def _open_pdf(source: InputFile, file: BinaryIO, read: ReadOptions | None) -> pikepdf.Pdf:
    import pikepdf

    password = (read.password if read is not None else None) or ""
    try:
        return pikepdf.open(file, password=password, access_mode=pikepdf.AccessMode.stream)
    except pikepdf.PasswordError as error:
        raise InputError(f"{source.name}: is encrypted; give its --password") from error
    except pikepdf.PdfError as error:
        raise InputError(f"{source.name}: damaged PDF ({error})") from error


def _save(pdf: pikepdf.Pdf, out: BinaryIO, mode: pikepdf.ObjectStreamMode) -> None:
    """Writes all streams as they are, the identifier from the content, nothing encrypted."""
    import pikepdf

    pdf.save(
        out,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=mode,
        deterministic_id=True,
        encryption=False,
    )

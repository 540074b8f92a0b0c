# SPDX-License-Identifier: Apache-2.0
"""A PDF as it is, with a text layer on the pages that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile
from ocr_pipeline.writers.pdf.archive import save_as_pdf_a
from ocr_pipeline.writers.pdf.from_images import no_page
from ocr_pipeline.writers.pdf.glyphs import Glyphs
from ocr_pipeline.writers.pdf.hidden import remove_hidden_text
from ocr_pipeline.writers.pdf.layer import add_text, rotation_of
from ocr_pipeline.writers.pdf.store import PikepdfStore

if TYPE_CHECKING:
    import pikepdf

# In a page's meta: its own text was kept, or it was passed over for it.
_OWN_TEXT = "pdf_text"


def write_layered(
    document: Document,
    source: InputFile,
    file: BinaryIO,
    out: BinaryIO,
    options: PdfOptions,
    read: ReadOptions | None,
) -> None:
    """Writes a PDF with the text that was read on its pages.

    Raises:
        InputError: if it is damaged, or encrypted and the password is missing or wrong.
        UsageError: if pikepdf is not installed.
    """
    glyphs = Glyphs()
    with _open_pdf(source, file, read) as pdf:
        store = PikepdfStore(pdf)
        font = store.reserve()
        for page in document.pages:
            if page.number > len(pdf.pages):
                raise no_page(source, page)
            target = pdf.pages[page.number - 1]
            if _OWN_TEXT not in page.meta and page.lines:
                remove_hidden_text(pdf, target)
                add_text(store, target, page, glyphs, font)
            if options.upright and page.rotation:
                target.obj.Rotate = (rotation_of(target) + page.rotation) % 360
        glyphs.add_to(store, font)
        if options.language and "/Lang" not in pdf.Root:
            store.add({"Lang": options.language}, at=pdf.Root)
        if options.pdf_a:
            save_as_pdf_a(pdf, out, source.name)
        else:
            _save(pdf, out)


def _open_pdf(source: InputFile, file: BinaryIO, read: ReadOptions | None) -> pikepdf.Pdf:
    try:
        import pikepdf
    except ImportError as error:
        raise UsageError(
            f"{source.name}: text is added to PDFs by pikepdf: pip install 'ocr-pipeline[pdf]'"
        ) from error
    password = (read.password if read is not None else None) or ""
    try:
        return pikepdf.open(file, password=password, access_mode=pikepdf.AccessMode.stream)
    except pikepdf.PasswordError as error:
        raise InputError(f"{source.name}: is encrypted; give its --password") from error
    except pikepdf.PdfError as error:
        raise InputError(f"{source.name}: damaged PDF ({error})") from error


def _save(pdf: pikepdf.Pdf, out: BinaryIO) -> None:
    """Writes all streams as they are, the identifier from the content, nothing encrypted."""
    import pikepdf

    pdf.save(
        out,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.preserve,
        deterministic_id=True,
        encryption=False,
    )

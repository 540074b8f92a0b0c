# SPDX-License-Identifier: Apache-2.0
"""A PDF of images: a page for each, with its picture and what was read on it."""

from __future__ import annotations

import math
from contextlib import ExitStack
from hashlib import sha256
from pathlib import PurePath
from typing import Any, BinaryIO

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.pdf_options import PdfOptions
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile, OpenDocument, open_document
from ocr_pipeline.writers.pdf.archive import PRODUCER, pdf_a_entries
from ocr_pipeline.writers.pdf.glyphs import Glyphs, clean
from ocr_pipeline.writers.pdf.layer import FONT, pixels_to_page
from ocr_pipeline.writers.pdf.objects import Name, PdfFile, Ref, add_compressed, number
from ocr_pipeline.writers.pdf.pictures import RGB, Picture, PictureFile
from ocr_pipeline.writers.pdf.text import page_text

# Points. Viewers refuse longer sides, unless the page names a larger unit, and shorter ones.
MAX_SIDE, MIN_SIDE = 14400.0, 3.0
# An image without a believable resolution gets the one that makes it as tall as A4, within these.
A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)
MIN_DPI, MAX_DPI = 72.0, 600.0
_COMPONENTS = {"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4}

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


def write_images(
    document: Document,
    source: InputFile,
    file: BinaryIO,
    out: BinaryIO,
    options: PdfOptions,
    read: ReadOptions | None,
) -> None:
    """Writes the PDF of an image file; one page of it is in memory at a time.

    Raises:
        InputError: if a page has no picture, unless the document says that it could not be read.
    """
    with ExitStack() as stack:
        decoder = stack.enter_context(_Decoder(source, read))
        pictures = stack.enter_context(PictureFile(file, decoder.pixels))
        pdf = _ImagePdf(out)
        for page in document.pages:
            try:
                picture = pictures.picture(page.number - 1, device_cmyk=not options.pdf_a)
            except IndexError as error:
                raise no_page(source, page) from error
            except InputError:
                if "error" not in page.meta:
                    raise
                pdf.add_blank()
                continue
            pdf.add(page, picture, options.upright)
        if not pdf.pages:
            raise InputError(f"{source.name}: holds no page")
        pdf.finish(clean(PurePath(document.source).stem), options)


def write_text_layer(page: Page, out: BinaryIO, font: str = FONT) -> None:
    """Writes a PDF of one page that holds the text of a page and nothing to be seen.

    Args:
        page: what was read; the PDF's page has the size of its image by its resolution, or a
            point for each pixel without one.
        out: file to write to.
        font: name of the font among the page's resources.
    """
    scale = 72 / (page.dpi or 72.0)
    pdf = _ImagePdf(out, font)
    pdf.add_text(page, page.width * scale, page.height * scale)
    pdf.finish("", PdfOptions())


def no_page(source: InputFile, page: Page) -> InputError:
    """The input has fewer pages than were read."""
    return InputError(f"{source.name}: has no page {page.number}; was it changed meanwhile?")


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


class _ImagePdf:
    """A PDF under way."""

    def __init__(self, out: BinaryIO, font: str = FONT) -> None:
        self._file = PdfFile(out)
        self._font_name = font
        self._glyphs = Glyphs()
        self._tree = self._file.reserve()
        self._font = self._file.reserve()
        self._profiles: dict[bytes, Ref] = {}
        self.pages: list[Ref] = []

    def add_blank(self) -> None:
        """A page with nothing on it, for one that could not be read."""
        self._add_page({"MediaBox": [0, 0, *A4], "Resources": {}})

    def add_text(self, page: Page, width: float, height: float) -> None:
        """A page that holds text alone."""
        to_page = pixels_to_page((0, 0, width, height), 0, page.width, page.height)
        text = page_text(page, to_page, self._glyphs, self._font_name)
        resources = {"Font": {self._font_name: self._font}} if text else {}
        content = add_compressed(self._file, {}, text)
        self._add_page(
            {"MediaBox": [0, 0, width, height], "Resources": resources, "Contents": content}
        )

    def add(self, page: Page, picture: Picture, upright: bool) -> None:
        """A page that shows a picture, with its text."""
        width, height = page_size(page, picture)
        unit = max(1, math.ceil(max(width, height) / MAX_SIDE))
        width = round(max(width / unit, MIN_SIDE), 3)
        height = round(max(height / unit, MIN_SIDE), 3)
        to_page = pixels_to_page((0, 0, width, height), 0, page.width, page.height)
        text = page_text(page, to_page, self._glyphs, self._font_name)
        turn = _TURNS[picture.orientation - 1]
        matrix = [number(v * (height if i % 2 else width), 3) for i, v in enumerate(turn)]
        content = text + f"q {' '.join(matrix)} cm /Im Do Q\n".encode("ascii")
        resources: dict[str, Any] = {"XObject": {"Im": self._add_picture(picture)}}
        if text:
            resources["Font"] = {self._font_name: self._font}
        entries: dict[str, Any] = {
            "MediaBox": [0, 0, width, height],
            "Resources": resources,
            "Contents": add_compressed(self._file, {}, content),
        }
        if unit > 1:
            entries["UserUnit"] = unit
        if upright and page.rotation:
            entries["Rotate"] = page.rotation
        self._add_page(entries)

    def _add_page(self, entries: dict[str, Any]) -> None:
        entries = {"Type": Name("Page"), "Parent": self._tree, **entries}
        self.pages.append(self._file.add(entries))

    def _add_picture(self, picture: Picture) -> Ref:
        entries: dict[str, Any] = {
            "Type": Name("XObject"),
            "Subtype": Name("Image"),
            "Width": picture.width,
            "Height": picture.height,
            "Filter": Name(picture.coding),
        }
        if picture.coding != "JPXDecode":
            entries["BitsPerComponent"] = picture.bits
        if picture.base is not None:
            entries["ColorSpace"] = self._colors(picture, picture.base)
        if picture.parameters:
            entries["DecodeParms"] = picture.parameters
        if picture.inverted:
            entries["Decode"] = [1, 0] * 4
        return self._file.add(entries, picture.data)

    def _colors(self, picture: Picture, device: str) -> Any:
        base: Any = Name(device)
        if picture.icc:
            base = [Name("ICCBased"), self._profile(picture.icc, device)]
        if picture.palette:
            return [Name("Indexed"), base, len(picture.palette) // 3 - 1, picture.palette]
        return base

    def _profile(self, icc: bytes, device: str) -> Ref:
        """The profile's stream; one for all pictures that share it."""
        key = sha256(icc).digest()
        if key not in self._profiles:
            entries = {"N": _COMPONENTS[device], "Alternate": Name(device)}
            self._profiles[key] = add_compressed(self._file, entries, icc)
        return self._profiles[key]

    def finish(self, title: str, options: PdfOptions) -> None:
        """Writes what holds the pages together. No dates: equal inputs give equal files."""
        file = self._file
        self._glyphs.add_to(file, self._font)
        tree = {"Type": Name("Pages"), "Kids": self.pages, "Count": len(self.pages)}
        file.add(tree, at=self._tree)
        catalog: dict[str, Any] = {"Type": Name("Catalog"), "Pages": self._tree}
        if options.language:
            catalog["Lang"] = options.language
        if options.pdf_a:
            catalog.update(pdf_a_entries(file, title))
        info = {"Title": title, "Producer": PRODUCER}
        file.finish(file.add(catalog), file.add(info))


def page_size(page: Page, picture: Picture) -> tuple[float, float]:
    """Width and height of a picture's page in points, by the best resolution that is known.

    That is the file's own, along each axis; else the page's; else the one that makes the longer
    side as long as that of A4, but no coarser than 72 dpi and no finer than 600.
    """
    width, height = picture.size
    stated = picture.resolution
    if stated is None or (page.dpi and abs(stated[0] - page.dpi) > 1):
        guess = min(max(max(width, height) * 72 / max(A4), MIN_DPI), MAX_DPI)
        dpi = page.dpi or guess
        stated = dpi, dpi
    return width * 72 / stated[0], height * 72 / stated[1]

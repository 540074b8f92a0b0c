# SPDX-License-Identifier: Apache-2.0
"""The pictures of an image file as a PDF can hold them: the file's own data wherever it can."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, JpegImagePlugin, TiffImagePlugin

from ocr_pipeline.core.decoding import read_head
from ocr_pipeline.core.resolution import stated_dpi
from ocr_pipeline.core.tiff import is_tiff, page_positions
from ocr_pipeline.writers.pdf.jpeg import jpeg_head
from ocr_pipeline.writers.pdf.png import GREY, PALETTE, png_data
from ocr_pipeline.writers.pdf.tiff import FaxData, encode_fax, tiff_fax, tiff_jpeg

RGB = npt.NDArray[np.uint8]

_ORIENTATION = 0x0112
_GREY, _COLOR, _CMYK = "DeviceGray", "DeviceRGB", "DeviceCMYK"
_BASE = {1: _GREY, 3: _COLOR, 4: _CMYK}
_ICC_SPACE = {_GREY: b"GRAY", _COLOR: b"RGB ", _CMYK: b"CMYK"}
# Others are decoded by the reader, which knows how to open them.
_FORMATS = ("PNG", "JPEG", "MPO", "TIFF", "JPEG2000", "GIF", "BMP", "DIB", "PPM", "WEBP")
_SAMPLES, _BITS = 277, 258
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, struct.error)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is stored in a PDF.

    Attributes:
        width, height: pixels of the stored data.
        coding: PDF's name of the filter that decodes the data.
        data: the compressed data.
        base: PDF's name of the device colour space; None leaves it to the data.
        bits: of a colour component or palette index.
        palette: RGB triples where the data are indices.
        icc: profile that says what the colours mean; only one that fits ``base``.
        parameters: of the filter.
        inverted: 0 is full ink and not none.
        orientation: EXIF's number, 1 to 8, for how the data are to be turned for display.
        dpi: horizontal and vertical resolution of the stored data, where they are believable.
    """

    width: int
    height: int
    coding: str
    data: bytes = field(repr=False)
    base: str | None
    bits: int = 8
    palette: bytes = b""
    icc: bytes = field(default=b"", repr=False)
    parameters: dict[str, Any] = field(default_factory=dict)
    inverted: bool = False
    orientation: int = 1
    dpi: tuple[float, float] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels as displayed."""
        turned = self.orientation >= 5
        return (self.height, self.width) if turned else (self.width, self.height)

    @property
    def resolution(self) -> tuple[float, float] | None:
        """``dpi`` along the axes of the display."""
        if self.dpi is None or self.orientation < 5:
            return self.dpi
        return self.dpi[1], self.dpi[0]


class PictureFile:
    """An image file that is open for taking its pictures out. A context manager.

    Args:
        file: its bytes, seekable; not closed here.
        decode: gives the pixels (H, W, 3) of a page, by its index, as a last resort.
    """

    def __init__(self, file: BinaryIO, decode: Callable[[int], RGB]) -> None:
        self._file = file
        self._decode = decode
        self._image: Image.Image | None = None
        self._positions: list[int] = []
        try:
            self._positions = page_positions(file) if is_tiff(read_head(file)) else [0]
            file.seek(0)
            Image.init()
            known = [name for name in _FORMATS if name in Image.OPEN]
            self._image = Image.open(file, formats=known)
        except _DAMAGED:
            self._image = None

    def __enter__(self) -> PictureFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._image is not None:
            self._image.close()

    def picture(self, index: int, device_cmyk: bool = True) -> Picture:
        """The picture of a page, with the data of the file if a PDF can hold them.

        Args:
            index: of the page, from 0.
            device_cmyk: allow ink colours without a profile; otherwise they become RGB.
        """
        picture = None
        if self._image is not None:
            try:
                self._image.seek(self._positions[index])
                picture = self._own(self._image)
            except _DAMAGED:
                picture = None
        if picture is None or (picture.base == _CMYK and not (picture.icc or device_cmyk)):
            plain = _from_pixels(self._decode(index))
            return plain if picture is None else replace(plain, dpi=picture.resolution)
        return picture

    def _own(self, image: Image.Image) -> Picture | None:
        orientation = int(image.getexif().get(_ORIENTATION, 1))
        facts: dict[str, Any] = {
            "orientation": orientation if 1 <= orientation <= 8 else 1,
            "dpi": _resolution(image),
        }
        picture = self._stored(image)
        if picture is None:
            picture, facts["orientation"] = _recoded(image), 1
            if picture is None:
                return None
            if orientation >= 5 and facts["dpi"]:
                facts["dpi"] = facts["dpi"][::-1]
        return replace(picture, icc=_profile(image, picture.base), **facts)

    def _stored(self, image: Image.Image) -> Picture | None:
        """The file's data; None if they have to be coded anew."""
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            fax = tiff_fax(image, self._file)
            if fax is not None:
                return _fax_picture(fax)
            found = tiff_jpeg(image, self._file)
            return _jpeg_picture(found[0], rgb=found[1]) if found else None
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            return _jpeg_picture(self._bytes(_jpeg_end(image)))
        if image.format == "JPEG2000":
            return self._jpeg_2000(image)
        return _png_picture(self._bytes()) if image.format == "PNG" else None

    def _jpeg_2000(self, image: Image.Image) -> Picture | None:
        if image.mode not in ("L", "RGB"):
            return None
        data = self._bytes()
        # A JP2 file names its colours itself, a bare codestream does not.
        bare = data.startswith(b"\xff\x4f\xff\x51")
        base = _GREY if image.mode == "L" else _COLOR
        return Picture(image.width, image.height, "JPXDecode", data, base if bare else None)

    def _bytes(self, size: int = -1) -> bytes:
        self._file.seek(0)
        return self._file.read(size)


def _jpeg_end(image: Image.Image) -> int:
    """Length of the first of several JPEG pictures in one file; -1 for all of the file."""
    entries = getattr(image, "mpinfo", None)
    return int(entries[0xB002][0]["Size"]) if entries else -1


def _jpeg_picture(data: bytes, rgb: bool = False) -> Picture | None:
    head = jpeg_head(data)
    if head is None:
        return None
    plain = head.components == 3 and (rgb or head.rgb_names) and not head.adobe
    return Picture(
        head.width,
        head.height,
        "DCTDecode",
        data,
        _BASE[head.components],
        parameters={"ColorTransform": 0} if plain else {},
        # Adobe's programs store ink inverted, and everyone who writes their marker does.
        inverted=head.components == 4 and head.adobe,
    )


def _fax_picture(fax: FaxData) -> Picture:
    parameters: dict[str, Any] = {"K": -1, "Columns": fax.width, "Rows": fax.height}
    if fax.white:  # the code's white is the bit 0, which then is black on the page
        parameters["BlackIs1"] = True
    return Picture(
        fax.width, fax.height, "CCITTFaxDecode", fax.data, _GREY, 1, parameters=parameters
    )


def _png_picture(file: bytes) -> Picture | None:
    png = png_data(file)
    if png is None or (png.kind == PALETTE and not png.palette):
        return None
    colors = 1 if png.kind in (GREY, PALETTE) else 3
    return Picture(
        png.width,
        png.height,
        "FlateDecode",
        png.data,
        _GREY if png.kind == GREY else _COLOR,
        png.bits,
        png.palette if png.kind == PALETTE else b"",
        parameters={
            "Predictor": 15,
            "Colors": colors,
            "BitsPerComponent": png.bits,
            "Columns": png.width,
        },
    )


def _recoded(image: Image.Image) -> Picture | None:
    """The pixels compressed anew without loss, upright, transparency laid on white.

    Returns:
        None for pixels that a PDF does not know, such as floating-point numbers.
    """
    tags = getattr(image, "tag_v2", {})
    if tags.get(_SAMPLES, 1) > 1 and max(tags.get(_BITS, (1,))) > 8:
        return None
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        target = "L" if image.mode in ("LA", "La") else "RGB"
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA")).convert(target)
    if image.mode == "1":
        return _fax_picture(encode_fax(image))
    if image.mode == "CMYK":
        data = zlib.compress(image.tobytes())
        return Picture(image.width, image.height, "FlateDecode", data, _CMYK)
    if image.mode == "I;16B":
        image = Image.fromarray(np.asarray(image).astype("<u2"))
    if image.mode in ("L", "P", "RGB", "I;16"):
        buffer = io.BytesIO()
        image.save(buffer, "PNG", icc_profile=None)  # a profile is kept elsewhere
        return _png_picture(buffer.getvalue())
    return None


def _from_pixels(pixels: RGB) -> Picture:
    grey = bool(
        (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    )
    picture = _recoded(Image.fromarray(np.ascontiguousarray(pixels[..., 0]) if grey else pixels))
    assert picture is not None
    return picture


def _resolution(image: Image.Image) -> tuple[float, float] | None:
    """Stated resolution along both axes, where it is believable; that of a fax differs by axis."""
    dpi = stated_dpi(image)
    if dpi is None:
        return None
    try:
        x, y = (float(value) for value in image.info["dpi"])
        ratio = y / x
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        ratio = 1.0
    return dpi, dpi * ratio if 1 / 4 <= ratio <= 4 else dpi


def _profile(image: Image.Image, base: str | None) -> bytes:
    """The colour profile of a file, if it is one for colours of the kind that are stored."""
    icc = image.info.get("icc_profile") or b""
    sound = len(icc) >= 128 and icc[36:40] == b"acsp" and base is not None
    sound = sound and icc[8] <= 4  # later versions are not for PDFs
    fits = sound and icc[16:20] == _ICC_SPACE[str(base)]
    return icc if fits and icc[12:16] in (b"scnr", b"mntr", b"prtr", b"spac") else b""

# SPDX-License-Identifier: Apache-2.0
"""Fax and JPEG data of TIFF pages, taken out without decoding."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image, ImageChops, TiffImagePlugin

# Tags and values of TIFF 6.0.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_FILL_ORDER, _OFFSETS, _SAMPLES, _LENGTHS, _T6_OPTIONS = 266, 273, 277, 279, 293
_TILE_WIDTH, _JPEG_TABLES = 322, 347
_FAX4, _JPEG = 4, 7
_WHITE_IS_0, _BLACK_IS_0, _RGB, _YCBCR = 0, 1, 2, 6
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class FaxData:
    """Group 4 fax data in one piece; ``white`` is the bit that stands for white, 0 or 1."""

    width: int
    height: int
    white: int
    data: bytes


def tiff_fax(image: TiffImagePlugin.TiffImageFile, file: BinaryIO) -> FaxData | None:
    """The data of a page in Group 4 fax compression, as the file holds it.

    Returns:
        None if it is compressed otherwise, or cut into several strips: each of these starts anew,
        so they cannot be joined without decoding.
    """
    tags = image.tag_v2
    plain = tags.get(_SAMPLES, 1) == 1 and _first(tags.get(_BITS, 1)) == 1
    if tags.get(_COMPRESSION) != _FAX4 or not plain or tags.get(_T6_OPTIONS, 0):
        return None
    photometric = tags.get(_PHOTOMETRIC, _WHITE_IS_0)
    data = _only_strip(tags, file)
    if data is None or photometric not in (_WHITE_IS_0, _BLACK_IS_0):
        return None
    if tags.get(_FILL_ORDER, 1) == 2:
        data = data.translate(_MIRRORED)
    return FaxData(tags[_WIDTH], tags[_HEIGHT], photometric, data)


def encode_fax(image: Image.Image) -> FaxData:
    """Compresses a bilevel image (mode ``1``) without loss."""
    buffer = io.BytesIO()
    # Inverted, since the code is short where white is 0, and in one strip.
    inverted = ImageChops.invert(image)
    size = max((image.width + 7) // 8 * image.height, 1)
    inverted.save(buffer, "TIFF", compression="group4", strip_size=size)
    with Image.open(buffer) as copy:
        assert isinstance(copy, TiffImagePlugin.TiffImageFile)
        fax = tiff_fax(copy, buffer)
    assert fax is not None
    return FaxData(fax.width, fax.height, _WHITE_IS_0, fax.data)


def tiff_jpeg(image: TiffImagePlugin.TiffImageFile, file: BinaryIO) -> tuple[bytes, bool] | None:
    """The JPEG file inside a page that is one JPEG strip.

    Returns:
        The file, with the tables that the page keeps apart, and whether its three components are
        RGB instead of YCbCr; None for other pages.
    """
    tags = image.tag_v2
    photometric = tags.get(_PHOTOMETRIC)
    if tags.get(_COMPRESSION) != _JPEG or photometric not in (_BLACK_IS_0, _RGB, _YCBCR):
        return None
    data = _only_strip(tags, file)
    if data is None or not data.startswith(b"\xff\xd8"):
        return None
    tables = bytes(tags.get(_JPEG_TABLES, b""))
    if tables:
        data = tables[:-2] + data[2:]  # without the end of the one and the start of the other
    return data, photometric == _RGB


def _only_strip(tags: Any, file: BinaryIO) -> bytes | None:
    offsets, lengths = tags.get(_OFFSETS, ()), tags.get(_LENGTHS, ())
    if _TILE_WIDTH in tags or len(offsets) != 1 or len(lengths) != 1:
        return None
    file.seek(offsets[0])
    data = file.read(lengths[0])
    return data if len(data) == lengths[0] else None


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value

# SPDX-License-Identifier: Apache-2.0
"""Pixels of every kind to 8-bit RGB on white paper."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

RGB = npt.NDArray[np.uint8]

_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_BAND_PIXELS = 1 << 22
_GLANCE = 64  # one row of so many; and rows that are compared at once, which a cache holds
_DEPTHS = (1, 8, 10, 12, 14, 16, 24, 32)
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0


def to_rgb(image: Image.Image) -> RGB:
    """A decoded image as (H, W, 3) uint8 RGB.

    Alpha is laid on white, CMYK, palette, bilevel and 16-bit images become 8-bit RGB. It is done
    in bands of rows, so that a large page is not in memory in three copies.
    """
    convert = _converter(image)
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    boxes = _bands(width, height)
    for box in boxes:
        band = convert(image.crop(box) if len(boxes) > 1 else image)
        if band.ndim == 2:  # spread by numpy, grey takes twenty times as long
            cv2.cvtColor(band, cv2.COLOR_GRAY2RGB, dst=pixels[box[1] : box[3]])
        else:
            pixels[box[1] : box[3]] = band
    return pixels


def one_channel(image: RGB) -> npt.NDArray[np.uint8] | None:
    """The grey (H, W) of an image (H, W, 3) whose channels are all the same; else None.

    Most pages are grey, and work on one channel takes half the time of that on three.
    """
    # A glance spares most coloured pages the look.
    first = image[::_GLANCE, :, 0]
    if not all(np.array_equal(first, image[::_GLANCE, :, channel]) for channel in (1, 2)):
        return None
    grey = np.empty(image.shape[:2], np.uint8)
    for y in range(0, len(image), _GLANCE):
        rows = image[y : y + _GLANCE]
        found = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY)
        if cv2.norm(rows, cv2.cvtColor(found, cv2.COLOR_GRAY2RGB), cv2.NORM_INF):
            return None
        grey[y : y + _GLANCE] = found
    return grey


def _bands(width: int, height: int) -> list[tuple[int, int, int, int]]:
    rows = max(1, _BAND_PIXELS // max(width, 1))
    return [(0, y, width, min(y + rows, height)) for y in range(0, height, rows)]


def _converter(image: Image.Image) -> Callable[[Image.Image], npt.NDArray[np.uint8]]:
    """What turns a band of this image into an array (h, W, 3), or (h, W) grey."""
    if image.mode in _DEEP:
        return _deep_converter(image)
    if image.mode == "LAB":
        return lambda band: _grey(band.getchannel("L"))  # the lightness is what carries text
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return _on_white
    if image.mode in ("1", "L"):
        return _grey
    # Without Adobe's mark a CMYK JPEG is stored upright; Pillow takes each for Adobe's negative.
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        return lambda band: np.asarray(ImageChops.invert(band).convert("RGB"))
    # Of the same mode, too, Pillow would make a copy first.
    return lambda band: np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _grey(band: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(band if band.mode == "L" else band.convert("L"))


def _on_white(band: Image.Image) -> npt.NDArray[np.uint8]:
    if band.mode == "RGBA" and band.getchannel("A").getextrema() == (255, 255):
        return np.asarray(cv2.cvtColor(np.asarray(band), cv2.COLOR_RGBA2RGB), np.uint8)
    band = band.convert("RGBA")
    white = Image.new("RGBA", band.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, band).convert("RGB"))


def _deep_converter(image: Image.Image) -> Callable[[Image.Image], npt.NDArray[np.uint8]]:
    """16-bit, 32-bit and float grey, by the range that the values of the whole image use."""
    top = max(float(np.nanmax(_values(image.crop(box)))) for box in _bands(*image.size))
    full = _full_scale(top, image.mode == "F")
    # Pillow turns such images of up to 8 bits over, but not deeper ones.
    negative = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO

    def convert(band: Image.Image) -> npt.NDArray[np.uint8]:
        scaled = np.nan_to_num(_values(band)) * np.float32(255.0 / full)
        grey = np.clip(scaled, 0, 255).astype(np.uint8)
        return 255 - grey if negative else grey

    return convert


def _values(band: Image.Image) -> npt.NDArray[np.float32]:
    values = np.asarray(band)
    if values.dtype == np.int32 and values.size and values.min() < 0:
        values = values.view(np.uint32)  # Pillow knows no unsigned 32-bit images
    return values.astype(np.float32)


def _full_scale(top: float, real: bool) -> float:
    """The value of white: the end of the range of the fewest bits that hold the largest value."""
    if real:
        return 1.0 if top <= 1.0 else 255.0 if top <= 255.0 else max(top, 65535.0)
    return float(next(((1 << bits) - 1 for bits in _DEPTHS if top <= (1 << bits)), 0xFFFFFFFF))

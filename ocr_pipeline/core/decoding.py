# SPDX-License-Identifier: Apache-2.0
"""Image files decoded page by page, whatever they hold."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ocr_pipeline.core.errors import InputError, TooLargeError, UnknownKindError
from ocr_pipeline.core.pixels import RGB, to_rgb
from ocr_pipeline.core.resolution import stated_dpi
from ocr_pipeline.core.tiff import is_tiff, page_positions
from ocr_pipeline.core.truncation import is_cut_short

# A 600-dpi A1 drawing has 280 megapixels; what is far larger is taken for a decompression bomb.
MAX_PIXELS = 300_000_000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns from here on and refuses twice as many

# What is wrong with a file is said in an error that names it, or does not matter. Behind all other
# filters, so that whoever wants to see Pillow's warnings does.
warnings.filterwarnings("ignore", module=r"PIL\.", append=True)

# The formats people scan, photograph and send in. Pillow knows more, among them some that start
# other programs (EPS) or are hardly ever used but for attacks.
_FORMATS = ("PNG", "JPEG", "MPO", "TIFF", "BMP", "DIB", "GIF", "WEBP", "JPEG2000", "PPM", "AVIF")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_SAMPLES, _PLANAR, _BITS = 277, 284, 258


class ImagePages:
    """The pages of one image file: those of a TIFF, the first picture of any other format.

    Args:
        file: the bytes, seekable; stays open and belongs to the caller.
        name: what messages call the file.

    Raises:
        InputError: if it is empty, damaged, too large or no image.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._open: Image.Image | None = None
        with explained(name):
            head = read_head(file)
            if not head:
                raise InputError(f"{name}: the file is empty")
            if is_cut_short(file, head):
                raise InputError(f"{name}: truncated")
            self._positions = page_positions(file) if is_tiff(head) else [0]
            self._formats = _formats(head, name)
            self._image()

    def __len__(self) -> int:
        return len(self._positions)

    def page(self, index: int) -> tuple[RGB, float | None]:
        """Pixels (H, W, 3) of a page and its resolution if that is believable.

        Raises:
            InputError: if the page is damaged or too large.
        """
        with explained(self._name, index + 1 if len(self) > 1 else None):
            image = self._image(index)
            if _has_deep_planes(image):
                return self._by_opencv(self._positions[index]), stated_dpi(image)
            image.load()
            dpi = stated_dpi(image)
            if len(self) > 1:
                turned = image  # Pillow has turned each page of a TIFF while loading it
            else:
                self._open = None  # decoded once and given away
                ImageOps.exif_transpose(image, in_place=True)
                turned = image
            return to_rgb(turned), dpi

    def size(self, index: int) -> tuple[int, int]:
        """Width and height of a page as :meth:`page` will give it, without decoding it.

        Raises:
            InputError: if its header is damaged.
        """
        with explained(self._name, index + 1 if len(self) > 1 else None):
            image = self._image(index)
            # Asking a PNG without EXIF data for it would decode the whole image.
            exif = image.getexif() if "exif" in image.info else {}
            turned = len(self) == 1 and exif.get(ExifTags.Base.Orientation, 1) > 4
            return image.size[::-1] if turned else image.size

    def close(self) -> None:
        """Forgets what is decoded; the file stays open."""
        self._open = None

    def _image(self, index: int = 0) -> Image.Image:
        """The file as Pillow has opened it, at a page that is not decoded yet."""
        if self._open is None:
            self._open = self._opened()
        image = self._open
        if self._positions[index]:
            image.seek(self._positions[index])
        elif len(self) > 1:
            image.seek(0)
        check_size(*image.size)
        return image

    def _opened(self) -> Image.Image:
        try:
            return Image.open(self._file, formats=self._formats)
        except UnidentifiedImageError as error:
            if is_tiff(read_head(self._file)):
                reason = "a TIFF of an unusual kind, or damaged; convert it to 8 bits a sample"
                raise UnknownKindError(f"{self._name}: {reason}") from error
            raise

    def _by_opencv(self, position: int) -> RGB:
        self._file.seek(0)
        data = np.frombuffer(self._file.read(), np.uint8)
        done, pages = cv2.imdecodemulti(data, cv2.IMREAD_COLOR, range=(position, position + 1))
        if not done or not pages:
            raise ValueError("planes of 16 bits that cannot be decoded; convert it to 8 bits")
        return np.ascontiguousarray(pages[0][..., ::-1])


def read_head(file: BinaryIO, size: int = 64) -> bytes:
    """The first bytes of a file, which is left at its beginning."""
    file.seek(0)
    head = file.read(size)
    file.seek(0)
    return head


def is_heif(head: bytes) -> bool:
    """Whether a file that begins so is a HEIF image (HEIC), as telephones write it."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def check_size(width: int, height: int) -> None:
    """Refuses decompression bombs before anything is decoded.

    Raises:
        TooLargeError: if there are more than :data:`MAX_PIXELS`.
        ValueError: if there are none.
    """
    if width * height > MAX_PIXELS:
        raise TooLargeError(
            f"{width:,} x {height:,} pixels; more than {MAX_PIXELS:,} are not read, scale it down"
        )
    if width < 1 or height < 1:
        raise ValueError("has no pixels")


@contextmanager
def explained(name: str, page: int | None = None) -> Iterator[None]:
    """Turns whatever a decoder raises into an InputError that names file and page."""
    where = name if page is None else f"{name}: page {page}"
    try:
        yield
    except TooLargeError as error:
        text = str(error)
        raise TooLargeError(text if text.startswith(name) else f"{where}: {text}") from error
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise UnknownKindError(f"{where}: not an image of a known format, or damaged") from error
    except Image.DecompressionBombError as error:
        raise TooLargeError(f"{where}: more than {MAX_PIXELS:,} pixels; scale it down") from error
    except MemoryError as error:
        raise InputError(f"{where}: needs more memory than there is") from error
    except (struct.error, zlib.error, EOFError, IndexError, KeyError) as error:
        raise InputError(f"{where}: damaged or truncated") from error
    except Exception as error:  # decoders raise anything when they meet anything
        reason = str(error) or type(error).__name__
        if isinstance(error, OSError) and "truncated" in reason.lower():
            raise InputError(f"{where}: truncated") from error
        raise InputError(f"{where}: damaged or truncated ({reason})") from error


def _formats(head: bytes, name: str) -> list[str]:
    """Pillow's formats that may open a file that begins so."""
    if not is_heif(head):
        return list(_installed())
    try:
        import pillow_heif
    except ImportError as error:
        raise InputError(f"{name}: a HEIC image; install ocr-pipeline[heic] to read it") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _has_deep_planes(image: Image.Image) -> bool:
    """A TIFF with each colour of more than 8 bits in its own plane, which Pillow mixes up."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, (1,))
    return tags.get(_PLANAR) == 2 and tags.get(_SAMPLES, 1) > 1 and max(bits) > 8

# SPDX-License-Identifier: Apache-2.0
"""Image files in, RGB arrays out; files written whole or not at all."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from ocr_pipeline.core.atomic import atomic_file as atomic_file
from ocr_pipeline.core.atomic import write_atomic as write_atomic
from ocr_pipeline.core.decoding import ImagePages
from ocr_pipeline.core.document import Page
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.pixels import RGB

_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One page of a file as an image.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        dpi: the resolution that the file states or the page was rendered at, if it is believable.
        kept: the page as the file itself gives it, where it is to be kept instead of being read:
            the text layer of a PDF page in pixels of ``image``. Its number is the page's.
    """

    image: RGB
    dpi: float | None = None
    kept: Page | None = None


def iter_frames(path: str | os.PathLike[str]) -> Iterator[Frame]:
    """Decodes all pages of an image file, one after the other.

    EXIF orientation is applied, alpha is laid on white, CMYK, palette, 16-bit and bilevel
    images become 8-bit RGB.

    Raises:
        InputError: if the file is missing, empty, truncated, too large or no image.
    """
    with open_regular(path) as file:
        pages = ImagePages(file, str(path))
        for index in range(len(pages)):
            yield Frame(*pages.page(index))


def load_image(path: str | os.PathLike[str]) -> RGB:
    """The first page of an image file as (H, W, 3) uint8 RGB; see :func:`iter_frames`."""
    with open_regular(path) as file:
        return ImagePages(file, str(path)).page(0)[0]


def open_regular(path: str | os.PathLike[str], name: str | None = None) -> BinaryIO:
    """Opens an ordinary file for reading, and never waits for one that is a pipe or a device.

    Args:
        path: the file.
        name: what messages call it; the path when None.

    Raises:
        InputError: if there is no such file, or it may not be read, or it is of another kind.
    """
    name = str(path) if name is None else name
    try:
        # A pipe that nobody writes to would block here; and what was a file when it was listed
        # may be something else by now, so that what counts is what has been opened.
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        try:
            mode = os.fstat(number).st_mode
            if not stat.S_ISREG(mode):
                raise InputError(f"{name}: {_kind(mode)}")
            return os.fdopen(number, "rb")
        except BaseException:
            os.close(number)
            raise
    except FileNotFoundError as error:
        raise InputError(f"{name}: {_absence(path)}") from error
    except IsADirectoryError as error:
        raise InputError(f"{name}: is a folder, not an image") from error
    except PermissionError as error:
        if Path(path).is_dir() and os.access(path, os.R_OK):  # as Windows says it
            raise InputError(f"{name}: is a folder, not an image") from error
        raise InputError(f"{name}: may not be read; check its permissions") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{name}: cannot be opened ({reason})") from error


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a folder, not an image"
    if stat.S_ISFIFO(mode):
        return "is a pipe, not a file; to read from a pipe, redirect it and name the input '-'"
    return "is a device or socket, not a file"


def _absence(path: str | os.PathLike[str]) -> str:
    return "a link to a file that is not there" if os.path.islink(path) else "no such file"


def encode_image(suffix: str, image: RGB, quality: int = 90) -> bytes:
    """An (H, W) or (H, W, 3) uint8 RGB array as the bytes of an image file.

    Args:
        suffix: ``.png`` and the like: which format.
        image: the pixels.
        quality: of lossy formats, 1 to 95.

    Raises:
        InputError: if no image format has that suffix.
    """
    kind = Image.registered_extensions().get(suffix.lower())
    if kind is None:
        raise InputError(f"{suffix!r} is no image format that can be written")
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=kind, quality=quality)
    return buffer.getvalue()


def save_image(path: str | os.PathLike[str], image: RGB, quality: int = 90) -> None:
    """Writes an (H, W) or (H, W, 3) uint8 RGB array in the format of the file's suffix."""
    path = Path(path)
    if Image.registered_extensions().get(path.suffix.lower()) is None:
        raise InputError(f"{path}: {path.suffix!r} is no image format that can be written")
    write_atomic(path, encode_image(path.suffix, image, quality))

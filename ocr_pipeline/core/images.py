# SPDX-License-Identifier: Apache-2.0
"""Image files in, RGB arrays out; files written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ocr_pipeline.core.document import Page
from ocr_pipeline.core.errors import InputError

# A 600-dpi A1 drawing has 280 megapixels; what is far larger is taken for a decompression bomb.
MAX_PIXELS = 300_000_000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow refuses from twice this figure on

RGB = npt.NDArray[np.uint8]


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
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty")
        with Image.open(path) as image:
            for number, frame in enumerate(ImageSequence.Iterator(image), 1):
                if image.format == "GIF" and number > 1:
                    break  # an animation, not a document
                yield Frame(_to_rgb(frame), _dpi(image))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder, not an image") from error
    except PermissionError as error:
        raise InputError(f"{path}: may not be read; check its permissions") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: not an image of a known format, or damaged") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: more than {MAX_PIXELS:,} pixels; scale it down") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(f"{path}: damaged or truncated ({error})") from error


def load_image(path: str | os.PathLike[str]) -> RGB:
    """The first page of an image file as (H, W, 3) uint8 RGB; see :func:`iter_frames`."""
    for frame in iter_frames(path):
        return frame.image
    raise InputError(f"{path}: holds no image")


def _to_rgb(image: Image.Image) -> RGB:
    image.load()
    image = ImageOps.exif_transpose(image) or image
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _from_deep(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    if image.mode != "RGB":
        image = image.convert("RGB")
    return np.asarray(image, np.uint8).copy()


def _from_deep(values: npt.NDArray[np.generic]) -> RGB:
    """16-bit, 32-bit and float grey to 8 bits, by the range that the values themselves use."""
    data = values.astype(np.float64)
    top = float(np.nanmax(data)) if data.size else 0.0
    full = 255.0 if top <= 255.0 and top > 1.0 else 65535.0 if top > 1.0 else 1.0
    grey = np.clip(np.nan_to_num(data) * (255.0 / full), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _dpi(image: Image.Image) -> float | None:
    """The stated resolution where it is believable for a document (50 to 2400 dpi)."""
    try:
        horizontal = float(image.info.get("dpi", (0.0, 0.0))[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return round(horizontal, 1) if 50 <= horizontal <= 2400 else None


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file beside its place and renames it, so that it is there whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: whenever an interrupt comes, it is known what to clear away.
    temporary = path.parent / f".{path.name[:60]}.{secrets.token_hex(6)}"
    try:
        with temporary.open("xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def save_image(path: str | os.PathLike[str], image: RGB, quality: int = 90) -> None:
    """Writes an (H, W) or (H, W, 3) uint8 RGB array in the format of the file's suffix."""
    path = Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: {path.suffix!r} is no image format that can be written")
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=kind, quality=quality)
    write_atomic(path, buffer.getvalue())

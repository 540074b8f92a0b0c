# SPDX-License-Identifier: Apache-2.0
"""The resolution an image file states, where it can be believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import ExifTags, Image

LOWEST, HIGHEST = 50.0, 2400.0
# Programs write 72 or 96 dpi where they know nothing. Believed only if the page is no larger than
# A3 (16.5 inches), so that a scan of 2480 x 3508 pixels is not taken for a poster.
DEFAULTS = (72.0, 96.0)
LARGEST_BY_DEFAULT = 17.0
LARGEST = 200.0  # inches; the largest page that a PDF can have

_CENTIMETRE = 3
_NO_UNIT = 1


def stated_dpi(image: Image.Image) -> float | None:
    """Dots per inch, from JFIF, PNG, TIFF, BMP, JPEG 2000 or EXIF; None if not believable."""
    for value in _candidates(image):
        if believable(value, max(image.size)):
            return round(value, 1)
    return None


def believable(dpi: float, pixels: int) -> bool:
    """Whether a page whose longer side has so many pixels may have this resolution.

    Example:
        >>> believable(300, 3508), believable(72, 3508), believable(72, 842)
        (True, False, True)
    """
    if not LOWEST <= dpi <= HIGHEST:
        return False
    default = any(abs(dpi - value) < 0.5 for value in DEFAULTS)
    return pixels / dpi <= (LARGEST_BY_DEFAULT if default else LARGEST)


def _candidates(image: Image.Image) -> Iterator[float]:
    yield _number(image.info.get("dpi"))
    try:
        exif = image.getexif()
        unit = exif.get(ExifTags.Base.ResolutionUnit)
        value = _number(exif.get(ExifTags.Base.XResolution))
    except Exception:  # EXIF is parsed lazily, and damaged in any way
        return
    if unit != _NO_UNIT:
        yield value * 2.54 if unit == _CENTIMETRE else value


def _number(value: Any) -> float:
    """The horizontal figure; 0 for what is no number."""
    try:
        return float(value[0] if isinstance(value, (tuple, list)) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return 0.0

# SPDX-License-Identifier: Apache-2.0
"""From a crop to the net's input; the same code in training and in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

# The figures that a weights file carries; what reads them insists on these.
PREPROCESSING: dict[str, Any] = {"color": "grey", "height": 32, "contrast": [1, 99, 40]}
#: What nets may see, and the planes of their input.
COLORS = {"grey": 1, "rgb": 3}
_LOW, _HIGH, _LEAST = 1.0, 99.0, 40.0
MIN_WIDTH = 16
GREY_OF_RGB = (0.299, 0.587, 0.114)  # ITU-R 601
# Least rows, and least rows for each column, of pictures that may hold a line and much else; the
# part of them that it may fill at most; the margin that is left around it, in its own heights; the
# share of the fullest rows' ink that rows of the line have; and the share of ink in a column of a
# letter, which a thin line across has not.
_SQUARE, _BAND, _AROUND, _FAINT, _STROKE = (64, 0.5), 0.4, 0.25, 0.2, 0.15


def to_grey(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(H, W), (H, W, 1) or (H, W, 3) RGB uint8 to (H, W) uint8."""
    if image.ndim == 3:
        if image.shape[2] == 1:
            return image[..., 0]
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    return image


def to_rgb(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(H, W), (H, W, 1) or (H, W, 3) RGB uint8 to (H, W, 3) uint8."""
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    return cv2.cvtColor(to_grey(image), cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)


def as_seen(image: npt.NDArray[np.uint8], color: str) -> npt.NDArray[np.uint8]:
    """An image in what a net sees of it, one of :data:`COLORS`."""
    return to_rgb(image) if color == "rgb" else to_grey(image)


def snug(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The band of a picture in which its one line stands, where most of the picture is empty.

    Some makers' captchas are a line of letters across the middle of a square. Crops of lines and
    all others that are mostly filled, or hold less than three letters side by side, stay as they
    are.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
    """
    tall, wide = image.shape[:2]
    if tall < _SQUARE[0] or tall < _SQUARE[1] * wide:
        return image
    grey = to_grey(image)
    away = cv2.absdiff(grey, np.full_like(grey, np.median(grey)))
    ink = (away > max(12.0, 0.4 * float(np.percentile(away, 97)))).astype(np.float32)
    # Averaged over some rows, for a thin level line has more ink in its row than letters have.
    rows = cv2.blur(ink.mean(1, keepdims=True), (1, tall // 30 | 1))[:, 0]
    thin = np.flatnonzero(rows <= _FAINT * rows.max())
    middle = int(rows.argmax())
    top = int(thin[thin < middle].max(initial=-1)) + 1
    bottom = int(thin[thin > middle].min(initial=tall))
    if bottom - top > _BAND * tall:
        return image
    filled = ink[top:bottom].mean(0) > _STROKE
    if np.count_nonzero(filled[1:] & ~filled[:-1]) + filled[0] < 3:
        return image
    margin = round(_AROUND * (bottom - top))
    return image[max(0, top - margin) : bottom + margin]


def scale_to_height(image: npt.NDArray[np.uint8], height: int) -> npt.NDArray[np.uint8]:
    """Scales a crop to the net's height, keeping its aspect; at least ``MIN_WIDTH`` wide."""
    tall, wide = image.shape[:2]
    width = max(MIN_WIDTH, round(wide * height / max(tall, 1)))
    if (tall, wide) == (height, width):
        return image
    method = cv2.INTER_AREA if tall > height else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method).astype(np.uint8, copy=False)


def stretch(image: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Scales an image to a given size, whatever its aspect."""
    tall, wide = image.shape[:2]
    if (tall, wide) == (height, width):
        return image
    method = cv2.INTER_AREA if tall * wide > height * width else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method).astype(np.uint8, copy=False)


def normalise(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Stretches a line's contrast to [-1, 1].

    Dark and light are the 1st and 99th percentile, so that faded print looks like fresh print;
    a range of less than 40 grey levels is not stretched further, so that blank paper stays
    blank. The colours of a line are stretched as its grey is.

    Args:
        image: (height, W) grey or (height, W, 3) RGB.

    Returns:
        (height, W) or (3, height, W).
    """
    grey = to_grey(image)
    histogram = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum(dtype=np.float64)
    low = int(np.searchsorted(histogram, grey.size * _LOW / 100))
    high = int(np.searchsorted(histogram, grey.size * _HIGH / 100))
    if high - low < _LEAST:
        middle = (low + high) / 2
        low, high = int(middle - _LEAST / 2), int(middle + _LEAST / 2)
    table = (np.arange(256, dtype=np.float32) - low) * (2.0 / (high - low)) - 1.0
    values: npt.NDArray[np.float32] = np.asarray(
        cv2.LUT(image, np.clip(table, -1.0, 1.0)), np.float32
    )
    return values if values.ndim == 2 else np.ascontiguousarray(values.transpose(2, 0, 1))


def prepare(
    crop: npt.NDArray[np.uint8], height: int, width: int = 0, color: str = "grey"
) -> npt.NDArray[np.float32]:
    """A crop of any size to the (height, W) or, in colour, (3, height, W) float32 of the net.

    Args:
        crop: (H, W), (H, W, 1) or (H, W, 3) uint8.
        height: of the net's input.
        width: to which the crop is stretched; 0 keeps its aspect.
        color: what the net sees, of :data:`COLORS`.
    """
    image = as_seen(crop, color)
    return normalise(stretch(image, height, width) if width else scale_to_height(image, height))


def stack(
    lines: Sequence[npt.NDArray[np.float32]], width: int | None = None
) -> npt.NDArray[np.float32]:
    """Pads prepared lines on the right with mid-grey: (N, planes, height, width) float32."""
    planes = 1 if lines[0].ndim == 2 else len(lines[0])
    width = width or round_up(max(line.shape[-1] for line in lines))
    batch = np.zeros((len(lines), planes, lines[0].shape[-2], width), np.float32)
    for row, line in zip(batch, lines, strict=True):
        row[..., : line.shape[-1]] = line
    return batch


def collate(lines: Sequence[npt.NDArray[np.float32]], width: int | None = None) -> Tensor:
    """As :func:`stack`, for torch."""
    import torch

    return torch.from_numpy(stack(lines, width))


def round_up(width: int, multiple: int = 4) -> int:
    """The next multiple of ``multiple`` that is not below ``width``."""
    return -(-width // multiple) * multiple

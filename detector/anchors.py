# SPDX-License-Identifier: Apache-2.0
"""Anchors of CTPN: one column of k boxes, 16 pixels wide, over every cell of the feature map.

Cells are half open: column j covers x in [16·j, 16·j + 16), so strips tile the line without
overlap and the first column of the image is as good as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

#: Width of an anchor and of a cell, in pixels of the network's input.
STRIP = 16

#: Heights that fit documents; the paper's go from 11 to 273, which suits signs.
DEFAULT_HEIGHTS: tuple[float, ...] = (8, 11, 16, 23, 33, 48, 68, 97, 139, 198)


def anchor_spans(rows: int, heights: Sequence[float]) -> tuple[Floats, Floats]:
    """Tops and bottoms of a column's anchors.

    Args:
        rows: rows of the feature map.
        heights: the k heights of the anchors.

    Returns:
        tops and bottoms, each (rows, k).
    """
    centres = (np.arange(rows, dtype=np.float32) * STRIP + STRIP / 2)[:, None]
    half = np.asarray(heights, np.float32)[None] / 2
    return centres - half, centres + half


def encode_vertical(tops: Floats, bottoms: Floats, centres: Floats, heights: Floats) -> Floats:
    """Regression targets of spans against their anchors (section 3.1 of the paper).

    Args:
        tops, bottoms: the spans to encode.
        centres, heights: the anchors they belong to, of the same shape.

    Returns:
        (..., 2): ``(centre − anchor's centre) / anchor's height`` and
        ``log(height / anchor's height)``.
    """
    offset = ((tops + bottoms) / 2 - centres) / heights
    ratio = np.log(np.maximum(bottoms - tops, 1e-3) / heights)
    return np.stack([offset, ratio], -1).astype(np.float32)


def decode_vertical(vertical: Floats, centres: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """The inverse of ``encode_vertical``: tops and bottoms in pixels."""
    middle = vertical[..., 0] * heights + centres
    # Clipped: an untrained net must not overflow.
    tall = np.exp(np.clip(vertical[..., 1], -4.0, 4.0)) * heights
    return middle - tall / 2, middle + tall / 2

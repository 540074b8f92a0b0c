# SPDX-License-Identifier: Apache-2.0
"""A cheap guess of how large a page's type is, to look at the page at the right scale at once."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.blobs import blob_boxes

#: Longest side at which ink is looked at.
LONGEST = 2000
#: Lines are about this much higher than the middle of their letters' heights (measured on
#: receipts and office pages, where it lies between 1.15 and 1.5).
LINE_TO_LETTER = 1.3
#: Ink is darker than the paper around it by more levels than this.
INK = 18
#: Fewer blobs of ink than this say nothing.
FEWEST = 20


def guess_line_height(image: npt.NDArray[np.uint8]) -> float | None:
    """Median height of a page's lines from the heights of its blobs of dark ink.

    Args:
        image: (H, W, 3) RGB or (H, W) grey, uint8.

    Returns:
        Pixels of ``image``; None where there is too little that looks like letters.
    """
    h, w = image.shape[:2]
    scale = min(1.0, LONGEST / max(h, w))
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        size = max(1, round(w * scale)), max(1, round(h * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    paper = cv2.boxFilter(grey, cv2.CV_8U, (41, 41))
    ink = cv2.threshold(cv2.subtract(paper, grey), INK, 1, cv2.THRESH_BINARY)[1]
    wide, tall, area = blob_boxes(np.asarray(ink, np.uint8)).T[2:]
    letter = (tall >= 4) & (tall <= max(8, grey.shape[0] / 8))
    letter &= (wide <= 3 * tall) & (wide >= 0.15 * tall) & (area >= 0.12 * wide * tall)
    heights = np.sort(tall[letter])
    if heights.size < FEWEST:
        return None
    # The median by height, not by number: specks are many but small.
    share = np.cumsum(heights)
    middle = heights[np.searchsorted(share, share[-1] / 2)]
    return float(LINE_TO_LETTER * middle / scale)

# SPDX-License-Identifier: Apache-2.0
"""Connected blobs of a bilevel image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

# Neighbours that come before a pixel, row by row from the left.
_BEFORE = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], np.uint8)
_FEW = 0xFFFE


def blob_boxes(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Boxes of 8-connected blobs.

    Args:
        ink: (H, W) uint8, 0 for the ground, 1 for ink.

    Returns:
        (n, 5) left, top, width, height and area in pixels of each blob.
    """
    # Labels of 16 bits take a third of the time of wide ones. There is at most one for each pixel
    # without a neighbour before it, those that turn out to be of one blob included.
    begins = cv2.countNonZero(cv2.subtract(ink, cv2.dilate(ink, _BEFORE)))
    kind = cv2.CV_16U if begins < _FEW else cv2.CV_32S
    found = cv2.connectedComponentsWithStatsWithAlgorithm(ink, 8, kind, cv2.CCL_DEFAULT)
    return np.asarray(found[2][1:], np.int32)

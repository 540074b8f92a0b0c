# SPDX-License-Identifier: Apache-2.0
"""Rendered pages at the scale in which the net sees pages: what int8 is calibrated on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.anchors import STRIP
from detector.predictor import DetectOptions, line_heights

#: Longest side of what is cut from a page; enough to hold every kind of content.
LONGEST = 640
LEAST = 128


def batches(
    header: Mapping[str, Any], count: int = 100, seed: int = 0
) -> Iterator[npt.NDArray[np.uint8]]:
    """Inputs of the net, (1, H, W, 3) uint8, H and W multiples of 16.

    Pages are drawn by the renderer of the training pages; the same ones each time, as long as
    the fonts are the same.

    Args:
        header: of the net; all of them see the same pages.
        count: number of pages.
        seed: which pages.
    """
    from detector.synthesis import PageRenderer

    renderer = PageRenderer()
    wanted = DetectOptions().line_height
    index = found = 0
    while found < count:
        page = renderer.render(seed, index)
        index += 1
        quads = [line.quad for line in page.lines if not line.ignore]
        tall = float(np.median(line_heights(np.asarray(quads)))) if quads else wanted
        scale = wanted / max(tall, 1.0)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(page.image, None, fx=scale, fy=scale, interpolation=how)
        image = image[:LONGEST, :LONGEST]
        h, w = (side // STRIP * STRIP for side in image.shape[:2])
        if min(h, w) >= LEAST:
            found += 1
            yield np.ascontiguousarray(image[None, :h, :w], np.uint8)

# SPDX-License-Identifier: Apache-2.0
"""Parts of a picture that may be read better than all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.second_look import TURNED, TURNS, WEIGHTS, turned, zoomed
from recognizer.straighten import corners, extent, straightened

Image = npt.NDArray[np.uint8]


class Part(NamedTuple):
    """What a part has to say beside the whole, which has 1; the part; its place in the width."""

    weight: float
    image: Image
    place: tuple[float, float] = (0.0, 1.0)


def parts(image: Image, straight: int, zooms: Sequence[float]) -> Iterator[Part]:
    """Parts of a picture: plates from the front and turned, then what is seen from nearer.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        straight: height of a net's input, for which plates are straightened; 0 if none are.
        zooms: parts of the height that are looked at from nearer.
    """
    if straight:
        for quad in corners(image):
            yield Part(1.0, straightened(image, quad, straight), extent(quad, image.shape[1]))
        for degrees in TURNS:
            yield Part(TURNED, turned(image, degrees))
    for share in zooms:
        yield Part(WEIGHTS[share], zoomed(image, share))

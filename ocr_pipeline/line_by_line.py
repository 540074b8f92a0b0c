# SPDX-License-Identifier: Apache-2.0
"""Reading lines in Latin script and in Chinese, whichever they are in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ocr_pipeline.assembly import legibility

if TYPE_CHECKING:
    from ocr_pipeline.assembly import ReadingLike
    from ocr_pipeline.pipeline import RecognizerLike

Image = npt.NDArray[Any]

# Print that the Latin net knows is more legible to it than this, all but the worst; Chinese
# characters pull it down to half.
SURE, SURE_CHAR = 0.93, 0.5
# Scrawl is read as this or that character by the Chinese net, and none of them is believed.
LEGIBLE = 0.55
_HANZI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


class LineByLine:
    """Reads each line in Latin script or in Chinese, whichever reading is surer.

    The second net sees only those lines that the first is not sure of: a page of English costs
    next to nothing more.

    Args:
        latin: reads Latin script.
        chinese: reads Chinese, and the Latin letters and figures in it.
    """

    def __init__(self, latin: RecognizerLike, chinese: RecognizerLike) -> None:
        self.latin, self.chinese = latin, chinese

    def read(self, crops: Sequence[Image]) -> list[ReadingLike]:
        """Readings of lines, in order."""
        readings = list(self.latin.read(crops))
        doubtful = [i for i, reading in enumerate(readings) if not is_sure(reading)]
        if doubtful:
            others = self.chinese.read([crops[i] for i in doubtful])
            for i, other in zip(doubtful, others, strict=True):
                if is_chinese(other, readings[i]):
                    readings[i] = other
        return readings


def is_sure(reading: ReadingLike) -> bool:
    """Whether a reading in Latin script leaves no room for a Chinese one."""
    if not reading.chars:
        return False
    return legibility(reading) >= SURE and min(c.confidence for c in reading.chars) >= SURE_CHAR


def is_chinese(chinese: ReadingLike, latin: ReadingLike) -> bool:
    """Whether a line's reading in Chinese is the better one.

    One without a Chinese character never is: the other net reads Latin script better.
    """
    found = [c.confidence for c in chinese.chars if _HANZI.match(c.text)]
    if not found or sum(found) < LEGIBLE * len(found):
        return False
    return legibility(chinese) > legibility(latin)

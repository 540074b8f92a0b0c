# SPDX-License-Identifier: Apache-2.0
"""Reading turned copies of pages: do they read as well as the pages themselves?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.document import Document, Line, Page, Polygon, polygon
from ocr_pipeline.core.images import load_image
from ocr_pipeline.layout import Turn


class PipelineLike(Protocol):
    """The part of ``ocr_pipeline.Pipeline`` that is used here."""

    def read(self, source: Any) -> Document: ...


class TurnedPipeline:
    """Reads each page after turning it, and says where on the page itself everything is.

    Args:
        pipeline: what reads.
        rotation: degrees, clockwise, of 0, 90, 180 and 270.
        skew: degrees, clockwise, after that; the page grows to hold what is turned out of it.

    Attributes:
        pages: number of pages read.
        right: number of them that the pipeline turned upright.
    """

    def __init__(self, pipeline: PipelineLike, rotation: int = 0, skew: float = 0.0) -> None:
        self.pipeline = pipeline
        self.rotation = rotation
        self.skew = skew
        self.pages = 0
        self.right = 0

    def read(self, source: str | Path) -> Document:
        """The first page of a file."""
        image = load_image(source)
        turn = Turn(image.shape[1], image.shape[0], self.rotation, -self.skew)
        # Cubic, because a copy should lose as little as it can.
        found = self.pipeline.read(turn.apply(image, cv2.INTER_CUBIC)).pages[0]
        self.pages += 1
        self.right += (found.rotation + self.rotation) % 360 == 0
        return Document(str(source), (_turned_back(found, turn),))


def _turned_back(page: Page, turn: Turn) -> Page:
    lines = tuple(_line_back(line, turn) for line in page.lines)
    return replace(page, width=turn.width, height=turn.height, lines=lines)


def _line_back(line: Line, turn: Turn) -> Line:
    words = tuple(replace(word, polygon=_back(word.polygon, turn), chars=()) for word in line.words)
    return replace(line, polygon=_back(line.polygon, turn), words=words)


def _back(outline: Polygon, turn: Turn) -> Polygon:
    points: npt.NDArray[np.float64] = turn.back(np.array(outline, np.float64))
    return polygon(points)

# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for the two stages, so that what surrounds them is tested without weights.

The fake page has one bar per line; the grey level of a bar says which text stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.options import RunOptions
from ocr_pipeline.pipeline import Pipeline, check_devices


@dataclass(frozen=True)
class FakeLine:
    quad: np.ndarray
    score: float


@dataclass(frozen=True)
class FakeChar:
    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True)
class FakeReading:
    text: str
    confidence: float
    chars: tuple[FakeChar, ...]


def reading(text: str, confidence: float = 0.9) -> FakeReading:
    """A reading whose characters share the crop's width evenly."""
    n = max(len(text), 1)
    chars = tuple(FakeChar(c, confidence, i / n, (i + 1) / n) for i, c in enumerate(text))
    return FakeReading(text, confidence, chars)


def bars(
    boxes: Sequence[tuple[int, int, int, int]], size: tuple[int, int] = (200, 300)
) -> np.ndarray:
    """A white page (H, W, 3) with dark bars; bar i has grey level 10 * (i + 1)."""
    page = np.full((*size, 3), 255, np.uint8)
    for i, (x0, y0, x1, y1) in enumerate(boxes):
        page[y0:y1, x0:x1] = 10 * (i + 1)
    return page


class FakeDetector:
    """Finds bars; the score is 0.9."""

    def detect(self, image: np.ndarray, options: Any = None) -> list[FakeLine]:
        assert image.ndim == 3 and image.dtype == np.uint8
        mask = (image.max(2) < 200).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        return [FakeLine(box_quad(x, y, x + w, y + h), 0.9) for x, y, w, h, _ in stats[1:]]


class FakeRecognizer:
    """Reads a bar by its grey level; an unknown level has no text."""

    def __init__(self, texts: Sequence[str] = ("first line", "second", "third", "fourth")) -> None:
        self.texts = texts
        self.batches: list[int] = []

    def read(self, crops: Sequence[np.ndarray]) -> list[FakeReading]:
        self.batches.append(len(crops))
        return [self._one(crop) for crop in crops]

    def _one(self, crop: np.ndarray) -> FakeReading:
        level = int(np.median(crop[crop.shape[0] // 2, :, 0]))
        index = round(level / 10) - 1
        known = level < 200 and 0 <= index < len(self.texts)
        return reading(self.texts[index] if known else "")


def fake_pipeline(options: RunOptions) -> Pipeline:
    """A pipeline of stand-ins; worker processes find it by its name."""
    check_devices(options)
    return Pipeline(options, detector=FakeDetector(), recognizer=FakeRecognizer())

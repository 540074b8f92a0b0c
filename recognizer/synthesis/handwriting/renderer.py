# SPDX-License-Identifier: Apache-2.0
"""Endless handwritten lines and words as a detector would crop them, with their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.errors import UsageError
from recognizer.synthesis.handwriting.hands import BOX, Hand, Hands
from recognizer.synthesis.handwriting.ink import blot, pen, scan, sheet
from recognizer.synthesis.handwriting.strokes import (
    Habit,
    Written,
    flourish,
    habit,
    neighbours,
    reshape,
    width,
    write,
)
from recognizer.synthesis.handwriting.text import WrittenText
from recognizer.synthesis.lines import STEP, LineSample, first_sample

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less

#: Height that widths are counted at: the task's own net.
NET_HEIGHT = 48


@dataclass(frozen=True)
class HandwritingOptions:
    """What handwriting is rendered.

    Attributes:
        max_width: widest image, in columns after scaling to a height of ``NET_HEIGHT``.
        max_chars: longest text.
        heights: lowest and highest image, in rows.
        corpus: text files that English prose comes from.
        font_folders: folders of handwriting faces; none means those of the system.
    """

    max_width: int = 960
    max_chars: int = 90
    heights: tuple[int, int] = (30, 72)
    corpus: tuple[Path, ...] = field(default=())
    font_folders: tuple[Path, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.max_width < 2 * NET_HEIGHT or self.max_chars < 1:
            raise UsageError(
                f"max_width must be at least {2 * NET_HEIGHT} and max_chars at least 1"
            )
        if not 16 <= self.heights[0] <= self.heights[1]:
            raise UsageError("heights must satisfy 16 <= least <= most")


class HandwritingRenderer:
    """Renders handwriting, each image a pure function of (seed, index).

    Args:
        options: what to render.

    Raises:
        FontError: where no face can be used.
    """

    def __init__(self, options: HandwritingOptions | None = None) -> None:
        self.options = options or HandwritingOptions()
        self.hands = Hands(self.options.font_folders)
        self.text = WrittenText(self.options.corpus)

    def render(self, seed: int, index: int) -> LineSample:
        """Render image number ``index`` of the endless set ``seed``."""
        return first_sample(self._attempt, seed, index)

    def _attempt(self, rng: Rng) -> LineSample | None:
        """One image; None where nothing legible came of it."""
        hand = self.hands.choose(rng)
        text = hand.write(self.text.line(rng, self.options.max_chars))
        how = habit(rng, hand)
        stretch = float(np.exp(rng.normal() * 0.16))
        text = self._fitting(hand, text, how, stretch)
        line = write(rng, hand, text, how) if text else None
        if line is None:
            return None
        if rng.random() < 0.7:
            line = reshape(rng, line, hand)
        if rng.random() < 0.45:
            line = neighbours(rng, line)
        if rng.random() < 0.08:
            line = flourish(rng, line, hand)
        cut = _cut(rng, line, hand)
        stretch = max(stretch, _least_stretch(text, cut))
        least, most = self.options.heights
        rows = int(least + (most - least + 1) * rng.random() ** 1.2)
        scale = rows / (cut[3] - cut[1])
        cols = max(8, round((cut[2] - cut[0]) * stretch * scale))
        if cols * NET_HEIGHT / rows > self.options.max_width:
            return None
        slope = float(rng.normal() * 0.006)
        ink = _warp(rng, line, cut, (rows, cols), (stretch * scale, scale), slope)
        box = BOX * scale
        dark = pen(rng, ink, box)
        paper = sheet(rng, rows, cols, (line.baseline - cut[1]) * scale, box, slope)
        image = scan(rng, blot(rng, dark, paper), box)
        return LineSample(np.ascontiguousarray(image), text)

    def _fitting(self, hand: Hand, text: str, how: Habit, stretch: float) -> str:
        """The text, shortened to what the widest image holds."""
        room = (self.options.max_width / NET_HEIGHT - 0.5) * BOX * 0.95 / stretch
        while text and (wide := width(hand, text, how)) > room:
            keep = min(int(len(text) * room / wide), len(text) - 1)
            blank = text.rfind(" ", 0, keep + 1)
            text = text[: blank if blank > 0 else keep].strip()
        return text


def _cut(rng: Rng, line: Written, hand: Hand) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the crop as a detector or a person might draw it."""
    top, bottom = line.baseline - hand.up, line.baseline + hand.down
    if rng.random() < 0.35:  # around the ink, but never so that a dash fills the crop
        middle = 0.5 * (line.top + line.bottom)
        half = max(0.5 * (line.bottom - line.top), 0.3 * BOX)
        top, bottom = round(middle - half), round(middle + half)
    above, below = rng.uniform(0.0, 0.3, 2) * BOX
    before, after = rng.uniform(-0.02, 0.4, 2) * BOX
    tall = line.bottom - line.top
    # Flourishes may be cut, but not the letters.
    return (
        line.left - before,
        max(min(top - above, line.top + 0.03 * tall), line.baseline - 1.6 * hand.up),
        line.right + after,
        min(max(bottom + below, line.bottom - 0.0 * tall), line.baseline + 2.2 * hand.down + 8.0),
    )


def _least_stretch(text: str, cut: tuple[float, float, float, float]) -> float:
    """Factor on the width below which CTC would lack time steps."""
    steps = len(text) + sum(a == b for a, b in pairwise(text)) + 1
    wide = (cut[2] - cut[0]) * NET_HEIGHT / (cut[3] - cut[1])
    return steps * STEP * 1.25 / max(wide, 1.0)


def _warp(
    rng: Rng,
    line: Written,
    cut: tuple[float, float, float, float],
    size: tuple[int, int],
    scales: tuple[float, float],
    slope: float,
) -> Image:
    """Cut, scale, slant and bend the written line: coverage, uint8 of ``size`` rows and columns."""
    rows, cols = size
    box = BOX * scales[1]
    slant = float(rng.normal() * 0.16 + 0.05)
    drift = _curve(rng, cols, box * rng.uniform(1.5, 6.0)) * (box * rng.uniform(0.0, 0.06))
    drift += slope * (np.arange(cols, dtype=np.float32) - cols / 2)
    ys = (np.arange(rows, dtype=np.float32)[:, None] - drift[None, :]) / np.float32(scales[1])
    ys += np.float32(cut[1])
    xs = (np.arange(cols, dtype=np.float32) / np.float32(scales[0]) + np.float32(cut[0]))[None, :]
    lean = _curve(rng, cols, box * rng.uniform(0.5, 3.0)) * rng.uniform(0.0, 0.10) + slant
    xs = xs + (ys - np.float32(line.baseline - 0.3 * BOX)) * lean[None, :]
    if rng.random() < 0.8:
        cell = box * rng.uniform(0.22, 0.8)
        amount = min(0.13 * cell / scales[1], BOX * rng.uniform(0.01, 0.05))
        xs += _field(rng, rows, cols, cell) * np.float32(amount)
        ys += _field(rng, rows, cols, cell) * np.float32(amount)
    return np.asarray(
        cv2.remap(
            line.ink,
            np.ascontiguousarray(xs, np.float32),
            np.ascontiguousarray(ys, np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
    )


def _curve(rng: Rng, length: int, cell: float) -> NDArray[np.float32]:
    """A smooth random curve of standard deviation near 1, float32 (length,)."""
    knots = rng.standard_normal((1, max(4, int(length / cell) + 3)), dtype=np.float32)
    return np.asarray(cv2.resize(knots, (length, 1), interpolation=cv2.INTER_CUBIC))[0]


def _field(rng: Rng, rows: int, cols: int, cell: float) -> NDArray[np.float32]:
    """A smooth random field of standard deviation near 1, float32 (rows, cols)."""
    knots = rng.standard_normal(
        (max(3, int(rows / cell) + 2), max(3, int(cols / cell) + 2)), dtype=np.float32
    )
    return np.asarray(cv2.resize(knots, (cols, rows), interpolation=cv2.INTER_CUBIC))

# SPDX-License-Identifier: Apache-2.0
"""Pens and paper: strokes of uneven width and strength, ruled and stained sheets, scans."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.rendering import degrade as d

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less


def pen(rng: Rng, ink: Image, box: float) -> NDArray[np.float32]:
    """Ink as a pen leaves it: strokes thicker here and thinner there, and uneven in strength.

    Args:
        rng: Source of randomness.
        ink: Coverage, uint8 (H, W).
        box: Height of the letters with ascenders and descenders, in pixels.

    Returns:
        Darkness from 0 to 1, float32 (H, W).
    """
    rows, cols = ink.shape
    soft = cv2.GaussianBlur(ink, (0, 0), box * rng.uniform(0.012, 0.026))
    area = cv2.sumElems(ink)[0] / 255.0
    wanted = area * rng.uniform(1.0, 1.7)
    running = np.cumsum(np.bincount(soft.ravel(), minlength=256)[::-1])
    threshold = float(np.clip(255 - np.searchsorted(running, wanted), 24, 190))
    sharp = rng.uniform(1.2, 3.0) / max(threshold, 40.0)
    pressure = d.smooth_field(rng, rows, cols, box * rng.uniform(0.3, 1.5))
    uneven = threshold * rng.uniform(0.0, 0.3)
    dark = (soft.astype(np.float32) - (threshold - uneven * pressure)) * np.float32(sharp) + 0.5
    np.clip(dark, 0.0, 1.0, out=dark)
    if rng.random() < 0.7:
        least = rng.uniform(0.55, 0.95)
        flow = d.smooth_field(rng, rows, cols, box * rng.uniform(0.15, 2.0))
        dark *= np.clip(0.5 * (1 + least) + 0.6 * (1 - least) * flow, least, 1.0)
    if rng.random() < 0.08:  # the grain of a pencil, or of chalk
        grain = rng.random((rows, cols), dtype=np.float32)
        dark *= 1.0 - np.float32(rng.uniform(0.2, 0.6)) * grain
    return dark


def sheet(rng: Rng, rows: int, cols: int, baseline: float, box: float, slope: float) -> Image:
    """An empty piece of paper, ruled or not, grey uint8 (H, W).

    Args:
        rng: Source of randomness.
        rows, cols: Size in pixels.
        baseline: Row of the line's baseline at the left edge.
        box: Height of the letters with ascenders and descenders, in pixels.
        slope: Rows that the baseline falls per column.
    """
    roll = rng.random()
    if roll < 0.4:
        paper = np.full((rows, cols), int(rng.integers(225, 256)), np.uint8)
    else:
        paper = d.paper(rng, rows, cols, rng.uniform(150, 248), rng.uniform(1, 11))
    if rng.random() < 0.3:
        _rule(rng, paper, baseline, box, slope)
    return paper


def _rule(rng: Rng, paper: Image, baseline: float, box: float, slope: float) -> None:
    """Draw ruled lines, squares, or the close ruling of French school paper."""
    rows, cols = paper.shape
    kind = rng.random()
    pitch = box * rng.uniform(0.9, 1.6)
    dark = kind < 0.55 and rng.random() < 0.08
    darkness = rng.uniform(0.45, 0.8) if dark else rng.uniform(0.05, 0.4)
    level = int(float(paper.mean()) * (1.0 - darkness))
    thick = max(1, round(box * rng.uniform(0.0, 0.045)))
    tilt = slope + rng.normal() * 0.003
    start = baseline + box * rng.normal() * 0.06
    between = pitch if kind < 0.55 else pitch / (4.0 if kind < 0.8 else rng.uniform(2.0, 3.5))
    for number in range(-12, 13):
        row = start + number * between
        if -0.1 * box < row + tilt * cols / 2 < rows + 0.1 * box:
            ends = (0, round(row)), (cols, round(row + tilt * cols))
            cv2.line(paper, ends[0], ends[1], level, thick, cv2.LINE_AA)
    if kind >= 0.55:
        across = pitch if kind < 0.8 else between
        for column in np.arange(rng.uniform(0, across), cols, across):
            x = int(column)
            cv2.line(paper, (x, 0), (round(x - tilt * rows), rows), level, thick, cv2.LINE_AA)


def blot(rng: Rng, dark: NDArray[np.float32], paper: Image) -> Image:
    """Put the ink on the paper: grey uint8 (H, W)."""
    tone = float(paper.mean())
    black = rng.uniform(0, 60) if rng.random() < 0.6 else rng.uniform(40, max(40.0, tone - 95))
    ground = paper.astype(np.float32)
    ground -= dark * (ground - np.float32(black))
    return np.clip(ground, 0, 255).astype(np.uint8)


def scan(rng: Rng, image: Image, box: float) -> Image:
    """What scanner, camera and file add; mostly little, for pens are worse already."""
    if rng.random() < 0.06:
        image = d.blur(image, box * rng.uniform(0.008, 0.02))
        # Between ink and paper; rules that are fainter than half of the ink are lost with it.
        ink, paper = float(np.percentile(image, 3)), float(np.median(image))
        return d.bilevel(image, ink + (paper - ink) * rng.uniform(0.5, 0.7))
    if rng.random() < 0.12:
        back = np.roll(image[:, ::-1], int(rng.integers(image.shape[1])), axis=1)
        image = d.bleed_through(image, back, rng.uniform(0.06, 0.25))
    if rng.random() < 0.08:
        image = d.shadow(rng, image, rng.uniform(0.1, 0.4))
    if rng.random() < 0.35:
        image = d.blur(image, box * rng.uniform(0.008, 0.025))
    if rng.random() < 0.3:
        target = rng.uniform(20, 32)
        if box > target:
            image = d.low_resolution(image, box / target)
    if rng.random() < 0.5:
        image = d.noise(rng, image, rng.uniform(0.5, 7), rng.uniform(1, 2))
    if rng.random() < 0.3:
        image = d.jpeg(image, int(rng.integers(35, 92)))
    return image

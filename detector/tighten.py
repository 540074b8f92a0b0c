# SPDX-License-Identifier: Apache-2.0
"""Fits lines to their ink: the net's strips are 16 pixels wide, letters are not.

A short line is fitted on all sides, which matters most to single digits and colons: as found, they
are often several times too large, or half a letter too narrow. A long line is fitted at its ends.
All is seen in small windows of the page, turned level with the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from detector.scale import LINE_TO_LETTER
from ocr_pipeline.core.blobs import blob_boxes
from ocr_pipeline.core.errors import UsageError

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
#: Rows of a window that a line's height takes: ink is shown as fine as a box needs it.
ROWS = 24
#: Part of a window of a line that is at least ink: as much as one thin digit in a wide box.
LEAST_INK = 0.04
#: Longest stroke from left to right in line heights; what is longer is a rule.
LONGEST = 1.2


@dataclass(frozen=True)
class TightenOptions:
    """How lines are fitted to ink; lengths are in units of the line's height.

    Attributes:
        short: width up to which a line is fitted on all sides.
        near_x, near_y: narrowest margins around the ink; lines with less grow.
        far_x, far_y: widest margins of short lines; those with more shrink. Between near and far
            a line stays as the net saw it.
        lowest: part of its height that a short line keeps, however low its ink: a dash that is
            all of a crop cannot be told from a bar.
        reach: how far beyond its ends a line may grow.
        depth: how much of a long line is looked at, from its end inwards.
        above: how much is looked at above and below a line.
        threshold: a pixel is ink from this part of the way from paper to ink.
        contrast: levels between paper and ink below which there is no clear ink.
        noise: the same in units of the paper's median deviation.
        speck: size of the largest blobs that are no letters.
        inside: part of a blob's width that lies in the line if it belongs there.
        upright: the same of its height.
    """

    short: float = 2.5
    near_x: float = 0.2
    near_y: float = 0.15
    far_x: float = 0.25
    far_y: float = 0.2
    lowest: float = 0.6
    reach: float = 0.5
    depth: float = 2.0
    above: float = 0.3
    threshold: float = 0.4
    contrast: float = 24.0
    noise: float = 4.0
    speck: float = 0.1
    inside: float = 0.3
    upright: float = 0.65

    def __post_init__(self) -> None:
        if not (0 <= self.near_x <= self.far_x and 0 <= self.near_y <= self.far_y):
            raise UsageError(
                "margins around ink must not be negative, nor near ones above far ones"
            )
        if min(self.short, self.reach, self.above, self.speck, self.noise) < 0 or self.depth <= 0:
            raise UsageError("lengths that lines are fitted by must not be negative")
        if not (0 < self.threshold < 1 and 0 < self.inside <= 1 and 0 < self.upright <= 1):
            raise UsageError("threshold, inside and upright must lie between 0 and 1")
        if not 0 <= self.lowest <= 1 or self.contrast < 1:
            raise UsageError("lowest must lie between 0 and 1, contrast not below 1")


class _Frame(NamedTuple):
    """A line's own axes: middle (2,) in pixels, unit vectors right and down, width and height."""

    middle: Floats
    right: Floats
    down: Floats
    width: float
    height: float


def tighten(
    image: Image, quads: Floats, margins: tuple[float, float], options: TightenOptions
) -> Floats:
    """Fits lines to the ink in and just around them; a line without clear ink stays as it is.

    Args:
        image: (H, W, 3) RGB or (H, W) grey.
        quads: (n, 4, 2) lines in pixels of the image.
        margins: growth at the ends and above and below that the lines have had, in line heights.
        options: margins that they get, and what counts as ink.

    Returns:
        (n, 4, 2) float32 within the image.
    """
    fitted = np.array(quads, np.float32)
    for quad, frame in zip(fitted, _frames(fitted, margins), strict=True):
        if frame.width < 2 or frame.height < 4:
            continue
        if frame.width <= options.short * frame.height:
            _fit_sides(image, quad, frame, options)
        else:
            _fit_ends(image, quad, frame, options)
    return np.clip(fitted, 0, np.array(image.shape[1::-1], np.float32))


def _frames(quads: Floats, margins: tuple[float, float]) -> list[_Frame]:
    """The axes of lines (n, 4, 2), and their sizes without the margins."""
    right = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]) / 2
    down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]) / 2
    width, height = np.linalg.norm(right, axis=1), np.linalg.norm(down, axis=1)
    right, down = right / np.maximum(width, 1e-6)[:, None], down / np.maximum(height, 1e-6)[:, None]
    height = height / (1 + 2 * margins[1])
    width = width - 2 * margins[0] * height
    parts = quads.mean(1), right, down, width.tolist(), height.tolist()
    return [_Frame(*values) for values in zip(*parts, strict=True)]


def _fit_sides(image: Image, quad: Floats, frame: _Frame, options: TightenOptions) -> None:
    """Moves all sides of a short line, in place."""
    half = frame.width / 2
    ink = _ink(image, frame, (-half, half), (options.reach, options.reach), options)
    if ink is None:
        return
    x0, y0, x1, y1 = ink
    x, y = (quad - frame.middle) @ frame.right, (quad - frame.middle) @ frame.down
    # The ink says how high the line is, unless it is a dash, or has swallowed a stroke of a pen.
    tall = float(
        np.clip((y1 - y0) * LINE_TO_LETTER, options.lowest * frame.height, 1.2 * frame.height)
    )
    near, far = options.near_x * tall, options.far_x * tall
    x[[0, 3]] = np.clip(x[[0, 3]].mean(), x0 - far, x0 - near)
    x[[1, 2]] = np.clip(x[[1, 2]].mean(), x1 + near, x1 + far)
    near, far = options.near_y * tall, max(options.far_y * tall, (tall - y1 + y0) / 2)
    y[:2] = np.clip(y[:2].mean(), y0 - far, y0 - near)
    y[2:] = np.clip(y[2:].mean(), y1 + near, y1 + far)
    quad[:] = frame.middle + x[:, None] * frame.right + y[:, None] * frame.down


def _fit_ends(image: Image, quad: Floats, frame: _Frame, options: TightenOptions) -> None:
    """Lets the ends of a long line grow along it to hold letters that they cut, in place.

    They do not shrink: a long line's are but a small part of it, and people draw them wide.
    """
    half, depth = frame.width / 2, min(options.depth * frame.height, frame.width)
    near = options.near_x * frame.height
    x = (quad - frame.middle) @ frame.right
    ink = _ink(image, frame, (-half, depth - half), (options.reach, 0.0), options)
    if ink is not None:
        quad[[0, 3]] += min(0.0, ink[0] - near - x[[0, 3]].mean()) * frame.right
    ink = _ink(image, frame, (half - depth, half), (0.0, options.reach), options)
    if ink is not None:
        quad[[1, 2]] += max(0.0, ink[2] + near - x[[1, 2]].mean()) * frame.right


def _ink(
    image: Image,
    frame: _Frame,
    span: tuple[float, float],
    beyond: tuple[float, float],
    options: TightenOptions,
) -> Floats | None:
    """Box of the ink that belongs to a piece of a line.

    Args:
        image: the page.
        frame: the line.
        span: where the piece begins and ends, in pixels right of the line's middle.
        beyond: how far to either side of it is looked, in line heights.
        options: what counts as ink.

    Returns:
        (4,) left, top, right, bottom in pixels from the line's middle, None without clear ink.
    """
    scale = ROWS / frame.height
    x0, x1 = span[0] - beyond[0] * frame.height, span[1] + beyond[1] * frame.height
    y0 = -(0.5 + options.above) * frame.height
    size = max(2, round((x1 - x0) * scale)), round((1 + 2 * options.above) * ROWS)
    right, down = frame.right / scale, frame.down / scale
    corner = frame.middle + x0 * frame.right + y0 * frame.down + (right + down) / 2 - 0.5
    kind = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    window = cv2.warpAffine(
        image, np.stack([right, down, corner], 1), size, flags=kind, borderMode=cv2.BORDER_REPLICATE
    )
    grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY) if window.ndim == 3 else window
    top, left = options.above * ROWS, (span[0] - x0) * scale
    core = np.array([left, top, left + (span[1] - span[0]) * scale, top + ROWS])
    ink = _binary(np.asarray(grey, np.uint8), core, options)
    box = None if ink is None else _letters(ink, core, options)
    return None if box is None else box / scale + np.array([x0, y0, x0, y0])


def _binary(window: Image, core: Floats, options: TightenOptions) -> Image | None:
    """Ink (1) and paper (0) of a window (h, w), whichever is the darker; None if it is not clear.

    Args:
        window: grey levels.
        core: (4,) left, top, right, bottom of the line in the window.
        options: what counts as ink.
    """
    x0, y0, x1, y1 = (round(float(value)) for value in core)
    (paper,) = _levels(window, 0.5)
    low, high = _levels(window[y0:y1, x0:x1], LEAST_INK, 1 - LEAST_INK)
    dark = paper - low >= high - paper
    depth = paper - low if dark else high - paper
    if depth < options.contrast:
        return None
    (noise,) = _levels(np.asarray(cv2.absdiff(window, np.full_like(window, paper)), np.uint8), 0.5)
    if depth < options.noise * noise:
        return None
    limit = options.threshold * depth
    limit, kind = (
        (paper - limit, cv2.THRESH_BINARY_INV) if dark else (paper + limit, cv2.THRESH_BINARY)
    )
    return np.asarray(cv2.threshold(window, limit, 1, kind)[1], np.uint8)


def _levels(grey: Image, *parts: float) -> list[int]:
    """The grey levels below which these parts of the pixels lie."""
    total = np.bincount(grey.ravel(), minlength=256).cumsum()
    return [int(total.searchsorted(part * total[-1])) for part in parts]


def _letters(ink: Image, core: Floats, options: TightenOptions) -> Floats | None:
    """Box (4,) of all blobs that belong to a line in a window: not specks, rules and neighbours."""
    # Rules go first: letters that stand on one are of a piece with it.
    length = round(LONGEST * ROWS)
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    if rules.any():
        ink = cv2.subtract(ink, cv2.dilate(rules, np.ones((3, 3), np.uint8)))  # type: ignore[assignment]
    left, top, wide, tall, _ = blob_boxes(ink).T.astype(np.float32)
    right, bottom = left + wide, top + tall
    shared_x = np.minimum(right, core[2]) - np.maximum(left, core[0])
    shared_y = np.minimum(bottom, core[3]) - np.maximum(top, core[1])
    mine = (shared_x >= options.inside * wide) & (shared_y >= options.upright * tall)
    mine &= np.maximum(wide, tall) >= options.speck * ROWS
    # What goes on beyond the window is a stroke of a pen, or another word's.
    mine &= ((left > 0) | (core[0] <= 0)) & ((right < ink.shape[1]) | (core[2] >= ink.shape[1]))
    mine &= (tall < len(ink) - 1) | (wide >= 0.25 * ROWS)
    if not mine.any():
        return None
    box = np.array([left[mine].min(), top[mine].min(), right[mine].max(), bottom[mine].max()])
    # A letter that a smudge joins to what lies outside is still a letter: no line shrinks past it.
    joined = ~mine & (shared_y >= 0.5 * (core[3] - core[1])) & (shared_x >= 0.25 * ROWS)
    if joined.any():
        box[0] = min(box[0], max(core[0], left[joined].min()))
        box[2] = max(box[2], min(core[2], right[joined].max()))
    return box

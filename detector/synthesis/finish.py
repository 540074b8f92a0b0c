# SPDX-License-Identifier: Apache-2.0
"""From a clean page to what a scanner, a fax, a copier or a camera makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.synthesis import clutter
from detector.synthesis.canvas import Canvas
from detector.synthesis.draft import Draft
from detector.synthesis.page import PageLine, PageWord
from ocr_pipeline.core.rendering import degrade

Image = NDArray[np.uint8]

_SCANNED = ("grey", "color", "bilevel", "copy", "clean", "photo")
_SHARES = {
    "receipt": (0.34, 0.12, 0.16, 0.06, 0.12, 0.20),
    "screen": (0.0, 0.1, 0.0, 0.0, 0.9, 0.0),
    "sign": (0.0, 0.3, 0.0, 0.0, 0.2, 0.5),
    "banner": (0.0, 0.05, 0.0, 0.0, 0.95, 0.0),
    "card": (0.15, 0.4, 0.05, 0.0, 0.15, 0.25),
    "": (0.22, 0.14, 0.28, 0.14, 0.12, 0.10),
}


def finish(draft: Draft, canvas: Canvas, kind: str) -> tuple[Image, tuple[PageLine, ...]]:
    """Degrade a drawn page and move its quadrilaterals with it.

    Args:
        draft: The page's tools.
        canvas: The drawn page.
        kind: Its kind, which decides how it is likely to have been taken.

    Returns:
        The image, uint8 RGB (H, W, 3), and its lines.
    """
    strength = draft.options.strength
    image = np.asarray(canvas.image).copy()
    lines = tuple(canvas.lines)
    heights = [line.quad[3, 1] - line.quad[0, 1] for line in lines] or [24.0]
    scale = float(np.clip(np.percentile(heights, 30) / 24, 0.3, 2.0))
    taken = str(draft.rng.choice(_SCANNED, p=_SHARES.get(kind, _SHARES[""])))
    if strength == 0:
        taken = "clean"
    if taken in ("grey", "bilevel", "copy") or (taken == "photo" and draft.chance(0.2)):
        image = _grey(image)
    if taken != "clean":
        image = _ink(draft, image, scale, kind)
    if canvas.tone != (255, 255, 255):
        image = tint(image, canvas.tone)
    if taken in ("grey", "color", "photo") and draft.chance(0.1 * strength):
        image = _bleed(draft, image)
    image, clean, lines = _geometry(draft, image, _grey(np.asarray(canvas.image)), lines, taken)
    if taken in ("bilevel", "copy"):
        image = _bilevel(draft, image, scale, lines)
    else:
        image = {"grey": _scan, "color": _scan, "photo": _photo, "clean": _clean}[taken](
            draft, image, scale
        )
    lines = _legible(image, clean, lines)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    return np.ascontiguousarray(image), lines


def _legible(image: Image, clean: Image, lines: Sequence[PageLine]) -> tuple[PageLine, ...]:
    """Ignore the lines that faint ink, dirt or a threshold left nothing of.

    A line is there where the degraded image still goes up and down with the clean one.
    """
    grey = _grey(image) if image.ndim == 3 else image
    return tuple(
        line
        if line.ignore or _likeness(grey, clean, line.quad) > 0.3
        else replace(line, ignore=True)
        for line in lines
    )


def _likeness(one: Image, other: Image, quad: NDArray[np.float32]) -> float:
    """Correlation of two grey images within a quadrilateral's bounding box, 0 to 1."""
    left, top = np.maximum(quad.min(0), 0).astype(int)
    right, bottom = quad.max(0).astype(int) + 1
    a, b = one[top:bottom, left:right], other[top:bottom, left:right]
    if a.size < 4:
        return 0.0
    return abs(float(cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED)[0, 0]))


def _grey(image: Image) -> Image:
    """Luminance."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def tint(image: Image, tone: tuple[int, int, int]) -> Image:
    """The print on paper of a tone."""
    if image.ndim == 2:
        return degrade.levels(image, 0, float(np.mean(tone)))
    table = np.arange(256)[:, None] * (np.array(tone) / 255)
    return np.asarray(cv2.LUT(image, table.astype(np.uint8)[:, None, :]), np.uint8)


def _ink(draft: Draft, image: Image, scale: float, kind: str) -> Image:
    """Worn, spread, faded, striped or dotted print; ``scale`` is 1 at lines 24 pixels high."""
    rng, strength = draft.rng, draft.options.strength
    if np.median(image[::7, ::7]) < 200:  # letters on a picture or a dark ground are not ink
        return image
    if draft.chance(0.35 * strength):
        image = degrade.spread(image, draft.uniform(-0.45, 0.7) * scale)
    if draft.chance(0.15 * strength):
        image = degrade.broken(rng, image, draft.uniform(0.1, 0.45), draft.uniform(1.5, 5) * scale)
    if draft.chance(0.25 * strength):
        image = degrade.faded(rng, image, draft.uniform(0.35, 0.8), draft.uniform(20, 400))
    thermal = 0.3 if kind == "receipt" else 0.02
    if draft.chance(thermal * strength):
        image = degrade.banding(
            rng, image, draft.uniform(0.1, 0.5), draft.uniform(3, 60) * scale, draft.chance(0.6)
        )
    if draft.chance(0.5 * thermal * strength):
        pitch = max(2.5, draft.uniform(2.4, 3.6) * scale)
        image = degrade.dots(image, pitch, pitch, draft.uniform(0.3, 0.7))
    return image


def _bleed(draft: Draft, image: Image) -> Image:
    """The back's print shows through; the back is this very page, further down or up."""
    if np.median(image[::7, ::7]) < 150:
        return image
    back = np.roll(image, draft.between(0, image.shape[0]), axis=0)
    return degrade.bleed_through(image, back, draft.uniform(0.05, 0.22))


def _geometry(
    draft: Draft, image: Image, clean: Image, lines: Sequence[PageLine], taken: str
) -> tuple[Image, Image, tuple[PageLine, ...]]:
    """Tilt a scan a little; lay a photographed page on a table and look at it from the side.

    Args:
        draft: The page's tools.
        image: The page, grey or RGB.
        clean: The page before any damage, grey.
        lines: Its lines.
        taken: How it is taken.

    Returns:
        Both images and the lines, moved.
    """
    rng, options = draft.rng, draft.options
    rows, cols = image.shape[:2]
    size = (cols, rows)
    edge = np.median(image[:4].reshape(-1, *image.shape[2:]), axis=0)
    if taken == "photo" and options.perspective > 0:
        pad = draft.uniform(0.0, 0.08)
        size = (round(cols * (1 + 2 * pad)), round(rows * (1 + 2 * pad)))
        shift = np.array([[1, 0, cols * pad], [0, 1, rows * pad], [0, 0, 1]])
        matrix = degrade.perspective(rng, *size, options.perspective) @ _turn(draft, size) @ shift
        ground = np.asarray(clutter.photo(rng, *size))
        if image.ndim == 2:
            ground = _grey(ground)
        if draft.chance(0.6):
            ground = degrade.levels(ground, 20, draft.uniform(60, 200))
        inside = _warp(np.full((rows, cols), 255, np.uint8), matrix, size, 0)
        image = _warp(image, matrix, size, 0)
        mask = inside < 128
        image[mask] = ground[mask]
    elif taken != "clean" and options.rotation > 0 and draft.chance(0.55):
        matrix = _turn(draft, size)
        image = _warp(image, matrix, size, 0 if draft.chance(0.15) else edge)
    else:
        return image, clean, tuple(lines)
    moved = (_moved(line, matrix, size) for line in lines)
    return image, _warp(clean, matrix, size, 255), tuple(line for line in moved if line is not None)


def _warp(image: Image, matrix: NDArray[np.floating], size: tuple[int, int], fill: Any) -> Image:
    """The image through a 3×3 matrix, ``fill`` around it."""
    border = np.broadcast_to(np.asarray(fill, np.float64), 3).tolist()
    moved = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=border)
    return np.asarray(moved, np.uint8)


def _turn(draft: Draft, size: tuple[int, int]) -> NDArray[np.float64]:
    """A small turn about the middle, 3×3; small angles are likelier than large ones."""
    angle = np.radians(draft.options.rotation * draft.uniform(-1, 1) * draft.uniform(0.2, 1))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = size[0] / 2, size[1] / 2
    return np.array(
        [[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y], [0, 0, 1]]
    )


def _moved(line: PageLine, matrix: NDArray[np.floating], size: tuple[int, int]) -> PageLine | None:
    """The line after a warp; one that the page's edge cuts is ignored, one outside is gone."""
    quad = _map(line.quad, matrix)
    limit = np.array(size)
    if (quad.max(0) < 0).any() or (quad.min(0) > limit).any():
        return None
    cut = bool((quad.min(0) < -2).any() or (quad.max(0) > limit + 2).any())
    words = tuple(PageWord(_map(word.quad, matrix), word.text) for word in line.words)
    return replace(line, quad=quad, words=words, ignore=line.ignore or cut)


def _map(quad: NDArray[np.floating], matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    """Points (N, 2) through a 3×3 matrix."""
    lifted = np.column_stack([quad, np.ones(len(quad))]) @ matrix.T
    return (lifted[:, :2] / lifted[:, 2:]).astype(np.float32)


def _paper(draft: Draft, image: Image, roughness: float) -> Image:
    """Uneven paper under the print."""
    rows, cols = image.shape[:2]
    sheet = degrade.paper(draft.rng, rows, cols, 255 - 1.5 * roughness, roughness)
    return degrade.multiply(image, sheet)


def _scan(draft: Draft, image: Image, scale: float) -> Image:
    """A scanner's grey or colour image."""
    rng, strength = draft.rng, draft.options.strength
    if draft.chance(0.5 * strength):
        image = _paper(draft, image, draft.uniform(1, 9))
    if draft.chance(0.3 * strength):
        low = draft.uniform(0, 130) if draft.chance(0.5) else draft.uniform(0, 60)
        image = degrade.levels(image, low, draft.uniform(max(180, low + 60), 255))
    if draft.chance(0.12 * strength):
        image = degrade.fold(rng, image, draft.uniform(0.1, 0.4), draft.chance(0.5))
    if draft.chance(0.15 * strength):
        image = degrade.gradient(rng, image, draft.uniform(0.1, 0.4))
    if draft.chance(0.12 * strength):
        image = _dark_edges(draft, image)
    image = _optics(draft, image, scale)
    if draft.chance(0.15 * strength):
        image = degrade.specks(
            rng, image, draft.between(5, 60), draft.uniform(1, 2.5), draft.pick([0, 90, 255])
        )
    if draft.chance(0.1 * strength):
        image = degrade.sharpen(image, draft.uniform(0.3, 1.2))
    return _file(draft, image)


def _optics(draft: Draft, image: Image, scale: float) -> Image:
    """Blur, low resolution and noise."""
    rng, strength = draft.rng, draft.options.strength
    if draft.chance(0.6 * strength):
        image = degrade.blur(image, draft.uniform(0.3, 1.3) * min(scale, 1.3))
    if draft.chance(0.25 * strength):
        image = degrade.low_resolution(image, 1 + draft.uniform(0.2, 1.2) * min(1.0, scale))
    if draft.chance(0.5 * strength):
        image = degrade.noise(rng, image, draft.uniform(1, 14), draft.uniform(0.5, 2.5))
    return image


def _bilevel(draft: Draft, image: Image, scale: float, lines: Sequence[PageLine]) -> Image:
    """A black and white scan, or a copy of a copy, or a fax."""
    rng, strength = draft.rng, draft.options.strength
    if draft.chance(0.5):
        image = _paper(draft, image, draft.uniform(4, 18))
    if draft.chance(0.2 * strength):
        image = degrade.shadow(rng, image, draft.uniform(0.1, 0.35))
    image = degrade.blur(image, draft.uniform(0.3, 1.0) * scale)
    image = degrade.noise(rng, image, draft.uniform(2, 30) * strength, draft.uniform(0.5, 2.0))
    ink, sheet = _ink_level(image, lines), float(np.percentile(image[::3, ::3], 60))
    image = degrade.bilevel(image, ink + (sheet - ink) * draft.uniform(0.3, 0.75))
    if draft.chance(0.5 * strength):
        image = degrade.salt_and_pepper(
            rng, image, 10 ** draft.uniform(-4.5, -2.3), draft.uniform(0.2, 0.9)
        )
    if draft.chance(0.4 * strength):
        image = degrade.specks(rng, image, draft.between(5, 120), draft.uniform(1, 3))
    if draft.chance(0.25 * strength):
        image = _dark_edges(draft, image)
    if draft.chance(0.25):  # resampled after thresholding, as archives deliver them
        image = degrade.low_resolution(image, draft.uniform(1.1, 1.6))
    return image


def _ink_level(image: Image, lines: Sequence[PageLine]) -> float:
    """How dark the print of the fainter lines is, a grey level."""
    levels = []
    for line in lines[:: max(1, len(lines) // 16)]:
        left, top = np.maximum(line.quad.min(0), 0).astype(int)
        right, bottom = line.quad.max(0).astype(int) + 1
        if (part := image[top:bottom, left:right]).size:
            levels.append(float(np.percentile(part, 8)))
    return float(np.percentile(levels, 75)) if levels else float(np.percentile(image, 0.5))


def _dark_edges(draft: Draft, image: Image) -> Image:
    """The black borders and corners that a copier leaves around a sheet."""
    rows, cols = image.shape[:2]
    out = image.copy()
    for side in range(4):
        if draft.chance(0.6):
            continue
        length = rows if side < 2 else cols
        knots = np.clip(draft.rng.normal(0, 0.012, 7), 0, 0.02) * cols
        depth = np.interp(np.arange(length), np.linspace(0, length, 7), knots)
        depth = depth + draft.rng.uniform(0, 2, length)
        near = np.arange(cols if side < 2 else rows)
        mask = near[None, :] < depth[:, None]
        view = (out, out[:, ::-1], out.swapaxes(0, 1), out[::-1].swapaxes(0, 1))[side]
        view[mask] = 0
    return out


def _photo(draft: Draft, image: Image, scale: float) -> Image:
    """A hand-held camera's image."""
    rng, strength = draft.rng, draft.options.strength
    if draft.chance(0.8 * strength):
        image = degrade.gradient(rng, image, draft.uniform(0.1, 0.6))
    if draft.chance(0.4 * strength):
        image = degrade.shadow(rng, image, draft.uniform(0.15, 0.5))
    if draft.chance(0.25 * strength):
        image = degrade.fold(rng, image, draft.uniform(0.1, 0.4), draft.chance(0.5))
    if draft.chance(0.2 * strength):
        image = degrade.motion_blur(image, draft.uniform(1, 4) * scale, draft.uniform(0, 180))
    return _file(draft, _optics(draft, image, scale))


def _clean(draft: Draft, image: Image, scale: float) -> Image:
    """A page from a file or a screen, at most compressed."""
    if draft.chance(0.15 * draft.options.strength):
        image = degrade.low_resolution(image, draft.uniform(1.1, 1.5))
    return _file(draft, image)


def _file(draft: Draft, image: Image) -> Image:
    """What the file format costs."""
    if draft.chance(0.45 * draft.options.strength):
        return degrade.jpeg(image, draft.between(25, 92))
    return image

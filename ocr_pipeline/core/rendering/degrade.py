# SPDX-License-Identifier: Apache-2.0
"""What print, paper, scanner, fax and camera do to an image, as functions on uint8 arrays.

All take grey (H, W) or RGB (H, W, 3) images with dark ink on a light ground and give back a new
array of the same size; none changes its argument. Amounts are in pixels or grey levels.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator


def _clip(values: NDArray[np.floating]) -> Image:
    """Round to uint8 (in the array given, which is a fresh one)."""
    np.clip(values, 0.0, 255.0, out=values)
    return values.astype(np.uint8)


def _planes(field: NDArray[np.floating], image: Image) -> NDArray[np.floating]:
    """A (H, W) field in a shape that multiplies ``image``."""
    return field if image.ndim == 2 else field[:, :, None]


def smooth_field(rng: Rng, height: int, width: int, cell: float) -> NDArray[np.float32]:
    """Random field of about -1 to 1 that varies over ``cell`` pixels, float32 (H, W)."""
    rows, cols = max(2, int(height / cell) + 2), max(2, int(width / cell) + 2)
    coarse = rng.uniform(-1.0, 1.0, (rows, cols)).astype(np.float32)
    return cv2.resize(coarse, (width, height)).astype(np.float32, copy=False)


# Sensor and file -------------------------------------------------------------------------------


def noise(rng: Rng, image: Image, sigma: float, grain: float = 1.0) -> Image:
    """Gaussian noise of ``sigma`` grey levels; ``grain`` above 1 makes coarser speckle."""
    height, width = image.shape[:2]
    if grain > 1.05:
        rows, cols = max(2, int(height / grain)), max(2, int(width / grain))
        field = cv2.resize(rng.standard_normal((rows, cols), dtype=np.float32), (width, height))
    else:
        field = rng.standard_normal((height, width), dtype=np.float32)
    return _clip(image.astype(np.float32) + _planes(field * np.float32(sigma), image))


def salt_and_pepper(rng: Rng, image: Image, amount: float, dark: float = 0.5) -> Image:
    """Single pixels turned black or white.

    Args:
        rng: Source of randomness.
        image: The image.
        amount: Fraction of pixels hit.
        dark: Fraction of these that turn black.
    """
    out = image.copy()
    height, width = image.shape[:2]
    count = int(rng.poisson(amount * height * width))
    rows, cols = rng.integers(0, height, count), rng.integers(0, width, count)
    blacks = int(count * dark)
    out[rows[:blacks], cols[:blacks]] = 0
    out[rows[blacks:], cols[blacks:]] = 255
    return out


def specks(rng: Rng, image: Image, count: int, radius: float, value: int = 0) -> Image:
    """Round dirt of up to ``radius`` pixels, ``count`` of them."""
    out = image.copy()
    height, width = image.shape[:2]
    color = value if image.ndim == 2 else (value, value, value)
    for x, y, size in zip(
        rng.integers(0, width, count),
        rng.integers(0, height, count),
        rng.random(count),
        strict=True,
    ):
        cv2.circle(out, (int(x), int(y)), int(size * radius), color, -1)
    return out


def blur(image: Image, sigma: float, sigma_y: float | None = None) -> Image:
    """Gaussian blur; ``sigma_y`` where the vertical one differs."""
    if sigma <= 0.05:
        return image
    return cv2.GaussianBlur(image, (0, 0), sigma, sigmaY=sigma_y or sigma)


def motion_blur(image: Image, length: float, angle: float) -> Image:
    """Blur along a line of ``length`` pixels at ``angle`` degrees."""
    size = max(3, int(np.ceil(length)) | 1)
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    reach = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length / 2
    ends = [(round(middle + s * reach[0]), round(middle + s * reach[1])) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def jpeg(image: Image, quality: int) -> Image:
    """The image after JPEG compression."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    flag = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(data, flag)
    assert decoded is not None  # it was encoded just now
    return decoded


def low_resolution(
    image: Image, factor: float, down: int = cv2.INTER_AREA, up: int = cv2.INTER_LINEAR
) -> Image:
    """Scaled down by ``factor`` (above 1) and up again."""
    height, width = image.shape[:2]
    small = (max(2, round(width / factor)), max(2, round(height / factor)))
    return cv2.resize(
        cv2.resize(image, small, interpolation=down), (width, height), interpolation=up
    )


def bilevel(image: Image, threshold: float = 128.0) -> Image:
    """Black and white: a low threshold breaks strokes, a high one fills them."""
    return cv2.threshold(image, threshold, 255, cv2.THRESH_BINARY)[1]


def levels(image: Image, black: float, white: float) -> Image:
    """Map 0 to ``black`` and 255 to ``white``, linearly; black above white inverts."""
    table = np.linspace(black, white, 256)
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))


def invert(image: Image) -> Image:
    """Light ink on a dark ground."""
    return 255 - image


def sharpen(image: Image, amount: float, sigma: float = 1.0) -> Image:
    """Unsharp mask: the bright and dark seams that scanners' software leaves."""
    soft = cv2.GaussianBlur(image, (0, 0), sigma)
    return cv2.addWeighted(image, 1.0 + amount, soft, -amount, 0.0)


# Ink -------------------------------------------------------------------------------------------


def spread(image: Image, amount: float) -> Image:
    """Ink grown (above 0) or worn thin (below 0) by about ``amount`` pixels on each side."""
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    operation = cv2.erode if amount > 0 else cv2.dilate
    out = image
    left = abs(amount)
    while left > 0.02:
        part = min(1.0, left)
        out = cv2.addWeighted(operation(out, kernel), part, out, 1.0 - part, 0.0)
        left -= part
    return out


def broken(rng: Rng, image: Image, amount: float, cell: float) -> Image:
    """Patches of ink that did not take.

    Args:
        rng: Source of randomness.
        image: The image.
        amount: 0 (none) to 1 (most strokes interrupted).
        cell: Size of the patches in pixels, about a stroke's width.
    """
    height, width = image.shape[:2]
    field = smooth_field(rng, height, width, cell)
    lift = np.clip((field - (1.0 - 1.6 * amount)) * 4.0, 0.0, 1.0)
    values = image.astype(np.float32)
    return _clip(values + (255.0 - values) * _planes(lift, image))


def faded(rng: Rng, image: Image, least: float, cell: float) -> Image:
    """Ink whose strength wanders between ``least`` and 1 over ``cell`` pixels."""
    height, width = image.shape[:2]
    strength = smooth_field(rng, height, width, cell) * 0.5 + 0.5
    strength = least + (1.0 - least) * strength
    return _clip(255.0 - (255.0 - image.astype(np.float32)) * _planes(strength, image))


def banding(
    rng: Rng, image: Image, strength: float, period: float, vertical: bool = False
) -> Image:
    """Stripes of weak ink, as a worn thermal head (vertical) or a slipping motor leaves.

    Args:
        rng: Source of randomness.
        image: The image.
        strength: Loss of ink in the weakest stripe, 0 to 1.
        period: Pixels from one weak stripe to the next, about.
        vertical: Stripes that run along the columns.
    """
    height, width = image.shape[:2]
    length = width if vertical else height
    knots = max(2, int(length / max(period, 1.0) * 2) + 2)
    profile = np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.random(knots))
    keep = (1.0 - strength * profile).astype(np.float32)
    keep = keep[None, :] if vertical else keep[:, None]
    field = np.broadcast_to(keep, (height, width))
    return _clip(255.0 - (255.0 - image.astype(np.float32)) * _planes(field, image))


def dots(image: Image, pitch_x: float, pitch_y: float, size: float = 0.5) -> Image:
    """Print made of dots, as a needle printer makes it.

    Args:
        image: The image.
        pitch_x: Pixels between columns of dots.
        pitch_y: Pixels between rows of dots.
        size: Softness: 0 leaves small dots, 1 joins them.
    """
    height, width = image.shape[:2]
    rows = np.cos(np.arange(height) * (2 * np.pi / pitch_y)) * 0.5 + 0.5
    cols = np.cos(np.arange(width) * (2 * np.pi / pitch_x)) * 0.5 + 0.5
    grid = np.outer(rows, cols).astype(np.float32)
    keep = np.clip(size + (1.0 - size) * grid * 2.0, 0.0, 1.0)
    return _clip(255.0 - (255.0 - image.astype(np.float32)) * _planes(keep, image))


def screened(image: Image, tone: float, pitch: int) -> Image:
    """Black-and-white print on a ground of dots, light print where the ground is a dark one.

    ``tone`` is the share of black in the ground, ``pitch`` the pixels from dot to dot (2 to 4).
    """
    height, width = image.shape[:2]
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    cell = (
        order[:pitch, :pitch].argsort(axis=None).argsort().reshape(pitch, pitch) + 0.5
    ) / pitch**2
    grid = np.tile(cell, (height // pitch + 1, width // pitch + 1))[:height, :width]
    ground = _planes(np.where(grid < tone, 0, 255), image).astype(np.uint8)
    return np.minimum(image, ground) if tone < 0.5 else np.maximum(255 - image, ground)


# Paper and light ---------------------------------------------------------------------------------


def paper(rng: Rng, height: int, width: int, tone: float, roughness: float) -> Image:
    """An empty sheet, grey (H, W): fibres, stains and uneven tone.

    Args:
        rng: Source of randomness.
        height: Rows.
        width: Columns.
        tone: Mean grey level.
        roughness: Grey levels of its unevenness.
    """
    field = smooth_field(rng, height, width, max(height, width) / 3) * roughness
    field += smooth_field(rng, height, width, 6.0) * (roughness * 0.5)
    field += rng.standard_normal((height, width), dtype=np.float32) * np.float32(roughness * 0.25)
    return _clip(field + np.float32(tone))


def multiply(image: Image, ground: Image) -> Image:
    """Ink printed on a ground: the product of both, white leaving the ground as it is."""
    if image.ndim == 3 and ground.ndim == 2:
        ground = np.repeat(ground[:, :, None], 3, axis=2)
    return cv2.multiply(image, ground, scale=1.0 / 255.0)


def gradient(rng: Rng, image: Image, depth: float) -> Image:
    """Light that falls off by the fraction ``depth`` in a random direction."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    cols = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(np.cos(angle))
    light = 1.0 - depth * (0.5 + 0.35 * (rows + cols))
    return _clip(image.astype(np.float32) * _planes(light, image))


def shadow(rng: Rng, image: Image, depth: float) -> Image:
    """The soft-edged shadow of a hand, a phone or a book's spine over part of the image."""
    height, width = image.shape[:2]
    scale = max(height, width)
    small = np.zeros((64, 64), np.float32)
    corner = rng.uniform(-20, 84, 2)
    points = corner + rng.uniform(-45, 45, (5, 2))
    cv2.fillConvexPoly(small, cv2.convexHull(points.astype(np.int32)), 1.0)
    soft = cv2.GaussianBlur(small, (0, 0), rng.uniform(1.5, 7.0))
    field = cv2.resize(soft, (scale, scale), interpolation=cv2.INTER_LINEAR)[:height, :width]
    return _clip(image.astype(np.float32) * _planes(1.0 - depth * field, image))


def fold(rng: Rng, image: Image, depth: float, vertical: bool) -> Image:
    """A crease: a dark and a bright seam, and a step of brightness beyond it."""
    height, width = image.shape[:2]
    length = width if vertical else height
    at = rng.uniform(0.1, 0.9) * length
    distance = np.arange(length, dtype=np.float32) - np.float32(at)
    seam = np.exp(-np.abs(distance) / rng.uniform(0.8, 3.0)) * rng.choice([-1.0, 1.0])
    step = np.where(distance > 0, np.exp(-distance / (0.15 * length)), 0.0)
    light = (1.0 + depth * (seam - 0.6 * step)).astype(np.float32)
    light = light[None, :] if vertical else light[:, None]
    field = np.broadcast_to(light, (height, width))
    return _clip(image.astype(np.float32) * _planes(field, image))


def bleed_through(image: Image, other: Image, strength: float) -> Image:
    """The mirrored print of the sheet's back showing through.

    Args:
        image: The page's front.
        other: The back as its reader sees it, same shape.
        strength: 0 (opaque paper) to 1 (glass).
    """
    back = blur(np.ascontiguousarray(other[:, ::-1]), 1.2)
    return multiply(image, levels(back, 255.0 * (1.0 - strength), 255.0))


def texture(rng: Rng, height: int, width: int, low: float, high: float) -> Image:
    """A busy ground, grey (H, W) between two levels: stripes, grid, clouds or checks."""
    kind = int(rng.integers(5))
    rows = np.arange(height, dtype=np.float32)[:, None]
    cols = np.arange(width, dtype=np.float32)[None, :]
    period = rng.uniform(3, 24)
    if kind == 0:
        slope = rng.uniform(-1.5, 1.5)
        field = np.sin((cols + slope * rows) * (2 * np.pi / period))
    elif kind == 1:
        field = np.sin(cols * (2 * np.pi / period)) * np.sin(rows * (2 * np.pi / period))
    elif kind == 2:
        field = np.where((cols % period < 1.5) | (rows % period < 1.5), -1.0, 1.0)
    elif kind == 3:
        field = smooth_field(rng, height, width, rng.uniform(8, 60))
    else:
        field = smooth_field(rng, height, width, 40) + 0.5 * smooth_field(rng, height, width, 4)
    field = np.broadcast_to(field, (height, width)).astype(np.float32)
    return _clip(low + (high - low) * (np.clip(field, -1, 1) * 0.5 + 0.5))


# Geometry ----------------------------------------------------------------------------------------


def warp(
    image: Image,
    matrix: NDArray[np.floating],
    size: tuple[int, int],
    points: NDArray[np.floating] | None = None,
    fill: int | tuple[int, int, int] = 255,
) -> tuple[Image, NDArray[np.float32] | None]:
    """Move an image, and points on it, by one affine or perspective matrix.

    Args:
        image: The image.
        matrix: (2, 3) or (3, 3), from source to result.
        size: Width and height of the result.
        points: Points (..., 2) in pixels of the source.
        fill: Value where the source has nothing.

    Returns:
        The moved image, and the moved points with their shape (None for None).
    """
    full = np.vstack([matrix, [0.0, 0.0, 1.0]]) if matrix.shape[0] == 2 else matrix
    border = fill if image.ndim == 2 or isinstance(fill, tuple) else (fill, fill, fill)
    moved = cv2.warpPerspective(
        image,
        full.astype(np.float64),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )
    if points is None:
        return moved, None
    flat = np.asarray(points, np.float64).reshape(-1, 2)
    lifted = np.column_stack([flat, np.ones(len(flat))]) @ full.T
    mapped = lifted[:, :2] / lifted[:, 2:3]
    return moved, mapped.reshape(np.shape(points)).astype(np.float32)


def perspective(rng: Rng, width: int, height: int, strength: float) -> NDArray[np.float64]:
    """Matrix that moves each corner inwards by up to ``strength`` times the shorter side."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
    reach = rng.uniform(0, strength, (4, 2)).astype(np.float32) * min(width, height)
    matrix = cv2.getPerspectiveTransform(corners, corners + inwards * reach)
    return matrix.astype(np.float64, copy=False)


def wave(image: Image, shift: NDArray[np.floating], fill: int = 255) -> Image:
    """Move each column down by ``shift[column]`` pixels, as a page that is not flat does."""
    height, width = image.shape[:2]
    xs = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :], (height, width))
    ys = np.arange(height, dtype=np.float32)[:, None] - shift.astype(np.float32)[None, :]
    border = fill if image.ndim == 2 else (fill, fill, fill)
    return cv2.remap(
        image,
        np.ascontiguousarray(xs),
        np.ascontiguousarray(ys),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )

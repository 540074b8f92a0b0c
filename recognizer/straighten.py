# SPDX-License-Identifier: Apache-2.0
"""Plates seen at an angle: where their corners may be, and how they look from the front."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.geometry import crop_quad, order_quad, polygon_iou, quad_size
from recognizer.preprocessing import to_rgb

Image = npt.NDArray[np.uint8]
#: The corners of a plate, clockwise from the upper left one, (4, 2) in pixels.
Quad = npt.NDArray[np.float32]

_WIDE, _LOW = 160, 24  # columns at which plates are looked for, and least rows
_KINDS = (2, 3, 4, 5)  # numbers of colours that a picture is split into
_SHAPES = (1.3, 7.0)  # least and most width of a plate, in its heights
_SHARES = (0.12, 0.93)  # least and most part of the picture that it fills
_LEAST_HEIGHT = 8  # in pixels of the reduced picture
_SAME = 0.85  # share of their union that two places for one plate have in common
_MARGIN = 0.03  # left around a straightened plate, in its own widths and heights
_SCALE = 2  # a straightened plate has as many times the pixels that the net wants, each way


def corners(image: Image, most: int = 3) -> list[Quad]:
    """Where a plate may be, the likeliest place first.

    A plate has one colour that its surroundings have not, whatever the two are. The colours of the
    picture are split into two to five kinds (k-means in CIELAB), and of each kind the largest
    region that hangs together is a plate the more, the more of four straight lines it fills and
    the less of the picture's edge it touches.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, a plate with something around it.
        most: places at most.
    """
    tall, wide = image.shape[:2]
    size = _WIDE, max(_LOW, round(tall * _WIDE / max(wide, 1)))
    small = cv2.resize(to_rgb(image), size, interpolation=cv2.INTER_AREA)
    colors = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.COLOR_RGB2LAB)
    found = sorted(_places(colors.astype(np.float32)), key=lambda place: -place[0])
    kept: list[Quad] = []
    for _, quad in found:
        if len(kept) == most:
            break
        if all(polygon_iou(quad, other) < _SAME for other in kept):
            kept.append(quad)
    scale = np.array([wide / size[0], tall / size[1]], np.float32)
    return [quad * scale for quad in kept]


def straightened(image: Image, quad: Quad, height: int) -> Image:
    """A plate from the front, with room to spare for a net's input of that height."""
    wide, tall = quad_size(quad)
    return crop_quad(image, quad, _SCALE * height, _MARGIN * wide / tall, _MARGIN)


def extent(quad: Quad, width: int) -> tuple[float, float]:
    """Where a straightened plate begins and ends, in fractions of its picture's width."""
    left, right = (quad[0, 0] + quad[3, 0]) / 2, (quad[1, 0] + quad[2, 0]) / 2
    margin = _MARGIN * (right - left)
    first, last = np.clip([(left - margin) / width, (right + margin) / width], 0.0, 1.0)
    return float(first), float(last)


def _places(colors: npt.NDArray[np.float32]) -> Iterator[tuple[float, Quad]]:
    """Quadrangles in a picture, each with how much of a plate it is."""
    tall, wide = colors.shape[:2]
    for mask in _masks(colors):
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        outline = max(outlines, key=cv2.contourArea)
        hull = cv2.convexHull(outline)
        area = cv2.contourArea(hull)
        quad = _four_corners(hull)
        filled = cv2.contourArea(quad)
        width, height = quad_size(quad)
        if not (
            area > 0
            and height >= _LEAST_HEIGHT
            and _SHAPES[0] < width / height < _SHAPES[1]
            and _SHARES[0] < filled / (tall * wide) < _SHARES[1]
        ):
            continue
        straight = min(area / filled, filled / area)
        solid = min(1.0, cv2.contourArea(outline) / filled + 0.1)  # letters leave holes
        edge = mask[0].mean() + mask[-1].mean() + mask[:, 0].mean() + mask[:, -1].mean()
        yield float(straight * solid - 0.15 * edge), quad


def _masks(colors: npt.NDArray[np.float32]) -> Iterator[Image]:
    """The regions of each kind of colour, 1 where it is."""
    points = colors.reshape(-1, 3)
    # Kinds begin as slices along the direction in which the colours differ most.
    _, axes = cv2.PCACompute(points, None, maxComponents=1)  # type: ignore[call-overload]
    ranks = np.argsort(np.argsort(points @ axes[0], kind="stable"), kind="stable")
    stop = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0
    for kinds in _KINDS:
        first = (ranks * kinds // len(points)).astype(np.int32)[:, None]
        labels = cv2.kmeans(points, kinds, first, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)[1]
        for kind in range(kinds):
            mask = (labels.reshape(colors.shape[:2]) == kind).astype(np.uint8)
            if mask.any():
                closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
                yield closed.astype(np.uint8, copy=False)


def _four_corners(hull: npt.NDArray[Any]) -> Quad:
    """The four corners of a convex outline."""
    around = cv2.arcLength(hull, True)
    quad = cv2.boxPoints(cv2.minAreaRect(hull))
    for tolerance in np.linspace(0.02, 0.12, 11):
        corner = cv2.approxPolyDP(hull, float(tolerance * around), True)
        if len(corner) == 4:
            quad = corner[:, 0]
            break
    return order_quad(quad)

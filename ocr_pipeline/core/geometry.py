# SPDX-License-Identifier: Apache-2.0
"""Quadrilaterals: order, size, overlap and rectified crops.

A quad is a float array (4, 2) of pixel coordinates, origin top left, clockwise from the
top-left corner *of the text* (so a line printed upside down starts at its right bottom).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
from shapely.geometry import Polygon
from shapely.validation import make_valid

Array = npt.NDArray[np.float32]


def order_quad(points: npt.ArrayLike) -> Array:
    """Orders four corners clockwise from the top-left one of an upright text.

    Args:
        points: (4, 2) corners in any order.

    Returns:
        (4, 2) float32: top left, top right, bottom right, bottom left.
    """
    corners = np.asarray(points, np.float32).reshape(4, 2)
    centre = corners.mean(0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    clockwise = corners[np.argsort(angles, kind="stable")]  # y grows downwards
    # Start at the corner that is most to the top left; the sum is enough for near-upright text.
    return np.roll(clockwise, -int(np.argmin(clockwise.sum(1))), axis=0)


def as_quad(points: npt.ArrayLike) -> Array:
    """The quad of a polygon: itself if it has four corners, else the smallest rectangle around it.

    Args:
        points: (n, 2), at least one point; clockwise from the text's top left where n is 4.
    """
    corners = np.asarray(points, np.float32).reshape(-1, 2)
    if len(corners) == 4:
        return corners
    if len(corners) < 3:
        return box_quad(*corners.min(0), *corners.max(0))
    return order_quad(cv2.boxPoints(cv2.minAreaRect(corners)))


def quad_size(quad: npt.ArrayLike) -> tuple[float, float]:
    """Mean width and height of a quad in pixels."""
    # In plain numbers, which for four points are many times faster than arrays.
    a, b, c, d = np.asarray(quad, np.float32).reshape(4, 2).tolist()
    return (math.dist(a, b) + math.dist(c, d)) / 2, (math.dist(a, d) + math.dist(b, c)) / 2


def box_quad(x0: float, y0: float, x1: float, y1: float) -> Array:
    """The quad of an axis-aligned box."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def bounding_box(quad: npt.ArrayLike) -> tuple[float, float, float, float]:
    """(x0, y0, x1, y1) of the axis-aligned box around a polygon."""
    q = np.asarray(quad, np.float32).reshape(-1, 2)
    (x0, y0), (x1, y1) = q.min(0), q.max(0)
    return float(x0), float(y0), float(x1), float(y1)


def pad_quad(quad: npt.ArrayLike, pad_x: float, pad_y: float) -> Array:
    """Grows a quad along its own axes on each side.

    Args:
        quad: (4, 2).
        pad_x: growth at the left and at the right end, in units of the quad's height.
        pad_y: growth above and below, in units of the quad's height.
    """
    q = np.asarray(quad, np.float32).reshape(4, 2)
    width, height = quad_size(q)
    if width <= 0 or height <= 0:
        return q
    along = ((q[1] - q[0]) + (q[2] - q[3])) / (2 * width)
    down = ((q[3] - q[0]) + (q[2] - q[1])) / (2 * height)
    dx, dy = along * pad_x * height, down * pad_y * height
    grown: Array = (q + np.stack([-dx - dy, dx - dy, dx + dy, -dx + dy])).astype(np.float32)
    return grown


def crop_quad(
    image: npt.NDArray[np.uint8],
    quad: npt.ArrayLike,
    height: int | None = None,
    pad_x: float = 0.0,
    pad_y: float = 0.0,
) -> npt.NDArray[np.uint8]:
    """Cuts a quad out of an image and straightens it.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        quad: (4, 2) clockwise from the text's top left.
        height: height of the crop in pixels; the quad's own height when None.
        pad_x: extra margin left and right, in units of the quad's height.
        pad_y: extra margin above and below, in units of the quad's height.

    Returns:
        The crop, at least 1×1, of the image's number of channels. What lies outside the image
        repeats its border.
    """
    padded = pad_quad(quad, pad_x, pad_y)
    width, tall = quad_size(padded)
    out_h = max(1, round(tall) if height is None else height)
    out_w = max(1, round(width * out_h / max(tall, 1e-3)))
    x0, y0, x1, y1 = bounding_box(padded)
    # Reduce by area first where the crop is much larger than asked for: a warp only interpolates.
    pad = 2
    left, top = max(0, int(np.floor(x0)) - pad), max(0, int(np.floor(y0)) - pad)
    right, bottom = int(np.ceil(x1)) + pad, int(np.ceil(y1)) + pad
    patch = image[top:bottom, left:right]
    if patch.size == 0:
        shape = (out_h, out_w, *image.shape[2:])
        return np.full(shape, 255, np.uint8)
    source = padded - np.array([left, top], np.float32)
    shrink = out_h / max(tall, 1e-3)
    if shrink < 0.75:
        size = (max(1, round(patch.shape[1] * shrink)), max(1, round(patch.shape[0] * shrink)))
        scale = np.array([size[0] / patch.shape[1], size[1] / patch.shape[0]], np.float32)
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        source = (source * scale).astype(np.float32)
    # Corners are edges of pixels, the warp samples their centres.
    target = box_quad(0, 0, out_w, out_h) - 0.5
    matrix = cv2.getPerspectiveTransform((source - 0.5).astype(np.float32), target)
    return cv2.warpPerspective(
        patch, matrix, (out_w, out_h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8, copy=False)


def _polygon(quad: npt.ArrayLike) -> Polygon:
    shape = Polygon(np.asarray(quad, float).reshape(-1, 2))
    return shape if shape.is_valid else make_valid(shape)


def polygon_area(quad: npt.ArrayLike) -> float:
    """Area of a polygon in square pixels."""
    return float(_polygon(quad).area)


def polygon_intersection(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Area that two polygons share, in square pixels."""
    return float(_polygon(a).intersection(_polygon(b)).area)


def polygon_iou(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Intersection over union of two polygons, 0 to 1."""
    p, q = _polygon(a), _polygon(b)
    union = p.union(q).area
    return float(p.intersection(q).area / union) if union > 0 else 0.0

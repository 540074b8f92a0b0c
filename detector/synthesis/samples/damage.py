# SPDX-License-Identifier: Apache-2.0
"""How each test image was taken: what scanner, fax and camera did to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.synthesis import clutter
from detector.synthesis.canvas import Canvas
from detector.synthesis.finish import tint
from detector.synthesis.page import PageLine, PageWord
from ocr_pipeline.core.rendering import degrade

Image = NDArray[np.uint8]
Taken = tuple[Image, list[PageLine]]
Rng = np.random.Generator


def _grey(canvas: Canvas) -> Image:
    return np.asarray(canvas.image.convert("L")).copy()


def _color(canvas: Canvas) -> Image:
    return tint(np.asarray(canvas.image).copy(), canvas.tone)


def move(
    image: Image,
    lines: list[PageLine],
    matrix: NDArray[np.floating],
    size: tuple[int, int],
    fill: int | tuple[int, int, int] = 255,
) -> Taken:
    """Warp the image and all its quadrilaterals."""
    moved, _ = degrade.warp(image, matrix, size, fill=fill)

    def carry(quad: NDArray[np.float32]) -> NDArray[np.float32]:
        points = cv2.perspectiveTransform(quad[None].astype(np.float64), matrix.astype(np.float64))
        return np.asarray(points[0], np.float32)

    return moved, [
        replace(
            line,
            quad=carry(line.quad),
            words=tuple(PageWord(carry(word.quad), word.text) for word in line.words),
        )
        for line in lines
    ]


def turn(
    image: Image, lines: list[PageLine], degrees: float, fill: int | tuple[int, int, int] = 255
) -> Taken:
    """Lay the sheet on the glass a little askew."""
    rows, cols = image.shape[:2]
    matrix = np.vstack([cv2.getRotationMatrix2D((cols / 2, rows / 2), degrees, 1.0), [0, 0, 1]])
    return move(image, lines, matrix, (cols, rows), fill)


def _on_paper(rng: Rng, image: Image, tone: float, roughness: float) -> Image:
    """The print on a sheet that is not quite even."""
    sheet = degrade.paper(rng, image.shape[0], image.shape[1], tone, roughness)
    return degrade.multiply(image, sheet)


def _between(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The perspective, 3×3, that carries four points to four others."""
    return np.asarray(cv2.getPerspectiveTransform(source, target), np.float64)


def letter(rng: Rng, canvas: Canvas) -> Taken:
    """Colour scan with a fold and a little noise."""
    image, lines = turn(_color(canvas), canvas.lines, 0.6, (250, 250, 250))
    image = _on_paper(rng, image, 246, 3)
    for share in (0.34, 0.67):  # folded twice for its envelope
        image = _crease(image, share)
    image = degrade.noise(rng, degrade.blur(image, 0.7), 4, 1.2)
    return image, lines


def _crease(image: Image, share: float) -> Image:
    """A fold across the sheet: a faint dark seam with a bright one beside it."""
    distance = np.arange(image.shape[0]) - share * image.shape[0]
    light = 1 - 0.16 * np.exp(-np.abs(distance) / 2) + 0.05 * np.exp(-np.abs(distance - 4) / 3)
    light -= 0.03 * np.exp(-np.maximum(distance, 0) / 60) * (distance > 0)
    shape = (-1,) + (1,) * (image.ndim - 1)
    return np.clip(image * light.reshape(shape), 0, 255).astype(np.uint8)


def article(rng: Rng, canvas: Canvas) -> Taken:
    """Copied, then scanned in black and white."""
    image, lines = turn(_grey(canvas), canvas.lines, -0.45)
    image = degrade.spread(image, 0.4)
    image = degrade.noise(rng, degrade.blur(image, 0.8), 16)
    image = degrade.bilevel(image, 138)
    image = degrade.salt_and_pepper(rng, image, 0.0003, 0.7)
    return degrade.specks(rng, image, 25, 2.5), lines


def form(rng: Rng, canvas: Canvas) -> Taken:
    """Grey scan of a worn form."""
    image, lines = turn(_grey(canvas), canvas.lines, 0.8, 238)
    image = _on_paper(rng, image, 240, 4)
    image = degrade.faded(rng, image, 0.7, 120)
    return degrade.noise(rng, degrade.blur(image, 0.7), 4), lines


def receipt(rng: Rng, canvas: Canvas) -> Taken:
    """Thermal print that begins to fade, scanned with a margin."""
    rows, cols = canvas.height, canvas.width
    image = degrade.banding(rng, _grey(canvas), 0.25, 40, vertical=True)
    image = degrade.faded(rng, image, 0.6, 200)
    image = degrade.levels(image, 60, 240)
    shift = np.array([[1, 0, 70], [0, 1, 30], [0, 0, 1]], float)
    image, lines = move(image, canvas.lines, shift, (cols + 140, rows + 60), 252)
    image, lines = turn(image, lines, -0.7, 252)
    return degrade.noise(rng, degrade.blur(image, 0.8), 5), lines


def photo(rng: Rng, canvas: Canvas) -> Taken:
    """A telephone's photograph of a page on a kitchen table, slightly turned."""
    page = _color(canvas)
    rows, cols = page.shape[:2]
    size = (cols + 260, rows + 240)
    source = np.array([[0, 0], [cols, 0], [cols, rows], [0, rows]], np.float32)
    target = np.array([[150, 70], [1280, 128], [1318, 1672], [64, 1600]], np.float32)
    matrix = _between(source, target)
    table = np.asarray(clutter.photo(np.random.default_rng(3), *size)).astype(np.float32)
    grain = degrade.smooth_field(rng, size[1], size[0], 5)[:, :, None] * 8
    table = np.clip(table * 0.25 + np.array([88, 62, 40]) + grain, 0, 255).astype(np.uint8)
    inside, _ = degrade.warp(np.full((rows, cols), 255, np.uint8), matrix, size, fill=0)
    image, lines = move(page, canvas.lines, matrix, size, (0, 0, 0))
    image = np.where((inside > 127)[:, :, None], image, table)
    image = degrade.gradient(rng, image, 0.35)
    image = degrade.shadow(np.random.default_rng(8), image, 0.28)
    image = degrade.blur(image, 1.0)
    return degrade.noise(rng, image, 5, 1.3), lines


def chinese(rng: Rng, canvas: Canvas) -> Taken:
    """Grey scan of thin paper: the back shows through."""
    image = _grey(canvas)
    back = np.roll(image, 37, axis=0)
    image = degrade.bleed_through(image, back, 0.08)
    image, lines = turn(image, canvas.lines, -0.5)
    image = _on_paper(rng, image, 244, 3)
    return degrade.noise(rng, degrade.blur(image, 0.7), 3), lines


def fax(rng: Rng, canvas: Canvas) -> Taken:
    """Sent in coarse lines, printed on thermal paper that has since turned grey."""
    image, lines = turn(_grey(canvas), canvas.lines, 0.5)
    rows, cols = image.shape
    size = (cols, rows * 2 // 3)
    coarse = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    coarse = degrade.bilevel(degrade.noise(rng, coarse, 12), 150)
    image = np.asarray(cv2.resize(coarse, (cols, rows)), np.uint8)
    image = degrade.banding(rng, image, 0.2, 80)
    image = degrade.levels(image, 118, 206)
    image = degrade.gradient(rng, image, 0.12)
    return degrade.noise(rng, degrade.blur(image, 0.6), 5), lines


def card(rng: Rng, canvas: Canvas) -> Taken:
    """A card on a scanner's glass with its lid open."""
    page = degrade.multiply(_color(canvas), degrade.paper(rng, canvas.height, canvas.width, 247, 3))
    shift = np.array([[1, 0, 60], [0, 1, 60], [0, 0, 1]], float)
    image, lines = move(
        page, canvas.lines, shift, (canvas.width + 120, canvas.height + 120), (58, 60, 64)
    )
    image, lines = turn(image, lines, 1.6, (58, 60, 64))
    return degrade.noise(rng, degrade.blur(image, 0.8), 5), lines


def invoice(rng: Rng, canvas: Canvas) -> Taken:
    """Colour scan, compressed."""
    image, lines = turn(_color(canvas), canvas.lines, -0.35, (252, 252, 252))
    return degrade.noise(rng, degrade.blur(image, 0.6), 3), lines


def sign(rng: Rng, canvas: Canvas) -> Taken:
    """Taken from the side, by hand."""
    size = (canvas.width, canvas.height)
    source = np.array([[170, 150], [930, 150], [930, 780], [170, 780]], np.float32)
    target = np.array([[190, 190], [915, 150], [905, 800], [200, 760]], np.float32)
    matrix = _between(source, target)
    _, lines = move(_color(canvas), canvas.lines, matrix, size)
    seen = cv2.warpPerspective(_color(canvas), matrix, size, borderMode=cv2.BORDER_REFLECT)
    image = degrade.motion_blur(np.asarray(seen, np.uint8), 3, 20)
    image = degrade.gradient(rng, image, 0.3)
    return degrade.noise(rng, image, 7, 1.5), lines


DAMAGE: dict[str, Callable[[Rng, Canvas], Taken]] = {
    "letter": letter,
    "article": article,
    "form": form,
    "receipt": receipt,
    "photo": photo,
    "chinese": chinese,
    "fax": fax,
    "card": card,
    "invoice": invoice,
    "sign": sign,
}

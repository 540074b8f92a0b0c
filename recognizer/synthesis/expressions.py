# SPDX-License-Identifier: Apache-2.0
"""Pictures of arithmetic expressions, 180 x 60 pixels, as captcha makers distort them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.errors import FontError, UsageError
from ocr_pipeline.core.rendering import degrade as d
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from recognizer.synthesis.glyphs import DRAWN_AT, affine, cover, glyph, stamp, steps_between
from recognizer.synthesis.legible import fit_faces
from recognizer.synthesis.lines import LineSample

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator

ALPHABET = "0123456789+-*()"
_OPERATORS = "+-*"
_CATEGORIES = (("sans", 0.42), ("serif", 0.28), ("mono", 0.14), ("typewriter", 0.06))
# Faces that write a digit as others write another: a nine like a four, an eight without its upper
# eye, a nought like a b, a one whose flag is as level as the bar of a seven.
_MISLEADING = re.compile(r"delphine|rufscript|domestic manners|^sora ", re.I)
_MARGIN = 5.0  # columns kept free at both ends
_LEAST_STEP = 0.44  # least distance of two characters' middles, in ems
_LIKE_STEP = 0.5  # the same for two that are alike, which would else run together


@dataclass(frozen=True)
class ExpressionOptions:
    """What expressions are rendered.

    Attributes:
        height: rows of the image.
        width: columns of the image.
        shortest: least characters.
        longest: most characters.
        font_folders: folders with fonts; none means the system's.
    """

    height: int = 60
    width: int = 180
    shortest: int = 3
    longest: int = 11
    font_folders: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not 3 <= self.shortest <= self.longest:
            raise UsageError("lengths must satisfy 3 <= shortest <= longest")
        if self.height < 24 or self.width < self.longest * 12:
            raise UsageError(
                f"expressions of {self.longest} characters need an image of at least "
                f"{self.longest * 12}x24 pixels"
            )


class ExpressionRenderer:
    """Renders expressions, each a pure function of (seed, index).

    Args:
        options: what to render.
        fonts: faces to draw with; None loads those the options name.

    Raises:
        FontError: no face has all digits, operators and brackets.
    """

    def __init__(
        self, options: ExpressionOptions | None = None, fonts: FontLibrary | None = None
    ) -> None:
        self.options = options or ExpressionOptions()
        self.fonts = fonts or FontLibrary(self.options.font_folders or None)
        self._faces = _by_category(self.fonts.faces)

    def render(self, seed: int, index: int) -> LineSample:
        """Render expression number ``index`` of the endless set ``seed``."""
        rng = np.random.default_rng([seed, index])
        length = int(rng.integers(self.options.shortest, self.options.longest + 1))
        text = expression(rng, length)
        ink, size, strength = self._set(rng, text)
        return LineSample(_worn(rng, ink, size, strength), text)

    def _face(self, rng: Rng) -> Face:
        roll = rng.random()
        for share, faces in self._faces:
            if roll < share:
                return faces[int(rng.integers(len(faces)))]
            roll -= share
        return self._faces[0][1][0]

    def _set(self, rng: Rng, text: str) -> tuple[Image, float, float]:
        """Coverage of the text set letter by letter, uint8 (H, W), its pixels per em, and how
        full (0 to 1) the strokes of its thinnest face are."""
        height, width = self.options.height, self.options.width
        mixed = rng.random() < 0.2
        faces = [self._face(rng)] * len(text)
        if mixed:
            faces = [self._face(rng) for _ in text]
        spacing = rng.uniform(0.0, 0.16)
        steps = _steps(faces, text, spacing)
        most = (width - 2 * _MARGIN) / (sum(steps) + 0.6)
        size = float(min(most, 0.8 * height) * rng.uniform(0.86, 1.0))
        size = min(size, float(rng.uniform(30, 46)) * height / 60)
        span = sum(steps) * size
        room = width - span - 0.6 * size
        x = 0.3 * size + room * float(rng.beta(1.5, 1.5))
        y = height / 2 + 0.1 * height * float(rng.uniform(-1, 1))
        slope = rng.uniform(-1, 1) * min(0.05, 0.12 * height / max(span, 1.0))
        tilted = rng.uniform(0, 16)
        uneven = rng.uniform(0, 0.07) * size
        slant = rng.normal(0, 0.08)
        ink = np.zeros((height, width), np.uint8)
        inked: dict[str, list[NDArray[Any]]] = {}
        for number, character in enumerate(text):
            x += steps[number] * size
            # A minus sign or bracket that is turned far is taken for something else.
            turn = tilted * (0.5 if character in "+-*()" else 1.0) * rng.uniform(-1, 1)
            scale = size / DRAWN_AT * rng.uniform(0.9, 1.06)
            matrix = affine(scale, turn, rng.uniform(0.9, 1.1), slant)
            drawn = glyph(faces[number], character)
            at = y + slope * (x - width / 2) + uneven * rng.uniform(-1, 1)
            stamped = stamp(drawn, matrix, x, at)
            cover(ink, stamped)
            inked.setdefault(faces[number].name, []).append(stamped.ink[stamped.ink > 40])
        return ink, size, min(map(_strength, inked.values()))


def _strength(parts: Sequence[NDArray[Any]]) -> float:
    """How full the strokes of some letters are, 0.4 to 1."""
    drawn = np.concatenate(parts)
    return float(np.clip(np.percentile(drawn, 75) / 255, 0.4, 1.0)) if drawn.size else 1.0


def _by_category(faces: Sequence[Face]) -> list[tuple[float, list[Face]]]:
    """Faces that can draw expressions, by category, each with its share."""
    usable = [face for face in faces if face.covers(ALPHABET)]
    if not usable:
        raise FontError(
            f"no face has all of {ALPHABET!r}: install a font such as fonts-dejavu-core or "
            "fonts-liberation, or name a folder that holds one"
        )
    fit = [f for f in fit_faces(usable) if not _MISLEADING.search(f.name)] or usable
    groups = [(share, [f for f in fit if f.category == name]) for name, share in _CATEGORIES]
    rest = [f for f in fit if f.category in ("display", "handwriting")]
    groups = [(share, group) for share, group in [*groups, (0.05, rest)] if group] or [(1.0, fit)]
    total = sum(share for share, _ in groups)
    return [(share / total, group) for share, group in groups]


def _steps(faces: Sequence[Face], text: str, spacing: float) -> list[float]:
    """Distance of each character's middle from the one before, in ems; 0 for the first."""
    wide = [
        glyph(face, character).advance / DRAWN_AT
        for face, character in zip(faces, text, strict=True)
    ]
    return steps_between(wide, text, spacing, _LEAST_STEP, _LIKE_STEP)


# Texts -------------------------------------------------------------------------------------------


def expression(rng: Rng, length: int) -> str:
    """A valid expression of exactly ``length`` characters (3 or more)."""
    if length >= 4 and rng.random() < 0.04:
        return "-" + _operation(rng, length - 1)
    return _operation(rng, length)


def _operation(rng: Rng, length: int) -> str:
    """Two terms with an operator between; ``length`` is 3 or more."""
    left = int(rng.integers(1, length - 1))
    sign = _OPERATORS[int(rng.integers(3))]
    return _term(rng, left) + sign + _term(rng, length - 1 - left)


def _term(rng: Rng, length: int) -> str:
    """A number, an operation, or one in brackets, of ``length`` characters."""
    if length >= 5 and rng.random() < 0.65:
        if length >= 6 and rng.random() < 0.05:
            return f"(-{_term(rng, length - 3)})"
        return f"({_operation(rng, length - 2)})"
    if length == 4 and rng.random() < 0.12:
        return f"(-{int(rng.integers(1, 10))})"
    if length >= 3 and (length > 4 or rng.random() < 0.85):
        return _operation(rng, length)
    if length == 1:
        return str(int(rng.integers(10)))
    return str(int(rng.integers(10 ** (length - 1), 10**length)))


# Wear --------------------------------------------------------------------------------------------


def _worn(rng: Rng, ink: Image, size: float, strength: float) -> Image:
    """Coverage to a grey picture: bent, on a ground of its own, with lines, dots and noise.

    The contrast is such that letters of ``strength`` outlast them.
    """
    height, width = ink.shape
    if rng.random() < 0.55:
        ink = _bent(rng, ink, size)
    # What a large bold face bears hides a small one whose strokes never reach the full ink.
    fine = min(1.0, size / 28)
    hard = fine * float(rng.random() ** 1.4)
    sigma = hard * rng.uniform(0, 26)
    dark, light = _tones(rng, min(225.0, (70 + 2.2 * sigma) / strength))
    ground = np.full((height, width), light, np.float32)
    if rng.random() < 0.5:
        reach = min(22.0, 0.2 * abs(light - dark))
        cell = float(rng.choice([6.0, 20.0, 90.0]))
        ground += d.smooth_field(rng, height, width, cell) * np.float32(rng.uniform(0, reach))
    alpha = ink.astype(np.float32) * np.float32(1 / 255)
    image = np.clip(ground + (dark - ground) * alpha, 0, 255).astype(np.uint8)
    _lines(rng, image, dark, light, fine)
    _dots(rng, image, dark, light, hard, fine)
    if rng.random() < 0.3:
        image = d.blur(image, float(rng.uniform(0.3, 0.028 * size)))
    if sigma > 1:
        image = d.noise(rng, image, sigma, float(rng.choice([1.0, 1.0, 1.6])))
    if rng.random() < 0.15:
        image = d.salt_and_pepper(rng, image, fine * float(rng.uniform(0.002, 0.02)))
    if rng.random() < 0.4:
        image = d.jpeg(image, int(rng.integers(35, 95)))
    return np.ascontiguousarray(image)


def _tones(rng: Rng, apart: float) -> tuple[float, float]:
    """Grey of the ink and of the ground, at least ``apart`` levels from each other."""
    if rng.random() < 0.85:
        light = rng.uniform(max(150.0, apart + 5), 256.0)
        return float(rng.uniform(0.0, light - apart)), float(light)
    ink = rng.uniform(max(150.0, apart + 5), 256.0)
    return float(ink), float(rng.uniform(0.0, ink - apart))


def _bent(rng: Rng, ink: Image, size: float) -> Image:
    """Waves along both axes, gentle enough that no stroke is turned over."""
    height, width = ink.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    cols = np.arange(width, dtype=np.float32)[None, :]
    lengths = rng.uniform(1.6, 5.0, 2) * size
    reach = rng.uniform(0.0, 0.03, 2) * lengths
    phases = rng.uniform(0, 2 * np.pi, 2)
    down = reach[0] * np.sin(cols * (2 * np.pi / lengths[0]) + phases[0])
    aside = reach[1] * np.sin(rows * (2 * np.pi / lengths[1]) + phases[1])
    grid = np.broadcast_to(cols + aside, ink.shape), np.broadcast_to(rows + down, ink.shape)
    return cv2.remap(ink, grid[0].astype(np.float32), grid[1].astype(np.float32), cv2.INTER_LINEAR)


def _lines(rng: Rng, image: Image, dark: float, light: float, fine: float) -> None:
    """Thin lines from side to side; long, so that none is taken for a minus sign, and fainter
    among small letters, whose strokes are no thicker than they."""
    height, width = image.shape
    for _ in range(int(rng.choice(4, p=[0.4, 0.28, 0.21, 0.11]))):
        ends = [
            (int(rng.uniform(-0.1, 0.35) * width), int(rng.uniform(0, height))),
            (int(rng.uniform(0.65, 1.1) * width), int(rng.uniform(0, height))),
        ]
        # A level line at the height of the signs would make one more of them, or hide one.
        level = abs(ends[0][1] - ends[1][1]) < 0.35 * height
        tone = light + (dark - light) * rng.uniform(0.2, 0.4 if level else 0.4 + 0.35 * fine)
        if rng.random() < 0.3:
            middle = (int(rng.uniform(0.3, 0.7) * width), int(rng.uniform(0, height)))
            t = np.linspace(0, 1, 24)[:, None]
            a, b, c = np.array(ends[0]), np.array(middle), np.array(ends[1])
            curve = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
            cv2.polylines(image, [np.round(curve).astype(np.int32)], False, tone, 1, cv2.LINE_AA)
        else:
            cv2.line(image, ends[0], ends[1], tone, 1, cv2.LINE_AA)


def _dots(rng: Rng, image: Image, dark: float, light: float, hard: float, fine: float) -> None:
    """Single pixels, and a few blots smaller than a stroke is long."""
    height, width = image.shape
    count = int(rng.uniform(0, 1) * hard * 220)
    tones = light + (dark - light) * rng.uniform(0.3, 1.0, count)
    image[rng.integers(0, height, count), rng.integers(0, width, count)] = tones
    for _ in range(int(rng.integers(0, 8)) if rng.random() < 0.4 else 0):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        tone = light + (dark - light) * rng.uniform(0.3, 0.9) * fine
        cv2.circle(image, at, 1, tone, -1, cv2.LINE_AA)

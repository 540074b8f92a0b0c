# SPDX-License-Identifier: Apache-2.0
"""Pictures of random letters and digits, hidden in the ways of several captcha makers."""

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
from ocr_pipeline.core.rendering.words import weighted
from recognizer.preprocessing import GREY_OF_RGB
from recognizer.synthesis.captcha_styles import STYLES, Style
from recognizer.synthesis.clutter import draw_dots, draw_lines
from recognizer.synthesis.glyphs import DRAWN_AT, affine, stamp, steps_between, window
from recognizer.synthesis.legible import LETTERS, Lettering, fit_faces, legible
from recognizer.synthesis.lines import LineSample

Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less
Rng = np.random.Generator

_NARROW = re.compile(r"narrow|cond|\bcn\b", re.I)
_SOFT = re.compile(
    r"comic|hand|kaushan|dancing|humor|caliban|domestic|averia|rufscript|leckerli|lobster"
    r"|comfortaa|oblique|italic",
    re.I,
)
# Letters whose two cases differ in size alone: without one of any other a picture of them has
# no scale.
_SIZELESS = frozenset("cosvwxzCOSVWXZ0")
_STROKES = ((0, 3), (0, 4), (2, 3), (3, 3), (4, 3))  # Hershey fonts and thicknesses
_LEAST_STEP, _LIKE_STEP = 0.3, 0.42  # least distances of letters' middles, in ems
_LEAST_KINDS = 30  # a face in which fewer characters can be told apart is not used


@dataclass(frozen=True)
class CaptchaOptions:
    """What captchas are rendered.

    Attributes:
        styles: names of the styles to render; all when empty.
        font_folders: folders with fonts; none means the system's.
    """

    styles: tuple[str, ...] = ()
    font_folders: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        known = [style.name for style in STYLES]
        unknown = [name for name in self.styles if name not in known]
        if unknown:
            raise UsageError(f"unknown style {unknown[0]!r}: use some of {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class _Setting:
    """One picture's decisions about its letters."""

    text: str
    letterings: list[Lettering]
    steps: list[float]
    size: float
    height: int
    width: int


class CaptchaRenderer:
    """Renders captchas, each a pure function of (seed, index).

    Args:
        options: what to render.
        fonts: faces to draw with; None loads those the options name.

    Raises:
        FontError: no face has all letters and digits.
    """

    def __init__(
        self, options: CaptchaOptions | None = None, fonts: FontLibrary | None = None
    ) -> None:
        self.options = options or CaptchaOptions()
        self.fonts = fonts or FontLibrary(self.options.font_folders or None)
        self._faces = _groups(self.fonts.faces)
        chosen = self.options.styles or tuple(style.name for style in STYLES)
        self._styles = [(style.share, style) for style in STYLES if style.name in chosen]

    def render(self, seed: int, index: int) -> LineSample:
        """Render captcha number ``index`` of the endless set ``seed``."""
        rng = np.random.default_rng([seed, index])
        style = weighted(rng, self._styles)
        return self.render_style(rng, style)

    def render_style(self, rng: Rng, style: Style) -> LineSample:
        """Render a captcha of one style."""
        setting = self._setting(rng, style)
        image = _ground(rng, style, setting)
        colors = _inks(rng, style, image, len(setting.text))
        _letters(rng, style, setting, image, colors)
        if style.wave:
            image = _bent(rng, image, setting.size, style.wave)
        paper = image[0, 0].astype(float) if style.ground != "texture" else image.mean((0, 1))
        draw_lines(rng, style, image, colors, paper, setting.size)
        draw_dots(rng, style, image, colors, paper)
        if style.blur and rng.random() < 0.5:
            image = d.blur(image, float(rng.uniform(0.0, style.blur * setting.size)))
        if style.noise and rng.random() < 0.7:
            image = d.noise(rng, image, float(rng.uniform(1.0, style.noise)))
        if rng.random() < style.jpeg:
            image = d.jpeg(image, int(rng.integers(45, 95)))
        return LineSample(np.ascontiguousarray(image), setting.text)

    # --- letters ------------------------------------------------------------------------------

    def _lettering(self, rng: Rng, style: Style) -> Lettering:
        if style.faces == "strokes":
            return Lettering(None, *_STROKES[int(rng.integers(len(_STROKES)))])
        faces = self._faces[style.faces]
        for _ in range(20):
            lettering = Lettering(faces[int(rng.integers(len(faces)))])
            if len(legible(lettering, style.uneven)) >= _LEAST_KINDS:
                break
        return lettering

    def _setting(self, rng: Rng, style: Style) -> _Setting:
        count = int(rng.integers(style.letters[0], style.letters[1] + 1))
        letterings = [self._lettering(rng, style)] * count
        if rng.random() < style.mixed:
            letterings = [self._lettering(rng, style) for _ in range(count)]
        # Faces differ in how tall small letters are beside capitals.
        text = _text(
            rng, letterings, style.uneven + (0.04 if letterings[0] != letterings[-1] else 0.0)
        )
        spacing = float(rng.uniform(*style.spacing))
        steps = _steps(letterings, text, spacing)
        height = int(rng.integers(style.heights[0], style.heights[1] + 1))
        size = height * float(rng.uniform(*style.em))
        if style.width:
            size = min(size, (style.width - 4) / (sum(steps) + 0.75))
            return _Setting(text, letterings, steps, size, height, style.width)
        margins = float(rng.uniform(0.15, 1.2) if rng.random() < 0.7 else rng.uniform(1.0, 3.0))
        width = int((sum(steps) + 0.8 + margins) * size)
        return _Setting(text, letterings, steps, size, height, width)


def _groups(faces: Sequence[Face]) -> dict[str, list[Face]]:
    """Faces that can draw captchas, by the names that styles use."""
    usable = [face for face in faces if face.covers(LETTERS)]
    if not usable:
        raise FontError(
            "no face has all letters and digits: install a font such as fonts-dejavu-core or "
            "fonts-liberation, or name a folder that holds one"
        )
    fit = fit_faces(usable)
    sans = [f for f in fit if f.category == "sans"] or fit
    return {
        "any": fit,
        "sans": sans,
        "narrow": [f for f in sans if _NARROW.search(f.name)] or sans,
        "soft": [f for f in fit if _SOFT.search(f.name)] or fit,
    }


def _text(rng: Rng, letterings: Sequence[Lettering], uneven: float) -> str:
    """Random characters, among them one at least that shows how large the others are."""
    kinds = [legible(lettering, uneven) or LETTERS for lettering in letterings]
    while True:
        text = "".join(kind[int(rng.integers(len(kind)))] for kind in kinds)
        if not _SIZELESS.issuperset(text):
            return text


def _steps(letterings: Sequence[Lettering], text: str, spacing: float) -> list[float]:
    """Distance of each letter's middle from the one before, in ems; 0 for the first."""
    wide = [
        lettering.glyph(character).advance * _even(lettering) / DRAWN_AT
        for lettering, character in zip(letterings, text, strict=True)
    ]
    return steps_between(wide, text, spacing, _LEAST_STEP, _LIKE_STEP)


def _even(lettering: Lettering) -> float:
    """Scale that gives the digits of every face one height: only then do sizes tell the case."""
    return float(np.clip(0.35 * DRAWN_AT / max(lettering.glyph("8").middle, 1.0), 0.7, 1.5))


def _letters(rng: Rng, style: Style, setting: _Setting, image: Image, colors: NDArray[Any]) -> None:
    """Draw the text into an image, in place."""
    size, (height, width) = setting.size, image.shape[:2]
    span = sum(setting.steps) * size
    ends = [
        setting.letterings[at].glyph(setting.text[at]).advance * size / DRAWN_AT / 2
        for at in (0, -1)
    ]
    room = max(width - span - sum(ends), 0.0)
    x = ends[0] + room * float(rng.uniform(0.15, 0.85))
    loose = max(height / 2 - 0.62 * size, 0.0)
    y = height / 2 - 0.04 * size + loose * float(rng.uniform(-0.8, 0.8))
    slope = float(rng.uniform(-1, 1)) * min(0.06, 0.6 * loose / max(span, 1.0)) * bool(style.tilt)
    tilted = style.tilt * float(rng.random())
    slant = float(rng.normal(0, 0.06)) if style.tilt else 0.0
    stretch = float(rng.uniform(0.95, 1.05))
    # A base line that all letters share is what tells P from p.
    wander = min(style.wander, 0.1) * size * float(rng.random())
    for number, character in enumerate(setting.text):
        x += setting.steps[number] * size
        scale = size / DRAWN_AT * _even(setting.letterings[number])
        scale *= float(rng.uniform(1 - style.uneven, 1 + style.uneven))
        matrix = affine(scale, tilted * float(rng.uniform(-1, 1)), stretch, slant)
        at = y + slope * (x - width / 2) + wander * float(rng.uniform(-1, 1))
        where, ink = window(
            stamp(setting.letterings[number].glyph(character), matrix, x, at), height, width
        )
        if ink.size:
            alpha = ink[:, :, None].astype(np.float32) * np.float32(1 / 255)
            part = image[where].astype(np.float32)
            image[where] = (part + (colors[number] - part) * alpha).astype(np.uint8)


# Colours -----------------------------------------------------------------------------------------


def _ground(rng: Rng, style: Style, setting: _Setting) -> Image:
    """The picture before anything is drawn on it, RGB."""
    height, width = setting.height, setting.width
    if style.ground == "white":
        tone: Any = 255.0
    elif style.ground == "pastel":
        tone = rng.uniform(228, 256, 3)
    elif style.ground == "night":
        tone = rng.uniform(0, 70, 3)
    else:
        tone = rng.uniform(175, 250) + rng.uniform(-14, 14, 3)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.clip(tone, 0, 255).astype(np.uint8)
    if style.ground == "texture":
        field = d.texture(rng, height, width, 255.0 - float(rng.uniform(5, 55)), 255.0)
        image = d.multiply(image, field)
    return image


def _inks(rng: Rng, style: Style, image: Image, count: int) -> NDArray[np.float32]:
    """Colours of the letters, (count, 3), each far enough from the ground in grey."""
    ground = float((image.reshape(-1, 3)[:: max(1, image.shape[1] // 16)] @ GREY_OF_RGB).mean())
    apart = (65.0 + 2.0 * style.noise) * (1.0 - style.pale)
    if style.ink == "dark":
        low, high = (32, 128) if style.width == 70 else (0, 156)
    else:
        low, high = (60, 256) if style.ground == "night" else (0, 236)
    wanted = count if style.ink in ("many", "dark") else 1
    colors: list[NDArray[Any]] = []
    while len(colors) < wanted:
        color = rng.uniform(low, high, 3)
        if abs(float(color @ GREY_OF_RGB) - ground) >= apart:
            colors.append(color)
    while len(colors) < count:
        colors.append(colors[0])
    return np.array(colors, np.float32)


# Geometry ----------------------------------------------------------------------------------------


def _bent(rng: Rng, image: Image, size: float, most: float) -> Image:
    """Waves along both axes whose slope is at most ``most``; the ground goes on at the edges."""
    height, width = image.shape[:2]
    rows = np.arange(height, dtype=np.float32)[:, None]
    cols = np.arange(width, dtype=np.float32)[None, :]
    lengths = rng.uniform(2.2, 7.0, 2) * size
    reach = (rng.uniform(0.0, most, 2) * lengths / (2 * np.pi)).astype(np.float32)
    reach[0] = min(reach[0], 0.11 * height)
    phases = rng.uniform(0, 2 * np.pi, 2)
    down = reach[0] * np.sin(cols * (2 * np.pi / lengths[0]) + phases[0])
    aside = reach[1] * np.sin(rows * (2 * np.pi / lengths[1]) + phases[1])
    to_x = np.broadcast_to(cols + aside, (height, width)).astype(np.float32)
    to_y = np.broadcast_to(rows + down, (height, width)).astype(np.float32)
    return cv2.remap(image, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

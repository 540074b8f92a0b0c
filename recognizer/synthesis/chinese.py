# SPDX-License-Identifier: Apache-2.0
"""Endless lines of Chinese print as a detector would crop them, with their texts."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering import degrade as d
from ocr_pipeline.core.rendering.drawing import DrawnLine, DrawStyle, advance, draw, ink_box
from ocr_pipeline.core.rendering.families import style_weight
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from ocr_pipeline.core.rendering.words import weighted
from recognizer.synthesis.chinese_alphabet import CHINESE_ALPHABET, HANZI
from recognizer.synthesis.chinese_forms import hasty_forms, wide_points
from recognizer.synthesis.chinese_text import ChineseText, shortened
from recognizer.synthesis.crops import crop_line
from recognizer.synthesis.lines import NET_HEIGHT, LineSample, first_sample, fit
from recognizer.synthesis.looks import LOOKS
from recognizer.synthesis.scene import crop_scene

Rng = np.random.Generator
Image = NDArray[Any]  # always uint8; the stubs of OpenCV promise less

# Columns of the finest net's input per time step; a coarser one leaves out lines too dense for it.
_STEP = 4
_HEIGHTS = (16, 64)  # lowest and highest image
_PACKAGES = "fonts-noto-cjk, fonts-wqy-microhei, fonts-arphic-uming, fonts-lxgw-wenkai"
# Faces that draw the forms of other regions: Japan's, Korea's, Taiwan's, Hong Kong's.
_OTHER_REGIONS = re.compile(r"\b(JP|KR|TC|HK|TW|MBE)\b")
_PROBE = "一国永的鬼藏"

# Shares of the looks, "soft" being the one below; heights of the text's box in pixels at which
# each is drawn: least, most, and the power that bends an even draw towards the least; and how
# much finer than Latin letters of that height the strokes are to be treated.
_LOOKS: tuple[tuple[float, str], ...] = (
    (0.26, "clean"),
    (0.22, "grey"),
    (0.28, "soft"),
    (0.08, "screen"),
    (0.07, "bilevel"),
    (0.05, "thermal"),
    (0.04, "scene"),
)
_BOXES = {
    "clean": (17.0, 46.0, 1.2, 0.7),
    "grey": (22.0, 48.0, 1.1, 0.6),
    "soft": (19.0, 42.0, 1.1, 1.0),
    "screen": (16.0, 28.0, 1.2, 0.8),
    "bilevel": (26.0, 50.0, 1.1, 0.5),
    "thermal": (24.0, 44.0, 1.1, 0.5),
    "scene": (24.0, 44.0, 1.1, 0.6),
}


class ChineseRenderer:
    """Renders Chinese lines, each a pure function of (seed, index).

    Args:
        fonts: Faces to draw with; None loads the system's.
        text: Source of texts; None makes one without a corpus.
        max_width: Widest image, in columns after scaling to a height of 32.

    Raises:
        FontError: The fonts do not have all characters of the alphabet.
    """

    def __init__(
        self,
        fonts: FontLibrary | None = None,
        text: ChineseText | None = None,
        max_width: int = 800,
    ) -> None:
        self.faces, shares = chinese_faces(fonts or FontLibrary())
        self._running = np.cumsum(shares) / np.sum(shares)
        self.text = text or ChineseText()
        self.max_width = max_width

    def render(self, seed: int, index: int) -> LineSample:
        """Render line number ``index`` of the endless set ``seed``."""
        return first_sample(self._attempt, seed, index)

    def _attempt(self, rng: Rng) -> LineSample | None:
        """One line; None where it came out without ink or too wide."""
        text = self.text.line(rng)
        look = weighted(rng, _LOOKS)
        face = self._face(rng, text)
        least, most, power, finer = _BOXES[look]
        font = face.font(_size(face, least + (most - least) * rng.random() ** power))
        up_down = _extents(font)
        tall = float(sum(up_down))
        stretch = _stretch(rng, look)
        style = _style(rng, font, text, tall)
        room = (self.max_width / NET_HEIGHT - 0.3) * tall
        while (width := advance(font, text, style) * stretch) > room:
            text = shortened(text, min(int(len(text) * room / width), len(text) - 1))
        # Steps that CTC cannot do without, at a crop of ordinary height.
        steps = len(text) + sum(a == b for a, b in pairwise(text)) + 1
        stretch *= max(1.0, steps * _STEP * 1.25 * tall / NET_HEIGHT / max(width, 1.0))
        line = draw(rng, font, self._typed(rng, face, text), style, int(tall * 1.1) + 2)
        bounds = ink_box(line.ink)
        if not text or bounds is None:
            return None
        image = _cut(rng, look, line, bounds, up_down, stretch, text)
        if rng.random() < 0.2:  # towards the faces, and the hands, that are not there
            image = _uneven(rng, image, tall)
        image = soft(rng, image, tall) if look == "soft" else LOOKS[look](rng, image, finer * tall)
        fitted = fit(rng, image, *_HEIGHTS, self.max_width)
        return None if fitted is None else LineSample(fitted, text)

    @staticmethod
    def _typed(rng: Rng, face: Face, text: str) -> str:
        """The text as somebody typed it, who cared less for the forms of signs."""
        roll = rng.random()
        typed = hasty_forms(text) if roll < 0.12 else wide_points(text) if roll < 0.2 else text
        return typed if face.covers(typed) else text

    def _face(self, rng: Rng, text: str) -> Face:
        """A face that has the text's characters."""
        for _ in range(6):
            face = self.faces[int(np.searchsorted(self._running, rng.random(), side="right"))]
            if face.covers(text):
                return face
        able = [face for face in self.faces if face.covers(text)] or [self._fullest]
        return able[int(rng.integers(len(able)))]

    @property
    def _fullest(self) -> Face:
        return max(self.faces, key=lambda face: len(face.characters))


def chinese_faces(fonts: FontLibrary) -> tuple[tuple[Face, ...], list[float]]:
    """The faces of simplified Chinese, and how often each is to be drawn.

    Raises:
        FontError: None is there, or together they lack some of the alphabet.
    """
    common = frozenset(HANZI[:3755])
    faces = [f for f in fonts.faces if len(common - f.characters) < 40 and _drawn(f)]
    local = [f for f in faces if not _OTHER_REGIONS.search(f.name)] or faces
    lacking = set(CHINESE_ALPHABET).difference(*(face.characters for face in local))
    if lacking:
        raise FontError(
            f"the fonts lack {len(lacking)} characters of simplified Chinese, "
            f"{''.join(sorted(lacking)[:20])!r} among them: install {_PACKAGES} (Debian's names), "
            "or name a folder that has such fonts"
        )
    styles = [style_weight(f.name) * (0.2 if "Mono" in f.name else 1.0) for f in local]
    families: dict[str, float] = {}
    for face, weight in zip(local, styles, strict=True):
        families[face.family] = families.get(face.family, 0.0) + weight
    # A family counts as one face, or less where it only repeats another's glyphs.
    share = {name: min(1.0, total) for name, total in families.items()}
    return tuple(local), [
        share[f.family] * w / families[f.family] for f, w in zip(local, styles, strict=True)
    ]


def _drawn(face: Face) -> bool:
    """Whether common characters have ink: some files map them to empty glyphs."""
    masks = [face.font(24.0).getmask(c) for c in _PROBE]
    return all(mask.getbbox() for mask in masks) and len({bytes(m) for m in masks}) == len(_PROBE)


@lru_cache(maxsize=768)  # each entry keeps its face open, and that takes megabytes
def _extents(font: ImageFont.FreeTypeFont) -> tuple[int, int]:
    """Height of characters above the baseline and depth below it, in pixels."""
    _, top, _, bottom = font.getbbox("国永", anchor="ls")
    return max(-int(top), 2), max(int(bottom), 1)


def _size(face: Face, box: float) -> float:
    """Pixels per em at which the face's characters are about ``box`` pixels tall.

    One of a few sizes, each a quarter above the last: an open face of so many characters takes
    megabytes for each size, and lines are scaled to one height in the end.
    """
    wanted = 100.0 * box / sum(_extents(face.font(100.0)))
    return float(round(16.0 * 1.25 ** max(0, round(float(np.log(wanted / 16.0) / np.log(1.25))))))


def _stretch(rng: Rng, look: str) -> float:
    """Factor on the width."""
    if look == "soft":
        return float(rng.uniform(0.72, 1.3))
    return float(rng.uniform(0.8, 1.25)) if rng.random() < 0.4 else 1.0


def _style(rng: Rng, font: ImageFont.FreeTypeFont, text: str, tall: float) -> DrawStyle:
    """Spacing, and blanks that can be seen as such beside the air around characters."""
    roll = rng.random()
    spacing = 0.0
    if roll < 0.16:
        spacing = tall * float(rng.uniform(-0.03, 0.08))
    elif roll < 0.26 and " " not in text:
        # Titles are drawn further apart: where all gaps are alike, none is a blank.
        spacing = tall * float(rng.uniform(0.08, 1.0 if len(text) < 6 else 0.45))
    own = max(float(font.getlength(" ")), 1.0)
    foreign = sum(c.isascii() for c in text) > 0.6 * len(text)
    least, most = (0.22, 0.45) if foreign else (0.4, 1.1)
    blanks = max(float(rng.uniform(least, most)) * tall / own, 1.0)
    uneven = float(rng.uniform(0.0, 0.3)) if rng.random() < 0.04 else 0.0
    jitter = tall * float(rng.uniform(0.0, 0.03)) if rng.random() < 0.06 else 0.0
    return DrawStyle(spacing, blanks, jitter, uneven, bilevel=bool(rng.random() < 0.04))


def _cut(
    rng: Rng,
    look: str,
    line: DrawnLine,
    bounds: tuple[int, int, int, int],
    up_down: tuple[int, int],
    stretch: float,
    text: str,
) -> Image:
    """The line's crop: as a detector's, a label's on a photograph, or a data set's."""
    if look == "scene":
        return crop_scene(rng, line, bounds, float(sum(up_down)), stretch)
    if look == "soft" and rng.random() < 0.7:
        return _loose_crop(rng, line, bounds, float(sum(up_down)), stretch)
    return crop_line(rng, line, bounds, up_down, stretch, text)


def _loose_crop(
    rng: Rng, line: DrawnLine, bounds: tuple[int, int, int, int], tall: float, stretch: float
) -> Image:
    """Cut with room below, above and behind the line, seen a little from the side."""
    left, top, right, bottom = (float(v) for v in bounds)
    middle = 0.5 * (top + bottom)
    half = 0.5 * max(bottom - top, 0.6 * tall)
    room = rng.random(4) ** 1.5 * (0.25, 0.4, 2.0, 0.4) * tall
    tight = rng.random(4) < 0.3
    room[tight] = tall * 0.02
    x0, x1 = left - room[0] - 1, right + room[2] + 1
    y0, y1 = middle - half - room[1] - 1, middle + half + room[3] + 1
    size = (max(8, round((x1 - x0) * stretch)), max(8, round(y1 - y0)))
    source = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    # The corners move outwards as far as there is room, so that no ink is lost.
    reach = rng.uniform(0.0, 0.12, (4, 2)) * tall * (rng.random() < 0.6)
    source += (reach * [[-1, -1], [1, -1], [1, 1], [-1, 1]]).astype(np.float32)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    moved = cv2.warpPerspective(line.ink, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0)
    return 255 - moved


def _uneven(rng: Rng, image: Image, tall: float) -> Image:
    """Bend the strokes a little, each character in its own way."""
    rows, cols = image.shape
    reach = np.float32(tall * rng.uniform(0.015, 0.045))
    cell = tall * rng.uniform(0.25, 0.8)
    xs = d.smooth_field(rng, rows, cols, cell) * reach + np.arange(cols, dtype=np.float32)
    ys = d.smooth_field(rng, rows, cols, cell) * reach
    ys += np.arange(rows, dtype=np.float32)[:, None]
    return cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def soft(rng: Rng, image: Image, tall: float) -> Image:
    """Blurred grey letters on a ground of any tone, often of little contrast."""
    grown = tall * float(rng.uniform(-0.012, 0.03)) if rng.random() < 0.35 else 0.0
    image = d.blur(d.spread(image, grown), tall * 0.042 * rng.random() ** 1.5 - max(grown, 0.0))
    white = 255.0 if rng.random() < 0.15 else float(rng.uniform(70, 255))
    least = 32.0 + 0.12 * white
    contrast = least + (white - least) * rng.random() ** 1.2
    image = d.levels(image, white - contrast, white)
    rows, cols = image.shape
    if rng.random() < 0.4:
        depth = np.float32(rng.uniform(2, 0.35 * contrast))
        field = d.smooth_field(rng, rows, cols, tall * rng.uniform(1.0, 8.0)) * depth
        image = np.clip(image.astype(np.float32) + field, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        image = d.noise(rng, image, rng.uniform(0.5, 0.05 * contrast + 0.6), rng.uniform(1, 2))
    if rng.random() < 0.4:
        target = rng.uniform(20, 30)
        if tall > target:
            image = d.low_resolution(image, tall / target)
    return d.jpeg(image, int(rng.integers(45, 95))) if rng.random() < 0.5 else image

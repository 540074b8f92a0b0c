# SPDX-License-Identifier: Apache-2.0
"""Masks of single characters, as a press stamps them: cut to their ink and stretched to cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary

Rng = np.random.Generator
Mask = NDArray[Any]  # uint8 (H, W), 255 where there is ink; the stubs of OpenCV promise less

_SIZE = 112  # pixels per em of the masks that cells are cut from

# Plain upright numerals and capitals, such as standards for plates and signs prescribe.
PLAIN = re.compile(
    r"\bdin|opendin|roadgeek|osifont|routed gothic|liberation sans|nimbus sans|heros|arimo"
    r"|dejavu sans|roboto (?!slab)|open sans|noto sans|nanum ?(gothic|square|barun ?gothic)"
    r"|dotum|gulim|baekmuk headline|national park|bebas|b612\b|yanone|universalis|clear sans"
    r"|inter\b|lato|carlito|oxygen|cantarell|tuffy|freesans|wenquanyi|manrope|microhei|zenhei",
    re.IGNORECASE,
)
# Styles that no plate is stamped in.
_UNFIT = re.compile(
    r"italic|oblique|thin|light|hairline|slanted|mono\b|coding|expanded|outline|inline|shadow"
    r"|\beco\b|jamo|bebas neue book",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Glyph:
    """The ink of one character, cut out, and where it lay in its em square (pixels)."""

    mask: Mask
    left: int
    top: int


@lru_cache(maxsize=8192)
def glyph(face: Face, character: str) -> Glyph | None:
    """The ink of a character, or None where the face shows nothing."""
    image = PillowImage.new("L", (_SIZE * 2, _SIZE * 2), 0)
    pen = ImageDraw.Draw(image)
    pen.text((_SIZE // 2, _SIZE * 3 // 2), character, 255, face.font(_SIZE), anchor="ls")
    box = image.getbbox()
    if box is None:
        return None
    return Glyph(np.array(image.crop(box)), box[0], box[1])


@lru_cache(maxsize=1024)
def widest(face: Face, characters: str) -> tuple[int, int, int, int]:
    """The box around the ink of several characters laid over each other: x0, y0, x1, y1."""
    boxes = []
    for character in characters:
        found = glyph(face, character)
        if found is not None:
            height, width = found.mask.shape
            boxes.append((found.left, found.top, found.left + width, found.top + height))
    array = np.array(boxes)
    x0, y0 = array[:, :2].min(axis=0)
    x1, y1 = array[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


def faces_for(
    fonts: FontLibrary, characters: str, wanted: re.Pattern[str], packages: Sequence[str]
) -> list[Face]:
    """The faces that draw all of some characters, those of ``wanted`` families if there are any.

    Args:
        fonts: Where to look.
        characters: What a face must draw.
        wanted: Families to prefer.
        packages: Debian packages that have such faces, for the error.

    Raises:
        FontError: if no face draws all of them.
    """
    able = [face for face in fonts.faces if face.covers(characters)]
    upright = [face for face in able if not _UNFIT.search(face.name)] or able
    for group in ([face for face in upright if wanted.search(face.name)], upright):
        # The maps of large faces promise what the outlines lack; the library tests ASCII itself.
        probed = [c for c in characters if not c.isascii()]
        drawn = [face for face in group if all(glyph(face, c) for c in probed)]
        if drawn:
            return drawn
    known = fonts.coverage()
    lacking = "".join(c for c in dict.fromkeys(characters) if c not in known)
    raise FontError(
        f"no face draws all characters of the plates (lacking: {lacking or 'one face with all'}):"
        f" install one of the Debian packages {', '.join(packages)}, or name a folder with such"
        " fonts"
    )


def by_family(faces: Sequence[Face]) -> list[list[Face]]:
    """The faces of each family together; a family for several countries is one."""
    families: dict[str, list[Face]] = {}
    for face in faces:
        families.setdefault(re.sub(r" (JP|KR|SC|TC|HK)$|_ac$", "", face.family), []).append(face)
    return [families[name] for name in sorted(families)]


def pick(rng: Rng, families: Sequence[Sequence[Face]]) -> Face:
    """One of the faces, each family as likely as any other."""
    members = families[int(rng.integers(len(families)))]
    return members[int(rng.integers(len(members)))]


def stamp(
    ink: Mask,
    face: Face,
    character: str,
    box: tuple[float, float, float, float],
    like: str = "",
    fill: float = 1.0,
) -> None:
    """Press a character into a cell of the ink mask.

    Args:
        ink: uint8 (H, W), written to.
        face: The face.
        character: What to press.
        box: The cell: x0, y0, x1, y1 in pixels.
        like: Characters whose common box is the cell; the character's own box where empty.
        fill: 1 stretches the character to the cell, 0 keeps its place among its likes.
    """
    found = glyph(face, character)
    if found is None:
        return
    height, width = found.mask.shape
    own = np.array([found.left, found.top, found.left + width, found.top + height], float)
    around = np.array(widest(face, like), float) if like else own
    frame = fill * own + (1.0 - fill) * around
    x0, y0, x1, y1 = box
    scale_x = (x1 - x0) / max(frame[2] - frame[0], 1.0)
    scale_y = (y1 - y0) / max(frame[3] - frame[1], 1.0)
    left = x0 + (own[0] - frame[0]) * scale_x
    top = y0 + (own[1] - frame[1]) * scale_y
    _paste(ink, found.mask, left, top, width * scale_x, height * scale_y)


def stamp_narrow(
    ink: Mask, face: Face, character: str, box: tuple[float, float, float, float], like: str
) -> None:
    """Press a narrow character, such as a 1, into the middle of a cell as wide as ``like``."""
    found = glyph(face, character)
    if found is None:
        return
    wide = widest(face, like)
    x0, y0, x1, y1 = box
    width = found.mask.shape[1] * (x1 - x0) / max(wide[2] - wide[0], 1)
    _paste(ink, found.mask, (x0 + x1 - width) / 2, y0, width, y1 - y0)


def _paste(ink: Mask, mask: Mask, left: float, top: float, width: float, height: float) -> None:
    """Lay a mask over the ink, scaled; what lies outside is cut off."""
    x0, y0 = round(left), round(top)
    wide, tall = max(1, round(left + width) - x0), max(1, round(top + height) - y0)
    small = cv2.resize(mask, (wide, tall), interpolation=cv2.INTER_AREA)
    rows, cols = ink.shape
    a, b, c, d = max(x0, 0), max(y0, 0), min(x0 + wide, cols), min(y0 + tall, rows)
    if a >= c or b >= d:
        return
    part = ink[b:d, a:c]
    np.maximum(part, small[b - y0 : d - y0, a - x0 : c - x0], out=part)

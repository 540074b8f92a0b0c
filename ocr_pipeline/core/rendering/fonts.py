# SPDX-License-Identifier: Apache-2.0
"""The faces that text is rendered in, and the characters each of them really has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageFont

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering.families import CATEGORIES, shares, style_weight
from ocr_pipeline.core.rendering.fontscan import drawable, scan, system_folders

log = logging.getLogger(__name__)

_TRIES = 12
_BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face of a font file.

    Attributes:
        name: Family and style.
        family: Family alone.
        category: One of "sans", "serif", "mono", "typewriter", "display", "handwriting", "cjk".
        path: The file, or None for Pillow's built-in face.
        index: Number of the face in a collection.
        characters: Every character the face draws, space included.
    """

    name: str
    family: str
    category: str
    path: Path | None
    index: int
    characters: frozenset[str]

    def font(self, size: float) -> ImageFont.FreeTypeFont:
        """The face at ``size`` pixels per em; loaded fonts are kept for the next call."""
        return _load(str(self.path or _BUILT_IN), self.index, float(size))

    def covers(self, text: str) -> bool:
        """Whether the face has a glyph for every character of ``text``."""
        return self.characters.issuperset(text)

    @property
    def monospaced(self) -> bool:
        """Whether all letters are equally wide, by category."""
        return self.category in ("mono", "typewriter")


@lru_cache(maxsize=768)
def _load(path: str, index: int, size: float) -> ImageFont.FreeTypeFont:
    """Open a face. The basic layout engine kerns, and costs a third of the complex one."""
    if path == _BUILT_IN:
        return ImageFont.load_default(size)  # type: ignore[return-value]
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


class FontLibrary:
    """All usable faces of the system or of some folders.

    Args:
        folders: Where to look; None means the system's own font folders.
        hands: Keep the faces that only handwriting may be rendered in.

    A library without any face holds Pillow's built-in one and says so in a warning.
    """

    def __init__(self, folders: Sequence[Path] | None = None, hands: bool = False) -> None:
        found = scan(system_folders() if folders is None else [Path(f) for f in folders], hands)
        self.faces: tuple[Face, ...] = tuple(_faces(found))
        if not self.faces:
            log.warning("no fonts found: rendering in Pillow's built-in face alone")
            self.faces = (_built_in(),)
        self._prepare()

    def _prepare(self) -> None:
        """Work out how likely each face is, over all and within its category."""
        families = sorted({(face.family, face.category) for face in self.faces})
        share = dict(zip(families, shares(families), strict=True))
        styles = np.array([style_weight(face.name) for face in self.faces])
        totals: dict[tuple[str, str], float] = {}
        for face, weight in zip(self.faces, styles, strict=True):
            key = (face.family, face.category)
            totals[key] = totals.get(key, 0.0) + float(weight)
        weights = np.array(
            [
                share[face.family, face.category] * weight / totals[face.family, face.category]
                for face, weight in zip(self.faces, styles, strict=True)
            ]
        )
        self._all = _cumulative(weights, np.arange(len(self.faces)))
        self._by_category = {}
        for category in CATEGORIES:
            members = np.array(
                [i for i, face in enumerate(self.faces) if face.category == category], dtype=int
            )
            if len(members):
                inside = weights[members]
                if not inside.any():  # CJK faces have no share of Latin lines
                    inside = np.ones(len(members))
                self._by_category[category] = _cumulative(inside, members)

    def choose(
        self, rng: np.random.Generator, text: str | None = None, category: str | None = None
    ) -> Face:
        """Draw a face, common document families more often than the others.

        Args:
            rng: Source of randomness.
            text: Text the face must have every character of.
            category: Restricts the draw; where no face of it is there, or none of them covers
                the text, any face may be drawn.

        Raises:
            FontError: No face at all has every character of ``text``.
        """
        table = self._by_category.get(category, self._all) if category else self._all
        cumulative, members = table
        for _ in range(_TRIES):
            at = int(np.searchsorted(cumulative, rng.random(), side="right"))
            face = self.faces[int(members[min(at, len(members) - 1)])]
            if text is None or face.covers(text):
                return face
        assert text is not None
        needed = set(text)
        able = [self.faces[int(i)] for i in members if needed <= self.faces[int(i)].characters]
        able = able or [face for face in self.faces if needed <= face.characters]
        if not able:
            lacking = "".join(
                sorted(needed - frozenset().union(*(f.characters for f in self.faces)))
            )
            raise FontError(f"no face has all of {text!r} (no face at all has: {lacking!r})")
        return able[int(rng.integers(len(able)))]

    def coverage(self) -> frozenset[str]:
        """Every character that at least one face has."""
        return frozenset().union(*(face.characters for face in self.faces))


def _cumulative(weights: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normalised running sum of ``weights`` beside the faces it belongs to."""
    running = np.cumsum(weights)
    return running / running[-1], members


def _faces(entries: Sequence[dict[str, Any]]) -> Iterator[Face]:
    """Faces from the scanner's descriptions; those with the same characters share one set."""
    known: dict[str, frozenset[str]] = {}
    for entry in entries:
        key = str(entry["ranges"])
        if key not in known:
            codes = (range(first, last + 1) for first, last in entry["ranges"])
            known[key] = frozenset(chr(code) for run in codes for code in run) | {" "}
        yield Face(
            name=f"{entry['family']} {entry['style']}",
            family=entry["family"],
            category=entry["category"],
            path=Path(entry["path"]),
            index=entry["index"],
            characters=known[key],
        )


def _built_in() -> Face:
    """Pillow's own face, with those Latin characters it has."""
    candidates = [chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0x180))]
    candidates += list("–—‘’“”„•…€™")
    font = _load(_BUILT_IN, 0, 24.0)
    return Face(
        "Pillow built-in",
        "Pillow built-in",
        "sans",
        None,
        0,
        frozenset(drawable(font, candidates)) | {" "},
    )

# SPDX-License-Identifier: Apache-2.0
"""Reads what each font file holds, once: the answers are kept in the user's cache folder."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import ImageFont

from ocr_pipeline.core.rendering.families import HAND_ONLY, UNUSABLE, category_of

log = logging.getLogger(__name__)

SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_VERSION = 15
# Characters whose glyph is drawn once at scan time: a map can promise what the outlines lack.
_PROBED = (
    "".join(map(chr, range(0x21, 0x7F)))
    + "".join(map(chr, range(0xA1, 0x100)))
    + ("ŒœŠšŽžŸ–—‘’“”„•…€™")
)


def system_folders() -> list[Path]:
    """Folders where this system keeps its fonts, those that exist."""
    home = Path.home()
    folders = [home / ".fonts", home / ".local/share/fonts"]
    if sys.platform == "darwin":
        folders += [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    elif sys.platform == "win32":
        folders += [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    else:
        folders += [
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            Path("/usr/share/texmf/fonts/opentype"),
        ]
    return [folder for folder in folders if folder.is_dir()]


def scan(folders: Sequence[Path], hands: bool = False) -> list[dict[str, Any]]:
    """Describe every usable face below ``folders``, in the order of their paths.

    Args:
        folders: Where to look.
        hands: Keep the faces that only handwriting may be rendered in.

    Returns:
        Dicts with keys path, index, family, style, category and ranges (first and last code
        point of each run of characters the face can draw).
    """
    files = sorted({p for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in SUFFIXES})
    cache_file = _cache_folder() / "faces.json"
    cache = _read_cache(cache_file)
    faces: list[dict[str, Any]] = []
    fresh = False
    for path in files:
        try:
            stat = path.stat()
        except OSError:
            continue
        key = f"{path.resolve()}:{stat.st_mtime_ns}:{stat.st_size}"
        if key not in cache:
            cache[key] = _read_file(path)
            fresh = True
        found = cache[key] if hands else [face for face in cache[key] if not _hand_only(face)]
        faces.extend(dict(face, path=str(path)) for face in found)
    if fresh:
        _write_cache(cache_file, cache)
    return faces


def _hand_only(face: dict[str, Any]) -> bool:
    """Whether a described face is left to handwriting."""
    return bool(HAND_ONLY.search(f"{face['family']} {face['style']}"))


def drawable(font: ImageFont.FreeTypeFont, characters: Iterable[str]) -> set[str]:
    """Those of ``characters`` that have ink of their own in ``font``.

    A glyph equal to that of an unassigned character is the face's box for missing glyphs. Of
    characters that share a glyph none can be told from its picture; an ASCII one stays where it
    shares with others only, so an "e" does, and the "é" that has lost its accent does not. A face
    of capitals alone keeps these.
    """
    missing = _mask(font, "\U0010fffd")
    masks = {char: _mask(font, char) for char in characters}
    good = {char for char, mask in masks.items() if mask is not None and mask != missing}
    shared: dict[object, list[str]] = {}
    for char in good:
        shared.setdefault(masks[char], []).append(char)
    for group in shared.values():
        if len(group) > 1:
            ascii_ones = [char for char in group if char.isascii()]
            good.difference_update(group)
            if len({char.upper() for char in ascii_ones}) == 1:
                good.add(min(ascii_ones))
    return good


def _small_capitals(font: ImageFont.FreeTypeFont) -> bool:
    """Whether small letters look like capitals."""
    return font.getbbox("x", anchor="ls")[1] < 0.92 * font.getbbox("X", anchor="ls")[1]


def _tiled(font: ImageFont.FreeTypeFont) -> bool:
    """Whether letters stand light on black tiles."""
    glyph = font.getmask("n")
    return sum(bytes(glyph)) / 255.0 / max(1, glyph.size[0] * glyph.size[1]) > 0.78


def _mask(font: ImageFont.FreeTypeFont, char: str) -> tuple[bytes, tuple[int, ...]] | None:
    """The glyph's pixels and where they lie; None where it has no ink."""
    try:
        mask, offset = font.getmask2(char, anchor="ls")
    except OSError:
        return None
    return (bytes(mask), (*mask.size, *offset)) if mask.getbbox() else None


def _read_file(path: Path) -> list[dict[str, Any]]:
    """Describe the faces of one file; an unreadable file has none."""
    from fontTools.ttLib import TTCollection, TTFont

    try:
        if path.suffix.lower() in {".ttc", ".otc"}:
            fonts = list(TTCollection(str(path), lazy=True).fonts)
        else:
            fonts = [TTFont(str(path), lazy=True)]
    except Exception as error:  # fontTools raises its own and many standard ones
        log.debug("font %s is unreadable: %s", path, error)
        return []
    faces = []
    for index, font in enumerate(fonts):
        try:
            face = _describe(path, index, font)
        except Exception as error:
            log.debug("face %d of %s is unusable: %s", index, path, error)
            continue
        if face is not None:
            faces.append(face)
    return faces


def _describe(path: Path, index: int, font: Any) -> dict[str, Any] | None:
    """Family, style, category and characters of one face; None when it is no text face."""
    names = font["name"]
    family = str(names.getBestFamilyName() or path.stem)
    style = str(names.getBestSubFamilyName() or "Regular")
    if UNUSABLE.search(f"{family} {style}") or UNUSABLE.search(path.stem):
        return None
    codes = {code for code in (font.getBestCmap() or {}) if code < 0xE000 or code > 0xF8FF}
    probed = {ord(c) for c in _PROBED}
    loaded = ImageFont.truetype(str(path), 24, index=index)
    drawn = drawable(loaded, _PROBED)
    codes = (codes - probed) | {ord(c) for c in drawn if ord(c) in codes}
    if _small_capitals(loaded):
        codes = {code for code in codes if not chr(code).islower()}
    elif not {ord(c) for c in "aenx"} <= codes:
        return None
    if not {ord(c) for c in "AEX09.,-"} <= codes or _tiled(loaded):
        return None
    fixed = bool(font["post"].isFixedPitch) if "post" in font else False
    category = category_of(
        f"{family} {style}", fixed, _serif_hint(font), {0x4E00, 0x7684, 0x662F} <= codes
    )
    return {
        "index": index,
        "family": family,
        "style": style,
        "category": category,
        "ranges": _to_ranges(codes),
    }


def _serif_hint(font: Any) -> bool | None:
    """Serif or sans by the PANOSE numbers, None where they are not filled in."""
    if "OS/2" not in font:
        return None
    panose = font["OS/2"].panose
    if panose.bFamilyType != 2 or panose.bSerifStyle < 2:
        return None
    return bool(panose.bSerifStyle <= 10)


def _to_ranges(codes: set[int]) -> list[list[int]]:
    """Runs of consecutive numbers as [first, last]."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return runs


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ocr-pipeline"


def _read_cache(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return stored["faces"] if stored["version"] == _VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_cache(path: Path, cache: dict[str, list[dict[str, Any]]]) -> None:
    """Keep the cache if that is possible: a read-only home only costs the next start time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        beside.write_text(json.dumps({"version": _VERSION, "faces": cache}), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        log.debug("font cache %s not written: %s", path, error)

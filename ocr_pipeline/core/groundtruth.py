# SPDX-License-Identifier: Apache-2.0
"""Labelled sets on disk: pages with lines, and cropped lines.

A set is a folder with ``labels.jsonl``, one JSON object an image, and optionally ``split.json``
that names the images of each split. Pages: ``{"image", "w", "h", "lines": [{"poly", "text",
"ignore"?, "words"?}], "text"?}``; crops: ``{"image", "text"}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import DataError


@dataclass(frozen=True, slots=True)
class LabeledWord:
    """A word's quad, (4, 2) float32 pixels, and its text."""

    quad: npt.NDArray[np.float32]
    text: str


@dataclass(frozen=True, slots=True)
class LabeledLine:
    """A line's quad, (4, 2) float32 pixels, and its text; ``ignore`` marks a don't-care region."""

    quad: npt.NDArray[np.float32]
    text: str
    ignore: bool = False
    words: tuple[LabeledWord, ...] = ()


@dataclass(frozen=True, slots=True)
class LabeledPage:
    """A page image's path, size in pixels, lines, and whole text where the set gives it."""

    image: Path
    width: int
    height: int
    lines: tuple[LabeledLine, ...] = ()
    text: str | None = None


def _rows(root: Path, split: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    labels = root if root.is_file() else root / "labels.jsonl"
    if not labels.is_file():
        raise DataError(f"{labels}: no such file; a set is a folder with labels.jsonl in it")
    wanted = _split(labels.parent, split)
    with labels.open(encoding="utf-8-sig") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
                image = row["image"]
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise DataError(f"{labels}, line {number}: {error!r}") from error
            if wanted is None or image in wanted or Path(image).name in wanted:
                yield number, row


def _split(root: Path, split: str | None) -> set[str] | None:
    if split is None:
        return None
    path = root / "split.json"
    if not path.is_file():
        raise DataError(f"{path}: no such file, so there is no split {split!r} here")
    splits = json.loads(path.read_text(encoding="utf-8"))
    names = splits.get(split)
    if not isinstance(names, list):
        known = ", ".join(key for key, value in splits.items() if isinstance(value, list))
        raise DataError(f"{path}: no split {split!r}; it has {known}")
    return set(names)


def _folder(root: Path) -> Path:
    """What image names are relative to: the set's folder, also where a file was named."""
    return root.parent if root.is_file() else root


def _quad(points: Any) -> npt.NDArray[np.float32]:
    quad = np.asarray(points, np.float32)
    if quad.shape != (4, 2) or not np.isfinite(quad).all():
        raise ValueError(f"a quadrilateral has four points, not {points!r}")
    return quad


def _line(row: dict[str, Any]) -> LabeledLine:
    words = tuple(LabeledWord(_quad(w["poly"]), w["text"]) for w in row.get("words", ()))
    return LabeledLine(_quad(row["poly"]), row["text"], bool(row.get("ignore")), words)


def read_page_set(root: str | Path, split: str | None = None) -> list[LabeledPage]:
    """Reads a set of pages.

    Args:
        root: the set's folder, or its JSONL file.
        split: name of a split in ``split.json``, or None for all images.

    Raises:
        DataError: if a file is missing or a row is malformed; names file and line.
    """
    root = Path(root)
    pages = []
    for number, row in _rows(root, split):
        try:
            lines = tuple(_line(line) for line in row.get("lines", ()))
            size = int(row["w"]), int(row["h"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{root / 'labels.jsonl'}, line {number}: {error!r}") from error
        pages.append(LabeledPage(_folder(root) / row["image"], *size, lines, row.get("text")))
    return pages


def read_crop_set(root: str | Path, split: str | None = None) -> list[tuple[Path, str]]:
    """Reads a set of cropped lines: (image path, text) pairs.

    Raises:
        DataError: if a file is missing or a row has no text.
    """
    root = Path(root)
    crops = []
    for number, row in _rows(root, split):
        if not isinstance(row.get("text"), str):
            raise DataError(f"{root / 'labels.jsonl'}, line {number}: no text")
        crops.append((_folder(root) / row["image"], row["text"]))
    return crops


def is_page_set(root: str | Path) -> bool:
    """Whether the set's first row has lines or a page size rather than a crop's text alone."""
    for _, row in _rows(Path(root), None):
        return "lines" in row or "\n" in str(row.get("text", ""))
    return False

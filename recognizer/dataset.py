# SPDX-License-Identifier: Apache-2.0
"""Lines to train on: rendered ones without end, and real ones cut from labelled pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import DataError, InputError
from ocr_pipeline.core.geometry import crop_quad, quad_size
from ocr_pipeline.core.groundtruth import LabeledPage, is_page_set, read_page_set
from ocr_pipeline.core.images import load_image
from recognizer.alphabet import Alphabet, normalise
from recognizer.label_pages import page_format, read_page_files
from recognizer.labels import FORMATS, read_labels
from recognizer.left_out import LeftOut
from recognizer.plates import find_codec
from recognizer.preprocessing import as_seen, round_up

_log = logging.getLogger(__name__)

Image = npt.NDArray[np.uint8]  # (H, W) grey, or (H, W, 3) RGB for a net that sees colours
_CORE = 36  # height at which a real line's box is kept, its margin not counted
_SHAPE = 32  # batches for training are a multiple of so many pixels wide
_MARGIN = 0.4  # margin kept around it, in heights of the box


@dataclass(frozen=True, slots=True)
class RealLine:
    """A line cut from a page with a margin on all sides, for jittered boxes in training.

    ``margin`` is in pixels of ``image``; ``caseless`` labels do not tell upper from lower case.
    """

    image: Image
    text: str
    margin: int
    caseless: bool
    name: str


@dataclass(frozen=True, slots=True)
class SetSpec:
    """A labelled set as written on the command line: ``PATH[:split][,option...]``.

    PATH is a folder or a label file, in any layout of :mod:`recognizer.labels`. Options:
    ``caseless`` (labels do not tell the case), ``strip=CHARS`` (characters to take out of
    labels), ``skip=CHARS`` (labels with any of them are left out), ``format=NAME`` (layout, where
    it cannot be told), ``characters=FILE`` and ``base=0|1`` (of the index format), ``codec=NAME``
    (how labels become texts: ``plates-korea`` reads ``A18sk6897``, ``plates-china`` ``京A·12345``).
    """

    root: Path
    split: str | None = None
    caseless: bool = False
    strip: str = ""
    skip: str = ""
    format: str = "auto"
    characters: Path | None = None
    base: int | None = None
    codec: str = ""

    @classmethod
    def parse(cls, text: str) -> SetSpec:
        """Reads the command line's form.

        Raises:
            DataError: if an option is unknown.
        """
        head, *options = text.split(",")
        root, colon, split = head.rpartition(":")
        if not colon or "/" in split or "\\" in split:
            root, split = head, ""
        values: dict[str, Any] = {}
        caseless = False
        for option in options:
            key, _, value = option.partition("=")
            if key == "caseless":
                caseless = True
            elif key in ("strip", "skip") or (key == "format" and value in FORMATS):
                values[key] = value
            elif key == "characters":
                values[key] = Path(value)
            elif key == "base" and value in ("0", "1"):
                values[key] = int(value)
            elif key == "codec":
                find_codec(value)
                values[key] = value
            else:
                raise DataError(f"set {text!r}: unknown option {option!r}")
        return cls(Path(root), split or None, caseless, **values)

    def label(self, text: str) -> str | None:
        """The label as it is trained on, or None where it is left out.

        Raises:
            DataError: if the set's codec cannot read it.
        """
        if any(character in text for character in self.skip):
            return None
        text = normalise("".join(c for c in text if c not in self.strip))
        return find_codec(self.codec)(text) if self.codec else text


def load_lines(
    spec: SetSpec,
    alphabet: Alphabet,
    limit: int | None = None,
    fit: Callable[[RealLine], str] | None = None,
    color: str = "grey",
) -> list[RealLine]:
    """Reads a set of pages or crops into memory.

    What cannot be trained on is left out; one warning for the set counts it by reason and names
    the first lines of each: images that cannot be read, labels that the set's codec cannot read,
    that are empty, have characters outside the alphabet, or do not fit.

    Args:
        spec: the set.
        alphabet: characters that can be learned.
        limit: lines to read at most.
        fit: what keeps a line from fitting the net, in words; nothing where it fits.
        color: what the net sees: ``grey`` or ``rgb``.

    Raises:
        DataError: if the set is malformed or no line of it can be used.
    """
    lines: list[RealLine] = []
    left_out = LeftOut(spec.root)
    for line in _iter_lines(spec, left_out, color):
        missing = alphabet.missing(line.text)
        if missing:
            left_out.add("with characters outside the alphabet", f"{line.name}: {missing!r}")
        elif fit is not None and (reason := fit(line)):
            left_out.add("that do not fit the net", f"{line.name}: {reason}")
        else:
            lines.append(line)
        if limit is not None and len(lines) >= limit:
            break
    if not lines:
        why = f" ({left_out.describe()})" if left_out.count else ""
        raise DataError(f"{spec.root}: no line there that can be trained on{why}")
    left_out.tell(_log)
    return lines


def _iter_lines(spec: SetSpec, left_out: LeftOut, color: str) -> Iterator[RealLine]:
    """The lines of a set that have an image and a label."""
    pages = _pages(spec)
    if pages is not None:
        for page in pages:
            yield from _page_lines(page, spec, left_out, color)
        return
    for sample in read_labels(spec.root, spec.format, spec.characters, spec.base, spec.split):
        label = _label(spec, sample.text, sample.name, left_out)
        if not label:
            continue
        try:
            image = as_seen(sample.load(), color)
        except InputError as error:
            left_out.add("whose image cannot be read", str(error))
            continue
        yield RealLine(image, label, 0, spec.caseless, sample.name)


def _pages(spec: SetSpec) -> list[LabeledPage] | None:
    """Pages that lines are to be cut from, with a margin that allows boxes to be jittered."""
    file = spec.root if spec.root.is_file() else spec.root / "labels.jsonl"
    if spec.format in ("auto", "jsonl") and file.suffix == ".jsonl" and file.is_file():
        return read_page_set(spec.root, spec.split) if is_page_set(spec.root) else None
    format = page_format(spec.root) if spec.format == "auto" else spec.format
    if format in ("page", "alto"):
        return read_page_files(spec.root, format, split=spec.split)
    return None


def _label(spec: SetSpec, text: str, name: str, left_out: LeftOut) -> str | None:
    """A label as it is trained on; None where it is left out, with or without a word."""
    try:
        label = spec.label(text)
    except DataError as error:
        left_out.add("whose labels cannot be read", f"{name}: {error}")
        return None
    if label == "":
        left_out.add("without a label", name)
    return label


def _page_lines(
    page: LabeledPage, spec: SetSpec, left_out: LeftOut, color: str
) -> Iterator[RealLine]:
    try:
        image = as_seen(load_image(page.image), color)
    except InputError as error:
        left_out.add("of pages that cannot be read", str(error))
        return
    for line in page.lines:
        label = None if line.ignore else _label(spec, line.text, page.image.name, left_out)
        width, height = quad_size(line.quad)
        if not label:
            continue
        if height < 6 or width < 0.3 * height or (len(label) > 2 and width < height):
            left_out.add("too low or upright", f"{page.image.name}: {label!r}")
            continue
        crop = crop_quad(
            image, line.quad, height=round(_CORE * (1 + 2 * _MARGIN)), pad_x=_MARGIN, pad_y=_MARGIN
        )
        yield RealLine(crop, label, round(_CORE * _MARGIN), spec.caseless, page.image.name)


def jitter(line: RealLine, rng: np.random.Generator, height: int) -> Image:
    """A real line as a detector might have boxed it, slightly varied.

    Box edges, slant, width, contrast, sharpness and noise vary; nothing that hides the text.

    Returns:
        (height, W) or (height, W, 3) uint8.
    """
    tall, wide = line.image.shape[:2]
    if line.margin:
        core_w, core_h = wide - 2 * line.margin, tall - 2 * line.margin
    else:
        core_w, core_h = wide, tall
    top = line.margin - core_h * rng.uniform(-0.04, 0.22)
    bottom = tall - line.margin + core_h * rng.uniform(-0.04, 0.22)
    left = line.margin - core_h * rng.uniform(-0.05, 0.38)
    right = wide - line.margin + core_h * rng.uniform(-0.05, 0.38)
    del core_w
    scale = height / (bottom - top)
    stretch = scale * rng.uniform(0.85, 1.18)
    shear = rng.normal(0, 0.06)
    slope = rng.normal(0, 0.006)
    width = max(8, round((right - left) * stretch))
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    matrix = np.array(
        [
            [stretch, shear * scale, width / 2 - stretch * middle_x - shear * scale * middle_y],
            [slope * scale, scale, height / 2 - scale * middle_y - slope * scale * middle_x],
        ],
        np.float32,
    )
    image = line.image
    if scale < 0.6:  # a warp alone would alias
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale).astype(np.uint8, copy=False)
    warped = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _tone(warped.astype(np.uint8, copy=False), rng)


def _tone(image: Image, rng: np.random.Generator) -> Image:
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.9)).astype(np.uint8)
    if rng.random() < 0.15:
        factor = rng.uniform(0.5, 0.8)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(
            np.uint8
        )
    values = image.astype(np.float32)
    if rng.random() < 0.5:
        values = 255.0 * (values / 255.0) ** float(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.3:
        values += rng.normal(0, rng.uniform(2, 12), image.shape).astype(np.float32)
    return np.clip(values, 0, 255).astype(np.uint8)


def batches_by_area(
    widths: Sequence[int], area: int, rng: np.random.Generator | None = None
) -> list[list[int]]:
    """Groups lines of like width so that every batch has about the same padded area.

    Args:
        widths: width of each line in pixels.
        area: number of lines times the widest line, at most (at least one line a batch).
        rng: shuffles the batches; in order of width when None.

    Returns:
        Lists of indices into ``widths``, each index once.
    """
    order = sorted(range(len(widths)), key=lambda i: widths[i])
    groups: list[list[int]] = []
    current: list[int] = []
    for index in order:
        if current and (len(current) + 1) * widths[index] > area:
            groups.append(current)
            current = []
        current.append(index)
    if current:
        groups.append(current)
    if rng is not None:
        rng.shuffle(groups)
    return groups


def batches_of_few_shapes(
    widths: Sequence[int], area: int, rng: np.random.Generator
) -> list[tuple[list[int], int]]:
    """Groups lines for training so that only a few dozen shapes of batches occur.

    Kernels and their memory are prepared once per shape; with thousands of shapes a long
    training on a CPU would fill the memory.

    Args:
        widths: width of each line in pixels.
        area: number of lines times padded width of a batch, at most.
        rng: shuffles the batches.

    Returns:
        (indices, padded width) of each batch; a few of the narrowest lines may be left out.
    """
    order = sorted(range(len(widths)), key=lambda i: -widths[i])
    groups: list[tuple[list[int], int]] = []
    while order:
        width = round_up(widths[order[0]], _SHAPE)
        size = max(1, area // width)
        if size > len(order):
            size = max(len(order) // 8 * 8, 1) if groups else len(order)
            groups.append((order[:size], width))
            break
        groups.append((order[:size], width))
        order = order[size:]
    rng.shuffle(groups)
    return groups

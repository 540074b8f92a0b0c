# SPDX-License-Identifier: Apache-2.0
"""Labelled crops in every layout that people keep them in, read into one list.

==========  ===================================================================================
``name``    a folder of images, the label is the file's name: ``1234.jpg``
``id``      a folder, the label follows the first ``_``: ``004_(1+4)*2.jpg``
``label``   a folder, the label precedes the first ``_``: ``aB1c_5f0e.jpg``
``middle``  a folder, the label is the last but one token: ``123_WORD_4567.jpg`` (MJSynth)
``txt``     a text file, ``name label`` a line
``csv``     comma-separated, quoted as in RFC 4180, with or without a line of column names
``tsv``     ``name<TAB>label`` a line; quotation marks are characters like others
``jsonl``   one object an image: ``{"image", "text"}``, or pages with ``lines`` to crop from
``index``   ``name 89 201 241``: numbers of lines in a file of characters
``iam``     ``words.txt`` or ``lines.txt`` of the IAM handwriting database
``page``    PAGE files, one or a folder of them, with the pages' images: lines to crop
``alto``    ALTO files, likewise
``lmdb``    an LMDB folder with ``image-%09d``, ``label-%09d`` and ``num-samples``
==========  ===================================================================================

Text is UTF-8, with or without a byte-order mark. Labels come as they stand in the file:
what the net can read is the alphabet's business.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ocr_pipeline.core.errors import DataError, InputError
from ocr_pipeline.core.geometry import crop_quad
from ocr_pipeline.core.groundtruth import LabeledPage, is_page_set, read_crop_set, read_page_set
from ocr_pipeline.core.images import load_image
from recognizer.label_files import (
    read_csv,
    read_index,
    read_text,
    read_tsv,
    read_txt,
    sniff_txt,
)
from recognizer.label_iam import is_iam, read_iam
from recognizer.label_pages import page_format, read_page_files
from recognizer.plates import find_codec

_log = logging.getLogger(__name__)

_FILES = ("txt", "csv", "tsv", "jsonl", "index", "iam", "page", "alto", "lmdb")
FORMATS = ("auto", "name", "id", "label", "middle", *_FILES)
IMAGE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".pgm", ".ppm")
)


@dataclass(frozen=True, slots=True)
class LabeledImage:
    """A crop and what it says.

    Attributes:
        path: image file, or LMDB folder.
        text: the label.
        quad: (4, 2) pixels of the page where the crop is a part of one, else None.
        key: record of the LMDB, else None.
    """

    path: Path
    text: str
    quad: npt.NDArray[np.float32] | None = field(default=None, compare=False)
    key: bytes | None = None

    @property
    def name(self) -> str:
        """The sample's name for messages: file, and the place in it."""
        if self.key is not None:
            return f"{self.path}:{self.key.decode()}"
        if self.quad is not None:
            return f"{self.path}@{round(float(self.quad[0, 0]))},{round(float(self.quad[0, 1]))}"
        return str(self.path)

    def load(self, pad_x: float = 0.0, pad_y: float = 0.0) -> npt.NDArray[np.uint8]:
        """The crop, (H, W, 3) uint8 RGB.

        Args:
            pad_x: margin to add left and right to a crop out of a page, in units of its height.
            pad_y: margin to add above and below, likewise.

        Raises:
            InputError: if the image cannot be read.
        """
        if self.key is not None:
            return _decode(_lmdb(self.path).get(self.key), self.name)
        if self.quad is not None:
            return crop_quad(_page(self.path), self.quad, pad_x=pad_x, pad_y=pad_y)
        return load_image(self.path)


# Crops of one page follow each other: keeping two pages saves decoding them for every line.
@lru_cache(maxsize=2)
def _page(path: Path) -> npt.NDArray[np.uint8]:
    return load_image(path)


def _decode(data: bytes | None, name: str) -> npt.NDArray[np.uint8]:
    if not data:
        raise InputError(f"{name}: the record is missing or empty")
    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.array(image.convert("RGB"), np.uint8)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name}: damaged or no image ({error})") from error


def read_labels(
    path: str | Path,
    format: str = "auto",
    alphabet_file: str | Path | None = None,
    index_base: int | None = None,
    split: str | None = None,
    images: str | Path | None = None,
) -> list[LabeledImage]:
    """Reads a labelled set; images are not opened yet.

    Args:
        path: a folder or a label file.
        format: one of :data:`FORMATS`; ``auto`` decides by what is there, and refuses to guess
            where two readings are possible.
        alphabet_file: file of characters, one a line, for the index format.
        index_base: number of that file's first line, 0 or 1. When None: 0 if the first line is
            the space, otherwise it must be said.
        split: name of a split in ``split.json`` (``jsonl``), or a text file of the names that
            belong to it (``iam``, ``page``, ``alto``).
        images: folder that image names are relative to; by default the label file's own, or
            ``images`` in it.

    Returns:
        The samples in the order of the file, or of their names.

    Raises:
        DataError: if the set is missing, empty, ambiguous or malformed; names file and line.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if format not in FORMATS:
        raise DataError(f"label format {format!r}: use one of {', '.join(FORMATS)}")
    if index_base not in (None, 0, 1):
        raise DataError(f"the index base is 0 or 1, not {index_base}")
    if format == "auto":
        path, format = _recognise(path, alphabet_file)
    if split is not None and format not in ("jsonl", "iam", "page", "alto"):
        raise DataError(
            f"{path}: only sets of JSONL, IAM, PAGE and ALTO have splits, this one is {format!r}"
        )
    folder = Path(images) if images is not None else None
    if format in _NAME_LABELS:
        samples = _from_names(path, _NAME_LABELS[format])
    elif format == "jsonl":
        samples = _from_jsonl(path, split)
    elif format == "iam":
        samples = [LabeledImage(image, text) for image, text in read_iam(path, split, folder)]
    elif format in ("page", "alto"):
        samples = _of_pages(read_page_files(path, format, folder, split))
    elif format == "lmdb":
        samples = _from_lmdb(path.parent if path.is_file() else path)
    else:
        samples = _from_file(path, format, alphabet_file, index_base, images)
    if not samples:
        raise DataError(f"{path}: no labelled images in it (read as {format!r})")
    return samples


def translate(
    samples: Sequence[LabeledImage], codec: str | None
) -> tuple[list[LabeledImage], list[tuple[LabeledImage, str]]]:
    """Turns the labels of a set into the texts that nets read.

    Args:
        samples: the set.
        codec: name of one of :data:`recognizer.plates.CODECS`; None leaves all as they are.

    Returns:
        The samples with their texts, and those whose label the codec refuses, with its reason.

    Raises:
        DataError: if there is no such codec.
    """
    if codec is None:
        return list(samples), []
    read = find_codec(codec)
    kept, refused = [], []
    for sample in samples:
        try:
            kept.append(replace(sample, text=read(sample.text)))
        except DataError as error:
            refused.append((sample, str(error)))
    return kept, refused


# --------------------------------------------------------------------------- which format


def _recognise(path: Path, alphabet_file: str | Path | None) -> tuple[Path, str]:
    """The label file or folder that is meant, and its format."""
    if path.is_file():
        return path, _format_of_file(path, alphabet_file)
    if (path / "data.mdb").is_file():
        return path, "lmdb"
    files = [path / f"labels.{kind}" for kind in ("jsonl", "csv", "tsv", "txt")]
    files = [file for file in files if file.is_file()]
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise DataError(f"{path}: holds {names}; name the file that is meant")
    if files:
        return files[0], _format_of_file(files[0], alphabet_file)
    return path, page_format(path) or _format_of_folder(path)


def _format_of_file(path: Path, alphabet_file: str | Path | None) -> str:
    kind = path.suffix.lower().lstrip(".")
    if kind in ("csv", "tsv", "jsonl"):
        return kind
    if kind == "mdb":
        return "lmdb"
    if kind == "xml":
        found = page_format(path)
        if found is None:
            raise DataError(f"{path}: XML, but neither PAGE nor ALTO")
        return found
    if kind == "txt" and is_iam(read_text(path)):
        return "iam"
    if kind in IMAGE_SUFFIXES or f".{kind}" in IMAGE_SUFFIXES:
        raise DataError(f"{path}: an image; name the folder or the label file")
    return "index" if alphabet_file is not None else sniff_txt(path)


def _format_of_folder(folder: Path) -> str:
    stems = [file.stem for file in _image_files(folder)]
    if not stems:
        raise DataError(f"{folder}: holds neither a label file (labels.*) nor images")
    if not any("_" in stem for stem in stems):
        return "name"
    # Only a number before the first underscore can be told from a part of the label.
    if all(head.isdigit() and tail for head, _, tail in (s.partition("_") for s in stems)):
        return (
            "id" if not all(s.count("_") == 2 and _ends_in_number(s) for s in stems) else "middle"
        )
    raise DataError(
        f"{folder}: some file names have an underscore ({stems[0]!r}, ...), so where the label "
        "stands is a guess; say name, id, label or middle as the format"
    )


def _ends_in_number(stem: str) -> bool:
    return stem.rpartition("_")[2].isdigit()


# --------------------------------------------------------------------------- readers


def _image_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder")
    files = (f for f in folder.rglob("*") if f.suffix.lower() in IMAGE_SUFFIXES)
    return sorted(f for f in files if f.is_file() and not f.name.startswith("."))


def _middle(stem: str) -> str:
    tokens = stem.split("_")
    return tokens[-2] if len(tokens) > 2 else ""


_NAME_LABELS: dict[str, Callable[[str], str]] = {
    "name": lambda stem: stem,
    "id": lambda stem: stem.partition("_")[2],
    "label": lambda stem: stem.partition("_")[0],
    "middle": _middle,
}


def _from_names(folder: Path, label: Callable[[str], str]) -> list[LabeledImage]:
    samples = []
    for file in _image_files(folder):
        text = label(file.stem)
        if not text:
            raise DataError(f"{file}: no label in the name; another format?")
        samples.append(LabeledImage(file, text))
    return samples


def _from_jsonl(path: Path, split: str | None) -> list[LabeledImage]:
    if not is_page_set(path):
        return [LabeledImage(image, text) for image, text in read_crop_set(path, split)]
    return _of_pages(read_page_set(path, split))


def _of_pages(pages: Iterable[LabeledPage]) -> list[LabeledImage]:
    """The lines of pages that have a text."""
    return [
        LabeledImage(page.image, line.text, line.quad)
        for page in pages
        for line in page.lines
        if line.text.strip() and not line.ignore
    ]


def _from_file(
    path: Path,
    format: str,
    alphabet_file: str | Path | None,
    index_base: int | None,
    images: str | Path | None,
) -> list[LabeledImage]:
    if path.is_dir() and (path / f"labels.{format}").is_file():
        path = path / f"labels.{format}"
    if path.is_dir():
        raise DataError(f"{path}: a folder; name the {format} file in it")
    if format == "index":
        if alphabet_file is None:
            raise DataError(f"{path}: the index format needs its file of characters")
        rows = read_index(path, Path(alphabet_file), index_base)
    else:
        rows = {"txt": read_txt, "csv": read_csv, "tsv": read_tsv}[format](path)
    root = Path(images) if images is not None else _image_root(path.parent, rows)
    return [LabeledImage(root / _portable(name), text) for name, text in rows]


def _portable(name: str) -> str:
    """A label file written on Windows has backslashes in its paths."""
    return name.replace("\\", "/") if "/" not in name else name


def _image_root(folder: Path, rows: Iterable[tuple[str, str]]) -> Path:
    """The folder itself, or ``images`` in it where the first file that exists is there."""
    for name, _ in rows:
        if (folder / _portable(name)).exists():
            return folder
        if (folder / "images" / _portable(name)).exists():
            return folder / "images"
    return folder


# --------------------------------------------------------------------------- LMDB


def _lmdb(folder: Path) -> Any:
    """An open read transaction; a forked process must not use its parent's."""
    return _open_lmdb(folder, os.getpid())


@lru_cache(maxsize=8)
def _open_lmdb(folder: Path, process: int) -> Any:
    try:
        import lmdb
    except ImportError as error:
        raise DataError(
            f"{folder}: reading LMDB needs the lmdb package: pip install lmdb"
        ) from error
    try:
        environment = lmdb.open(
            str(folder), readonly=True, lock=False, readahead=False, meminit=False
        )
        return environment.begin(write=False)
    except lmdb.Error as error:
        raise DataError(f"{folder}: not an LMDB folder, or damaged ({error})") from error


def _from_lmdb(folder: Path) -> list[LabeledImage]:
    records = _lmdb(folder)
    count = records.get(b"num-samples")
    if count is None or not count.isdigit():
        raise DataError(f"{folder}: no num-samples in it; not a text recognition LMDB")
    samples = []
    missing = 0
    for number in range(1, int(count) + 1):
        label = records.get(b"label-%09d" % number)
        if label is None:
            missing += 1
            continue
        try:
            text = label.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{folder}: label-{number:09d} is not UTF-8") from error
        samples.append(LabeledImage(folder, text, key=b"image-%09d" % number))
    if missing:
        _log.warning("%s: %d of %s records have no label", folder, missing, count.decode())
    return samples

# SPDX-License-Identifier: Apache-2.0
"""Pages that were transcribed line by line in PAGE or ALTO files, as Transkribus, eScriptorium
and others write them: each line is a crop out of the page's image."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.document import Line, Polygon
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.geometry import as_quad, bounding_box, box_quad
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage
from ocr_pipeline.core.interchange.alto import from_alto
from ocr_pipeline.core.interchange.page import from_page
from recognizer.label_files import read_ids

_log = logging.getLogger(__name__)

_READERS = {"page": from_page, "alto": from_alto}
_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
# Boxes wider than this, in heights, follow the slope of their outline; the smallest rectangle
# around a short word may lean any way.
_WIDE = 3.0


def is_page_xml(path: Path) -> str | None:
    """``page`` or ``alto`` by the beginning of an XML file; None if it is neither."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return None
    if b"PcGts" in start:
        return "page"
    return "alto" if b"<alto" in start or b":alto" in start else None


def page_format(path: Path) -> str | None:
    """``page`` or ``alto`` where a file, or the first XML file of a folder, is of that kind."""
    if path.is_file() and path.suffix.lower() != ".xml":
        return None
    kinds = (is_page_xml(file) for file in xml_files(path))
    return next((kind for kind in kinds if kind is not None), None)


def xml_files(path: Path) -> list[Path]:
    """The file itself, or the XML files of a folder and its subfolders."""
    if path.is_file():
        return [path]
    return sorted(f for f in path.rglob("*.xml") if not f.name.startswith("."))


def read_page_files(
    path: Path, format: str, images: Path | None = None, split: str | None = None
) -> list[LabeledPage]:
    """Reads transcribed pages.

    Files that are damaged or of another kind, pages without an image and lines without a text or
    an outline are left out; a warning counts and names them.

    Args:
        path: an XML file, or a folder with some.
        format: ``page`` or ``alto``.
        images: folder of the page images; by default they are looked for beside each file, in
            the folder above it, and in ``images`` there.
        split: a text file with the names of the pages to read, one a line; relative to ``path``.

    Raises:
        DataError: if the split cannot be read.
    """
    wanted = _names(path, split) if split is not None else None
    pages: list[LabeledPage] = []
    lost: dict[str, list[str]] = {}
    for file in xml_files(path):
        if wanted is not None and not {file.name, file.stem} & wanted:
            continue
        if format != is_page_xml(file):  # such as METS files beside them
            lost.setdefault(f"files that are not {format.upper()}", []).append(file.name)
            continue
        try:
            document = _READERS[format](file.read_bytes())
        except (DataError, OSError) as error:
            lost.setdefault("damaged files", []).append(f"{file.name} ({error})")
            continue
        image = find_image(file, document.source, images)
        if image is None:
            named = document.source or "no name"
            lost.setdefault("pages whose image is not there", []).append(f"{file.name} ({named})")
        elif len(document.pages) != 1:
            lost.setdefault("files that do not hold one page", []).append(file.name)
        else:
            page = document.pages[0]
            lines = _lines(page.lines, file.name, lost)
            pages.append(LabeledPage(image, page.width, page.height, tuple(lines)))
    _report(path, lost)
    return pages


def _lines(lines: Sequence[Line], name: str, lost: dict[str, list[str]]) -> list[LabeledLine]:
    kept = []
    for number, line in enumerate(lines, 1):
        if not line.text.strip():
            lost.setdefault("lines without a text", []).append(f"{name}, line {number}")
        elif not line.polygon:
            lost.setdefault("lines without an outline", []).append(f"{name}, line {number}")
        else:
            kept.append(LabeledLine(outline_quad(line.polygon), line.text))
    return kept


def outline_quad(polygon: Polygon) -> npt.NDArray[np.float32]:
    """The quad of a line's outline, (4, 2) pixels: along its slope where it is long enough."""
    x0, y0, x1, y1 = bounding_box(polygon)
    if len(polygon) == 4 or x1 - x0 > _WIDE * (y1 - y0):
        return as_quad(polygon)
    return box_quad(x0, y0, x1, y1)


def find_image(file: Path, name: str, images: Path | None) -> Path | None:
    """The image of a page file: the one it names, or one of its own name; None if neither is."""
    named = PureWindowsPath(name).name if "\\" in name else Path(name).name
    names = [n for n in (named, *(file.stem + suffix for suffix in _SUFFIXES)) if n]
    folders = [file.parent, file.parent.parent, file.parent / "images"]
    folders.append(file.parent.parent / "images")
    for folder in [images] if images is not None else folders:
        for candidate in names:
            if (folder / candidate).is_file():
                return folder / candidate
    return None


def _names(path: Path, split: str) -> set[str]:
    return set(read_ids(path if path.is_dir() else path.parent, split))


def _report(path: Path, lost: dict[str, list[str]]) -> None:
    """Warn of what was left out: how many of each kind, and the first of them by name."""
    for reason, names in lost.items():
        first = ", ".join(names[:3])
        more = ", ..." if len(names) > 3 else ""
        _log.warning("%s: left out %d %s: %s%s", path, len(names), reason, first, more)

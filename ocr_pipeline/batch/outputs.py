# SPDX-License-Identifier: Apache-2.0
"""Writes what was read: documents in all formats, overlays, pictures of doubtful lines."""

from __future__ import annotations

import errno
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ocr_pipeline.batch.tasks import PageTree, Write, WriteDone
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.core.geometry import crop_quad
from ocr_pipeline.core.images import atomic_file
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import OVERLAY_MARK, InputFile
from ocr_pipeline.writers import (
    PAGE_WRITERS,
    SOURCE_WRITERS,
    STREAM_WRITERS,
    draw_overlay,
    output_path,
)

RGB = npt.NDArray[np.uint8]
JPEG_QUALITY = 85
REVIEW_FOLDER = "review"
# What is shown around a doubtful line, in line heights.
REVIEW_MARGIN = 0.6
# Errors after which writing anything else would fail as well.
_HOPELESS = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO})


class OutputError(OcrError):
    """An output cannot be written; ``hopeless`` if the next one could not be either."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path}: cannot be written ({error.strerror or error})")
        self.hopeless = error.errno in _HOPELESS


def pack(page: Page) -> bytes:
    """A page as compressed JSON."""
    text = json.dumps(page.to_dict(), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpack(data: bytes) -> Page:
    """The inverse of :func:`pack`."""
    return Page.from_dict(json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass")))


def page_of(tree: PageTree) -> Page:
    """A page out of the manifest; one that failed is empty and says why in its meta."""
    if tree.page is not None:
        return tree.page
    if tree.tree:
        return unpack(tree.tree)
    return Page(tree.index + 1, max(tree.width, 1), max(tree.height, 1), meta={"error": tree.error})


class StoredPages(Sequence[Page]):
    """Pages that are unpacked one at a time, so that a long document fits into memory."""

    def __init__(self, trees: Sequence[PageTree]) -> None:
        self.trees = trees

    def __len__(self) -> int:
        return len(self.trees)

    def __iter__(self) -> Iterator[Page]:
        return map(page_of, self.trees)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return StoredPages(self.trees[index])
        return page_of(self.trees[index])


@dataclass(frozen=True, slots=True)
class Outputs:
    """The output folder and what goes into it.

    Attributes:
        out: the folder.
        scratch: where files are until they are whole; None: beside their place.
        options: formats and their options.
        review_below: confidence below which a line is doubtful; None: none is.
    """

    out: Path
    scratch: Path | None
    options: RunOptions
    review_below: float | None = None

    @property
    def wants_images(self) -> bool:
        """Whether a page's image is needed after it was read."""
        return "overlay" in self.options.format or self.review_below is not None

    # ------------------------------------------------------------------ pages

    def write_page(
        self, file: InputFile, single: bool, page: Page, image: RGB
    ) -> tuple[list[str], str]:
        """Writes a page's overlay and the pictures of its doubtful lines.

        Returns:
            Files written, and the doubtful lines as a JSON list (empty where there are none).

        Raises:
            OutputError: if they cannot be written.
        """
        written: list[str] = []
        number = None if single else page.number
        if "overlay" in self.options.format:
            path = output_path(self.out / file.target, "overlay", number)
            picture = draw_overlay(
                image, page, self.options.overlay_text, self.options.overlay_words
            )
            self._write(path, [_jpeg(picture)])
            written.append(self._name(path))
        review = self._review(file, single, page, image, written)
        return written, json.dumps(review, ensure_ascii=False) if review else ""

    def _review(
        self, file: InputFile, single: bool, page: Page, image: RGB, written: list[str]
    ) -> list[dict[str, Any]]:
        if self.review_below is None:
            return []
        doubtful = [
            (number, line)
            for number, line in enumerate(page.lines, 1)
            if line.confidence < self.review_below
        ]
        if not doubtful:
            return []
        target = self.out / REVIEW_FOLDER / file.target
        stem = target.name if single else f"{target.name}.{page.number:04d}"
        path = target.with_name(f"{stem}.review{OVERLAY_MARK}.jpg")
        shown = replace(page, lines=tuple(line for _, line in doubtful))
        self._write(path, [_jpeg(draw_overlay(image, shown))])
        written.append(self._name(path))
        entries = []
        for number, line in doubtful:
            # Named as overlays are, so that no later run takes it for a page.
            path = target.with_name(f"{stem}.line{number:03d}{OVERLAY_MARK}.png")
            self._write(path, [_png(_cut(image, line.polygon))])
            written.append(self._name(path))
            entries.append(
                {
                    "page": page.number,
                    "line": number,
                    "text": line.text,
                    "confidence": line.confidence,
                    "polygon": [list(point) for point in line.polygon],
                    "picture": self._name(path),
                }
            )
        return entries

    # ------------------------------------------------------------------ documents

    def write_document(self, task: Write) -> WriteDone:
        """Writes a document in all its formats.

        If one fails, the engine removes what is written: a worker that outlives its engine must
        not, for another run may have written the same files by then.
        """
        pages = StoredPages(task.pages)
        written: list[str] = []
        try:
            if task.inline:
                head = Document(source=task.file.name)
                name = self.options.format[0]
                return WriteDone(
                    data=b"".join(STREAM_WRITERS[name](head, pages, self.options.writing))
                )
            self._write_formats(task.file, pages, written)
        except OutputError as error:
            return WriteDone(tuple(written), str(error), error.hopeless)
        except Exception as error:  # whatever one document does to a writer, others are to come
            return WriteDone(tuple(written), reason(task.file, error))
        return WriteDone(tuple(written))

    def write_files(self, file: InputFile, pages: StoredPages) -> tuple[str, ...]:
        """Writes a document in all its formats, or none of them if one fails.

        Returns:
            The files, relative to the output folder.

        Raises:
            OutputError: if they cannot be written.
            Exception: whatever else a writer raises.
        """
        written: list[str] = []
        try:
            self._write_formats(file, pages, written)
        except BaseException:
            self.remove(written)
            raise
        return tuple(written)

    def _write_formats(self, file: InputFile, pages: StoredPages, written: list[str]) -> None:
        for name in self.options.format:
            self._write_format(name, file, Document(source=file.name), pages, written)

    def _write_format(
        self, name: str, file: InputFile, head: Document, pages: StoredPages, written: list[str]
    ) -> None:
        target = self.out / file.target
        if name in STREAM_WRITERS:
            path = output_path(target, name)
            self._write(path, STREAM_WRITERS[name](head, pages, self.options.writing))
            written.append(self._name(path))
        elif name in PAGE_WRITERS:
            for page in pages:
                path = output_path(target, name, page.number if len(pages) > 1 else None)
                self._write(path, [PAGE_WRITERS[name](head, page, self.options.writing)])
                written.append(self._name(path))
        elif name in SOURCE_WRITERS:
            path = output_path(target, name)
            document = replace(head, pages=pages)  # type: ignore[arg-type]

            def fill(sink: BinaryIO) -> None:
                SOURCE_WRITERS[name](document, file, sink, self.options)

            self._fill(path, fill)
            written.append(self._name(path))

    def remove(self, names: Iterable[str]) -> None:
        """Removes outputs, as far as they are there."""
        for name in names:
            with suppress(OSError):
                (self.out / name).unlink()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.out).as_posix()

    def _write(self, path: Path, parts: Iterable[bytes]) -> None:
        def fill(sink: BinaryIO) -> None:
            for part in parts:
                sink.write(part)

        self._fill(path, fill)

    def _fill(self, path: Path, fill: Any) -> None:
        try:
            with atomic_file(path, self._folder(path)) as sink:
                fill(sink)
                sink.flush()
                os.fsync(sink.fileno())  # or a power cut leaves an empty file of this name
        except OSError as error:
            raise OutputError(path, error) from error

    def _folder(self, path: Path) -> Path | None:
        """Where a file is until it is whole: beside its place if that is on another disk."""
        if self.scratch is None:
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        same = os.stat(path.parent).st_dev == os.stat(self.scratch).st_dev
        return self.scratch if same else None


def reason(file: InputFile, error: BaseException, page: int | None = None) -> str:
    """Why a file or page failed, in one line that names it."""
    place = file.name if page is None else f"{file.name}: page {page}"
    if isinstance(error, OcrError):
        text = str(error)
        return text if file.name in text else f"{place}: {text}"
    if isinstance(error, MemoryError):
        return f"{place}: not enough memory; use fewer workers or less --memory"
    return f"{place}: {type(error).__name__}: {error}"


def _cut(image: RGB, polygon: Sequence[tuple[float, float]]) -> RGB:
    """A line with its surroundings, upright."""
    if len(polygon) == 4:
        crop = crop_quad(image, polygon, pad_x=REVIEW_MARGIN, pad_y=REVIEW_MARGIN)
        return np.asarray(crop, np.uint8)
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    rows = slice(max(0, int(min(ys))), int(max(ys)) + 1)
    return image[rows, max(0, int(min(xs))) : int(max(xs)) + 1]


def _jpeg(image: RGB) -> bytes:
    # The same bytes as Pillow's, which first copies the picture into memory of its own.
    colors = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", colors, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _png(image: RGB) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()

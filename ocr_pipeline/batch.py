# SPDX-License-Identifier: Apache-2.0
"""Many inputs: each is read and written on its own, and none can stop the others."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import ExitCode, InputError, OcrError
from ocr_pipeline.core.images import write_atomic
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import OVERLAY_MARK, InputFile
from ocr_pipeline.writers import DOCUMENT_WRITERS, draw_overlay

RGB = npt.NDArray[np.uint8]
JPEG_QUALITY = 85


class PageReader(Protocol):
    """The part of :class:`ocr_pipeline.Pipeline` that a batch uses."""

    def read_pages(self, path: str | Path) -> Iterator[tuple[Page, RGB]]: ...


class OutputError(OcrError):
    """The output folder cannot be written: what follows would fail as well."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that gave no output, and why."""

    source: str
    reason: str


@dataclass(slots=True)
class Report:
    """What a run did."""

    files: int = 0
    pages: int = 0
    lines: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """0 if all went well, 1 if some inputs failed, 3 if all did, 130 if interrupted."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.failures:
            return ExitCode.SOME_FAILED if self.files else ExitCode.INPUT
        return ExitCode.OK

    def summary(self) -> str:
        """The report in a few lines of English."""
        state = "interrupted: " if self.interrupted else ""
        text = (
            f"{state}{_count(self.files, 'file')}, {_count(self.pages, 'page')}, "
            f"{_count(self.lines, 'line')} in {self.seconds:.1f} s"
        )
        if self.pages:
            text += f" ({self.seconds / self.pages:.2f} s a page)"
        if self.failures:
            text += f"; {_count(len(self.failures), 'failure')}:"
            text += "".join(f"\n  {failure.reason}" for failure in self.failures)
        return text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def run_batch(
    reader: PageReader,
    inputs: Sequence[InputFile],
    out: Path,
    options: RunOptions,
    on_file: Callable[[InputFile, Report], None] | None = None,
) -> Report:
    """Reads inputs one after the other and writes their outputs below a folder.

    An input that fails is noted and the rest goes on. Ctrl-C ends the run early with what is
    done by then; every file in the output folder is whole.

    Args:
        reader: the pipeline.
        inputs: what to read and where to write it.
        out: output folder.
        options: formats.
        on_file: called after each input, with the report so far.

    Raises:
        OutputError: if the output cannot be written.
    """
    report = Report()
    start = time.perf_counter()
    try:
        for file in inputs:
            _run_one(reader, file, out, options, report)
            report.seconds = time.perf_counter() - start
            if on_file is not None:
                on_file(file, report)
    except KeyboardInterrupt:
        report.interrupted = True
    report.seconds = time.perf_counter() - start
    return report


def _run_one(
    reader: PageReader, file: InputFile, out: Path, options: RunOptions, report: Report
) -> None:
    written: list[Path] = []
    try:
        document = _read_and_write(reader, file, out / file.target, options, written)
    except OutputError:
        raise
    except Exception as error:  # whatever one file does to us, the others are to be read
        for path in written:
            with suppress(OSError):
                path.unlink()
        report.failures.append(Failure(str(file.path), _reason(file, error)))
    else:
        report.files += 1
        report.pages += len(document.pages)
        report.lines += sum(len(page.lines) for page in document.pages)


def _reason(file: InputFile, error: Exception) -> str:
    if isinstance(error, OcrError):
        return str(error)
    return f"{file.path}: {type(error).__name__}: {error}"


def _read_and_write(
    reader: PageReader, file: InputFile, target: Path, options: RunOptions, written: list[Path]
) -> Document:
    """Reads one input and writes it; overlays as the pages come, so that few are in memory."""
    pages: list[Page] = []
    first: bytes | None = None
    for page, image in reader.read_pages(file.path):
        pages.append(page)
        if "overlay" in options.format:
            picture = _jpeg(draw_overlay(image, page, options.overlay_text))
            if page.number == 1:
                first = picture  # its name depends on whether there is a second page
                continue
            if page.number == 2 and first is not None:
                _write(overlay_path(target, 1), first, written)
                first = None
            _write(overlay_path(target, page.number), picture, written)
    if not pages:
        raise InputError(f"{file.path}: holds no page")
    if first is not None:
        _write(overlay_path(target), first, written)
    document = Document(source=str(file.path), pages=tuple(pages))
    for name in options.format:
        if name in DOCUMENT_WRITERS:
            path = target.with_name(f"{target.name}.{name}")
            _write(path, DOCUMENT_WRITERS[name](document), written)
    return document


def overlay_path(target: Path, page: int | None = None) -> Path:
    """``page.overlay.jpg``, or ``page.0002.overlay.jpg`` in a document of several pages."""
    number = "" if page is None else f".{page:04d}"
    return target.with_name(f"{target.name}{number}{OVERLAY_MARK}.jpg")


def _jpeg(image: RGB) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _write(path: Path, data: bytes, written: list[Path]) -> None:
    try:
        write_atomic(path, data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    written.append(path)

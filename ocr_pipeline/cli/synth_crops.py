# SPDX-License-Identifier: Apache-2.0
"""``ocr synth TASK``: renders a recognizer's task to disk, its labels in the layout asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from recognizer.label_layouts import LabelWriter
    from recognizer.tasks.preset import Renderer

_SHEET = 120  # images on a contact sheet
_NAMED = 5  # skipped labels that are named
_Made = tuple[int, str, bytes, "NDArray[Any] | None"]


def make_renderer(task: str, font_dirs: tuple[Path, ...], corpus: tuple[Path, ...]) -> Renderer:
    """A task's renderer; a function that other processes can be given."""
    from recognizer.tasks import load_preset
    from recognizer.tasks.preset import RenderOptions

    return load_preset(task).renderer(RenderOptions(font_dirs=font_dirs, corpus=corpus))


def render_one(
    seed: int, shown: int, suffix: str, codec: str | None, renderer: Renderer, index: int
) -> _Made:
    """Image number ``index``, its label and its file; the pixels too where a sheet needs them."""
    from ocr_pipeline.core.images import encode_image

    sample = renderer.render(seed, index)
    text = sample.text
    if codec == "roman":
        from recognizer.plates import korean_roman

        text = korean_roman(text)
    data = encode_image(suffix, sample.image, 92)
    return index, text, data, sample.image if index < shown else None


def write_task(
    task: str,
    *,
    count: int,
    seed: int,
    first: int,
    out: Path | None,
    font_dirs: tuple[Path, ...],
    corpus: tuple[Path, ...],
    workers: int,
    sheet: Path | None,
    overwrite: bool,
    layout: str,
    image_format: str,
    codec: str | None = None,
) -> None:
    """Renders ``count`` images of a task and writes images, labels and sheet.

    Raises:
        UsageError: if there is nothing to write, or a set is there already.
        FontError: if the fonts lack what the task needs.
    """
    from ocr_pipeline.core.rendering.pool import in_workers
    from recognizer.label_layouts import LabelWriter

    if out is None and sheet is None:
        raise UsageError("nothing to write: give --out FOLDER, --sheet FILE, or both")
    suffix = f".{image_format}"
    writer = None if out is None else LabelWriter(out, layout, suffix)
    if writer is not None:
        writer.open(overwrite)
    begin = time.perf_counter()
    shown = first + min(count, _SHEET) if sheet is not None else 0
    if out is None:
        count = shown - first
    made = in_workers(
        partial(make_renderer, task, font_dirs, corpus),
        partial(render_one, seed, shown, suffix, codec),
        range(first, first + count),
        0 if workers == 1 else workers,
    )
    try:
        pictures = _store(made, writer, count)
    finally:  # interrupted, or the disk full: what is rendered keeps its labels
        if writer is not None:
            writer.close()
    if writer is not None:
        _tell_skipped(writer)
    if sheet is not None:
        from ocr_pipeline.core.images import save_image
        from ocr_pipeline.core.rendering.sheet import contact_sheet

        save_image(sheet, contact_sheet(pictures, 48))
    spent = time.perf_counter() - begin
    where = " and ".join(str(path) for path in (out, sheet) if path is not None)
    stored = count if writer is None else writer.written
    click.echo(
        f"{stored} {task} in {spent:.1f} s ({count / spent:.1f} a second): {where}", err=True
    )


def _store(
    made: Iterator[_Made], writer: LabelWriter | None, count: int
) -> list[tuple[NDArray[Any], str]]:
    """Writes what is rendered; gives the pictures for the sheet."""
    pictures = []
    for done, (index, text, data, image) in enumerate(made, 1):
        if writer is not None:
            writer.add(index, text, data)
        if image is not None:
            pictures.append((image, text))
        if sys.stderr.isatty() and done % 50 == 0:
            click.echo(f"\r{done}/{count}", nl=False, err=True)
    return pictures


def _tell_skipped(writer: LabelWriter) -> None:
    """Says which images were left out, and what the names would do elsewhere.

    Raises:
        UsageError: if not one label could be stored.
    """
    for skip in writer.skipped[:_NAMED]:
        click.echo(f"left out: {skip.name}, label {skip.text!r}: {skip.reason}", err=True)
    if writer.skipped:
        total = len(writer.skipped) + writer.written
        click.echo(
            f"left out: {len(writer.skipped)} of {total} labels, which the layout "
            f"{writer.layout!r} cannot hold; jsonl holds every label",
            err=True,
        )
    if not writer.written:
        raise UsageError(f"the layout {writer.layout!r} can hold none of the labels: use jsonl")
    if writer.unportable:
        click.echo(
            f"{writer.unportable} of {writer.written} file names cannot be copied to Windows, "
            "which refuses some of their characters",
            err=True,
        )

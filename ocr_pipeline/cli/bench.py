# SPDX-License-Identifier: Apache-2.0
"""``ocr bench``: where a page's time goes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.options import (
    BACKENDS,
    DEFAULT_DETECTOR,
    DEFAULT_RECOGNIZER,
    PRECISIONS,
    RunOptions,
)


@click.command()
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.option(
    "--rendered",
    type=click.IntRange(1),
    help="Read N rendered pages instead; 8 where no image is named.",
)
@click.option(
    "--backend",
    "backends",
    type=click.Choice([*BACKENDS, "all"]),
    multiple=True,
    help="Measure this one (default: auto); may be repeated. all: each that is installed.",
)
@click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda[:N], mps.")
@click.option("--detector", default=DEFAULT_DETECTOR, show_default=True, help="Name or file.")
@click.option("--recognizer", default=DEFAULT_RECOGNIZER, show_default=True, help="Name or file.")
@click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0: all.")
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Rounds.")
@click.option("--format", "formats", default="txt,json,overlay", show_default=True)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for all figures.",
)
def bench(
    images: tuple[str, ...],
    rendered: int | None,
    backends: tuple[str, ...],
    repeat: int,
    formats: str,
    json_path: Path | None,
    **values: Any,
) -> None:
    """Measure where a page's time goes, from the file to the written results.

    IMAGE is a file, a folder or a glob in quotes. Each backend is measured in a process of its
    own; the first page is read once more beforehand and not counted.
    """
    from ocr_pipeline.core.backends.choice import installed
    from ocr_pipeline.evaluation.bench import bench as measure

    options = RunOptions(format=tuple(formats.split(",")), **values)
    names = list(dict.fromkeys(backends)) or ["auto"]
    if "all" in names:
        names = [name for name in BACKENDS if name != "auto" and installed(name)]
    results = []
    with _pages(images, rendered) as paths:
        for name in names:
            result = measure(paths, replace(options, backend=name), repeat)
            results.append(result)
            click.echo(result.table() + "\n")
    if json_path is not None:
        rows = [result.to_dict() for result in results]
        write_atomic(json_path, json.dumps(rows, indent=1).encode())


@contextmanager
def _pages(images: tuple[str, ...], rendered: int | None) -> Iterator[list[Path]]:
    """The files to read: those named, or rendered pages in a temporary folder."""
    from ocr_pipeline.readers.inputs import find_inputs

    if images and rendered is None:
        paths = [file.path for file in find_inputs(images)]
        if not paths:
            raise InputError(f"{', '.join(images)}: no image in there")
        yield paths
        return
    from detector.synthesis import PageRenderer
    from ocr_pipeline.core.images import save_image

    renderer = PageRenderer()
    with tempfile.TemporaryDirectory(prefix="ocr-bench-") as folder:
        paths = [Path(folder) / f"{index:04d}.jpg" for index in range(rendered or 8)]
        for index, path in enumerate(paths):
            save_image(path, renderer.render(0, index).image)
        yield paths

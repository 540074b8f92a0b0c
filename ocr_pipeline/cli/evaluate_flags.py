# SPDX-License-Identifier: Apache-2.0
"""Flags that commands of ``ocr evaluate`` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ocr_pipeline.options import BACKENDS, PRECISIONS
from recognizer.tasks import PRESETS

F = TypeVar("F", bound=Callable[..., Any])

#: Trainings are told apart by small seeds; a set this far away has not been seen by any.
UNSEEN = 987_654_321

_COMMON = (
    click.option("--split", help="Split named in split.json; all images by default."),
    click.option(
        "--limit", type=click.IntRange(1), help="Measure N images only, taken from all over."
    ),
    click.option(
        "--json",
        "json_path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File for the figures of the set and of every image.",
    ),
    click.option("--worst", type=click.IntRange(0), default=0, help="Draw the N worst cases."),
    click.option(
        "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for --worst."
    ),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda[:N], mps."),
    click.option("--backend", type=click.Choice(BACKENDS), default="auto", show_default=True),
    click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True),
    click.option("--threads", type=click.IntRange(0), default=0, help="CPU threads; 0: all."),
)


def common_flags(needs_data: bool = True) -> Callable[[F], F]:
    """Options that the three commands share."""
    data = click.option(
        "--data",
        required=needs_data,
        type=click.Path(path_type=Path, exists=True),
        help="Folder of the labelled set.",
    )

    def add(command: F) -> F:
        for option in reversed((data, *_COMMON)):
            command = option(command)
        return command

    return add


# Images to render instead of reading a labelled set.
_RENDERED = (
    click.option(
        "--rendered",
        "task",
        type=click.Choice(list(PRESETS)),
        help="Render this task's images instead of reading --data.",
    ),
    click.option(
        "--count", type=click.IntRange(1), default=20000, show_default=True, help="Images."
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=UNSEEN,
        show_default=True,
        help="Set to render from; not one that was trained on.",
    ),
    click.option(
        "--workers", type=click.IntRange(0), default=1, show_default=True, help="They render."
    ),
    click.option(
        "--font-dir",
        "font_dirs",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Fonts to render with.",
    ),
    click.option(
        "--corpus",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        help="Text to render.",
    ),
)


def rendered_flags(command: F) -> F:
    """Options of rendered images."""
    for option in reversed(_RENDERED):
        command = option(command)
    return command

# SPDX-License-Identifier: Apache-2.0
"""Lists of paths in files."""

from __future__ import annotations

import codecs
import os
import sys

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.images import open_regular

MAX_BYTES = 1 << 30


def read_list(place: str, null: bool = False) -> list[str]:
    """The paths in a list: one a line, or with zero bytes behind them; empty ones are left out.

    Args:
        place: a file, or ``-`` for standard input.
        null: paths end with a zero byte, as ``find -print0`` writes them.

    Raises:
        InputError: if it cannot be read or is no list.
    """
    name = "standard input" if place == "-" else place
    try:
        if place == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open_regular(place) as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name}: cannot be read as a list ({error.strerror or error})") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: too long for a list of paths")
    text = _decoded(data)
    if null:
        return [part for part in text.split("\0") if part]
    if "\0" in text:
        raise InputError(f"{name}: holds zero bytes; is it a list of paths? Try --null")
    # Only line feeds part: a file's name may hold any other kind of line's end.
    lines = (line[:-1] if line.endswith("\r") else line for line in text.split("\n"))
    return [line for line in lines if line.strip()]


def _decoded(data: bytes) -> str:
    """Text as file names are decoded, or as the mark at its start says."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return os.fsdecode(data.removeprefix(codecs.BOM_UTF8))

# SPDX-License-Identifier: Apache-2.0
"""A document that comes through standard input."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path, PurePath

from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.readers.input_file import InputFile

_BLOCK = 1 << 20
_read: list[InputFile] = []


def stdin_input() -> InputFile:
    """Standard input as a document, in a temporary file that goes when the program ends.

    It is a file with a name, and no memory, so that other processes can read it.

    Raises:
        UsageError: if standard input is a terminal.
        InputError: if there is no room for it.
    """
    if _read:
        return _read[0]  # named twice
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("-: standard input is a terminal; pipe a document into it")
    try:
        number, path = tempfile.mkstemp(prefix="ocr-stdin-")
        atexit.register(_remove, path, os.getpid())
        with os.fdopen(number, "wb") as file:
            while block := sys.stdin.buffer.read(_BLOCK):
                file.write(block)
    except OSError as error:
        folder = tempfile.gettempdir()
        raise InputError(
            f"standard input: cannot be copied to {folder} ({error.strerror}); set TMPDIR"
        ) from error
    _read.append(InputFile(Path(path), PurePath("stdin"), "stdin"))
    return _read[0]


def _remove(path: str, process: int) -> None:
    if os.getpid() == process:  # a forked worker leaves it to its parent
        with suppress(OSError):
            os.unlink(path)

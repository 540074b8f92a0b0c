# SPDX-License-Identifier: Apache-2.0
"""The bytes of a document, wherever it lies."""

from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from typing import BinaryIO, Protocol

from ocr_pipeline.core.errors import InputError, TooLargeError
from ocr_pipeline.core.images import open_regular
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.input_file import InputFile

IN_MEMORY = 32 << 20
_BLOCK = 1 << 20


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int = -1, /) -> bytes: ...


def open_bytes(file: InputFile, options: ReadOptions | None = None) -> BinaryIO:
    """The bytes of a document, seekable: of a file, of a zip's member, of a remote place.

    Raises:
        InputError: if they cannot be had.
    """
    if file.member is not None:
        from ocr_pipeline.readers.archive import open_member

        return open_member(file, options or ReadOptions())
    if file.uri is not None:
        from ocr_pipeline.readers.remote import open_uri

        return open_uri(file.uri)
    return open_regular(file.path, file.name)


def spool(source: Readable, name: str, limit: int | None = None) -> BinaryIO:
    """Copies a stream to memory, or to a temporary file if it is long; positioned at the start.

    Args:
        source: what to read to its end.
        name: what messages call it.
        limit: bytes after which it is given up.

    Raises:
        InputError: if it is longer than the limit or the temporary file cannot be written.
    """
    target: BinaryIO = io.BytesIO()
    try:
        size = 0
        while block := source.read(_BLOCK):
            size += len(block)
            if limit is not None and size > limit:
                raise TooLargeError(f"{name}: more than {limit >> 20:,} MiB; unpack or split it")
            if size > IN_MEMORY and isinstance(target, io.BytesIO):
                target = _move(target)
            _write(target, block, name)
        target.seek(0)
    except BaseException:
        with suppress(Exception):
            target.close()
        raise
    return target


def _move(target: io.BytesIO) -> BinaryIO:
    file = tempfile.TemporaryFile(prefix="ocr-")  # noqa: SIM115
    file.write(target.getbuffer())
    return file


def _write(target: BinaryIO, block: bytes, name: str) -> None:
    try:
        target.write(block)
    except OSError as error:
        folder = tempfile.gettempdir()
        raise InputError(
            f"{name}: no room for a copy in {folder} ({error.strerror}); set TMPDIR"
        ) from error

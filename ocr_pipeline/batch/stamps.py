# SPDX-License-Identifier: Apache-2.0
"""How a changed input is noticed: size and time at once, the hash of its bytes for certain."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from ocr_pipeline.batch.tasks import Stamp
from ocr_pipeline.batch_options import Shard
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.images import open_regular
from ocr_pipeline.readers.input_file import InputFile, readable

# What readers.stdin calls standard input, and how its temporary file's name begins.
STDIN_NAME, STDIN_PREFIX = "stdin", "ocr-stdin-"


def key_of(file: InputFile) -> str:
    """What identifies a document from one run to the next, wherever the command is called."""
    if file.name == STDIN_NAME and file.path.name.startswith(STDIN_PREFIX):
        return STDIN_NAME  # lies in another temporary file each time
    place = file.uri or os.path.abspath(file.path)
    return place if file.member is None else f"{place}::{file.member}"


def mirrored_name(file: InputFile) -> str:
    """A document's name below the output folder with its own suffix; independent of other files."""
    name = (file.target.parent / file.path.name).as_posix()
    return name if file.member is None else f"{name}::{file.member}"


def look(file: InputFile) -> Stamp | None:
    """Size and time of a file; None if it is not there. Remote files have no look."""
    if file.uri is not None:
        return Stamp()
    try:
        status = os.stat(file.path)
    except (OSError, ValueError):
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


def full_stamp(file: InputFile) -> Stamp:
    """Size, time and hash of a file.

    Raises:
        InputError: if it cannot be read.
    """
    if file.uri is not None:
        return Stamp()
    seen = look(file) or Stamp()  # what is not there says so when it is opened
    return Stamp(seen.size, seen.mtime, _digest(file.path, seen.size, seen.mtime))


@lru_cache(maxsize=16)  # the documents in a zip share its hash
def _digest(path: Path, size: int, mtime: int) -> str:
    digest = hashlib.sha256()
    name = readable(str(path))
    with open_regular(path, name) as file:  # a pipe would keep its reader waiting for ever
        try:
            while block := file.read(1 << 20):
                digest.update(block)
        except OSError as error:
            raise InputError(f"{name}: cannot be read ({error.strerror or error})") from error
    return digest.hexdigest()


def in_shard(file: InputFile, shard: Shard) -> bool:
    """Whether a document belongs to a part of the input; the same on every machine."""
    if shard.count == 1:
        return True
    name = mirrored_name(file).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big") % shard.count == shard.index - 1

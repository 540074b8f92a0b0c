# SPDX-License-Identifier: Apache-2.0
"""Notices files cut short whose decoders would give half a picture without a word."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

_BOXED = (b"ftyp", b"jP  ")  # HEIF and AVIF; JPEG 2000
_CODESTREAM = b"\xff\x4f\xff\x51"  # JPEG 2000 without boxes
_END_OF_CODESTREAM = b"\xff\xd9"
_MAX_BOXES = 100_000


def is_cut_short(file: BinaryIO, head: bytes) -> bool:
    """Whether a file states more bytes than it has.

    Args:
        file: the bytes; left at their beginning.
        head: the first of them.
    """
    try:
        size = file.seek(0, os.SEEK_END)
        if head[4:8] in _BOXED:
            return _last_box_ends(file, size) > size
        if head[:4] == _CODESTREAM:
            file.seek(max(0, size - 64))
            return _END_OF_CODESTREAM not in file.read()
        return False
    finally:
        file.seek(0)


def _last_box_ends(file: BinaryIO, size: int) -> int:
    """Where the last box (length, kind, content) on the outermost level should end."""
    position = 0
    for _ in range(_MAX_BOXES):
        if position >= size:
            break
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return size + 1
        (length,) = struct.unpack(">I", head[:4])
        if length == 0:  # up to the end, wherever that is
            return size
        if length == 1:
            if len(head) < 16:
                return size + 1
            (length,) = struct.unpack(">Q", head[8:16])
        if length < 8:
            break  # no box; what it is the decoder may tell
        position += length
    return position

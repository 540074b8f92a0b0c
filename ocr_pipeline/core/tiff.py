# SPDX-License-Identifier: Apache-2.0
"""The chain of pages in a TIFF file, followed without decoding any of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_PAGES = 20_000

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_NEW_SUBFILE_TYPE = 254
_REDUCED, _MASK = 1, 4


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins so is a TIFF or BigTIFF."""
    return head[:4] in _SIGNATURES


def page_positions(file: BinaryIO) -> list[int]:
    """Positions in the chain of directories that are pages.

    Reduced copies and transparency masks of another page are left out. A chain that comes back
    to itself ends there.

    Raises:
        ValueError: if the chain leads out of the file or is longer than :data:`MAX_PAGES`.
    """
    kinds = []
    for kind in _directories(file):
        kinds.append(kind)
        if len(kinds) > MAX_PAGES:
            raise ValueError(f"has more than {MAX_PAGES:,} pages; split it")
    pages = [i for i, kind in enumerate(kinds) if not kind & (_REDUCED | _MASK)]
    return pages or list(range(len(kinds)))


def _directories(file: BinaryIO) -> Iterator[int]:
    """The kind (tag 254) of each directory of the chain."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    offset = _unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])
    seen: set[int] = set()
    while offset and offset not in seen:
        seen.add(offset)
        kind, offset = _directory(file, offset, order, big, len(seen))
        yield kind


def _directory(file: BinaryIO, offset: int, order: str, big: bool, page: int) -> tuple[int, int]:
    """The kind of the directory at an offset, and the offset of the next one."""
    count_code, entry_size, next_code = ("Q", 20, "Q") if big else ("H", 12, "I")
    try:
        file.seek(offset)
        count = _unpack(order + count_code, file.read(struct.calcsize(order + count_code)))
        if count > 65535:
            raise ValueError("too many tags")
        entries = file.read(count * entry_size)
        following = _unpack(order + next_code, file.read(struct.calcsize(order + next_code)))
    except (ValueError, OverflowError, OSError, struct.error) as error:
        raise ValueError(f"truncated or damaged where page {page} should begin") from error
    for start in range(0, len(entries), entry_size):
        tag, code = struct.unpack_from(order + "HH", entries, start)
        if tag == _NEW_SUBFILE_TYPE:
            value_at = start + entry_size - (8 if big else 4)
            return struct.unpack_from(order + ("H" if code == 3 else "I"), entries, value_at)[
                0
            ], following
    return 0, following


def _unpack(code: str, data: bytes) -> int:
    (value,) = struct.unpack(code, data)
    return int(value)

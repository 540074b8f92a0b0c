# SPDX-License-Identifier: Apache-2.0
"""Names of outputs: each input its own, on file systems without case too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from ocr_pipeline.readers.input_file import InputFile

# File systems take 255 bytes for a name; suffixes and page numbers come behind it.
LONGEST = 180


def with_distinct_targets(files: Sequence[InputFile]) -> list[InputFile]:
    """``page`` for page.png; ``page.png`` where there is a page.tif too; otherwise ``page-2``."""
    full = [_shortened(file.target.as_posix()) for file in files]
    short = [os.path.splitext(name)[0] for name in full]
    often = Counter(map(str.casefold, short))
    wanted = [
        long if often[name.casefold()] > 1 else name for long, name in zip(full, short, strict=True)
    ]
    reserved = {name.casefold() for name in wanted}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    result = []
    for file, name in zip(files, wanted, strict=True):
        target, key = name, name.casefold()
        while target.casefold() in taken or (target != name and target.casefold() in reserved):
            numbers[key] += 1
            target = f"{name}-{numbers[key] + 1}"
        taken.add(target.casefold())
        result.append(replace(file, target=PurePath(target)))
    return result


def _shortened(target: str) -> str:
    """The target with no part too long for a file system; its end, with the suffix, stays."""
    if len(target) <= LONGEST // 4:  # four bytes are the most that a character takes
        return target
    return "/".join(part if _size(part) <= LONGEST else _cut(part) for part in target.split("/"))


def _cut(part: str) -> str:
    start, end = part[:-12], part[-12:]
    while _size(start) + _size(end) >= LONGEST:
        start = start[:-1]
    return f"{start}~{end}"


def _size(part: str) -> int:
    return len(part.encode("utf-8", "surrogateescape"))

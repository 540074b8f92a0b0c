# SPDX-License-Identifier: Apache-2.0
"""Names of outputs: each input its own, on file systems without case too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from ocr_pipeline.readers.input_file import InputFile

# File systems take 255 bytes for a name; suffixes and page numbers come behind it.
LONGEST = 180


def with_distinct_targets(files: Sequence[InputFile]) -> list[InputFile]:
    """``page`` for page.png; ``page.png`` where there is a page.tif too; otherwise ``page-2``."""
    full = [_shortened(file.target) for file in files]
    short = [name.with_suffix("") if name.suffix else name for name in full]
    often = Counter(map(_key, short))
    wanted = [
        long if often[_key(name)] > 1 else name for long, name in zip(full, short, strict=True)
    ]
    reserved = set(map(_key, wanted))
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    result = []
    for file, name in zip(files, wanted, strict=True):
        target, key = name, _key(name)
        while _key(target) in taken or (target != name and _key(target) in reserved):
            numbers[key] += 1
            target = name.with_name(f"{name.name}-{numbers[key] + 1}")
        taken.add(_key(target))
        result.append(replace(file, target=target))
    return result


def _shortened(target: PurePath) -> PurePath:
    """The target with no part too long for a file system; its end, with the suffix, stays."""
    parts = [
        part if len(part) <= LONGEST // 4 or _size(part) <= LONGEST else _cut(part)
        for part in target.parts
    ]
    return PurePath(*parts)


def _cut(part: str) -> str:
    start, end = part[:-12], part[-12:]
    while _size(start) + _size(end) >= LONGEST:
        start = start[:-1]
    return f"{start}~{end}"


def _size(part: str) -> int:
    return len(part.encode("utf-8", "surrogateescape"))


def _key(name: PurePath) -> str:
    return name.as_posix().casefold()

# SPDX-License-Identifier: Apache-2.0
"""Which files a run reads, and under which name each one's output is written."""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".dib", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"}
    | {".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
OVERLAY_MARK = ".overlay"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A document to read. Equal inputs name the same place; a worker process can open them too.

    Attributes:
        path: the local file; of a remote document its path without scheme and host.
        target: path of its outputs below the output folder, without their suffix.
        name: what messages and results call it; the path unless said otherwise.
        member: index of the member in the zip file ``path`` (or ``uri``) that is the document.
        uri: where a remote document lies, such as ``s3://bucket/scan.tif``.
    """

    path: Path
    target: PurePath
    name: str = ""
    member: int | None = None
    uri: str | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.uri or str(self.path))


def find_inputs(inputs: Sequence[str], out: Path | None = None) -> list[InputFile]:
    """Expands files, folders and globs to files, each once, in a stable order.

    A folder is searched with its sub-folders, which the output mirrors; hidden files, files that
    are no images by their suffix and what lies below the output folder are left out. A file that
    is named itself is taken whatever its suffix; if it does not exist it is returned all the
    same, so that the run can report it and go on.

    Args:
        inputs: what the user named.
        out: output folder, which is not searched.

    Returns:
        Files whose targets all differ, on file systems without case too.
    """
    seen: set[Path] = set()
    files = []
    for name in inputs:
        for file in _expand(name, out):
            real = _resolved(file.path)
            if real not in seen:
                seen.add(real)
                files.append(file)
    return _with_distinct_targets(files)


def _expand(name: str, out: Path | None) -> Iterator[InputFile]:
    path = Path(name)
    if path.is_dir():
        yield from _walk(path, path, out)
    elif path.exists() or not glob.has_magic(name):
        yield InputFile(path, PurePath(path.name))
    else:
        matches = sorted(glob.glob(name, recursive=True))
        root = _fixed_part(path)
        for match in map(Path, matches):
            if match.is_dir() and "**" not in name:
                yield from _walk(match, root, out)
            elif match.is_file() and _is_page(match) and not _below(match, out):
                yield InputFile(match, match.relative_to(root))
        if not matches:
            yield InputFile(path, PurePath(path.name))


def _fixed_part(pattern: Path) -> Path:
    """The leading folders of a glob that hold no wildcard."""
    parts = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _walk(folder: Path, root: Path, out: Path | None) -> Iterator[InputFile]:
    """Images below a folder, sorted; links to folders are not followed, for they may go round."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and not _below(Path(here, name), out)
        )
        for name in sorted(names):
            path = Path(here, name)
            if _is_page(path) and path.is_file():
                yield InputFile(path, path.relative_to(root))


def _is_page(path: Path) -> bool:
    """An image by its suffix, not hidden and not an overlay of an earlier run."""
    hidden = path.name.startswith(".")
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden and not is_overlay(path)


def is_overlay(path: Path) -> bool:
    """Whether a file's name is one that the overlay writer gives."""
    return path.stem.lower().endswith(OVERLAY_MARK)


def _below(path: Path, out: Path | None) -> bool:
    if out is None:
        return False
    real, folder = _resolved(path), _resolved(out)
    return real == folder or folder in real.parents


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return path.absolute()


def _with_distinct_targets(files: Sequence[InputFile]) -> list[InputFile]:
    """``page`` for page.png; ``page.png`` where there is a page.tif too; otherwise ``page-2``."""
    short = [file.target.with_suffix("") for file in files]
    clash = _repeated(short)
    wanted = [
        file.target if _key(name) in clash else name
        for file, name in zip(files, short, strict=True)
    ]
    taken: set[str] = set()
    reserved = {_key(name) for name in wanted}
    result = []
    for file, name in zip(files, wanted, strict=True):
        target, number = name, 2
        while _key(target) in taken or (target != name and _key(target) in reserved):
            target = name.with_name(f"{name.name}-{number}")
            number += 1
        taken.add(_key(target))
        result.append(replace(file, target=target))
    return result


def _repeated(names: Iterable[PurePath]) -> set[str]:
    count: dict[str, int] = defaultdict(int)
    for name in names:
        count[_key(name)] += 1
    return {key for key, number in count.items() if number > 1}


def _key(name: PurePath) -> str:
    return name.as_posix().casefold()

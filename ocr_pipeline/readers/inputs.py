# SPDX-License-Identifier: Apache-2.0
"""Which documents a run reads, and under which name each one's output is written."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePath

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.images import open_regular
from ocr_pipeline.readers.input_file import InputFile, readable
from ocr_pipeline.readers.kinds import HEAD, is_packed_document, is_zip
from ocr_pipeline.readers.lists import read_list
from ocr_pipeline.readers.suffixes import (
    DOCUMENT_SUFFIXES,
    IMAGE_SUFFIXES,
    OVERLAY_MARK,
    ZIP_SUFFIXES,
    is_found,
)
from ocr_pipeline.readers.targets import with_distinct_targets

__all__ = ["IMAGE_SUFFIXES", "OVERLAY_MARK", "InputFile", "find_inputs", "input_file"]

STDIN = "-"


def find_inputs(
    inputs: Sequence[str],
    out: Path | None = None,
    lists: Sequence[str] = (),
    null: bool = False,
    skip: Collection[str] = (),
) -> list[InputFile]:
    """Expands files, folders, globs, zips, lists and remote places, each document once, in order.

    A folder is searched with its sub-folders, which the output mirrors; hidden files, files that
    are no documents by their suffix and what lies below the output folder are left out. A file
    that is named itself is taken whatever its suffix. What cannot be read, or is not there, is
    returned all the same, so that the run can report it and go on.

    Args:
        inputs: what the user named: paths, globs, ``-`` for standard input, ``@FILE`` for a list
            of paths in a file, URIs.
        out: output folder, which is not searched.
        lists: files with one path a line; ``-`` is standard input.
        null: paths in lists end with a zero byte instead of a line's end.
        skip: absolute paths that folders and globs do not give, such as outputs of earlier runs.

    Returns:
        Documents whose targets all differ, on file systems without case too.

    Raises:
        InputError: if a list cannot be read.
    """
    finder = _Finder(out, skip)
    listed = list(lists)
    for name in inputs:
        if len(name) > 1 and name[0] == "@" and not os.path.lexists(name):
            listed.append(name[1:])
        else:
            finder.add(_named(name, finder))
    for place in listed:
        for name in read_list(place, null):
            finder.add(_listed(name, finder))
    return with_distinct_targets(finder.files)


def input_file(place: str | os.PathLike[str]) -> InputFile:
    """One document, named by its path or address, whatever is there."""
    from ocr_pipeline.readers.remote import is_uri, local_path, remote_path, without_secrets

    name = os.fspath(place)
    if is_uri(name):
        local = local_path(name)
        if local is None:
            path = remote_path(name)
            return InputFile(path, PurePath(path.stem or "remote"), without_secrets(name), uri=name)
        name = local
    return InputFile(Path(name), PurePath(Path(name).stem))


class _Finder:
    """Collects documents, each once; knows what is not to be searched."""

    def __init__(self, out: Path | None, skip: Collection[str]) -> None:
        self.files: list[InputFile] = []
        self._out = os.path.realpath(out) if out is not None else None
        self._skip = frozenset(skip)
        self._seen: set[tuple[str, int | None]] = set()
        self._folders: dict[str, str] = {}

    def add(self, files: Iterator[InputFile]) -> None:
        """Takes what is not there yet."""
        for file in files:
            key = (file.uri or self.real(str(file.path)), file.member)
            if key not in self._seen:
                self._seen.add(key)
                self.files.append(file)

    def real(self, path: str) -> str:
        """The path without links; folders are looked up once."""
        folder, name = os.path.split(path)
        if os.path.islink(path) or name in ("", ".", ".."):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder or os.curdir).rstrip(os.sep)
        return f"{self._folders[folder]}{os.sep}{name}"

    def is_out(self, folder: str) -> bool:
        """Whether a folder is the output folder or lies below it."""
        if self._out is None:
            return False
        real = self.real(folder)
        return real == self._out or real.startswith(self._out.rstrip(os.sep) + os.sep)

    def may_find(self, file: Path) -> bool:
        """Whether a glob gives a file."""
        return not self.is_out(str(file.parent)) and not self.skips(str(file))

    def skips(self, file: str) -> bool:
        """Whether a file is not to be found, only to be named."""
        return bool(self._skip) and self.real(file) in self._skip


def _named(name: str, finder: _Finder) -> Iterator[InputFile]:
    """What one argument stands for."""
    from ocr_pipeline.readers.remote import is_uri, local_path

    if name == STDIN:
        from ocr_pipeline.readers.stdin import stdin_input

        yield stdin_input()
        return
    if is_uri(name):
        local = local_path(name)
        if local is None:
            yield from _remote(name)
            return
        name = local
    path = Path(name)
    if path.is_dir():
        yield from _walk(path, PurePath(), finder)
    elif os.path.lexists(path) or not glob.has_magic(name):
        yield from _file(path, PurePath(path.name))
    else:
        yield from _matches(name, finder)


def _listed(name: str, finder: _Finder) -> Iterator[InputFile]:
    """What an entry of a list stands for: a path as it is, mirrored with all its folders."""
    from ocr_pipeline.readers.remote import is_uri, local_path

    if is_uri(name):
        local = local_path(name)
        if local is None:
            yield from _remote(name)
            return
        name = local
    path = Path(name)
    parts = [part for part in path.parts if part not in ("..", path.anchor)]
    target = PurePath(*parts)
    if path.is_dir():
        yield from _walk(path, target, finder)
    else:
        yield from _file(path, target if parts else PurePath(path.name))


def _remote(name: str) -> Iterator[InputFile]:
    """What an address stands for: a document, or those in a folder."""
    from ocr_pipeline.readers.remote import list_uri, remote_path

    try:
        found = list_uri(name)
    except InputError:
        found = None  # to be reported when it is opened
    if found is None:
        path = remote_path(name)
        yield from _file(path, PurePath(path.name or "remote"), name)
        return
    for uri, below in found:
        target = PurePath(below)
        if is_found(target.name) and not any(part[0] == "." for part in target.parts):
            yield from _file(remote_path(uri), target, uri)


def _matches(pattern: str, finder: _Finder) -> Iterator[InputFile]:
    """What a glob stands for, mirrored below its part without wildcards."""
    matches = sorted(glob.glob(pattern, recursive=True))
    root = _fixed_part(Path(pattern))
    for match in map(Path, matches):
        target = match.relative_to(root)
        if match.is_dir():
            if "**" not in pattern:
                yield from _walk(match, target, finder)
        elif is_found(match.name) and match.is_file() and finder.may_find(match):
            yield from _file(match, target)
    if not matches:
        yield InputFile(Path(pattern), PurePath(Path(pattern).name))


def _fixed_part(pattern: Path) -> Path:
    """The leading folders of a glob that hold no wildcard."""
    parts = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _walk(folder: Path, target: PurePath, finder: _Finder) -> Iterator[InputFile]:
    """Documents below a folder, sorted; links to folders are not followed, for they may go round.

    A folder that the user named is searched even if it is the output folder or lies in it.
    """
    inside_out = finder.is_out(str(folder))
    folders = [(str(folder), target)]
    while folders:
        here, its_target = folders.pop()
        try:
            with os.scandir(here) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            yield InputFile(Path(here), its_target / "unreadable")  # to be reported
            continue
        below = []
        for entry in entries:
            if entry.name[0] == ".":
                continue
            if entry.is_dir(follow_symlinks=False):
                if inside_out or not finder.is_out(entry.path):
                    below.append((entry.path, its_target / entry.name))
            elif is_found(entry.name) and _is_file(entry) and not finder.skips(entry.path):
                yield from _file(Path(entry.path), its_target / entry.name)
        folders.extend(reversed(below))


def _is_file(entry: os.DirEntry[str]) -> bool:
    """An ordinary file, or a link to one, or to nothing, which is reported; no pipe, no device."""
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
    except OSError:
        return True  # reported when it is opened


def _file(path: Path, target: PurePath, uri: str | None = None) -> Iterator[InputFile]:
    """A file as a document, or the documents in it if it is a zip."""
    from ocr_pipeline.readers.archive import documents
    from ocr_pipeline.readers.remote import without_secrets

    file = InputFile(path, target, without_secrets(uri) if uri else "", uri=uri)
    if not _may_be_zip(file):
        yield file
        return
    try:
        found = documents(file)
    except InputError:
        yield file  # to be reported when it is opened
        return
    for member in found:
        inner = PurePath(*member.path.parts)
        name = f"{file.name}/{readable(str(member.path))}"
        yield InputFile(path, target / inner, name, member.index, uri)
    if not found:
        yield file


def _may_be_zip(file: InputFile) -> bool:
    """A zip by its suffix, or by its content where that says nothing."""
    suffix = file.path.suffix.lower()
    if suffix in ZIP_SUFFIXES:
        return True
    if suffix in DOCUMENT_SUFFIXES or file.uri is not None:
        return False
    try:
        with open_regular(file.path) as data:
            head = data.read(HEAD)
    except (InputError, OSError):
        return False
    return is_zip(head) and not is_packed_document(head)

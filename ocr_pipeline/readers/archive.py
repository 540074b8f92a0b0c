# SPDX-License-Identifier: Apache-2.0
"""Zip files (and .cbz): each image and PDF in one is a document of its own."""

from __future__ import annotations

import os
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from ocr_pipeline.core.errors import EncryptedError, InputError, TooLargeError
from ocr_pipeline.core.images import open_regular
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers.input_file import InputFile
from ocr_pipeline.readers.sources import spool
from ocr_pipeline.readers.suffixes import is_found

# A member may be as large as the largest image that is read is in memory. Members that shrank
# more than a scan can (a blank page shrinks a thousandfold, but is small) are bombs.
MAX_MEMBER = 1 << 30
RATIO, RATIO_FROM = 200, 128 << 20
MAX_MEMBERS = 1_000_000

_ENCRYPTED, _UTF8 = 0x1, 0x800
_KEPT_OPEN = 4


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip: its index there and its path, cleaned of what leads out of a folder."""

    index: int
    path: PurePosixPath


def members(file: InputFile) -> list[Member]:
    """The files in a zip, in the order in which the zip lists them; folders are left out.

    Raises:
        InputError: if it is damaged.
    """
    with _opened(file) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise TooLargeError(f"{file.name}: has more than {MAX_MEMBERS:,} members; unpack it")
        return [
            Member(index, clean_path(_decoded(info)))
            for index, info in enumerate(infos)
            if not info.is_dir()
        ]


def documents(file: InputFile) -> list[Member]:
    """The members that are documents by their suffix; zips among them, to be reported.

    Raises:
        InputError: if the zip is damaged.
    """
    return [member for member in members(file) if _is_document(member.path)]


def _is_document(path: PurePosixPath) -> bool:
    hidden = any(part[0] == "." or part == "__MACOSX" for part in path.parts)
    return not hidden and is_found(path.name)


def clean_path(name: str) -> PurePosixPath:
    """A member's name as a path that stays below its folder.

    Example:
        >>> str(clean_path("../../etc/passwd")), str(clean_path("C:\\\\scans\\\\1.png"))
        ('etc/passwd', 'scans/1.png')
    """
    parts = name.replace("\\", "/").split("/")
    kept = [
        part.replace(":", "_").replace("\0", "")
        for place, part in enumerate(parts)
        if part not in ("", ".", "..") and not (place == 0 and len(part) == 2 and part[1] == ":")
    ]
    return PurePosixPath(*kept) if kept else PurePosixPath("unnamed")


def _decoded(info: zipfile.ZipInfo) -> str:
    """The name; those without the mark of UTF-8 are tried as UTF-8, which they mostly are."""
    if info.flag_bits & _UTF8:
        return info.filename
    with suppress(UnicodeError):
        return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def open_member(file: InputFile, options: ReadOptions) -> BinaryIO:
    """The bytes of a member of a zip, in memory or in a temporary file.

    Raises:
        InputError: if it is encrypted, damaged, a bomb or gone.
    """
    assert file.member is not None
    with _opened(file) as archive:
        infos = archive.infolist()
        if file.member >= len(infos):
            raise InputError(f"{file.name}: no longer in its zip, which has changed")
        info = infos[file.member]
        _check_size(info, file.name)
        password = options.password.encode() if options.password else None
        try:
            with archive.open(info, pwd=password) as stream:
                return spool(stream, file.name, MAX_MEMBER)
        except RuntimeError as error:  # how zipfile reports passwords, missing and wrong
            if not info.flag_bits & _ENCRYPTED:
                raise
            hint = "wrong password" if password else "give its password with --password"
            raise EncryptedError(f"{file.name}: is encrypted in its zip; {hint}") from error
        except NotImplementedError as error:
            hint = "unpack it" if "compression" in str(error) else "unpack it (7z knows AES)"
            raise InputError(f"{file.name}: {error}; {hint}") from error


def _check_size(info: zipfile.ZipInfo, name: str) -> None:
    if info.file_size > MAX_MEMBER:
        size = f"{info.file_size >> 20:,} MiB"
        raise TooLargeError(f"{name}: would unpack to {size}; unpack it yourself")
    if info.file_size > RATIO_FROM and info.file_size > RATIO * max(info.compress_size, 1):
        ratio = info.file_size // max(info.compress_size, 1)
        raise TooLargeError(f"{name}: would unpack to {ratio:,} times its size; not a scan")


class _Kept:
    """Zips kept open, so that one with many members is listed once and not for each."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.open: OrderedDict[tuple[object, ...], tuple[zipfile.ZipFile, BinaryIO]] = OrderedDict()

    def get(self, file: InputFile) -> zipfile.ZipFile:
        """The zip of a member, freshly opened if it has changed."""
        key = _identity(file)
        if key in self.open:
            self.open.move_to_end(key)
            return self.open[key][0]
        data = _open_zip(file)
        try:
            archive = zipfile.ZipFile(data)
        except BaseException:
            data.close()
            raise
        self.open[key] = (archive, data)
        while len(self.open) > _KEPT_OPEN:
            _, (oldest, its_data) = self.open.popitem(last=False)
            oldest.close()
            its_data.close()
        return archive


_kept = _Kept()


def _fresh() -> None:
    """In a child process: its parent's files share their position with the parent."""
    global _kept
    _kept = _Kept()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh)


def _identity(file: InputFile) -> tuple[object, ...]:
    if file.uri is not None:
        return (file.uri,)
    try:
        status = os.stat(file.path)
    except (OSError, ValueError):
        return (file.path,)  # which will be reported when it is opened
    return (file.path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _open_zip(file: InputFile) -> BinaryIO:
    if file.uri is not None:
        from ocr_pipeline.readers.remote import open_uri

        return open_uri(file.uri)
    return open_regular(file.path, file.name)


@contextmanager
def _opened(file: InputFile) -> Iterator[zipfile.ZipFile]:
    """The zip that holds a member, for one thread at a time."""
    with _kept.lock:
        try:
            yield _kept.get(file)
        except InputError:
            raise
        except MemoryError as error:
            raise InputError(f"{file.name}: needs more memory than there is") from error
        except Exception as error:  # zipfile, zlib, bz2 and lzma each have their own
            reason = str(error) or type(error).__name__
            raise InputError(f"{file.name}: damaged or truncated zip ({reason})") from error

# SPDX-License-Identifier: Apache-2.0
"""A document to read: where it is, and under which name its output is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath


@dataclass(frozen=True, slots=True)
class InputFile:
    """A document to read. Equal inputs name the same place; a worker process can open them too.

    Attributes:
        path: the local file; of a remote document its path without scheme and host.
        target: path of its outputs below the output folder, without their suffix.
        name: what messages and results call it, always valid Unicode; made of the path when empty.
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
            object.__setattr__(self, "name", readable(self.uri or str(self.path)))


def readable(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 become ``\\xe9`` and the like."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

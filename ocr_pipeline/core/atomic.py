# SPDX-License-Identifier: Apache-2.0
"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], folder: Path | None = None) -> Iterator[BinaryIO]:
    """A file that is moved to its place when the block ends, and cleared away if it fails.

    Args:
        path: its place.
        folder: where it is until then, on the same file system; None: beside its place.

    Example:
        >>> with atomic_file("pages.json") as file:  # doctest: +SKIP
        ...     file.write(b"{}")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: whenever an interrupt comes, it is known what to clear away.
    temporary = (folder or path.parent) / f".{path.name[:60]}.{secrets.token_hex(6)}"
    try:
        with temporary.open("xb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:
            error.filename = str(path)  # a full disk does not say which file it could not take
        raise


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file so that it is there whole or not at all."""
    with atomic_file(path) as file:
        file.write(data)

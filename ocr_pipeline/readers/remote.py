# SPDX-License-Identifier: Apache-2.0
"""Documents elsewhere: whatever fsspec reaches (S3, HTTP, memory and many more)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.readers.sources import spool

# More would fill a disk before anybody notices that the server never stops.
MAX_REMOTE = 8 << 30

# At least two letters, or it would be a drive.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|[A-Za-z][A-Za-z0-9+.-]+::")
_MAGIC = re.compile(r"[*?\[]")


def is_uri(name: str) -> bool:
    """Whether a name says by which protocol it is reached, and is no file of this name."""
    return _URI.match(name) is not None and not os.path.lexists(name)


def local_path(uri: str) -> str | None:
    """The path of a ``file://`` address; None for all others."""
    parts = urlsplit(uri)
    if parts.scheme.lower() != "file" or "::" in uri:
        return None
    return url2pathname(unquote(parts.path)) if parts.netloc in ("", "localhost") else None


def open_uri(uri: str) -> BinaryIO:
    """The bytes of a remote document, copied to memory or to a temporary file.

    Raises:
        InputError: if it cannot be had.
    """
    with _explained(uri):
        import fsspec

        with fsspec.open(uri, "rb") as stream:
            return spool(stream, without_secrets(uri), MAX_REMOTE)


def remote_path(uri: str) -> Path:
    """The path of an address without protocol and query; of a chain, that of its first link."""
    first = uri.partition("::")[0]
    scheme, _, rest = first.partition("://")
    if scheme.lower() in ("http", "https"):
        rest = unquote(re.split(r"[?#]", rest)[0])
    return Path(PurePosixPath("/", rest))


def list_uri(uri: str) -> list[tuple[str, str]] | None:
    """Addresses below a remote folder or glob, sorted, each with its path from there.

    None if it is an address of one document. Web pages are not searched for links.

    Raises:
        InputError: if it cannot be listed.
    """
    if "::" in uri or uri.lower().startswith(("http://", "https://")):
        return None
    with _explained(uri):
        import fsspec

        system, path = fsspec.core.url_to_fs(uri)
        if _MAGIC.search(path):
            fixed = path[: _MAGIC.search(path).start()].rpartition("/")[0]  # type: ignore[union-attr]
            found = [name for name in system.glob(path) if not system.isdir(name)]
        elif system.isdir(path):
            fixed = path.rstrip("/")
            found = system.find(path)
        else:
            return None
        if not found:
            raise InputError(f"{uri}: nothing is there")
        return [(system.unstrip_protocol(name), _below(name, fixed)) for name in sorted(found)]


def _below(path: str, folder: str) -> str:
    return path[len(folder) :].lstrip("/") if path.startswith(folder) else PurePosixPath(path).name


def without_secrets(uri: str) -> str:
    """The address without the password or the signed query that it may hold."""
    uri = re.sub(r"(?<=://)[^/@]*@", "", uri)
    return re.sub(r"(?i)^(https?://[^?]*)\?.*", r"\1", uri)


@contextmanager
def _explained(uri: str) -> Iterator[Any]:
    name = without_secrets(uri)
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        needed = getattr(error, "name", None) or "fsspec"
        hint = "ocr-pipeline[cloud]" if needed == "fsspec" else str(error)
        raise InputError(f"{name}: needs another package; install {hint}") from error
    except FileNotFoundError as error:
        raise InputError(f"{name}: no such file") from error
    except PermissionError as error:
        raise InputError(f"{name}: may not be read; check the credentials") from error
    except Exception as error:  # each file system has its own
        reason = without_secrets(str(error)) or type(error).__name__
        raise InputError(f"{name}: cannot be fetched ({reason})") from error

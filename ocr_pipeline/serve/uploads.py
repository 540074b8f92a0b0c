# SPDX-License-Identifier: Apache-2.0
"""Documents of a request: from its body to files that live as long as the request."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from starlette.requests import Request

from ocr_pipeline.serve.errors import ApiError
from ocr_pipeline.serve.options import ServeOptions

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Names of the parts of a form that are documents, with a file name or without.
FILE_FIELDS = ("file", "files")
_MAX_NAME = 120
_MAX_TEXTS = 4
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A document as it came.

    Attributes:
        path: the file that holds it.
        name: what the client calls it, without folders.
        size: its bytes.
        field: name of the part of the form; empty for a raw body.
    """

    path: Path
    name: str
    size: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A request's documents and texts."""

    uploads: tuple[Upload, ...] = ()
    texts: tuple[tuple[str, bytes], ...] = ()


def check_length(request: Request, options: ServeOptions) -> None:
    """Refuses a body that says itself that it is too large, before any of it is read.

    Raises:
        ApiError: 413.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and len(stated) < 20 and int(stated) > options.max_bytes:
        raise _too_large(options)


async def receive(request: Request, folder: Path, options: ServeOptions, name: str = "") -> Form:
    """Stores the documents of a request.

    Args:
        request: a form (``multipart/form-data``), or a document as it is under any other type.
        folder: where the documents go, as ``0``, ``1`` and so on.
        options: limits.
        name: what a raw body is called.

    Raises:
        ApiError: if it is too large, too slow, empty or no valid form.
        ClientDisconnect: if the client has left.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = _limited(request, options)
    if kind == "multipart/form-data":
        return await _receive_form(request, body, folder, options)
    path = folder / "0"
    size = 0
    with path.open("xb") as file:
        async for chunk in body:
            file.write(chunk)
            size += len(chunk)
    if not size:
        raise ApiError(422, "empty", "the request has no body; send a document")
    return Form((Upload(path, safe_name(name) or "document", size),))


async def _limited(request: Request, options: ServeOptions) -> AsyncIterator[bytes]:
    """The body in pieces, until it becomes too long or takes too long.

    Raises:
        ApiError: 413 or 408.
    """
    import anyio

    end = time.monotonic() + options.upload_timeout
    size = 0
    chunks = request.stream()
    while True:
        try:
            with anyio.fail_after(max(0.0, end - time.monotonic())):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise ApiError(
                408,
                "upload_timeout",
                f"the request did not arrive within {options.upload_timeout:g} seconds",
                {"Connection": "close"},
            ) from None
        if chunk is None:
            return
        size += len(chunk)
        if size > options.max_bytes:
            raise _too_large(options)
        yield chunk


def _too_large(options: ServeOptions) -> ApiError:
    return ApiError(
        413, "too_large", f"the request is larger than {options.max_size:g} MiB; send less at once"
    )


async def _receive_form(
    request: Request, body: AsyncIterator[bytes], folder: Path, options: ServeOptions
) -> Form:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    parts = _Parts(folder, options)
    try:
        if not boundary:
            raise FormParserError("the type of the content names no boundary")
        parser = MultipartParser(boundary, parts.callbacks)
        async for chunk in body:
            parser.write(chunk)
        parser.finalize()
        if not parts.ended:
            raise FormParserError("the form ends too early")
    except FormParserError as error:
        raise ApiError(400, "bad_form", f"not a valid multipart/form-data: {error}") from error
    finally:
        parts.close()
    return Form(tuple(parts.uploads), tuple(parts.texts))


class _Parts:
    """What the parser of a form calls: puts documents into files and short texts aside."""

    def __init__(self, folder: Path, options: ServeOptions) -> None:
        self.folder = folder
        self.options = options
        self.uploads: list[Upload] = []
        self.texts: list[tuple[str, bytes]] = []
        self.ended = False
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._field = ""
        self._name = ""
        self._file: BinaryIO | None = None
        self._text = bytearray()

    @property
    def callbacks(self) -> MultipartCallbacks:
        """Methods by the names that the parser knows."""
        return {
            "on_part_begin": self._part_begin,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Closes a file that did not come to its end."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part_begin(self) -> None:
        self._disposition = self._header = self._value = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._disposition)
        self._field = _text(options.get(b"name", b""))
        if b"filename" not in options and self._field not in FILE_FIELDS:
            self._text = bytearray()
            return
        if len(self.uploads) >= self.options.max_files:
            most = self.options.max_files
            raise ApiError(413, "too_many_files", f"more than {most} documents in one request")
        number = len(self.uploads)
        self._name = safe_name(_text(options.get(b"filename", b""))) or f"document-{number + 1}"
        self._file = (self.folder / str(number)).open("xb")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        if len(self.texts) >= _MAX_TEXTS:
            raise ApiError(422, "bad_form", "too many fields; send documents as 'file'")
        self._text += data[start:end]

    def _part_end(self) -> None:
        if self._file is None:
            self.texts.append((self._field, bytes(self._text)))
            return
        size = self._file.tell()
        self.close()
        path = self.folder / str(len(self.uploads))
        self.uploads.append(Upload(path, self._name, size, self._field))

    def _end(self) -> None:
        self.ended = True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def safe_name(name: str) -> str:
    """A file's name as a client gives it, without folders and control characters.

    Example:
        >>> safe_name("../../etc/passwd")
        'passwd'
        >>> safe_name("C:\\\\scans\\\\page 1.png")
        'page 1.png'
        >>> safe_name("..")
        ''
    """
    last = re.split(r"[/\\]", _UNSAFE.sub("", name))[-1].strip()
    if not last.strip("."):
        return ""
    path = PurePath(last)
    if len(last) > _MAX_NAME:
        suffix = path.suffix[:10]
        last = path.stem[: _MAX_NAME - len(suffix)] + suffix
    return last

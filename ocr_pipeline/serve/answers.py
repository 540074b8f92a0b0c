# SPDX-License-Identifier: Apache-2.0
"""From pages that were read to the bytes of an answer."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ocr_pipeline.batch.outputs import StoredPages
from ocr_pipeline.batch.tasks import PageTree
from ocr_pipeline.serve.errors import ApiError, api_error
from ocr_pipeline.serve.formats import ZIP, media_type
from ocr_pipeline.serve.jobs import JobDocument, PageResult

_log = logging.getLogger(__name__)
_BLOCK = 1 << 18
# Formats that browsers show; the others are offered as files.
_SHOWN = ("txt", "json")


@dataclass(frozen=True, slots=True)
class Answer:
    """A file that is the answer.

    Attributes:
        path: where it is.
        media_type: what it is.
        name: what the client may call it.
        shown: whether a browser may show it rather than keep it.
    """

    path: Path
    media_type: str
    name: str
    shown: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Length and name."""
        kind = "inline" if self.shown else "attachment"
        plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in self.name)
        named = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(self.name, safe='')}"
        return {"content-length": str(self.path.stat().st_size), "content-disposition": named}


@dataclass(frozen=True, slots=True)
class _Written:
    """A document's files, or why there are none."""

    document: JobDocument
    outputs: tuple[str, ...] = ()
    error: ApiError | None = None


def make_answer(
    folder: Path,
    documents: Sequence[JobDocument],
    results: Sequence[PageResult],
    formats: Sequence[str],
) -> Answer:
    """Writes documents and packs them up: one file as it is, several in a zip.

    JSON is the exception: the trees of several documents make a JSON list. A document that
    failed has its error in its place.

    Args:
        folder: of the request; the outputs are in ``out`` below it.
        documents: of the request, in order.
        results: their pages, in any order.
        formats: what to write.

    Raises:
        ApiError: if no document could be read.
    """
    written = [_write(number, document, results) for number, document in enumerate(documents)]
    failed = [entry for entry in written if entry.error is not None]
    if len(failed) == len(written):
        assert failed[0].error is not None
        raise failed[0].error
    out = folder / "out"
    names = [name for entry in written for name in entry.outputs]
    if tuple(formats) == ("json",) and len(documents) > 1:
        return Answer(_join(folder / "answer", out, written), media_type("json"), "ocr.json", True)
    if len(names) == 1 and not failed:
        shown = formats[0] in _SHOWN
        return Answer(out / names[0], media_type(formats[0]), PurePath(names[0]).name, shown)
    title = documents[0].file.target.name if len(documents) == 1 else "ocr"
    return Answer(_zip(folder / "answer", out, written), ZIP, f"{title}.zip")


def _write(number: int, document: JobDocument, results: Sequence[PageResult]) -> _Written:
    if document.error is not None:
        return _Written(document, error=document.error)
    own = sorted((r for r in results if r.document == number), key=lambda result: result.index)
    if not any(result.tree for result in own):
        return _Written(document, error=own[0].error)
    trees = [
        PageTree(r.index, r.tree, error=r.error.message if r.error is not None else "") for r in own
    ]
    try:
        files = document.outputs.write_files(document.file, StoredPages(trees))
    except Exception as error:
        answer = api_error(error, document.file.name)
        if answer.status >= 500:
            _log.error("%s cannot be written", document.file.name, exc_info=error)
        return _Written(document, error=answer)
    pictures = [name for result in own for name in result.outputs]
    return _Written(document, (*files, *pictures))


def _join(path: Path, out: Path, written: Sequence[_Written]) -> Path:
    """The JSON files of documents as one list."""
    with path.open("xb") as target:
        for number, entry in enumerate(written):
            target.write(b"[" if not number else b",\n")
            if entry.error is not None:
                target.write(_error_json(entry))
            for name in entry.outputs:
                target.write((out / name).read_bytes().strip())
        target.write(b"]\n")
    return path


def _zip(path: Path, out: Path, written: Sequence[_Written]) -> Path:
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:
        for entry in written:
            for name in entry.outputs:
                archive.write(out / name, name)
            if entry.error is not None:
                archive.writestr(f"{entry.document.file.target}.error.json", _error_json(entry))
    return path


def _error_json(entry: _Written) -> bytes:
    assert entry.error is not None
    body = {"source": entry.document.file.name, "error": entry.error.body}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


class Streamed(Response):
    """An answer in pieces that holds something for as long as it is being sent.

    Args:
        pieces: the answer; closed in any case.
        media_type: what it is.
        headers: more headers.
        on_end: called when it is sent, or the client has left, or time is up.
        seconds: that sending may take.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        media_type: str,
        headers: Mapping[str, str],
        on_end: Callable[[], None],
        seconds: float,
    ) -> None:
        super().__init__(None, 200, headers, media_type)
        if "content-length" not in headers:
            del self.headers["content-length"]
        self.pieces = pieces
        self.on_end = on_end
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        try:
            with anyio.move_on_after(self.seconds) as limit:
                async with anyio.create_task_group() as group:
                    group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
                    await self._send(send)
                    group.cancel_scope.cancel()
            if limit.cancelled_caught:
                raise RuntimeError(f"an answer was not taken within {self.seconds:g} seconds")
        finally:
            with anyio.CancelScope(shield=True), suppress(RuntimeError):
                await self.pieces.aclose()  # type: ignore[attr-defined]
            self.on_end()

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def read_pieces(path: Path) -> AsyncIterator[bytes]:
    """A file in pieces, read in a thread."""
    async with await anyio.open_file(path, "rb") as file:
        while piece := await file.read(_BLOCK):
            yield piece


def ndjson(event: Mapping[str, object]) -> bytes:
    """A line of a stream of events."""
    return (json.dumps(event, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def failures(documents: Sequence[JobDocument]) -> Iterator[tuple[int, ApiError]]:
    """Documents that could not be opened, by number."""
    for number, document in enumerate(documents):
        if document.error is not None:
            yield number, document.error

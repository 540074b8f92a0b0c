# SPDX-License-Identifier: Apache-2.0
"""What a server does with a request: takes it in, has it read, answers."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from ocr_pipeline.batch.outputs import Outputs, pack
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import DataError, OcrError
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers import InputFile, open_document
from ocr_pipeline.readers.targets import with_distinct_targets
from ocr_pipeline.serve.answers import (
    Answer,
    Streamed,
    failures,
    make_answer,
    ndjson,
    read_pieces,
)
from ocr_pipeline.serve.engine import Engine
from ocr_pipeline.serve.errors import ApiError, api_error
from ocr_pipeline.serve.formats import NDJSON, choose
from ocr_pipeline.serve.jobs import Job, JobDocument, PageResult
from ocr_pipeline.serve.metrics import Metrics
from ocr_pipeline.serve.models import Models
from ocr_pipeline.serve.options import ServeOptions
from ocr_pipeline.serve.parameters import ConvertParameters, OcrParameters, password
from ocr_pipeline.serve.uploads import Form, Upload, check_length, receive, safe_name

_log = logging.getLogger(__name__)
PASSWORD_HEADER = "Ocr-Password"


class ClientGone(Exception):
    """The client has left before it was answered."""


class Service:
    """Answers requests with one engine.

    Args:
        models: the nets.
        options: limits.
        metrics: where figures go.

    Attributes:
        folder: where documents are while they are read; of the server's own.
    """

    folder: Path

    def __init__(self, models: Models, options: ServeOptions, metrics: Metrics) -> None:
        self.models = models
        self.options = options
        self.metrics = metrics
        # A step that takes longer than a whole request may, hangs.
        self.engine = Engine(options.parallel, metrics, max(options.timeout, 60.0))
        self._lock = threading.Lock()
        self._taken = 0
        metrics.gauge("ocr_queue_requests", "Requests in work or waiting.", lambda: self._taken)
        metrics.gauge("ocr_queue_limit", "Requests that there is room for.", lambda: options.queue)
        metrics.gauge("ocr_queue_pages", "Pages that are not begun.", lambda: self.engine.waiting)

    def start(self) -> None:
        """Makes ready to take requests."""
        self.folder = Path(tempfile.mkdtemp(prefix="ocr-serve-"))
        self.engine.start()

    def close(self) -> None:
        """Ends the engine, and removes what requests have left that did not end in time."""
        self.engine.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def full(self) -> bool:
        """Whether the next request would be sent away."""
        return self._taken >= self.options.queue

    # ------------------------------------------------------------------ POST /v1/ocr

    async def ocr(self, request: Request, parameters: OcrParameters) -> Response:
        """Reads the documents of a request."""
        started = time.monotonic()
        secret = password(request.headers.get(PASSWORD_HEADER))
        if parameters.stream and parameters.format is not None:
            raise ApiError(422, "bad_parameter", "stream answers with events: leave format out")
        if parameters.preview and not parameters.stream:
            raise ApiError(422, "bad_parameter", "preview belongs to stream: add stream=true")
        accept = None if parameters.stream else request.headers.get("accept")
        formats = choose(parameters.format, accept)
        options = parameters.run_options(self.models.defaults(), formats, secret)
        pipeline = self.models.pipeline(options)
        check_length(request, self.options)
        with ExitStack() as held:
            folder = self._take(held)
            form = await receive(request, folder, self.options, parameters.name or "")
            files = self._files(form)
            documents = await to_thread.run_sync(self._open, folder, files, options)
            results: asyncio.Queue[PageResult | None] = asyncio.Queue()
            loop = asyncio.get_running_loop()

            def post(result: PageResult | None) -> None:
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(results.put_nowait, result)

            job = Job(
                *(documents, pipeline, options.reading, post, self.metrics),
                preview=parameters.preview,
                on_end=held.pop_all().close,
            )
        run = _Run(self.engine, job, results, started + self.options.timeout)
        self.engine.submit(job)
        if parameters.stream:
            pieces = _events(run)
            return Streamed(pieces, NDJSON, {}, run.release, self.options.timeout)
        try:
            pages = await run.all_pages(request)
            answer = await to_thread.run_sync(make_answer, folder, documents, pages, formats)
            return self._answer(answer, run.release)
        except BaseException:
            run.release()
            raise

    def _answer(self, answer: Answer, on_end: Callable[[], None]) -> Response:
        pieces = read_pieces(answer.path)
        seconds = self.options.timeout
        return Streamed(pieces, answer.media_type, answer.headers, on_end, seconds)

    def _take(self, held: ExitStack) -> Path:
        """A place in the queue and a folder of the request's own.

        Raises:
            ApiError: 503 if there is no place.
        """
        with self._lock:
            if self._taken >= self.options.queue:
                seconds = self.engine.page_seconds * max(1, self.engine.waiting)
                wait = str(min(max(round(seconds), 1), 120))
                text = f"{self.options.queue} requests are waiting already; try again later"
                raise ApiError(503, "busy", text, {"Retry-After": wait})
            self._taken += 1
        held.callback(self._give_back)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _give_back(self) -> None:
        with self._lock:
            self._taken -= 1

    def _files(self, form: Form) -> list[InputFile]:
        for name, _ in form.texts:
            raise ApiError(
                422, "bad_parameter", f"{name[:40]!r}: options belong into the query, after '?'"
            )
        if not form.uploads:
            raise ApiError(422, "empty", "the form holds no document; send it as 'file'")
        self.metrics.bytes_in.add(sum(upload.size for upload in form.uploads))
        return with_distinct_targets([_input_file(upload) for upload in form.uploads])

    def _open(
        self, folder: Path, files: Sequence[InputFile], options: RunOptions
    ) -> list[JobDocument]:
        """Counts the pages of documents; runs in a thread.

        Raises:
            ApiError: if there are too many, or no document can be opened.
        """
        outputs = Outputs(folder / "out", None, options)
        documents = []
        total = 0
        for file in files:
            try:
                document = self._open_one(file, outputs, options)
            except Exception as error:
                answer = api_error(error, file.name)
                if answer.status >= 500:
                    _log.exception("%s cannot be opened", file.name)
                document = JobDocument(file, outputs, error=answer)
            total += len(document.indices)
            if total > self.options.max_pages:
                text = f"{total} pages or more; at most {self.options.max_pages} are read at once"
                raise ApiError(413, "too_many_pages", f"{text}; choose some with pages=1-10")
            documents.append(document)
        if all(document.error is not None for document in documents):
            raise next(error for _, error in failures(documents))
        return documents

    def _open_one(self, file: InputFile, outputs: Outputs, options: RunOptions) -> JobDocument:
        with open_document(file, options.reading) as opened:
            if len(opened.indices) > self.options.max_pages:
                return JobDocument(file, outputs, opened.indices, opened.count)
            for index in opened.indices:
                try:
                    width, height = opened.size(index)
                except OcrError:
                    continue  # the page will say so itself when it is read
                if width * height > self.options.max_pixels * 1e6:
                    most = f"{self.options.max_pixels:g} megapixels"
                    place = f"{file.name}, page {index + 1}" if opened.count > 1 else file.name
                    text = f"{place}: {width} x {height} pixels; more than {most} are not read"
                    raise ApiError(413, "too_many_pixels", f"{text}, scale it down")
            return JobDocument(file, outputs, opened.indices, opened.count)

    # ------------------------------------------------------------------ POST /v1/convert

    async def convert(self, request: Request, parameters: ConvertParameters) -> Response:
        """Writes a document tree, which may have been corrected, in other formats."""
        formats = choose(parameters.format, request.headers.get("accept"))
        secret = password(request.headers.get(PASSWORD_HEADER))
        options = parameters.run_options(self.models.defaults(), formats, secret)
        if "overlay" in formats:
            raise ApiError(422, "bad_parameter", "format 'overlay' comes of reading alone")
        check_length(request, self.options)
        with ExitStack() as held:
            folder = self._take(held)
            form = await receive(request, folder, self.options, "document.json")
            answer = await to_thread.run_sync(self._convert, folder, form, formats, options)
            return self._answer(answer, held.pop_all().close)

    def _convert(
        self, folder: Path, form: Form, formats: Sequence[str], options: RunOptions
    ) -> Answer:
        tree, source = _parts_to_convert(form)
        if source is None and "pdf" in formats:
            raise ApiError(422, "bad_parameter", "format 'pdf' needs the document itself as 'file'")
        document = _parse(tree)
        if len(document.pages) > self.options.max_pages:
            text = f"{len(document.pages)} pages; at most {self.options.max_pages} are written"
            raise ApiError(413, "too_many_pages", text)
        name = safe_name(document.source) or "document" if source is None else source.name
        path = folder / "none" if source is None else source.path
        file = with_distinct_targets([_input_file(Upload(path, name, 0))])[0]
        results = [PageResult(0, page.number - 1, pack(page)) for page in document.pages]
        indices = tuple(result.index for result in results)
        job = JobDocument(file, Outputs(folder / "out", None, options), indices, len(indices))
        try:
            return make_answer(folder, [job], results, formats)
        except ApiError as error:
            if error.status != 500:
                raise
            text = "the document's tree is not as this program makes it"
            raise ApiError(422, "bad_document", text) from error


@dataclass(slots=True)
class _Run:
    """A request that is being read."""

    engine: Engine
    job: Job
    results: asyncio.Queue[PageResult | None]
    end: float

    async def next(self) -> PageResult:
        """The next page that is done.

        Raises:
            ApiError: 504 when the request's time is up.
            ClientGone: if there is nobody to answer.
        """
        left = self.end - time.monotonic()
        try:
            result = await asyncio.wait_for(self.results.get(), max(left, 0.0))
        except (TimeoutError, asyncio.TimeoutError):
            text = "the documents could not be read in time; send fewer pages at once"
            raise ApiError(504, "timeout", text) from None
        if result is None:
            raise ClientGone
        self.job.seen()
        self.engine.wake()
        return result

    async def all_pages(self, request: Request) -> list[PageResult]:
        """All pages, while the client is there."""
        watcher = asyncio.create_task(self._watch(request))
        try:
            return [await self.next() for _ in range(self.job.total)]
        finally:
            watcher.cancel()

    async def _watch(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.results.put_nowait(None)

    def release(self) -> None:
        """Frees the request's work and files."""
        self.engine.forget(self.job)
        self.job.release()


async def _events(run: _Run) -> AsyncIterator[bytes]:
    """A stream of what becomes of a request."""
    job = run.job
    files = [{"source": d.file.name, "pages": len(d.indices)} for d in job.documents]
    yield ndjson({"event": "start", "files": files})
    for number, error in failures(job.documents):
        yield ndjson({"event": "error", "file": number, "error": error.body})
    try:
        for _ in range(job.total):
            result = await run.next()
            event: dict[str, object] = {"event": "page", "file": result.document}
            if result.error is not None:
                event["event"] = "error"
                event["page"], event["error"] = result.index + 1, result.error.body
            else:
                event["page"] = await to_thread.run_sync(lambda r: r.page.to_dict(), result)
            if result.preview:
                event["preview"] = result.preview
            yield ndjson(event)
    except ApiError as error:
        yield ndjson({"event": "error", "error": error.body})
        return
    yield ndjson({"event": "end"})


def _input_file(upload: Upload) -> InputFile:
    return InputFile(upload.path, PurePath(upload.name), upload.name)


def _parts_to_convert(form: Form) -> tuple[bytes, Upload | None]:
    """The tree as JSON and, if it is there, the document that it was read from."""
    trees = [text for name, text in form.texts if name == "document"]
    trees += [u.path.read_bytes() for u in form.uploads if u.field in ("document", "")]
    sources = [u for u in form.uploads if u.field not in ("document", "")]
    unknown = [name for name, _ in form.texts if name != "document"]
    if len(trees) != 1 or len(sources) > 1 or unknown:
        text = "send the tree as 'document' and, for a PDF, what it was read from as 'file'"
        raise ApiError(422, "bad_form", text)
    return trees[0], sources[0] if sources else None


def _parse(text: bytes) -> Document:
    try:
        document = Document.from_json(text)
        if not document.pages:
            raise DataError("the document has no page")
        if not isinstance(document.source, str):
            raise DataError(f"the source must be a string, not {document.source!r}")
        for page in document.pages:
            _check_page(page)
        return document
    except (DataError, AttributeError, TypeError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, DataError) else f"not a document tree: {error!r}"
        raise ApiError(422, "bad_document", reason) from error


def _check_page(page: Page) -> None:
    """Insists on what the writers rely on; a tree of our own making holds it anyway."""
    for name in ("number", "width", "height"):
        value = getattr(page, name)
        if not isinstance(value, int) or not 1 <= value <= 1_000_000:
            raise DataError(f"{name} of a page must lie between 1 and 1,000,000, not {value!r}")
    for line in page.lines:
        texts = [line.text, *(word.text for word in line.words)]
        texts += [char.text for word in line.words for char in word.chars]
        for text in texts:
            if not isinstance(text, str):
                raise DataError(f"a text must be a string, not {text!r}")

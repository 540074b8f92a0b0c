# SPDX-License-Identifier: Apache-2.0
"""One request's part of the engine's work: its documents, its pages, what came of them."""

from __future__ import annotations

import base64
import io
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ocr_pipeline.batch.outputs import Outputs, pack, unpack
from ocr_pipeline.core.document import Page
from ocr_pipeline.pipeline import PageWork, Pipeline
from ocr_pipeline.readers import InputFile, OpenDocument, ReadOptions, open_document
from ocr_pipeline.serve.errors import ApiError, api_error
from ocr_pipeline.serve.metrics import Metrics

RGB = npt.NDArray[np.uint8]
_log = logging.getLogger(__name__)

# Pages that are read ahead of a client that takes them one by one.
WINDOW = 8
_PREVIEW_QUALITY = 80


@dataclass(frozen=True, slots=True)
class JobDocument:
    """A document of a request.

    Attributes:
        file: where it is for the time of the request, and what the client calls it.
        outputs: what is written for it, and where.
        indices: pages to read, from 0; empty if it cannot be opened.
        count: pages of the whole document.
        error: why it cannot be opened.
    """

    file: InputFile
    outputs: Outputs
    indices: tuple[int, ...] = ()
    count: int = 0
    error: ApiError | None = None


@dataclass(frozen=True, slots=True)
class PageResult:
    """A page that was read, or why it was not.

    Attributes:
        document: number of its document in the request, from 0.
        index: its own in the document, from 0.
        tree: it as compressed JSON; empty if it failed.
        error: why it failed.
        preview: its picture as a data URL, if that was asked for.
        outputs: files written for it alone, relative to the folder of outputs.
    """

    document: int
    index: int
    tree: bytes = b""
    error: ApiError | None = None
    preview: str = ""
    outputs: tuple[str, ...] = ()

    @property
    def page(self) -> Page:
        """The page; an empty one that says why where it failed."""
        if self.tree:
            return unpack(self.tree)
        reason = self.error.message if self.error else ""
        return Page(self.index + 1, 1, 1, meta={"error": reason})


class Job:
    """A request on its way through the engine.

    Args:
        documents: what to read.
        pipeline: reads it.
        reading: how the documents are opened.
        post: is given each page as it is done, from any thread.
        metrics: where figures go.
        preview: longer side in pixels of pictures of the pages; 0 makes none.
        on_end: called once, when the request is released and no thread works for it any more.
    """

    def __init__(
        self,
        documents: Sequence[JobDocument],
        pipeline: Pipeline,
        reading: ReadOptions,
        post: Callable[[PageResult], None],
        metrics: Metrics,
        preview: int = 0,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.documents = documents
        self.pipeline = pipeline
        self.reading = reading
        self.metrics = metrics
        self.preview = preview
        self.released = False
        self._post = post
        self._on_end = on_end
        self._pages = deque(
            (number, index)
            for number, document in enumerate(documents)
            for index in document.indices
        )
        self.total = len(self._pages)
        self._left = [len(document.indices) for document in documents]
        self._open: dict[int, OpenDocument] = {}
        self._lock = threading.Lock()
        self._active = 0
        self._unseen = 0

    # ------------------------------------------------------------------ what the engine asks

    @property
    def waiting(self) -> int:
        """Pages that are not begun."""
        return len(self._pages)

    @property
    def ready(self) -> bool:
        """Whether the client has taken enough of what is done."""
        return self._unseen + self._active < WINDOW

    def next(self) -> PageOfJob:
        """The next page."""
        with self._lock:
            self._active += 1
            return PageOfJob(self, *self._pages.popleft())

    # ------------------------------------------------------------------ what the request asks

    def seen(self) -> None:
        """Says that the client has taken a page."""
        with self._lock:
            self._unseen -= 1

    def release(self) -> None:
        """Says that nobody waits any more; what is being done is given up at the next step."""
        with self._lock:
            if self.released:
                return
            self.released = True
            self._pages.clear()
            idle = not self._active
        if idle:
            self._end()

    # ------------------------------------------------------------------ what its pages ask

    def document(self, number: int) -> OpenDocument:
        """A document, opened when its first page is decoded."""
        with self._lock:
            if number not in self._open:
                self._open[number] = open_document(self.documents[number].file, self.reading)
            return self._open[number]

    def decoded(self, number: int) -> None:
        """Closes a document after its last page."""
        with self._lock:
            self._left[number] -= 1
            document = None if self._left[number] else self._open.pop(number, None)
        if document is not None:
            document.close()

    def post(self, result: PageResult) -> None:
        """Hands a page over."""
        with self._lock:
            self._unseen += 1
        self._post(result)

    def left(self) -> None:
        """Says that a page has left the engine."""
        with self._lock:
            self._active -= 1
            idle = self.released and not self._active
        if idle:
            self._end()

    def _end(self) -> None:
        for document in self._open.values():
            with suppress(Exception):
                document.close()
        self._open.clear()
        self._on_end()


class PageOfJob:
    """A page on its way through the engine."""

    def __init__(self, job: Job, document: int, index: int) -> None:
        self.job = job
        self.document = document
        self.index = index
        self._page: Page | None = None
        self._work: PageWork | None = None
        self._image: RGB | None = None
        self._dpi: float | None = None

    @property
    def lane(self) -> object:
        """The recognizer."""
        return self.job.pipeline.recognizer

    @property
    def wanted(self) -> bool:
        """Whether the client still waits."""
        return not self.job.released

    def find(self) -> Sequence[RGB]:
        """Decodes the page and cuts out its lines."""
        try:
            frame = self.job.document(self.document).page(self.index)
        finally:
            self.job.decoded(self.document)
        if self.job.preview or self._outputs.wants_images:
            self._image = frame.image
        if frame.kept is not None:
            self._page = replace(frame.kept, number=self.index + 1)
            return ()
        if not self.wanted:
            return ()
        work = self.job.pipeline.find(frame.image)
        self._dpi = frame.dpi
        self._work = replace(work, crops=())  # they are the engine's, until they are read
        return work.crops

    def read(self, crops: Sequence[RGB]) -> Sequence[Any]:
        """Reads lines."""
        return self.job.pipeline.read_crops(crops)

    def finish(self, readings: Sequence[Any]) -> None:
        """Puts the page together, writes what belongs to it alone, hands it over."""
        job, page = self.job, self._page
        if page is None:
            assert self._work is not None
            page = job.pipeline.finish(self._work, readings, self.index + 1, self._dpi)
        preview = ""
        written: Sequence[str] = ()
        if self._image is not None:
            document = job.documents[self.document]
            single = document.count == 1
            written, _ = self._outputs.write_page(document.file, single, page, self._image)
            preview = data_url(self._image, job.preview) if job.preview else ""
        outcome = "read" if self._page is None else "kept"
        job.metrics.pages.add(outcome=outcome)
        job.metrics.lines_read.add(len(page.lines) if outcome == "read" else 0)
        result = PageResult(self.document, self.index, pack(page), None, preview, tuple(written))
        job.post(result)

    def fail(self, error: BaseException) -> None:
        """Hands over why there is no page."""
        self.job.metrics.pages.add(outcome="failed")
        name = self.job.documents[self.document].file.name
        answer = api_error(error, f"{name}, page {self.index + 1}")
        if answer.status >= 500:
            _log.error("%s, page %d: %r", name, self.index + 1, error, exc_info=error)
        self.job.post(PageResult(self.document, self.index, error=answer))

    def drop(self) -> None:
        """Lets go of the page."""
        self._page = self._work = self._image = None
        self.job.left()

    @property
    def _outputs(self) -> Outputs:
        return self.job.documents[self.document].outputs


def data_url(image: RGB, side: int) -> str:
    """A page's picture as a JPEG in a ``data:`` URL, with ``side`` pixels at most."""
    picture = Image.fromarray(image)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_PREVIEW_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

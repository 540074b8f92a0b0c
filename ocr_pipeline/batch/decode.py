# SPDX-License-Identifier: Apache-2.0
"""Decodes pages ahead of the nets, in a thread: a few at a time, so that memory stays flat."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ocr_pipeline.batch.stamps import look
from ocr_pipeline.batch.tasks import PageJob
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.images import Frame
from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import InputFile, OpenDocument, open_document

# Decoded pages that wait, and their pixels: two A4 pages at 300 dpi.
AHEAD_PAGES = 4
AHEAD_PIXELS = 18_000_000


@dataclass(frozen=True, slots=True)
class _Decoded:
    job: PageJob
    frame: Frame | None
    error: Exception | None


class Decoder:
    """Decodes the pages it is told to expect, in that order.

    Args:
        options: how documents are opened.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self._change = threading.Condition()
        self._wanted: deque[PageJob] = deque()
        self._ready: deque[_Decoded] = deque()
        self._coming = 0  # pixels that are decoded or being decoded
        self._closed = False
        self._thread: threading.Thread | None = None

    def expect(self, jobs: Sequence[PageJob]) -> None:
        """Starts to decode pages."""
        with self._change:
            self._wanted.extend(jobs)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def next(self, job: PageJob) -> Frame:
        """The next page, which must be the one that is expected next.

        Raises:
            Exception: whatever its decoding raised.
        """
        with self._change:
            while not self._ready:
                self._change.wait()
            decoded = self._ready.popleft()
            self._coming -= decoded.job.pixels
            self._change.notify_all()
        assert decoded.job.id == job.id, "pages are taken in the order in which they are expected"
        if decoded.frame is None:
            assert decoded.error is not None
            raise decoded.error
        return decoded.frame

    def close(self) -> None:
        """Ends the thread after the page at hand; what it has decoded is dropped."""
        with self._change:
            self._closed = True
            self._wanted.clear()
            self._ready.clear()
            self._change.notify_all()

    def _run(self) -> None:
        document: OpenDocument | None = None
        opened: InputFile | None = None
        while True:
            with self._change:
                if not self._wanted and document is not None:
                    _close(document)
                    document = opened = None
                while not self._closed and (not self._wanted or self._is_full(self._wanted[0])):
                    self._change.wait()
                if self._closed:
                    break
                job = self._wanted.popleft()
                self._coming += job.pixels
            frame: Frame | None = None
            error: Exception | None = None
            try:
                if document is None or opened != job.file:
                    _close(document)
                    document = opened = None
                    document, opened = self._open(job), job.file
                frame = document.page(job.index)
            except Exception as raised:  # it belongs to the page, not to the thread
                error = raised
            with self._change:
                self._ready.append(_Decoded(job, frame, error))
                frame = None
                self._change.notify_all()
        _close(document)

    def _is_full(self, job: PageJob) -> bool:
        if not self._ready:
            return False  # a page larger than the limit comes alone
        return len(self._ready) >= AHEAD_PAGES or self._coming + job.pixels > AHEAD_PIXELS

    def _open(self, job: PageJob) -> OpenDocument:
        now = look(job.file)
        if now is not None and job.stamp.size >= 0 and not now.same_look(job.stamp):
            raise InputError(f"{job.file.name}: changed while it was read; run the command again")
        return open_document(job.file, self.options)


def _close(document: OpenDocument | None) -> None:
    if document is not None:
        with suppress(Exception):
            document.close()

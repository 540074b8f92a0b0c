# SPDX-License-Identifier: Apache-2.0
"""A document that is open for reading, page by page, in any order."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import ClassVar

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.images import Frame
from ocr_pipeline.read_options import ReadOptions


class OpenDocument(ABC):
    """Pages of one file, each decoded when it is asked for. A context manager.

    Attributes:
        kind: what the content is: ``image`` or ``pdf``.
        name: the document as messages and results name it.
        count: pages of the whole document.
        indices: those that are to be read, from 0, rising; all but for ``--pages``.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, count: int, options: ReadOptions) -> None:
        self._lock = threading.Lock()
        self.name = name
        self.count = count
        self.options = options
        self.indices = options.indices(count)
        if not count:
            raise InputError(f"{name}: holds no page")
        if not self.indices:
            plural = "" if count == 1 else "s"
            raise InputError(f"{name}: has {count} page{plural}, none of --pages {options.pages}")

    def page(self, index: int) -> Frame:
        """One page, by its index from 0. May be called from several threads.

        Raises:
            InputError: if the page is damaged or too large; the others may still be read.
            IndexError: if there is no such page.
        """
        self._check(index)
        with self._lock:
            return self._page(index)

    def size(self, index: int) -> tuple[int, int]:
        """Width and height that a page will have in pixels, about, without decoding it.

        Raises:
            InputError: if it cannot be told.
        """
        self._check(index)
        with self._lock:
            return self._size(index)

    def close(self) -> None:
        """Gives back files and memory; may be called twice."""
        with self._lock:
            self._close()

    @abstractmethod
    def _page(self, index: int) -> Frame: ...

    @abstractmethod
    def _size(self, index: int) -> tuple[int, int]: ...

    @abstractmethod
    def _close(self) -> None: ...

    def frames(self) -> Iterator[tuple[int, Frame]]:
        """The chosen pages in order, each with its number (from 1) in the document."""
        for index in self.indices:
            yield index + 1, self.page(index)

    def _check(self, index: int) -> None:
        if not 0 <= index < self.count:
            raise IndexError(f"{self.name}: has pages 0 to {self.count - 1}, not {index}")

    def __enter__(self) -> OpenDocument:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

# SPDX-License-Identifier: Apache-2.0
"""Where the time goes: parts of the work by name, measured only while somebody asks.

``stage("connect")`` marks a part; it costs next to nothing unless :func:`measured` is active. Of
parts within parts each has its own time: the outer one is not charged for the inner one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(slots=True)
class Timing:
    """Seconds by part.

    Attributes:
        wall: seconds by the clock.
        processor: seconds of all processors, of the whole process.
        calls: how often each part was entered.
    """

    wall: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _since: tuple[float, float] = (0.0, 0.0)

    def enter(self, name: str) -> None:
        """A part begins; the one around it pauses."""
        self._charge()
        self._open.append(name)
        self.calls[name] = self.calls.get(name, 0) + 1

    def leave(self) -> None:
        """The innermost part ends; the one around it goes on."""
        self._charge()
        self._open.pop()

    def _charge(self) -> None:
        """Puts the time since the last change down to the innermost part."""
        now = time.perf_counter(), time.process_time()
        if self._open:
            name = self._open[-1]
            for table, new, old in zip((self.wall, self.processor), now, self._since, strict=True):
                table[name] = table.get(name, 0.0) + new - old
        self._since = now


_timing: ContextVar[Timing | None] = ContextVar("timing", default=None)


class stage(ContextDecorator):
    """A part of the work, as a context manager or a decorator."""

    __slots__ = ("_name", "_timing")

    def __init__(self, name: str) -> None:
        self._name = name

    def _recreate_cm(self) -> stage:
        return stage(self._name)  # calls of a decorated function in several threads are apart

    def __enter__(self) -> None:
        self._timing = _timing.get()
        if self._timing is not None:
            self._timing.enter(self._name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timing is not None:
            self._timing.leave()


@contextmanager
def measured() -> Iterator[Timing]:
    """Measures all stages of this thread until the end of the block."""
    timing = Timing()
    token = _timing.set(timing)
    try:
        yield timing
    finally:
        _timing.reset(token)

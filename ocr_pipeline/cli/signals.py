# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: the first one ends a run in order, the second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_WORDS = b"\nocr: stopping; once more stops at once, and the same command goes on from here\n"


class Signals:
    """What signals do.

    Attributes:
        stop: asked to end the run in order; None while there is nothing to end.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], None] | None = None
        self.count = 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """The handler."""
        self.count += 1
        if self.stop is None or self.count > 1:
            raise KeyboardInterrupt
        os.write(2, _WORDS)  # safe in a handler, as print is not
        self.stop()


@contextmanager
def stop_on_signals() -> Iterator[Signals]:
    """Handles Ctrl-C, SIGTERM and a closing terminal while the block runs."""
    signals = Signals()
    before: dict[int, Any] = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signals.handle)
    except ValueError:  # not in the main thread, where signals are not ours to handle
        pass
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

# SPDX-License-Identifier: Apache-2.0
"""Options of a run over many files that do not change what is read on a page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocr_pipeline.core.errors import UsageError

ENGINES = ("local", "ray")
DEFAULT_TIMEOUT = 600.0
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index`` (from 1) of ``count`` parts of the input."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Reads ``2/8``.

        Raises:
            UsageError: if it is nothing of the kind.
        """
        match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if match is None:
            raise UsageError(f"--shard {text!r}: use something like 2/8")
        index, count = int(match[1]), int(match[2])
        if not 1 <= index <= count:
            raise UsageError(f"--shard {text!r}: shards count from 1/{count} to {count}/{count}")
        return cls(index, count)

    @property
    def suffix(self) -> str:
        """What tells this shard's report and manifest from the others': ``-2-of-8``."""
        return "" if self.count == 1 else f"-{self.index}-of-{self.count}"


def parse_size(text: str) -> int:
    """Bytes of ``8GB``, ``500M`` or ``2.5 GiB``; a K is 1024.

    Raises:
        UsageError: if it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--memory {text!r}: use something like 8GB or 1500M")
    return int(float(match[1]) * _UNITS[match[2].lower()])


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How the work is spread and what becomes of failures.

    Attributes:
        workers: processes that read pages; 0 chooses by processors, memory and size of the work.
        devices: a worker for each of these, such as ``("cuda:0", "cuda:1")``.
        shard: the part of the input that this run reads.
        retry: how often a page that failed is tried again before it is given up.
        timeout: seconds after which a page is taken for hanging; None: 600, and none at all in
            runs so small that they have no worker processes; 0 never gives up.
        memory: bytes that the run may use; None: most of what is free.
        fail_fast: stop at the first page or file that fails.
        redo: read everything again, whatever was done before.
        review_below: list lines of less confidence for a person; None makes no list.
        engine: ``local`` or ``ray``.
    """

    workers: int = 0
    devices: tuple[str, ...] = ()
    shard: Shard = Shard()
    retry: int = 0
    timeout: float | None = None
    memory: int | None = None
    fail_fast: bool = False
    redo: bool = False
    review_below: float | None = None
    engine: str = "local"

    def __post_init__(self) -> None:
        for name in ("workers", "retry"):
            if getattr(self, name) < 0:
                raise UsageError(f"--{name} must not be negative, not {getattr(self, name)}")
        if self.timeout is not None and self.timeout < 0:
            raise UsageError(f"--timeout must not be negative, not {self.timeout}")
        if self.memory is not None and self.memory < 1 << 28:
            raise UsageError("--memory must be at least 256M; the nets alone need that")
        if self.review_below is not None and not 0 < self.review_below <= 1:
            raise UsageError(f"--review-below must lie between 0 and 1, not {self.review_below}")
        if self.engine not in ENGINES:
            raise UsageError(f"--engine {self.engine!r}: use {', '.join(ENGINES)}")
        if self.engine == "ray" and self.devices:
            raise UsageError("--devices: Ray gives each worker its GPU; say --device cuda")

    @property
    def page_seconds(self) -> float | None:
        """Seconds that a page may take; None: as long as it likes."""
        seconds = DEFAULT_TIMEOUT if self.timeout is None else self.timeout
        return seconds or None

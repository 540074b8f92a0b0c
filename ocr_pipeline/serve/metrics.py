# SPDX-License-Identifier: Apache-2.0
"""Figures for Prometheus, in its text format (version 0.0.4)."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
Labels = tuple[tuple[str, str], ...]


class Counter:
    """A sum that only rises, one for each set of labels."""

    kind = "counter"

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = defaultdict(float)

    def add(self, amount: float = 1, **labels: str) -> None:
        """Adds to the sum of these labels."""
        with self._lock:
            self._values[tuple(labels.items())] += amount

    def lines(self) -> Iterator[str]:
        """Samples in the text format."""
        with self._lock:
            values = sorted(self._values.items()) or [((), 0.0)]
        for labels, value in values:
            yield f"{self.name}{_labels(labels)} {_number(value)}"


class Gauge:
    """A figure that is asked for when it is wanted."""

    kind = "gauge"

    def __init__(self, name: str, text: str, value: Callable[[], float]) -> None:
        self.name = name
        self.text = text
        self._value = value

    def lines(self) -> Iterator[str]:
        """The sample in the text format."""
        yield f"{self.name} {_number(self._value())}"


class Histogram:
    """How many values lie below each of some bounds, and their sum."""

    kind = "histogram"

    def __init__(self, name: str, text: str, bounds: tuple[float, ...] = BUCKETS) -> None:
        self.name = name
        self.text = text
        self._bounds = bounds
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = defaultdict(float)

    def observe(self, value: float, **labels: str) -> None:
        """Counts a value."""
        key = tuple(labels.items())
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(self._bounds) + 1))
            counts[bisect_left(self._bounds, value)] += 1
            self._sums[key] += value

    def lines(self) -> Iterator[str]:
        """Samples in the text format; the counts are cumulative, as it wants them."""
        with self._lock:
            rows = [(key, list(counts), self._sums[key]) for key, counts in self._counts.items()]
        for key, counts, total in sorted(rows):
            below = 0
            for bound, count in zip((*map(_number, self._bounds), "+Inf"), counts, strict=True):
                below += count
                yield f"{self.name}_bucket{_labels((*key, ('le', bound)))} {below}"
            yield f"{self.name}_sum{_labels(key)} {_number(total)}"
            yield f"{self.name}_count{_labels(key)} {below}"


Metric = Counter | Gauge | Histogram


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.requests = Counter("ocr_requests_total", "Requests by route and status.")
        self.request_seconds = Histogram(
            "ocr_request_seconds", "Time from a request to the end of its answer, by route."
        )
        self.pages = Counter("ocr_pages_total", "Pages by outcome: read, kept or failed.")
        self.lines_read = Counter("ocr_lines_total", "Lines read.")
        self.bytes_in = Counter("ocr_upload_bytes_total", "Bytes of documents received.")
        self.step_seconds = Histogram(
            "ocr_step_seconds", "Time of a step: find (a page), read (a batch), finish (a page)."
        )
        self.batch_lines = Histogram(
            "ocr_batch_lines",
            "Lines that were read together.",
            (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        )
        self._metrics: list[Metric] = [
            *(self.requests, self.request_seconds, self.pages, self.lines_read),
            *(self.bytes_in, self.step_seconds, self.batch_lines),
        ]

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Adds a figure that is asked for."""
        self._metrics.append(Gauge(name, text, value))

    def render(self) -> str:
        """All figures in the text format."""
        lines = []
        for metric in self._metrics:
            lines.append(f"# HELP {metric.name} {metric.text}")
            lines.append(f"# TYPE {metric.name} {metric.kind}")
            lines.extend(metric.lines())
        return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))

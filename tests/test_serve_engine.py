# SPDX-License-Identifier: Apache-2.0
"""The engine that reads the pages of all requests: order, batches, what fails and who leaves."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra [serve] is not installed")

from serve_tools import wait_for

from ocr_pipeline.serve import engine as engine_module
from ocr_pipeline.serve.engine import Engine

CROP = np.zeros((32, 100, 3), np.uint8)


class Recorder:
    """What happened, in order."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.batches: list[int] = []
        self.ended: list[str] = []
        self.dropped = 0
        self.gate = threading.Event()
        self.gate.set()
        self.reading = threading.Event()
        self.reading.set()
        self.entered = threading.Event()


class Task:
    """A page of so many lines, each of which is read as its page's name and number."""

    def __init__(self, job: Job, name: str) -> None:
        self.job = job
        self.name = name
        self.lane: object = job.lane
        self.readings: list[Any] = []

    @property
    def wanted(self) -> bool:
        return self.job.wanted

    def find(self) -> Sequence[np.ndarray]:
        record = self.job.record
        record.found.append(self.name)
        assert record.gate.wait(60)
        if self.name in self.job.bad_pages:
            raise ValueError(self.name)
        return [np.full_like(self.job.crop, i) for i in range(self.job.lines)]

    def read(self, crops: Sequence[np.ndarray]) -> Sequence[Any]:
        record = self.job.record
        record.entered.set()
        assert record.reading.wait(60)
        record.batches.append(len(crops))
        if self.job.bad_lines and (len(crops) > self.job.lines or self.name in self.job.bad_lines):
            raise RuntimeError("a line broke the batch")
        return [int(crop[0, 0, 0]) for crop in crops]

    def finish(self, readings: Sequence[Any]) -> None:
        assert list(readings) == list(range(self.job.lines)), self.name
        self.job.record.ended.append(self.name)

    def fail(self, error: BaseException) -> None:
        self.job.record.ended.append(f"{self.name}: {error}")

    def drop(self) -> None:
        self.job.record.dropped += 1


class Job:
    """A request of so many pages."""

    def __init__(
        self,
        record: Recorder,
        name: str,
        pages: int,
        lines: int = 2,
        crop: np.ndarray = CROP,
        bad_pages: Sequence[str] = (),
        bad_lines: Sequence[str] = (),
        lane: object = "net",
    ) -> None:
        self.record = record
        self.lines = lines
        self.crop = crop
        self.bad_pages = bad_pages
        self.bad_lines = bad_lines
        self.lane = lane
        self.wanted = True
        self.ready = True
        self.pages = deque(f"{name}{i}" for i in range(pages))

    @property
    def waiting(self) -> int:
        return len(self.pages)

    def next(self) -> Task:
        return Task(self, self.pages.popleft())


def hold_the_reader(engine: Engine, record: Recorder) -> None:
    """Keeps the reader at a page, so that what is found meanwhile waits."""
    record.reading.clear()
    engine.submit(Job(record, "a", 1, lines=3))
    assert record.entered.wait(60)


@pytest.fixture
def record() -> Recorder:
    return Recorder()


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    engine.start()
    yield engine
    engine.close(60)
    assert not any(thread.is_alive() for thread in engine._threads)


def test_all_pages_come_to_their_end(engine: Engine, record: Recorder) -> None:
    for name in "abc":
        engine.submit(Job(record, name, 5))
    wait_for(lambda: record.dropped == 15)
    assert sorted(record.ended) == sorted(f"{name}{i}" for name in "abc" for i in range(5))
    assert engine.waiting == 0


def test_requests_take_turns(engine: Engine, record: Recorder) -> None:
    record.gate.clear()
    engine.submit(Job(record, "book", 500))
    wait_for(lambda: record.found)
    engine.submit(Job(record, "letter", 1))
    engine.submit(Job(record, "note", 1))
    record.gate.set()
    wait_for(lambda: "note0" in record.ended)
    # Of the book, no more pages than had been begun before and one at each turn.
    assert record.found.index("letter0") <= 2
    assert record.found.index("note0") <= 4
    book = next(iter(engine._jobs))
    engine.forget(book)


def test_lines_of_several_requests_are_read_together(engine: Engine, record: Recorder) -> None:
    hold_the_reader(engine, record)
    for name in "bcd":
        engine.submit(Job(record, name, 1, lines=3))
    wait_for(lambda: len(engine._found) == 3)
    record.reading.set()
    wait_for(lambda: record.dropped == 4)
    assert record.batches == [3, 9]
    assert sorted(record.ended) == ["a0", "b0", "c0", "d0"]


def test_a_batch_has_an_end(
    engine: Engine, record: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BATCH_PIXELS", 32 * 100 * 10)
    engine.submit(Job(record, "long", 1, lines=25))
    wait_for(lambda: record.dropped == 1)
    assert record.batches == [10, 10, 5]
    assert record.ended == ["long0"]


def test_a_line_larger_than_a_batch_is_read(
    engine: Engine, record: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BATCH_PIXELS", 5)
    engine.submit(Job(record, "wide", 2, lines=2))
    wait_for(lambda: record.dropped == 2)
    assert record.ended == ["wide0", "wide1"]


def test_recognizers_do_not_mix(engine: Engine, record: Recorder) -> None:
    hold_the_reader(engine, record)
    for name, lane in (("b", "two"), ("c", "one"), ("d", "two")):
        engine.submit(Job(record, name, 1, lines=3, lane=lane))
    wait_for(lambda: len(engine._found) == 3)
    record.reading.set()
    wait_for(lambda: record.dropped == 4)
    assert record.batches == [3, 6, 3]
    assert len(record.ended) == 4


def test_a_page_that_fails_is_alone(engine: Engine, record: Recorder) -> None:
    engine.submit(Job(record, "a", 3, bad_pages=["a1"]))
    wait_for(lambda: record.dropped == 3)
    assert sorted(record.ended) == ["a0", "a1: a1", "a2"]


def test_a_batch_that_fails_is_read_page_by_page(engine: Engine, record: Recorder) -> None:
    hold_the_reader(engine, record)
    engine.submit(Job(record, "b", 3, bad_lines=["b1"]))
    wait_for(lambda: len(engine._found) == 3)
    record.reading.set()
    wait_for(lambda: record.dropped == 4)
    assert sorted(record.ended) == ["a0", "b0", "b1: a line broke the batch", "b2"]
    assert record.batches == [3, 6, 2, 2, 2]


def test_pages_without_lines_are_finished(engine: Engine, record: Recorder) -> None:
    engine.submit(Job(record, "blank", 3, lines=0))
    wait_for(lambda: record.dropped == 3)
    assert record.batches == []
    assert len(record.ended) == 3


def test_few_pages_are_in_memory(engine: Engine, record: Recorder) -> None:
    record.reading.clear()
    engine.submit(Job(record, "a", 50))
    wait_for(lambda: len(record.found) == engine.parallel + engine_module._AHEAD)
    assert engine._in_memory == len(record.found)
    record.reading.set()
    wait_for(lambda: record.dropped == 50)


def test_who_leaves_frees_the_place(engine: Engine, record: Recorder) -> None:
    record.gate.clear()
    gone = Job(record, "gone", 100)
    engine.submit(gone)
    wait_for(lambda: record.found)
    gone.wanted = False
    engine.forget(gone)
    engine.submit(Job(record, "next", 1))
    record.gate.set()
    wait_for(lambda: "next0" in record.ended)
    wait_for(lambda: engine._in_memory == 0)
    assert record.found == ["gone0", "next0"]
    assert record.ended == ["next0"]


def test_who_takes_nothing_waits(engine: Engine, record: Recorder) -> None:
    slow = Job(record, "slow", 3)
    slow.ready = False
    engine.submit(slow)
    engine.submit(Job(record, "quick", 2))
    wait_for(lambda: record.dropped == 2)
    assert record.ended == ["quick0", "quick1"]
    slow.ready = True
    engine.wake()
    wait_for(lambda: record.dropped == 5)


def test_a_lost_gpu_makes_the_engine_unwell(engine: Engine, record: Recorder) -> None:
    assert engine.alive
    engine.submit(Job(record, "CUDA error: device lost", 1, bad_pages=["CUDA error: device lost0"]))
    wait_for(lambda: record.dropped)
    assert not engine.alive


def test_an_engine_that_hangs_is_unwell(record: Recorder) -> None:
    engine = Engine(patience=0.2)
    engine.start()
    record.gate.clear()
    engine.submit(Job(record, "a", 1))
    assert engine.alive
    wait_for(lambda: not engine.alive)
    record.gate.set()
    wait_for(lambda: record.dropped and engine.alive)
    engine.close(60)


def test_several_threads_lose_nothing(record: Recorder) -> None:
    engine = Engine(parallel=4)
    engine.start()
    for name in "abcdefgh":
        engine.submit(Job(record, name, 25))
    wait_for(lambda: record.dropped == 200)
    assert len(set(record.ended)) == 200
    engine.close(60)
    assert not engine.alive

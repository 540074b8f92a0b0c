# SPDX-License-Identifier: Apache-2.0
"""A pipeline for tests of batches: quick, honest about what it read, and sensitive.

Its confidences depend on which lines are read together and on the number of threads, as those
of nets do: whoever reads pages in another composition gets other bytes. Called as a program it is
``ocr`` with this pipeline.

Pages carry a number in their first pixel. The environment says what happens on which page:
``OCR_TEST_LOG`` names a file that gets a line for every page that is looked at;
``OCR_TEST_PAUSE`` is the time in seconds that a page takes; ``OCR_TEST_FAULTS`` lists faults such
as ``7=raise,8=hang,9=kill,10=once``; ``OCR_TEST_WRITER`` names a document that the writer of JSON
raises on.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fake_stages import FakeDetector, FakeReading, FakeRecognizer, bars
from PIL import Image

from ocr_pipeline.options import RunOptions
from ocr_pipeline.pipeline import PageWork, Pipeline

BOXES = [(20, 20, 220, 40), (20, 60, 120, 80), (150, 60, 250, 80)]


def numbered(number: int, lines: int = 3) -> Image.Image:
    """A page that knows its number, with up to three lines."""
    page = bars(BOXES[:lines])
    page[0, 0] = number // 256, number % 256, 255
    return Image.fromarray(page)


def number_of(image: np.ndarray) -> int:
    """The number of a page."""
    return int(image[0, 0, 0]) * 256 + int(image[0, 0, 1])


class SensitiveRecognizer(FakeRecognizer):
    """Reads as its base does; the confidence depends on what is read together."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.threads = threads

    def read(self, crops: Sequence[np.ndarray]) -> list[FakeReading]:
        digest = hashlib.sha256(bytes([self.threads]))
        for crop in crops:
            digest.update(repr(crop.shape).encode() + crop.tobytes())
        confidence = 0.7 + digest.digest()[0] / 1000
        return [replace(reading, confidence=confidence) for reading in super().read(crops)]


class BatchPipeline(Pipeline):
    """Finds and reads bars; does to numbered pages what the environment says."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options  # without the base's own: PyTorch takes seconds to import
        self.detector = FakeDetector()
        self.recognizer = SensitiveRecognizer(options.threads)
        self._detect_options = None

    def find(self, image: np.ndarray) -> PageWork:
        number = number_of(image)
        if log := os.environ.get("OCR_TEST_LOG"):
            with open(log, "ab", buffering=0) as file:
                file.write(f"{number}\n".encode())
        time.sleep(float(os.environ.get("OCR_TEST_PAUSE", "0")))
        _fault(number)
        return super().find(image)


def _fault(number: int) -> None:
    faults = os.environ.get("OCR_TEST_FAULTS", "")
    kind = dict(item.split("=") for item in faults.split(",") if item).get(str(number))
    if kind == "raise":
        raise RuntimeError("broken page")
    if kind == "hang":
        time.sleep(3600)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "once" and not os.path.exists(mark := f"{os.environ['OCR_TEST_LOG']}.{number}"):
        Path(mark).touch()
        raise RuntimeError("broken once")


def make(options: RunOptions) -> Any:
    """The factory; worker processes find it by its name."""
    if name := os.environ.get("OCR_TEST_WRITER"):
        _break_writer(name)
    return BatchPipeline(options)


def _break_writer(name: str) -> None:
    from ocr_pipeline.writers import STREAM_WRITERS

    write = STREAM_WRITERS["json"]

    def broken(head: Any, *rest: Any) -> Any:
        if Path(head.source).name == name:
            yield b"half a document"
            raise ValueError("broken writer")
        yield from write(head, *rest)

    STREAM_WRITERS["json"] = broken


def main() -> None:
    """``ocr`` with this pipeline."""
    import fake_batch  # under the name that worker processes know it by

    from ocr_pipeline.batch import worker
    from ocr_pipeline.cli.main import main as ocr

    worker.load_pipeline = fake_batch.make
    ocr(sys.argv[1:])


if __name__ == "__main__":
    main()

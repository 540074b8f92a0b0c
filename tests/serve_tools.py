# SPDX-License-Identifier: Apache-2.0
"""A server with stand-ins for the nets, in a thread of the test's process."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
from fake_stages import FakeDetector, FakeLine, FakeRecognizer, bars
from PIL import Image

from ocr_pipeline.options import RunOptions
from ocr_pipeline.serve.app import create_app
from ocr_pipeline.serve.models import Models
from ocr_pipeline.serve.options import ServeOptions
from ocr_pipeline.serve.server import address, listen, make_server
from ocr_pipeline.serve.service import Service

PATIENCE = 60.0
BOXES = [(10, 20, 200, 50), (10, 80, 150, 110)]
TEXT = "first line\nsecond"


class GatedDetector(FakeDetector):
    """Waits at each page until it is let through."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.begun = 0

    def detect(self, image: Any, options: Any = None) -> list[FakeLine]:
        self.begun += 1
        assert self.gate.acquire(timeout=PATIENCE), "nobody opened the gate"
        return super().detect(image, options)


class Running:
    """A server that listens."""

    def __init__(self, url: str, service: Service) -> None:
        self.url = url
        self.service = service
        self.client = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)

    def ocr(self, *contents: bytes | tuple[str, bytes], **query: Any) -> httpx.Response:
        """Posts documents as a form."""
        named = [c if isinstance(c, tuple) else (f"page{i}.png", c) for i, c in enumerate(contents)]
        files = [("file", (name, data)) for name, data in named]
        return self.client.post("/v1/ocr", files=files, params=query)

    def metric(self, sample: str) -> float:
        """A figure of /metrics, by its name with labels."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(f"{sample} "):
                return float(line.rpartition(" ")[2])
        return 0.0


@contextmanager
def serving(
    detector: Any = None, recognizer: Any = None, options: ServeOptions | None = None
) -> Iterator[Running]:
    """Serves with stand-ins until the block ends."""
    options = options or ServeOptions(port=0)
    models = Models(
        RunOptions(),
        {"fake": detector or FakeDetector()},
        {"fake": recognizer or FakeRecognizer(), "other": FakeRecognizer(["other"] * 4)},
    )
    app = create_app(models, options)
    with listen(options) as sock:
        server = make_server(app, options, "critical")
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        running = Running(address(sock), app.state.service)
        try:
            yield running
        finally:
            running.client.close()
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the server does not stop"


def wait_for(condition: Callable[[], Any]) -> Any:
    """Waits until something holds, and gives it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError("it never came true")


def page_image(boxes: Sequence[tuple[int, int, int, int]] = BOXES) -> Image.Image:
    """A page with bars as lines."""
    return Image.fromarray(bars(boxes))


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def pages(count: int, kind: str = "TIFF") -> bytes:
    """A document of several pages."""
    images = [page_image() for _ in range(count)]
    return encoded(images[0], kind, save_all=True, append_images=images[1:])

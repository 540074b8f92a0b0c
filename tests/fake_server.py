# SPDX-License-Identifier: Apache-2.0
"""A real server with stand-ins for the nets: ``python tests/fake_server.py [PORT] [SECONDS]``.

It reads the bars that ``fake_stages.bars`` draws, each page in SECONDS (0 unless given). The tests
of shutting down and leaving start it, and so may whoever works on the page.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from fake_stages import FakeDetector, FakeLine, FakeRecognizer

from ocr_pipeline.options import RunOptions
from ocr_pipeline.serve.app import create_app
from ocr_pipeline.serve.models import Models
from ocr_pipeline.serve.options import ServeOptions
from ocr_pipeline.serve.server import address, listen, serve


class SlowDetector(FakeDetector):
    """Takes its time for each page."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def detect(self, image: Any, options: Any = None) -> list[FakeLine]:
        time.sleep(self.seconds)
        return super().detect(image, options)


def main() -> None:
    """Serves until a signal comes."""
    port, seconds = [*sys.argv[1:], "0", "0"][:2] if len(sys.argv) > 1 else ("0", "0")
    options = ServeOptions(port=int(port), grace=20)
    models = Models(
        RunOptions(), {"fake": SlowDetector(float(seconds))}, {"fake": FakeRecognizer()}
    )
    with listen(options) as sock:
        app = create_app(models, options)
        serve(app, sock, options, on_ready=lambda: print(address(sock), flush=True))


if __name__ == "__main__":
    main()

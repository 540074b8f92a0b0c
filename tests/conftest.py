# SPDX-License-Identifier: Apache-2.0
"""What all tests share: a cache folder of their own, and a Ctrl-C that works."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what tests make out of the user's cache; set for the programs that tests start too."""
    before = os.environ.get("OCR_CACHE")
    os.environ["OCR_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["OCR_CACHE"]
    else:
        os.environ["OCR_CACHE"] = before


@pytest.fixture(autouse=True, scope="session")
def interrupts() -> None:
    """Takes note of Ctrl-C where the shell that runs the tests in the background has it ignored.

    Programs inherit that, and rightly go on ignoring it: those that tests interrupt should not.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

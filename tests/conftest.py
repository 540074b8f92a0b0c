# SPDX-License-Identifier: Apache-2.0
"""What all tests share: a cache folder of their own."""

from __future__ import annotations

import os
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

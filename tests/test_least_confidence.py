# SPDX-License-Identifier: Apache-2.0
"""Which readings are kept where nobody says how sure the recognizer must be."""

from __future__ import annotations

import numpy as np
import pytest
from fake_stages import FakeDetector, FakeReading, bars, reading

from ocr_pipeline import Pipeline, RunOptions


class Unsure:
    """Reads every line alike and is sure of none."""

    def read(self, crops: list[np.ndarray]) -> list[FakeReading]:
        return [reading("perhaps", 0.4) for _ in crops]


@pytest.mark.parametrize(
    ("options", "kept"),
    [({}, 0), ({"min_confidence": 0.3}, 1), ({"min_confidence": 0.0}, 1), ({"detect": False}, 1)],
)
def test_found_lines_are_kept_from_a_half(options: dict[str, object], kept: int) -> None:
    run_options = RunOptions(**options)  # type: ignore[arg-type]
    read = Pipeline(run_options, detector=FakeDetector(), recognizer=Unsure())
    assert len(read.read_page(bars([(20, 20, 220, 40)])).lines) == kept

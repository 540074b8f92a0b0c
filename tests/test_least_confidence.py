# SPDX-License-Identifier: Apache-2.0
"""Which readings are kept where nobody says how sure the recognizer must be."""

from __future__ import annotations

import numpy as np
import pytest
from fake_stages import FakeDetector, FakeReading, bars, reading

from ocr_pipeline import Pipeline, RunOptions


class Each:
    """Reads each line with a confidence of its own."""

    def __init__(self, confidences: list[float]) -> None:
        self.confidences = confidences

    def read(self, crops: list[np.ndarray]) -> list[FakeReading]:
        return [reading("perhaps", sure) for _, sure in zip(crops, self.confidences, strict=True)]


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


ROWS = [(20, 10 + 30 * i, 220, 25 + 30 * i) for i in range(5)]


@pytest.mark.parametrize(
    ("confidences", "kept"),
    [
        ([0.98, 0.98, 0.98, 0.98, 0.6], 4),  # a scrawl among print
        ([0.98, 0.98, 0.98, 0.98, 0.7], 5),
        ([0.6, 0.55, 0.6, 0.62, 0.52], 5),  # a page that is faint all over
        ([0.6, 0.55, 0.6, 0.62, 0.45], 4),
        ([0.3] * 5, 0),
    ],
)
def test_a_page_is_judged_by_its_own_print(confidences: list[float], kept: int) -> None:
    read = Pipeline(
        RunOptions(orientation="0"), detector=FakeDetector(), recognizer=Each(confidences)
    )
    assert len(read.read_page(bars(ROWS)).lines) == kept

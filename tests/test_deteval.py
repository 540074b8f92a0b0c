# SPDX-License-Identifier: Apache-2.0
"""DetEval and IoU matching, with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_pipeline.core.deteval import DetectionCounts, deteval, iou_match, overlaps
from ocr_pipeline.core.geometry import box_quad


def test_perfect_detection() -> None:
    lines = [box_quad(0, 0, 100, 20), box_quad(0, 30, 100, 50)]
    counts = deteval(lines, lines)
    assert (counts.recall, counts.precision, counts.hmean) == (1, 1, 1)
    assert iou_match(lines, lines).hmean == 1


def test_a_line_covered_to_four_fifths_by_a_loose_box_counts() -> None:
    line = box_quad(0, 0, 100, 20)
    found = box_quad(20, 0, 200, 20)  # covers exactly 0.8; 80 of its own 180 lie in the line
    assert deteval([line], [found]).hmean == 1
    short = box_quad(21, 0, 200, 20)  # covers 0.79
    assert deteval([line], [short]).hmean == 0
    loose = box_quad(0, 0, 260, 20)  # only 0.38 of it lies in the line
    assert deteval([line], [loose]).hmean == 0


def test_a_line_in_pieces_earns_four_fifths() -> None:
    line = box_quad(0, 0, 100, 20)
    pieces = [box_quad(0, 0, 50, 20), box_quad(50, 0, 100, 20)]
    counts = deteval([line], pieces)
    # The line earns 0.8, and so does each of the two pieces.
    assert counts == DetectionCounts(0.8, 1.6, 1, 2)
    assert counts.hmean == pytest.approx(0.8)


def test_pieces_that_cover_too_little_earn_nothing() -> None:
    line = box_quad(0, 0, 100, 20)
    pieces = [box_quad(0, 0, 30, 20), box_quad(50, 0, 90, 20)]
    assert deteval([line], pieces) == DetectionCounts(0, 0, 1, 2)


def test_two_lines_in_one_box_count_as_found() -> None:
    lines = [box_quad(0, 0, 40, 20), box_quad(60, 0, 100, 20)]
    counts = deteval(lines, [box_quad(0, 0, 100, 20)])
    assert counts == DetectionCounts(2, 1, 2, 1)


def test_a_neighbours_box_that_grazes_a_line_does_no_harm() -> None:
    lines = [box_quad(0, 0, 100, 20), box_quad(0, 22, 100, 42)]
    found = [box_quad(0, 0, 100, 23), box_quad(0, 21, 100, 42)]
    assert deteval(lines, found) == DetectionCounts(2, 2, 2, 2)


def test_missed_and_false_lines() -> None:
    lines = [box_quad(0, 0, 100, 20), box_quad(0, 30, 100, 50)]
    found = [box_quad(0, 0, 100, 20), box_quad(300, 0, 400, 20), box_quad(300, 60, 400, 80)]
    counts = deteval(lines, found)
    assert counts.recall == 0.5 and counts.precision == pytest.approx(1 / 3)
    assert counts.hmean == pytest.approx(0.4)


def test_detections_in_ignored_regions_do_not_count() -> None:
    lines = [box_quad(0, 0, 100, 20), box_quad(0, 30, 100, 50)]
    found = [box_quad(0, 0, 100, 20), box_quad(10, 30, 60, 50)]
    counts = deteval(lines, found, [False, True])
    assert counts == DetectionCounts(1, 1, 1, 1)
    assert iou_match(lines, found, [False, True]) == DetectionCounts(1, 1, 1, 1)


def test_nothing_to_find_and_nothing_found() -> None:
    assert deteval([], []).hmean == 1
    assert deteval([], [box_quad(0, 0, 9, 9)]).hmean == 0
    assert deteval([box_quad(0, 0, 9, 9)], []).recall == 0


def test_iou_matches_one_to_one_best_first() -> None:
    lines = [box_quad(0, 0, 100, 20)]
    found = [box_quad(0, 0, 60, 20), box_quad(0, 0, 90, 20)]
    assert iou_match(lines, found) == DetectionCounts(1, 1, 1, 2)
    assert iou_match(lines, found, threshold=0.95) == DetectionCounts(0, 0, 1, 2)


def test_slanted_quads_are_measured_as_quads_not_as_boxes() -> None:
    diamond = np.array([[50, 0], [100, 50], [50, 100], [0, 50]], np.float32)
    shared, area, other = overlaps([diamond], [box_quad(0, 0, 100, 100)])
    assert shared[0, 0] == pytest.approx(5000) and area[0] == pytest.approx(5000)
    assert other[0] == pytest.approx(10000)


def test_counts_are_summed_before_they_are_divided() -> None:
    total = DetectionCounts(1, 1, 1, 1) + DetectionCounts(0, 0, 3, 1)
    assert (total.recall, total.precision) == (0.25, 0.5)

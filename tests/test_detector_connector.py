# SPDX-License-Identifier: Apache-2.0
"""The connector on outputs made by hand: columns, holes, isolated strips, duplicates."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pytest

from detector.connector import ConnectOptions, Lines, connect, drop_contained
from ocr_pipeline.core.geometry import box_quad

HEIGHTS = (16.0, 32.0)
Floats = npt.NDArray[np.float32]


class Canvas:
    """Outputs of a net, all background, on which strips can be put."""

    def __init__(self, rows: int = 12, columns: int = 20) -> None:
        self.score = np.zeros((rows, columns, 2), np.float32)
        self.vertical = np.zeros((rows, columns, 2, 2), np.float32)
        self.side = np.zeros((rows, columns, 2), np.float32)

    def put(self, columns: range, top: float, bottom: float, score: float = 0.99) -> None:
        """Strips of a level line from top to bottom; its ends are the columns' own edges."""
        row, anchor = int((top + bottom) / 32), int(bottom - top > 23)
        for column in columns:
            self.score[row, column, anchor] = score
            tall = HEIGHTS[anchor]
            offset = ((top + bottom) / 2 - (row * 16 + 8)) / tall
            self.vertical[row, column, anchor] = offset, np.log((bottom - top) / tall)
            near_left = column - columns[0] <= columns[-1] - column
            edge = columns[0] * 16 if near_left else (columns[-1] + 1) * 16
            self.side[row, column, anchor] = np.clip((edge - column * 16 - 8) / 16, -2, 2)

    def lines(self, **options: float) -> Lines:
        return connect(self.score, self.vertical, self.side, HEIGHTS, ConnectOptions(**options))


def boxes(lines: Lines) -> list[list[float]]:
    return [[round(float(v), 1) for v in (*quad.min(0), *quad.max(0))] for quad in lines.quads]


def test_a_level_line_comes_out_as_its_box_clockwise() -> None:
    canvas = Canvas()
    canvas.put(range(3, 9), 40, 60)
    lines = canvas.lines()
    assert boxes(lines) == [[48, 40, 144, 60]]
    np.testing.assert_allclose(lines.quads[0], box_quad(48, 40, 144, 60), atol=1e-3)
    assert lines.scores[0] == pytest.approx(0.99)


def test_columns_do_not_merge_across_a_gutter() -> None:
    canvas = Canvas()
    for top in (16, 40, 64, 88):
        canvas.put(range(1, 8), top, top + 18)
        canvas.put(range(10, 17), top, top + 18)  # two strips apart
    assert len(canvas.lines().quads) == 8


def test_a_hole_of_one_strip_is_bridged_within_a_line() -> None:
    canvas = Canvas()
    canvas.put(range(1, 5), 40, 60)
    canvas.put(range(6, 10), 40, 60)
    assert boxes(canvas.lines(gap=1.0)) == [[16, 40, 160, 60]]
    assert len(canvas.lines(gap=0.0).quads) == 2


def test_a_wide_hole_is_bridged_only_in_large_type() -> None:
    small, large = Canvas(), Canvas()
    small.put(range(1, 5), 40, 56)
    small.put(range(7, 11), 40, 56)
    large.put(range(1, 5), 40, 80)
    large.put(range(7, 11), 40, 80)
    assert (len(small.lines(gap=1.0).quads), len(large.lines(gap=1.0).quads)) == (2, 1)


def test_isolated_strips_need_confidence() -> None:
    canvas = Canvas()
    canvas.put(range(2, 3), 40, 58, score=0.9)
    canvas.put(range(8, 9), 40, 58, score=0.75)
    lines = canvas.lines()
    assert len(lines.quads) == 1 and 32 <= lines.quads[0, 0, 0] <= 33
    assert len(canvas.lines(single_score=0.7).quads) == 2


def test_weak_lines_are_dropped() -> None:
    canvas = Canvas()
    canvas.put(range(2, 9), 40, 58, score=0.65)
    assert len(canvas.lines().quads) == 0
    assert len(canvas.lines(line_score=0.6).quads) == 1


def test_neighbours_of_other_size_or_height_do_not_join() -> None:
    canvas = Canvas()
    canvas.put(range(1, 5), 40, 56)
    canvas.put(range(5, 9), 30, 62)  # twice as tall
    canvas.put(range(9, 13), 50, 82)  # too low
    assert len(canvas.lines().quads) == 3


def test_duplicates_in_a_column_become_one_strip() -> None:
    canvas = Canvas()
    canvas.put(range(2, 9), 40, 60)
    for column in range(2, 9):  # the other anchor says the same, less surely, and a bit higher
        canvas.score[3, column, 1] = 0.7
        canvas.vertical[3, column, 1] = (48 - 56) / 32, np.log(20 / 32)
    lines = canvas.lines()
    assert len(lines.quads) == 1
    assert 38.5 < lines.quads[0, 0, 1] < 40  # the mean, weighted by score


def test_one_stray_strip_does_not_tilt_a_line() -> None:
    canvas = Canvas()
    canvas.put(range(1, 12), 40, 60)
    canvas.score[3, 11], canvas.vertical[3, 11] = 0.0, 0.0
    canvas.put(range(11, 12), 33, 53)
    quad = canvas.lines().quads[0]
    assert abs(quad[0, 1] - 40) < 0.7 and abs(quad[1, 1] - 40) < 2.0


def test_no_strip_at_all() -> None:
    lines = Canvas().lines()
    assert lines.quads.shape == (0, 4, 2) and lines.scores.shape == (0,)


def test_lines_are_numbered_from_top_to_bottom() -> None:
    canvas = Canvas()
    for top in (120, 20, 70):
        canvas.put(range(2, 9), top, top + 18)
    assert np.all(np.diff(canvas.lines().quads[:, 0, 1]) > 0)


def test_contained_lines_are_dropped_and_slanted_neighbours_kept() -> None:
    slope = np.array([[0, 0], [0, 40], [0, 40], [0, 0]], np.float32)
    lines = [box_quad(0, y, 400, y + 18) + slope for y in (0, 22, 44)]
    inner = box_quad(100, 33, 180, 49)
    quads = np.stack([*lines, inner]).astype(np.float32)
    kept = drop_contained(Lines(quads, np.full(4, 0.9, np.float32)), 0.6)
    assert len(kept.quads) == 3


def test_a_dense_page_takes_milliseconds() -> None:
    rows, columns = 120, 80
    canvas = Canvas(rows, columns)
    for top in range(8, rows * 16 - 24, 24):
        canvas.put(range(2, 38), top, top + 18)
        canvas.put(range(41, 78), top, top + 18)
    canvas.lines()
    start = time.perf_counter()
    lines = canvas.lines()
    assert time.perf_counter() - start < 0.5
    assert len(lines.quads) == 2 * len(range(8, rows * 16 - 24, 24))

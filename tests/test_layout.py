# SPDX-License-Identifier: Apache-2.0
"""Reading order on synthetic layouts: lists of boxes given in the order in which they are read."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.layout import order_lines, page_angle, reading_order

Box = tuple[float, float, float, float]


def column(x: float, y: float, rows: int, width: float = 600, pitch: float = 40) -> list[Box]:
    """Prose: full lines with a short one now and then."""
    return [
        (x, y + i * pitch, x + width * (0.5 if i % 5 == 4 else 1.0), y + i * pitch + 28)
        for i in range(rows)
    ]


def order_of(boxes: list[Box], angle: float = 0.0, seed: int = 0) -> tuple[list[int], list[int]]:
    """(order, rows) found for shuffled, turned boxes, in the indices of ``boxes``."""
    quads = np.array([box_quad(*box) for box in boxes], np.float64)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    quads = quads @ np.array([[cos, sin], [-sin, cos]])
    shuffle = np.random.default_rng(seed).permutation(len(boxes))
    found = order_lines(quads[shuffle])
    return [int(shuffle[i]) for i, _ in found], [row for _, row in found]


LETTER = column(300, 200, 20, 1800)
TWO = column(100, 300, 30) + column(760, 300, 30)
THREE = column(100, 300, 25, 420) + column(560, 300, 25, 420) + column(1020, 300, 25, 420)
TITLE: list[Box] = [(300, 100, 1200, 150), (500, 180, 1000, 210)]
FOOT: list[Box] = [(700, 1700, 740, 1728)]
UNEVEN = column(100, 300, 30) + column(760, 317, 24)
SPANNED = (
    column(100, 300, 10)
    + column(760, 300, 10)
    + [(100, 740, 1360, 780)]
    + column(100, 820, 10)
    + column(760, 820, 10)
)
RECEIPT: list[Box] = [(150, 20, 450, 50), (200, 60, 400, 90)] + [
    box
    for i in range(12)
    for box in (
        (20, 130 + 40 * i, 200 + 37 * (i * 7 % 5), 160 + 40 * i),
        (480, 131 + 40 * i, 560, 161 + 40 * i),
    )
]
TABLE: list[Box] = [
    (100 + 350 * j, 100 + 50 * i, 180 + 350 * j + 23 * ((i + j) % 4), 130 + 50 * i)
    for i in range(15)
    for j in range(4)
]
FORM: list[Box] = [
    (x, 100 + 60 * i, x + 90 + 15 * (i % 3), 130 + 60 * i) for i in range(8) for x in (100, 400)
]


@pytest.mark.parametrize(
    "boxes",
    [LETTER, TWO, THREE, TITLE + TWO, TITLE + TWO + FOOT, TITLE + THREE + FOOT, UNEVEN, SPANNED],
)
@pytest.mark.parametrize("angle", [0, 1.5, -2])
def test_prose_is_read_column_by_column(boxes: list[Box], angle: float) -> None:
    order, rows = order_of(boxes, angle)
    assert order == list(range(len(boxes)))
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("boxes", [RECEIPT, TABLE, FORM])
@pytest.mark.parametrize("angle", [0, 1.5, -2])
def test_tables_are_read_row_by_row(boxes: list[Box], angle: float) -> None:
    order, rows = order_of(boxes, angle)
    assert order == list(range(len(boxes)))
    assert rows == sorted(rows)


def test_cells_of_a_row_share_its_number() -> None:
    _, rows = order_of(TABLE)
    assert rows == [i // 4 for i in range(60)]


def test_a_table_inside_a_column_keeps_its_rows() -> None:
    cells: list[Box] = [
        (110 + 300 * j, 720 + 40 * i, 230 + 300 * j, 748 + 40 * i)
        for i in range(6)
        for j in range(2)
    ]
    boxes = column(100, 300, 10) + cells + column(100, 980, 10) + column(760, 300, 27)
    order, rows = order_of(boxes)
    assert order == list(range(len(boxes)))
    assert rows[10:22:2] == rows[11:22:2]


def test_a_sidebar_with_figures_stays_beside_the_prose() -> None:
    side: list[Box] = [
        box
        for i in range(14)
        for box in ((20, 300 + 53 * i, 140, 328 + 53 * i), (200, 301 + 53 * i, 260, 329 + 53 * i))
    ]
    boxes = side + column(320, 310, 25, 900)
    order, _ = order_of(boxes)
    assert order == list(range(len(boxes)))


def test_a_running_head_comes_before_both_columns() -> None:
    head: list[Box] = [(100, 100, 140, 128), (1000, 100, 1360, 128)]
    order, rows = order_of(head + TWO)
    assert order == list(range(len(head + TWO)))
    assert rows[0] == rows[1]


def test_large_and_small_type_on_one_foot_are_one_row() -> None:
    assert reading_order([box_quad(300, 80, 400, 100), box_quad(0, 50, 200, 102)]) == [[1, 0]]


def test_nothing_and_one_line() -> None:
    assert order_lines([]) == []
    assert order_lines([box_quad(0, 0, 10, 5)]) == [(0, 0)]


def test_lines_without_size_do_not_fail() -> None:
    point = np.zeros((4, 2))
    assert sorted(i for i, _ in order_lines([point, point, box_quad(0, 0, 9, 9)])) == [0, 1, 2]


def test_every_line_once_whatever_the_layout() -> None:
    rng = np.random.default_rng(5)
    for n in (2, 17, 90):
        corner = rng.uniform(0, 1000, (n, 2))
        size = rng.uniform(5, 300, (n, 2))
        quads = [box_quad(*a, *(a + b)) for a, b in zip(corner, size, strict=True)]
        assert sorted(i for i, _ in order_lines(quads)) == list(range(n))


@pytest.mark.parametrize("degrees", [-20.0, -3.0, 0.0, 0.7, 12.0])
def test_the_angle_of_a_page(degrees: float) -> None:
    quads = np.array([box_quad(*box) for box in TWO], np.float64)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = quads @ np.array([[cos, sin], [-sin, cos]])
    assert np.degrees(page_angle(turned)) == pytest.approx(degrees, abs=0.01)


def test_it_is_quick() -> None:
    quads = np.array([box_quad(*box) for box in (column(0, 0, 70) + column(700, 9, 70)) + TABLE])
    order_lines(quads)
    start = time.perf_counter()
    order_lines(quads)
    assert time.perf_counter() - start < 0.2  # 10 ms on an idle machine


def test_the_head_of_a_form_is_no_pair_of_columns() -> None:
    facts: list[Box] = [
        (x, 200 + 40 * i, x + 250 + 10 * i, 228 + 40 * i) for i in range(5) for x in (100, 500)
    ]
    order, _ = order_of([(100, 100, 900, 150), *facts])
    assert order == list(range(11))


def test_a_stack_that_a_running_head_leaves_empty() -> None:
    boxes: list[Box] = [(900, 20, 1000, 48), (900, 100, 1000, 128), *column(100, 100, 2, 300)]
    boxes += column(100, 400, 6, 300)
    order, _ = order_of(boxes)
    assert sorted(order) == list(range(len(boxes)))

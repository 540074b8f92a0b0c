# SPDX-License-Identifier: Apache-2.0
"""Blocks and paragraphs: tables, headings, indents, white, short last lines, lists."""

from __future__ import annotations

import numpy as np
from fake_stages import FakeDetector, FakeRecognizer, bars

from ocr_pipeline import Pipeline, RunOptions
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.layout import Place, arrange

Row = tuple[float, float, float, str]
"""Left edge, top, height, text."""

FULL = "a line of running text that fills its column from edge to edge"
LAST = "and ends here."


def arranged(rows: list[Row], angle: float = 0.0) -> list[Place]:
    quads = np.array([box_quad(x, y, x + h * len(t) / 2, y + h) for x, y, h, t in rows], float)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return arrange(list(quads @ np.array([[cos, sin], [-sin, cos]])), [row[3] for row in rows])


def paragraphs(rows: list[Row], angle: float = 0.0) -> list[int]:
    places = arranged(rows, angle)
    assert [place.index for place in places] == list(range(len(rows)))
    return [place.paragraph for place in places if place.paragraph is not None]


def blocks(rows: list[Row]) -> list[int | None]:
    return [place.block for place in arranged(rows)]


def text(*lines: tuple[float, str], top: float = 100, pitch: float = 26) -> list[Row]:
    """Rows one below the other, each indented by so much."""
    return [(100 + indent, top + pitch * i, 20, line) for i, (indent, line) in enumerate(lines)]


def test_indented_first_lines() -> None:
    rows = text((30, FULL), (0, FULL), (0, FULL), (30, FULL), (0, FULL), (30, FULL), (0, FULL))
    for angle in (0, 3, -8):
        assert paragraphs(rows, angle) == [0, 0, 0, 1, 1, 2, 2]


def test_white_between_paragraphs() -> None:
    first = text((0, FULL), (0, FULL), (0, LAST))
    second = text((0, FULL), (0, FULL), (0, FULL), top=100 + 26 * 3 + 14)
    assert paragraphs(first + second) == [0, 0, 0, 1, 1, 1]
    assert len(set(blocks(first + second))) == 1


def test_short_last_lines() -> None:
    rows = text((0, FULL), (0, FULL), (0, LAST), (0, "N" + FULL), (0, FULL), (0, LAST))
    assert paragraphs(rows) == [0, 0, 0, 1, 1, 1]
    # Not where the sentence goes on: something stood in the way.
    rows = text((0, FULL), (0, FULL), (0, LAST), (0, FULL), (0, FULL), (0, FULL))
    assert paragraphs(rows) == [0] * 6


def test_an_address_is_one_paragraph() -> None:
    lines = ("Mrs. E. Whitcombe", "19 Orchard Terrace", "Wickham", "England", "Earth")
    assert paragraphs(text(*((0, line) for line in lines))) == [0] * 5


def test_centred_lines_are_one_paragraph() -> None:
    assert paragraphs(text((150, LAST), (90, LAST * 2), (170, LAST), (20, FULL))) == [0] * 4


def test_hanging_indents_and_lists() -> None:
    rows = text((0, FULL), (40, FULL), (40, FULL), (0, FULL), (40, FULL), (40, FULL))
    assert paragraphs(rows) == [0, 0, 0, 1, 1, 1]
    rows = text((0, "1. " + FULL), (0, FULL), (0, "2. " + FULL), (0, "3. " + FULL), (0, FULL))
    assert paragraphs(rows) == [0, 0, 1, 2, 2]


def test_double_spacing_is_no_white() -> None:
    assert paragraphs(text(*[(0, FULL)] * 8, pitch=46)) == [0] * 8


def test_a_heading_is_a_block_of_its_own() -> None:
    rows: list[Row] = [(100, 40, 40, "Heading"), *text((0, FULL), (0, FULL), (0, FULL))]
    assert blocks(rows) == [0, 1, 1, 1]


def test_far_apart_is_another_block() -> None:
    rows = text((0, FULL), (0, FULL), (0, LAST)) + text((0, FULL), (0, FULL), top=300)
    assert blocks(rows) == [0, 0, 0, 1, 1]


def test_a_table_is_one_block_and_one_paragraph() -> None:
    cells: list[Row] = [
        (100 + 300 * j, 200 + 40 * i, 20, "cell" * (1 + (i + j) % 3))
        for i in range(5)
        for j in range(3)
    ]
    before = text((0, FULL), (0, FULL), (0, FULL))
    after = text((0, FULL), (0, FULL), (0, FULL), top=400)
    places = arranged(before + cells + after)
    assert [place.block for place in places] == [0] * 3 + [1] * 15 + [2] * 3
    assert [place.paragraph for place in places] == [0] * 3 + [1] * 15 + [2] * 3
    assert [place.row for place in places][3:18] == [3 + i // 3 for i in range(15)]


def test_columns_are_blocks() -> None:
    left = text(*[(0, FULL)] * 10)
    right = text(*[(800, FULL)] * 10)
    assert blocks(left + right) == [0] * 10 + [1] * 10


def test_numbers_rise_over_the_page() -> None:
    rng = np.random.default_rng(2)
    rows: list[Row] = [
        (rng.uniform(0, 800), rng.uniform(0, 900), rng.uniform(8, 40), "word " * rng.integers(1, 9))
        for _ in range(60)
    ]
    places = arranged(rows)
    assert sorted(place.index for place in places) == list(range(60))
    for numbers in ([p.row for p in places], [p.block for p in places]):
        assert numbers == sorted(numbers)  # type: ignore[type-var]
    paragraphs_ = [place.paragraph for place in places]
    assert paragraphs_ == sorted(paragraphs_)  # type: ignore[type-var]
    assert set(paragraphs_) == set(range(max(p or 0 for p in paragraphs_) + 1))


def test_no_lines_and_one_line() -> None:
    assert arrange([], []) == []
    assert arranged([(10, 10, 20, "alone")]) == [Place(0, 0, 0, 0)]


# ------------------------------------------------------------------------------ pages

BOXES = [(20, 20, 220, 32), (20, 38, 220, 50), (20, 90, 220, 102), (20, 108, 120, 120)]


def read(**options: bool) -> Pipeline:
    return Pipeline(RunOptions(**options), detector=FakeDetector(), recognizer=FakeRecognizer())  # type: ignore[arg-type]


def test_a_blank_line_parts_paragraphs_in_plain_text() -> None:
    page = read().read_page(bars(BOXES))
    assert page.text == "first line\nsecond\n\nthird\nfourth"
    assert [line.block for line in page.lines] == [0, 0, 1, 1]


def test_without_layout_there_are_no_blocks() -> None:
    page = read(layout=False).read_page(bars(BOXES))
    assert page.text == "first line\nsecond\nthird\nfourth"
    assert {(line.block, line.paragraph) for line in page.lines} == {(None, None)}


def test_a_hyphen_at_a_line_end_stays() -> None:
    texts = ("a hyphen-", "ated word")
    pipeline = Pipeline(RunOptions(), detector=FakeDetector(), recognizer=FakeRecognizer(texts))
    assert pipeline.read_page(bars(BOXES[:2])).text == "a hyphen-\nated word"

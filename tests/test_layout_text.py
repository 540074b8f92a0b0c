# SPDX-License-Identifier: Apache-2.0
"""Reading order with the wording to go by: prose beside tables, numbered lines, merged lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from fake_stages import FakeChar, FakeReading, reading

from ocr_pipeline.assembly import ReadLine, make_line
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.layout import arrange, merged_lines
from ocr_pipeline.layout.wording import flow, full_lines

Box = tuple[float, float, float, float]
Line = tuple[Box, str]

SAID = (
    "the river ran down from hills that nobody had seen since the winter and we went along it "
    "for three days until a village came into sight where smoke rose from every house but one"
)
WORDS = SAID.split()
CHAR = 10.0  # pixels


def prose(x: float, y: float, rows: int, width: float, pitch: float = 32) -> list[Line]:
    """Running text, wrapped at ``width``; its last line is short."""
    lines: list[Line] = []
    k = 0
    while len(lines) < rows:
        text = WORDS[k % len(WORDS)]
        k += 1
        while len(text) + 1 + len(WORDS[k % len(WORDS)]) <= width / CHAR:
            text += " " + WORDS[k % len(WORDS)]
            k += 1
        top = y + len(lines) * pitch
        lines.append(((x, top, x + CHAR * len(text), top + 22), text))
    return lines


def cell(x: float, y: float, text: str) -> Line:
    return (x, y, x + CHAR * len(text), y + 22), text


def order_of(lines: list[Line], analyse: bool = True, seed: int = 0) -> list[int]:
    shuffle = np.random.default_rng(seed).permutation(len(lines))
    quads = [box_quad(*lines[i][0]) for i in shuffle]
    places = arrange(quads, [lines[i][1] for i in shuffle], analyse)
    assert sorted(place.index for place in places) == list(range(len(lines)))
    assert [p.row for p in places] == sorted(p.row for p in places)
    return [int(shuffle[place.index]) for place in places]


def in_order(lines: list[Line]) -> bool:
    return order_of(lines) == list(range(len(lines)))


def test_numbered_lines_of_two_columns() -> None:
    def numbered(x: float) -> list[Line]:
        text = prose(x + 40, 100, 20, 420)
        return [
            line
            for i, (box, words) in enumerate(text)
            for line in (cell(x, box[1], str(i + 1)), (box, words))
        ]

    assert in_order(numbered(50) + numbered(600))


def test_a_table_of_figures_beside_prose_on_the_same_rows() -> None:
    table = [
        line
        for i in range(12)
        for line in (cell(50, 100 + 32 * i, "Total assets"), cell(250, 100 + 32 * i, f"{70 + i}"))
    ]
    assert in_order(table + prose(330, 100, 16, 600))


def test_narrow_columns_of_a_newspaper_that_are_few_lines_high() -> None:
    assert in_order(prose(50, 100, 6, 240) + prose(310, 100, 6, 240) + prose(570, 100, 6, 240))


def test_a_table_in_lower_case_is_read_row_by_row() -> None:
    names = ("bolt with nut", "hex", "long washer of brass", "pin", "split ring", "rod, bent")
    rows = [
        line
        for i in range(12)
        for line in (
            cell(50, 100 + 32 * i, names[i % 6]),
            cell(330, 100 + 32 * i, names[(i * 5 + 2) % 6]),
            cell(600, 100 + 32 * i, f"{i}.50"),
        )
    ]
    assert in_order(rows)


def test_wide_blanks_of_a_typewriter_are_no_gutters() -> None:
    rng = np.random.default_rng(3)
    lines: list[Line] = []
    for i in range(16):
        x = 60.0
        while x < 700:
            text = " ".join(rng.choice(WORDS, rng.integers(1, 4)))
            lines.append(cell(x, 100 + 32 * i, text))
            x = lines[-1][0][2] + 18 + rng.uniform(0, 12)
    assert in_order(lines)


def test_two_stacks_of_a_letterhead_and_the_address_below() -> None:
    left = [cell(50, 40 + 28 * i, text) for i, text in enumerate(["ROOM NUMBER 12"] * 6)]
    right = [cell(700, 43 + 42 * i, text) for i, text in enumerate(["OFFICE ROAD 3"] * 5)]
    address = [cell(60, 330 + 32 * i, text) for i, text in enumerate(["Mr. Gunn", "Main St"])]
    assert in_order(left + right + address + prose(60, 460, 8, 760))


def test_without_layout_rows_are_read_from_the_top_down() -> None:
    lines = prose(50, 100, 10, 400) + prose(500, 100, 10, 400)
    expected = [i for pair in zip(range(10), range(10, 20), strict=True) for i in pair]
    assert order_of(lines, analyse=False) == expected
    places = arrange([box_quad(*box) for box, _ in lines], [text for _, text in lines], False)
    assert {(place.block, place.paragraph) for place in places} == {(None, None)}


# ------------------------------------------------------------------------------ wording


def test_how_often_sentences_run_on() -> None:
    lines = prose(0, 0, 12, 400)
    widths = np.array([box[2] - box[0] for box, _ in lines])
    said = flow([text for _, text in lines], widths, widths)
    assert said is not None and said.filled > 0.9
    cells = ["bolt", "a nut", "long washer", "pin", "ring"] * 3
    widths = np.array([CHAR * len(text) for text in cells])
    said = flow(cells, widths, widths)
    assert said is not None and said.begun > 0.9 and said.filled < 0.5
    assert flow(["ALL", "IN", "CAPITALS"] * 4, np.ones(12), np.ones(12)) is None


def test_a_line_is_full_if_the_next_word_would_not_fit() -> None:
    texts = ["aaaa bbbb cc", "dddddd", "ee ffff ggg"]
    widths = np.array([120.0, 60.0, 110.0])
    assert full_lines(texts, widths, widths).tolist() == [True, False, False]
    assert full_lines([], np.zeros(0), np.zeros(0)).tolist() == []


# ------------------------------------------------------------------------------ merged lines


def read_line(box: Box, text: str) -> ReadLine:
    return ReadLine.of(box_quad(*box), 0.9, reading(text))


def merged_page() -> tuple[list[ReadLine], str, str]:
    """Two columns of which one pair of lines was found as one, its letters a little off."""
    left, right = prose(50, 100, 9, 400), prose(480, 100, 9, 400)
    (x0, y0, _, y1), first = left[4]
    (_, _, x1, _), second = right[4]
    merged = read_line((x0, y0, x1, y1), f"{first} {second}")
    lines = [read_line(*line) for k, line in enumerate(left + right) if k % 9 != 4]
    return [*lines, merged], first, second


def test_a_line_that_runs_across_a_gutter_is_cut() -> None:
    lines, first, second = merged_page()
    cuts = merged_lines([line.quad for line in lines], [line.blanks() for line in lines])
    assert list(cuts) == [len(lines) - 1]
    a, b = lines[-1].cut(cuts[len(lines) - 1])
    assert (a.text, b.text) == (first, second)
    assert a.quad[1, 0] < 460 and abs(b.quad[0, 0] - 480) < 3
    assert a.confidence * b.confidence == pytest.approx(0.9) and a.score == 0.9
    assert 0.9 < a.confidence < 1
    for part in (a, b):
        line = make_line(part)
        assert [word.text for word in line.words] == part.text.split()
        xs = [x for word in line.words for x, _ in word.polygon]
        assert min(xs) >= part.quad[0, 0] - 0.1 and max(xs) <= part.quad[1, 0] + 0.1
        starts = [word.polygon[0][0] for word in line.words]
        assert starts == sorted(starts)


def wide_blank(box: Box, first: str, second: str) -> ReadLine:
    """A line of two columns' lines, with a blank of three letters' width between them."""
    text = f"{first} {second}"
    places = np.cumsum([0.0, *(3.0 if i == len(first) else 1.0 for i in range(len(text)))])
    places /= places[-1]
    chars = tuple(FakeChar(c, 0.9, a, b) for c, (a, b) in zip(text, pairwise(places), strict=True))
    return ReadLine.of(box_quad(*box), 0.9, FakeReading(text, 0.9, chars))


@pytest.mark.parametrize("number", [1, 5])
def test_lines_that_run_across_a_gutter_one_below_the_other_are_cut(number: int) -> None:
    left, right = prose(50, 100, 14, 400), prose(480, 100, 14, 400)
    lines = [read_line(*line) for line in [*left[number:], *right[number:]]]
    apart = len(lines)
    for (box, first), ((_, _, x1, _), second) in zip(left[:number], right[:number], strict=True):
        lines.append(wide_blank((box[0], box[1], x1, box[3]), first, second))
    cuts = merged_lines([line.quad for line in lines], [line.blanks() for line in lines])
    assert sorted(cuts) == list(range(apart, apart + number))
    for i, cut in cuts.items():
        parts = [part.text for part in lines[i].cut(cut)]
        assert parts == [left[i - apart][1], right[i - apart][1]]


def test_a_heading_across_the_columns_is_whole() -> None:
    lines = [read_line(*line) for line in prose(50, 200, 9, 400) + prose(480, 200, 9, 400)]
    heading = read_line((200, 140, 760, 162), "A heading that runs across and on to the right side")
    lines.append(heading)
    assert not merged_lines([line.quad for line in lines], [line.blanks() for line in lines])


def test_lines_of_one_column_are_whole() -> None:
    lines = [read_line(*line) for line in prose(50, 100, 20, 700)]
    assert not merged_lines([line.quad for line in lines], [line.blanks() for line in lines])
    assert merged_lines([], []) == {}

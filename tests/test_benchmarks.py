# SPDX-License-Identifier: Apache-2.0
"""The programs that compare and plot: what they count, and what they write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from engines import ENGINES, Tesseract, installed
from page import plot_frontier, replace_section, tables
from peers import SETS, compare_pages, ratios
from scores import Scores, match_exactly, text_of, wrong_blanks


def found(text: str, *box: int) -> dict[str, Any]:
    return {"text": text, "quad": box_quad(*box).tolist() if box else None}


def labelled(text: str, *box: int) -> LabeledLine:
    return LabeledLine(box_quad(*box), text)


PAGE = LabeledPage(
    Path("p.png"),
    200,
    100,
    (labelled("Total 12.50", 10, 10, 110, 30), labelled("Thank you", 10, 50, 110, 70)),
    "Total 12.50\nThank you",
)


class FakeWorker:
    """Answers every page with the same lines."""

    def __init__(self, lines: list[dict[str, Any]], seconds: float) -> None:
        self.answer = {"lines": lines, "seconds": seconds}

    def ask(self, **request: Any) -> dict[str, Any]:
        assert request["kind"] == "page"
        return self.answer if self.answer["lines"] else {"error": "broken"}


def test_a_comparison_counts_each_engine() -> None:
    right = [found("Total 12.50", 10, 10, 110, 30), found("Thank you", 10, 50, 110, 70)]
    joined = [found("total12.50", 10, 10, 110, 30), found("Thank you", 10, 50, 110, 70)]
    workers: Any = {"ours": FakeWorker(right, 1.0), "tesseract": FakeWorker(joined, 2.0)}
    workers["rapidocr"] = FakeWorker([], 0.0)
    scores = compare_pages([PAGE, PAGE], workers, "")
    ours, theirs, none = (s.figures(caseless=False) for s in scores.values())
    assert ours["word F1"] == ours["word F1, exact"] == ours["DetEval hmean"] == 1
    assert ours["CER in reading order"] == ours["lines with wrong blanks"] == 0
    assert theirs["lines with wrong blanks"] == 0.5
    assert theirs["word F1"] == pytest.approx(4 / 7)
    assert none["images that failed"] == 2 and none["word F1"] == 0
    assert ratios(scores, "tesseract")["ours"] == 0.5
    assert ratios({"ours": scores["ours"]}, "tesseract") == {}


def test_case_and_signs_count_where_words_must_be_exact() -> None:
    assert match_exactly("It’s 12.50, fine", "It's 12.50 Fine").matched == 1
    assert match_exactly("a a b", "a b b").matched == 2


def test_blanks_are_compared_line_by_line() -> None:
    lines = [labelled("14 B", 0, 0, 100, 20), labelled("one two", 0, 40, 100, 60)]
    pieces = [
        found("one", 0, 40, 40, 60),
        found("two", 50, 40, 100, 60),
        found("far", 0, 90, 9, 99),
    ]
    both = wrong_blanks(lines, [found("14B", 0, 0, 100, 20), *pieces])
    assert (both.edits, both.length) == (1, 2)
    misread = wrong_blanks(lines, [found("148", 0, 0, 100, 20), *pieces])
    assert (misread.edits, misread.length) == (0, 1)


def test_texts_go_row_by_row() -> None:
    lines = [{"text": "a", "row": 0}, {"text": "b", "row": 0}, {"text": "c", "row": 1}]
    assert text_of(lines) == "a b\nc"
    assert text_of([found("a"), found("b")]) == "a\nb"


def test_crops() -> None:
    scores = Scores()
    scores.add_crop("Twenty “five”", [found('Twenty "five"')])
    scores.add_crop("ab", [])
    figures = scores.figures(caseless=False)
    assert figures["exact, letters and digits"] == 0.5
    assert figures["CER"] == pytest.approx(2 / 15)


def test_a_section_is_replaced_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "doc.md"
    replace_section(path, "peers", "one")
    path.write_text(path.read_text() + "\nafter\n")
    replace_section(path, "peers", "two")
    replace_section(path, "more", "three")
    text = path.read_text()
    assert "one" not in text and text.count("<!-- peers -->") == 1
    assert text.index("two") < text.index("after") < text.index("three")


def results() -> dict[str, Any]:
    figures = {"word F1": 0.9, "seconds, median": 0.5, "seconds by Tesseract's": 0.6}
    engines = dict.fromkeys(ENGINES, figures)
    one = {"kind": "page", "images": 3, "page mode": "6x2", "engines": engines}
    return {
        "versions": {name: f"{name} 1.0" for name in ENGINES},
        "machine": "a machine",
        "threads": 2,
        "note": "",
        "peak MB": dict.fromkeys(ENGINES, 100.0),
        "sets": {"sroie": one},
    }


def test_tables_have_every_engine_and_setting(tmp_path: Path) -> None:
    text = tables(results(), tmp_path / "frontier.png")
    assert "| sroie | 3 | word F1 | 0.900 | 0.900 | 0.900 |" in text
    assert "sroie 6 at twice the size" in text and "Tesseract 100 MB" in text
    assert "DetEval" not in text and "images/frontier.png" in text


def test_the_frontier_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = plot_frontier(results(), tmp_path / "images" / "frontier.png")
    assert path is not None and path.stat().st_size > 1000


@pytest.mark.skipif(not installed("tesseract"), reason="no tesseract program here")
def test_tesseract_gives_lines_with_places(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (500, 120), 255)
    ImageDraw.Draw(picture).text((20, 30), "Hello world", fill=0, font=ImageFont.load_default(48))
    picture.save(tmp_path / "hello.png")
    for setting in ("6", "6x2"):
        lines, seconds = Tesseract().read(str(tmp_path / "hello.png"), "page", setting)
        assert [line["text"] for line in lines] == ["Hello world"] and seconds > 0
        x0, y0 = np.array(lines[0]["quad"]).min(0)
        assert abs(x0 - 20) < 10 and abs(y0 - 40) < 15


def test_sets_are_of_known_kinds() -> None:
    assert {one.kind for one in SETS.values()} == {"page", "line", "word"}

# SPDX-License-Identifier: Apache-2.0
"""Text, JSON and overlay of a document tree."""

from __future__ import annotations

import numpy as np

from ocr_pipeline.core.document import Char, Document, Line, Page, Word
from ocr_pipeline.writers import draw_overlay, to_json, to_text
from ocr_pipeline.writers.overlay import HIGH, LOW, MAX_SIDE, confidence_color

BOX = ((10.0, 20.0), (90.0, 20.0), (90.0, 40.0), (10.0, 40.0))


def document() -> Document:
    word = Word("Zürich", BOX, 0.9, (Char("Z", BOX, 0.8),))
    first = Page(
        1,
        120,
        80,
        (Line("Zürich", BOX, 0.9, 0.7, (word,), 0), Line("8 €", BOX, 0.2, 0.7, (), 0)),
        300.0,
    )
    second = Page(2, 120, 80, (Line("end", BOX, 1.0, 1.0, (), 0),))
    return Document("in/a.tif", (first, second))


def test_text_joins_rows_and_parts_pages() -> None:
    assert to_text(document()).decode() == "Zürich 8 €\fend\n"
    assert to_text(Document("x", (Page(1, 5, 5),))) == b""


def test_json_comes_back_unchanged() -> None:
    assert Document.from_json(to_json(document())) == document()
    assert "Zürich" in to_json(document()).decode()


def test_lone_surrogates_do_not_stop_a_writer() -> None:
    odd = Document("\udcff.png", (Page(1, 5, 5, (Line("\ud800", BOX),)),))
    assert to_text(odd) == b"?\n"
    assert to_json(odd)


def test_overlay_draws_on_the_outline_alone() -> None:
    image = np.full((80, 120, 3), 255, np.uint8)
    picture = draw_overlay(image, document().pages[1])
    assert picture.shape == image.shape
    assert tuple(picture[20, 50]) == HIGH
    assert (picture[30, 50] == 255).all() and (picture[60, 50] == 255).all()
    assert (image == 255).all()


def test_overlay_with_text_is_twice_as_wide() -> None:
    picture = draw_overlay(np.full((80, 120), 255, np.uint8), document().pages[0], with_text=True)
    assert picture.shape == (80, 240, 3)
    assert (picture[:, 120:] < 200).any()


def test_a_huge_page_is_scaled_down() -> None:
    page = Page(1, 2 * MAX_SIDE, 40, (Line("x", ((0, 0), (7990, 0), (7990, 30), (0, 30))),))
    picture = draw_overlay(np.full((40, 2 * MAX_SIDE, 3), 255, np.uint8), page)
    assert picture.shape == (20, MAX_SIDE, 3)
    assert tuple(picture[0, 2000]) == HIGH


def test_colours_run_from_red_to_green() -> None:
    assert confidence_color(0.1) == LOW and confidence_color(1.0) == HIGH
    reds = [confidence_color(c)[0] for c in (0.8, 0.9, 1.0)]
    assert reds == sorted(reds, reverse=True)

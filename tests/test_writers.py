# SPDX-License-Identifier: Apache-2.0
"""The tables of writers, text, JSON, JSONL and overlay."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from sample_trees import WILD, box, plain_document

from ocr_pipeline.core.document import Char, Document, Line, Page, Word
from ocr_pipeline.options import DEFAULT_FORMATS, FORMATS
from ocr_pipeline.writers import (
    DOCUMENT_WRITERS,
    PAGE_WRITERS,
    SOURCE_WRITERS,
    STREAM_WRITERS,
    SUFFIXES,
    WriteOptions,
    draw_overlay,
    output_path,
    to_json,
    to_jsonl,
    to_text,
)
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


def test_the_tables_hold_what_can_be_asked_for() -> None:
    written = {*STREAM_WRITERS, *PAGE_WRITERS, *SOURCE_WRITERS, "overlay"}
    assert written == set(FORMATS)
    assert set(DOCUMENT_WRITERS) == set(STREAM_WRITERS)
    assert set(SUFFIXES) <= written and set(DEFAULT_FORMATS) <= written
    names = [output_path(Path("out/a.b"), name).name for name in FORMATS]
    assert len(set(names)) == len(FORMATS) and all(name.startswith("a.b.") for name in names)


def test_every_format_is_described() -> None:
    text = (Path(__file__).parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    for name in FORMATS:
        file = output_path(Path("NAME"), name).name
        assert f"| `{name}` | `{file}` |" in text, name


@given(WILD)
@settings(max_examples=25, deadline=None)
def test_page_by_page_is_all_at_once(tree: Document) -> None:
    for options in (WriteOptions(), WriteOptions(characters=True)):
        for name, stream in STREAM_WRITERS.items():
            pieces = stream(replace(tree, pages=()), iter(tree.pages), options)
            assert b"".join(pieces) == DOCUMENT_WRITERS[name](tree, options), name


class Token(dict):
    """A page's meta that tells when the page is gone."""


@pytest.mark.parametrize("name", sorted(STREAM_WRITERS))
def test_a_long_document_is_never_held(name: str) -> None:
    sample = plain_document().pages[0]
    tokens: list[weakref.ref[Token]] = []

    def pages() -> Iterator[Page]:
        for number in range(1, 31):
            token = Token()
            tokens.append(weakref.ref(token))
            yield replace(sample, number=number, meta=token)

    alive, sizes = 0, []
    for piece in STREAM_WRITERS[name](Document("a.pdf"), pages()):
        sizes.append(len(piece))
        alive = max(alive, sum(token() is not None for token in tokens))
    assert len(tokens) == 30 and alive <= 2
    assert 0 < max(sizes) < sum(sizes) / 10


def test_text_joins_rows_and_parts_pages() -> None:
    assert to_text(document()).decode() == "Zürich 8 €\fend\n"
    assert to_text(Document("x", (Page(1, 5, 5),))) == b""


@given(WILD)
@settings(max_examples=25, deadline=None)
def test_text_is_the_documents(tree: Document) -> None:
    text = tree.text
    expected = (text + "\n" if text else "").encode("utf-8", errors="replace")
    assert to_text(tree) == expected


def test_json_comes_back_unchanged() -> None:
    assert Document.from_json(to_json(document())) == document()
    assert "Zürich" in to_json(document()).decode()


def test_jsonl_has_a_page_on_each_line() -> None:
    first, second = (json.loads(line) for line in to_jsonl(document()).splitlines())
    assert (first["source"], first["number"], first["text"]) == ("in/a.tif", 1, "Zürich 8 €")
    assert Page.from_dict(second) == document().pages[1]


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


def test_overlay_draws_words_when_asked_for() -> None:
    image = np.full((80, 120, 3), 255, np.uint8)
    word = Word("half", ((10.0, 20.0), (50.0, 20.0), (50.0, 40.0), (10.0, 40.0)), 0.3)
    page = Page(1, 120, 80, (Line("half full", BOX, 1.0, words=(word,)),))
    assert (draw_overlay(image, page)[30, 50] == 255).all()
    picture = draw_overlay(image, page, with_words=True)
    assert tuple(picture[30, 50]) == LOW
    assert tuple(picture[30, 90]) == HIGH and tuple(picture[20, 30]) == HIGH


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_overlay_text_runs_as_the_line_does(turn: int) -> None:
    page = Page(1, 200, 200, (Line("I" * 14, box(80, 90, 180, 110), 1.0),))
    if turn in (90, 270):
        page = Page(1, 200, 200, (Line("I" * 14, box(90, 80, 110, 180, turn), 1.0),))
    elif turn:
        page = Page(1, 200, 200, (Line("I" * 14, box(80, 90, 180, 110, turn), 1.0),))
    sheet = draw_overlay(np.full((200, 200, 3), 255, np.uint8), page, with_text=True)[:, 200:]
    rows, columns = np.nonzero((sheet < 200).any(2))
    spread = np.ptp(columns) - np.ptp(rows)
    assert (spread > 20) == (turn in (0, 180)) and (spread < -20) == (turn in (90, 270))
    # It begins where the line begins: at the end of the box, where text is turned that way.
    begin = {0: columns.min() - 80, 180: 180 - columns.max()}
    begin |= {90: 180 - rows.max(), 270: rows.min() - 80}
    assert 0 <= begin[turn] <= 6


def test_overlay_takes_any_outline() -> None:
    image = np.full((80, 120, 3), 255, np.uint8)
    lines = (Line("none", ()), Line("dot", ((5.0, 5.0),)), Line("far", box(-90, -9, -50, 500)))
    many = Line("many", ((10.0, 60.0), (60.0, 55.0), (90.0, 60.0), (90.0, 70.0), (10.0, 70.0)))
    for page in (Page(1, 120, 80, lines), Page(1, 120, 80, (many,))):
        picture = draw_overlay(image, page, with_text=True, with_words=True)
        assert picture.shape == (80, 240, 3)
    assert (picture[:, :120] < 255).any() and (picture[:, 120:] < 255).any()


def test_a_huge_page_is_scaled_down() -> None:
    page = Page(1, 2 * MAX_SIDE, 40, (Line("x", ((0, 0), (7990, 0), (7990, 30), (0, 30))),))
    picture = draw_overlay(np.full((40, 2 * MAX_SIDE, 3), 255, np.uint8), page)
    assert picture.shape == (20, MAX_SIDE, 3)
    assert tuple(picture[0, 2000]) == HIGH


def test_colours_run_from_red_to_green() -> None:
    assert confidence_color(0.1) == LOW and confidence_color(1.0) == HIGH
    reds = [confidence_color(c)[0] for c in (0.8, 0.9, 1.0)]
    assert reds == sorted(reds, reverse=True)

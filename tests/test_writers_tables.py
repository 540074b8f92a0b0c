# SPDX-License-Identifier: Apache-2.0
"""TSV, CSV and Markdown: what other programs read in them is what the tree says."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import LETTERS, WILD, box, plain_document

from ocr_pipeline.core.document import Document, Line, Page
from ocr_pipeline.writers import to_csv, to_markdown, to_tsv
from ocr_pipeline.writers.csv import COLUMNS

EMPTY = Document("a.png", (Page(1, 30, 20),))


def tsv(document: Document) -> list[list[str]]:
    return [line.split("\t") for line in to_tsv(document).decode().split("\n")[:-1]]


def rows(document: Document) -> list[dict[str, str]]:
    text = to_csv(document).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_tsv_has_tesseracts_columns_and_levels() -> None:
    head, *table = tsv(plain_document())
    assert "\t".join(head) == (
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\t"
        "conf\ttext"
    )
    assert [row[0] for row in table] == list("12345534555523454551")
    assert table[0] == ["1", "1", "0", "0", "0", "0", "0", "0", "400", "300", "-1", ""]
    assert table[1] == ["2", "1", "1", "0", "0", "0", "20", "20", "150", "60", "-1", ""]
    assert table[4] == ["5", "1", "1", "1", "1", "1", "20", "20", "40", "20", "90.00", "Dear"]
    assert table[-1] == ["1", "2", "0", "0", "0", "0", "0", "0", "400", "300", "-1", ""]
    assert [row[11] for row in table if row[0] == "5"] == plain_document().text.split()


def test_tsv_of_an_empty_page_has_its_page_alone() -> None:
    assert [row[0] for row in tsv(EMPTY)] == ["level", "1"]


@given(WILD)
@settings(max_examples=50, deadline=None)
def test_tsv_is_a_table_whatever_is_read(tree: Document) -> None:
    table = tsv(tree)
    assert {len(row) for row in table} == {12}
    for row in table[1:]:
        level, *numbers = map(int, row[:6])
        # What is below a row's own level is not numbered, what is not counts from 1.
        assert all(number >= 1 for number in numbers[:level])
        assert not any(numbers[level:])
        assert (float(row[10]) == -1) == (level < 5)
        left, top, width, height = map(int, row[6:10])
        page = tree.pages[0] if len(tree.pages) == 1 else None
        assert min(left, top, width, height) >= 0
        assert page is None or (left + width <= page.width and top + height <= page.height)


def test_csv_has_a_row_for_each_line() -> None:
    table = rows(plain_document())
    assert list(table[0]) == list(COLUMNS)
    assert [row["text"] for row in table] == [
        "Dear reader,",
        "Grüße & <so on>",
        "Total",
        "8,50 €",
    ]
    last = table[-1]
    assert (last["page"], last["block"], last["paragraph"], last["line"]) == ("1", "2", "3", "4")
    assert (last["row"], last["confidence"], last["detection"]) == ("3", "0.9000", "0.8000")
    assert [last[name] for name in ("left", "top", "width", "height")] == ["200", "100", "60", "20"]
    assert last["polygon"] == "200,100 260,100 260,120 200,120"
    assert to_csv(plain_document()).startswith(b"\xef\xbb\xbfsource,page,")
    assert rows(EMPTY) == []


@given(st.text(LETTERS + ' \r\n"', max_size=20))
def test_csv_keeps_texts(text: str) -> None:
    document = Document("a.png", (Page(1, 9, 9, (Line(text, box(0, 0, 9, 9)),)),))
    read = rows(document)[0]["text"]
    assert read in (text, f"'{text}")
    assert to_csv(document).count(b"\r\n") >= 2  # RFC 4180: lines end so, the last as well


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        " =A1",
        "\t=A1",
        "- item",
        "+49 30 1234",
    ],
)
def test_csv_is_not_executed(text: str) -> None:
    page = Page(1, 9, 9, (Line(text, box(0, 0, 9, 9)),))
    read = rows(Document(text, (page,)))[0]
    assert read["text"] == read["source"] == f"'{text}"


@pytest.mark.parametrize("text", ["-12.50", "- 5 %", "+1,5", "12-3", "a=b", ""])
def test_csv_keeps_numbers(text: str) -> None:
    read = rows(Document("a", (Page(1, 9, 9, (Line(text, box(0, 0, 9, 9)),)),)))[0]["text"]
    assert read == text


def test_markdown_has_paragraphs_tables_and_pages() -> None:
    document = plain_document()
    # One row of two cells is no table yet.
    assert to_markdown(document).decode() == (
        "Dear reader,\n\nGrüße \\& \\<so on\\>\n\nTotal 8,50 €\n\n***\n\n<!-- page 2 -->\n"
    )
    page = document.pages[0]
    more = tuple(
        replace(line, row=3, polygon=tuple((x, y + 40) for x, y in line.polygon))
        for line in page.lines[2:]
    )
    text = to_markdown(Document("a", (replace(page, lines=page.lines + more),))).decode()
    assert text.endswith("\n\n| Total | 8,50 € |\n| --- | --- |\n| Total | 8,50 € |\n")
    # Without a gap from top to bottom it may be anything.
    more = (replace(more[0], polygon=box(20, 140, 230, 160)), more[1])
    text = to_markdown(Document("a", (replace(page, lines=page.lines + more),))).decode()
    assert text.endswith("\n\nTotal 8,50 €\nTotal 8,50 €\n")
    assert to_markdown(EMPTY) == b""


def rendered(markdown: str) -> list[str]:
    """Blocks of text of a Markdown file as a renderer shows them; markup other than ours fails."""
    markdown_it = pytest.importorskip("markdown_it")
    texts = []
    for token in markdown_it.MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "html_block":
            assert re.fullmatch(r"<!-- page \d+ -->\n?", token.content)
        elif token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "softbreak", "text_special"}
            texts.append(
                "".join(
                    "\n" if child.type == "softbreak" else child.content for child in token.children
                )
            )
        else:
            assert token.type in ("paragraph_open", "paragraph_close", "hr"), token.type
    return texts


@given(st.lists(st.text(LETTERS + " ", max_size=12), max_size=5))
@settings(max_examples=300, deadline=None)
def test_markdown_renders_as_what_was_read(texts: list[str]) -> None:
    lines = tuple(Line(text, box(0, 20 * i, 90, 20 * i + 10)) for i, text in enumerate(texts))
    whole = "\n".join(" ".join(text.split()) for text in texts if text.strip())
    shown = rendered(to_markdown(Document("a", (Page(1, 100, 200, lines),))).decode())
    assert shown == ([whole] if whole else [])


@pytest.mark.parametrize(
    "text",
    [
        "# a",
        "- a",
        "+ a",
        "* a",
        "1. a",
        "1) a",
        "> a",
        "---",
        "===",
        "    code",
        "\\",
        "a  ",
        "`x`",
        "[a](b)",
        "![a](b)",
        "<b>",
        "&amp;",
        "http://a.b",
        "|a|",
        "~~a~~",
        "~~~",
        "```",
        "[a]: b",
        "***",
        "_a_",
        "**a**",
        "a\\",
        "-",
        "+",
        "#",
        "12345678901. a",
        ": a",
        "--- | ---",
    ],
)
def test_markdown_escapes(text: str) -> None:
    lines = (Line("before", box(0, 0, 9, 9)), Line(text, box(0, 20, 9, 29)))
    for kept in (lines, lines[1:], (*lines, lines[0])):
        page = Page(1, 100, 100, kept)
        shown = rendered(to_markdown(Document("a", (page, page))).decode())
        whole = "\n".join(line.text.strip() for line in kept)
        assert shown == [whole, whole]

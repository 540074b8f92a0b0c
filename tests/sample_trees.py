# SPDX-License-Identifier: Apache-2.0
"""Document trees for the tests of writers and readers: tidy ones, and ones out of order."""

from __future__ import annotations

from hypothesis import strategies as st

from ocr_pipeline.core.document import Char, Document, Line, Page, Polygon, Word

# What markup formats trip over, scripts of both directions and characters outside the first plane.
LETTERS = "abcXYZ0189.,;:!?&<>\"'`*_#|\\-+=@~[](){}$%/äßéŁж中文字かな한글אבגعربी𝔸😀"
ODD = "\0\x01\t\n\r\x0b\x0c\x1b\x7f\x85\xa0\u2028\u200f\ud800\udcff\ufffe\uffff "
CONFIDENCES = st.integers(0, 100).map(lambda percent: percent / 100)
WORDS = st.text(LETTERS, min_size=1, max_size=8)
SIDE = 400


def box(x0: float, y0: float, x1: float, y1: float, turn: int = 0, slant: int = 0) -> Polygon:
    """A box whose text is turned counter-clockwise, its left end raised by some pixels."""
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    if turn == 0:
        corners = [(x0, y0 - slant), (x1, y0), (x1, y1), (x0, y1 - slant)]
    start = {0: 0, 90: 3, 180: 2, 270: 1}[turn]
    return tuple((float(x), float(y)) for x, y in corners[start:] + corners[:start])


@st.composite
def tidy_lines(
    draw: st.DrawFn, turn: int, row: int | None, block: int, paragraph: int
) -> tuple[Line, ...]:
    """A line as the pipeline makes them, on whole pixels; its words are parted by spaces."""
    texts = draw(st.lists(WORDS, min_size=1, max_size=4))
    x, y = draw(st.integers(10, 60)), draw(st.integers(10, SIDE - 40))
    slant = draw(st.sampled_from((0, 0, 3)))
    words = []
    for index, text in enumerate(texts):
        # Along the text, whichever way it runs, so that a line is longer than it is high.
        left = x + 80 * index
        place = box(left, y, left + 70, y + 20, 0, slant)
        if turn in (90, 270):
            place = box(y, left, y + 20, left + 70, turn)
        elif turn == 180:
            place = box(left, y, left + 70, y + 20, turn)
        confidence = draw(CONFIDENCES)
        chars = tuple(Char(char, place, confidence) for char in text)
        words.append(Word(text, place, confidence, chars))
    end = x + 80 * len(texts)
    outline = box(x, y, end, y + 20, turn if turn != 90 else 0, slant if turn == 0 else 0)
    if turn in (90, 270):
        outline = box(y, x, y + 20, end, turn)
    line = Line(
        " ".join(texts),
        outline,
        draw(CONFIDENCES),
        draw(CONFIDENCES),
        tuple(words),
        row,
        block,
        paragraph,
    )
    return (line,)


@st.composite
def tidy_pages(draw: st.DrawFn, number: int = 1) -> Page:
    """A page whose blocks and paragraphs are numbered in reading order, all turned alike."""
    turn = draw(st.sampled_from((0, 0, 90, 180, 270)))
    lines: list[Line] = []
    paragraph = 0
    for block in range(draw(st.integers(0, 3))):
        for _ in range(draw(st.integers(1, 2))):
            for _ in range(draw(st.integers(1, 2))):
                row = draw(st.sampled_from((None, len(lines))))
                lines += draw(tidy_lines(turn, row, block, paragraph))
            paragraph += 1
    return Page(
        number,
        SIDE,
        SIDE + 20,
        tuple(lines),
        draw(st.sampled_from((None, 300.0, 72.5))),
        rotation=turn if lines else 0,
        skew=draw(st.sampled_from((0.0, 1.5, -2.25))),
    )


@st.composite
def tidy_documents(draw: st.DrawFn) -> Document:
    """Pages numbered from 1, of a file with any name."""
    names = st.text(LETTERS + ' \n";', max_size=12).map(lambda name: f"in/{name}.png")
    pages = [draw(tidy_pages(number)) for number in range(1, draw(st.integers(1, 2)) + 1)]
    return Document(draw(names), tuple(pages))


_POINTS = st.tuples(st.floats(-50, 500), st.floats(-50, 500))
_POLYGONS = st.lists(_POINTS, max_size=6).map(tuple)
_TEXTS = st.text(LETTERS + ODD, max_size=12)
_CHARS = st.builds(Char, _TEXTS, _POLYGONS, st.floats(0, 1))
_WORDS = st.builds(
    Word, _TEXTS, _POLYGONS, st.floats(0, 1), st.lists(_CHARS, max_size=3).map(tuple)
)
_NUMBERS = st.none() | st.integers(0, 3)
_LINES = st.builds(
    Line,
    _TEXTS,
    _POLYGONS,
    st.floats(0, 1),
    st.floats(0, 1),
    st.lists(_WORDS, max_size=3).map(tuple),
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
)
_PAGES = st.builds(
    Page,
    st.integers(1, 99),
    st.integers(1, 300),
    st.integers(1, 300),
    st.lists(_LINES, max_size=4).map(tuple),
    st.none() | st.floats(1, 1200),
    rotation=st.sampled_from((0, 90, 180, 270)),
    skew=st.floats(-5, 5),
)
# Anything that the types allow: no places, places outside the page, words that are not the
# line's, characters that no format holds.
WILD = st.builds(Document, _TEXTS, st.lists(_PAGES, min_size=1, max_size=2).map(tuple))


def plain_document() -> Document:
    """Two blocks, three paragraphs, four lines, two of them side by side; an empty page."""

    def line(text: str, x: int, y: int, **numbers: int) -> Line:
        words, left = [], float(x)
        for part in text.split():
            right = left + 10 * len(part)
            step = (right - left) / len(part)
            chars = tuple(
                Char(char, box(left + i * step, y, left + (i + 1) * step, y + 20), 0.9)
                for i, char in enumerate(part)
            )
            words.append(Word(part, box(left, y, right, y + 20), 0.9, chars))
            left = right + 10
        outline = box(x, y, left - 10, y + 20)
        return Line(text, outline, 0.9, 0.8, tuple(words), **numbers)

    first = Page(
        1,
        400,
        300,
        (
            line("Dear reader,", 20, 20, row=0, block=0, paragraph=0),
            line("Grüße & <so on>", 20, 60, row=1, block=0, paragraph=1),
            line("Total", 20, 100, row=2, block=1, paragraph=2),
            line("8,50 €", 200, 100, row=2, block=1, paragraph=2),
        ),
        300.0,
    )
    return Document('in/a "b".tif', (first, Page(2, 400, 300)))

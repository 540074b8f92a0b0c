# SPDX-License-Identifier: Apache-2.0
"""Invisible text lies where the words are, in their order, and comes out as it went in."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pikepdf = pytest.importorskip("pikepdf", reason="needs the extra [pdf]")
pypdfium2 = pytest.importorskip("pypdfium2")

from fontTools.ttLib import TTFont  # noqa: E402
from pdf_tools import box, line, make, opened, read, render, text_of, words_of  # noqa: E402
from PIL import Image  # noqa: E402

from ocr_pipeline.core.document import Document, Line, Page, Polygon, Word  # noqa: E402
from ocr_pipeline.writers.pdf import PdfOptions  # noqa: E402
from ocr_pipeline.writers.pdf.glyphs import Glyphs, clean, font_program  # noqa: E402
from ocr_pipeline.writers.pdf.text import Affine, page_text  # noqa: E402

poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")

SIZE = (600, 800)
LINES = (
    line("Hello brave new world", 50, 60, 400, 30),
    line("一二三 四五 第三章abc", 50, 120, 300, 30),
    line("ne\u0301e café naïve \u2013 Zürich", 50, 180, 300, 30),
    line("beyond 😀𝔘𠀀 the plane", 50, 240, 300, 30),
    line("a line in small type that goes on for long", 50, 300, 300, 8),
)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A page of 600 x 800 pixels at 144 dpi: two pixels to the point."""
    path = tmp_path / "paper.png"
    Image.new("1", SIZE, 1).save(path, dpi=(144, 144))
    return path


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_text_comes_out_as_it_went_in(paper: Path) -> None:
    data = make(paper, read(paper, LINES))
    assert composed(text_of(data)) == composed("\n".join(item.text for item in LINES))
    assert (render(data) == 255).all()  # and none of it is seen


@poppler
def test_poppler_extracts_the_same(paper: Path, tmp_path: Path) -> None:
    data = make(paper, read(paper, LINES))
    found = [composed(text) for text, _ in words_of(data, tmp_path)]
    wanted = [composed(word.text) for item in LINES for word in item.words]
    assert sorted(found) == sorted(wanted)


def upright(polygon: Polygon) -> tuple[float, ...]:
    """Left, top, right, bottom in points, from pixels."""
    xs, ys = [x / 2 for x, _ in polygon], [y / 2 for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


@poppler
def test_boxes_cover_the_words(paper: Path, tmp_path: Path) -> None:
    data = make(paper, read(paper, LINES))
    found = {composed(text): place for text, place in words_of(data, tmp_path)}
    for item in LINES:
        for word in item.words:
            assert found[composed(word.text)] == pytest.approx(upright(word.polygon), abs=0.1)


def test_pdfium_selects_whole_words(paper: Path) -> None:
    data = make(paper, read(paper, LINES[:1]))
    page = pypdfium2.PdfDocument(data)[0].get_textpage()
    left, bottom, right, top = page.get_charbox(0)
    assert (left, right) == pytest.approx((25, 25 + 200 / 21), abs=0.1)
    assert (bottom, top) == pytest.approx((400 - 45, 400 - 30), abs=0.5)


TURNED = (
    line("hardly slanted line", 60, 400, 300, 20, 2),
    line("nor is this one", 60, 460, 300, 20, -3),
    line("slanted line of text", 60, 240, 300, 20, 5),
    line("the other way round", 60, 340, 300, 20, -8),
    line("goes down the page", 560, 100, 300, 20, 90),
    line("goes up the page", 60, 700, 150, 20, -90),
    line("upside down text here", 400, 560, 300, 20, 180),
)


@pytest.mark.parametrize("item", TURNED, ids=lambda item: item.text)
def test_lines_in_any_direction(paper: Path, item: Line) -> None:
    data = make(paper, read(paper, [*LINES, item]))
    assert item.text in text_of(data)


@poppler
@pytest.mark.parametrize("item", [*TURNED[:3], *TURNED[4:]], ids=lambda item: item.text)
def test_boxes_of_lines_in_any_direction(paper: Path, tmp_path: Path, item: Line) -> None:
    found = dict(words_of(make(paper, read(paper, [item])), tmp_path))
    for word in item.words:
        # Text in one string cannot scale each word by itself, and slanted words are drawn level.
        assert found[word.text] == pytest.approx(upright(word.polygon), abs=4), word.text


def turned(page: Page, rotation: int) -> Page:
    """A page as it comes out of a scanner that it was fed turned counter-clockwise."""
    w, h = page.width, page.height
    back: Callable[[float, float], tuple[float, float]] = {
        90: lambda x, y: (y, w - x),
        180: lambda x, y: (w - x, h - y),
        270: lambda x, y: (h - y, x),
    }[rotation]

    def turn(polygon: Polygon) -> Polygon:
        return tuple(back(x, y) for x, y in polygon)

    lines = tuple(
        replace(
            item,
            polygon=turn(item.polygon),
            words=tuple(replace(word, polygon=turn(word.polygon)) for word in item.words),
        )
        for item in page.lines
    )
    size = (h, w) if rotation != 180 else (w, h)
    return replace(page, width=size[0], height=size[1], lines=lines, rotation=rotation)


@pytest.mark.parametrize("upright_pages", [False, True])
@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pages_read_in_order(
    paper: Path, tmp_path: Path, rotation: int, upright_pages: bool
) -> None:
    lines = tuple(line(f"Line {i} has a few words", 50, 60 + 50 * i, 400, 30) for i in range(8))
    page = turned(Page(1, *SIZE, lines, 144.0), rotation)
    path = tmp_path / "turned.png"
    Image.new("L", (page.width, page.height), 255).save(path, dpi=(144, 144))
    data = make(path, Document("turned.png", (page,)), PdfOptions(upright=upright_pages))
    assert text_of(data).split("\n") == [item.text for item in lines]
    shown = opened(data).pages[0]
    assert shown.get("/Rotate", 0) == (rotation if upright_pages else 0)
    if upright_pages and shutil.which("pdftotext"):
        found = words_of(data, tmp_path)
        assert " ".join(text for text, _ in found) == " ".join(item.text for item in lines)


def test_content_order_is_reading_order(paper: Path) -> None:
    columns = [line(f"left {i}", 50, 60 + 40 * i, 200, 24) for i in range(3)]
    columns += [line(f"right {i}", 350, 60 + 40 * i, 200, 24) for i in range(3)]
    data = make(paper, read(paper, columns))
    assert text_of(data).split("\n") == [item.text for item in columns]
    content = opened(data).pages[0].Contents.read_bytes()
    assert content.count(b"BT") == content.count(b"ET") == len(columns)


def test_lines_without_words_share_their_width(paper: Path, tmp_path: Path) -> None:
    plain = Line("three equal words", box(60, 100, 300, 20))
    lost = Line("one two", box(60, 200, 140, 20), words=(Word("one", ()), Word("two", ())))
    data = make(paper, read(paper, [plain, lost]))
    assert text_of(data) == "three equal words\none two"
    if shutil.which("pdftotext"):
        found = dict(words_of(data, tmp_path))
        assert found["two"][0] == pytest.approx((60 + 4 * 20) / 2, abs=0.1)


@pytest.mark.parametrize("text", ["שלום עולם טוב", "مرحبا بالعالم"])
def test_right_to_left(paper: Path, tmp_path: Path, text: str) -> None:
    step, words, place = 300 / len(text), [], 0
    for word in text.split():
        place = text.index(word, place)
        words.append(Word(word, box(400 - (place + len(word)) * step, 100, len(word) * step, 30)))
        place += len(word)
    data = make(paper, read(paper, [Line(text, box(100, 100, 300, 30), words=tuple(words))]))
    assert text_of(data) == text
    if shutil.which("pdftotext"):
        path = tmp_path / "a.pdf"
        path.write_bytes(data)
        done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
        assert text in done.stdout.decode()


def test_odd_polygons_and_texts(paper: Path) -> None:
    five = ((60.0, 100.0), (200.0, 90.0), (360.0, 100.0), (360.0, 120.0), (60.0, 120.0))
    odd = [
        Line("", box(60, 20, 100, 10)),
        Line("\x00\x07", box(60, 20, 100, 10)),
        Line("nowhere", ()),
        Line("many corners", five),
        Line("a\ud800b\tc\x01d", box(60, 200, 100, 10)),
        Line("thin", box(60, 300, 100, 0)),
        Line("narrow", box(60, 400, 0, 20)),
    ]
    data = make(paper, read(paper, odd))
    assert text_of(data).split("\n")[:2] == ["many corners", "a\ufffdb cd"]
    assert b"nan" not in opened(data).pages[0].Contents.read_bytes()


def test_an_empty_page_is_valid(paper: Path) -> None:
    data = make(paper)
    assert text_of(data) == ""
    assert not opened(data).check_pdf_syntax() and len(opened(data).pages) == 1
    assert b"/OcrText" not in opened(data).pages[0].Contents.read_bytes()


def test_clean_text() -> None:
    assert clean("plain") == "plain"
    assert clean("a\ud83d\u0000b\u200d") == "a\ufffdb\u200d"


def test_every_character_of_a_large_document_has_its_meaning(paper: Path) -> None:
    """More than a hundred, which is what one block of the map may hold, and wide ones too."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 250))) + "".join(map(chr, range(0x21, 0x7F)))
    data = make(paper, read(paper, [line(text, 10, 60, 580, 10)]))
    assert text_of(data) == text
    font = opened(data).pages[0].Resources.Font.OcrText
    assert list(font.DescendantFonts[0].W) == [1, 250, 1000]


def test_more_characters_than_codes() -> None:
    glyphs = Glyphs()
    many = [chr(code) for code in range(0x20, 0x30000) if chr(code).isprintable()]
    assert len(many) > 0xFFFF
    codes = glyphs.encode("".join(many))
    assert codes[-4:] == "FFFF" and codes[4 * 0xFFFD : 4 * 0xFFFE] == "FFFE"
    assert b"<FFFF> <FFFD>" in glyphs.to_unicode()
    assert b"<FFFF>" not in Glyphs().to_unicode().split(b"endcodespacerange")[1]


def test_font_program_is_small_and_always_the_same() -> None:
    data = font_program()
    font_program.cache_clear()
    assert font_program() == data and len(data) < 1200
    font = TTFont(io.BytesIO(data))
    assert font["hmtx"].metrics == {".notdef": (500, 0), "narrow": (500, 0), "wide": (1000, 0)} or [
        font["hmtx"][name][0] for name in font.getGlyphOrder()
    ] == [500, 500, 1000]


def test_numbers_are_plain() -> None:
    """No exponents, which PDF does not know, whatever the size of the page."""
    glyphs = Glyphs()
    page = Page(1, 100, 100, (line("tiny text", 1e-4, 1e-4, 1e-3, 1e-3),))
    for scale in (1e-6, 1.0, 1e6):
        text = page_text(page, Affine(scale, 0, 0, -scale, 0, 0), glyphs, "F")
        assert b"e" not in text and b"nan" not in text and text.startswith(b"q\nBT 3 Tr /F ")


def test_scaled_axes_keep_boxes_right(tmp_path: Path) -> None:
    """A fax of 200 x 100 dpi: pixels are twice as high as wide."""
    path = tmp_path / "fax.png"
    Image.new("1", (400, 200), 1).save(path, dpi=(200, 100))
    data = make(path, read(path, [line("standard fax", 100, 50, 240, 20)]))
    page = pypdfium2.PdfDocument(data)[0]
    assert page.get_size() == pytest.approx((144, 144), abs=0.1)
    left, bottom, _, top = page.get_textpage().get_charbox(0)
    assert left == pytest.approx(36, abs=0.2)
    assert (144 - top, 144 - bottom) == pytest.approx((36, 50.4), abs=0.4)


def test_text_layer_paints_nothing_on_a_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    path = tmp_path / "noise.png"
    Image.fromarray(noise).save(path, dpi=(144, 144))
    data = make(path, read(path, [line("over the noise", 20, 20, 200, 30)]))
    assert np.array_equal(render(data, width=300), noise)

# SPDX-License-Identifier: Apache-2.0
"""Text added to PDFs: in the right place, and nothing else about them changes."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pikepdf = pytest.importorskip("pikepdf", reason="needs the extra [pdf]")
pypdfium2 = pytest.importorskip("pypdfium2")

from pdf_tools import line, make, opened, read, render, source, text_of, words_of  # noqa: E402
from pikepdf import Array, Dictionary, Name, Pdf, Rectangle  # noqa: E402
from PIL import Image  # noqa: E402

from ocr_pipeline.core.document import Document, Line, Page  # noqa: E402
from ocr_pipeline.core.errors import InputError, UsageError  # noqa: E402
from ocr_pipeline.read_options import ReadOptions  # noqa: E402
from ocr_pipeline.writers.pdf import PdfOptions, write_pdf  # noqa: E402

# A bar for each word of a line: where text has to lie is what is dark.
BARS = b"0 g 40 500 60 20 re f 120 500 100 20 re f 40 440 90 20 re f 0.5 g 200 300 50 50 re f"


def pdf_with(path: Path, *contents: bytes, change: Callable[[Pdf], None] | None = None) -> Path:
    """A PDF with a page of 300 x 600 points for each content."""
    with pikepdf.new() as pdf:
        for content in contents:
            pdf.add_blank_page(page_size=(300, 600))
            pdf.pages[-1].Contents = pdf.make_stream(content)
        if change is not None:
            change(pdf)
        pdf.save(path)
    return path


def bars_as_lines(path: Path, index: int = 0, **options: Any) -> Document:
    """Words where the dark bars are on the rendered page, as an engine would find them."""
    document = read(path, **options)
    from ocr_pipeline.readers import open_document

    with open_document(source(path), ReadOptions(**options)) as pages:
        image = pages.page(index).image
    rows = (image.max(2) < 60).astype(np.uint8)
    import cv2

    _, _, boxes, _ = cv2.connectedComponentsWithStats(rows)
    lines = tuple(
        line(f"word{i}", x, y, w, h)
        for i, (x, y, w, h, _) in enumerate(
            sorted(map(tuple, boxes[1:]), key=lambda b: (b[1], b[0]))
        )
    )
    pages = list(document.pages)
    pages[index] = replace(pages[index], lines=lines)
    return replace(document, pages=tuple(pages))


def dark_under_text(data: bytes, index: int = 0, scale: float = 2.0) -> list[float]:
    """For each word of a page, how much of its box, as PDFium selects it, is dark."""
    page = pypdfium2.PdfDocument(data)[index]
    image = (
        page.render(scale=scale, grayscale=True)
        .to_numpy()
        .reshape(round(page.get_height() * scale + 0.49), -1)
    )
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    shares = []
    for i in range(text.count_rects()):
        x0, y0, x1, y1 = text.get_rect(i)
        corners = [(x0, y0), (x1, y1)]
        turned = {
            0: lambda x, y: (x - left, top - y),
            90: lambda x, y: (y - bottom, x - left),
            180: lambda x, y: (right - x, y - bottom),
            270: lambda x, y: (top - y, right - x),
        }[page.get_rotation()]
        xs, ys = zip(*(turned(x, y) for x, y in corners), strict=True)
        rows = slice(round(min(ys) * scale) + 1, round(max(ys) * scale) - 1)
        columns = slice(round(min(xs) * scale) + 1, round(max(xs) * scale) - 1)
        shares.append(float((image[rows, columns] < 60).mean()))
    return shares


def same_picture(path: Path, data: bytes, index: int = 0) -> bool:
    return np.array_equal(render(path.read_bytes(), index), render(data, index))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("crop", [None, (20, 280, 260, 560), (-50, 300, 900, 900)])
@pytest.mark.parametrize("origin", [(0, 0), (-30, 17)])
def test_text_lies_on_its_picture(
    tmp_path: Path, rotation: int, crop: Any, origin: tuple[int, int]
) -> None:
    def change(pdf: Pdf) -> None:
        page = pdf.pages[0]
        dx, dy = origin
        page.MediaBox = Array([dx, dy, 300 + dx, 600 + dy])
        page.Rotate = rotation
        if crop is not None:
            page.CropBox = Array(list(crop))

    path = pdf_with(tmp_path / "a.pdf", BARS, change=change)
    document = bars_as_lines(path, pdf_text="ocr")
    assert len(document.pages[0].lines) == 3
    data = make(path, document, pdf_text="ocr")
    shares = dark_under_text(data)
    assert len(shares) == 3 and min(shares) > 0.95
    assert same_picture(path, data)


def test_boxes_in_any_order_and_user_units(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages[0].MediaBox = Array([300, 600, 0, 0])
        pdf.pages[0].UserUnit = 2.5

    path = pdf_with(tmp_path / "a.pdf", BARS, change=change)
    data = make(path, bars_as_lines(path))
    assert min(dark_under_text(data)) > 0.95
    assert float(opened(data).pages[0].UserUnit) == 2.5


def inherit(pdf: Pdf) -> None:
    """Moves what all pages share to the root of the page tree."""
    shared = pdf.make_indirect(Dictionary(Font=Dictionary(F1=helvetica(pdf))))
    for page in pdf.pages:
        del page.obj["/MediaBox"]
        if "/Resources" in page.obj:
            del page.obj["/Resources"]
    pdf.Root.Pages.MediaBox = Array([0, 0, 300, 600])
    pdf.Root.Pages.Resources = shared
    pdf.Root.Pages.Rotate = 90


def helvetica(pdf: Pdf) -> Any:
    return pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )


def test_inherited_resources_stay_shared(tmp_path: Path) -> None:
    content = BARS + b" BT /F1 24 Tf 40 400 Td (seen) Tj ET"
    path = pdf_with(tmp_path / "a.pdf", content, content, change=inherit)
    document = bars_as_lines(path, pdf_text="ocr")
    data = make(path, document)
    assert same_picture(path, data, 0) and same_picture(path, data, 1)
    first, second = (opened(data).pages[i].Resources.Font for i in range(2))
    assert set(first.keys()) == {"/F1", "/OcrText"} and set(second.keys()) == {"/F1"}
    assert "word0" in text_of(data, 0) and "word0" not in text_of(data, 1)


def test_pages_that_share_their_content(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        shared = pdf.make_indirect(Array([pdf.pages[0].Contents, pdf.make_stream(b"0 g")]))
        for page in pdf.pages:
            page.Contents = shared

    path = pdf_with(tmp_path / "a.pdf", BARS, b"", change=change)
    document = bars_as_lines(path)
    data = make(path, document)
    assert text_of(data, 0).split() == ["word0", "word1", "word2"] and text_of(data, 1) == ""
    assert len(opened(data).pages[0].Contents) == 3 and len(opened(data).pages[1].Contents) == 2


def test_a_page_twice_in_the_tree(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages[1] = pdf.pages[0]

    path = pdf_with(tmp_path / "a.pdf", BARS, b"", change=change)
    data = make(path, bars_as_lines(path, index=1))
    assert text_of(data, 0) == "" and len(text_of(data, 1).split()) == 3


@pytest.mark.parametrize(
    "content",
    [BARS + b" Q Q Q", b"q q " + BARS, b"0.2 0 0 0.2 99 99 cm " + BARS, BARS + b" BT 100 Tz"],
    ids=["too many Q", "too few Q", "scaled", "open text"],
)
def test_content_cannot_shift_the_text(tmp_path: Path, content: bytes) -> None:
    path = pdf_with(tmp_path / "a.pdf", content)
    document = Document("a", (Page(1, 300, 600, (line("here it is", 30, 60, 200, 20),)),))
    data = make(path, document)
    assert text_of(data) == "here it is"
    left, bottom, _, top = pypdfium2.PdfDocument(data)[0].get_textpage().get_charbox(0)
    assert (left, bottom, top) == pytest.approx((30, 520, 540), abs=0.5)
    assert same_picture(path, data)


def rich(pdf: Pdf) -> None:
    """Outlines, a link, metadata and a font that has the layer's name."""
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Second page", 1))
    pdf.pages[0].Annots = Array(
        [
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([10, 10, 100, 30]),
                    A=Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org/")),
                )
            )
        ]
    )
    pdf.docinfo["/Title"] = "The report"
    pdf.docinfo["/CreationDate"] = "D:20010203040506Z"
    pdf.pages[0].Resources = Dictionary(Font=Dictionary(OcrText=helvetica(pdf)))


def test_everything_else_is_kept(tmp_path: Path) -> None:
    seen = b" BT /OcrText 12 Tf 40 100 Td (seen) Tj ET"
    path = pdf_with(tmp_path / "a.pdf", BARS + seen, BARS, change=rich)
    data = make(path, bars_as_lines(path, pdf_text="ocr"), PdfOptions(language="en"))
    pdf = opened(data)
    assert str(pdf.docinfo.Title) == "The report" and "/Producer" not in pdf.docinfo
    assert str(pdf.docinfo.CreationDate) == "D:20010203040506Z" and str(pdf.Root.Lang) == "en"
    with pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["Second page"]
    assert str(pdf.pages[0].Annots[0].A.URI) == "https://example.org/"
    assert set(pdf.pages[0].Resources.Font.keys()) == {"/OcrText", "/OcrText2"}
    assert "seen" in text_of(data) and "word2" in text_of(data)
    before = pikepdf.open(path)
    assert pdf.pages[1].Contents.read_raw_bytes() == before.pages[1].Contents.read_raw_bytes()
    assert pdf.pages[0].Contents[1].read_raw_bytes() == before.pages[0].Contents.read_raw_bytes()
    assert same_picture(path, data)


def test_text_that_was_kept_is_not_doubled(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.Resources = Dictionary(Font=Dictionary(F1=helvetica(pdf)))

    words = b" BT /F1 14 Tf 20 400 Td (This page has got text of its own already) Tj ET"
    path = pdf_with(tmp_path / "a.pdf", BARS + words, BARS, change=change)
    document = bars_as_lines(path, index=1)
    assert "own already" in document.pages[0].text
    data = make(path, document)
    assert text_of(data, 0).count("own already") == 1
    assert "/OcrText" not in opened(data).pages[0].Resources.Font
    assert len(text_of(data, 1).split()) == 3
    skipped = bars_as_lines(path, index=1, pdf_text="skip")
    assert not skipped.pages[0].lines
    assert text_of(make(path, skipped), 0).count("own already") == 1


HIDDEN = b" q 3 Tr BT /F1 14 Tf 20 400 Td (old reading) Tj (and) ' 1 2 (more) \" ET Q"
SEEN = b" BT /F1 14 Tf 20 100 Td (stays) Tj 3 Tr (mixed) Tj ET"


def old_layer(pdf: Pdf) -> None:
    fonts = Dictionary(Font=Dictionary(F1=helvetica(pdf)))
    inner = pdf.make_stream(HIDDEN, Type=Name.XObject, Subtype=Name.Form, Resources=fonts)
    outer = pdf.make_stream(
        b"/Inner Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 300, 600])
    )
    inner.BBox = Array([0, 0, 300, 600])
    outer.Resources = Dictionary(XObject=Dictionary(Inner=inner))
    for page in pdf.pages:
        page.Resources = Dictionary(XObject=Dictionary(Outer=outer), **fonts)


@pytest.mark.parametrize("layer", [HIDDEN, b" /Outer Do"], ids=["on the page", "in a form"])
def test_an_earlier_reading_is_replaced(tmp_path: Path, layer: bytes) -> None:
    path = pdf_with(tmp_path / "a.pdf", BARS + layer + SEEN, BARS + layer, change=old_layer)
    assert text_of(path.read_bytes()).count("old reading") == 1
    document = bars_as_lines(path, pdf_text="ocr")
    data = make(path, document)
    first = text_of(data, 0)
    assert "old" not in first and "more" not in first and "word0" in first
    assert "stays" in first and "mixed" in first  # a text object that is partly seen
    assert "old reading" in text_of(data, 1)  # on which nothing was read
    assert same_picture(path, data, 0) and same_picture(path, data, 1)


def test_encrypted_pdfs_need_their_password(tmp_path: Path) -> None:
    plain = pdf_with(tmp_path / "plain.pdf", BARS)
    path = tmp_path / "secret.pdf"
    with pikepdf.open(plain) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="sesame", owner="boss"))
    document = bars_as_lines(path, password="sesame")
    with pytest.raises(InputError, match=r"secret\.pdf.*--password"):
        make(path, document)
    with pytest.raises(InputError, match=r"secret\.pdf.*--password"):
        write_pdf(document, source(path), io.BytesIO(), None, ReadOptions(password="wrong"))
    data = make(path, document, password="sesame")
    assert len(text_of(data).split()) == 3 and not opened(data).is_encrypted
    assert make(path, document, password="sesame") == data
    assert same_picture(plain, data)


def test_pages_that_were_not_read_are_there(tmp_path: Path) -> None:
    path = pdf_with(tmp_path / "a.pdf", BARS, BARS, BARS)
    document = bars_as_lines(path)
    one = replace(document, pages=(replace(document.pages[0], number=2),))
    data = make(path, one, pages="2")
    assert [len(text_of(data, i).split()) for i in range(3)] == [0, 3, 0]


def test_damaged_and_vanished_inputs(tmp_path: Path) -> None:
    path = pdf_with(tmp_path / "a.pdf", BARS)
    document = bars_as_lines(path)
    path.write_bytes(b"%PDF-1.4\nnothing to see\n%%EOF")
    with pytest.raises(InputError, match=r"a\.pdf: damaged PDF"):
        make(path, document)
    path.unlink()
    with pytest.raises(InputError, match=r"a\.pdf"):
        make(path, document)


def test_a_page_more_than_the_pdf_has(tmp_path: Path) -> None:
    path = pdf_with(tmp_path / "a.pdf", BARS)
    document = Document("a", (Page(2, 10, 10, (Line("x", ((0, 0), (9, 0), (9, 9), (0, 9))),)),))
    with pytest.raises(InputError, match=r"a\.pdf: has no page 2"):
        make(path, document)
    image = tmp_path / "a.png"
    Image.new("1", (10, 10)).save(image)
    with pytest.raises(InputError, match=r"a\.png: has no page 2"):
        make(image, document)


def test_pages_are_turned_on_request(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages[0].Rotate = 270

    path = pdf_with(tmp_path / "a.pdf", BARS, change=change)
    document = bars_as_lines(path)
    sideways = replace(document, pages=(replace(document.pages[0], rotation=180),))
    assert opened(make(path, sideways)).pages[0].Rotate == 270
    data = make(path, sideways, PdfOptions(upright=True))
    assert opened(data).pages[0].Rotate == 90 and min(dark_under_text(data)) > 0.95


def test_pikepdf_is_needed_for_pdfs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf_with(tmp_path / "a.pdf", BARS)
    document = bars_as_lines(path)
    image = tmp_path / "a.png"
    Image.new("1", (10, 10)).save(image)
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    with pytest.raises(UsageError, match=r"a\.pdf: .*pip install 'ocr-pipeline\[pdf\]'"):
        make(path, document)
    assert make(image).startswith(b"%PDF-1.7")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
def test_poppler_finds_words_on_a_turned_and_cropped_page(tmp_path: Path) -> None:
    def change(pdf: Pdf) -> None:
        pdf.pages[0].Rotate = 90
        pdf.pages[0].cropbox = Rectangle(20, 280, 260, 560)

    path = pdf_with(tmp_path / "a.pdf", BARS, change=change)
    lines = (line("upper line", 200, 100, 600, 60), line("lower line", 200, 400, 600, 60))
    found = words_of(make(path, read(path, lines)), tmp_path)
    assert " ".join(text for text, _ in found) == "upper line lower line"

# SPDX-License-Identifier: Apache-2.0
"""PDFs: how pages are rendered, whose own text is kept, and what is encrypted or damaged."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_inputs import Placed, frames, noise, opened, pdf, scan_pdf
from PIL import Image

from ocr_pipeline.core.document import Page
from ocr_pipeline.core.errors import EncryptedError, InputError, TooLargeError
from ocr_pipeline.readers import pdf_page

pikepdf = pytest.importorskip("pikepdf", reason="makes the PDFs; part of the extra pdf")

PROSE: list[Placed] = [
    (20.0, 170.0, 12.0, "The quick brown fox jumps"),
    (20.0, 150.0, 12.0, "over the lazy dog (twice)"),
]
STAMP: list[Placed] = [(20.0, 10.0, 9.0, "Page 12 of 40")]


def kept(path: Path, index: int = 0, **options: Any) -> Page | None:
    with opened(path, **options) as document:
        return document.page(index).kept


def ink_in(image: np.ndarray, polygon: Any) -> float:
    """Share of the picture's dark pixels that lie in the upright box of a polygon."""
    xs, ys = [round(x) for x, _ in polygon], [round(y) for _, y in polygon]
    dark = image.min(2) < 128
    return float(dark[min(ys) : max(ys) + 1, min(xs) : max(xs) + 1].sum() / max(1, dark.sum()))


def test_pages_are_rendered_at_a_resolution(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [[], [(9, 30, 12, "drawn")]], size=(144, 72))
    with opened(path, pdf_text="ocr") as document:
        assert document.kind == "pdf" and document.count == 2
        frame = document.page(0)
        assert frame.image.shape == (300, 600, 3) and frame.dpi == 300 and frame.kept is None
        assert frame.image.min() == 255
        assert document.size(0) == (600, 300)
        assert document.page(1).image.min() < 100
    assert frames(path, dpi=100)[0].image.shape == (100, 200, 3)
    assert frames(path, dpi=100, pages="2")[0].image.min() < 100


@pytest.mark.parametrize(("dpi", "wanted"), [(150, 150), (90, 90), (600, 300), (1200, 400)])
def test_a_scan_keeps_its_own_pixels(tmp_path: Path, dpi: int, wanted: float) -> None:
    image = noise(600, 420).convert("L").convert("RGB")
    (frame,) = frames(scan_pdf(tmp_path / "a.pdf", image, dpi))
    assert frame.dpi == pytest.approx(wanted, rel=0.001)
    height, width = (round(side * wanted / dpi) for side in (420, 600))
    assert frame.image.shape == (height, width, 3)
    if dpi == wanted:
        apart = np.abs(frame.image.astype(int) - np.asarray(image))
        assert np.median(apart) < 12  # but for JPEG
    assert frames(tmp_path / "a.pdf", dpi=72)[0].dpi == 72


def test_a_coarse_picture_below_drawn_text_is_no_scan(tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "a.pdf", Image.new("RGB", (100, 80), "white"), 50)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        texts = b"".join(b"BT /F1 4 Tf 5 %d Td (a) Tj ET\n" % y for y in range(0, 100, 4))
        page = document.pages[0]
        page.contents_add(document.make_stream(texts))
        document.save()
    assert frames(path)[0].dpi == 300


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, [10, 5, 250, 190]])
def test_kept_text_lies_on_its_ink(tmp_path: Path, rotate: int, crop: list[int] | None) -> None:
    keys: dict[str, Any] = {"Rotate": rotate}
    if crop:
        keys["CropBox"] = pikepdf.Array(crop)
    path = pdf(tmp_path / "a.pdf", [PROSE], **keys)
    (frame,) = frames(path, dpi=144)
    page = frame.kept
    assert page is not None
    width, height = (480, 370) if crop else (600, 400)
    if rotate in (90, 270):
        width, height = height, width
    assert frame.image.shape == (height, width, 3) and (page.width, page.height) == (width, height)
    assert page.dpi == 144 and page.number == 1 and page.meta == {"pdf_text": "kept"}
    assert sum(ink_in(frame.image, line.polygon) for line in page.lines) > 0.99
    for line in page.lines:
        for word in line.words:
            assert "".join(char.text for char in word.chars) == word.text
            assert ink_in(frame.image, word.polygon) > 0.05
            assert all(ink_in(frame.image, char.polygon) > 0 for char in word.chars)
        (ax, ay), (bx, by) = line.polygon[0], line.polygon[1]
        along = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotate]
        assert (bx - ax) * along[0] + (by - ay) * along[1] > 100
    assert page.rotation == (360 - rotate) % 360 and abs(page.skew) < 0.1
    assert [line.text for line in page.lines] == [text for *_, text in PROSE]


def test_slanted_text(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [[]])
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        turned = b"BT /F1 14 Tf 0.94 0.342 -0.342 0.94 40 40 Tm (Slanted by twenty degrees) Tj ET"
        document.pages[0].Contents = document.make_stream(turned)
        document.save()
    (frame,) = frames(path, dpi=144)
    assert frame.kept is not None
    (line,) = frame.kept.lines
    assert line.text == "Slanted by twenty degrees"
    (ax, ay), (bx, by), (cx, cy), _ = line.polygon
    assert (by - ay) / (bx - ax) == pytest.approx(-0.364, abs=0.01)
    assert np.hypot(cx - bx, cy - by) == pytest.approx(28, rel=0.1)


def test_text_in_rows_and_columns(tmp_path: Path) -> None:
    table = [
        (20.0, 170.0, 10.0, "Apples and pears"),
        (200.0, 170.0, 10.0, "12.50"),
        (20.0, 150.0, 10.0, "Bread"),
        (200.0, 150.0, 10.0, "3.75"),
    ]
    page = kept(pdf(tmp_path / "a.pdf", [table]))
    assert page is not None
    assert [line.text for line in page.lines] == [text for *_, text in table]
    assert page.lines[0].row == page.lines[1].row != page.lines[2].row
    assert page.text == "Apples and pears 12.50\nBread 3.75"


@pytest.mark.parametrize(
    ("mode", "shown", "hidden"),
    [
        ("auto", "kept", None),
        ("keep", "kept", "kept"),
        ("skip", "skipped", "skipped"),
        ("ocr", None, None),
    ],
)
def test_what_becomes_of_text(
    tmp_path: Path, mode: str, shown: str | None, hidden: str | None
) -> None:
    long = [(10.0, 10.0 + 12 * i, 8.0, f"hidden words below the scan {i}") for i in range(6)]
    image = noise(600, 420)
    for name, path, wanted in [
        ("drawn", pdf(tmp_path / "drawn.pdf", [PROSE]), shown),
        ("hidden", scan_pdf(tmp_path / "hidden.pdf", image, 150, long), hidden),
        ("covered", scan_pdf(tmp_path / "covered.pdf", image, 150, long, mode=0), hidden),
        ("stamp", scan_pdf(tmp_path / "stamp.pdf", image, 150, STAMP), None),
        ("blank", pdf(tmp_path / "blank.pdf", [[]]), None),
        ("number", pdf(tmp_path / "number.pdf", [[(5.0, 5.0, 9.0, "7")]]), None),
    ]:
        page = kept(path, pdf_text=mode)
        assert (page.meta["pdf_text"] if page else None) == wanted, name
        if page:
            assert bool(page.lines) == (wanted == "kept"), name


def test_pages_of_one_document_differ(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [PROSE, [], PROSE])
    with opened(path) as document:
        found = [frame.kept for _, frame in document.frames()]
    assert [page.number if page else None for page in found] == [1, None, 3]


def test_garbled_fonts_are_not_believed(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [PROSE])
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        font = document.pages[0].Resources.Font.F1
        names = [pikepdf.Name(f"/g{code}") for code in range(32, 127)]
        font.Encoding = pikepdf.Dictionary(
            Type=pikepdf.Name.Encoding, Differences=pikepdf.Array([32, *names])
        )
        private = b"".join(b"<%02x> <e0%02x>\n" % (code, code) for code in range(32, 127))
        font.ToUnicode = document.make_stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            b"1 begincodespacerange <00> <ff> endcodespacerange\n"
            b"95 beginbfchar\n" + private + b"endbfchar endcmap end end"
        )
        document.save()
    assert kept(path) is None


def test_forms_and_notes_are_drawn_and_kept(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [[(20.0, 150.0, 12.0, "Name of the person:")]])
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        page = document.pages[0]
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T=pikepdf.String("name"),
                V=pikepdf.String("Jane Roe"),
                Rect=pikepdf.Array([140, 140, 280, 165]),
                DA=pikepdf.String("/F1 12 Tf 0 g"),
                F=4,
            )
        )
        page.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array([field]),
            DR=pikepdf.Dictionary(Font=page.Resources.Font),
            NeedAppearances=True,
        )
        document.save()
    with opened(path, dpi=72) as document:
        for _ in range(2):
            frame = document.page(0)
            assert frame.image[40:60, 140:200].min() < 100
            assert frame.kept is not None
            assert frame.kept.text.replace("\n", " ") == "Name of the person: Jane Roe"
    assert frames(path, pdf_text="ocr", dpi=72)[0].image[40:60, 140:200].min() < 100


def test_passwords(tmp_path: Path) -> None:
    plain, path = pdf(tmp_path / "plain.pdf", [PROSE]), tmp_path / "locked.pdf"
    with pikepdf.open(plain) as document:
        document.save(path, encryption=pikepdf.Encryption(owner="o", user="geheim", R=6))
    with pytest.raises(EncryptedError, match=r"locked\.pdf: is encrypted; .*--password"):
        opened(path)
    with pytest.raises(EncryptedError, match="another password"):
        opened(path, password="wrong")
    assert "geheim" not in repr(opened(path, password="geheim").options)
    assert kept(path, password="geheim") is not None
    with pikepdf.open(plain) as document:  # may be read, only not changed
        document.save(path, encryption=pikepdf.Encryption(owner="o", user="", R=4))
    assert kept(path) is not None
    assert kept(plain, password="for another file") is not None


def test_pages_of_absurd_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_page, "MAX_PAGE_PIXELS", 200_000)
    path = pdf(tmp_path / "a.pdf", [[]], size=(720, 720))  # 10 inches
    (frame,) = frames(path)
    assert frame.dpi is not None and 44 < frame.dpi < 45
    assert frame.image.shape[0] * frame.image.shape[1] <= 200_000
    pdf(path, [[]], size=(7200, 7200))
    with pytest.raises(TooLargeError, match=r"a\.pdf: page 1: a page of 100 x 100 inches"):
        frames(path)
    pdf(path, [[]], size=(3, 3))
    assert frames(path)[0].image.shape == (12, 12, 3)


def test_damaged_pages_leave_the_others(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [PROSE, PROSE, PROSE])
    with pikepdf.open(path) as document:
        number = document.pages[1].obj.objgen[0]
    data = path.read_bytes()
    head = b"\n%d 0 obj" % number
    assert data.count(head) == 1
    path.write_bytes(data.replace(head, b"\n%d 0 oops"[: len(head)] % number))
    with opened(path, dpi=72) as document:
        assert document.count == 3
        assert document.page(2).kept is not None and document.page(0).kept is not None
        with pytest.raises(InputError, match=r"a\.pdf: page 2"):
            document.page(1)


def test_damage_is_called_damage(tmp_path: Path) -> None:
    whole = pdf(tmp_path / "whole.pdf", [PROSE] * 5).read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.pdf: truncated"):
        opened(path)
    path.write_bytes(b"%PDF-1.7\n" + b"nonsense " * 50 + b"%%EOF")
    with pytest.raises(InputError, match=r"cut\.pdf: damaged or truncated PDF"):
        opened(path)
    with pikepdf.open(tmp_path / "whole.pdf") as document:
        document.save(tmp_path / "web.pdf", linearize=True)
    web = (tmp_path / "web.pdf").read_bytes()
    assert b"%%EOF" in web[:-200]  # a linearized file has an end at its beginning, too
    path.write_bytes(web[:-200])
    with pytest.raises(InputError, match=r"cut\.pdf: truncated: .* bytes are there"):
        opened(path)


def test_a_document_with_something_before_and_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    whole = pdf(tmp_path / "whole.pdf", [PROSE]).read_bytes()
    path.write_bytes(b"\r\nHTTP/1.1 200 OK\r\n\r\n" + whole + b"\n<html>trailing</html>\n")
    assert kept(path) is not None


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    paths = [pdf(tmp_path / f"{i}.pdf", [PROSE] * 3) for i in range(4)]
    failures: list[Exception] = []

    def read(path: Path) -> None:
        try:
            assert len(frames(path, dpi=50)) == 3
        except Exception as error:  # shown below
            failures.append(error)

    threads = [threading.Thread(target=read, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def test_closed_documents_say_so(tmp_path: Path) -> None:
    document = opened(pdf(tmp_path / "a.pdf", [PROSE]))
    document.close()
    document.close()
    with pytest.raises(InputError, match="closed"):
        document.page(0)

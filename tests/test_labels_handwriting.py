# SPDX-License-Identifier: Apache-2.0
"""Labels as sets of handwriting have them: IAM's tables, and pages in PAGE and ALTO."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import DataError
from recognizer.alphabet import Alphabet
from recognizer.dataset import SetSpec, load_lines
from recognizer.label_pages import outline_quad
from recognizer.labels import read_labels

WORDS = """\
#--- words.txt ---------------------------------------------------------------#
# iam database word information
a01-000u-00-00 ok 154 408 768 27 51 AT A
a01-000u-00-01 ok 154 507 766 213 48 NN MOVE
a01-000u-00-02 err 154 796 764 70 50 TO to
a01-000u-01-00 ok 154 395 932 441 100 NP B B C
a01-000u-01-01 ok 154 1 1 1 1 NP
b02-003-00-00 ok 170 408 768 27 51 , ,
nonsense
"""
LINES = """\
# lines.txt
a01-000u-00 ok 154 19 408 746 1663 91 A|MOVE|to|stop|Mr.|Gaitskell
a01-000u-01 err 154 19 408 746 1663 91 from|nominating
a02-000-00 ok 154 19 408 746 1663 91 He|said|,|"|No|"
"""
PAGE = """\
<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15">
 <Metadata><Creator>Transkribus</Creator></Metadata>
 <Page imageFilename="{image}" imageWidth="400" imageHeight="300">
  <TextRegion id="r1"><Coords points="0,0 400,0 400,300 0,300"/>
   <TextLine id="l1"><Coords points="20,20 100,16 300,20 300,50 100,56 20,50"/>
    <Baseline points="20,45 300,45"/>
    <TextEquiv><Unicode>Chère maman</Unicode></TextEquiv></TextLine>
   <TextLine id="l2"><Coords points="20,80 300,80 300,110 20,110"/>
    <Baseline points="20,105 300,105"/><TextEquiv><Unicode> </Unicode></TextEquiv></TextLine>
   <TextLine id="l3"><Baseline points="20,165 300,165"/>
    <TextEquiv><Unicode>je suis là</Unicode></TextEquiv></TextLine>
  </TextRegion>
 </Page>
</PcGts>
"""
ALTO = """\
<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">
 <Description><MeasurementUnit>pixel</MeasurementUnit>
  <sourceImageInformation><fileName>{image}</fileName></sourceImageInformation></Description>
 <Layout><Page ID="p" PHYSICAL_IMG_NR="1" WIDTH="400" HEIGHT="300"><PrintSpace>
  <TextBlock ID="b"><TextLine ID="l" HPOS="20" VPOS="20" WIDTH="280" HEIGHT="30">
   <String CONTENT="Dear"/><SP/><String CONTENT="Sir"/></TextLine></TextBlock>
 </PrintSpace></Page></Layout>
</alto>
"""


def picture(path: Path, width: int = 100, height: int = 32) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (width, height), 200).save(path)
    return path


def striped_page(path: Path) -> Path:
    """A page 400×300, dark between rows 20 and 50 alone."""
    pixels = np.full((300, 400), 250, np.uint8)
    pixels[20:50] = 10
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --------------------------------------------------------------------------- IAM


def test_words_of_iam(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words = written(tmp_path / "words.txt", WORDS)
    picture(tmp_path / "words/a01/a01-000u/a01-000u-00-00.png")
    with caplog.at_level(logging.INFO):
        samples = read_labels(words)  # recognised by its rows
    assert [sample.text for sample in samples] == ["A", "MOVE", "B B C", ","]
    assert samples[1].path == tmp_path / "words/a01/a01-000u/a01-000u-00-01.png"
    assert samples[3].path == tmp_path / "words/b02/b02-003/b02-003-00-00.png"
    # A row without a transcription and one that is no row are counted and named.
    assert "left out 2 rows" in caplog.text and "line 7" in caplog.text
    assert "left out 1 rows marked err" in caplog.text


def test_lines_of_iam(tmp_path: Path) -> None:
    lines = written(tmp_path / "ascii" / "lines.txt", LINES)
    picture(tmp_path / "lines/a01/a01-000u/a01-000u-00.png")
    samples = read_labels(lines, "iam")
    assert [sample.text for sample in samples] == [
        "A MOVE to stop Mr. Gaitskell",
        'He said , " No "',
    ]
    assert samples[0].path == tmp_path / "lines/a01/a01-000u/a01-000u-00.png"  # beside the folder
    elsewhere = read_labels(lines, "iam", images=tmp_path)
    assert elsewhere[0].path == tmp_path / "a01/a01-000u/a01-000u-00.png"


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("a01-000u\n", ["A", "MOVE", "B B C"]),
        ("a01-000u-00\nb02-003-00-00\n", ["A", "MOVE", ","]),
    ],
)
def test_official_splits_of_iam(tmp_path: Path, ids: str, expected: list[str]) -> None:
    words = written(tmp_path / "words.txt", WORDS)
    written(tmp_path / "trainset.txt", ids)
    for split in ("trainset", "trainset.txt", str(tmp_path / "trainset.txt")):
        assert [s.text for s in read_labels(words, split=split)] == expected
    spec = SetSpec.parse(f"{words}:trainset,format=iam")
    assert spec.split == "trainset" and spec.format == "iam"


def test_iam_without_a_usable_row(tmp_path: Path) -> None:
    words = written(tmp_path / "words.txt", "a01-000u-00-00 err 154 408 768 27 51 AT A\n")
    with pytest.raises(DataError, match="no row marked ok"):
        read_labels(words, "iam")
    with pytest.raises(DataError, match=r"validation.*no such file"):
        read_labels(words, "iam", split="validation")
    written(tmp_path / "empty.txt", "\n")
    with pytest.raises(DataError, match="no names"):
        read_labels(words, "iam", split="empty")


# --------------------------------------------------------------------------- PAGE and ALTO


def test_lines_of_page(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = striped_page(tmp_path / "letter.jpg")
    written(tmp_path / "page" / "letter.xml", PAGE.format(image="letter.jpg"))
    samples = read_labels(tmp_path / "page")  # the image is in the folder above
    assert [sample.text for sample in samples] == ["Chère maman", "je suis là"]
    assert samples[0].path == image
    crop = samples[0].load()
    assert abs(crop.shape[0] - 40) <= 2 and abs(crop.shape[1] - 280) <= 2
    assert crop[crop.shape[0] // 2].mean() < 30
    # The line that has a baseline alone takes its height from the distance to the others.
    low = samples[1].quad
    assert low is not None
    assert low[0, 1] == pytest.approx(165 - 0.62 * 60) and low[2, 1] == pytest.approx(180)
    assert "left out 1 lines without a text: letter.xml, line 2" in caplog.text


def test_lines_of_alto(tmp_path: Path) -> None:
    image = striped_page(tmp_path / "images" / "letter.png")
    # Written on another machine: the folder in the name is not here.
    file = written(tmp_path / "letter.xml", ALTO.format(image="C:\\scans\\letter.png"))
    samples = read_labels(file)
    assert [(sample.text, sample.path) for sample in samples] == [("Dear Sir", image)]
    assert read_labels(tmp_path, "alto")[0].quad is not None
    with pytest.raises(DataError, match="no labelled images"):
        read_labels(tmp_path, "page")


def test_pages_are_trained_on_with_a_margin(tmp_path: Path) -> None:
    striped_page(tmp_path / "letter.png")
    written(tmp_path / "letter.xml", PAGE.format(image=""))  # found by its own name
    alphabet = Alphabet.of(sorted(set("Chère maman je suis là")))
    for spec in (f"{tmp_path}", f"{tmp_path},format=page"):
        lines = load_lines(SetSpec.parse(spec), alphabet)
        assert [line.text for line in lines] == ["Chère maman", "je suis là"]
        assert all(line.margin > 0 for line in lines)


def test_bad_page_files_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    striped_page(tmp_path / "good.png")
    written(tmp_path / "good.xml", PAGE.format(image="good.png"))
    written(tmp_path / "lost.xml", PAGE.format(image="gone.png"))
    written(tmp_path / "torn.xml", PAGE.format(image="good.png")[:300])
    written(tmp_path / "mets.xml", "<mets/>")
    assert len(read_labels(tmp_path, "page")) == 2
    for part in ("lost.xml (gone.png)", "damaged files: torn.xml", "not PAGE: mets.xml"):
        assert part in caplog.text
    (tmp_path / "good.png").unlink()
    with pytest.raises(DataError, match="no labelled images"):
        read_labels(tmp_path, "page")


def test_splits_of_pages(tmp_path: Path) -> None:
    for name in ("one", "two"):
        striped_page(tmp_path / f"{name}.png")
        written(tmp_path / f"{name}.xml", PAGE.format(image=f"{name}.png"))
    written(tmp_path / "dev.txt", "two.xml\n")
    assert {s.path.name for s in read_labels(tmp_path, "page", split="dev")} == {"two.png"}


def test_outlines_become_quads() -> None:
    sloping = ((0.0, 0.0), (100.0, 10.0), (200.0, 20.0), (198.0, 40.0), (98.0, 30.0), (-2.0, 20.0))
    quad = outline_quad(sloping)
    assert quad[1, 1] - quad[0, 1] == pytest.approx(20, abs=3)
    short = ((0.0, 10.0), (10.0, 0.0), (30.0, 5.0), (20.0, 25.0), (5.0, 20.0))
    assert outline_quad(short).tolist() == [[0, 0], [30, 0], [30, 25], [0, 25]]


def test_data_check_reads_pages(tmp_path: Path) -> None:
    striped_page(tmp_path / "letter.png")
    file = written(tmp_path / "letter.xml", PAGE.format(image="letter.png"))
    result = CliRunner().invoke(cli, ["data", "check", str(file), "--format", "page"])
    assert result.exit_code == 0, result.output
    assert "Chère maman" in result.output

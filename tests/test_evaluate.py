# SPDX-License-Identifier: Apache-2.0
"""``ocr evaluate`` with stages of known behaviour, so that every figure can be worked out."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.document import Document, Line, Page, Word
from ocr_pipeline.core.errors import DataError, InputError
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage, LabeledWord
from ocr_pipeline.evaluation.detector import evaluate_detector, pages_with_boxes
from ocr_pipeline.evaluation.pipeline import (
    PageOptions,
    evaluate_pipeline,
    match_places,
    place_unit,
)
from ocr_pipeline.evaluation.recognizer import Comparison, evaluate_recognizer
from ocr_pipeline.evaluation.report import Evaluation, speed, spread_out


@dataclass(frozen=True)
class Found:
    quad: np.ndarray
    score: float = 1.0


@dataclass(frozen=True)
class Read:
    text: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Crop:
    """A crop whose grey value is an index into what the fake recognizer says."""

    text: str
    shade: int
    broken: bool = False

    @property
    def name(self) -> str:
        return f"crop {self.shade}"

    def load(self, pad_x: float = 0.0, pad_y: float = 0.0) -> np.ndarray:
        if self.broken:
            raise InputError("broken")
        return np.full((20, 60, 3), self.shade, np.uint8)


class FakeDetector:
    """Finds the same lines on every page, given by the page's width."""

    def __init__(self, by_width: dict[int, Sequence[np.ndarray]]) -> None:
        self.by_width = by_width

    def detect(self, image: np.ndarray, options: Any = None) -> list[Found]:
        return [Found(quad) for quad in self.by_width[image.shape[1]]]


class FakeRecognizer:
    def __init__(self, texts: Sequence[Read]) -> None:
        self.texts = texts

    def read(self, crops: Sequence[np.ndarray]) -> list[Read]:
        return [self.texts[int(crop[0, 0, 0])] for crop in crops]


class FakePipeline:
    def __init__(self, pages: dict[str, Page]) -> None:
        self.pages = pages

    def read(self, source: str | Path) -> Document:
        name = Path(source).name
        if name not in self.pages:
            raise InputError(f"{name}: damaged")
        return Document(name, (self.pages[name],))


def quad(x: float, y: float, width: float = 50, height: float = 20) -> np.ndarray:
    return box_quad(x, y, x + width, y + height)


def points(array: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in array)


def page_image(folder: Path, name: str, width: int = 200, height: int = 100) -> Path:
    path = folder / name
    Image.new("RGB", (width, height), "white").save(path)
    return path


def text_line(text: str, where: np.ndarray, row: int | None = None) -> Line:
    return Line(text, points(where), row=row, words=(Word(text, points(where)),))


# --------------------------------------------------------------------------- detector


def test_detector_figures_are_of_the_whole_set(tmp_path: Path) -> None:
    pages = [
        LabeledPage(
            page_image(tmp_path, "a.png", 200),
            200,
            100,
            (
                LabeledLine(quad(10, 10), "one"),
                LabeledLine(quad(10, 40), "two"),
                LabeledLine(quad(100, 10), "", ignore=True),
            ),
        ),
        LabeledPage(
            page_image(tmp_path, "b.png", 150), 150, 100, (LabeledLine(quad(10, 10), "x"),)
        ),
    ]
    detector = FakeDetector(
        {
            200: [quad(10, 10), quad(100, 10)],  # one of two; the other is a don't-care
            150: [quad(10, 10), quad(80, 60)],  # the line, and one that is none
        }
    )
    result = evaluate_detector(pages, detector, worst=1, out=tmp_path / "worst")
    assert result.summary["lines"] == 3
    for name in ("DetEval", "IoU 0.5"):
        assert result.summary[f"{name} recall"] == pytest.approx(2 / 3)
        assert result.summary[f"{name} precision"] == pytest.approx(2 / 3)
        assert result.summary[f"{name} hmean"] == pytest.approx(2 / 3)
    assert result.items[0]["recall DetEval"] == pytest.approx(1 / 2)
    assert result.items[0]["precision DetEval"] == 1.0
    assert len(list((tmp_path / "worst").glob("worst_01_*.png"))) == 1


def test_deteval_takes_upright_boxes_where_labels_are_upright(tmp_path: Path) -> None:
    shape = np.array([[20, 20], [220, 50], [220, 74], [20, 44]], np.float32)  # a slanted line
    loose = box_quad(20, 20, 220, 74)
    image = page_image(tmp_path, "a.png", 250)
    hmean = {}
    for name, label in (("upright", loose), ("slanted", shape)):
        page = LabeledPage(image, 250, 100, (LabeledLine(label, "line"),))
        result = evaluate_detector([page], FakeDetector({250: [shape]}))
        hmean[name] = result.summary["DetEval hmean"], result.summary["IoU 0.5 hmean"]
    assert hmean == {"upright": (1.0, 0.0), "slanted": (1.0, 1.0)}


def test_pages_without_boxes_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="set: none of its pages"):
        pages_with_boxes([LabeledPage(tmp_path / "a.png", 1, 1, (), "text")], "set")


# --------------------------------------------------------------------------- recognizer


def test_recognizer_figures(tmp_path: Path) -> None:
    samples = [
        Crop("TOTAL", 0),
        Crop("Ab  c", 1),
        Crop("it\u2019s", 2),
        Crop("x", 3, broken=True),
        Crop("12", 4),
    ]
    recognizer = FakeRecognizer(
        [Read("T0TAL", 0.9), Read("ab c", 0.8), Read("it's", 0.7), Read("?"), Read("12", 1.0)]
    )
    result = evaluate_recognizer(samples, recognizer, worst=2, out=tmp_path)
    summary = result.summary
    assert summary["lines"] == 4
    assert summary["crops that cannot be opened"] == 1
    assert summary["characters"] == 15
    assert summary["CER"] == pytest.approx(3 / 15)
    assert summary["CER without case"] == pytest.approx(2 / 15)
    assert summary["WER"] == pytest.approx(3 / 5)
    assert summary["exact"] == 0.25
    assert summary["exact, letters and digits"] == 0.75
    assert summary["calibration error"] == pytest.approx((0.9 + 0.8 + 0.7) / 4)
    assert ["0", "A"] not in [list(entry[:2]) for entry in result.confusions]
    assert ("O", "0", 1) in result.confusions
    assert ("A", 1, 2) in result.weakest
    assert Image.open(tmp_path / "worst_lines.png").height > 50

    folded = evaluate_recognizer(samples, recognizer, Comparison(True, True)).summary
    assert folded["CER"] == pytest.approx(1 / 15)
    assert folded["exact"] == 0.75


def test_recognizer_without_a_crop() -> None:
    with pytest.raises(DataError, match="none of the labelled crops"):
        evaluate_recognizer([Crop("x", 0, broken=True)], FakeRecognizer([]))


# --------------------------------------------------------------------------- pipeline


def test_pipeline_text_figures(tmp_path: Path) -> None:
    pages = [
        LabeledPage(page_image(tmp_path, "a.png"), 200, 100, (), "~ Don't stop \n\n\nhere"),
        LabeledPage(page_image(tmp_path, "b.png"), 200, 100, (), "two words"),
    ]
    where = quad(10, 10)
    read = {
        "a.png": Page(
            1,
            200,
            100,
            (
                text_line("\u2022", where, 0),
                text_line("Don\u2019t stop", where, 0),
                text_line("hare", where, 1),
            ),
        )
    }
    result = evaluate_pipeline(pages, FakePipeline(read), worst=1, out=tmp_path / "worst")
    summary = result.summary
    # Reference "~ Don't stop here": 17 characters, one of them wrong; "two words": 9, none read.
    assert summary["CER in reading order"] == pytest.approx((1 + 9) / (17 + 9))
    # dont, stop of dont, stop, here, two, words; dont, stop, hare were found.
    assert summary["words"] == 5
    assert summary["word recall"] == pytest.approx(2 / 5)
    assert summary["word precision"] == pytest.approx(2 / 3)
    assert summary["word F1"] == pytest.approx(4 / 8)
    assert summary["pages that cannot be read"] == 1
    assert "words in place, F1" not in summary
    assert result.items[1]["error"] == "b.png: damaged"
    assert (tmp_path / "worst" / "worst_01_b.txt").read_text().startswith("missed: two words\n")


def test_pipeline_normalises_only_ascii_references() -> None:
    options = PageOptions()
    assert options.prepare("it's\n-", "it\u2019s \u2014") == ("it's -", "it's -")
    assert options.prepare("caf\u00e9 it's", "it\u2019s") == ("caf\u00e9 it's", "it\u2019s")
    assert PageOptions(normalise=True).prepare("\u00e9\u2019", "'") == ("\u00e9'", "'")
    assert PageOptions(normalise=False).prepare("'", "\u2019") == ("'", "\u2019")


def test_words_in_place(tmp_path: Path) -> None:
    line = LabeledLine(
        quad(10, 10, 110),
        "Total 5.00",
        words=(LabeledWord(quad(10, 10), "Total"), LabeledWord(quad(70, 10), "5.00")),
    )
    unsure = LabeledLine(quad(10, 60), "stamp", ignore=True)
    page = LabeledPage(page_image(tmp_path, "a.png"), 200, 100, (line, unsure))
    found = Line(
        "TOTAL 6.00 5.00",
        points(quad(10, 10, 110)),
        words=(
            Word("TOTAL", points(quad(12, 11))),
            Word("6.00", points(quad(70, 10))),
            Word("5.00", points(quad(150, 10))),  # right text, wrong place
        ),
    )
    careless = text_line("blot", quad(12, 62))
    pipeline = FakePipeline({"a.png": Page(1, 200, 100, (found, careless))})
    summary = evaluate_pipeline([page], pipeline).summary
    assert summary["words in place, precision"] == pytest.approx(1 / 3)
    assert summary["words in place, recall"] == pytest.approx(1 / 2)
    assert summary["words in place, F1"] == pytest.approx(2 / 5)
    assert summary["words in place, F1, exact text"] == 0.0
    assert summary["words"] == 2


def test_match_places_is_one_to_one() -> None:
    truths = [(quad(0, 0), "a"), (quad(0, 0), "--")]
    found = [(quad(0, 0), "A"), (quad(2, 0), "a"), (quad(0, 0), "-")]
    loose, exactly = match_places(truths, found)
    assert (loose.matched, loose.expected, loose.found) == (1, 1, 2)
    assert (exactly.matched, exactly.expected, exactly.found) == (1, 2, 3)
    # Moved by a third of its width: 33.3 of 66.7 pixels are shared, an IoU of exactly one half.
    assert match_places([(quad(0, 0, 60), "a")], [(quad(20, 0, 60), "a")])[0].matched == 1
    assert match_places([(quad(0, 0, 60), "a")], [(quad(22, 0, 60), "a")])[0].matched == 0


def test_place_unit(tmp_path: Path) -> None:
    def page(*lines: LabeledLine) -> list[LabeledPage]:
        return [LabeledPage(tmp_path / "a.png", 1, 1, lines)]

    assert place_unit(page()) == ""
    assert place_unit(page(LabeledLine(quad(0, 0), "two words"))) == "line"
    assert place_unit(page(LabeledLine(quad(0, 0), "word"))) == "word"
    word = LabeledWord(quad(0, 0), "two")
    assert place_unit(page(LabeledLine(quad(0, 0), "two words", words=(word,)))) == "word"


# --------------------------------------------------------------------------- report, command


def test_report() -> None:
    result = Evaluation(
        "recognizer", {"set": "x"}, {"lines": 3, "CER": 1 / 3}, [{"cer": 2 / 3}], [(" ", "", 2)]
    )
    assert result.table().splitlines() == [
        "lines          3",
        "CER       0.3333",
        "expected>read: \u2423>\u2205 2",
    ]
    plain = json.loads(result.to_json())
    assert plain["items"] == [{"cer": 0.666667}]
    assert plain["confusions"] == [[" ", "", 2]]


def test_speed_and_limit() -> None:
    assert speed([3.0, 1.0, 2.0, 10.0]) == {
        "seconds a page, median": 2.5,
        "seconds a page, mean": 4.0,
    }
    assert speed([]) == {}
    assert spread_out("abcdef", 3) == ["a", "c", "e"]
    assert spread_out("ab", 3) == ["a", "b"]
    assert spread_out("ab", None) == ["a", "b"]


def labelled_set(folder: Path) -> Path:
    page_image(folder, "a.png")
    rows = [
        {
            "image": "a.png",
            "w": 200,
            "h": 100,
            "lines": [{"poly": quad(10, 10).tolist(), "text": "Hello"}],
        }
    ]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def invoke(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])
    return result.exit_code, result.output


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import detector
    import ocr_pipeline.pipeline
    import recognizer

    data = labelled_set(tmp_path)
    stage = FakeDetector({200: [quad(10, 10)]})
    monkeypatch.setattr(detector.Detector, "from_weights", lambda *a, **k: stage)
    code, output = invoke("detector", "--data", data, "--json", tmp_path / "d.json")
    assert code == 0, output
    assert "DetEval hmean" in output and "1.0000" in output
    saved = json.loads((tmp_path / "d.json").read_text())
    assert saved["summary"]["IoU 0.5 hmean"] == 1.0
    assert saved["settings"]["set"] == tmp_path.name

    reader = FakeRecognizer([Read("")] * 255 + [Read("Hallo")])
    monkeypatch.setattr(recognizer.Recognizer, "from_weights", lambda *a, **k: reader)
    code, output = invoke("recognizer", "--data", data, "--worst", 1, "--out", tmp_path / "w")
    assert code == 0, output
    assert "CER                           0.2000" in output
    assert "e>a 1" in output
    assert (tmp_path / "w" / "worst_lines.png").is_file()

    whole = FakePipeline({"a.png": Page(1, 200, 100, (text_line("hello", quad(10, 10)),))})
    monkeypatch.setattr(ocr_pipeline.pipeline, "Pipeline", lambda options: whole)
    code, output = invoke("pipeline", "--data", data, "--threads", 1, "--limit", 1)
    assert code == 0, output
    assert "words in place, F1, exact text     0.0000" in output


def test_command_errors(tmp_path: Path) -> None:
    data = labelled_set(tmp_path)
    code, output = invoke("detector", "--data", data, "--worst", 2)
    assert code == 2
    assert "--out" in output
    code, output = invoke("pipeline", "--data", data, "--wildcard", "~~")
    assert code == 2
    code, output = invoke("detector", "--data", data, "--split", "dev")
    assert code == 6
    code, output = invoke("recognizer", "--data", data, "--recognizer", tmp_path / "none")
    assert code == 4


def test_tesseract_timing_compares_image_by_image() -> None:
    path = Path(__file__).parents[1] / "benchmarks" / "tesseract_time.py"
    spec = importlib.util.spec_from_file_location("tesseract_time", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    seconds = [(1.0, 2.0), (3.0, 2.0), (1.0, 1.0)]
    rows = [{"seconds": a, "tesseract_seconds": b} for a, b in seconds]
    figures = module.summary(rows, start=0.5)
    assert figures["ratio, median"] == 1.0  # of 0.5, 1.5 and 1
    assert figures["ratio, median, start subtracted"] == 2.0  # of 2/3, 2 and 2
    assert figures["images where the pipeline is faster"] == pytest.approx(1 / 3)

# SPDX-License-Identifier: Apache-2.0
"""The pipeline with stand-ins for its two stages: places, order, thresholds, batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_stages import FakeDetector, FakeRecognizer, bars, reading
from PIL import Image

from ocr_pipeline import Pipeline, RunOptions
from ocr_pipeline.assembly import ReadLine, make_line, make_lines, slice_quad
from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.decode_files import decode_options
from ocr_pipeline.layout import Place

BOXES = [(20, 20, 220, 40), (20, 60, 120, 80), (150, 60, 250, 80)]


def pipeline(**options: object) -> Pipeline:
    return Pipeline(
        RunOptions(**options),  # type: ignore[arg-type]
        detector=FakeDetector(),
        recognizer=FakeRecognizer(),
    )


def test_a_page_becomes_lines_in_order() -> None:
    page = pipeline().read_page(bars(BOXES))
    assert [line.text for line in page.lines] == ["first line", "second", "third"]
    assert page.text == "first line\nsecond third"
    assert (page.width, page.height, page.number) == (300, 200, 1)
    assert page.lines[0].polygon == ((20, 20), (220, 20), (220, 40), (20, 40))
    assert page.lines[0].detection == 0.9


def test_words_lie_inside_their_line() -> None:
    line = pipeline().read_page(bars(BOXES)).lines[0]
    assert [word.text for word in line.words] == ["first", "line"]
    first, second = line.words
    xs = [x for word in line.words for x, _ in word.polygon]
    assert min(xs) >= 20 and max(xs) <= 220
    assert first.polygon[1][0] < second.polygon[0][0]
    assert [char.text for char in second.chars] == list("line")
    assert {y for _, y in first.polygon} == {20, 40}


def test_fractions_of_a_padded_crop_map_back_to_the_line() -> None:
    quad = box_quad(100, 50, 200, 70)  # 5 heights wide; the crop has half a height at either end
    part, whole = slice_quad(quad, [1 / 12, 0.0], [0.5, 1.0], pad_x=0.5)
    assert np.allclose(part, [(100, 50), (150, 50), (150, 70), (100, 70)], atol=0.1)
    assert whole == ((100, 50), (200, 50), (200, 70), (100, 70))
    assert slice_quad(quad, [], []) == []


def test_words_follow_a_slanted_line() -> None:
    quad = np.array([[0, 0], [100, 20], [96, 40], [-4, 20]], np.float32)
    line = make_line(ReadLine.of(quad, 0.8, reading("ab cd")))
    for word in line.words:
        for (x0, y0), (x1, y1) in (word.polygon[:2], word.polygon[3:1:-1]):
            assert (y1 - y0) / (x1 - x0) == pytest.approx(0.2, abs=0.01)


def test_double_spaces_make_no_empty_words() -> None:
    line = make_line(ReadLine.of(box_quad(0, 0, 90, 10), 1.0, reading(" a  b ")))
    assert [word.text for word in line.words] == ["a", "b"]


def test_lines_made_together_are_those_made_one_by_one() -> None:
    slanted = np.array([[0, 0], [100, 20], [96, 40], [-4, 20]], np.float32)
    reads = [
        ReadLine.of(slanted, 0.8, reading("ab cd"), 0.3),
        ReadLine.of(box_quad(5, 50, 95, 60), 0.7, reading("")),
        ReadLine.of(box_quad(0, 80, 90, 92), 0.9, reading("one word")),
    ]
    together = make_lines(reads, [Place(0, 0, 0, 0), Place(1, 1), Place(2, 2, 1, 3)])
    for line, read in zip(together, reads, strict=True):
        assert replace(line, row=None, block=None, paragraph=None) == make_line(read)
    assert [(x.row, x.block, x.paragraph) for x in together] == [
        (0, 0, 0),
        (1, None, None),
        (2, 1, 3),
    ]
    assert make_lines([], []) == []


def test_lines_without_text_are_dropped() -> None:
    page = pipeline().read_page(bars([*BOXES, (20, 120, 90, 140), (20, 160, 90, 180)]))
    assert len(page.lines) == 4  # the fifth grey level has no text


def test_a_page_without_text() -> None:
    page = pipeline().read_page(np.full((50, 60, 3), 255, np.uint8))
    assert page.lines == () and page.text == ""


def test_thresholds() -> None:
    assert pipeline(min_confidence=0.95).read_page(bars(BOXES)).lines == ()
    assert pipeline(min_score=0.95).read_page(bars(BOXES)).lines == ()
    assert len(pipeline(min_score=0.85, min_confidence=0.85).read_page(bars(BOXES)).lines) == 3


def test_icons_are_dropped_in_pictures_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: object, crops: list[np.ndarray]) -> list[object]:
        given = reading("o Open now", 0.9)
        return [replace(given, chars=(replace(given.chars[0], confidence=0.4), *given.chars[1:]))]

    monkeypatch.setattr(FakeRecognizer, "read", read)
    for size, options, text in (
        ((200, 300), {}, "Open now"),
        ((200, 900), {}, "o Open now"),
        ((200, 300), {"min_confidence": 0.0}, "o Open now"),
    ):
        assert pipeline(**options).read_page(bars(BOXES[:1], size)).text == text


def test_all_lines_of_a_page_are_read_in_one_go() -> None:
    read = pipeline()
    read.read_page(bars(BOXES))
    assert read.recognizer.batches == [3]  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\xfa"])
def test_a_lexicon_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"words\.txt"):
        decode_options(RunOptions(beam=5, lexicon=path))


def test_lexicon_and_ngram_come_from_files(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("red green\nblue\n")
    options = decode_options(RunOptions(beam=5, lexicon=path, ngram=path))
    assert options.lexicon.words == {"red", "green", "blue"}
    assert options.ngram.log_probability("re", "d") > options.ngram.log_probability("re", "b")


def test_without_detection_the_image_is_the_line() -> None:
    image = bars([(0, 0, 80, 20)], size=(20, 80))
    page = Pipeline(RunOptions(detect=False), recognizer=FakeRecognizer()).read_page(image)
    assert page.text == "first line"
    assert page.lines[0].polygon == ((0, 0), (80, 0), (80, 20), (0, 20))
    assert page.lines[0].words[-1].polygon[1] == (80, 0)


def test_files_and_arrays_give_the_same_tree(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    Image.fromarray(bars(BOXES)).save(path)
    from_file, from_array = pipeline().read(path), pipeline().read(bars(BOXES))
    assert from_file.pages == from_array.pages
    assert from_file.source == str(path)
    assert Document.from_json(from_file.to_json()) == from_file


def test_pages_are_numbered(tmp_path: Path) -> None:
    pages = [Image.fromarray(bars(BOXES[:n])) for n in (1, 2, 3)]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:])
    document = pipeline().read(tmp_path / "book.tif")
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert [len(page.lines) for page in document.pages] == [1, 2, 3]
    assert document.text.count("\f") == 2


def test_grey_arrays_are_read_and_others_refused() -> None:
    assert pipeline().read_page(bars(BOXES)[..., 0]).text.startswith("first line")
    for bad in (np.zeros((5, 5, 4), np.uint8), np.zeros((5, 5)), np.zeros((0, 5, 3), np.uint8)):
        with pytest.raises(InputError, match="image must be"):
            pipeline().read_page(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "fp8"},
        {"threads": -1},
        {"batch_size": 0},
        {"min_score": 1.5},
        {"min_confidence": -0.1},
        {"format": ("docx",)},
        {"format": ()},
        {"format": ("txt", "txt")},
    ],
)
def test_options_are_validated(options: dict) -> None:
    with pytest.raises(UsageError, match="--"):
        RunOptions(**options)


def test_many_files_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(bars(BOXES)).save(tmp_path / name)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    asked: list[str] = []

    def names() -> Iterator[Path]:
        for name in ("a.png", "bad.png", "b.png"):
            asked.append(name)
            yield tmp_path / name

    failed: list[Path] = []
    documents = pipeline().read_many(names(), lambda path, error: failed.append(Path(path)))
    assert next(documents).source == str(tmp_path / "a.png")
    assert asked == ["a.png"]
    assert [Path(document.source).name for document in documents] == ["b.png"]
    assert failed == [tmp_path / "bad.png"]
    with pytest.raises(InputError, match=r"bad\.png"):
        list(pipeline().read_many(names()))

# SPDX-License-Identifier: Apache-2.0
"""Rendered lines, and ``ocr synth``."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.groundtruth import read_crop_set, read_page_set
from ocr_pipeline.core.images import load_image
from ocr_pipeline.core.rendering.fonts import FontLibrary
from ocr_pipeline.core.rendering.text import LATIN_ALPHABET, TextSource
from recognizer.synthesis.lines import LineOptions, LineRenderer
from recognizer.synthesis.looks import LOOKS


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> FontLibrary:
    return FontLibrary([tmp_path_factory.mktemp("none")])


@pytest.fixture(scope="module")
def text() -> TextSource:
    return TextSource()


@pytest.fixture(scope="module")
def renderer(fonts: FontLibrary, text: TextSource) -> LineRenderer:
    return LineRenderer(LineOptions(max_width=400), fonts, text)


def test_a_line_depends_on_seed_and_index_alone(
    renderer: LineRenderer, fonts: FontLibrary, text: TextSource
) -> None:
    forward = [renderer.render(7, i) for i in range(30)]
    other = LineRenderer(LineOptions(max_width=400), fonts, text)
    for i in reversed(range(30)):
        again = other.render(7, i)
        assert again.text == forward[i].text
        assert np.array_equal(again.image, forward[i].image)
    assert renderer.render(8, 0).text != forward[0].text or not np.array_equal(
        renderer.render(8, 0).image, forward[0].image
    )


def test_lines_keep_their_bounds(renderer: LineRenderer) -> None:
    for i in range(150):
        sample = renderer.render(1, i)
        height, width = sample.image.shape
        assert sample.image.dtype == np.uint8 and 16 <= height <= 64
        assert round(width * 32 / height) <= 400
        assert 1 <= len(sample.text) <= 100 and sample.text == " ".join(sample.text.split())
        assert set(sample.text) <= set(LATIN_ALPHABET)
        # Enough time steps of four columns for CTC.
        repeats = sum(a == b for a, b in zip(sample.text, sample.text[1:], strict=False))
        assert width * 32 / height / 4 >= len(sample.text) + repeats


def test_glyphs_that_no_face_has_are_left_out_of_the_text(fonts: FontLibrary) -> None:
    odd = TextSource(LATIN_ALPHABET + "漢字")
    covered = fonts.coverage()
    renderer = LineRenderer(LineOptions(alphabet=LATIN_ALPHABET + "漢字"), fonts, odd)
    for i in range(40):
        assert set(renderer.render(2, i).text) <= covered


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_leaves_contrast(look: str, fonts: FontLibrary, text: TextSource) -> None:
    renderer = LineRenderer(LineOptions(looks=((look, 1.0),)), fonts, text)
    spans = []
    for i in range(25):
        image = renderer.render(3, i).image
        low, high = np.percentile(image, [2, 98])
        spans.append(high - low)
    assert np.median(spans) > 50 and min(spans) > 12


def test_clean_lines_hold_their_ink(fonts: FontLibrary, text: TextSource) -> None:
    renderer = LineRenderer(LineOptions(looks=(("clean", 1.0),)), fonts, text)
    for i in range(40):
        sample = renderer.render(4, i)
        if len(sample.text) < 5:
            continue
        border = np.median(np.concatenate([sample.image[:, 0], sample.image[:, -1]]))
        ink = np.abs(sample.image.astype(int) - border) > 40
        # Text of five letters or more crosses most of the crop.
        assert ink.any(axis=0).mean() > 0.25


def test_blanks_are_wide_enough_to_see(fonts: FontLibrary, text: TextSource) -> None:
    """However narrow a line is set, the widest gap between its letters is its blank."""
    renderer = LineRenderer(LineOptions(), fonts, text)
    drawn = 0
    for i in range(60):
        rng = np.random.default_rng([9, i])
        face = fonts.choose(rng)
        line, found, stretch, box = renderer._draw(rng, face, "thermal", "HH HH", 30.0)
        if found != "HH HH" or line.rules:
            continue
        columns = np.flatnonzero((line.ink > 0).any(axis=0))
        assert np.diff(columns).max() * stretch > 0.12 * box
        drawn += 1
    assert drawn > 30


def test_renderer_pickles(renderer: LineRenderer) -> None:
    copy = pickle.loads(pickle.dumps(renderer))
    assert np.array_equal(copy.render(5, 3).image, renderer.render(5, 3).image)


@pytest.mark.parametrize(
    "options",
    [{"max_width": 10}, {"max_chars": 0}, {"min_height": 70}, {"looks": (("odd", 1.0),)}],
)
def test_options_are_checked(options: dict) -> None:
    with pytest.raises(UsageError):
        LineOptions(**options)


def test_synth_lines_writes_a_set_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    out, sheet = tmp_path / "set", tmp_path / "sheet.png"
    base = ["synth", "lines", "--seed", "3", "--font-dir", str(tmp_path / "fonts")]
    result = CliRunner().invoke(
        cli, [*base, "--count", "6", "--out", str(out), "--sheet", str(sheet)]
    )
    assert result.exit_code == 0, result.output
    crops = read_crop_set(out)
    assert len(crops) == 6 and all(label for _, label in crops)
    assert all(load_image(path).shape[0] >= 16 for path, _ in crops)
    assert load_image(sheet).shape[1] == 1600
    # The same images whatever the place they start from and the number of workers.
    part = tmp_path / "part"
    args = [*base, "--first", "4", "--count", "2", "--workers", "2", "--out", str(part)]
    assert CliRunner().invoke(cli, args).exit_code == 0
    for (a, text_a), (b, text_b) in zip(crops[4:], read_crop_set(part), strict=True):
        assert text_a == text_b and np.array_equal(cv2.imread(str(a)), cv2.imread(str(b)))


def test_synth_refuses_to_overwrite_and_to_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text("", encoding="utf-8")
    runner = CliRunner()
    result = runner.invoke(cli, ["synth", "lines", "--count", "1", "--out", str(tmp_path)])
    assert result.exit_code == 2 and "--overwrite" in result.output
    assert runner.invoke(cli, ["synth", "lines"]).exit_code == 2


def test_synth_pages_writes_a_page_set(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    out = tmp_path / "pages"
    args = ["synth", "pages", "--count", "2", "--out", str(out)]
    result = CliRunner().invoke(cli, [*args, "--font-dir", str(tmp_path / "fonts")])
    assert result.exit_code == 0, result.output
    pages = read_page_set(out)
    assert len(pages) == 2 and any(page.lines for page in pages)
    for page in pages:
        assert load_image(page.image).shape[:2] == (page.height, page.width)

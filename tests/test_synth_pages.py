# SPDX-License-Identifier: Apache-2.0
"""Rendered pages: repeatable, labelled where the ink is, drawable in Pillow's built-in face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.synthesis import KINDS, PageOptions, PageRenderer
from detector.synthesis.canvas import Canvas, Style
from detector.synthesis.rows import Cell, leaders, put_row
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.groundtruth import read_page_set
from ocr_pipeline.core.images import load_image
from ocr_pipeline.core.rendering.fonts import FontLibrary


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    """A library of an empty folder: the built-in face alone."""
    return FontLibrary([tmp_path_factory.mktemp("no_fonts")])


@pytest.fixture(scope="module")
def style(fonts):
    return Style(fonts.faces[0], 24)


def small(**rest) -> PageOptions:
    return PageOptions(width=(420, 640), **rest)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_has_lines_inside_the_page(fonts, kind):
    renderer = PageRenderer(small(kinds={kind: 1.0}), fonts=fonts)
    found = 0
    for index in range(3):
        sample = renderer.render(3, index)
        assert sample.kind == kind
        assert sample.image.dtype == np.uint8 and sample.image.shape[2] == 3
        height, width = sample.image.shape[:2]
        for line in sample.lines:
            found += 1
            assert line.quad.shape == (4, 2) and line.quad.dtype == np.float32
            assert line.text == " ".join(word.text for word in line.words)
            assert line.text == " ".join(line.text.split())
            assert line.text
            if not line.ignore:
                assert (line.quad.min(0) >= -3).all()
                assert (line.quad.max(0) <= np.array([width + 3, height + 3])).all()
    assert found


def test_same_seed_and_index_give_the_same_page(fonts):
    first = PageRenderer(small(), fonts=fonts)
    second = PageRenderer(small(), fonts=fonts)
    second.render(9, 0)  # what was drawn before must not matter
    for index in (4, 2):
        a, b = first.render(1, index), second.render(1, index)
        assert np.array_equal(a.image, b.image)
        assert [line.text for line in a.lines] == [line.text for line in b.lines]
        assert all(np.array_equal(x.quad, y.quad) for x, y in zip(a.lines, b.lines, strict=True))
    assert not np.array_equal(first.render(1, 0).image, first.render(2, 0).image)


def test_quads_follow_the_damage(fonts):
    """The boxes of a tilted page hold dark ink, their surroundings do not."""
    options = small(kinds={"letter": 1.0}, clutter=0.0, rotation=3.0)
    renderer = PageRenderer(options, fonts=fonts)
    tilted = 0
    for index in range(8):
        sample = renderer.render(5, index)
        for line in sample.lines:
            tilt = abs(line.quad[1, 1] - line.quad[0, 1])
            down = line.quad[3] - line.quad[0]
            across = line.quad[1] - line.quad[0]
            assert abs(float(down @ across)) < 0.2 * np.linalg.norm(down) * np.linalg.norm(across)
            tilted += tilt > 1
    assert tilted


def test_box_follows_the_convention(style):
    """Box height depends on the face and the size, never on the letters."""
    canvas = Canvas(600, 200)
    canvas.put(20, 60, "once mere sea", style)
    canvas.put(20, 120, "Hgj $()", style)
    heights = [line.quad[3, 1] - line.quad[0, 1] for line in canvas.lines]
    assert heights[0] == pytest.approx(heights[1])
    assert 1.35 * style.cap < heights[0] < 1.5 * style.cap
    ink = np.argwhere(np.asarray(canvas.image.convert("L"))[:90] < 128)
    left, right = canvas.lines[0].quad[0, 0], canvas.lines[0].quad[1, 0]
    assert 0 < ink[:, 1].min() - left < 0.3 * heights[0]
    assert 0 < right - ink[:, 1].max() < 0.3 * heights[0]


@pytest.mark.parametrize("stretch", [(1.0, 1.0), (1.5, 1.0), (0.7, 1.2)])
@pytest.mark.parametrize("tracking", [0.0, 0.3])
def test_words_lie_on_their_ink(fonts, stretch, tracking):
    style = Style(fonts.faces[0], 24, stretch=stretch, tracking=tracking)
    canvas = Canvas(600, 100)
    canvas.put(20, 60, "one two six", style)
    columns = np.flatnonzero((np.asarray(canvas.image.convert("L")) < 128).any(axis=0))
    (line,) = canvas.lines
    assert [word.text for word in line.words] == ["one", "two", "six"]
    inside = np.zeros(len(columns), bool)
    for word in line.words:
        left, right = word.quad[0, 0], word.quad[1, 0]
        held = (columns >= left - 0.5) & (columns <= right + 0.5)
        assert held.any()
        inside |= held
    assert inside.all()


def test_a_row_parts_its_texts(style):
    canvas = Canvas(400, 100)
    put_row(canvas, [Cell(10, "a very long name of a thing"), Cell(390, "12.50", "r")], 60, style)
    name, price = canvas.lines
    assert price.text == "12.50" and name.text.startswith("a very long")
    assert price.quad[0, 0] - name.quad[1, 0] > 0.6 * style.height


def test_upright_text_is_ignored(style):
    canvas = Canvas(200, 300)
    canvas.put_upright(150, 280, "AB 1234", style)
    (line,) = canvas.lines
    assert line.ignore and line.text == "AB 1234"
    rows, columns = np.nonzero(np.asarray(canvas.image.convert("L")) < 128)
    left, top = line.quad.min(0)
    right, bottom = line.quad.max(0)
    assert left <= columns.min() and columns.max() <= right
    assert top <= rows.min() and rows.max() <= bottom
    assert line.quad[0, 1] == bottom and line.quad[1, 1] == top  # the text begins below


@pytest.mark.parametrize("joined", [True, False])
def test_dots_join_only_where_they_touch(style, joined):
    canvas = Canvas(600, 100)
    leaders(canvas, 10, 590, 60, "Preface", "12", style, joined=joined)
    if joined:
        (line,) = canvas.lines
        assert line.text.startswith("Preface ....") and line.text.endswith(". 12")
    else:
        assert sorted(line.text for line in canvas.lines) == ["12", "Preface"]


def test_only_the_alphabet_is_drawn(fonts):
    options = small(alphabet="0123456789abcdefghijklmnopqrstuvwxyz")
    renderer = PageRenderer(options, fonts=fonts)
    texts = "".join(line.text for index in range(4) for line in renderer.render(2, index).lines)
    assert texts and set(texts) <= set(options.alphabet or "") | {" "}


def test_clean_pages_stay_upright(fonts):
    options = small(strength=0.0, clutter=0.0, kinds={"receipt": 1.0})
    sample = PageRenderer(options, fonts=fonts).render(1, 1)
    assert all(line.quad[0, 1] == line.quad[1, 1] and not line.ignore for line in sample.lines)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": (100, 50)},
        {"kinds": {"novel": 1.0}},
        {"kinds": {"form": 0.0}},
        {"rotation": 90.0},
        {"strength": 2.0},
    ],
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(UsageError):
        PageOptions(**wrong)


def test_bundled_images_match_their_ground_truth():
    root = Path(__file__).parent.parent / "test_images"
    pages = read_page_set(root)
    assert len(pages) >= 8
    for page in pages:
        height, width = load_image(page.image).shape[:2]
        assert (page.width, page.height) == (width, height)
        truth = page.image.with_suffix(".gt.txt").read_text(encoding="utf-8")
        assert page.text == truth.rstrip("\n")
        assert truth.split() == " ".join(line.text for line in page.lines).split()
        for line in page.lines:
            assert (line.quad.min(0) >= 0).all() and (line.quad.max(0) <= (width, height)).all()
            assert " ".join(word.text for word in line.words) == line.text

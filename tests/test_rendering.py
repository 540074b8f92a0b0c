# SPDX-License-Identifier: Apache-2.0
"""Fonts, text and degradations."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageFont

from ocr_pipeline.core.errors import DataError, FontError
from ocr_pipeline.core.rendering import degrade as d
from ocr_pipeline.core.rendering import snippets
from ocr_pipeline.core.rendering.drawing import (
    DrawStyle,
    advance,
    draw,
    enlarge_end,
    extents,
    ink_box,
)
from ocr_pipeline.core.rendering.families import COMMON, category_of, shares, style_weight
from ocr_pipeline.core.rendering.fonts import FontLibrary
from ocr_pipeline.core.rendering.fontscan import drawable
from ocr_pipeline.core.rendering.sheet import contact_sheet
from ocr_pipeline.core.rendering.text import LATIN_ALPHABET, TextSource, upper


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> FontLibrary:
    """No fonts at all: Pillow's built-in face."""
    return FontLibrary([tmp_path_factory.mktemp("fonts")])


@pytest.fixture(scope="module")
def source() -> TextSource:
    return TextSource()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Fonts -------------------------------------------------------------------------------------------


def test_library_without_fonts_warns_and_serves_the_built_in_face(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library = FontLibrary([tmp_path])
    assert "built-in" in caplog.text
    face = library.choose(rng(), "Total 12.90")
    assert face.path is None and face.covers("Total 12.90")
    assert face.font(20).getlength("Total") > 20
    assert face.font(20) is face.font(20)


def test_face_never_claims_a_character_it_cannot_draw(library: FontLibrary) -> None:
    face = library.choose(rng())
    missing = face.font(24).getmask("\U0010fffd")
    for char in sorted(face.characters - {" "}):
        mask = face.font(24).getmask(char)
        assert mask.getbbox() is not None, char
        assert (mask.size, bytes(mask)) != (missing.size, bytes(missing)), char


def test_choose_refuses_text_that_no_face_has(library: FontLibrary) -> None:
    with pytest.raises(FontError, match="漢"):
        library.choose(rng(), "a漢")


def test_font_files_are_found_and_broken_ones_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "fonts" / "deep"
    folder.mkdir(parents=True)
    built_in = ImageFont.load_default(20)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    (folder / "Some.ttf").write_bytes(built_in.font_bytes)
    (folder / "Broken.ttf").write_bytes(b"no font at all")
    first, second = FontLibrary([tmp_path / "fonts"]), FontLibrary([tmp_path / "fonts"])
    assert (tmp_path / "cache" / "ocr-pipeline" / "faces.json").is_file()
    for library in (first, second):
        assert [face.path for face in library.faces] == [folder / "Some.ttf"]
        assert library.faces[0].covers("Receipt 0.50")
        assert not library.faces[0].covers("漢")
    assert first.faces[0].characters == second.faces[0].characters


def test_categories_and_shares() -> None:
    assert category_of("Liberation Mono Bold", True, None, False) == "mono"
    assert category_of("Noto Sans CJK SC Regular", False, None, True) == "cjk"
    assert category_of("GNUTypewriter Regular", True, None, False) == "typewriter"
    assert category_of("Unheard Of", False, False, False) == "sans"
    assert category_of("Unheard Of", False, True, False) == "serif"
    assert style_weight("Thin Italic") < style_weight("Bold") < style_weight("Regular")
    names = ["Liberation Sans", "Arimo", "Obscure", "Rare", "Noto Sans CJK SC"]
    found = shares([(n, "cjk" if "CJK" in n else "sans") for n in names])
    assert sum(found) == pytest.approx(1.0)
    assert found[0] == pytest.approx(found[1]) and found[2] == pytest.approx(found[3])
    assert found[4] == 0.0
    assert 0.5 < sum(share for _, share in COMMON) < 0.75


def test_drawing_puts_ink_on_the_baseline(library: FontLibrary) -> None:
    font = library.choose(rng()).font(40)
    up, down = extents(font)
    for style in (DrawStyle(), DrawStyle(spacing=4.0), DrawStyle(blanks=3.0)):
        line = draw(rng(), font, "Hd Hd", style, margin=10)
        box = ink_box(line.ink)
        assert box is not None
        left, top, right, bottom = box
        assert abs(bottom - line.baseline) <= 1 and abs((line.baseline - top) - up) <= 1
        assert 10 <= left < right <= line.ink.shape[1] - 5
        assert line.end - line.start == pytest.approx(advance(font, "Hd Hd", style), abs=5.0)
    assert down > 0
    hard = draw(rng(), font, "Hag", DrawStyle(bilevel=True), margin=5)
    assert set(np.unique(hard.ink)) == {0, 255}


def test_the_end_of_a_line_grows_on_its_baseline(library: FontLibrary) -> None:
    font = library.choose(rng()).font(30)
    line = draw(rng(), font, "Total 12", DrawStyle(), margin=10)
    start = line.start + advance(font, "Total", DrawStyle())
    larger = enlarge_end(line, start, 1.6)
    head, tail = larger.ink[:, : round(start)], larger.ink[:, round(start) :]
    tops = []
    for part in (head, tail):
        box = ink_box(part)
        assert box is not None and abs(box[3] - larger.baseline) <= 1
        tops.append(larger.baseline - box[1])
    assert tops[1] > 1.4 * tops[0]


def test_a_face_whose_small_letters_are_capitals_serves_for_capitals() -> None:
    class Capitals:
        """Draws a letter's capital for it."""

        def __init__(self) -> None:
            self.font = ImageFont.load_default(20)

        def getmask2(self, char: str, **rest: Any) -> Any:
            return self.font.getmask2(char.upper(), **rest)

    assert drawable(Capitals(), "aAbB07") == {"A", "B", "0", "7"}  # type: ignore[arg-type]


# Text --------------------------------------------------------------------------------------------


def test_alphabet_is_sorted_and_complete() -> None:
    assert list(LATIN_ALPHABET) == sorted(set(LATIN_ALPHABET))
    for char in " ~Az09éßÿŒœŠšŽžŸ€£¥§©®°·–—‘’“”„•…«»½¼¾²³¹×÷±µ™†¶ºª¢¿¡":
        assert char in LATIN_ALPHABET


def test_lines_are_clean_short_enough_and_reproducible(source: TextSource) -> None:
    allowed = set(LATIN_ALPHABET)
    lines = [source.line(rng(i), 60) for i in range(400)]
    assert lines == [source.line(rng(i), 60) for i in range(400)]
    for line in lines:
        assert 1 <= len(line) <= 60 and line == " ".join(line.split())
        assert set(line) <= allowed
    assert {len(line) for line in lines} >= {1, 2, 5, 10}
    assert 0.1 < np.mean([line.isupper() for line in lines]) < 0.5
    assert 0.05 < np.mean([not line.isascii() for line in lines]) < 0.35
    assert 0.2 < np.mean([any(c.isdigit() for c in line) for line in lines]) < 0.6


def test_every_character_occurs(source: TextSource) -> None:
    generator = rng(3)
    seen: set[str] = set()
    for _ in range(12000):
        seen.update(source.line(generator, 100))
        if len(seen) == len(LATIN_ALPHABET):
            break
    assert seen == set(LATIN_ALPHABET)


def test_placards_are_words_and_short(source: TextSource) -> None:
    texts = [source.placard(rng(i), 30) for i in range(300)]
    assert texts == [source.placard(rng(i), 30) for i in range(300)]
    assert all(0 < len(text) <= 30 and set(text) <= set(LATIN_ALPHABET) for text in texts)
    assert np.mean([" " in text for text in texts]) < 0.4
    assert 0.3 < np.mean([text.isupper() for text in texts]) < 0.7


def test_rare_letters_come_in_words() -> None:
    for seed in range(40):
        text = snippets.spelled(rng(seed), "éß")
        assert all(set("éßÉ") & set(word) for word in text.split())


@pytest.mark.parametrize(
    "kind",
    ["name", "company", "address", "date", "amount", "phone", "email", "url", "code", "product"],
)
def test_entities_stay_in_a_small_alphabet(kind: str) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-/@"
    small = TextSource(alphabet)
    for i in range(60):
        text = getattr(small, kind)(rng(i))
        assert set(text) <= set(alphabet) and text == " ".join(text.split())


def test_sentences_and_paragraphs(source: TextSource) -> None:
    for i in range(50):
        sentence = source.sentence(rng(i), 80)
        assert 1 <= len(sentence) <= 80 and sentence[-1] in ".?!:"
    assert len(source.paragraph(rng(), 40).split()) == 40
    assert len(source.words(rng(), 3).split()) >= 3


def test_corpus_prose_lists_and_errors(tmp_path: Path) -> None:
    prose = "It was the zzyzx of times, it was the worst of zzyzx. " * 20
    (tmp_path / "prose.txt").write_text(prose, encoding="utf-8")
    (tmp_path / "list.txt").write_text("Qwghlm\nXyzzyx\nPlugh\n" * 5, encoding="utf-8")
    (tmp_path / "names.json").write_text('{"names": ["Frobozz", "漢字"]}', encoding="utf-8")
    source = TextSource(corpus=[tmp_path])
    text = " ".join(source.paragraph(rng(i), 30) for i in range(5))
    assert "zzyzx" in text
    words = " ".join(source.words(rng(i), 10) for i in range(40))
    assert {"Qwghlm", "Plugh", "Frobozz"} <= set(words.split()) and "漢" not in words
    with pytest.raises(DataError, match="nowhere"):
        TextSource(corpus=[tmp_path / "nowhere"])


def test_corpus_without_blanks(tmp_path: Path) -> None:
    text = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏" * 40
    (tmp_path / "zh.txt").write_text(text, encoding="utf-8")
    source = TextSource("".join(sorted(set(text))) + " .", corpus=[tmp_path / "zh.txt"])
    lines = [source.line(rng(i), 20) for i in range(60)]
    assert max(map(len, lines)) > 5 and all(len(line) <= 20 for line in lines)


def test_upper_keeps_to_the_alphabet() -> None:
    assert upper("straße éÿµ1ª") == "STRASSE ÉŸµ1ª"
    assert set(upper(LATIN_ALPHABET)) <= set(LATIN_ALPHABET)


def test_text_source_pickles(source: TextSource) -> None:
    copy = pickle.loads(pickle.dumps(source))
    assert copy.line(rng(5), 80) == source.line(rng(5), 80)


# Degradations ------------------------------------------------------------------------------------

EFFECTS = {
    "noise": lambda r, im: d.noise(r, im, 8.0, 1.5),
    "salt": lambda r, im: d.salt_and_pepper(r, im, 0.02),
    "specks": lambda r, im: d.specks(r, im, 5, 2.0),
    "blur": lambda r, im: d.blur(im, 1.0),
    "motion": lambda r, im: d.motion_blur(im, 5.0, 30.0),
    "jpeg": lambda r, im: d.jpeg(im, 40),
    "low": lambda r, im: d.low_resolution(im, 2.0),
    "bilevel": lambda r, im: d.bilevel(im, 128),
    "levels": lambda r, im: d.levels(im, 40, 220),
    "invert": lambda r, im: d.invert(im),
    "sharpen": lambda r, im: d.sharpen(im, 0.8),
    "spread": lambda r, im: d.spread(im, 1.3),
    "thin": lambda r, im: d.spread(im, -0.4),
    "broken": lambda r, im: d.broken(r, im, 0.4, 3.0),
    "faded": lambda r, im: d.faded(r, im, 0.4, 12.0),
    "bands": lambda r, im: d.banding(r, im, 0.5, 6.0),
    "columns": lambda r, im: d.banding(r, im, 0.5, 6.0, vertical=True),
    "dots": lambda r, im: d.dots(im, 3.0, 3.0),
    "paper": lambda r, im: d.multiply(im, d.paper(r, *im.shape[:2], 220, 9)),
    "gradient": lambda r, im: d.gradient(r, im, 0.4),
    "shadow": lambda r, im: d.shadow(r, im, 0.4),
    "fold": lambda r, im: d.fold(r, im, 0.3, True),
    "bleed": lambda r, im: d.bleed_through(im, im, 0.2),
    "screened": lambda r, im: d.screened(im, 0.6, 3),
    "wave": lambda r, im: d.wave(im, np.linspace(0, 3, im.shape[1])),
}


def page(color: bool) -> np.ndarray:
    image = np.full((37, 83), 240, np.uint8)
    image[10:25, 20:60:6] = 20
    image[10:25, 21:60:6] = 20
    image[10:25, 22:60:6] = 120
    return np.repeat(image[:, :, None], 3, axis=2) if color else image


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("name", EFFECTS)
def test_effects_keep_shape_and_input_and_are_reproducible(name: str, color: bool) -> None:
    image = page(color)
    before = image.copy()
    out = EFFECTS[name](rng(1), image)
    assert out.shape == image.shape and out.dtype == np.uint8
    assert np.array_equal(image, before)
    assert not np.array_equal(out, image)
    assert np.array_equal(out, EFFECTS[name](rng(1), image))


def test_spread_and_threshold_change_ink_as_they_say() -> None:
    image = page(False)
    assert d.spread(image, 1).mean() < image.mean() < d.spread(image, -1).mean()
    soft = d.blur(image, 1.0)
    assert d.bilevel(soft, 200).mean() < d.bilevel(soft, 60).mean()
    assert set(np.unique(d.bilevel(soft, 128))) == {0, 255}


def test_warp_moves_points_with_the_picture() -> None:
    image = np.full((60, 90), 255, np.uint8)
    image[20:23, 30:33] = 0
    matrix = d.perspective(rng(4), 90, 60, 0.2)
    moved, points = d.warp(image, matrix, (90, 60), np.array([[31.0, 21.0]]))
    assert points is not None and points.shape == (1, 2)
    rows, cols = np.nonzero(moved < 128)
    assert np.hypot(cols.mean() - points[0, 0], rows.mean() - points[0, 1]) < 0.7
    shifted, none = d.warp(image, np.array([[1.0, 0, 5], [0, 1.0, -3]]), (90, 60))
    assert none is None and (shifted[17:20, 35:38] < 128).all()


def test_texture_stays_within_its_levels() -> None:
    for seed in range(20):
        ground = d.texture(rng(seed), 30, 50, 60, 90)
        assert ground.shape == (30, 50) and ground.min() >= 60 and ground.max() <= 90


def test_contact_sheet() -> None:
    items = [(page(False), "one"), (page(True), "two"), (np.zeros((10, 4000), np.uint8), "wide")]
    sheet = contact_sheet(items, height=32, width=300)
    assert sheet.shape[1:] == (300, 3) and sheet.dtype == np.uint8

# SPDX-License-Identifier: Apache-2.0
"""Rendered expressions and captchas: always the same, and nothing that cannot be told apart."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from ocr_pipeline.core.arithmetic import value_of
from ocr_pipeline.core.errors import FontError, UsageError
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from recognizer.synthesis.captcha import CaptchaOptions, CaptchaRenderer
from recognizer.synthesis.captcha_styles import STYLES
from recognizer.synthesis.expressions import ExpressionOptions, ExpressionRenderer, expression
from recognizer.synthesis.glyphs import affine, cover, glyph, stamp
from recognizer.synthesis.legible import LETTERS, Lettering, _clear_bar, legible
from recognizer.tasks import RenderOptions, load_preset


@pytest.fixture(scope="module")
def fonts() -> FontLibrary:
    return FontLibrary()


@pytest.fixture(scope="module")
def captchas(fonts: FontLibrary) -> CaptchaRenderer:
    return CaptchaRenderer(fonts=fonts)


@pytest.fixture(scope="module")
def expressions(fonts: FontLibrary) -> ExpressionRenderer:
    return ExpressionRenderer(fonts=fonts)


def face_of(fonts: FontLibrary, name: str) -> Face:
    face = next((face for face in fonts.faces if face.name == name), None)
    if face is None:
        pytest.skip(f"no {name} here")
    return face


def test_expressions_are_valid_and_as_long_as_asked() -> None:
    rng = np.random.default_rng(2)
    signs = set()
    for i in range(3000):
        length = 3 + i % 9
        text = expression(rng, length)
        assert len(text) == length and value_of(text) is not None, text
        assert any(sign in text for sign in "+-*")
        signs |= set(text)
    assert signs == set("0123456789+-*()")


def test_an_expression_is_a_function_of_seed_and_index(expressions: ExpressionRenderer) -> None:
    first = expressions.render(3, 7)
    assert first.image.shape == (60, 180) and first.image.dtype == np.uint8
    expressions.render(3, 8)
    again = expressions.render(3, 7)
    assert again.text == first.text and np.array_equal(again.image, first.image)
    assert not np.array_equal(expressions.render(4, 7).image, first.image)
    copy = pickle.loads(pickle.dumps(expressions))
    assert np.array_equal(copy.render(3, 7).image, first.image)


def test_expressions_have_contrast_and_stay_inside(expressions: ExpressionRenderer) -> None:
    rng = np.random.default_rng(1)
    for i in range(60):
        length = int(rng.integers(3, 12))
        text = expression(rng, length)
        ink, size, strength = expressions._set(rng, text)
        assert ink.shape == (60, 180) and size >= 11
        # That of all ink is the bold letters'; the thin ones among them are no fuller.
        assert 0.4 <= strength <= max(0.4, float(np.percentile(ink[ink > 40], 75)) / 255 + 0.08)
        # Next to nothing is cut off at the edges of the picture.
        assert float(ink[:, [0, -1]].mean()) < 40 and float(ink[[0, -1]].mean()) < 25
        image = expressions.render(9, i).image
        low, high = np.percentile(image, [1, 99])
        assert high - low >= 40


@pytest.mark.parametrize("options", [{"shortest": 2}, {"longest": 2}, {"width": 100}])
def test_expression_options_are_checked(options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        ExpressionOptions(**options)


def test_fonts_without_the_glyphs_are_refused(fonts: FontLibrary) -> None:
    class Digits:
        faces = (Face("digits", "digits", "sans", None, 0, frozenset("0123456789")),)

    for renderer in (ExpressionRenderer, CaptchaRenderer):
        with pytest.raises(FontError, match="fonts-dejavu-core"):
            renderer(fonts=Digits())  # type: ignore[arg-type]


def test_a_captcha_is_a_function_of_seed_and_index(captchas: CaptchaRenderer) -> None:
    samples = [captchas.render(11, i) for i in range(40)]
    for sample in samples:
        assert 4 <= len(sample.text) <= 8 and set(sample.text) <= set(LETTERS)
        assert sample.image.ndim == 3 and sample.image.dtype == np.uint8
    again = CaptchaRenderer(fonts=captchas.fonts).render(11, 23)
    assert again.text == samples[23].text and np.array_equal(again.image, samples[23].image)
    assert "".join(s.text for s in samples) != "".join(s.text for s in samples).lower()


@pytest.mark.parametrize("style", [style.name for style in STYLES])
def test_every_style_is_rendered(fonts: FontLibrary, style: str) -> None:
    renderer = CaptchaRenderer(CaptchaOptions(styles=(style,)), fonts)
    (wanted,) = (s for s in STYLES if s.name == style)
    for i in range(8):
        sample = renderer.render(1, i)
        height, width = sample.image.shape[:2]
        assert wanted.heights[0] <= height <= wanted.heights[1]
        assert wanted.letters[0] <= len(sample.text) <= wanted.letters[1]
        if wanted.width:
            assert width == wanted.width
        # Letters, or lines over them, differ from the ground.
        assert float(sample.image.std()) > 5


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(UsageError, match="small"):
        CaptchaOptions(styles=("odd",))


def test_letters_that_look_alike_are_left_out(fonts: FontLibrary) -> None:
    sans = legible(Lettering(face_of(fonts, "Liberation Sans Regular")), 0.0)
    assert "I" not in sans and "l" not in sans and "1" in sans
    # Both cases of what differs in size alone, as long as sizes are even.
    assert set("cosvwxzCOSVWXZ") <= set(sans)
    mono = face_of(fonts, "DejaVu Sans Mono Book")
    assert set("1lI0") <= set(legible(Lettering(mono), 0.0))
    uneven = legible(Lettering(mono), 0.08)
    assert not set("csvxz") & set(uneven) and set("CSVWXZ") <= set(uneven)


def bar(*reaches: tuple[int, int, int]) -> np.ndarray:
    """A stem of 40 x 6 pixels with strokes (row, left, right) that reach out of it."""
    ink = np.zeros((40, 46), np.uint8)
    ink[:, 20:26] = 255
    for row, left, right in reaches:
        ink[row : row + 5, 20 - left : 26 + right] = 255
    return ink[:, np.flatnonzero(ink.any(0))]


def test_a_bare_stem_is_no_letter() -> None:
    forms = {
        "I": bar((0, 9, 9), (35, 9, 9)),
        "l": bar((35, 0, 12)),
        "1": bar((1, 12, 0)),
    }
    for character, ink in forms.items():
        assert _clear_bar(character, ink)
        assert not _clear_bar(character, bar())
        assert not any(_clear_bar(other, ink) for other in forms if other != character)


def test_a_round_zero_and_a_narrow_o_are_not_used(fonts: FontLibrary) -> None:
    both = 0
    for face in fonts.faces[::25]:
        if not face.covers(LETTERS):
            continue
        kept = legible(Lettering(face), 0.0)
        widths = {}
        for character in "0O":
            ink = glyph(face, character).ink > 127
            if not ink.any():
                continue
            rows, cols = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
            widths[character] = np.ptp(cols) / max(np.ptp(rows), 1)
        if {"0", "O"} <= set(kept) and len(widths) == 2:
            both += 1
            # A dot or a stroke in the zero, or an O that is clearly wider.
            middle = glyph(face, "0").ink
            dotted = middle[middle.shape[0] // 2 - 2 : middle.shape[0] // 2 + 2].max(0)
            assert widths["O"] > widths["0"] or dotted[len(dotted) // 2] > 60
        assert "O" not in kept or widths["O"] > 0.7
    assert both


def test_texts_show_how_large_their_letters_are(captchas: CaptchaRenderer) -> None:
    sizeless = set("cosvwxzCOSVWXZ0")
    assert not any(set(captchas.render(2, i).text) <= sizeless for i in range(150))


def test_a_stamp_keeps_the_middle_of_its_cell(fonts: FontLibrary) -> None:
    face = face_of(fonts, "DejaVu Sans Book")
    drawn = glyph(face, "8")
    for matrix in (affine(1.0, 0.0), affine(0.5, 30.0), affine(1.4, -20.0, 0.9, 0.2)):
        canvas = np.zeros((120, 120), np.uint8)
        cover(canvas, stamp(drawn, matrix, 60.0, 60.0))
        rows, cols = np.nonzero(canvas > 127)
        assert abs((rows.min() + rows.max()) / 2 - 60) < 3
        assert abs((cols.min() + cols.max()) / 2 - 60) < 3
    # What lies outside is cut off, wherever it is.
    canvas = np.zeros((10, 10), np.uint8)
    for x, y in ((-50.0, 5.0), (5.0, 80.0), (0.0, 0.0), (9.0, 9.0)):
        cover(canvas, stamp(drawn, affine(1.0, 0.0), x, y))
    assert canvas.max() > 0


@pytest.mark.parametrize("name", ["expressions", "captcha"])
def test_presets_render_only_what_their_alphabet_has(name: str, tmp_path: Path) -> None:
    preset = load_preset(name)
    renderer = preset.renderer(RenderOptions())
    assert preset.options["name"] == name
    assert set("".join(renderer.render(6, i).text for i in range(60))) <= set(preset.alphabet)

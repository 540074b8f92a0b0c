# SPDX-License-Identifier: Apache-2.0
"""Rendered number plates: what is on them, how often, and what they look like."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering.fonts import FontLibrary
from recognizer.plates import (
    CHINESE_PROVINCES,
    CHINESE_SPECIAL,
    KOREAN_REGIONS,
    KOREAN_SYLLABLES,
    LATER_SYLLABLES,
    chinese_text,
    korean_roman,
)
from recognizer.synthesis.plates.china import ChinesePlates
from recognizer.synthesis.plates.korea import KoreanPlates
from recognizer.synthesis.plates.photo import Photo
from recognizer.tasks import RenderOptions, load_preset

#: Photographs without a background, a tilt or any damage to speak of.
PLAIN = Photo(levels=(1.0, 0.0, 0.0), heights=(56, 60))
Plates = KoreanPlates | ChinesePlates


@pytest.fixture(scope="module")
def fonts() -> FontLibrary:
    return FontLibrary()


@pytest.fixture(scope="module", params=["plates-korea", "plates-china"])
def plates(request: pytest.FixtureRequest, fonts: FontLibrary) -> Plates:
    return _made(request.param, fonts)


def _made(name: str, fonts: FontLibrary, photo: Photo | None = None) -> Plates:
    """The renderer of a task, if this system has a face for it."""
    kind = KoreanPlates if name == "plates-korea" else ChinesePlates
    try:
        return kind(fonts, photo)
    except FontError as error:
        pytest.skip(str(error))


def test_a_plate_depends_on_seed_and_index_alone(plates: Plates, fonts: FontLibrary) -> None:
    forward = [plates.render(7, i) for i in range(24)]
    again = type(plates)(fonts)
    for i in reversed(range(24)):
        other = again.render(7, i)
        assert other.text == forward[i].text
        assert np.array_equal(other.image, forward[i].image)
    assert any(plates.render(8, i).text != forward[i].text for i in range(4))


def test_plates_are_pictures_of_what_they_say(plates: Plates) -> None:
    name = "plates-korea" if isinstance(plates, KoreanPlates) else "plates-china"
    alphabet = set(load_preset(name).alphabet)
    contrasts = []
    for index in range(60):
        sample = plates.render(3, index)
        assert sample.image.dtype == np.uint8 and sample.image.ndim == 3
        assert sample.image.shape[0] >= 24 and sample.image.shape[1] >= 60
        assert set(sample.text) <= alphabet
        assert (korean_roman if name == "plates-korea" else chinese_text)(sample.text)
        contrasts.append(float(sample.image.std()))
    assert min(contrasts) > 2 and np.median(contrasts) > 20


def test_korean_regions_and_syllables_take_turns(fonts: FontLibrary) -> None:
    plates = _made("plates-korea", fonts, PLAIN)
    labels = [korean_roman(plates.render(1, i).text) for i in range(12 * 160)]
    regions = Counter(label[0] for label in labels if label[0] != "Z")
    syllables = Counter(label[-6:-4] for label in labels)
    assert set(regions) == set(KOREAN_REGIONS)
    assert set(syllables) == set(KOREAN_SYLLABLES) | set(LATER_SYLLABLES)
    assert max(regions.values()) <= 1.1 * min(regions.values())
    assert max(syllables.values()) <= 1.1 * min(syllables.values())
    assert {len(label) for label in labels} == {9, 10}


def test_chinese_provinces_take_turns(fonts: FontLibrary) -> None:
    plates = _made("plates-china", fonts, PLAIN)
    texts = [plates.render(1, i).text for i in range(14 * 124)]
    provinces = Counter(text[0] for text in texts if text[0] != "使")
    assert set(provinces) == set(CHINESE_PROVINCES)
    assert max(provinces.values()) <= 1.15 * min(provinces.values())
    assert set("".join(texts)) >= set(CHINESE_SPECIAL)
    assert {len(text) for text in texts} == {7, 8}


def test_there_are_plates_of_one_line_and_of_two(plates: Plates, fonts: FontLibrary) -> None:
    name = "plates-korea" if isinstance(plates, KoreanPlates) else "plates-china"
    plain = _made(name, fonts, PLAIN)
    shapes = [plain.render(1, i).image.shape for i in range(28)]
    aspects = sorted(width / height for height, width, _ in shapes)
    assert aspects[0] < 2.3 and aspects[-1] > 2.8


def test_fonts_without_the_characters_are_refused(tmp_path: Path) -> None:
    options = RenderOptions(font_dirs=(tmp_path,))
    for name, package, lacking in (
        ("plates-korea", "fonts-nanum", "서"),
        ("plates-china", "fonts-noto-cjk", "京"),
    ):
        with pytest.raises(FontError, match=rf"{lacking}.*{package}"):
            load_preset(name).renderer(options)

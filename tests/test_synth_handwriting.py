# SPDX-License-Identifier: Apache-2.0
"""Rendered handwriting: what is written, in which hands, and how it looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import ImageFont

from ocr_pipeline.core.errors import FontError, UsageError
from ocr_pipeline.core.rendering.fonts import FontLibrary
from recognizer.alphabet import Alphabet, normalise
from recognizer.synthesis.handwriting.hands import Hands
from recognizer.synthesis.handwriting.renderer import HandwritingOptions, HandwritingRenderer
from recognizer.synthesis.handwriting.text import HANDWRITING_ALPHABET, WrittenText
from recognizer.tasks import RenderOptions, load_preset


def font_file(folder: Path, family: str) -> Path:
    """Pillow's own face as a file, under another name: a face that every machine has."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{family.replace(' ', '')}.ttf"
    path.write_bytes(ImageFont.load_default(20).font_bytes)  # type: ignore[union-attr]
    font = TTFont(path)
    for record in list(font["name"].names):
        if record.nameID in (1, 4, 16):
            font["name"].setName(
                family, record.nameID, record.platformID, record.platEncID, record.langID
            )
    font.save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fonts")
    font_file(path, "Some Hand")
    return path


@pytest.fixture(scope="module")
def renderer(folder: Path) -> HandwritingRenderer:
    return HandwritingRenderer(HandwritingOptions(max_width=500, font_folders=(folder,)))


def test_an_image_depends_on_seed_and_index_alone(
    renderer: HandwritingRenderer, folder: Path
) -> None:
    forward = [renderer.render(7, i) for i in range(12)]
    other = HandwritingRenderer(HandwritingOptions(max_width=500, font_folders=(folder,)))
    for i in reversed(range(12)):
        again = other.render(7, i)
        assert again.text == forward[i].text and np.array_equal(again.image, forward[i].image)
    assert len({sample.text for sample in forward}) > 6


def test_images_keep_their_bounds_and_can_be_learnt(renderer: HandwritingRenderer) -> None:
    alphabet = Alphabet.of(load_preset("handwriting").alphabet)
    spans = []
    for i in range(120):
        sample = renderer.render(1, i)
        height, width = sample.image.shape
        assert sample.image.dtype == np.uint8 and 30 <= height <= 72
        assert width * 48 / height <= 500
        assert sample.text == normalise(sample.text) and not alphabet.missing(sample.text)
        # Enough time steps of four columns for CTC.
        doubles = sum(a == b for a, b in zip(sample.text, sample.text[1:], strict=False))
        assert 1 <= len(sample.text) + doubles <= width * 48 / height / 4
        low, high = np.percentile(sample.image, [1, 90])
        spans.append(high - low)
    assert np.percentile(spans, 5) > 40  # ink that can be seen on its paper


def test_every_character_is_written_sometime() -> None:
    text, rng = WrittenText(), np.random.default_rng(0)
    seen = set("".join(text.line(rng) for _ in range(6000)))
    assert seen == set(HANDWRITING_ALPHABET)
    assert all(len(text.line(rng, 12)) <= 12 for _ in range(200))


def test_hands_write_what_they_have(folder: Path) -> None:
    hand = Hands([folder]).choose(np.random.default_rng(0))
    assert hand.write("a\u4e00 b") == "a b"
    assert hand.write("déjà vu") == "deja vu"  # accents that the face lacks go, letters stay


def test_faces_for_handwriting_alone_stay_out_of_print(tmp_path: Path) -> None:
    font_file(tmp_path, "Kristi")
    font_file(tmp_path, "Some Print")
    print_faces = {face.family for face in FontLibrary([tmp_path]).faces}
    all_faces = {face.family for face in FontLibrary([tmp_path], hands=True).faces}
    assert print_faces == {"Some Print"} and all_faces == {"Some Print", "Kristi"}


def test_a_folder_without_usable_faces(tmp_path: Path) -> None:
    with pytest.raises(FontError, match="fonts-dkg-handwriting"):
        load_preset("handwriting").renderer(RenderOptions(font_dirs=(tmp_path,)))
    with pytest.raises(UsageError):
        HandwritingOptions(max_width=20)


def test_the_preset_keeps_small_letters_apart() -> None:
    preset = load_preset("handwriting")
    assert preset.options["height"] == 48
    assert set("éèêàâçîôûùëïœÉÀ’'«»°") <= set(preset.alphabet)

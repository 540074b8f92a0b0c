# SPDX-License-Identifier: Apache-2.0
"""Lines of Chinese: the alphabet, what they say, how they are drawn."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ocr_pipeline.core.errors import FontError
from ocr_pipeline.core.rendering.fonts import Face, FontLibrary
from recognizer.alphabet import Alphabet, normalise
from recognizer.signs import usual_forms
from recognizer.synthesis import chinese_text
from recognizer.synthesis.chinese import ChineseRenderer, chinese_faces
from recognizer.synthesis.chinese_alphabet import ASCII, CHINESE_ALPHABET, HANZI, SIGNS
from recognizer.synthesis.chinese_facts import FACTS
from recognizer.synthesis.chinese_forms import hasty_forms, wide_points
from recognizer.synthesis.chinese_text import USUAL, ChineseText
from recognizer.tasks import RenderOptions, load_preset


def rng(*numbers: int) -> np.random.Generator:
    return np.random.default_rng(numbers)


# --------------------------------------------------------------------------- the alphabet


def test_the_alphabet_is_of_distinct_characters_with_the_space_first() -> None:
    alphabet = Alphabet.of(CHINESE_ALPHABET)  # refuses doubles and control characters
    assert alphabet.character(1) == " "
    assert 5900 < len(alphabet.characters) <= 6100
    assert all("\u3400" <= c <= "\u9fff" for c in HANZI)


def test_the_alphabet_has_what_chinese_is_written_with() -> None:
    known = set(CHINESE_ALPHABET)
    level_1 = {bytes((0xB0 + i // 94, 0xA1 + i % 94)).decode("gb2312") for i in range(3755)}
    assert level_1 <= known and len(level_1) == 3755
    assert set("，。、：；！？（）“”‘’《》【】—…·￥") <= known
    assert set("饕餮魑魅喆堃昇赟間開") <= known  # the second level, names, quotations
    assert set(ASCII) <= known
    assert not set("䲜龘が한") & known


def test_half_of_the_second_level_is_left_out() -> None:
    level_2 = "".join(
        bytes((high, low)).decode("gb2312")
        for high in range(0xD8, 0xF8)
        for low in range(0xA1, 0xFF)
    )
    assert len(level_2) == 3008
    kept = set(level_2) & set(HANZI)
    assert len(kept) == 1744
    order = [HANZI.index(c) for c in level_2 if c in kept]
    assert order == sorted(order)


# --------------------------------------------------------------------------- texts


@pytest.fixture(scope="module")
def text() -> ChineseText:
    return ChineseText()


def test_lines_are_of_the_alphabet_and_need_no_folding(text: ChineseText) -> None:
    known = set(CHINESE_ALPHABET)
    lines = [text.line(rng(1, i)) for i in range(600)]
    for line in lines:
        assert 1 <= len(line) <= 30
        assert set(line) <= known and normalise(line) == line
    usual = sum(len(line) == USUAL for line in lines) / len(lines)
    assert 0.45 < usual < 0.62
    assert any(re.search("[A-Za-z]{3}", line) for line in lines)
    assert any(re.search(r"\d年", line) for line in lines)
    assert lines == [text.line(rng(1, i)) for i in range(600)]


def test_no_blank_stands_beside_a_sign_that_brings_its_own(text: ChineseText) -> None:
    wide = "，。、：；！？（）“”《》"
    for i in range(400):
        line = text.line(rng(2, i))
        assert not re.search(f" [{wide}]|[{wide}] ", line), line


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("了进展,月外部", "了进展，月外部"),
        ("3,224.89元", "3,224.89元"),
        ("时间:8:00", "时间：8:00"),
        ("公司(ABC)", "公司（ABC）"),  # the second bracket is as the first
        ("A(1)在", "A（1）在"),
        ("end，ABC（8）", "end,ABC(8)"),
        ("7．学习│", "7.学习|"),
        ("，", ","),
    ],
)
def test_signs_are_read_in_the_form_that_is_usual_where_they_stand(typed: str, read: str) -> None:
    assert usual_forms(typed) == read
    assert usual_forms(read) == read


def test_texts_are_in_usual_forms_and_drawn_in_others_too(text: ChineseText) -> None:
    lines = [text.line(rng(7, i)) for i in range(500)]
    assert all(usual_forms(line) == line for line in lines)
    assert not set("".join(lines)) & set("．＋│﹐﹑─━")
    dashes = [run for line in lines for run in re.findall("—+", line)]
    assert dashes and all(len(run) % 2 == 0 for run in dashes)
    assert hasty_forms("（吗），好！") == "(吗),好!"
    assert chinese_text.shortened("A，好", 2) == "A,"  # what made it wide is gone
    assert chinese_text.shortened("好——", 2) == "好"
    assert wide_points("7.学习3.5") == "7．学习3.5"


def test_every_character_is_drawn_and_none_much_oftener(text: ChineseText) -> None:
    seen = "".join(text._even(rng(3, i), 4000) for i in range(15))
    counts = {c: seen.count(c) for c in rng(4).permutation(list(HANZI))[:150]}
    assert min(counts.values()) >= 1 and max(counts.values()) < 40
    assert not set("ОПР′―") & set(seen)  # nobody could tell them from others


def test_a_corpus_gives_running_text_and_words(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text("鳄鱼 慢慢 爬过 沙滩 。" * 60, encoding="utf-8")
    (tmp_path / "words.txt").write_text("鹦鹉螺\n鹦鹉\n", encoding="utf-8")
    source = ChineseText([tmp_path])
    lines = [source.line(rng(5, i)) for i in range(300)]
    assert sum("爬过" in line or "沙滩" in line for line in lines) > 10
    assert any("鹦鹉" in line for line in lines)


def test_without_word_lists_a_few_words_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def missing(name: str, *args: object, **kwargs: object) -> object:
        if name == "wordfreq":
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.setattr(chinese_text, "find_spec", lambda name: None)
    chinese_text._word_list.cache_clear()
    try:
        words = chinese_text._word_list()
    finally:
        chinese_text._word_list.cache_clear()
    assert 100 < len(words) < 200 and set("".join(words)) <= set(HANZI)


@pytest.mark.parametrize("kind", range(len(FACTS)))
def test_facts_are_of_the_alphabet(kind: int) -> None:
    made = {FACTS[kind][1](rng(6, i)) for i in range(120)}
    assert len(made) > 20
    for fact in made:
        assert fact and not set(fact) - set(CHINESE_ALPHABET), fact


# --------------------------------------------------------------------------- pictures


@pytest.fixture(scope="module")
def fonts() -> FontLibrary:
    library = FontLibrary()
    try:
        chinese_faces(library)
    except FontError as error:
        pytest.skip(f"no fonts of simplified Chinese: {error}")
    return library


def test_lines_are_a_function_of_seed_and_index(fonts: FontLibrary, text: ChineseText) -> None:
    renderer = ChineseRenderer(fonts, text)
    samples = [renderer.render(7, i) for i in range(12)]
    other = ChineseRenderer(fonts, text)
    for i in reversed(range(12)):
        again = other.render(7, i)
        assert again.text == samples[i].text and np.array_equal(again.image, samples[i].image)
    assert len({s.text for s in samples}) == 12


def test_pictures_hold_legible_ink_within_bounds(fonts: FontLibrary, text: ChineseText) -> None:
    renderer = ChineseRenderer(fonts, text, max_width=480)
    for i in range(60):
        sample = renderer.render(8, i)
        rows, cols = sample.image.shape
        assert sample.image.dtype == np.uint8 and 16 <= rows <= 64
        assert round(cols * 32 / rows) <= 480
        low, high = np.percentile(sample.image, [1, 99])
        assert high - low >= 20, sample.text
        # A step of eight pixels for each character, at a height of 32.
        assert -(-round(cols * 32 / rows) // 8) >= len(sample.text)


def test_faces_are_of_the_mainland(fonts: FontLibrary) -> None:
    faces, shares = chinese_faces(fonts)
    assert len(faces) == len(shares) and min(shares) > 0
    assert not [f.name for f in faces if re.search(r"\b(JP|KR|TC|HK|TW)\b", f.name)]
    for face in faces:
        assert face.covers("的一国我们在这里")


def test_a_folder_without_chinese_faces_is_refused(fonts: FontLibrary) -> None:
    latin = FontLibrary.__new__(FontLibrary)
    latin.faces = tuple(f for f in fonts.faces if "的" not in f.characters)[:3]
    with pytest.raises(FontError, match=r"lack 60\d\d characters .*fonts-noto-cjk"):
        chinese_faces(latin)


def test_a_face_that_maps_characters_to_nothing_is_not_taken(fonts: FontLibrary) -> None:
    hollow = FontLibrary.__new__(FontLibrary)
    latin = next(f for f in fonts.faces if "的" not in f.characters)
    face = Face(latin.name, "Hollow", "cjk", latin.path, latin.index, frozenset(CHINESE_ALPHABET))
    hollow.faces = (face,)  # all its Chinese characters are the one box for what is missing
    with pytest.raises(FontError, match="simplified Chinese"):
        chinese_faces(hollow)


def test_the_preset_renders(fonts: FontLibrary) -> None:
    preset = load_preset("chinese")
    assert preset.alphabet == CHINESE_ALPHABET and preset.options["architecture"] == "densenet"
    sample = preset.renderer(RenderOptions(max_width=320)).render(9, 0)
    assert not set(sample.text) - set(preset.alphabet)
    assert set(SIGNS) < set(preset.alphabet)

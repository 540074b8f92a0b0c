# SPDX-License-Identifier: Apache-2.0
"""Languages: which recognizers read them, and lines of two scripts on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batch_tools import run
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.batch.settings import differences, settings_of
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import UsageError, WeightsError
from ocr_pipeline.languages import LANGS, LANGUAGES, check_installed, installed, lang_of
from ocr_pipeline.line_by_line import LineByLine, is_chinese, is_sure
from ocr_pipeline.options import RunOptions
from ocr_pipeline.pipeline import Pipeline, load_recognizer
from ocr_pipeline.serve.models import Models
from tests.fake_stages import FakeChar, FakeDetector, FakeReading, bars, reading
from tests.tiny_nets import detector_weights, recognizer_weights


class Scripted:
    """Gives the readings it was made with, by the grey level of the crops; counts them."""

    def __init__(self, readings: Sequence[FakeReading]) -> None:
        self.readings, self.seen = readings, []  # type: ignore[var-annotated]

    def read(self, crops: Sequence[np.ndarray]) -> list[FakeReading]:
        numbers = [round(int(np.median(c[c.shape[0] // 2])) / 10) - 1 for c in crops]
        self.seen.append(numbers)
        return [self.readings[number] for number in numbers]


def test_each_language_has_its_recognizer() -> None:
    assert RunOptions().recognizers == ("crnn-latin",)
    assert RunOptions(lang="zh").recognizers == ("densenet-chinese",)
    assert RunOptions(lang="auto").recognizers == tuple(LANGUAGES.values())
    assert RunOptions(lang="auto", recognizer="mine").recognizers == ("mine",)
    assert LANGS == ("en", "zh", "auto")
    with pytest.raises(UsageError, match="--lang 'de': use en, zh, auto"):
        RunOptions(lang="de")
    assert [lang_of(x) for x in ((), ("zh", "zh"), ("en", "zh"))] == ["en", "zh", "auto"]


def test_weights_of_a_language_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = {"en": "crnn-latin", "zh": "nowhere"}
    monkeypatch.setattr("ocr_pipeline.languages.LANGUAGES", nets)
    check_installed("en")
    assert installed() == ["crnn-latin"]
    for lang in ("zh", "auto"):
        with pytest.raises(WeightsError, match=f"language {lang} needs the recognizer nowhere"):
            load_recognizer(RunOptions(lang=lang))


def test_a_run_in_a_language_without_weights_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nets = {"en": "crnn-latin", "zh": "nowhere"}
    monkeypatch.setattr("ocr_pipeline.languages.LANGUAGES", nets)
    image = tmp_path / "page.png"
    Image.fromarray(bars([(20, 20, 200, 40)])).save(image)
    command = ["run", str(image), "--out", str(tmp_path / "out"), "--lang", "zh"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 4, result.output
    assert "language zh needs the recognizer nowhere" in result.output
    for name in ("run", "watch", "serve"):
        assert "--lang [en|zh|auto]" in CliRunner().invoke(cli, [name, "--help"]).output


def test_a_page_that_is_not_in_latin_script_is_named(tmp_path: Path) -> None:
    rows = [(20, 20 + 25 * i, 200, 32 + 25 * i) for i in range(15)]  # four have a text
    for name, count in (("strange", 15), ("usual", 8), ("short", 4)):
        Image.fromarray(bars(rows[:count], (420, 300))).save(tmp_path / f"{name}.png")
    names = [tmp_path / f"{name}.png" for name in ("strange", "usual", "short")]
    code, messages = run(*names, "--out", tmp_path / "out", "--format", "txt")
    assert code == 0
    told = [x for x in messages.splitlines() if "Latin script" in x]
    assert len(told) == 1 and "strange.png: only 4 of 15 lines" in told[0]
    assert "--lang auto" in told[0]
    sure = run(names[0], "--out", tmp_path / "sure", "--format", "txt", "--min-confidence", "0.5")
    assert sure[0] == 0 and "Latin script" not in sure[1]  # lines are missing as was asked for


# --------------------------------------------------------------------------- line by line


def test_the_surer_reading_is_taken_and_sure_ones_are_read_once() -> None:
    latin = Scripted([reading("sure", 0.99), reading("#*%", 0.5), reading("du1l", 0.6)])
    chinese = Scripted([reading("", 0.0), reading("海边的灯塔", 0.95), reading("dull", 0.9)])
    crops = [np.full((20, 60, 3), 10 * (i + 1), np.uint8) for i in range(3)]
    texts = [r.text for r in LineByLine(latin, chinese).read(crops)]
    # The last one has no Chinese character: the net of Latin script has the last word there.
    assert texts == ["sure", "海边的灯塔", "du1l"]
    assert latin.seen == [[0, 1, 2]] and chinese.seen == [[1, 2]]


def test_no_second_reading_where_all_is_sure() -> None:
    latin, chinese = Scripted([reading("sure", 0.99)]), Scripted([])
    assert LineByLine(latin, chinese).read([np.full((20, 60, 3), 10, np.uint8)])[0].text == "sure"
    assert chinese.seen == []
    assert LineByLine(latin, chinese).read([]) == []


def test_one_doubtful_character_is_doubt() -> None:
    mixed = (*reading("2023", 0.999).chars, FakeChar("#", 0.4, 0.8, 1.0))
    assert is_sure(reading("2023", 0.999))
    assert not is_sure(FakeReading("2023#", 0.99, mixed))
    assert not is_sure(reading(""))


def test_scrawl_is_not_taken_for_chinese() -> None:
    assert is_chinese(reading("海边", 0.9), reading("#*", 0.5))
    assert not is_chinese(reading("海边", 0.45), reading("#*", 0.4))  # sure of nothing
    assert not is_chinese(reading("海边", 0.8), reading("Sea", 0.9))
    dots = (*reading("。。。", 0.95).chars, FakeChar("后", 0.3, 0.9, 1.0))
    assert not is_chinese(FakeReading("。。。后", 0.8, dots), reading("Lly wkc", 0.45))


def test_a_page_in_two_scripts() -> None:
    latin = Scripted([reading("The lighthouse", 0.99), reading("*}T#", 0.5)])
    chinese = Scripted([reading("", 0.0), reading("海边的灯塔", 0.97)])
    page = bars([(20, 20, 200, 40), (20, 80, 200, 100)])
    pipeline = Pipeline(
        RunOptions(orientation="0"),
        detector=FakeDetector(),
        recognizer=LineByLine(latin, chinese),
    )
    assert [line.text for line in pipeline.read_page(page).lines] == [
        "The lighthouse",
        "海边的灯塔",
    ]


# --------------------------------------------------------------------------- what surrounds it


@pytest.fixture
def two_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Tiny nets under the names of the languages'."""
    folder = tmp_path / "home" / "weights"
    folder.mkdir(parents=True)
    detector_weights(folder / "finder.safetensors")
    recognizer_weights(folder / "latin.safetensors", 1)
    recognizer_weights(folder / "chinese.safetensors", 2, "densenet")
    monkeypatch.setenv("OCR_HOME", str(folder.parent))
    nets = {"en": "latin", "zh": "chinese"}
    monkeypatch.setattr("ocr_pipeline.languages.LANGUAGES", nets)
    return nets


def test_both_nets_are_loaded_for_auto(two_languages: dict[str, str]) -> None:
    options = RunOptions(lang="auto", detect=False, backend="torch")
    pipeline = Pipeline(options)
    assert isinstance(pipeline.recognizer, LineByLine)
    image = np.random.default_rng(0).integers(0, 255, (32, 200, 3), np.uint8)
    page = pipeline.read_page(image)
    alone = Pipeline(RunOptions(lang="en", detect=False, backend="torch")).read_page(image)
    assert page.text == alone.text  # the tiny nets know no Chinese


def test_a_batch_depends_on_the_weights_not_on_the_language(
    two_languages: dict[str, str],
) -> None:
    options = RunOptions(lang="en", detect=False)
    english = settings_of(options, BatchOptions())
    assert english["recognizer"].startswith("latin (") and "lang" not in english
    assert settings_of(replace(options, recognizer="latin"), BatchOptions()) == english
    both = settings_of(replace(options, lang="auto"), BatchOptions())
    assert both["recognizer"].count("(") == 2
    assert [x.partition(":")[0] for x in differences(english, both)] == ["recognizer"]


def test_a_server_of_both_languages(two_languages: dict[str, str]) -> None:
    options = RunOptions(detector="finder", lang="auto", backend="torch")
    models = Models.load(options)
    assert list(models.recognizers) == ["auto", "latin", "chinese"]
    assert isinstance(models.pipeline(models.defaults()).recognizer, LineByLine)
    named = models.pipeline(replace(options, recognizer="chinese"))
    assert named.recognizer is models.recognizers["chinese"]
    assert models.describe()["recognizers"][0]["name"] == "auto"
    assert list(Models.load(replace(options, lang="zh")).recognizers) == ["chinese"]

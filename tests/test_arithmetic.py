# SPDX-License-Identifier: Apache-2.0
"""Values of arithmetic expressions, and ``--evaluate``."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_stages import FakeRecognizer
from tiny_nets import recognizer_weights

from ocr_pipeline import Document, Pipeline
from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.arithmetic import DEEPEST, LONGEST, ExpressionError, evaluate, value_of
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.images import save_image
from ocr_pipeline.evaluation.recognizer import Comparison, evaluate_opened
from ocr_pipeline.options import RunOptions

EXPRESSIONS = "0123456789+-*()"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1+4)*2", 10),
        ("1+4*2", 9),
        ("2*3+4*5", 26),
        ("8-3-2", 3),
        ("8-(3-2)", 7),
        ("-3+4", 1),
        ("2*-3", -6),
        ("--3", 3),
        ("-(2+3)*4", -20),
        ("((((7))))", 7),
        ("007", 7),
        (" 1 + 2 ", 3),
        ("99999999999*99999999999", 9999999999800000000001),
    ],
)
def test_values(text: str, value: int) -> None:
    assert evaluate(text) == value_of(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "1+", "+1", "*2", "(1+2", "1+2)", "()", "2(3)", "(1)(2)", "1 2", "a", "1.5", "1/2"],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"expected|operator"):
        evaluate(text)
    assert value_of(text) is None
    assert issubclass(ExpressionError, DataError)


@pytest.mark.parametrize(
    "text", ["2**3", "1+*2", "１+２", "²", "__import__('os')", "1=1", "1e5", "0x10", "(-)", "1_0"]
)
def test_what_a_programming_language_would_take(text: str) -> None:
    with pytest.raises(ExpressionError, match="expected"):
        evaluate(text)


def test_length_and_depth_have_limits() -> None:
    assert evaluate("(" * DEEPEST + "1" + ")" * DEEPEST) == 1
    with pytest.raises(ExpressionError, match="deep"):
        evaluate("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1))
    with pytest.raises(ExpressionError, match="deep"):
        evaluate("-" * (DEEPEST + 1) + "1")
    assert evaluate("1+" * (LONGEST // 2 - 1) + "1") == LONGEST // 2
    with pytest.raises(ExpressionError, match="longer"):
        evaluate("1" * (LONGEST + 1))
    # Depth is that of what lies open, not of all brackets there are.
    assert evaluate("+".join(["(1)"] * 50)) == 50


def test_an_error_says_where() -> None:
    with pytest.raises(ExpressionError, match=r"character 3, not '\*'"):
        evaluate("1+*2")
    with pytest.raises(ExpressionError, match=r"closing bracket .* the end"):
        evaluate("(1+2")


def test_values_are_those_of_a_tree_of_operations() -> None:
    random.seed(3)

    def tree(depth: int) -> tuple[str, int, int]:
        """An expression, its value, and how tightly it binds."""
        if depth == 0 or random.random() < 0.2:
            number = random.randint(0, 99)
            return str(number), number, 3
        (a, x, left), (b, y, right) = tree(depth - 1), tree(depth - 1)
        sign = random.choice("+-*")
        binds = 2 if sign == "*" else 1
        a = a if left >= binds else f"({a})"
        b = b if right > binds else f"({b})"
        value = x + y if sign == "+" else x - y if sign == "-" else x * y
        return f"{a}{sign}{b}", value, binds

    for _ in range(300):
        text, value, _ = tree(4)
        if len(text) <= LONGEST:
            assert evaluate(text) == value, text


# --- ocr run --evaluate ---------------------------------------------------------------------------


def line(level: int) -> np.ndarray:
    return np.full((20, 60, 3), level, np.uint8)


def test_a_page_gives_the_value_of_its_expression() -> None:
    fake = FakeRecognizer(["(1+4)*2", "(1+"])
    options = RunOptions(detect=False, evaluate=True)
    page = Pipeline(options, recognizer=fake).read_page(line(10))
    assert page.text == "(1+4)*2=10"
    assert page.lines[0].text == "(1+4)*2" and page.lines[0].value == 10
    again = Document.from_json(Document("x", (page,)).to_json())
    assert again.pages[0] == page
    other = Pipeline(options, recognizer=fake).read_page(line(20))
    assert other.text == "(1+" and other.lines[0].value is None
    plain = Pipeline(RunOptions(detect=False), recognizer=fake).read_page(line(10))
    assert plain.text == "(1+4)*2" and "value" not in plain.to_dict()["lines"][0]


def expression_weights(path: Path, alphabet: str = EXPRESSIONS) -> Path:
    return recognizer_weights(path, alphabet=alphabet, height=48)


def test_run_reads_an_expression_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weights = expression_weights(tmp_path / "expressions.safetensors")
    rng = np.random.default_rng(0)
    save_image(tmp_path / "a.png", rng.integers(0, 256, (60, 180), dtype=np.uint8))
    args = ["run", str(tmp_path / "a.png"), "--no-detect", "--recognizer", str(weights), "-q"]
    args += ["--out", str(tmp_path / "out"), "--evaluate", "--device", "cpu"]
    with caplog.at_level(logging.WARNING):
        result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    tree = json.loads((tmp_path / "out/a.json").read_text(encoding="utf-8"))
    lines = tree["pages"][0]["lines"]
    # A net that has learned nothing reads nothing, or what hardly is an expression.
    for found in lines:
        assert set(found["text"]) <= set(EXPRESSIONS)
        assert found.get("value") == value_of(found["text"])
    text = (tmp_path / "out/a.txt").read_text(encoding="utf-8").strip()
    wanted = [f"{x['text']}={x['value']}" if "value" in x else x["text"] for x in lines]
    assert text == "\n".join(wanted)


def test_run_reads_a_captcha_whole(tmp_path: Path) -> None:
    alphabet = "0123456789ABCabc"
    weights = expression_weights(tmp_path / "captcha.safetensors", alphabet)
    rng = np.random.default_rng(1)
    for name, size in (("a", (30, 70, 3)), ("b", (40, 150, 3))):
        save_image(tmp_path / f"{name}.png", rng.integers(0, 256, size, dtype=np.uint8))
    args = ["run", str(tmp_path / "a.png"), str(tmp_path / "b.png"), "--no-detect", "-q"]
    args += ["--recognizer", str(weights), "--out", str(tmp_path / "out"), "--format", "json"]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    for name in "ab":
        tree = json.loads((tmp_path / f"out/{name}.json").read_text(encoding="utf-8"))
        assert all(set(x["text"]) <= set(alphabet) for x in tree["pages"][0]["lines"])


# --- ocr evaluate recognizer ----------------------------------------------------------------------


class Sample:
    """A crop that is an image and a label."""

    name = "sample"

    def __init__(self, text: str) -> None:
        self.text = text

    def load(self, pad_x: float = 0.0, pad_y: float = 0.0) -> np.ndarray:
        return line(0)


def test_readings_of_another_form_and_the_same_value_count() -> None:
    fake = FakeRecognizer(["1+4", "4+1", "1+3", "(("])
    labels = ["1+4", "1+4", "1+4", "1+4"]
    batch = [(Sample(text), line(10 * (i + 1))) for i, text in enumerate(labels)]
    result = evaluate_opened([batch[:2], [], batch[2:]], fake, Comparison(value_of=value_of))
    assert result.summary["exact"] == 0.25 and result.summary["value right"] == 0.5
    without = evaluate_opened([batch], fake, Comparison())
    assert "value right" not in without.summary


def test_rendered_images_are_read_and_measured(tmp_path: Path) -> None:
    weights = expression_weights(tmp_path / "expressions.safetensors")
    args = ["evaluate", "recognizer", "--rendered", "expressions", "--count", "12"]
    args += ["--recognizer", str(weights), "--workers", "0", "--device", "cpu", "--seed", "5"]
    args += ["--json", str(tmp_path / "r.json"), "--worst", "2", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    assert "rendering included" in result.output and "value right" in result.output
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert told["settings"]["rendered"] == "expressions" and told["settings"]["seed"] == 5
    assert len(told["items"]) == told["summary"]["lines"] == 12
    assert (tmp_path / "worst_lines.png").is_file()
    from recognizer.tasks import RenderOptions, load_preset

    renderer = load_preset("expressions").renderer(RenderOptions())
    for i, item in enumerate(told["items"]):
        assert item["reference"] == renderer.render(5, i).text


@pytest.mark.parametrize("args", [[], ["--data", ".", "--rendered", "captcha"]])
def test_data_or_rendered_but_not_both(args: list[str]) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "recognizer", *args])
    assert result.exit_code == 2 and "--rendered" in result.output

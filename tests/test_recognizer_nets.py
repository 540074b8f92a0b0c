# SPDX-License-Identifier: Apache-2.0
"""DenseNet, plates of two lines, column maximum; presets; where characters stand."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tiny_nets import recognizer_weights

from ocr_pipeline.core.errors import DataError, FontError, UsageError, WeightsError
from recognizer.alignment import UNKNOWN, alignment_loss, likely_steps, steps_of_places
from recognizer.crnn import CRNN, parameters
from recognizer.densenet import DenseNet
from recognizer.layers import Columns
from recognizer.predictor import Recognizer
from recognizer.preprocessing import prepare
from recognizer.tasks import PRESETS, RenderOptions, load_preset
from recognizer.train_options import (
    RecognizerTrainOptions,
    pop_recognizer_options,
    recognizer_flags,
)


def test_densenet_has_the_sizes_of_the_known_net() -> None:
    net = DenseNet(5990)
    head = 768 * 5990 + 5990
    assert net.classifier.in_features == 768
    # 290,432 in the trunk as others count it: with the running statistics of the norms.
    statistics = sum(b.numel() for n, b in net.named_buffers() if "running" in n)
    assert parameters(net) + statistics == 290_432 + head


@pytest.mark.parametrize("width", [32, 280, 1000])
def test_densenet_takes_any_width(width: int) -> None:
    net = DenseNet(20, growth=2).eval()
    with torch.inference_mode():
        assert net(torch.zeros(2, 1, 32, width)).shape == (2, width // 8, 20)
    assert Columns.of("densenet", {}).steps(width) == width // 8


def test_two_rows_are_read_one_after_the_other() -> None:
    torch.manual_seed(0)
    net = CRNN(12, width=0.125, last=1, hidden=8, height=64, rows=2).eval()
    image = torch.randn(1, 1, 64, 96)
    changed = image.clone()
    changed[..., 40:, :] += torch.randn(24, 96)
    with torch.inference_mode():
        maps, other = net.features(image), net.features(changed)
        steps = net(image).shape[1]
    assert maps.shape[2:] == (2, 24) and steps == 48
    columns = maps.flatten(2)
    assert torch.equal(columns[..., :24], maps[:, :, 0]), "the upper row comes first"
    lower = (maps - other).abs().amax((0, 1, 3))
    assert lower[1] > 0, "the lower half of the image is in the second row"
    assert Columns.of("crnn", {"rows": 2}).steps(96) == 48


def test_column_maximum() -> None:
    net = CRNN(12, width=0.125, last=1, hidden=8, height=64, pool="max").eval()
    with torch.inference_mode():
        assert net(torch.zeros(1, 1, 64, 96)).shape == (1, 24, 12)


def test_impossible_heights_are_refused() -> None:
    with pytest.raises(WeightsError, match="multiple of"):
        CRNN(12, height=48, rows=2)
    with pytest.raises(UsageError, match="line-width"):
        RecognizerTrainOptions(rows=2, height=64)
    with pytest.raises(UsageError, match="height"):
        RecognizerTrainOptions(height=40)


def test_a_net_of_one_width_stretches_and_reads_rows(tmp_path: Path) -> None:
    config = {"height": 64, "rows": 2}
    path = recognizer_weights(tmp_path / "plates.safetensors", size={"width": 96}, **config)
    recognizer = Recognizer.from_weights(path, backend="torch")
    crop = np.random.default_rng(0).integers(0, 255, (50, 300, 3), np.uint8)
    assert prepare(crop, 64, 96).shape == (64, 96)
    reading = recognizer.read([crop, crop[:, ::2]])[0]
    assert all(0 <= c.start <= c.end <= 1 for c in reading.chars)
    onnx = pytest.importorskip("onnxruntime")
    assert onnx
    same = Recognizer.from_weights(path, backend="onnx").read([crop])[0]
    assert same.text == reading.text


def test_finer_steps_keep_what_the_coarse_ones_know_and_read_between_them() -> None:
    coarse, fine = DenseNet(20, growth=2).eval(), DenseNet(20, growth=2, stride=4).eval()
    fine.load_state_dict(coarse.state_dict())
    images = torch.rand(2, 1, 32, 160)
    with torch.inference_mode():
        every, second = fine(images), coarse(images)
        moved = coarse(images.roll(-4, dims=3))
    assert every.shape == (2, 40, 20) and Columns.of("densenet", {"stride": 4}).steps(160) == 40
    torch.testing.assert_close(every[:, ::2], second, atol=1e-4, rtol=1e-4)
    # Away from the ends, where the zeros beyond the image are met at other places.
    torch.testing.assert_close(every[:, 13:27:2], moved[:, 6:13], atol=1e-4, rtol=1e-4)


def test_steps_of_other_widths_are_refused() -> None:
    with pytest.raises(WeightsError, match="steps of 8 pixels or of 4"):
        DenseNet(20, stride=2)
    with pytest.raises(UsageError, match="--stride must be 8 or 4"):
        RecognizerTrainOptions(architecture="densenet", stride=16)


@pytest.mark.parametrize(
    "config", [{"pool": "max", "height": 64}, {"growth": 2}, {"growth": 2, "stride": 4}]
)
def test_graphs_agree_with_torch(tmp_path: Path, config: dict[str, object]) -> None:
    pytest.importorskip("onnxruntime")
    architecture = "densenet" if "growth" in config else "crnn"
    path = recognizer_weights(tmp_path / "net.safetensors", architecture=architecture, **config)
    crop = np.random.default_rng(0).integers(0, 255, (40, 300), np.uint8)
    readings = [
        Recognizer.from_weights(path, backend=backend, precision="fp32").read([crop])[0]
        for backend in ("torch", "onnx")
    ]
    assert readings[0].text == readings[1].text
    assert readings[0].confidence == pytest.approx(readings[1].confidence, abs=1e-4)


# Presets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_whole(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name and preset.summary
    options = RecognizerTrainOptions.for_preset(name)
    assert (options.name.rpartition("/")[2] and options.name != "crnn-latin") or name == "latin"
    assert options.characters().classes == len(preset.alphabet) + 1


def test_unknown_preset() -> None:
    with pytest.raises(UsageError, match="captcha"):
        load_preset("captchas")


def test_what_is_given_wins_over_the_preset() -> None:
    taken: list[RecognizerTrainOptions] = []

    @click.command()
    @recognizer_flags
    def command(**values: object) -> None:
        taken.append(pop_recognizer_options(values))

    arguments = ["--preset", "plates-korea", "--height", "96", "--real", "a", "--real", "b"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    options = taken[0]
    usual = RecognizerTrainOptions.for_preset("plates-korea")
    assert (options.height, options.real) == (96, ("a", "b"))
    assert (options.rows, options.line_width) == (usual.rows, usual.line_width) == (2, 160)
    assert options.name == "plates-korea"


def test_alphabet_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "characters.txt"
    path.write_text(" \na\nb\na\n", encoding="utf-8")
    assert RecognizerTrainOptions(alphabet=path).characters().characters == (" ", "a", "b")
    with pytest.raises(DataError, match=r"missing\.txt"):
        RecognizerTrainOptions(alphabet=tmp_path / "missing.txt").characters()


# Alignment ----------------------------------------------------------------------------------------


def test_characters_stand_evenly_between_the_ends_of_the_ink() -> None:
    image = np.full((32, 160), 1.0, np.float32)
    image[8:24, 32:128] = -1.0
    assert likely_steps(image, "一二三", Columns(8)).tolist() == [6, 10, 14]
    # A wide character takes twice the room of a narrow one.
    assert likely_steps(image, "一ab", Columns(8)).tolist() == [7, 11, 14]
    blank = np.zeros((32, 160), np.float32)
    assert likely_steps(blank, "ab", Columns(8)).tolist() == [5, 15]


def test_alignment_loss_is_that_of_the_places() -> None:
    log_probs = torch.randn(2, 5, 4).log_softmax(-1)
    loss = alignment_loss(log_probs, [[1, 2], [3]], torch.tensor([0, 4, 2]))
    expected = -(log_probs[0, 0, 1] + log_probs[0, 4, 2] + log_probs[1, 2, 3]) / 3
    assert torch.isclose(loss, expected)


def test_places_that_a_renderer_knows() -> None:
    two = Columns(4, 2)  # 160 pixels: 40 steps a row
    places = [(0.1, 0), (0.1, 0), (0.5, 0), (0.25, 1), (1.2, 1)]
    assert steps_of_places(places, 160, two).tolist() == [4, 5, 20, 50, 79]
    assert steps_of_places([(1.0, 1), (1.0, 1)], 160, two).tolist() == [UNKNOWN, UNKNOWN]
    assert likely_steps(np.zeros((64, 160), np.float32), "ab", two).tolist() == [UNKNOWN] * 2
    log_probs = torch.randn(1, 80, 4).log_softmax(-1)
    places_ = torch.tensor([UNKNOWN, 50])
    assert torch.isclose(alignment_loss(log_probs, [[1, 2]], places_), -log_probs[0, 50, 2])
    assert float(alignment_loss(log_probs, [[1]], torch.tensor([UNKNOWN]))) == 0


@pytest.mark.parametrize("name", ["plates-korea", "plates-china"])
def test_plates_know_where_their_characters_stand(name: str) -> None:
    try:
        renderer = load_preset(name).renderer(RenderOptions())
    except FontError as error:
        pytest.skip(str(error))
    for index in range(14):
        sample = renderer.render(0, index)
        assert sample.places is not None and len(sample.places) == len(sample.text)
        rows = [row for _, row in sample.places]
        assert rows == sorted(rows) and set(rows) <= {0, 1}
        for row in set(rows):
            middles = [x for x, r in sample.places if r == row]
            assert min(middles) > -0.05 and max(middles) < 1.05
            assert middles[-1] - middles[0] > 0.1

# SPDX-License-Identifier: Apache-2.0
"""Recognizers that see colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_nets import ALPHABET, recognizer_weights

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.weights import load_weights
from recognizer import Recognizer
from recognizer.alphabet import Alphabet
from recognizer.dataset import RealLine, jitter
from recognizer.net import NET
from recognizer.preprocessing import collate, prepare, snug, stack
from recognizer.train import RecognizerTask, RecognizerTrainOptions, sample_sheet

torch.set_num_threads(1)


def test_colours_tell_apart_what_is_one_grey() -> None:
    image = np.empty((32, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (150, 0, 0), (0, 60, 85)
    assert np.ptp(prepare(image, 32)) < 0.1
    seen = prepare(image, 32, color="rgb")
    assert seen.shape == (3, 32, 64) and np.ptp(seen[0]) > 1
    assert stack([seen]).shape == (1, 3, 32, 64)


def test_a_picture_without_colours_has_three_equal_planes() -> None:
    line = np.random.default_rng(0).integers(60, 200, (40, 80), np.uint8)
    seen = prepare(line, 32, color="rgb")
    assert seen.shape == (3, 32, 64)
    assert np.array_equal(seen, np.stack([prepare(line, 32)] * 3))


def test_a_net_that_sees_colours_starts_from_one_that_does_not(tmp_path: Path) -> None:
    path = recognizer_weights(tmp_path / "grey.safetensors", last=1)
    options = RecognizerTrainOptions(width=1 / 16, hidden=8, color="rgb")
    task = RecognizerTask(options, alphabet=Alphabet.of(ALPHABET))
    header, state = load_weights(path)
    task.model.load_state_dict(task.adapt(header, state))
    grey = NET.module(header)
    grey.load_state_dict(state)
    line = np.random.default_rng(0).integers(60, 200, (32, 80), np.uint8)
    with torch.no_grad():
        expected = grey.eval()(collate([prepare(line, 32)]))
        found = task.model.eval()(collate([prepare(line, 32, color="rgb")]))
    assert torch.allclose(found, expected, atol=1e-5)
    assert task.header({})["preprocessing"]["color"] == "rgb"


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_a_net_that_sees_colours_reads_any_image(tmp_path: Path, backend: str) -> None:
    if backend == "onnx":
        pytest.importorskip("onnxruntime")
    path = recognizer_weights(tmp_path / "net.safetensors", size={"color": "rgb"}, planes=3)
    reader = Recognizer.from_weights(path, backend=backend)
    grey = np.random.default_rng(1).integers(0, 256, (40, 160), np.uint8)
    colored = np.random.default_rng(2).integers(0, 256, (40, 160, 3), np.uint8)
    flat, planes, single, other = reader.read(
        [grey, np.stack([grey] * 3, 2), grey[:, :, None], colored]
    )
    assert flat == planes == single != other


def test_a_line_in_an_empty_square_is_cut_out_in_colour() -> None:
    image = np.full((200, 200, 3), 255, np.uint8)
    for x in (30, 80, 130):
        image[90:115, x : x + 20] = (200, 30, 40)
    found = snug(image)
    assert found.shape[1:] == (200, 3) and len(found) < 60


def test_real_lines_keep_their_colours() -> None:
    image = np.full((30, 90, 3), (250, 240, 60), np.uint8)
    varied = jitter(RealLine(image, "a", 0, False, "a.png"), np.random.default_rng(3), 48)
    assert varied.shape[0] == 48 and varied.shape[2] == 3
    assert varied[..., 2].mean() < 0.7 * varied[..., 0].mean()


def test_captchas_are_trained_in_colour(tmp_path: Path) -> None:
    options = RecognizerTrainOptions.for_preset("captcha", chunk_lines=8, width=1 / 16, hidden=8)
    task = RecognizerTask(options)
    batch = task.chunk(0)[0]
    assert batch["images"].shape[1] == 3
    loss, _ = task.loss(task.model, batch)
    assert torch.isfinite(loss)
    sample_sheet(task, tmp_path / "samples.png")
    assert (tmp_path / "samples.png").is_file()


def test_colours_are_for_the_crnn() -> None:
    with pytest.raises(UsageError, match="--color"):
        RecognizerTrainOptions(architecture="densenet", color="rgb")

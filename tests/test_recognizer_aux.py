# SPDX-License-Identifier: Apache-2.0
"""The short way from the convolutions to the classes, and training with the other cells."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from test_recognizer import FakeRenderer
from tiny_nets import recognizer_weights
from tiny_run import TinyTask

from ocr_pipeline.core.backends.store import build_model
from ocr_pipeline.core.errors import BackendError, UsageError
from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training import train
from ocr_pipeline.core.weights import load_weights
from recognizer import Recognizer
from recognizer.alphabet import Alphabet
from recognizer.crnn import CRNN
from recognizer.layers import CELLS
from recognizer.net import NET
from recognizer.train import RecognizerTask, RecognizerTrainOptions, command

torch.set_num_threads(1)
OWN = ("rhn", "hlstm", "nlstm")


def tiny_task(**options: object) -> RecognizerTask:
    chosen = RecognizerTrainOptions(
        **{  # type: ignore[arg-type]
            **{"width": 0.125, "hidden": 8, "layers": 1, "dropout": 0.1, "val_lines": 4},
            **{"chunk_lines": 16, "area": 1600},
            **options,
        }
    )
    return RecognizerTask(chosen, 0, Alphabet.of("abc "), FakeRenderer())  # type: ignore[arg-type]


def loop(out: Path, steps: int, resume: bool = False) -> TrainOptions:
    return TrainOptions(
        out=out, max_steps=steps, warmup=2, threads=1, precision="fp32", resume=resume
    )


def test_the_short_way_is_part_of_the_loss_and_of_nothing_else() -> None:
    plain, helped = tiny_task(dropout=0.0), tiny_task(dropout=0.0, aux_weight=0.1)
    assert helped.config == plain.config
    state = helped.model.state_dict()
    for name, value in plain.model.state_dict().items():
        assert torch.equal(value, state.pop(name)), name
    assert sorted(state) == ["auxiliary.bias", "auxiliary.weight"]
    batch = plain.chunk(0)[0]
    loss, parts = helped.loss(helped.model.train(), batch)
    bare, _ = plain.loss(plain.model.train(), batch)
    assert float(loss.detach()) == pytest.approx(
        float(bare.detach()) + 0.1 * float(parts["auxiliary"]), rel=1e-5
    )
    loss.backward()
    assert helped.model.auxiliary.weight.grad.any()
    images = batch["images"]
    with torch.inference_mode():
        assert torch.equal(helped.model.eval()(images), plain.model.eval()(images))


def test_a_batch_without_case_is_so_on_the_short_way_too() -> None:
    options = RecognizerTrainOptions(
        width=0.125, hidden=8, layers=1, dropout=0.0, aux_weight=0.5, area=1600, chunk_lines=16
    )
    task = RecognizerTask(options, 0, Alphabet.of("abcABC "), FakeRenderer())  # type: ignore[arg-type]
    batch = task.chunk(0)[0]
    with torch.no_grad():
        strict = task.loss(task.model, batch)[1]["auxiliary"]
        batch["caseless"] = torch.ones_like(batch["caseless"])
        merged = task.loss(task.model, batch)[1]["auxiliary"]
    assert float(merged) < float(strict)


def test_weights_leave_the_short_way_out_and_checkpoints_keep_it(tmp_path: Path) -> None:
    best = train(tiny_task(aux_weight=0.1), loop(tmp_path, 2))
    header, state = load_weights(best)
    assert not [name for name in state if name.startswith("auxiliary")]
    assert "auxiliary" not in header["config"] and "aux_weight" not in header["config"]
    NET.module(header).load_state_dict(state)
    kept = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert "auxiliary.weight" in kept["model"] and "auxiliary.weight" in kept["ema"]
    assert Recognizer.from_weights(best, device="cpu").read([np.zeros((20, 60), np.uint8)])


def test_a_run_with_the_short_way_is_resumed_exactly(tmp_path: Path) -> None:
    train(tiny_task(aux_weight=0.1, rnn="rhn"), loop(tmp_path / "whole", 8))
    task = tiny_task(aux_weight=0.1, rnn="rhn")
    count, step = 0, task.loss

    def interrupted(model, batch):  # type: ignore[no-untyped-def]
        nonlocal count
        count += 1
        if count == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(model, batch)

    task.loss = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(task, loop(tmp_path / "cut", 8))
    train(tiny_task(aux_weight=0.1, rnn="rhn"), loop(tmp_path / "cut", 8, resume=True))
    whole, cut = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("whole", "cut")
    )
    assert whole["counters"]["step"] == cut["counters"]["step"] == 8
    for part in ("model", "ema"):
        for key, value in whole[part].items():
            assert torch.equal(value, cut[part][key]), key


def test_weights_begin_a_run_with_the_short_way(tmp_path: Path) -> None:
    best = train(tiny_task(), loop(tmp_path / "a", 2))
    options = TrainOptions(
        out=tmp_path / "b", max_steps=1, threads=1, precision="fp32", init_from=str(best)
    )
    assert train(tiny_task(aux_weight=0.1), options).is_file()


def test_options_of_the_short_way_are_checked() -> None:
    for wrong in ({"aux_weight": -0.1}, {"aux_weight": 0.1, "architecture": "densenet"}):
        with pytest.raises(UsageError, match="--aux-weight"):
            RecognizerTrainOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", OWN)
def test_options_make_the_net(cell: str) -> None:
    options = RecognizerTrainOptions(
        rnn=cell, depth=2, bidirectional=False, hidden=8, width=0.125, layers=2
    )
    net = CRNN(5, **options.config)
    assert net.recurrent.out_features == 8
    assert net.eval()(torch.zeros(1, 1, 32, 64)).shape == (1, 16, 5)
    usual = RecognizerTrainOptions().config
    assert "depth" not in usual and "bidirectional" not in usual


def test_flags_reach_the_options(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path / "run"), "--max-steps", "1"]
    done = CliRunner().invoke(command, [*arguments, "--rnn", "lstn"])
    assert done.exit_code == 2 and all(cell in done.output for cell in CELLS)
    text = CliRunner().invoke(command, ["--help"]).output
    for flag in ("--depth", "--no-bidirectional", "--aux-weight"):
        assert flag in text


@pytest.mark.parametrize("cell", OWN)
def test_auto_reads_with_torch_what_onnx_lacks(
    cell: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights = recognizer_weights(tmp_path / "net.safetensors", rnn=cell, depth=2)
    with caplog.at_level(logging.WARNING):
        recognizer = Recognizer.from_weights(weights, device="cpu")
    assert recognizer.session.backend == "torch"
    assert caplog.records == []  # nothing went wrong that a user could mend
    crops = [np.full((20, 70), 255, np.uint8)]
    assert len(recognizer.read(crops)) == 1


def test_a_cell_that_onnx_lacks_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    weights = recognizer_weights(tmp_path / "net.safetensors", rnn="nlstm")
    with pytest.raises(BackendError, match=r"net.safetensors: .*'nlstm'.*--backend torch"):
        build_model(NET, weights)
    with pytest.raises(BackendError, match=r"'nlstm'.*--backend torch"):
        Recognizer.from_weights(weights, backend="onnx")


def test_cpu_time_does_not_count_waiting(tmp_path: Path) -> None:
    elapsed = {}
    for counted in (False, True):
        task, out = TinyTask(), tmp_path / str(counted)
        step = task.loss

        def waiting(model, batch, step=step):  # type: ignore[no-untyped-def]
            time.sleep(1.0)
            return step(model, batch)

        task.loss = waiting  # type: ignore[method-assign]
        train(task, dataclasses.replace(loop(out, 3), cpu_time=counted))
        state = torch.load(out / "last.ckpt", weights_only=True)
        elapsed[counted] = state["counters"]["elapsed"]
    assert elapsed[False] >= 3.0 and elapsed[True] < elapsed[False] - 1.5

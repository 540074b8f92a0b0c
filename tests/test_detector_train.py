# SPDX-License-Identifier: Apache-2.0
"""The detector's data and trainer: sets on disk, pure batches, overfitting, the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from detector.augment import CropOptions, crop_page, photometric
from detector.ctpn import Ctpn
from detector.dataset import LabeledPages, MixOptions, Page, make_sample, read_icdar, read_pages
from detector.loss import BatchTargets, ctpn_loss
from detector.predictor import Detector
from detector.preprocess import normalise
from detector.targets import Targets, encode_page
from detector.train import (
    DetectorTask,
    DetectorTrainOptions,
    command,
    draw_targets,
    sample_sheet,
)
from ocr_pipeline.core.errors import DataError, UsageError
from ocr_pipeline.core.geometry import box_quad
from ocr_pipeline.core.images import load_image
from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training import train


def draw_page(seed: int, width: int = 256, height: int = 320) -> tuple[Image.Image, list[Any]]:
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    lines: list[Any] = []
    for y in range(20, height - 30, 36):
        text = "".join(rng.choice(list("abcdefgh EFGH123"), int(rng.integers(6, 16)))).strip()
        font = ImageFont.load_default(20)
        x = int(rng.integers(10, 60))
        box = draw.textbbox((x, y), text, font)
        draw.text((x, y), text, "black", font)
        quad = box_quad(box[0] - 2, y, box[2] + 2, y + 24)
        lines.append({"poly": quad.tolist(), "text": text})
    return image, lines


@pytest.fixture(scope="module")
def page_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pages")
    rows = []
    for seed in range(4):
        image, lines = draw_page(seed)
        image.save(root / f"{seed}.png")
        row = {"image": f"{seed}.png", "w": image.width, "h": image.height, "lines": lines}
        rows.append(json.dumps(row))
    (root / "labels.jsonl").write_text("\n".join(rows), encoding="utf-8")
    split = {"train": ["0.png", "1.png", "2.png"], "dev": ["3.png"]}
    (root / "split.json").write_text(json.dumps(split), encoding="utf-8")
    return root


def tiny_options(page_set: Path, **changes: Any) -> DetectorTrainOptions:
    values: dict[str, Any] = {
        "real": ((page_set, 1.0),),
        "val": (page_set,),
        "rendered_share": 0.0,
        "width": 1 / 16,
        "rnn_hidden": 16,
        "fc": 32,
        "crop": (128, 128),
        "batch": 2,
    }
    return DetectorTrainOptions(**{**values, **changes})


def test_chunks_are_a_pure_function_of_seed_and_index(page_set: Path) -> None:
    first, again = (DetectorTask(tiny_options(page_set)) for _ in range(2))
    again.chunk(0)  # what was asked for before must not matter
    for a, b in zip(first.chunk(3), again.chunk(3), strict=True):
        for key in ("images", "labels", "vertical", "side"):
            assert torch.equal(torch.nan_to_num(a[key].float()), torch.nan_to_num(b[key].float()))
    other = DetectorTask(tiny_options(page_set, seed=1)).chunk(3)
    assert not torch.equal(other[0]["images"], first.chunk(3)[0]["images"])


def test_batches_have_the_shapes_that_the_net_gives(page_set: Path) -> None:
    task = DetectorTask(tiny_options(page_set, crop=(96, 160)))
    batch = task.chunk(0)[0]
    assert batch["images"].shape == (2, 96, 160, 3) and batch["images"].dtype == torch.uint8
    output = task.model(normalise(batch["images"]))
    assert batch["labels"].shape == output.score.shape[:-1] == (2, 6, 10, 10)
    assert batch["vertical"].shape == output.vertical.shape
    assert batch["side"].shape == output.side.shape
    assert len(batch["names"]) == 2


def test_crops_move_quads_with_the_ink() -> None:
    # A page with one black box: after any crop, the quad must still be the dark region.
    image = np.full((300, 260, 3), 255, np.uint8)
    image[100:130, 60:180] = 0
    quad = box_quad(60, 100, 180, 130)[None]
    for seed in range(12):
        rng = np.random.default_rng(seed)
        options = CropOptions(height=256, width=320, line_height=(18.0, 40.0))
        crop, moved = crop_page(rng, image, quad, quad, options)
        mask = np.zeros((256, 320), np.uint8)
        cv2.fillPoly(mask, [np.round(moved[0] - 0.5).astype(np.int32)], 1)
        inside = crop[..., 0][mask.astype(bool)]
        if inside.size > 100:
            assert (inside < 128).mean() > 0.85, seed  # its outline is half ink


def test_some_crops_are_scaled_to_a_headline() -> None:
    # A page of fine print under one line that is ten times as high.
    image = np.full((400, 400, 3), 255, np.uint8)
    fine = [box_quad(20, 150 + 12 * k, 380, 158 + 12 * k) for k in range(16)]
    quads = np.stack([box_quad(20, 20, 380, 100), *fine]).astype(np.float32)
    heights = {}
    for share in (0.0, 1.0):
        options = CropOptions(256, 256, small=0.0, headlines=share)
        crops = [
            crop_page(np.random.default_rng(k), image, quads, quads, options) for k in range(20)
        ]
        sides = [np.linalg.norm(moved[0, 3] - moved[0, 0]) for _, moved in crops]
        heights[share] = np.array(sides)
    assert heights[0.0].min() > 100  # eight pixels are brought to fourteen or more
    low, high = CropOptions().headline_height
    near = (heights[1.0] > 0.9 * low) & (heights[1.0] < 1.1 * high)
    assert near.mean() > 0.6  # the others are scaled to one of the small lines


def test_lines_too_small_to_read_are_left_out_of_the_loss() -> None:
    image = np.full((256, 256, 3), 255, np.uint8)
    quads = np.stack([box_quad(16, 16, 240, 56), box_quad(16, 150, 240, 152)]).astype(np.float32)
    crop = CropOptions(256, 256, small=0.0, headlines=1.0, headline_height=(40.0, 40.0))
    page = Page(image, quads, np.zeros(2, bool), "page")
    for seed in range(10):
        sample = make_sample(np.random.default_rng(seed), page, MixOptions(crop=crop))
        small = np.linalg.norm(sample["quads"][:, 3] - sample["quads"][:, 0], axis=1) < 5
        if small.any() and not small.all():
            row = int(sample["quads"][small][0][:, 1].mean() // 16)
            if 0 <= row < 16:
                assert (sample["labels"][row] != 1).all() and (sample["labels"][row] == -1).any()
                return
    raise AssertionError("no crop shows both lines")


def test_photometric_keeps_shape_and_type() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    for seed in range(20):
        out = photometric(np.random.default_rng(seed), image)
        assert out.shape == image.shape and out.dtype == np.uint8


def test_large_pages_are_kept_small(tmp_path: Path) -> None:
    image = Image.new("RGB", (1200, 1600), "white")
    image.save(tmp_path / "a.png")
    row = {"image": "a.png", "w": 1200, "h": 1600}
    line = {"poly": box_quad(100, 200, 900, 320).tolist(), "text": "x"}
    (tmp_path / "labels.jsonl").write_text(json.dumps({**row, "lines": [line]}))
    page = LabeledPages(read_pages(tmp_path), "set")[0]
    assert page.image.shape == (400, 300, 3)
    np.testing.assert_allclose(page.quads[0], box_quad(25, 50, 225, 80), atol=0.2)


def test_icdar_files_are_read(tmp_path: Path) -> None:
    Image.new("RGB", (50, 40)).save(tmp_path / "img_1.png")
    text = "\ufeff1,2,30,2,30,12,1,12,Hello, you\r\n5,20,25,20,25,30,5,30,###\r\n"
    (tmp_path / "gt_img_1.txt").write_text(text, encoding="utf-8")
    (page,) = read_icdar(tmp_path)
    assert (page.width, page.height) == (50, 40)
    assert [line.text for line in page.lines] == ["Hello, you", "###"]
    assert [line.ignore for line in page.lines] == [False, True]
    np.testing.assert_allclose(page.lines[0].quad, box_quad(1, 2, 30, 12))
    (tmp_path / "gt_img_1.txt").write_text('1, 2, 30, 12, "Hello"\n5 20 25 30 "you"')
    (page,) = read_pages(tmp_path)
    assert [line.text for line in page.lines] == ["Hello", "you"]
    np.testing.assert_allclose(page.lines[1].quad, box_quad(5, 20, 25, 30))


def test_bad_icdar_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither"):
        read_icdar(tmp_path)
    (tmp_path / "gt_7.txt").write_text("1,2,3\n")
    with pytest.raises(DataError, match="no image named 7"):
        read_icdar(tmp_path)
    Image.new("RGB", (5, 5)).save(tmp_path / "7.jpg")
    with pytest.raises(DataError, match="line 1"):
        read_icdar(tmp_path)


def test_pages_without_lines_are_no_training_set(tmp_path: Path) -> None:
    Image.new("RGB", (5, 5)).save(tmp_path / "a.png")
    row = {"image": "a.png", "w": 5, "h": 5, "lines": [], "text": "hello"}
    (tmp_path / "labels.jsonl").write_text(json.dumps(row))
    with pytest.raises(DataError, match="no page"):
        LabeledPages(read_pages(tmp_path), "set")


def test_options_that_do_not_fit_are_refused(page_set: Path) -> None:
    with pytest.raises(UsageError, match="nothing to train on"):
        DetectorTrainOptions(rendered_share=0.0)
    with pytest.raises(UsageError):
        DetectorTrainOptions(rendered_share=1.5)
    with pytest.raises(UsageError):
        tiny_options(page_set, crop=(100, 128)).mix()


def test_targets_can_be_drawn(page_set: Path, tmp_path: Path) -> None:
    task = DetectorTask(tiny_options(page_set))
    sample_sheet(task, tmp_path / "sheet.png", count=8)
    sheet = load_image(tmp_path / "sheet.png")
    assert sheet.shape == (256, 512, 3) and (sheet == (0, 170, 0)).all(-1).any()
    batch = task.chunk(0)[0]
    arrays = (batch[key][0].numpy() for key in ("labels", "vertical", "side"))
    picture = draw_targets(batch["images"][0].numpy(), Targets(*arrays), task.options.mix())
    assert picture.shape == (128, 128, 3)


def test_a_page_without_lines_still_gives_samples() -> None:
    page = Page(
        np.full((90, 80, 3), 200, np.uint8),
        np.zeros((0, 4, 2), np.float32),
        np.zeros(0, bool),
        "blank",
    )
    options = MixOptions(crop=CropOptions(128, 128))
    sample = make_sample(np.random.default_rng(0), page, options)
    assert not sample["labels"].any()


def test_the_net_overfits_eight_samples() -> None:
    torch.manual_seed(0)
    net = Ctpn(width=1 / 8, rnn_hidden=32, fc=64)
    pages, encoded = [], []
    for seed in range(8):
        image, lines = draw_page(seed, 160, 96)
        quads = np.array([line["poly"] for line in lines], np.float32)
        pages.append(np.array(image))
        encoded.append(encode_page(quads, np.zeros(len(quads), bool), (6, 10)))
    images = normalise(torch.from_numpy(np.stack(pages)))
    stacked = [np.stack(arrays) for arrays in zip(*encoded, strict=True)]
    targets = BatchTargets(*(torch.from_numpy(array) for array in stacked))
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    losses = []
    for _ in range(50):
        loss, _ = ctpn_loss(net.train()(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    score, _, _ = Detector.from_module(net, "cpu", "fp32").outputs(pages[0])
    labels = encoded[0].labels
    assert score[labels == 1].mean() > 0.7 and score[labels == 0].mean() < 0.15


def test_a_short_run_writes_weights_that_detect(page_set: Path, tmp_path: Path) -> None:
    options = TrainOptions(out=tmp_path / "run", max_steps=3, device="cpu", log_every=1)
    best = train(DetectorTask(tiny_options(page_set)), options)
    detector = Detector.from_weights(best, "cpu")
    assert detector.detect(load_image(page_set / "3.png")) is not None
    log = [json.loads(row) for row in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    assert {"loss", "score", "vertical", "side"} <= set(log[0]) and "hmean" in log[-1]


def test_anchors_decide_what_init_from_keeps(page_set: Path) -> None:
    task = DetectorTask(tiny_options(page_set))
    state, header = task.model.state_dict(), task.header({})
    assert len(task.adapt(header, state)) == len(state)
    other = {**header, "config": {**header["config"], "anchor_heights": [8.0, 16.0]}}
    kept = task.adapt(other, state)
    assert "features.0.weight" in kept and "score.weight" not in kept


def test_the_command_writes_a_sheet(page_set: Path, tmp_path: Path) -> None:
    flags = ["--real", f"{page_set}=2", "--rendered-share", "0", "--crop", "128", "128"]
    flags += ["--width", "0.0625", "--max-steps", "1", "--out", str(tmp_path), "--dry-run"]
    result = CliRunner().invoke(command, flags, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "samples.png").is_file()

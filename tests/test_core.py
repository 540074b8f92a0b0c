# SPDX-License-Identifier: Apache-2.0
"""Document tree, image files, geometry, weights files, devices, labelled sets, options."""

from __future__ import annotations

import json
from pathlib import Path

import click
import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.core.blobs import blob_boxes
from ocr_pipeline.core.devices import resolve_device, resolve_dtype
from ocr_pipeline.core.document import Char, Document, Line, Page, Word, polygon
from ocr_pipeline.core.errors import (
    DataError,
    DeviceError,
    ExitCode,
    InputError,
    UsageError,
    WeightsError,
)
from ocr_pipeline.core.geometry import (
    box_quad,
    crop_quad,
    order_quad,
    pad_quad,
    polygon_iou,
    quad_size,
)
from ocr_pipeline.core.groundtruth import is_page_set, read_crop_set, read_page_set
from ocr_pipeline.core.images import iter_frames, load_image, save_image, write_atomic
from ocr_pipeline.core.pixels import one_channel
from ocr_pipeline.core.registry import build, register
from ocr_pipeline.core.train_options import TrainOptions, pop_train_options, training_flags
from ocr_pipeline.core.weights import find_weights, load_weights, read_header, save_weights

BOX = polygon([(0, 0), (10, 0), (10, 5), (0, 5)])


def test_document_goes_to_json_and_back_unchanged() -> None:
    word = Word("né", BOX, 0.5, (Char("n", BOX, 0.25), Char("é", BOX, 0.75)))
    line = Line("né", BOX, 0.5, 0.9, (word,), row=3)
    page = Page(1, 100, 200, (line, Line("x", BOX)), 300.0, {"angle": 0.5})
    document = Document("scan.tif", (page, Page(2, 5, 5)), {"lang": "fr"})
    assert Document.from_json(document.to_json()) == document
    assert Document.from_json(document.to_json(indent=1)) == document


def test_lines_of_one_row_share_a_line_of_text() -> None:
    lines = tuple(Line(t, BOX, row=r) for t, r in [("Tea", 0), ("3.50", 0), ("Sum", 1)])
    assert Page(1, 9, 9, lines).text == "Tea 3.50\nSum"
    assert Document("d", (Page(1, 9, 9, lines), Page(2, 9, 9))).text == "Tea 3.50\nSum\f"


def test_documents_that_cannot_be_read_say_so() -> None:
    with pytest.raises(DataError, match="not JSON"):
        Document.from_json("{")
    with pytest.raises(DataError, match="newer"):
        Document.from_dict({"format_version": 99, "source": "x", "pages": []})
    with pytest.raises(DataError, match="between 0 and 1"):
        Line("x", BOX, confidence=1.5)


@pytest.mark.parametrize("shift", range(4))
def test_quads_are_ordered_from_the_top_left(shift: int) -> None:
    quad = np.array([[10, 12], [90, 20], [88, 40], [8, 32]], np.float32)
    assert np.array_equal(order_quad(np.roll(quad, shift, 0)), quad)
    assert np.array_equal(order_quad(np.roll(quad[::-1], shift, 0)), quad)


def test_crop_straightens_a_slanted_line() -> None:
    image = np.full((120, 200), 255, np.uint8)
    rows, cols = np.mgrid[:120, :200]
    image[np.abs(rows - (40 + 0.25 * cols)) < 3] = 0  # a slanted stroke
    quad = np.array([[20, 25], [180, 65], [180, 105], [20, 65]], np.float32)
    crop = crop_quad(image, quad, height=40)
    darkest = crop.argmin(0)
    assert crop.shape[0] == 40 and np.ptp(darkest[5:-5]) <= 3


def test_crop_keeps_aspect_and_bears_the_border() -> None:
    image = np.zeros((50, 60, 3), np.uint8)
    assert crop_quad(image, box_quad(10, 10, 50, 20), height=32).shape == (32, 128, 3)
    assert crop_quad(image, box_quad(-20, -5, 90, 60)).shape == (65, 110, 3)
    assert crop_quad(image, box_quad(70, 70, 90, 80)).shape[2] == 3


def test_padding_and_overlap_of_quads() -> None:
    assert quad_size(pad_quad(box_quad(0, 0, 40, 10), 0.5, 0.1)) == pytest.approx((50, 12))
    assert polygon_iou(box_quad(0, 0, 10, 10), box_quad(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert polygon_iou(box_quad(0, 0, 1, 1), box_quad(5, 5, 6, 6)) == 0.0


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "LA"])
def test_all_kinds_of_pixels_become_rgb(tmp_path: Path, mode: str) -> None:
    grey = np.full((6, 9), 255, np.uint8)
    grey[:, :4] = 0
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert("RGB").convert(mode)
    path = tmp_path / "image.tif"
    image.save(path)
    pixels = load_image(path)
    assert pixels.shape == (6, 9, 3) and pixels.dtype == np.uint8
    assert pixels[:, :4].max() < 10 and pixels[:, 5:].min() > 245


def test_the_one_channel_of_a_grey_image_stands_for_all_three() -> None:
    rng = np.random.default_rng(7)
    grey = rng.integers(0, 256, (150, 200), np.uint8)
    colors = np.repeat(grey[..., None], 3, axis=2)
    found = one_channel(colors)
    assert found is not None and np.array_equal(found, grey)
    for _ in range(20):
        corner, size = rng.uniform(-10, 190, 2), rng.uniform(5, 90, 2)
        quad = box_quad(*corner, *(corner + size)) + rng.normal(0, 2, (4, 2)).astype(np.float32)
        height = [None, 12, 32][int(rng.integers(3))]
        crops = [crop_quad(image, quad, height, pad_x=0.1) for image in (colors, grey)]
        assert np.array_equal(crops[0], np.repeat(crops[1][..., None], 3, axis=2))
    for row in (64, 149):  # where a glance falls, and where none does
        stained = colors.copy()
        stained[row, 3, 2] ^= 1
        assert one_channel(stained) is None


def test_transparent_is_white_and_exif_turns(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert load_image(tmp_path / "clear.png").min() == 255
    image = Image.new("RGB", (20, 10), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert load_image(tmp_path / "turned.jpg").shape == (20, 10, 3)


def test_all_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [Image.new("L", (10 + i, 8), 40 * i) for i in range(3)]
    pages[0].save(tmp_path / "p.tif", save_all=True, append_images=pages[1:], dpi=(300, 300))
    frames = list(iter_frames(tmp_path / "p.tif"))
    assert [f.image.shape for f in frames] == [(8, 10, 3), (8, 11, 3), (8, 12, 3)]
    assert frames[0].dpi == 300


def test_bad_images_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "noise.png").write_bytes(b"no image at all")
    save_image(tmp_path / "whole.png", np.zeros((90, 90, 3), np.uint8))
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:70])
    for name, reason in [
        ("empty.png", "empty"),
        ("noise.png", "not an image"),
        ("cut.png", "cut.png"),
        ("none.png", "no such file"),
        (".", "folder"),
    ]:
        with pytest.raises(InputError, match=reason) as caught:
            load_image(tmp_path / name)
        assert str(tmp_path) in str(caught.value)


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    write_atomic(tmp_path / "a" / "f.txt", b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomic(tmp_path / "a" / "f.txt", b"new")
    assert caught.value.filename == str(tmp_path / "a" / "f.txt")
    assert (tmp_path / "a" / "f.txt").read_bytes() == b"old"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["f.txt"]


@pytest.mark.parametrize("share", [0.05, 0.12])
def test_blobs_are_those_of_the_plain_labelling(share: float) -> None:
    # The second picture has more beginnings of blobs than labels of 16 bits can number.
    ink = (np.random.default_rng(0).random((700, 1500)) < share).astype(np.uint8)
    assert (cv2.countNonZero(ink) * 0.7 > 0xFFFF) == (share > 0.1)
    expected = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    found = blob_boxes(ink)
    assert len(found) == len(expected) > 20_000
    key = lambda rows: rows[np.lexsort(rows.T)]  # noqa: E731
    np.testing.assert_array_equal(key(found), key(expected))
    assert blob_boxes(np.zeros((20, 30), np.uint8)).shape == (0, 5)


HEADER = {"kind": "recognizer", "architecture": "a", "config": {}, "preprocessing": {}}


def test_weights_round_trip(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    state = {"w": torch.tensor([[0.5, -2.0]]), "count": torch.tensor(7)}
    path = tmp_path / "weights" / "net.safetensors"
    save_weights(path, state, {**HEADER, "alphabet": ["é"]})
    header, loaded = load_weights(path)
    assert header["alphabet"] == ["é"] and header["format_version"] == 1
    assert torch.equal(loaded["w"], state["w"]) and int(loaded["count"]) == 7
    monkeypatch.setenv("OCR_HOME", str(tmp_path))
    assert find_weights("net", "recognizer") == path
    with pytest.raises(WeightsError, match="holds a recognizer, not a detector"):
        find_weights("net", "detector")
    with pytest.raises(WeightsError, match="bundled are:"):
        find_weights("nothing-of-that-name")


def test_bad_weights_are_named(tmp_path: Path) -> None:
    for name, data in [("short", b"x"), ("noise", b"\xff" * 64)]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(WeightsError, match=name):
            read_header(tmp_path / name)
    with pytest.raises(WeightsError, match="lacks preprocessing"):
        save_weights(tmp_path / "w", {}, {k: HEADER[k] for k in list(HEADER)[:3]})
    save_weights(tmp_path / "new", {}, {**HEADER, "format_version": 99})
    with pytest.raises(WeightsError, match="newer"):
        read_header(tmp_path / "new")


def test_devices_that_are_not_there_are_refused() -> None:
    assert resolve_device("cpu").type == "cpu"
    with pytest.raises(DeviceError, match="no such device"):
        resolve_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="no usable CUDA GPU"):
            resolve_device("cuda:1")
    with pytest.raises(DeviceError, match="needs a GPU"):
        resolve_dtype(torch.device("cpu"), "fp16")
    with pytest.raises(DeviceError, match="'half'"):
        resolve_dtype(torch.device("cpu"), "half")


def test_registry_builds_by_name() -> None:
    @register("test_net")
    def net(size: int) -> int:
        return size + 1

    assert build("test_net", size=1) == 2
    with pytest.raises(WeightsError, match="does not take this config"):
        build("test_net", weight=1)
    with pytest.raises(WeightsError, match="unknown architecture"):
        build("test_nte")


def test_labelled_sets(tmp_path: Path) -> None:
    poly = [[0, 0], [9, 0], [9, 3], [0, 3]]
    row = {"image": "images/a.png", "w": 9, "h": 9, "lines": [{"poly": poly, "text": "A"}]}
    other = {**row, "image": "images/b.png"}
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n\n" + json.dumps(other) + "\n")
    (tmp_path / "split.json").write_text(json.dumps({"train": ["images/b.png"], "note": "x"}))
    assert is_page_set(tmp_path) and len(read_page_set(tmp_path)) == 2
    (page,) = read_page_set(tmp_path, "train")
    assert page.image == tmp_path / "images/b.png" and page.lines[0].text == "A"
    with pytest.raises(DataError, match="no split 'dev'; it has train"):
        read_page_set(tmp_path, "dev")
    with pytest.raises(DataError, match="line 1: no text"):
        read_crop_set(tmp_path)
    (tmp_path / "labels.jsonl").write_text('{"image": "a"}\n{"w"\n')
    with pytest.raises(DataError, match="line 1"):
        read_page_set(tmp_path)


@click.command("recognizer")
@training_flags
def command(**values: object) -> None:
    options = pop_train_options(values)
    click.echo(f"{options.lr} {options.max_steps} {options.seed}")


def test_options_from_toml_and_flags(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("max-steps = 7\nlr = 0.5\n[recognizer]\nseed = 3\n[detector]\nseed = 9\n")
    arguments = ["--out", str(tmp_path), "--config", str(path), "--lr", "0.25"]
    result = CliRunner().invoke(command, arguments)
    assert result.output.split() == ["0.25", "7", "3"]
    path.write_text("max-stps = 7\n")
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, UsageError) and "max_stps" in str(result.exception)
    assert UsageError.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "how long"),
        ({"max_steps": 0}, "above 0"),
        ({"max_steps": 1, "ema": 1.0}, "--ema"),
        ({"max_steps": 1, "resume": True, "init_from": "x"}, "only one"),
    ],
)
def test_impossible_options_are_refused(values: dict, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        TrainOptions(out=Path("x"), **values)

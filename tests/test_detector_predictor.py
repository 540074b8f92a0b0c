# SPDX-License-Identifier: Apache-2.0
"""The detector's face: scales, tiles, original pixels, odd images, weights files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from detector.anchors import DEFAULT_HEIGHTS
from detector.ctpn import Ctpn
from detector.predictor import DetectOptions, Detector, find_lines, grow, run_tiles
from detector.preprocess import preprocessing
from detector.scale import guess_line_height
from detector.targets import decode_targets, encode_page
from ocr_pipeline.core.errors import InputError, UsageError, WeightsError
from ocr_pipeline.core.geometry import box_quad, polygon_iou
from ocr_pipeline.core.weights import save_weights

CONFIG = {"width": 1 / 16, "rnn_hidden": 8, "fc": 16, "anchor_heights": list(DEFAULT_HEIGHTS)}
# In one piece: the net that is told what to find takes every tile for the page.
EXACT = DetectOptions(margin_x=0.0, margin_y=0.0, tile=4096)
HEADER = {
    "kind": "detector",
    "name": "tiny",
    "architecture": "ctpn_vgg16",
    "config": CONFIG,
    "preprocessing": preprocessing(),
}


def tiny() -> Ctpn:
    torch.manual_seed(0)
    return Ctpn(**CONFIG)  # type: ignore[arg-type]


class PerfectNet:
    """Stands in for a net: knows where the lines of a page are, whatever the page's scale."""

    def __init__(self, size: tuple[int, int], quads: npt.NDArray[np.float32]) -> None:
        self.size, self.quads = size, quads
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, image: npt.NDArray[np.uint8]) -> tuple[Any, Any, Any]:
        h, w = image.shape[:2]
        self.seen.append((h, w))
        quads = self.quads * np.array([w / self.size[1], h / self.size[0]], np.float32)
        cells = -(-h // 16), -(-w // 16)
        targets = encode_page(quads, np.zeros(len(quads), bool), cells)
        outputs = decode_targets(targets, DEFAULT_HEIGHTS)
        return outputs["score"], outputs["vertical"], outputs["side"]


@pytest.mark.parametrize("height", [9.0, 20.0, 70.0])
def test_lines_come_back_in_pixels_of_the_page_whatever_its_scale(height: float) -> None:
    page = np.full((900, 700, 3), 255, np.uint8)
    quads = np.stack([box_quad(100, y, 560, y + height) for y in np.arange(40, 700, height * 1.6)])
    net = PerfectNet((900, 700), quads)
    lines = find_lines(page, net, DEFAULT_HEIGHTS, EXACT)
    assert len(lines.quads) == len(quads)
    assert all(max(polygon_iou(q, f) for f in lines.quads) > 0.9 for q in quads)
    # The last look is at the scale at which the lines are about 22 pixels high.
    assert 22 / 1.25 < height * net.seen[-1][0] / 900 < 22 * 1.25


def test_second_look_is_spared_when_the_first_scale_fits() -> None:
    quads = np.stack([box_quad(100, y, 560, y + 22) for y in range(40, 700, 40)])
    net = PerfectNet((1000, 700), quads)
    find_lines(np.zeros((1000, 700, 3), np.uint8), net, DEFAULT_HEIGHTS, DetectOptions())
    assert net.seen == [(1000, 700)]


def test_small_pictures_show_headlines_and_fine_print() -> None:
    quads = [box_quad(10, 10, 190, 42)]  # 128 pixels high in the larger look
    quads += [box_quad(10, y, 150, y + 7) for y in range(80, 140, 12)]
    net = PerfectNet((150, 200), np.stack(quads))
    lines = find_lines(np.zeros((150, 200, 3), np.uint8), net, DEFAULT_HEIGHTS, EXACT)
    assert [max(size) for size in net.seen] == [800, 320, 128]
    assert len(lines.quads) == len(quads)
    assert all(max(polygon_iou(q, f) for f in lines.quads) > 0.8 for q in quads)
    assert lines.scores.min() > 0.9  # the choice between looks leaves the scores alone


def test_a_headline_that_fills_a_small_picture_is_found_once() -> None:
    quads = [box_quad(10, 8, 190, 88)]  # 128 pixels high in the smaller of two looks
    quads += [box_quad(10, y, 150, y + 7) for y in range(100, 140, 12)]
    net = PerfectNet((150, 200), np.stack(quads))
    lines = find_lines(np.zeros((150, 200, 3), np.uint8), net, DEFAULT_HEIGHTS, EXACT)
    assert len(lines.quads) == len(quads)
    assert all(max(polygon_iou(q, f) for f in lines.quads) > 0.75 for q in quads)
    alone = PerfectNet((150, 200), quads[0][None])
    assert len(find_lines(np.zeros((150, 200, 3), np.uint8), alone, DEFAULT_HEIGHTS, EXACT)[0]) == 1


def letters(height: int, rows: int = 12) -> npt.NDArray[np.uint8]:
    """A page with rows of black bars, four fifths as high as lines of this height."""
    page = np.full((rows * height * 2 + 40, 40 * height, 3), 230, np.uint8)
    for row in range(rows):
        top = 20 + row * 2 * height
        for column in range(30):
            left = (column + 4) * height
            page[top : top + round(height * 0.78), left : left + height // 2] = 20
    return page


@pytest.mark.parametrize("height", [12, 30, 60])
def test_type_size_is_guessed_from_ink(height: int) -> None:
    guess = guess_line_height(letters(height))
    assert guess is not None and 0.85 < guess / height < 1.18


def test_no_guess_without_letters() -> None:
    blank = np.full((300, 200, 3), 255, np.uint8)
    assert guess_line_height(blank) is None
    blank[100:104] = 0  # a rule is no letter
    assert guess_line_height(blank) is None
    rng = np.random.default_rng(0)
    assert guess_line_height(rng.integers(200, 256, (300, 200, 3)).astype(np.uint8)) is None


def test_a_good_guess_spares_the_second_look() -> None:
    page = letters(40)
    h, w = page.shape[:2]
    quads = np.stack([box_quad(150, y - 4, 1380, y + 36) for y in range(20, h - 40, 80)])
    net = PerfectNet((h, w), quads)
    lines = find_lines(page, net, DEFAULT_HEIGHTS, DetectOptions())
    assert len(net.seen) == 1 and len(lines.quads) == len(quads)


def test_lines_are_grown_by_the_margins_along_their_own_axes() -> None:
    quads = np.stack([box_quad(100, 200, 300, 220), box_quad(0, 0, 50, 10)])
    np.testing.assert_allclose(grow(quads, 0.5, 0.1)[0], box_quad(90, 198, 310, 222), atol=1e-4)
    turned = quads[:1, [3, 0, 1, 2]]  # reads upwards
    np.testing.assert_allclose(grow(turned, 0.0, 0.1)[0, 0], [80, 220], atol=1e-4)
    assert grow(np.zeros((0, 4, 2), np.float32), 0.1, 0.1).shape == (0, 4, 2)


def test_scale_by_rule_short_side_and_cap() -> None:
    quads = box_quad(300, 300, 1500, 360)[None]
    page = np.zeros((3000, 2000, 3), np.uint8)
    net = PerfectNet((3000, 2000), quads)
    find_lines(page, net, DEFAULT_HEIGHTS, DetectOptions(short_side=600))
    assert net.seen == [(900, 600)]
    net.seen.clear()
    find_lines(page, net, DEFAULT_HEIGHTS, DetectOptions(short_side=2000, max_pixels=1e6))
    assert all(h * w <= 1.01e6 for h, w in net.seen)


def test_headings_and_fine_print_of_one_page_are_both_found() -> None:
    quads = [box_quad(60, 40, 900, 240)]  # a heading 200 pixels high
    quads += [box_quad(60, y, 700, y + 12) for y in range(300, 900, 20)]
    net = PerfectNet((1000, 1000), np.stack(quads))
    page = np.zeros((1000, 1000, 3), np.uint8)
    lines = find_lines(page, net, DEFAULT_HEIGHTS, EXACT)
    assert len(net.seen) == 2 and len(lines.quads) == len(quads)
    assert all(max(polygon_iou(q, f) for f in lines.quads) > 0.85 for q in quads)


def test_tiles_give_what_the_whole_page_gives() -> None:
    rng = np.random.default_rng(0)
    quads = np.stack([box_quad(rng.integers(0, 300), y, 900, y + 18) for y in range(10, 1180, 30)])
    whole = PerfectNet((1200, 1000), quads)

    def tile_net(image: npt.NDArray[np.uint8]) -> tuple[Any, Any, Any]:
        y, x = int(image[0, 0, 0]) * 16, int(image[0, 0, 1]) * 16  # the tile says where it is
        local = PerfectNet(image.shape[:2], quads - np.array([x, y], np.float32))
        return local(image)

    page = np.zeros((1200, 1000, 3), np.uint8)
    page[..., 0] = (np.arange(1200) // 16)[:, None]
    page[..., 1] = (np.arange(1000) // 16)[None]
    expected = whole(page)
    got = run_tiles(page, tile_net, len(DEFAULT_HEIGHTS), tile=480, overlap=96)
    assert all(a.shape == b.shape for a, b in zip(expected, got, strict=True))
    inner = expected[0][:, :-2] > 0.5  # ends beyond a tile are not known to it
    assert (got[0][:, :-2] > 0.5)[inner].mean() > 0.99


def test_tiny_net_runs_on_any_image_and_stays_within_it() -> None:
    detector = Detector.from_module(tiny(), "cpu", "fp32")
    for shape in [(1, 1, 3), (7, 400, 3), (333, 121, 3), (90, 70)]:
        image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
        for line in detector.detect(image):
            assert line.quad.shape == (4, 2) and 0 <= line.score <= 1
            assert (line.quad >= 0).all() and (line.quad <= [shape[1], shape[0]]).all()


def test_untrained_net_finds_nothing_on_a_blank_page() -> None:
    assert (
        Detector.from_module(tiny(), "cpu", "fp32").detect(np.full((200, 300, 3), 255, np.uint8))
        == []
    )


@pytest.mark.parametrize(
    "image", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5, 4), np.uint8), np.zeros((5, 5, 3))]
)
def test_what_is_no_image_is_refused(image: npt.NDArray[Any]) -> None:
    with pytest.raises(InputError):
        Detector.from_module(tiny(), "cpu", "fp32").detect(image)


def test_weights_file_gives_the_same_net(tmp_path: Path) -> None:
    net = tiny()
    save_weights(tmp_path / "tiny.safetensors", net.state_dict(), HEADER, half=False)
    loaded = Detector.from_weights(tmp_path / "tiny.safetensors", "cpu", "fp32")
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    for a, b in zip(
        Detector.from_module(net, "cpu", "fp32").outputs(image), loaded.outputs(image), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_weights_of_another_preprocessing_or_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    header = {**HEADER, "preprocessing": {**preprocessing(), "channels": "BGR"}}
    save_weights(path, tiny().state_dict(), header)
    with pytest.raises(WeightsError, match="preprocessing"):
        Detector.from_weights(path)
    save_weights(path, tiny().state_dict(), {**HEADER, "config": {**CONFIG, "fc": 24}})
    with pytest.raises(WeightsError, match="do not fit"):
        Detector.from_weights(path)


def test_bad_options_are_refused() -> None:
    for values in ({"long_side": 10}, {"max_pixels": 5.0}, {"tile": 100}, {"line_height": 1.0}):
        with pytest.raises(UsageError):
            DetectOptions(**values)  # type: ignore[arg-type]


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, detector; assert 'torch' not in sys.modules; detector.Detector"
    subprocess.run([sys.executable, "-c", code], check=True)

# SPDX-License-Identifier: Apache-2.0
"""Targets of anchors, and the way back: a page's lines encoded, decoded and connected again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from detector.anchors import DEFAULT_HEIGHTS, anchor_spans, decode_vertical, encode_vertical
from detector.connector import ConnectOptions, connect
from detector.targets import TargetOptions, Targets, cut_strips, decode_targets, encode_page
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.geometry import box_quad, polygon_iou

Floats = npt.NDArray[np.float32]


def turned(cx: float, cy: float, width: float, height: float, degrees: float) -> Floats:
    angle = np.deg2rad(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    down = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
    c = np.array([cx, cy])
    return np.array(
        [c - along - down, c + along - down, c + along + down, c - along + down], np.float32
    )


def encode(quads: list[Floats], size: tuple[int, int] = (32, 32)) -> Targets:
    return encode_page(np.stack(quads), np.zeros(len(quads), bool), size)


def decode(targets: Targets) -> Floats:
    outputs = decode_targets(targets, DEFAULT_HEIGHTS)
    arrays = outputs["score"], outputs["vertical"], outputs["side"]
    return connect(*arrays, DEFAULT_HEIGHTS).quads


def assert_same_lines(wanted: list[Floats], found: Floats, iou: float) -> None:
    assert len(found) == len(wanted)
    for quad in wanted:
        assert max(polygon_iou(quad, other) for other in found) > iou, quad


@pytest.mark.parametrize("degrees", [0.0, 1.5, -3.0, 5.0])
def test_lines_survive_encoding_and_decoding(degrees: float) -> None:
    rng = np.random.default_rng(1)
    lines = [turned(120, y, 190, 18, degrees) for y in range(50, 470, 30)]
    lines += [turned(370, y, rng.uniform(40, 180), 18, degrees) for y in range(50, 470, 30)]
    assert_same_lines(lines, decode(encode(lines)), 0.95)


def test_lines_of_all_heights_survive() -> None:
    lines, y = [], 10.0
    for height in (7, 9, 13, 19, 28, 40, 57, 80, 110):
        lines.append(box_quad(37, y, 401, y + height))
        y += height * 1.25
    assert_same_lines(lines, decode(encode(lines)), 0.95)


def test_a_line_across_slanted_ones_keeps_its_own_slope() -> None:
    lines = [turned(250, y, 400, 20, angle) for y, angle in ((60, 0), (160, 4), (300, -4))]
    assert_same_lines(lines, decode(encode(lines)), 0.93)


@pytest.mark.parametrize("x", [3.0, 19.5, 200.0, 207.0, 250.0, 498.0])
@pytest.mark.parametrize("width", [9.0, 13.0, 20.0])
def test_single_characters_survive_wherever_they_stand(x: float, width: float) -> None:
    line = box_quad(x, 100, min(x + width, 511), 120)
    assert_same_lines([line], decode(encode([line])), 0.45)


def test_text_that_touches_the_border_is_learnt() -> None:
    targets = encode([box_quad(0, 0, 200, 16)])
    assert (targets.labels[0, 0] == 1).any()
    assert_same_lines([box_quad(0, 0, 200, 16)], decode(targets), 0.95)


def test_strips_follow_slanted_edges() -> None:
    quad = np.array([[0, 10], [160, 26], [160, 46], [0, 30]], np.float32)
    strips = cut_strips(quad[None], 12)
    np.testing.assert_allclose(strips.tops[0, :10], 10 + 0.1 * (np.arange(10) * 16 + 8), atol=1e-4)
    np.testing.assert_allclose(strips.bottoms - strips.tops, 20, atol=1e-4)
    assert strips.chosen[0].tolist() == [True] * 10 + [False] * 2


def test_end_strips_count_by_overlap() -> None:
    # Ends at 16·5 + 4: a quarter of column 5 is not enough; starts in the last half of column 0.
    strips = cut_strips(box_quad(8, 0, 84, 20)[None], 8)
    assert strips.chosen[0].tolist() == [True] * 5 + [False] * 3
    assert strips.inside[0, 5] == pytest.approx(0.25)
    targets = encode([box_quad(8, 40, 84, 60)], (8, 8))
    column = targets.labels[:, 5]
    assert (column <= 0).all() and (column == -1).any()  # left out, not background


def test_best_anchor_of_each_strip_is_text_even_below_the_threshold() -> None:
    options = TargetOptions(heights=(16.0,), positive=0.7, negative=0.3)
    targets = encode_page(box_quad(0, 8, 160, 48)[None], np.zeros(1, bool), (8, 10), options)
    assert ((targets.labels == 1).sum((0, 2)) == 1).all()  # IoU is 0.4 at best


def test_thresholds_split_text_left_out_and_background() -> None:
    heights = np.array([40.0, 20.0, 13.0, 9.0, 4.0])  # vertical IoU with a line 20 high, centred
    options = TargetOptions(heights=tuple(heights))
    targets = encode_page(box_quad(0, 14, 64, 34)[None], np.zeros(1, bool), (3, 4), options)
    assert targets.labels[1, 1].tolist() == [1, 1, 1, -1, 0]


def test_side_targets_point_to_the_nearest_end_and_stop_after_32_pixels() -> None:
    targets = encode([box_quad(20, 40, 300, 56)], (8, 24))
    row, anchor = np.argwhere(targets.labels[:, 5] == 1)[0]
    side = targets.side[row, :, anchor]
    assert side[1] == pytest.approx((20 - 24) / 16)
    assert side[2] == pytest.approx((20 - 40) / 16)
    assert np.isnan(side[4:16]).all()
    assert side[17] == pytest.approx((300 - 280) / 16)


def test_ends_beyond_the_image_are_not_learnt() -> None:
    targets = encode([box_quad(-40, 40, 100, 56)], (8, 8))
    assert np.isnan(targets.side[:, 0][targets.labels[:, 0] == 1]).all()


def test_strips_cut_by_the_border_are_left_out() -> None:
    targets = encode([box_quad(0, -12, 128, 8)], (8, 8))  # 40 % visible
    assert not (targets.labels == 1).any() and (targets.labels == -1).any()


def test_ignored_and_vertical_regions_are_left_out_but_text_in_them_stays() -> None:
    quads = np.stack([box_quad(0, 0, 128, 128), box_quad(0, 50, 64, 66)])
    targets = encode_page(quads, np.array([True, False]), (8, 8))
    assert (targets.labels[:, 6] == -1).any(1).all()
    assert (targets.labels[:, 1] == 1).any()
    steep = np.array([[80, 20], [80, 120], [60, 120], [60, 20]], np.float32)
    targets = encode_page(steep[None], np.zeros(1, bool), (8, 8))
    assert not (targets.labels == 1).any() and (targets.labels[2:7, 4] == -1).any()


def test_a_page_without_lines_is_background() -> None:
    targets = encode_page(np.zeros((0, 4, 2)), np.zeros(0, bool), (3, 5))
    assert targets.labels.shape == (3, 5, 10) and not targets.labels.any()
    assert len(decode(targets)) == 0


def test_vertical_coding_is_the_papers_and_turns_back() -> None:
    tops, bottoms = np.float32([10, 30]), np.float32([26, 70])
    centres, heights = np.float32([24, 40]), np.float32([16, 23])
    code = encode_vertical(tops, bottoms, centres, heights)
    assert code[0].tolist() == pytest.approx([(18 - 24) / 16, 0.0])
    assert code[1, 1] == pytest.approx(np.log(40 / 23))
    top, bottom = decode_vertical(code, centres, heights)
    np.testing.assert_allclose(top, tops, atol=1e-4)
    np.testing.assert_allclose(bottom, bottoms, atol=1e-4)


def test_anchors_stand_in_the_middle_of_half_open_cells() -> None:
    tops, bottoms = anchor_spans(2, (8, 16))
    assert tops.tolist() == [[4, 0], [20, 16]] and bottoms.tolist() == [[12, 16], [28, 32]]


@pytest.mark.parametrize(
    "values", [{"positive": 0.3, "negative": 0.5}, {"heights": ()}, {"heights": (0.0,)}]
)
def test_bad_target_options_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        TargetOptions(**values)  # type: ignore[arg-type]


def test_bad_connector_options_are_refused() -> None:
    for values in ({"min_score": 1.5}, {"gap": -1.0}, {"similarity": 0.0}):
        with pytest.raises(UsageError):
            ConnectOptions(**values)

# SPDX-License-Identifier: Apache-2.0
"""Lines are fitted to their ink: digits, dark and light, among specks, rules and neighbours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.predictor import DetectOptions
from detector.tighten import TightenOptions, tighten
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.geometry import box_quad, polygon_iou

MARGINS = 0.14, 0.1
OPTIONS = TightenOptions()
PAPER, INK = 225, 40


def page(text: str = "", left: int = 100, base: int = 120) -> npt.NDArray[np.uint8]:
    image = np.full((200, 400), PAPER, np.uint8)
    cv2.putText(image, text, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 1.0, INK, 2)
    return image


def ink_box(image: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    y, x = np.nonzero(image < (PAPER + INK) // 2)
    return x.min(), y.min(), x.max() + 1, y.max() + 1


def fit(
    image: npt.NDArray[np.uint8], *box: float, options: TightenOptions = OPTIONS
) -> npt.NDArray[np.floating[Any]]:
    rgb = np.repeat(image[..., None], 3, 2)
    return tighten(rgb, box_quad(*box)[None], MARGINS, options)[0]


def assert_fits(quad: npt.NDArray[np.floating[Any]], box: tuple[int, int, int, int]) -> None:
    """The quad holds the box, with margins on every side of two fifths of its height at most."""
    x0, y0, x1, y1 = box
    room = 0.42 * (y1 - y0)
    assert x0 - room <= quad[[0, 3], 0].min() and quad[[0, 3], 0].max() <= x0
    assert x1 <= quad[[1, 2], 0].min() and quad[[1, 2], 0].max() <= x1 + room
    assert y0 - room <= quad[:2, 1].min() and quad[:2, 1].max() <= y0
    assert y1 <= quad[2:, 1].min() and quad[2:, 1].max() <= y1 + room


@pytest.mark.parametrize("text", ["1", "8", "%", "R"])
@pytest.mark.parametrize("light", [False, True])
def test_wide_boxes_shrink_to_single_characters(text: str, light: bool) -> None:
    image = page(text)
    box = ink_box(image)
    assert_fits(fit(255 - image if light else image, 84, 86, 136, 132), box)


@pytest.mark.parametrize("ends", [(107, 128), (94, 113)])
def test_a_box_that_cuts_a_digit_grows_to_hold_it(ends: tuple[int, int]) -> None:
    image = page("8")
    assert_fits(fit(image, ends[0], 92, ends[1], 126), ink_box(image))


def test_specks_and_rules_are_no_ink() -> None:
    image = page("3")
    box = ink_box(image)
    image[96:98, 88:90] = image[118:119, 130:132] = INK
    image[127:129] = INK  # a rule below, across the page
    image[:, 139:141] = INK  # and one down it
    assert_fits(fit(image, 82, 86, 140, 132), box)


def test_neighbours_to_all_sides_stay_outside() -> None:
    image = page("5")
    box = ink_box(image)
    for left, base in ((128, 120), (72, 120), (100, 85), (100, 156)):
        cv2.putText(image, "5", (left, base), cv2.FONT_HERSHEY_SIMPLEX, 1.0, INK, 2)
    assert_fits(fit(image, 93, 92, 128, 126), box)


def test_a_cut_letter_at_the_end_of_a_long_line_is_held() -> None:
    image = page("TOTAL 12.50", left=60)
    x0, _, x1, _ = ink_box(image)
    quad = fit(image, x0 + 5, 90, x1 - 5, 128)
    assert x0 - 12 < quad[0, 0] <= x0 and x1 <= quad[1, 0] < x1 + 12
    np.testing.assert_allclose(quad[[0, 3], 1], [90, 128], atol=1e-3)  # only its ends move
    wide = fit(image, x0 - 14, 90, x1 + 14, 128)
    np.testing.assert_allclose(wide, box_quad(x0 - 14, 90, x1 + 14, 128), atol=1e-3)


def test_a_rule_under_a_line_is_not_followed() -> None:
    image = page("TOTAL 12.50", left=60)
    x0, _, x1, _ = ink_box(image)
    image[119:122, 20:380] = INK  # touches the letters
    quad = fit(image, x0 - 5, 90, x1 + 5, 128)
    assert x0 - 12 < quad[0, 0] <= x0 and x1 <= quad[1, 0] < x1 + 12


def test_a_dash_keeps_room_above_and_below() -> None:
    image = page()
    image[108:112, 104:120] = INK
    quad = fit(image, 92, 86, 136, 132)
    assert quad[2, 1] - quad[1, 1] >= 0.5 * (132 - 86)
    assert quad[1, 0] - quad[0, 0] < 44


def test_boxes_without_clear_ink_stay() -> None:
    quads = box_quad(60, 86, 110, 132)[None]
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (200, 400, 3)).astype(np.uint8)
    blank = np.full((200, 400, 3), 255, np.uint8)
    faint = np.repeat((page("7", left=70) // 16 + 230)[..., None], 3, 2).astype(np.uint8)
    for image in (noise, blank, faint):
        np.testing.assert_allclose(tighten(image, quads, MARGINS, OPTIONS), quads, atol=1e-4)


@pytest.mark.parametrize("degrees", [-12, 7])
def test_tilted_lines_keep_their_tilt(degrees: float) -> None:
    image = page("8", left=190)
    x0, y0, x1, y1 = ink_box(image)
    turn = cv2.getRotationMatrix2D((200.0, 110.0), degrees, 1.0)
    turned = cv2.warpAffine(image, turn, (400, 200), borderValue=float(PAPER))
    wide = cv2.transform(box_quad(x0 - 20, y0 - 12, x1 + 18, y1 + 10)[None], turn)
    rgb = np.asarray(np.repeat(turned[..., None], 3, 2), np.uint8)
    quad = tighten(rgb, np.asarray(wide, np.float32), MARGINS, OPTIONS)[0]
    top = quad[1] - quad[0]
    assert np.degrees(np.arctan2(-top[1], top[0])) == pytest.approx(degrees, abs=0.5)
    tight = cv2.transform(box_quad(x0 - 5, y0 - 4, x1 + 5, y1 + 4)[None], turn)[0]
    assert polygon_iou(quad, tight) > 0.75


def test_lines_at_the_edges_stay_within_the_page() -> None:
    image = page("4", left=1, base=24)
    quad = fit(image, 0, 0, 40, 34)
    assert (quad >= 0).all() and quad[1, 0] < 34
    none = tighten(np.zeros((9, 9, 3), np.uint8), np.zeros((0, 4, 2)), MARGINS, OPTIONS)
    assert none.shape == (0, 4, 2)


def test_bad_options_are_refused() -> None:
    bad = ({"near_x": 0.5}, {"far_y": 0.0}, {"short": -1.0}, {"threshold": 1.0}, {"lowest": 2.0})
    for values in bad:
        with pytest.raises(UsageError):
            TightenOptions(**values)
    assert DetectOptions().tighten == OPTIONS


def test_a_line_does_not_shrink_past_a_letter_that_a_smudge_joins_to_others() -> None:
    image = page("18")
    left, top, right, bottom = ink_box(image)
    cv2.rectangle(image, (right - 10, bottom - 4), (right - 4, 199), INK, -1)
    quad = fit(image, left - 6, top - 4, right + 6, bottom + 4)
    assert quad[[0, 3], 0].max() <= left and quad[[1, 2], 0].min() >= right

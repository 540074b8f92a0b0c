# SPDX-License-Identifier: Apache-2.0
"""Plates that are seen at an angle."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from recognizer import Recognizer
from recognizer.alphabet import Alphabet
from recognizer.layers import STRIDE
from recognizer.preprocessing import PREPROCESSING
from recognizer.second_look import TURNED, TURNS, WEIGHTS, turned
from recognizer.straighten import corners, extent, straightened
from recognizer.views import parts

QUAD = np.array([[60, 50], [250, 30], [240, 95], [70, 125]], np.float32)


def seen(plate: Any = (40, 60, 190), ground: Any = (120, 140, 110)) -> np.ndarray:
    """A plate with bars for letters, at an angle, on a ground that is not quite even."""
    front = np.full((100, 300, 3), plate, np.uint8)
    for x in range(30, 270, 40):
        front[25:75, x : x + 12] = 240
    image = np.full((150, 320, 3), ground, np.uint8)
    image += np.random.default_rng(0).integers(0, 9, image.shape, np.uint8)
    ends = np.array([[0, 0], [300, 0], [300, 100], [0, 100]], np.float32)
    matrix = cv2.getPerspectiveTransform(ends, QUAD)
    cv2.warpPerspective(front, matrix, (320, 150), image, borderMode=cv2.BORDER_TRANSPARENT)
    return image


@pytest.mark.parametrize("plate", [(40, 60, 190), (235, 190, 30), (20, 20, 25)])
def test_corners_are_found_whatever_the_colour(plate: tuple[int, int, int]) -> None:
    found = corners(seen(plate))
    assert 1 <= len(found) <= 3
    assert np.abs(found[0] - QUAD).max() < 7


def test_the_same_picture_has_the_same_corners_and_grey_ones_have_some() -> None:
    image = seen()
    assert all(np.array_equal(a, b) for a, b in zip(corners(image), corners(image), strict=True))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    assert np.abs(corners(grey)[0] - QUAD).max() < 10


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (64, 160), (64, 160, 3)])
def test_a_picture_without_a_plate_has_none(shape: tuple[int, ...]) -> None:
    assert corners(np.full(shape, 128, np.uint8)) == []


def test_a_straightened_plate_fills_its_picture() -> None:
    front = straightened(seen(), QUAD, 64)
    assert front.shape[0] == 128 and front.shape[1] == pytest.approx(128 * 2.57, abs=6)
    blue = (front[..., 2].astype(int) - front[..., 0]) > 60
    inside = blue[8:20, 16:-16]
    assert inside.mean() > 0.95 and not blue[:2].any()
    # Upright bars are upright again.
    bars = front[40:90, 16:-16, 0] > 160
    assert np.abs(bars[2].astype(int) - bars[-2]).mean() < 0.05


def test_the_extent_is_that_of_the_plate() -> None:
    first, last = extent(QUAD, 320)
    assert first == pytest.approx(60 / 320, abs=0.01) and last == pytest.approx(250 / 320, abs=0.01)
    assert extent(QUAD * 2 - 150, 320) == (0.0, 1.0)


class Eye:
    """A net that is sure of an 8 where a plate fills its picture, and else guesses at a 3."""

    sizes = None

    def __init__(self) -> None:
        self.alphabet = Alphabet("38")

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        odds = np.full((len(batch), batch.shape[-1] // STRIDE, 3), 1e-6, np.float32)
        odds[..., self.alphabet.blank_index] = 1.0
        for row, image in zip(odds, batch, strict=True):
            filled = image[0, 6:10, 12:-12].mean() < 0  # dark from one end to the other
            row[20, self.alphabet.blank_index] = 1e-6
            row[20, self.alphabet.encode("8")[0]] = 0.95 if filled else 0.4
            row[20, self.alphabet.encode("3")[0]] = 0.05 if filled else 0.6
        return [np.log(odds)]


def test_a_doubtful_plate_is_read_from_the_front() -> None:
    header = {
        "architecture": "crnn",
        "config": {},
        "preset": "plates-china",
        "alphabet": ["3", "8"],
        "preprocessing": {**PREPROCESSING, "height": 64, "width": 160},
    }
    net: Any = Eye()
    image = seen(ground=(220, 230, 215))
    reading, flat = Recognizer(net, header).read([image, np.full((90, 200), 220, np.uint8)])
    assert reading.text == "8" and reading.confidence == pytest.approx(0.95, abs=0.01)
    assert flat.text == "3"
    # The middle of 40 steps, in the part of the picture where the plate is.
    middle = (reading.chars[0].start + reading.chars[0].end) / 2
    first, last = extent(corners(image)[0], image.shape[1])
    assert middle == pytest.approx(first + (last - first) * 20.5 / 40, abs=0.02)


def test_a_picture_is_turned_about_its_middle() -> None:
    image = np.zeros((60, 160), np.uint8)
    image[28:33, 20:141] = 255
    left = turned(image, 5.0)
    assert left.shape == image.shape and left.dtype == np.uint8
    rise = np.argmax(left[:, 30]) - np.argmax(left[:, 130])  # to the left: the right end rises
    assert rise == pytest.approx(100 * np.tan(np.radians(5)), abs=2)
    assert np.array_equal(turned(image, 0.0), image)


def test_the_parts_of_a_plate_and_of_other_pictures() -> None:
    image = seen()
    found = list(parts(image, 64, ()))
    quads = corners(image)
    assert [part.weight for part in found] == [1.0] * len(quads) + [TURNED] * len(TURNS)
    assert found[0].place == extent(quads[0], image.shape[1])
    assert all(part.place == (0.0, 1.0) for part in found[len(quads) :])
    (near,) = parts(image, 0, (0.75,))
    assert near.weight == WEIGHTS[0.75]
    assert near.image.shape[0] == round(0.75 * len(image))

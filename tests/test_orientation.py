# SPDX-License-Identifier: Apache-2.0
"""Which way up a page is, and how far it slants: rendered pages, turned every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from fake_stages import FakeLine, FakeReading, reading
from PIL import Image, ImageDraw, ImageFont

from ocr_pipeline import Pipeline, RunOptions
from ocr_pipeline.core.document import Page
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.geometry import quad_size
from ocr_pipeline.layout import Turn
from ocr_pipeline.layout.ink import look_at_ink
from ocr_pipeline.layout_options import LayoutOptions

PROSE = (
    "The quick brown fox jumps over the lazy dog, and the judge",
    "liked my big sphinx of quartz. Pack the box with five dozen",
    "jugs of liquid veneer while waltzing nymphs quickly vex the",
    "fjord. How vexingly quick those daft zebras jump by day!",
    "Bright vixens jump; dozy fowl quack. Then they all go home,",
    "happily together, although nobody had asked them to do that.",
    "A long paragraph goes on and on until nothing is left of it.",
)
CAPITALS = tuple("HEIM TOXA 100 MILK " * 3 for _ in range(7))
DOT = (255, 0, 0)


def page_of(texts: Sequence[str] = PROSE, size: int = 24) -> np.ndarray:
    """Black lines of text on white, each with a red dot before its first letter."""
    image = Image.new("RGB", (900, 700), "white")
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(texts):
        y = 100 + 60 * i
        draw.text((90, y), text, font=ImageFont.load_default(size), fill="black")
        draw.ellipse((72, y + 6, 84, y + 18), fill=DOT)
    return np.asarray(image)


class LineFinder:
    """Finds what runs across the page in rows."""

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, image: np.ndarray, options: Any = None) -> list[FakeLine]:
        self.calls += 1
        dark = (image[..., 1] < 160).astype(np.uint8)
        joined = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 41), np.uint8))
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        lines = []
        for outline in outlines:
            corners = cv2.boxPoints(cv2.minAreaRect(outline)).astype(np.float32)
            corners = np.roll(corners, -int(np.argmin(corners.sum(1))), axis=0)
            width, height = quad_size(corners)
            if height > 8 and width > 4 * height:
                lines.append(FakeLine(corners, 0.9))
        return sorted(lines, key=lambda line: float(line.quad[:, 1].mean()))


class DotReader:
    """Is sure of lines that begin with a red dot. What it reads is how much ink there is."""

    def __init__(self, sure: float = 0.95, unsure: float = 0.5) -> None:
        self.sure, self.unsure = sure, unsure
        self.calls: list[int] = []

    def read(self, crops: Sequence[np.ndarray]) -> list[FakeReading]:
        self.calls.append(len(crops))
        return [self._one(crop) for crop in crops]

    def _one(self, crop: np.ndarray) -> FakeReading:
        begin = crop[:, : crop.shape[0]].astype(int)
        red = ((begin[..., 0] - begin[..., 1]) > 100).sum()
        return reading("read well", self.sure if red > 5 else self.unsure)


def pipeline(reader: DotReader | None = None, **options: Any) -> Pipeline:
    return Pipeline(RunOptions(**options), detector=LineFinder(), recognizer=reader or DotReader())


def centres(page: Page) -> np.ndarray:
    return np.array([np.mean(line.polygon, axis=0) for line in page.lines])


# ------------------------------------------------------------------------------ turning


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("slant", [0.0, 3.3, -14.0])
def test_points_come_back_where_they_were(rotation: int, slant: float) -> None:
    turn = Turn(801, 600, rotation, slant)
    points = np.random.default_rng(1).uniform(0, 600, (50, 4, 2))
    assert np.abs(turn.back(turn.forward(points)) - points).max() < 1e-6


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("slant", [0.0, 5.0, -11.0])
def test_pixels_go_where_points_go(rotation: int, slant: float) -> None:
    image = np.full((301, 500, 3), 255, np.uint8)
    image[200:205, 400:405] = 0
    turn = Turn(500, 301, rotation, slant)
    turned = turn.apply(image)
    assert (turned.shape[1], turned.shape[0]) == turn.size
    ys, xs = np.nonzero(turned[..., 0] < 128)
    found = np.array([xs.mean() + 0.5, ys.mean() + 0.5])
    assert np.abs(found - turn.forward([402.5, 202.5])).max() < 0.5


def test_nothing_is_turned_out_of_the_page() -> None:
    turn = Turn(400, 300, 90, 12.0)
    corners = turn.forward([[0, 0], [400, 0], [400, 300], [0, 300]])
    assert corners.min() >= -1e-6
    assert (corners.max(0) <= np.array(turn.size) + 1e-6).all()


# ------------------------------------------------------------------------------ ink


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_ink_tells_the_axis_and_the_way_up(rotation: int) -> None:
    ink = look_at_ink(Turn(900, 700, rotation).apply(page_of()))
    assert (ink.along > 0.3) == (rotation in (0, 180))
    assert (ink.along < -0.3) == (rotation in (90, 270))
    # Lines that run down are looked at after a turn by 270 degrees.
    assert (ink.lean > 1) == (rotation in (0, 90))
    assert (ink.lean < -1) == (rotation in (180, 270))
    assert ink.slant == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("slant", [-15.0, -4.0, 1.0, 7.5, 14.0])
@pytest.mark.parametrize("rotation", [0, 90])
def test_the_ink_tells_the_slant(slant: float, rotation: int) -> None:
    ink = look_at_ink(Turn(900, 700, rotation, -slant).apply(page_of()))
    assert ink.slant == pytest.approx(slant, abs=0.4)


def test_a_page_with_little_ink_says_nothing() -> None:
    assert look_at_ink(np.full((500, 400, 3), 255, np.uint8)).letters == 0
    ink = look_at_ink(page_of(["Stop"]))
    assert (ink.along, ink.lean, ink.slant) == (0, 0, 0)


def test_ink_of_a_single_pixel() -> None:
    assert look_at_ink(np.zeros((1, 1, 3), np.uint8)).letters == 0


# ------------------------------------------------------------------------------ pages


@pytest.mark.parametrize("texts", [PROSE, CAPITALS])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [0.0, 9.0])
def test_pages_are_read_whichever_way_up(
    texts: tuple[str, ...], rotation: int, skew: float
) -> None:
    upright = pipeline().read_page(page_of(texts))
    assert len(upright.lines) == 7
    turn = Turn(900, 700, rotation, -skew)
    page = pipeline().read_page(turn.apply(page_of(texts)))
    assert page.rotation == (360 - rotation) % 360
    assert page.skew == pytest.approx(skew, abs=0.5)
    assert {line.confidence for line in page.lines} == {0.95}
    assert (page.width, page.height) == turn.size
    # In order, and where they are on the image as it came.
    assert np.abs(centres(page) - turn.forward(centres(upright))).max() < 4
    begin = np.array([line.polygon[0] for line in page.lines])
    assert np.abs(turn.back(begin) - [line.polygon[0] for line in upright.lines]).max() < 8


def test_words_lie_on_their_turned_lines() -> None:
    page = pipeline().read_page(Turn(900, 700, 90, -6.0).apply(page_of()))
    line = page.lines[0]
    quad = np.array(line.polygon)
    for word in line.words:
        places = (np.array(word.polygon) - quad[0]) @ np.linalg.inv(
            np.array([quad[1] - quad[0], quad[3] - quad[0]])
        )
        assert places.min() > -0.01 and places.max() < 1.01
    first, last = line.words[0].polygon, line.words[-1].polygon
    assert np.linalg.norm(first[0] - quad[0]) < np.linalg.norm(last[0] - quad[0])


def test_an_upright_page_is_searched_once_and_read_once() -> None:
    reader = DotReader()
    reads = pipeline(reader)
    page = reads.read_page(page_of(CAPITALS))
    assert reads.detector.calls == 1
    # A few lines told which way up it is; the rest was read after them, and none again.
    assert sum(reader.calls) == len(page.lines) == 7


def test_prose_needs_no_reading_to_be_found_upright() -> None:
    texts = PROSE * 3
    image = Image.new("RGB", (900, 1500), "white")
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(texts):
        draw.text((90, 60 + 60 * i), text, font=ImageFont.load_default(24), fill="black")
    reads = pipeline(DotReader(sure=0.1, unsure=0.1))
    work = reads.find(np.asarray(image))
    assert not work.known and not reads.recognizer.calls
    assert work.turn.is_identity


def test_what_reads_badly_both_ways_stays_as_it_is() -> None:
    page = pipeline(DotReader(sure=0.4, unsure=0.42)).read_page(page_of(CAPITALS))
    assert page.rotation == 0


def test_little_text_stays_as_it_is() -> None:
    page = pipeline().read_page(np.ascontiguousarray(page_of(["Stop here now"])[::-1, ::-1]))
    assert page.rotation == 0


@pytest.mark.parametrize("rotation", ["90", "180", "270"])
def test_a_fixed_orientation_is_obeyed(rotation: str) -> None:
    image = Turn(900, 700, 360 - int(rotation)).apply(page_of())
    page = pipeline(orientation=rotation).read_page(image)
    assert page.rotation == int(rotation)
    assert len(page.lines) == 7
    upside_down = np.ascontiguousarray(page_of()[::-1, ::-1])
    assert pipeline(orientation="0").read_page(upside_down).rotation == 0


def test_deskew_can_be_switched_off() -> None:
    image = Turn(900, 700, 0, -12.0).apply(page_of())
    on, off = pipeline().find(image), pipeline(deskew=False).find(image)
    assert on.turn.slant == pytest.approx(12, abs=0.4)
    assert off.turn.is_identity
    # The slant is known from the lines all the same.
    assert pipeline(deskew=False).read_page(image).skew == pytest.approx(12, abs=0.5)


def test_small_slants_are_left_to_the_detector() -> None:
    assert pipeline().find(Turn(900, 700, 0, -1.0).apply(page_of())).turn.is_identity


def test_without_a_detector_nothing_is_turned() -> None:
    image = np.ascontiguousarray(page_of()[::-1, ::-1])
    reads = Pipeline(RunOptions(detect=False), recognizer=DotReader())
    assert reads.read_page(image).rotation == 0


def test_an_unknown_orientation_is_refused() -> None:
    with pytest.raises(UsageError, match="--orientation 'up'"):
        LayoutOptions(orientation="up")
    with pytest.raises(UsageError, match="--orientation"):
        RunOptions(orientation="45")

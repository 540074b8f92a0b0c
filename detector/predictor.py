# SPDX-License-Identifier: Apache-2.0
"""The detector's face: an image in, quads of its text lines out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.anchors import DEFAULT_HEIGHTS, STRIP
from detector.connector import ConnectOptions, Lines, connect, drop_contained
from detector.net import NET, Outputs, probabilities, whole_cells
from detector.preprocess import preprocessing
from detector.scale import guess_line_height
from detector.tighten import TightenOptions, tighten
from ocr_pipeline.core.backends import Session, SessionOptions, open_session
from ocr_pipeline.core.errors import InputError, UsageError, WeightsError
from ocr_pipeline.core.pixels import one_channel
from ocr_pipeline.core.timing import stage
from ocr_pipeline.core.weights import find_weights, read_header

if TYPE_CHECKING:
    from torch import nn

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
#: Heights in pixels of the lines that a net sees well.
_SEEN = (9.0, 70.0)
#: Scales of the looks at a small picture, relative to the largest; and of one more for headlines,
#: from which the least that counts as one is taken: its height in pixels of that look, its width
#: in heights, and the part of it that may lie in what the other looks found.
_TWO_SCALES, _HEADLINE_SCALE = (1.0, 0.4), 0.16
_LEAST_TALL, _LEAST_WIDE, _MOST_SHARED = 16.0, 1.3, 0.2


@dataclass(frozen=True)
class DetectOptions:
    """How a page is scaled and how strips become lines.

    Attributes:
        long_side: longer side in pixels of the first look at a page whose type is hard to guess.
        small: pictures whose sides are at most so long are looked at in three scales: their type
            may be of any size, and often of several.
        small_side: longer side in pixels of the largest of these looks; print of six pixels is not
            rare in them.
        short_side: fixed shorter side instead of the search for a scale; None searches.
        line_height: height in pixels to which a page's median line is brought.
        tolerance: relative difference of scale that makes no second look worth its while.
        max_pixels: most pixels of a page that are looked at; larger ones are scaled down.
        max_enlarged: most pixels that a page may be enlarged to.
        tile: longest side that goes through the net at once; larger pages go in tiles.
        tile_overlap: pixels that neighbouring tiles share.
        margin_x: growth of the lines found at either end, in line heights. The net places edges
            as often inside as outside of where people drew them; a reader needs whole letters.
        margin_y: growth above and below, in line heights.
        connect: thresholds of the connector.
        tighten: how lines are fitted to the ink in them; None leaves them as the net saw them.
    """

    long_side: int = 1000
    small: int = 800
    small_side: int = 1200
    short_side: int | None = None
    line_height: float = 20.0
    tolerance: float = 0.35
    max_pixels: float = 8e6
    max_enlarged: float = 3e6
    tile: int = 1024
    tile_overlap: int = 160
    margin_x: float = 0.14
    margin_y: float = 0.1
    connect: ConnectOptions = field(default_factory=ConnectOptions)
    tighten: TightenOptions | None = field(default_factory=TightenOptions)

    def __post_init__(self) -> None:
        if min(self.long_side, self.small_side) < 64 or (
            self.short_side is not None and self.short_side < 32
        ):
            raise UsageError("the page's sides must be at least 64 (long) and 32 (short) pixels")
        if self.line_height <= 4 or self.tolerance < 0:
            raise UsageError("line_height must be above 4 pixels, tolerance not negative")
        if min(self.max_pixels, self.max_enlarged) < 1e4:
            raise UsageError("max_pixels and max_enlarged must be at least 10,000")
        if not (0 <= self.margin_x <= 1 and 0 <= self.margin_y <= 1):
            raise UsageError("margins must lie between 0 and 1 line heights")
        if self.tile_overlap < 2 * STRIP or self.tile < 4 * self.tile_overlap:
            raise UsageError("tiles must overlap by 32 pixels and be four times as long as that")


@dataclass(frozen=True, slots=True)
class DetectedLine:
    """A line of text: quad (4, 2) float32 in pixels of the image given, score 0 to 1."""

    quad: Floats
    score: float


class Detector:
    """Finds text lines in images.

    Args:
        session: the net, ready to run.
        heights: heights of its anchors.
    """

    def __init__(self, session: Session, heights: Sequence[float]) -> None:
        self.session = session
        self.heights = tuple(float(height) for height in heights)

    @classmethod
    def from_weights(
        cls,
        name_or_path: str | Path,
        device: str = "auto",
        precision: str = "auto",
        backend: str = "auto",
        threads: int = 0,
    ) -> Detector:
        """Opens the detector that a weights file or an exported file holds.

        Raises:
            DeviceError: if the backend, device or precision is not there.
            WeightsError: if there is no such file or it does not hold a detector that fits.
        """
        path = find_weights(name_or_path, "detector")
        made_for = read_header(path)["preprocessing"]
        if made_for != preprocessing():
            raise WeightsError(f"{path}: made for another preprocessing: update this program")
        options = SessionOptions(backend, device, precision, threads)
        session, header = open_session(NET, path, options)
        return cls(session, header["config"].get("anchor_heights", DEFAULT_HEIGHTS))

    @classmethod
    def from_module(
        cls, model: nn.Module, device: str = "auto", precision: str = "auto"
    ) -> Detector:
        """A detector that runs a torch module, a copy of which it takes."""
        from ocr_pipeline.core.backends.torch_session import TorchSession

        session = TorchSession(model, NET.forward, SessionOptions("torch", device, precision))
        heights: Any = model.anchor_heights
        return cls(session, heights)

    def detect(self, image: Image, options: DetectOptions | None = None) -> list[DetectedLine]:
        """Finds the lines of an image.

        Args:
            image: (H, W, 3) RGB or (H, W) grey, uint8.
            options: scales and thresholds.

        Returns:
            Lines from top to bottom, in pixels of ``image``.
        """
        options = options or DetectOptions()
        image = _check(image)
        with stage("scale"):
            grey = one_channel(image)
            seen = image if grey is None else grey
            lines = find_lines(seen, self.outputs, self.heights, options)
        if options.tighten is not None:
            margins = options.margin_x, options.margin_y
            with stage("tighten"):
                lines = lines._replace(quads=tighten(seen, lines.quads, margins, options.tighten))
        pairs = zip(lines.quads, lines.scores, strict=True)
        return [DetectedLine(quad, float(score)) for quad, score in pairs]

    def outputs(self, image: Image) -> Outputs:
        """Runs the net on one image, padded to whole cells."""
        with stage("detect"):
            logits, vertical, side = self.session.run(whole_cells(image)[None])
            return probabilities(logits[0]), vertical[0], side[0]


def _check(image: Image) -> Image:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or 0 in image.shape:
        raise InputError(f"an image is a uint8 array (H, W, 3), not {image.dtype} {image.shape}")
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    if image.shape[2] != 3:
        raise InputError(f"an image has three channels (RGB), not {image.shape[2]}")
    return image


# --- from pages to net inputs and back ------------------------------------------------------


def find_lines(image: Image, net: Any, heights: tuple[float, ...], options: DetectOptions) -> Lines:
    """Lines of a page in its own pixels: a first look, and a second if its scale did not suit.

    Args:
        image: (H, W, 3) RGB or (H, W) grey.
        net: function from an image (H, W, 3) to score, vertical and side arrays.
        heights: heights of the anchors.
        options: scales and thresholds.
    """
    h, w = image.shape[:2]
    cap = (options.max_pixels / (h * w)) ** 0.5
    # Enlarging adds no detail: it may not cost more than a page that came with that many pixels.
    cap = min(cap, max(1.0, (options.max_enlarged / (h * w)) ** 0.5), 4.0)
    if options.short_side is not None:
        return _look(image, min(options.short_side / min(h, w), cap), net, heights, options)
    guess = guess_line_height(image)
    if max(h, w) <= options.small:
        fine = 0.0 if guess is None else options.line_height / guess
        scale = min(max(options.small_side / max(h, w), fine), cap)
        return _look_at_picture(image, scale, net, heights, options)
    if guess is None:
        first = min(options.long_side / max(h, w), cap)
    else:
        # Not below 640 pixels: ink that is no text may have misled the guess.
        first = min(max(options.line_height / guess, 640 / max(h, w)), cap)
    found = _look(image, first, net, heights, options)
    if not len(found.quads):
        return found
    tall = line_heights(found.quads) / (1 + 2 * options.margin_y)
    second = min(options.line_height / float(np.median(tall)), cap)
    if abs(np.log(second / first)) <= np.log1p(options.tolerance):
        return found
    again = _look(image, second, net, heights, options)
    return _merge(found, first, again, second, options)


def _look_at_picture(
    image: Image, larger: float, net: Any, heights: tuple[float, ...], options: DetectOptions
) -> Lines:
    """Lines of a small picture, each from the look of two whose scale suits it better, and
    headlines that are too large for both."""
    looks, trust = [], []
    for scale in (factor * larger for factor in _TWO_SCALES):
        found = _look(image, scale, net, heights, options)
        tall = line_heights(found.quads) / (1 + 2 * options.margin_y) * scale
        seen = (tall >= _SEEN[0]) & (tall <= _SEEN[1])
        # What a look saw at about the height that the net knows best outweighs a longer line.
        off = np.abs(np.log(np.maximum(tall[seen], 1.0) / (1.2 * options.line_height)))
        looks.append(Lines(found.quads[seen], found.scores[seen]))
        trust.append(np.exp(-1.5 * off))
    quads = np.concatenate([look.quads for look in looks])
    scores = np.concatenate([look.scores for look in looks])
    limit = options.connect.contained
    lines = drop_contained(Lines(quads, scores), limit, np.concatenate(trust))
    scale = _HEADLINE_SCALE * larger
    lines = _with_headlines(lines, _look(image, scale, net, heights, options), scale, options)
    order = np.lexsort((lines.quads[:, 0, 0], lines.quads[:, :, 1].mean(1)))
    return Lines(lines.quads[order], lines.scores[order])


def _with_headlines(lines: Lines, found: Lines, scale: float, options: DetectOptions) -> Lines:
    """Lines, and what is large, wide and elsewhere of those that a look from afar found."""
    tall = line_heights(found.quads)
    seen = tall / (1 + 2 * options.margin_y) * scale
    low, high = found.quads.min(1), found.quads.max(1)
    wide = high[:, 0] - low[:, 0]
    shared = np.minimum(high[:, None], lines.quads.max(1)) - np.maximum(
        low[:, None], lines.quads.min(1)
    )
    covered = np.maximum(shared, 0).prod(-1).sum(1)
    new = (seen >= _LEAST_TALL) & (seen <= _SEEN[1]) & (wide >= _LEAST_WIDE * tall)
    new &= covered < _MOST_SHARED * (high - low).prod(-1)
    return Lines(
        np.concatenate([lines.quads, found.quads[new]]),
        np.concatenate([lines.scores, found.scores[new]]),
    )


def line_heights(quads: Floats) -> Floats:
    """Heights of quads (n, 4, 2): the mean of their two upright sides."""
    sides = np.linalg.norm(quads[:, [3, 2]] - quads[:, [0, 1]], axis=-1)
    return np.asarray(sides.mean(1), np.float32)


def grow(quads: Floats, along: float, across: float) -> Floats:
    """Grows quads (n, 4, 2) at their ends and above and below, in units of their heights."""
    width = quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]
    width = width / np.maximum(np.linalg.norm(width, axis=1, keepdims=True), 1e-6)
    down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]) / 2
    length = np.linalg.norm(down, axis=1)[:, None, None]
    x = np.array([-1, 1, 1, -1], np.float32)[None, :, None] * width[:, None] * length * along
    y = np.array([-1, -1, 1, 1], np.float32)[None, :, None] * down[:, None] * across
    return np.asarray(quads + x + y, np.float32)


def _look(
    image: Image, scale: float, net: Any, heights: tuple[float, ...], options: DetectOptions
) -> Lines:
    """Lines found at one scale, in pixels of the page."""
    h, w = image.shape[:2]
    size = max(STRIP, round(w * scale)), max(STRIP, round(h * scale))
    image = _resized(image, size)
    outputs = run_tiles(image, net, len(heights), options.tile, options.tile_overlap)
    with stage("connect"):
        lines = connect(*outputs, heights, options.connect)
    quads = lines.quads * np.array([w / size[0], h / size[1]], np.float32)
    quads = grow(quads, options.margin_x, options.margin_y)
    quads = np.clip(quads, 0, np.array([w, h], np.float32))
    return Lines(quads, lines.scores)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    """The image, RGB or grey, as RGB of another size (width, height)."""
    smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    kind = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    if size != image.shape[1::-1]:
        image = np.asarray(cv2.resize(image, size, interpolation=kind), np.uint8)
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    return image


def run_tiles(
    image: Image, net: Any, anchors: int, tile: int, overlap: int
) -> tuple[Floats, Floats, Floats]:
    """Outputs for an image of any size: large ones go through the net in overlapping tiles.

    Tiles are stitched cell by cell, in the middle of their overlap, before strips are linked:
    a line that crosses a seam never knows of it.
    """
    h, w = image.shape[:2]
    if max(h, w) <= tile:
        outputs: tuple[Floats, Floats, Floats] = net(image)
        return outputs
    rows, columns = -(-h // STRIP), -(-w // STRIP)
    score = np.zeros((rows, columns, anchors), np.float32)
    vertical = np.zeros((rows, columns, anchors, 2), np.float32)
    side = np.zeros((rows, columns, anchors), np.float32)
    for y0, y1, top, bottom in _spans(rows, tile // STRIP, overlap // STRIP):
        for x0, x1, left, right in _spans(columns, tile // STRIP, overlap // STRIP):
            piece = net(image[y0 * STRIP : y1 * STRIP, x0 * STRIP : x1 * STRIP])
            inner = slice(top - y0, bottom - y0), slice(left - x0, right - x0)
            for whole, part in zip((score, vertical, side), piece, strict=True):
                whole[top:bottom, left:right] = part[inner]
    return score, vertical, side


def _spans(length: int, tile: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Tiles of an axis in cells: start, end, and the part of it that each one answers for."""
    if length <= tile:
        return [(0, length, 0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    tile = -(-(length + (count - 1) * overlap) // count)  # as small as that number allows
    starts = np.linspace(0, length - tile, count).round().astype(int)
    seams = [0, *((starts[1:] + starts[:-1] + tile) // 2), length]
    return [
        (int(s), int(s) + tile, int(a), int(b))
        for s, a, b in zip(starts, seams[:-1], seams[1:], strict=True)
    ]


def _merge(a: Lines, scale_a: float, b: Lines, scale_b: float, options: DetectOptions) -> Lines:
    """Lines of two looks at a page: the second one's, and what only the first could see well.

    A net sees lines of about 9 to 90 pixels. Headings that the second look magnified beyond
    that, and fine print that it shrank below, are taken from the first.
    """
    low, high = 0.4 * options.line_height, 4.0 * options.line_height
    tall = line_heights(a.quads)

    def fit(quads: Floats, scale: float) -> npt.NDArray[np.bool_]:
        height = line_heights(quads) * scale
        return np.asarray((height >= low) & (height <= high))

    extra = fit(a.quads, scale_a) & ~fit(a.quads, scale_b) & (tall > 0)
    if not extra.any():
        return b
    good = fit(b.quads, scale_b)
    scores = np.concatenate([np.where(good, b.scores, b.scores * 0.5), a.scores[extra]])
    merged = Lines(np.concatenate([b.quads, a.quads[extra]]), scores.astype(np.float32))
    merged = drop_contained(merged, options.connect.contained)
    order = np.lexsort((merged.quads[:, 0, 0], merged.quads[:, :, 1].mean(1)))
    return Lines(merged.quads[order], merged.scores[order])

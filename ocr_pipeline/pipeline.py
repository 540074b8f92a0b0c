# SPDX-License-Identifier: Apache-2.0
"""From a page image to its text: detect, crop, read, put in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ocr_pipeline.assembly import (
    PICTURE_SIDE,
    Quad,
    ReadingLike,
    ReadLine,
    least_legibility,
    legibility,
    make_lines,
)
from ocr_pipeline.core.arithmetic import value_of
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.geometry import box_quad, crop_quad, quad_size
from ocr_pipeline.core.pixels import one_channel
from ocr_pipeline.core.timing import stage
from ocr_pipeline.decode_files import decode_options
from ocr_pipeline.languages import check_installed
from ocr_pipeline.layout import Stages, Turn, arrange, find_upright, merged_lines, page_skew
from ocr_pipeline.line_by_line import LineByLine
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers import Frame, input_file, open_document

Image = npt.NDArray[np.uint8]

# Margins of a crop in units of the line's height. Sideways a little more than the detector's box:
# what it cuts off cannot be read. Above and below a little less: the box has a margin already, and
# letters that fill the crop are seen larger. Both read best on forms, receipts, office pages and
# banners alike.
PAD_X = 0.08
PAD_Y = -0.06


class DetectedLike(Protocol):
    """A line that a detector found."""

    @property
    def quad(self) -> Quad: ...
    @property
    def score(self) -> float: ...


class DetectorLike(Protocol):
    """The part of ``detector.Detector`` that is used here."""

    def detect(self, image: Image, options: Any = None) -> Sequence[DetectedLike]: ...


class RecognizerLike(Protocol):
    """The part of ``recognizer.Recognizer`` that is used here."""

    def read(self, crops: Sequence[Image]) -> Sequence[ReadingLike]: ...


@dataclass(frozen=True, slots=True)
class PageWork:
    """A page whose lines are found and not yet read.

    Attributes:
        width, height: pixels of the image as it came.
        quads: (4, 2) float32 per line, in pixels of the image as it came.
        scores: the detector's, one per line.
        crops: (h, w, 3) uint8 upright images, one per line that is still to be read.
        turn: what makes the page upright.
        known: readings, by the index of their line, of those that told which way up the page is.
    """

    width: int
    height: int
    quads: tuple[Quad, ...]
    scores: tuple[float, ...]
    crops: tuple[Image, ...]
    turn: Turn
    known: Mapping[int, ReadingLike] = field(default_factory=dict)


class Pipeline:
    """Reads pages with a detector and a recognizer, loaded once.

    Args:
        options: weights, devices and thresholds; the defaults when None.
        detector: a detector to use instead of loading ``options.detector``.
        recognizer: a recognizer to use instead of loading the options'.

    Raises:
        DeviceError: if a device or precision is not there.
        WeightsError: if weights are missing or damaged.

    Example:
        >>> from ocr_pipeline import Pipeline
        >>> document = Pipeline().read("page.png")  # doctest: +SKIP
        >>> print(document.text)  # doctest: +SKIP
    """

    def __init__(
        self,
        options: RunOptions | None = None,
        *,
        detector: DetectorLike | None = None,
        recognizer: RecognizerLike | None = None,
    ) -> None:
        self.options = options or RunOptions()
        _set_threads(self.options.threads)
        if (self.options.detect and detector is None) or recognizer is None:
            check_devices(self.options)
        self._detect_options: Any = None
        if self.options.detect:
            detector = detector or load_detector(self.options)
            if self.options.min_score is not None:
                self._detect_options = detect_options(self.options.min_score)
        self.detector = detector
        self.recognizer: RecognizerLike = recognizer or load_recognizer(self.options)

    def read(self, source: str | os.PathLike[str] | Image) -> Document:
        """Reads a file with all its pages, or one image in memory.

        Args:
            source: path of an image file, or an array (H, W, 3) RGB or (H, W) grey, uint8.

        Raises:
            InputError: if the file cannot be read as an image.
        """
        if isinstance(source, np.ndarray):
            return Document(source="", pages=(self.read_page(source),))
        pages = tuple(page for page, _ in self.read_pages(source))
        return Document(source=input_file(source).name, pages=pages)

    def read_many(
        self,
        sources: Iterable[str | os.PathLike[str]],
        on_error: Callable[[str | os.PathLike[str], InputError], None] | None = None,
    ) -> Iterator[Document]:
        """Reads files one after the other, each when it is asked for.

        Only one document is in memory. For folders, workers and runs that may be killed there is
        :class:`ocr_pipeline.batch.Batch`.

        Args:
            sources: paths, or addresses such as ``s3://...``.
            on_error: takes a file that cannot be read and the reason, and the next one follows.

        Raises:
            InputError: if a file cannot be read and there is no ``on_error``.
        """
        for source in sources:
            try:
                document = self.read(source)
            except InputError as error:
                if on_error is None:
                    raise
                on_error(source, error)
            else:
                yield document

    def read_pages(self, path: str | os.PathLike[str]) -> Iterator[tuple[Page, Image]]:
        """Reads the pages of a file one by one, each with its image."""
        with open_document(input_file(path), self.options.reading) as document:
            for number, frame in document.frames():
                yield self.read_frame(frame, number), frame.image

    def read_frame(self, frame: Frame, number: int = 1) -> Page:
        """Reads a page of a document; one that brings its own text is taken as it is."""
        return frame.kept or self.read_page(frame.image, number, frame.dpi)

    def read_page(self, image: Image, number: int = 1, dpi: float | None = None) -> Page:
        """Reads one page: :meth:`find`, :meth:`read_crops`, :meth:`finish`.

        Args:
            image: (H, W, 3) RGB or (H, W) grey, uint8.
            number: the page's number in its document, from 1.
            dpi: its resolution where it is known.
        """
        work = self.find(image)
        return self.finish(work, self.read_crops(work.crops), number, dpi)

    def find(self, image: Image) -> PageWork:
        """The first step of reading a page: finds its lines, whichever way up it is, and cuts
        them out.

        Args:
            image: (H, W, 3) RGB or (H, W) grey, uint8.
        """
        image = check_image(image)
        height, width = image.shape[:2]
        if self.detector is None or not self.options.detect:
            whole = box_quad(0, 0, width, height)
            crop = crop_quad(image, whole)
            return PageWork(width, height, (whole,), (1.0,), (crop,), Turn(width, height))

        def cut(quad: Quad) -> Image:
            with stage("crop"):
                crop = crop_quad(plain, quad, pad_x=PAD_X, pad_y=PAD_Y)
                return crop if crop.ndim == 3 else _colored(crop)

        with stage("crop"):
            grey = one_channel(image)
            plain = image if grey is None else grey
        stages = Stages(self._detect, cut, self.read_crops)
        with stage("turn"):
            found = find_upright(image, stages, self.options.page_layout)
        crops = tuple(cut(quad) for i, quad in enumerate(found.quads) if i not in found.known)
        return PageWork(width, height, found.quads, found.scores, crops, found.turn, found.known)

    def read_crops(self, crops: Sequence[Image]) -> list[ReadingLike]:
        """The second step: readings of crops, of one page or of many, in their order."""
        return list(self.recognizer.read(crops)) if crops else []

    @stage("layout")
    def finish(
        self,
        work: PageWork,
        readings: Sequence[ReadingLike],
        number: int = 1,
        dpi: float | None = None,
    ) -> Page:
        """The third step: puts a page together.

        Args:
            work: what :meth:`find` gave; its crops are not looked at.
            readings: one per crop of the page, in order.
            number: the page's number in its document, from 1.
            dpi: its resolution where it is known.
        """
        rest = iter(readings)
        read = [work.known[i] if i in work.known else next(rest) for i in range(len(work.quads))]
        least = least_legibility(read)
        lines = [
            ReadLine.of(quad, score, reading, self._pad_x)
            for quad, score, reading in zip(work.quads, work.scores, read, strict=True)
            if self._keeps(reading, least)
        ]
        if self._drops and max(work.width, work.height) <= PICTURE_SIDE:
            lines = [line.between_icons() for line in lines]
        upright = list(work.turn.forward([line.quad for line in lines]))
        skew = page_skew(upright, work.turn.slant)
        if self.options.layout:
            cuts = merged_lines(upright, [line.blanks() for line in lines])
            if cuts:
                parts = [x.cut(cuts[i]) if i in cuts else [x] for i, x in enumerate(lines)]
                lines = [part for line in parts for part in line]
                upright = list(work.turn.forward([line.quad for line in lines]))
        places = arrange(upright, [line.text for line in lines], self.options.layout)
        made = make_lines([lines[p.index] for p in places], places)
        if self.options.evaluate:
            made = [replace(line, value=value_of(line.text)) for line in made]
        return Page(
            number=number,
            width=work.width,
            height=work.height,
            lines=tuple(made),
            dpi=dpi,
            rotation=work.turn.rotation,
            skew=skew,
        )

    @property
    def _pad_x(self) -> float:
        return PAD_X if self.options.detect else 0.0

    @property
    def _drops(self) -> bool:
        """Whether what is hardly legible is dropped."""
        return self.options.detect and self.options.min_confidence is None

    def _keeps(self, reading: ReadingLike, least: float) -> bool:
        if not reading.text.strip():
            return False
        if self.options.min_confidence is not None:
            return reading.confidence >= self.options.min_confidence
        return not self._drops or legibility(reading) >= least

    def _detect(self, image: Image) -> tuple[list[Quad], list[float]]:
        """Quads and scores of an image's lines."""
        assert self.detector is not None
        found = [line for line in self.detector.detect(image, self._detect_options) if _real(line)]
        least = self.options.min_score or 0.0
        found = [line for line in found if line.score >= least]
        return [np.asarray(line.quad, np.float32) for line in found], [x.score for x in found]


def check_image(image: Image) -> Image:
    """Insists on an 8-bit image and gives it three channels.

    Raises:
        InputError: if the array is of another type or shape, or empty.
    """
    if image.dtype != np.uint8:
        raise InputError(f"an image must be of type uint8 (0 to 255), not {image.dtype}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.ndim == 2:
        image = _colored(image)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InputError(f"an image must be (H, W, 3) RGB or (H, W) grey, not {image.shape}")
    return image


def _colored(grey: Image) -> Image:
    """(H, W) grey as (H, W, 3) RGB."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _real(line: DetectedLike) -> bool:
    width, height = quad_size(line.quad)
    return width >= 1 and height >= 1


def _set_threads(threads: int) -> None:
    if threads:
        cv2.setNumThreads(threads)


def check_devices(options: RunOptions) -> None:
    """Looks for every backend, device and precision of a run, so that none fails half way.

    Raises:
        DeviceError: naming what is not there.
    """
    from ocr_pipeline.core.backends import SessionOptions, choices

    stages = [options.recognizer_device]
    if options.detect:
        stages.append(options.detector_device)
    for device in stages:
        choices(SessionOptions(options.backend, device or options.device, options.precision))


def load_detector(options: RunOptions) -> DetectorLike:
    """The detector that the options name."""
    from detector import Detector

    device = options.detector_device or options.device
    return Detector.from_weights(
        options.detector, device, options.precision, options.backend, options.threads
    )


def load_recognizer(options: RunOptions) -> RecognizerLike:
    """The recognizer that the options name, or the two of a page in two scripts.

    Raises:
        WeightsError: if weights are missing or damaged.
    """
    if options.recognizer is None:
        check_installed(options.lang)
    first, *others = (_load_recognizer(options, name) for name in options.recognizers)
    return LineByLine(first, *others) if others else first


def _load_recognizer(options: RunOptions, name: str) -> RecognizerLike:
    from recognizer import Recognizer

    recognizer = Recognizer.from_weights(
        name,
        options.recognizer_device or options.device,
        options.precision,
        decoding=decode_options(options),
        batch_size=options.batch_size,
        backend=options.backend,
        threads=options.threads,
    )
    if options.plate_labels == "natural":
        return recognizer
    from recognizer import PlateLabels

    return PlateLabels(recognizer, options.plate_labels)


def detect_options(min_score: float) -> Any:
    """The detector's options for a threshold of lines that may lie below its own."""
    from detector import ConnectOptions, DetectOptions

    connect = ConnectOptions()
    score = min(max(min_score, 0.01), 0.99)
    connect = replace(connect, line_score=score, min_score=min(connect.min_score, score))
    return DetectOptions(connect=connect)

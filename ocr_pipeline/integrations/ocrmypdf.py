# SPDX-License-Identifier: Apache-2.0
"""This program as the engine of OCRmyPDF: ``ocrmypdf --plugin ocr_pipeline.integrations.ocrmypdf``.

OCRmyPDF makes the page images, keeps the PDF and does all else that it can; reading is done here.
Every run of an OCRmyPDF that finds this module by its entry point imports it, so it imports little.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
from argparse import ArgumentParser
from collections.abc import Sequence, Set
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from ocrmypdf import hookimpl
from ocrmypdf.exceptions import BadArgsError
from ocrmypdf.hocrtransform import Baseline, BoundingBox, OcrClass, OcrElement
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence

from ocr_pipeline import __version__
from ocr_pipeline.core.document import Document, Line, Page, Polygon
from ocr_pipeline.core.errors import OcrError

if TYPE_CHECKING:
    from ocr_pipeline.options import RunOptions
    from ocr_pipeline.pipeline import Pipeline

ENGINE = "ocr-pipeline"
_FONT = "f-0-0"  # the name that OCRmyPDF looks for in a text layer
_TESSERACT = "ocrmypdf.builtin_plugins.tesseract_ocr"
# OCRmyPDF turns a page from 14 on, in units of Tesseract's; a page without text says nothing.
SURE, UNSURE = 20.0, 0.0

log = logging.getLogger(__name__)
# The nets are not made for several threads; they use all processors by themselves.
_reading = RLock()


def is_chosen(options: Any) -> bool:
    """Whether this engine is to read: named, or its plugin named and no other engine."""
    if options is None:
        return False
    name = getattr(options, "ocr_engine", "auto")
    plugins = getattr(options, "plugins", None) or ()
    return name == ENGINE or (name == "auto" and __name__ in map(str, plugins))


def run_options(options: Any) -> RunOptions:
    """How pages are read, by OCRmyPDF's options."""
    from ocr_pipeline.languages import lang_of
    from ocr_pipeline.options import DEFAULT_DETECTOR, RunOptions

    threads = 0
    if not getattr(options, "use_threads", True):
        # Each of OCRmyPDF's processes has nets of its own.
        count = os.cpu_count() or 1
        threads = max(1, count // (getattr(options, "jobs", None) or count))
    return RunOptions(
        detector=getattr(options, "detector", None) or DEFAULT_DETECTOR,
        lang=lang_of("zh" if name == "chi_sim" else "en" for name in _languages(options)),
        recognizer=getattr(options, "recognizer", None) or None,
        device=getattr(options, "device", None) or "auto",
        threads=threads,
    )


def _languages(options: Any) -> Sequence[str]:
    """What -l names, without the + that may stand between."""
    return [part for name in getattr(options, "languages", None) or () for part in name.split("+")]


@lru_cache(maxsize=1)
def _load(options: RunOptions) -> Pipeline:
    from ocr_pipeline.pipeline import Pipeline

    return Pipeline(options)


def pipeline(options: Any) -> Pipeline:
    """The pipeline, loaded once in a process."""
    with _reading:
        return _load(run_options(options))


def read(path: Path, options: Any, number: int = 1) -> Page:
    """Reads a page image of OCRmyPDF."""
    from ocr_pipeline.core.images import iter_frames

    frame = next(iter_frames(path))
    with _reading:
        return pipeline(options).read_page(frame.image, number, frame.dpi)


class Engine(OcrEngine):
    """See :class:`ocrmypdf.pluginspec.OcrEngine`."""

    @staticmethod
    def version() -> str:
        """Of this program."""
        return __version__

    @staticmethod
    def creator_tag(options: Any) -> str:
        """What the PDF says of who read it."""
        return f"{ENGINE} {__version__}"

    def __str__(self) -> str:
        return f"{ENGINE} {__version__}"

    @staticmethod
    def languages(options: Any) -> Set[str]:
        """Languages that the recognizer's alphabet can write; not what it knows words of."""
        from ocr_pipeline.core.weights import find_weights, read_header
        from ocr_pipeline.integrations.languages import languages_of
        from ocr_pipeline.languages import installed

        given = getattr(options, "recognizer", None)
        known: set[str] = set()
        for name in (given,) if given else installed():
            try:
                header = read_header(find_weights(name, "recognizer"))
            except OcrError as error:
                raise BadArgsError(str(error)) from error
            known |= languages_of(header.get("alphabet", ()))
        return known

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        """Which way the image faces: by how much it was turned clockwise."""
        from ocr_pipeline.core.images import load_image

        with _reading:
            found = pipeline(options).find(load_image(input_file))
        angle = -found.turn.rotation % 360  # this program knows how to turn it back
        return OrientationConfidence(angle, SURE if found.quads else UNSURE)

    @staticmethod
    def get_deskew(input_file: Path, options: Any) -> float:
        """By how many degrees the image is to be turned counter-clockwise to be level."""
        from ocr_pipeline.core.images import load_image
        from ocr_pipeline.layout import page_skew

        with _reading:
            found = pipeline(options).find(load_image(input_file))
        upright = [found.turn.forward(quad) for quad in found.quads]
        return page_skew(upright, found.turn.slant) if upright else 0.0

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Reads a page and writes it as hOCR and as text."""
        from ocr_pipeline.writers import to_hocr

        page = read(input_file, options)
        output_hocr.write_bytes(to_hocr(Document(str(input_file), (page,))))
        output_text.write_text(_text(page), encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """Reads a page and writes its text layer."""
        from ocr_pipeline.writers.pdf import write_text_layer

        page = read(input_file, options)
        with output_pdf.open("wb") as out:
            write_text_layer(page, out, _FONT)
        output_text.write_text(_text(page), encoding="utf-8")

    @staticmethod
    def supports_generate_ocr() -> bool:
        """There is no need of files between the engine and OCRmyPDF."""
        return True

    @staticmethod
    def generate_ocr(
        input_file: Path, options: Any, page_number: int = 0
    ) -> tuple[OcrElement, str]:
        """Reads a page: as OCRmyPDF's tree and as text."""
        page = read(input_file, options, page_number + 1)
        return element_tree(page, page_number), _text(page)


def _text(page: Page) -> str:
    text = page.text.encode("utf-8", "replace").decode("utf-8")
    return text + "\n" if text else ""


def element_tree(page: Page, index: int = 0) -> OcrElement:
    """A page as OCRmyPDF's tree.

    Args:
        page: what was read.
        index: of the page in its document, from 0.
    """
    return OcrElement(
        ocr_class=OcrClass.PAGE,
        bbox=BoundingBox(0, 0, page.width, page.height),
        dpi=page.dpi or 72.0,
        page_number=index,
        children=[_line_element(line) for line in page.lines if len(line.polygon) == 4],
    )


def _line_element(line: Line) -> OcrElement:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.polygon
    turn = math.degrees(math.atan2(y1 - y0 + y2 - y3, x1 - x0 + x2 - x3))
    quarter = round(turn / 90) % 4
    box, baseline = _box(line.polygon), None
    if not quarter:
        # OCRmyPDF takes the box for as high as the line's letters, and its lower left corner for
        # where the line begins: an upright box around a slanted line is neither.
        height = math.hypot(x3 - x0 + x2 - x1, y3 - y0 + y2 - y1) / 2
        box = BoundingBox(box.left, y3 - height, box.right, y3)
        baseline = Baseline(math.tan(math.radians(turn)), -0.2 * height)
    words = [
        OcrElement(
            ocr_class=OcrClass.WORD,
            bbox=_box(word.polygon),
            text=word.text,
            confidence=word.confidence,
        )
        for word in line.words
        if word.polygon
    ]
    return OcrElement(
        ocr_class=OcrClass.LINE,
        bbox=box,
        poly=list(line.polygon),
        confidence=line.confidence,
        baseline=baseline,
        # Counter-clockwise, as hOCR counts.
        textangle=float(-90 * quarter % 360) or None,
        children=words,
    )


def _box(polygon: Polygon) -> BoundingBox:
    from ocr_pipeline.core.geometry import bounding_box

    return BoundingBox(*bounding_box(polygon))


@hookimpl
def initialize(plugin_manager: Any) -> None:
    """Lets OCRmyPDF run where Tesseract, which it then does not need, is not installed."""
    builtin = plugin_manager.get_plugin(_TESSERACT)
    if builtin is not None and shutil.which("tesseract") is None:
        plugin_manager.unregister(builtin)
        plugin_manager.register(_OptionsOf(builtin))


class _OptionsOf:
    """The options of a plugin, which the rest of OCRmyPDF looks at, without its checks."""

    def __init__(self, plugin: Any) -> None:
        self.add_options = plugin.add_options
        self.register_options = plugin.register_options


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """Adds the engine's name and options to OCRmyPDF's."""
    for action in parser._actions:
        if "--ocr-engine" in action.option_strings and action.choices is not None:
            action.choices = [*dict.fromkeys([*action.choices, ENGINE])]
    if "--recognizer" in parser._option_string_actions:
        return  # the plugin is there twice, by its entry point and by name
    group = parser.add_argument_group(ENGINE, "Reading with the detector and recognizer of ocr")
    group.add_argument("--detector", help="Detector: bundled name or weights file.")
    group.add_argument("--recognizer", help="Recognizer: bundled name or weights file.")
    group.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps.")


@hookimpl
def check_options(options: Any) -> None:
    """Sees to it early that weights and device are there."""
    if not is_chosen(options):
        return
    from ocr_pipeline.core.weights import find_weights
    from ocr_pipeline.languages import check_installed
    from ocr_pipeline.pipeline import check_devices

    try:
        wanted = run_options(options)
        find_weights(wanted.detector, "detector")
        if wanted.recognizer is None:
            check_installed(wanted.lang)
        else:
            find_weights(wanted.recognizer, "recognizer")
        check_devices(wanted)
    except OcrError as error:
        raise BadArgsError(str(error)) from error
    if options.pdf_renderer == "auto":
        # The text layer that this program makes for its own PDFs, which keeps to slanted lines.
        options.pdf_renderer = "sandwich"


@hookimpl
def get_ocr_engine(options: Any) -> OcrEngine | None:
    """The engine, if it is the one that is wanted."""
    return Engine() if is_chosen(options) else None

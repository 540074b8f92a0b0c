# SPDX-License-Identifier: Apache-2.0
"""Line detection against labelled quads: DetEval and IoU 0.5."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.deteval import DetectionCounts, deteval, iou_match
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.geometry import bounding_box, box_quad
from ocr_pipeline.core.groundtruth import LabeledPage
from ocr_pipeline.core.images import load_image
from ocr_pipeline.evaluation.report import Evaluation, Figure, progress, speed
from ocr_pipeline.evaluation.sheets import Box, draw_boxes, write_page

Image = npt.NDArray[np.uint8]
Quads = Sequence[npt.NDArray[np.float32]]


class DetectedLike(Protocol):
    """A line that was found."""

    @property
    def quad(self) -> npt.NDArray[np.float32]: ...
    @property
    def score(self) -> float: ...


class DetectorLike(Protocol):
    """The part of ``detector.Detector`` that is measured."""

    def detect(self, image: Image) -> Sequence[DetectedLike]: ...


def pages_with_boxes(pages: Iterable[LabeledPage], name: str | Path) -> list[LabeledPage]:
    """The pages that have lines.

    Raises:
        DataError: if there is none.
    """
    kept = [page for page in pages if page.lines]
    if not kept:
        raise DataError(f"{name}: none of its pages has labelled lines to compare with")
    return kept


def evaluate_detector(
    pages: Sequence[LabeledPage],
    detector: DetectorLike,
    worst: int = 0,
    out: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> Evaluation:
    """Finds the lines of every page and compares them with the labelled ones.

    Precision and recall are of the whole set: credits summed over all pages. Don't-care regions
    count neither way. DetEval is a measure of upright boxes: on a page whose labels are upright, it
    takes the upright box around each line that was found. A second is one of detection alone,
    without reading the image file.

    Args:
        pages: labelled pages.
        detector: what finds lines.
        worst: number of pages of the lowest DetEval hmean to draw.
        out: folder for those.
        settings: noted in the result.
    """
    items: list[dict[str, Any]] = []
    found_on: list[Quads] = []
    totals = {"DetEval": DetectionCounts(), "IoU 0.5": DetectionCounts()}
    for number, page in enumerate(progress(pages, "page")):
        image = load_image(page.image)
        if number == 0:
            detector.detect(image)  # the first call pays for lazy set-up
        started = time.perf_counter()
        found = detector.detect(image)
        seconds = time.perf_counter() - started
        quads = [line.quad for line in found]
        truths = [line.quad for line in page.lines]
        ignore = [line.ignore for line in page.lines]
        boxes = [_upright(quad) for quad in quads] if _are_upright(truths) else quads
        counts = {
            "DetEval": deteval(truths, boxes, ignore),
            "IoU 0.5": iou_match(truths, quads, ignore),
        }
        totals = {name: totals[name] + counts[name] for name in totals}
        found_on.append(quads)
        figures = {f"{k} {n}": v for n, c in counts.items() for k, v in _figures(c).items()}
        item = {"image": page.image.name, **figures, "lines": counts["DetEval"].truths}
        items.append({**item, "found": len(quads), "seconds": seconds})
    summary: dict[str, Figure] = {"pages": len(pages), "lines": totals["DetEval"].truths}
    for name, total in totals.items():
        summary.update({f"{name} {key}": value for key, value in _figures(total).items()})
    summary.update(speed([item["seconds"] for item in items]))
    if worst and out is not None:
        order = sorted(range(len(items)), key=lambda i: items[i]["hmean DetEval"])[:worst]
        for rank, i in enumerate(order, 1):
            _draw(pages[i], found_on[i], rank, out)
    return Evaluation("detector", settings or {}, summary, items)


def _upright(quad: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.asarray(box_quad(*bounding_box(quad)), np.float32)


def _are_upright(quads: Quads) -> bool:
    """Whether all quads are upright boxes, to the pixel."""
    return all(np.abs(np.asarray(quad) - _upright(quad)).max() <= 1.0 for quad in quads)


def _figures(counts: DetectionCounts) -> dict[str, float]:
    return {"precision": counts.precision, "recall": counts.recall, "hmean": counts.hmean}


def _draw(page: LabeledPage, found: Quads, rank: int, out: Path) -> None:
    """The page with its labelled lines in blue (don't-care ones in grey) and those found in red."""
    truths = [Box(x.quad, (150, 150, 150) if x.ignore else (0, 90, 255)) for x in page.lines]
    boxes = [*truths, *(Box(quad, (230, 0, 0)) for quad in found)]
    write_page(out, rank, page.image, draw_boxes(load_image(page.image), boxes))

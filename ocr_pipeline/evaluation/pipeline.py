# SPDX-License-Identifier: Apache-2.0
"""Pages read end to end against their texts: word F1, CER in reading order, words in place."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core import metrics
from ocr_pipeline.core.document import Document, Page
from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.core.geometry import bounding_box, polygon_iou
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage
from ocr_pipeline.core.images import load_image, write_atomic
from ocr_pipeline.core.metrics import Errors, Matches
from ocr_pipeline.evaluation.report import Evaluation, Figure, peak_memory_mb, progress, speed
from ocr_pipeline.evaluation.sheets import Box, draw_boxes, write_page

Located = tuple[npt.NDArray[np.float32], str]
"""A quad (4, 2) in pixels and what is written in it."""


class PipelineLike(Protocol):
    """The part of ``ocr_pipeline.Pipeline`` that is measured."""

    def read(self, source: str | Path) -> Document: ...


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How a page's text is compared in reading order.

    Attributes:
        wildcard: character of the reference that stands for any one character; empty for none.
        normalise: quotes, dashes, ellipsis and ligatures in ASCII on both sides; None does so
            where the reference is ASCII.
    """

    wildcard: str = "~"
    normalise: bool | None = None

    def prepare(self, reference: str, reading: str) -> metrics.Pair:
        """Both sides with white space collapsed and, where it applies, typography folded."""
        fold = reference.isascii() if self.normalise is None else self.normalise
        if fold:
            reference, reading = map(metrics.fold_typography, (reference, reading))
        return metrics.collapse_spaces(reference), metrics.collapse_spaces(reading)


@dataclass(slots=True)
class _Totals:
    words: Matches = field(default_factory=Matches)
    order: Errors = field(default_factory=Errors)
    placed: Matches = field(default_factory=Matches)
    exactly: Matches = field(default_factory=Matches)
    ordered_pages: int = 0
    placed_pages: int = 0
    seconds: list[float] = field(default_factory=list)
    failed: int = 0


def evaluate_pipeline(
    pages: Sequence[LabeledPage],
    pipeline: PipelineLike,
    options: PageOptions | None = None,
    worst: int = 0,
    out: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> Evaluation:
    """Reads every page and compares its text, and its words' places, with the labels.

    A second is one of everything: opening the file, finding lines, reading them. A page that
    cannot be read counts as read empty.

    Args:
        pages: labelled pages.
        pipeline: what reads.
        options: see :class:`PageOptions`.
        worst: number of pages to draw, those with the most words missed or made up.
        out: folder for those.
        settings: noted in the result.
    """
    options = options or PageOptions()
    unit = place_unit(pages)
    totals = _Totals()
    items: list[dict[str, Any]] = []
    for number, page in enumerate(progress(pages, "page")):
        if number == 0:
            _read(pipeline, page.image)  # the first call pays for lazy set-up
        items.append(_page_item(page, pipeline, options, unit, totals))
    if worst and out is not None:
        order = sorted(range(len(items)), key=lambda i: _missed(items[i]), reverse=True)
        for rank, i in enumerate(order[:worst], 1):
            _draw(pages[i], items[i]["reading"], pipeline, rank, out)
    return Evaluation("pipeline", settings or {}, _summary(totals, pages, unit), items)


def _read(pipeline: PipelineLike, image: Path) -> tuple[Page, str]:
    """A file's first page, and the error that kept it from being read."""
    try:
        pages = pipeline.read(image).pages
    except OcrError as error:
        return Page(1, 1, 1), str(error)
    return (pages[0] if pages else Page(1, 1, 1)), ""


def _page_item(
    page: LabeledPage, pipeline: PipelineLike, options: PageOptions, unit: str, totals: _Totals
) -> dict[str, Any]:
    started = time.perf_counter()
    found, error = _read(pipeline, page.image)
    seconds = time.perf_counter() - started
    totals.seconds.append(seconds)
    words = metrics.match_words(page_text(page), found.text)
    totals.words += words
    item: dict[str, Any] = {
        "image": page.image.name,
        "word precision": words.precision,
        "word recall": words.recall,
        "word F1": words.f1,
        "words": words.expected,
        "words found": words.found,
        "words matched": words.matched,
    }
    if page.text is not None:
        errors = metrics.character_errors(
            *options.prepare(page.text, found.text), options.wildcard or None
        )
        totals.order += errors
        totals.ordered_pages += 1
        item |= {"CER": errors.rate, "edits": errors.edits, "characters": errors.length}
    if unit:
        placed, exactly = match_places(*_located(page, found, unit))
        totals.placed += placed
        totals.exactly += exactly
        totals.placed_pages += 1
        item |= {"in place F1": placed.f1, "in place matched": placed.matched}
    if error:
        totals.failed += 1
        item["error"] = error
    return {**item, "seconds": seconds, "reading": found.text}


def _summary(totals: _Totals, pages: Sequence[LabeledPage], unit: str) -> dict[str, Figure]:
    words = totals.words
    summary: dict[str, Figure] = {
        "pages": len(pages),
        "words": words.expected,
        "word precision": words.precision,
        "word recall": words.recall,
        "word F1": words.f1,
    }
    if totals.ordered_pages:
        summary["CER in reading order"] = totals.order.rate
    if totals.placed_pages:
        name = f"{unit}s in place"
        summary[f"{name}, precision"] = totals.placed.precision
        summary[f"{name}, recall"] = totals.placed.recall
        summary[f"{name}, F1"] = totals.placed.f1
        summary[f"{name}, F1, exact text"] = totals.exactly.f1
    if totals.failed:
        summary["pages that cannot be read"] = totals.failed
    summary.update(speed(totals.seconds))
    peak = peak_memory_mb()
    if peak is not None:
        summary["peak memory, MB"] = round(peak)
    return summary


def page_text(page: LabeledPage) -> str:
    """A page's text: as the set gives it, else its lines' without the don't-care ones."""
    if page.text is not None:
        return page.text
    return "\n".join(line.text for line in page.lines if not line.ignore)


# --------------------------------------------------------------------------- words in place


def place_unit(pages: Sequence[LabeledPage]) -> str:
    """What the labels place on the page: ``word``, ``line``, or nothing (empty).

    Sets say words either inside their lines, or by labelling nothing longer than a word.
    """
    lines = [line for page in pages for line in page.lines if line.text.strip()]
    if not lines:
        return ""
    if any(line.words for line in lines):
        return "word"
    spaced = sum(" " in line.text.strip() for line in lines)
    return "word" if spaced < 0.02 * len(lines) else "line"


def _located(page: LabeledPage, found: Page, unit: str) -> tuple[list[Located], list[Located]]:
    """Labelled and found words or lines; what lies in don't-care regions is left out."""
    truths: list[Located] = []
    for line in page.lines:
        if line.ignore:
            continue
        if unit == "word" and line.words:
            truths.extend((word.quad, word.text) for word in line.words)
        else:
            truths.append((line.quad, line.text))
    read: list[Located] = []
    for one in found.lines:
        parts = one.words if unit == "word" else (one,)
        read.extend((np.array(part.polygon, np.float32), part.text) for part in parts)
    careless = [line for line in page.lines if line.ignore]
    return truths, [item for item in read if not _inside_any(item[0], careless)]


def _inside_any(quad: npt.NDArray[np.float32], regions: Sequence[LabeledLine]) -> bool:
    centre = quad.mean(0)
    for region in regions:
        x0, y0, x1, y1 = bounding_box(region.quad)
        if x0 <= centre[0] <= x1 and y0 <= centre[1] <= y1:
            return True
    return False


def match_places(
    truths: Sequence[Located], found: Sequence[Located], threshold: float = 0.5
) -> tuple[Matches, Matches]:
    """Matches things that overlap and say the same, one to one, the best overlap first.

    Args:
        truths: labelled quads with their texts.
        found: found quads with theirs.
        threshold: smallest intersection over union.

    Returns:
        Matches of equal letters and digits without case, where what has neither is left out on
        both sides, and matches of exactly equal texts.
    """
    plain = [
        [(quad, metrics.letters_and_digits(text)) for quad, text in side]
        for side in (truths, found)
    ]
    loose = [[item for item in side if item[1]] for side in plain]
    return _match(loose[0], loose[1], threshold), _match(truths, found, threshold)


def _match(truths: Sequence[Located], found: Sequence[Located], threshold: float) -> Matches:
    by_text: dict[str, list[int]] = defaultdict(list)
    for index, (_, text) in enumerate(found):
        by_text[text].append(index)
    pairs = []
    for i, (quad, text) in enumerate(truths):
        for j in by_text.get(text, ()):
            if _boxes_touch(quad, found[j][0]):
                overlap = polygon_iou(quad, found[j][0])
                if overlap >= threshold:
                    pairs.append((overlap, i, j))
    used: Counter[tuple[str, int]] = Counter()
    matched = 0
    for _, i, j in sorted(pairs, reverse=True):
        if not used["truth", i] and not used["found", j]:
            used["truth", i] = used["found", j] = 1
            matched += 1
    return Matches(matched, len(truths), len(found))


def _boxes_touch(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> bool:
    ax0, ay0, ax1, ay1 = bounding_box(a)
    bx0, by0, bx1, by1 = bounding_box(b)
    return ax0 < bx1 and bx0 < ax1 and ay0 < by1 and by0 < ay1


# --------------------------------------------------------------------------- worst pages


def _missed(item: dict[str, Any]) -> tuple[float, float]:
    return 1.0 - float(item["word F1"]), float(item.get("CER", 0.0))


def _draw(page: LabeledPage, reading: str, pipeline: PipelineLike, rank: int, out: Path) -> None:
    """The page with its lines, red where they hold a word that the labels lack, labels in blue.

    Beside it a text file: words missed, words made up, and the reading.
    """
    found, _ = _read(pipeline, page.image)
    expected, read = metrics.word_bag(page_text(page)), metrics.word_bag(reading)
    extra, missed = read - expected, expected - read
    boxes = [Box(x.quad, (150, 150, 150) if x.ignore else (0, 90, 255)) for x in page.lines]
    for line in found.lines:
        wrong = any(word in extra for word in metrics.word_bag(line.text))
        boxes.append(Box(line.polygon, (230, 0, 0) if wrong else (0, 150, 60), line.text))
    try:
        picture = draw_boxes(load_image(page.image), boxes)
    except OcrError:
        return
    path = write_page(out, rank, page.image, picture)
    parts = [f"missed: {_listed(missed)}", f"made up: {_listed(extra)}", "", reading, ""]
    write_atomic(path.with_suffix(".txt"), "\n".join(parts).encode())


def _listed(bag: Counter[str]) -> str:
    return " ".join(word if n == 1 else f"{word}*{n}" for word, n in bag.most_common())

# SPDX-License-Identifier: Apache-2.0
"""What ``peers.py`` counts on each image, summed over a set."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ocr_pipeline.core import metrics
from ocr_pipeline.core.deteval import DetectionCounts, deteval
from ocr_pipeline.core.geometry import bounding_box
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage
from ocr_pipeline.core.metrics import Errors, Matches, Pair
from ocr_pipeline.evaluation.pipeline import PageOptions, page_text

Line = dict[str, Any]


@dataclass
class Scores:
    """Counts of one engine on one set.

    Attributes:
        words: order-free matches of letters and digits without case.
        exact: order-free matches of words as they are written.
        order: character edits of whole texts.
        detection: DetEval of the lines.
        blanks: of the labelled lines whose letters were read right, those whose blanks are wrong,
            and all of them.
        pairs: label and reading of each crop.
        seconds: of each image.
        failed: images that it could not read.
    """

    words: Matches = field(default_factory=Matches)
    exact: Matches = field(default_factory=Matches)
    order: Errors = field(default_factory=Errors)
    detection: DetectionCounts = field(default_factory=DetectionCounts)
    blanks: Errors = field(default_factory=Errors)
    pairs: list[Pair] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def add_page(self, page: LabeledPage, lines: Sequence[Line], unit: str) -> None:
        """Counts a page that was read."""
        text, label = text_of(lines), page_text(page)
        self.words += metrics.match_words(label, text)
        self.exact += match_exactly(label, text)
        if page.text is not None:
            self.order += metrics.character_errors(*PageOptions().prepare(page.text, text), "~")
        if unit == "line" or any(line.words for line in page.lines):
            quads = [np.array(line["quad"], np.float32) for line in lines if line["quad"]]
            truths = [line.quad for line in page.lines]
            self.detection += deteval(truths, quads, [line.ignore for line in page.lines])
            self.blanks += wrong_blanks(page.lines, lines)

    def add_crop(self, label: str, lines: Sequence[Line]) -> None:
        """Counts a line or word that was read."""
        reading = " ".join(line["text"] for line in lines)
        pair = tuple(metrics.collapse_spaces(metrics.fold_typography(x)) for x in (label, reading))
        self.pairs.append((pair[0], pair[1]))

    def figures(self, caseless: bool) -> dict[str, float]:
        """All figures that the set allows.

        Args:
            caseless: the labels do not tell the case.
        """
        found: dict[str, float] = {}
        if self.words.expected:
            found["word F1"] = self.words.f1
            if not caseless:
                found["word F1, exact"] = self.exact.f1
        if self.order.length:
            found["CER in reading order"] = self.order.rate
        if self.detection.truths:
            found["DetEval hmean"] = self.detection.hmean
        if self.blanks.length:
            found["lines with wrong blanks"] = self.blanks.rate
        if self.pairs:
            found["CER"] = metrics.cer(self.pairs)
            found["exact, letters and digits"] = metrics.exact_letters_and_digits(self.pairs)
        if self.failed:
            found["images that failed"] = self.failed
        return {**found, **times(self.seconds)}


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Median and mean."""
    if not seconds:
        return {}
    return {
        "seconds, median": statistics.median(seconds),
        "seconds, mean": statistics.mean(seconds),
    }


def text_of(lines: Iterable[Line]) -> str:
    """Lines in the engine's own order; those of one row, where it tells rows, beside each other."""
    parts: list[str] = []
    last = None
    for line in lines:
        row = line.get("row")
        parts.append(" " if row is not None and row == last else "\n")
        parts.append(line["text"])
        last = row
    return "".join(parts[1:])


def match_exactly(label: str, reading: str) -> Matches:
    """Order-free matches of blank-separated words as they are written, quotes and dashes folded."""
    bags = [Counter(metrics.fold_typography(text).split()) for text in (label, reading)]
    return Matches((bags[0] & bags[1]).total(), bags[0].total(), bags[1].total())


def wrong_blanks(truths: Sequence[LabeledLine], lines: Sequence[Line]) -> Errors:
    """Of the labelled lines whose letters and digits were read right, how many have blanks missing
    or too many.

    What lies on a labelled line is what was found with its middle in it; two fragments have a
    blank between them.
    """
    placed = []
    for line in lines:
        if line["quad"]:
            x0, y0, x1, y1 = bounding_box(np.array(line["quad"], np.float32))
            placed.append(((x0 + x1) / 2, (y0 + y1) / 2, line["text"]))
    wrong = total = 0
    for truth in truths:
        if truth.ignore:
            continue
        x0, y0, x1, y1 = bounding_box(truth.quad)
        inside = sorted(item for item in placed if x0 <= item[0] <= x1 and y0 <= item[1] <= y1)
        texts = truth.text, " ".join(text for _, _, text in inside)
        if not texts[0].strip() or len(set(map(metrics.letters_and_digits, texts))) > 1:
            continue
        total += 1
        counts = [len([w for w in x.split() if metrics.letters_and_digits(w)]) for x in texts]
        wrong += counts[0] != counts[1]
    return Errors(wrong, total)

# SPDX-License-Identifier: Apache-2.0
"""Readings of cropped lines against their labels."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core import metrics
from ocr_pipeline.core.errors import DataError, InputError
from ocr_pipeline.evaluation.report import Evaluation, Figure, progress
from ocr_pipeline.evaluation.sheets import WorstLine, write_lines

Image = npt.NDArray[np.uint8]

_CHUNK = 256  # crops held in memory at once


class CropLike(Protocol):
    """A labelled crop, for instance ``recognizer.labels.LabeledImage``."""

    @property
    def text(self) -> str: ...
    @property
    def name(self) -> str: ...
    def load(self, pad_x: float = 0.0, pad_y: float = 0.0) -> Image: ...


class ReadingLike(Protocol):
    """What was read of one crop."""

    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class RecognizerLike(Protocol):
    """The part of ``recognizer.Recognizer`` that is measured."""

    def read(self, crops: Sequence[Image]) -> Sequence[ReadingLike]: ...


Opened = tuple[CropLike, Image]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is done to label and reading alike before they are compared.

    In any case both are brought to canonical composition (NFC) and runs of white space become
    one space.

    Attributes:
        normalise: quotes, dashes, ellipsis and ligatures in ASCII; see ``fold_typography``.
        ignore_case: no difference between upper and lower case.
        pad_x: margin added left and right to crops out of pages, in units of their height.
        pad_y: margin added above and below, likewise.
        value_of: what a text comes to, or None where it comes to nothing; the readings that come
            to what their labels do are counted then.
    """

    normalise: bool = False
    ignore_case: bool = False
    pad_x: float = 0.0
    pad_y: float = 0.0
    value_of: Callable[[str], int | None] | None = None

    def prepare(self, text: str) -> str:
        """One side of a comparison."""
        text = unicodedata.normalize("NFC", text)
        if self.normalise:
            text = metrics.fold_typography(text)
        text = metrics.collapse_spaces(text)
        return text.casefold() if self.ignore_case else text


@dataclass(frozen=True, slots=True)
class _Line:
    sample: CropLike
    reference: str
    reading: str
    confidence: float

    @property
    def pair(self) -> metrics.Pair:
        return self.reference, self.reading


def evaluate_recognizer(
    samples: Sequence[CropLike],
    recognizer: RecognizerLike,
    comparison: Comparison | None = None,
    worst: int = 0,
    out: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> Evaluation:
    """Reads every crop and compares it with its label.

    Args:
        samples: labelled crops; those that cannot be opened are counted, not measured.
        recognizer: what reads.
        comparison: what counts as a difference.
        worst: number of lines for the sheet of worst cases.
        out: folder for ``worst_lines.png``.
        settings: noted in the result.

    Raises:
        DataError: if no crop can be opened.
    """
    comparison = comparison or Comparison()
    unreadable: list[CropLike] = []
    opened = _opened(samples, comparison, unreadable)
    result = evaluate_opened(opened, recognizer, comparison, worst, out, settings)
    if unreadable:
        result.summary["crops that cannot be opened"] = len(unreadable)
    return result


def evaluate_opened(
    batches: Iterable[Sequence[Opened]],
    recognizer: RecognizerLike,
    comparison: Comparison,
    worst: int = 0,
    out: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> Evaluation:
    """As :func:`evaluate_recognizer`, of crops that come with their images, a batch at a time.

    Args:
        batches: crops with their images; only one batch is held in memory.
        recognizer: what reads.
        comparison: what counts as a difference.
        worst: number of lines for the sheet of worst cases, whose crops are loaded again.
        out: folder for ``worst_lines.png``.
        settings: noted in the result.

    Raises:
        DataError: if there is no crop.
    """
    lines, seconds = _read_all(batches, recognizer, comparison)
    if not lines:
        raise DataError("none of the labelled crops can be opened")
    summary = _summary(lines)
    if comparison.value_of is not None:
        summary["value right"] = _values_right(lines, comparison.value_of)
    summary["lines a second"] = len(lines) / max(seconds, 1e-9)
    items = [_item(line) for line in lines]
    if worst and out is not None:
        _write_worst(lines, worst, out, comparison)
    counted = metrics.confusions(line.pair for line in lines).most_common(24)
    listed = [(expected, read, count) for (expected, read), count in counted]
    return Evaluation("recognizer", settings or {}, summary, items, listed, _weakest(lines))


def _opened(
    samples: Sequence[CropLike], comparison: Comparison, unreadable: list[CropLike]
) -> Iterator[list[Opened]]:
    """Crops with their images; those that cannot be opened go to ``unreadable``."""
    for start in progress(range(0, len(samples), _CHUNK), f"{_CHUNK} lines"):
        opened: list[Opened] = []
        for sample in samples[start : start + _CHUNK]:
            try:
                opened.append((sample, sample.load(comparison.pad_x, comparison.pad_y)))
            except InputError:
                unreadable.append(sample)
        yield opened


def _read_all(
    batches: Iterable[Sequence[Opened]], recognizer: RecognizerLike, comparison: Comparison
) -> tuple[list[_Line], float]:
    """Lines read, and seconds spent reading."""
    lines: list[_Line] = []
    seconds = 0.0
    for opened in batches:
        if not opened:
            continue
        if not lines:
            recognizer.read([opened[0][1]])  # the first call pays for lazy set-up
        started = time.perf_counter()
        readings = recognizer.read([image for _, image in opened])
        seconds += time.perf_counter() - started
        for (sample, _), reading in zip(opened, readings, strict=True):
            texts = comparison.prepare(sample.text), comparison.prepare(reading.text)
            lines.append(_Line(sample, *texts, float(reading.confidence)))
    return lines, seconds


def _values_right(lines: Sequence[_Line], value_of: Callable[[str], int | None]) -> float:
    """Share of lines whose reading has the label's value."""
    values = [(value_of(line.reference), value_of(line.reading)) for line in lines]
    return sum(a is not None and a == b for a, b in values) / len(values)


def _summary(lines: Sequence[_Line]) -> dict[str, Figure]:
    pairs = [line.pair for line in lines]
    right = [a == b for a, b in pairs]
    return {
        "lines": len(pairs),
        "characters": sum(len(a) for a, _ in pairs),
        "CER": metrics.cer(pairs),
        "CER without case": metrics.cer((a.casefold(), b.casefold()) for a, b in pairs),
        "WER": metrics.wer(pairs),
        "exact": metrics.exact(pairs),
        "exact, letters and digits": metrics.exact_letters_and_digits(pairs),
        "mean Jaro": metrics.mean_jaro(pairs),
        "calibration error": metrics.expected_calibration_error(
            [line.confidence for line in lines], right
        ),
    }


def _weakest(lines: Sequence[_Line], count: int = 20) -> list[tuple[str, int, int]]:
    """The characters most often wrong, for how often they occur."""
    missed = metrics.characters_missed(line.pair for line in lines)
    # Two imagined hits keep a character that occurs once from heading the list.
    order = sorted(missed.items(), key=lambda item: -item[1][0] / (item[1][1] + 2))
    return [(char, wrong, total) for char, (wrong, total) in order[:count] if wrong]


def _item(line: _Line) -> dict[str, Any]:
    errors = metrics.character_errors(*line.pair)
    return {
        "name": line.sample.name,
        "reference": line.reference,
        "reading": line.reading,
        "confidence": line.confidence,
        "edits": errors.edits,
        "cer": errors.rate,
    }


def _write_worst(lines: Sequence[_Line], worst: int, out: Path, comparison: Comparison) -> None:
    """A sheet of the lines with the most wrong characters, for their length."""

    def badness(line: _Line) -> tuple[float, int]:
        errors = metrics.character_errors(*line.pair)
        # A short word read wrong is as telling as a long line with many errors.
        return errors.edits / (errors.length + 4) if errors.edits else -1.0, errors.edits

    chosen = sorted(lines, key=badness, reverse=True)[:worst]
    shown = [
        WorstLine(
            line.sample.load(comparison.pad_x, comparison.pad_y),
            line.reference,
            line.reading,
            f"{line.confidence:.2f}  {Path(line.sample.name).name}",
        )
        for line in chosen
        if line.reference != line.reading
    ]
    write_lines(out / "worst_lines.png", shown)

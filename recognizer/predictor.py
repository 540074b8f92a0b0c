# SPDX-License-Identifier: Apache-2.0
"""The recognizer's face: crops in, texts with confidences and positions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.backends import Session, SessionOptions, open_session
from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.timing import stage
from ocr_pipeline.core.weights import find_weights
from recognizer.alphabet import Alphabet
from recognizer.beam import align_all
from recognizer.confidence import Calibration, states_of, sum_over_paths
from recognizer.ctc import Decoded, widen_spans
from recognizer.decode_options import DecodeOptions
from recognizer.grammar import rule_for
from recognizer.language import LanguageModel, in_a_language, language_for
from recognizer.language_beam import language_beam
from recognizer.layers import Columns
from recognizer.net import NET, softmax
from recognizer.preprocessing import (
    COLORS,
    PREPROCESSING,
    prepare,
    round_up,
    snug,
    stack,
    to_grey,
    to_rgb,
)
from recognizer.second_look import MOVES, best_agreed, moved
from recognizer.spacing import is_ideograph, with_missed_blanks, without_false_blanks

DEFAULT = "crnn-latin"
_NARROW_BEAM = 4  # of nets without recurrence
# A line that is right with less than this probability is read again with the language model; its
# weight and its reward for each character: docs/language.md.
# Where there is no language, a line that is doubtful is looked at again.
_DOUBTFUL, _LANGUAGE_WEIGHT, _LANGUAGE_REWARD = 0.9, 0.35, 0.7
_USUAL = 512  # a batch holds more lines that are shorter than this, and fewer that are longer


@dataclass(frozen=True, slots=True)
class CharReading:
    """A character: text, confidence 0 to 1, and its extent in fractions of the crop's width."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A line: text, how probable it is that all of it is right, and its characters in order;
    ``by_language`` tells whether a language model had a say in it."""

    text: str
    confidence: float
    chars: tuple[CharReading, ...] = ()
    by_language: bool = False


class Recognizer:
    """Reads cropped lines with one net.

    A line's reading does not depend on the lines read with it: each is padded to its own bucket
    of widths, and only lines of one bucket share a batch.
    """

    def __init__(
        self,
        session: Session,
        header: Mapping[str, Any],
        decoding: DecodeOptions | None = None,
        batch_size: int = 32,
    ) -> None:
        preprocessing = header["preprocessing"]
        self.color = str(preprocessing.get("color"))
        for key, known in (("color", list(COLORS)), ("contrast", [PREPROCESSING["contrast"]])):
            if preprocessing.get(key) not in known:
                raise WeightsError(f"preprocessing {key}={preprocessing.get(key)!r} is unknown")
        self.session = session
        self.header = header
        self.decoding = decoding or DecodeOptions()
        self.batch_size = batch_size
        self.height = int(preprocessing["height"])
        self.width = int(preprocessing.get("width", 0))  # 0: lines keep their aspect
        self.columns = Columns.of(header["architecture"], header["config"])
        self.alphabet = Alphabet.from_header(dict(header))
        self.calibration = Calibration.from_header(header)
        self.language_calibration = Calibration.from_header(header, by_language=True)
        self.beam = _NARROW_BEAM if header["architecture"] == "densenet" else 0
        self.ideographs = any(map(is_ideograph, self.alphabet.characters))
        preset = str(header.get("preset", ""))
        self.rule = rule_for(preset, self.alphabet)
        self.language: LanguageModel | None = None
        if self.decoding.language_model and self.decoding.beam is None:
            self.language = language_for(preset, self.alphabet.characters)
        self.looks_again = (
            self.decoding.second_look
            and self.decoding.lexicon is None
            and not in_a_language(preset)
        )

    @classmethod
    def from_weights(
        cls,
        name_or_path: str | Path = DEFAULT,
        device: str = "auto",
        precision: str = "auto",
        decoding: DecodeOptions | None = None,
        batch_size: int = 32,
        backend: str = "auto",
        threads: int = 0,
    ) -> Recognizer:
        """Opens a bundled net by name, a weights file, or an exported file.

        Raises:
            DeviceError: if the backend, device or precision is not there.
            WeightsError: if there is no such file, or it does not fit.
        """
        path = find_weights(name_or_path, "recognizer")
        options = SessionOptions(backend, device, precision, threads)
        session, header = open_session(NET, path, options)
        return cls(session, header, decoding, batch_size)

    def read(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Reading]:
        """Reads lines.

        Args:
            crops: (H, W) grey or (H, W, 3) RGB uint8 images of one line each, any size.

        Returns:
            One reading per crop, in order; an empty text where nothing is written.
        """
        with stage("crop"):
            if not self.width:
                shown = to_rgb if self.color == "rgb" else to_grey
                crops = [snug(shown(crop)) for crop in crops]
            lines = [prepare(crop, self.height, self.width, self.color) for crop in crops]
        with stage("decode"):
            return self._read(lines)

    def _read(self, lines: Sequence[npt.NDArray[np.float32]]) -> list[Reading]:
        """Reads prepared lines."""
        rows = self._rows(lines)
        decoded = [self._decode(row) for row in rows]
        sure = self._confidences(rows, decoded, self.calibration)
        doubtful = [i for i, line in enumerate(decoded) if sure[i] < _DOUBTFUL and line.classes]
        if self.language is not None:
            again = self._with_language([rows[i] for i in doubtful], self.language)
            surer = self._confidences([rows[i] for i in doubtful], again, self.language_calibration)
        elif self.looks_again:
            again, surer = self._with_looks(
                [lines[i] for i in doubtful],
                [rows[i] for i in doubtful],
                [decoded[i] for i in doubtful],
            )
        else:
            doubtful, again, surer = [], [], []
        for i, line, confidence in zip(doubtful, again, surer, strict=True):
            decoded[i], sure[i] = line, confidence
        settled = set(doubtful) if self.language is not None else set()
        readings: list[Reading] = []
        for i, line in enumerate(decoded):
            if self.ideographs:
                line = without_false_blanks(line, self.alphabet)
                line = with_missed_blanks(line, self.alphabet)
            readings.append(self._reading(line, lines[i].shape[-1], sure[i], i in settled))
        return readings

    def _rows(self, lines: Sequence[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.float32]]:
        """Of each prepared line its (T, classes) probabilities."""
        rows: list[npt.NDArray[np.float32]] = [np.empty((0, 0), np.float32)] * len(lines)
        widths = [line.shape[-1] for line in lines]
        one_width = bool(self.width)
        for group, width in _buckets(widths, self.batch_size, self.session.sizes, one_width):
            probabilities = self._probabilities([lines[i] for i in group], width)
            for i, row in zip(group, probabilities, strict=True):
                rows[i] = row[: self.columns.steps(widths[i])]
        return rows

    def _decode(self, row: npt.NDArray[np.float32]) -> Decoded:
        return self.decoding.decode(row, self.alphabet, self.rule, self.beam)

    def _with_looks(
        self,
        lines: Sequence[npt.NDArray[np.float32]],
        rows: Sequence[npt.NDArray[np.float32]],
        decoded: Sequence[Decoded],
    ) -> tuple[list[Decoded], list[float]]:
        """Looks at lines again; what was agreed on, and how probable it is to be right."""
        blank = self.alphabet.blank_index
        looks = [rows, *(self._rows([moved(line, *move) for line in lines]) for move in MOVES)]
        found: list[Decoded] = []
        sure: list[float] = []
        for first, *others in zip(decoded, *looks, strict=True):
            texts = [first.classes, *(self._decode(row).classes for row in others[1:])]
            text, probability = best_agreed(others, texts, blank)
            same = text == first.classes
            found.append(first if same else align_all(others[:1], [text], blank)[0])
            sure.append(probability)
        return found, self.calibration.apply(sure).tolist()

    def _confidences(
        self,
        rows: Sequence[npt.NDArray[np.float32]],
        decoded: Sequence[Decoded],
        calibration: Calibration,
    ) -> list[float]:
        """How probable it is that each line's text is right."""
        blank, texts = self.alphabet.blank_index, [line.classes for line in decoded]
        emitted = [states_of(row, text, blank) for row, text in zip(rows, texts, strict=True)]
        sure: list[float] = calibration.apply(sum_over_paths(emitted, texts)).tolist()
        return sure

    def _with_language(
        self, rows: Sequence[npt.NDArray[np.float32]], language: LanguageModel
    ) -> list[Decoded]:
        """Reads lines again with the language model."""
        blank, alphabet = self.alphabet.blank_index, self.alphabet
        classes = range(len(alphabet.characters) + 1)
        numbers = [
            0 if index == blank else language.numbers(alphabet.character(index))[0]
            for index in classes
        ]
        texts = [
            language_beam(row, blank, language, numbers, _LANGUAGE_WEIGHT, _LANGUAGE_REWARD)
            for row in rows
        ]
        return align_all(rows, texts, blank)

    def _probabilities(
        self, lines: Sequence[npt.NDArray[np.float32]], width: int
    ) -> npt.NDArray[np.float32]:
        with stage("recognize"):
            logits = self.session.run(stack(lines, width))[0]
        return softmax(logits)

    def _reading(
        self, decoded: Decoded, width: int, confidence: float, by_language: bool
    ) -> Reading:
        chars = []
        for index, sure, (start, end) in zip(
            decoded.classes, decoded.confidences, self._extents(decoded, width), strict=True
        ):
            place = min(start, 1.0), min(end, 1.0)
            chars.append(CharReading(self.alphabet.character(index), min(sure, 1.0), *place))
        while chars and chars[0].text == " ":
            chars.pop(0)
        while chars and chars[-1].text == " ":
            chars.pop()
        if not chars:
            return Reading("", 0.0)
        return Reading("".join(c.text for c in chars), confidence, tuple(chars), by_language)

    def _extents(self, decoded: Decoded, width: int) -> list[tuple[float, float]]:
        """Extents of the characters in fractions of the width, each in its own row."""
        length = width / self.columns.stride
        count = self.columns.steps(width) // self.columns.rows
        extents: list[tuple[float, float]] = []
        for row in range(self.columns.rows):
            first = row * count
            own = [(a - first, b - first) for a, b in decoded.spans if first <= a < first + count]
            extents.extend((a / length, b / length) for a, b in widen_spans(own, count))
        return extents


def padded_width(width: int) -> int:
    """Width to which a line is padded, so that lines of like widths share a batch.

    Four steps an octave: 128, 160, 192, 224, 256, 320 and so on.
    """
    width = max(width, 32)
    return round_up(width, max(4, (1 << (width.bit_length() - 1)) // 4))


def _buckets(
    widths: Sequence[int],
    size: int,
    sizes: Sequence[int] | None = None,
    one_width: bool = False,
) -> Iterator[tuple[list[int], int]]:
    """Groups of lines of one padded width, with the area of ``size`` usual lines at most.

    Args:
        widths: of the lines.
        size: lines of usual width in a group.
        sizes: the only sizes that groups may have, the largest first, 1 among them.
        one_width: all lines have the width of the net's input, and are not padded.
    """
    buckets: dict[int, list[int]] = defaultdict(list)
    for index, width in enumerate(widths):
        buckets[width if one_width else padded_width(width)].append(index)
    for width in sorted(buckets):
        members = buckets[width]
        most = max(1, size * _USUAL // width)
        while members:
            count = min(most, len(members))
            if sizes is not None:
                count = next(number for number in sizes if number <= count)
            yield members[:count], width
            members = members[count:]

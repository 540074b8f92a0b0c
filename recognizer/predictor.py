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
from ocr_pipeline.core.errors import UsageError, WeightsError
from ocr_pipeline.core.timing import stage
from ocr_pipeline.core.weights import find_weights
from recognizer.alphabet import Alphabet
from recognizer.beam import CharNgram, Lexicon, align_all, prefix_beam
from recognizer.confidence import Calibration, states_of, sum_over_paths
from recognizer.ctc import Decoded, greedy, widen_spans
from recognizer.grammar import TextRule, rule_for
from recognizer.language import LanguageModel, language_for
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
from recognizer.spacing import is_ideograph, with_missed_blanks, without_false_blanks

DEFAULT = "crnn-latin"
# Beam that looks for a text of the task's form, and how much less likely than the likeliest text it
# may be: another form than those known is read with more certainty than that.
_RULED_BEAM, _RULED_FLOOR, _LEAST_LIKELY = 24, 1e-6, 1e-3
_NARROW_BEAM = 4  # of nets without recurrence
# A line that is right with less than this probability is read again with the language model; its
# weight and its reward for each character: docs/language.md.
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


@dataclass(frozen=True)
class DecodeOptions:
    """How probabilities become text.

    Attributes:
        beam: prefixes kept by prefix beam search; 0 takes the best path (greedy); None leaves it
            to the net: a narrow beam where nothing but CTC joins its columns (no recurrence), so
            that it may write one character twice, as two that look like it.
        ngram: character n-gram that helps the beam.
        ngram_weight: weight of its log-probability.
        lexicon: only words of this list are read; needs a beam.
        grammar: of number plates and expressions, prefer a text that can be one.
        language_model: where a net reads a language that there is a model of, and no beam, n-gram
            or lexicon is asked for, let the model decide on what the net is not sure of.
    """

    beam: int | None = None
    ngram: CharNgram | None = None
    ngram_weight: float = 0.3
    lexicon: Lexicon | None = None
    grammar: bool = True
    language_model: bool = True

    def __post_init__(self) -> None:
        if self.beam is not None and self.beam < 0:
            raise UsageError(f"the beam's width must not be negative, not {self.beam}")
        if (self.ngram or self.lexicon) and not self.beam:
            raise UsageError("an n-gram or a lexicon needs a beam: set beam to 10 or more")

    def decode(
        self,
        probabilities: npt.NDArray[np.float32],
        alphabet: Alphabet,
        rule: TextRule | None = None,
        usual: int = 0,
    ) -> Decoded:
        """Decodes the (T, classes) probabilities of one line.

        Args:
            probabilities: of one line.
            alphabet: the net's.
            rule: what the texts of its task look like; a lexicon takes its place.
            usual: the beam where these options leave it to the net.
        """
        beam = usual if self.beam is None else self.beam
        if self.lexicon is not None:
            return self._beam(probabilities, alphabet, beam, self.lexicon)
        if beam:
            likeliest = self._beam(probabilities, alphabet, beam)
        else:
            likeliest = greedy(probabilities, alphabet.blank_index)
        if rule is None or not self.grammar or not likeliest.classes:
            return likeliest
        if rule.complete(alphabet.decode(likeliest.classes)):
            return likeliest
        width = max(beam, _RULED_BEAM)
        ruled = self._beam(probabilities, alphabet, width, rule, _RULED_FLOOR)
        texts = [likeliest.classes, ruled.classes]
        emitted = [states_of(probabilities, text, alphabet.blank_index) for text in texts]
        free, bound = sum_over_paths(emitted, texts)
        return ruled if ruled.classes and bound >= _LEAST_LIKELY * free else likeliest

    def _beam(
        self,
        probabilities: npt.NDArray[np.float32],
        alphabet: Alphabet,
        width: int,
        rule: TextRule | None = None,
        floor: float = 1e-4,
    ) -> Decoded:
        return prefix_beam(
            probabilities,
            alphabet,
            width,
            ngram=self.ngram,
            ngram_weight=self.ngram_weight,
            rule=rule,
            floor=floor,
        )


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
        readings: list[Reading] = [Reading("", 0.0)] * len(lines)
        widths = [line.shape[-1] for line in lines]
        one_width = bool(self.width)
        order: list[int] = []
        decoded: list[Decoded] = []
        rows: list[npt.NDArray[np.float32]] = []
        for group, width in _buckets(widths, self.batch_size, self.session.sizes, one_width):
            probabilities = self._probabilities([lines[i] for i in group], width)
            for i, row in zip(group, probabilities, strict=True):
                valid = row[: self.columns.steps(widths[i])]
                order.append(i)
                rows.append(valid)
                decoded.append(self.decoding.decode(valid, self.alphabet, self.rule, self.beam))
        sure = self._confidences(rows, decoded, self.calibration)
        doubtful: list[int] = []
        if self.language is not None:
            doubtful = [k for k in range(len(rows)) if sure[k] < _DOUBTFUL and decoded[k].classes]
            again = self._with_language([rows[k] for k in doubtful], self.language)
            calibration = self.language_calibration
            surer = self._confidences([rows[k] for k in doubtful], again, calibration)
            for k, line, confidence in zip(doubtful, again, surer, strict=True):
                decoded[k], sure[k] = line, confidence
        settled = {order[k] for k in doubtful}
        for i, line, confidence in zip(order, decoded, sure, strict=True):
            if self.ideographs:
                line = without_false_blanks(line, self.alphabet)
                line = with_missed_blanks(line, self.alphabet)
            readings[i] = self._reading(line, widths[i], confidence, i in settled)
        return readings

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

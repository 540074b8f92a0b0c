# SPDX-License-Identifier: Apache-2.0
"""The recognizer's face: crops in, texts with confidences and positions out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.backends import Session, SessionOptions, open_session
from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.timing import stage
from ocr_pipeline.core.weights import find_weights
from recognizer.alphabet import Alphabet
from recognizer.batching import buckets
from recognizer.beam import align_all
from recognizer.confidence import Calibration, states_of, sum_over_paths
from recognizer.ctc import Decoded, greedy, widen_spans
from recognizer.decode_options import LOG_FORMLESS, DecodeOptions
from recognizer.grammar import rule_for
from recognizer.language import language_for
from recognizer.language_beam import LanguageReader, search_for
from recognizer.layers import Columns
from recognizer.net import NET, softmax
from recognizer.preprocessing import COLORS, PREPROCESSING, as_seen, prepare, snug, stack
from recognizer.reading import CharReading, Reading
from recognizer.second_look import (
    DOUBTFUL,
    MOVES,
    STRETCHED,
    STRETCHES,
    ZOOMS,
    best_agreed,
    looks_below,
    moved,
    stretched,
    stretches,
)
from recognizer.signs import UsualSigns
from recognizer.spacing import is_ideograph, with_missed_blanks, without_false_blanks
from recognizer.views import parts

Image: TypeAlias = npt.NDArray[np.uint8]
Line: TypeAlias = npt.NDArray[np.float32]  # (height, W), or (3, height, W) in colour
Rows: TypeAlias = npt.NDArray[np.float32]  # (T, classes) probabilities
DEFAULT = "crnn-latin"
_NARROW_BEAM = 4  # of nets without recurrence
_HEARD = 0.1  # views that the net is so much less sure of are no plate: a search for one is long


class _View(NamedTuple):
    """A crop or a part of it, prepared; what the net makes of it; its place in the crop's width."""

    line: Line
    row: Rows
    place: tuple[float, float] = (0.0, 1.0)


class _Settled(NamedTuple):
    """What was made of a line, how sure it is, and the view of the crop that it was read in."""

    line: Decoded
    sure: float
    view: _View
    share: float | None = None


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
        preset = self.preset = str(header.get("preset", ""))
        self.rule = rule_for(preset, self.alphabet)
        usual = preset == "chinese" and self.decoding.lexicon is None
        self.signs = UsualSigns(self.alphabet) if usual else None
        self.language: LanguageReader | None = None
        if self.decoding.language_model and self.decoding.beam is None:
            model = language_for(preset, self.alphabet.characters)
            if model is not None:
                self.language = LanguageReader(model, self.alphabet, search_for(preset))
        self.look_below = 0.0
        if self.decoding.second_look and self.decoding.lexicon is None:
            self.look_below = looks_below(preset, self.language is not None)
        looks = self.look_below > 0
        self.zooms = ZOOMS.get(preset, ()) if looks else ()
        self.straightens = looks and bool(self.width)  # plates fill an input of one size

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

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """Reads lines.

        Args:
            crops: (H, W) grey or (H, W, 3) RGB uint8 images of one line each, any size.

        Returns:
            One reading per crop, in order; an empty text where nothing is written.
        """
        with stage("crop"):
            if not self.width:
                crops = [snug(as_seen(crop, self.color)) for crop in crops]
            lines = [prepare(crop, self.height, self.width, self.color) for crop in crops]
        with stage("decode"):
            return self._read(crops, lines)

    def _read(self, crops: Sequence[Image], lines: Sequence[Line]) -> list[Reading]:
        """Reads prepared lines, and looks at the crops that they came from where it has to."""
        rows = self._rows(lines)
        decoded = [self._decode(row) for row in rows]
        sure = self.calibration.apply(self._sums(rows, decoded)).tolist()
        views = [_View(line, row) for line, row in zip(lines, rows, strict=True)]
        found = [_Settled(*it) for it in zip(decoded, sure, views, strict=True)]
        below = DOUBTFUL if self.language is not None else self.look_below
        if below:
            # An empty line may well be one; a plate is not, but at an angle.
            tried = [it.sure < below and (self.straightens or it.line.classes) for it in found]
            doubtful = [i for i, it in enumerate(tried) if it]
            settled = self._settled([crops[i] for i in doubtful], [found[i] for i in doubtful])
            for i, it in zip(doubtful, settled, strict=True):
                found[i] = it
        return [self._reading(it) for it in found]

    def _rows(self, lines: Sequence[Line]) -> list[Rows]:
        """Of each prepared line its (T, classes) probabilities."""
        rows: list[Rows] = [np.empty((0, 0), np.float32)] * len(lines)
        widths = [line.shape[-1] for line in lines]
        one_width = bool(self.width)
        for group, width in buckets(widths, self.batch_size, self.session.sizes, one_width):
            probabilities = self._probabilities([lines[i] for i in group], width)
            for i, row in zip(group, probabilities, strict=True):
                rows[i] = row[: self.columns.steps(widths[i])]
        return rows

    def _decode(self, row: Rows) -> Decoded:
        return self.decoding.decode(row, self.alphabet, self.rule, self.beam)

    def _sums(self, rows: Sequence[Rows], decoded: Sequence[Decoded]) -> npt.NDArray[np.float64]:
        """What the net itself says of each line's text."""
        blank, texts = self.alphabet.blank_index, [line.classes for line in decoded]
        emitted = [states_of(row, text, blank) for row, text in zip(rows, texts, strict=True)]
        return sum_over_paths(emitted, texts)

    def _settled(self, crops: Sequence[Image], found: Sequence[_Settled]) -> list[_Settled]:
        """Looks at crops again, and asks the language that they are in."""
        views = [it.view for it in found]
        if self.language is None:
            return self._agreed(self._views(crops, views), found)
        surer = self._surer_views(crops, views) if self.zooms else {}
        seen = [surer.get(i, view) for i, view in enumerate(views)]
        lines = [
            self._decode(surer[i].row) if i in surer else it.line for i, it in enumerate(found)
        ]
        return self._in_language(seen, lines, [it.sure for it in found])

    def _views(
        self, crops: Sequence[Image], views: Sequence[_View]
    ) -> list[list[tuple[float, _View]]]:
        """Of each crop the views that have a say, with their weights; ``views`` are the whole."""
        seen = [[(1.0, view)] for view in views]
        least = _HEARD * self._greedy_sums(views)
        for part in self._part_views(crops):
            sums = self._greedy_sums([view for _, view in part.values()])
            for (i, it), probability in zip(part.items(), sums, strict=True):
                if probability > least[i]:
                    seen[i].append(it)
        return seen

    def _looks(self, views: Sequence[_View], again: Sequence[bool]) -> list[list[Rows]]:
        """Of each view what the net makes of it as it is and, of those again, moved."""
        looks = [[view.row] for view in views]
        chosen = [i for i, more in enumerate(again) if more]
        for move in MOVES:
            rows = self._rows([moved(views[i].line, *move) for i in chosen])
            for i, row in zip(chosen, rows, strict=True):
                looks[i].append(row)
        return looks

    def _stretched(
        self, views: Sequence[_View], sure: Sequence[float]
    ) -> list[list[tuple[_View, list[Rows]]]]:
        """Of each view the looks at it and, by how sure the net is, at it in other proportions."""
        again = [it < self.look_below for it in sure]
        seen = [[own] for own in zip(views, self._looks(views, again), strict=True)]
        both = zip(sure, (len(view.row) for view in views), strict=True)
        wider = [more and stretches(self.preset, *it) for more, it in zip(again, both, strict=True)]
        chosen = [i for i, more in enumerate(wider) if more]
        for tall, wide in STRETCHES:
            lines = [stretched(views[i].line, tall, wide) for i in chosen]
            for i, line, row in zip(chosen, lines, self._rows(lines), strict=True):
                seen[i].append((_View(line, row, views[i].place), [row]))
        return seen

    def _agreed(
        self, seen: Sequence[Sequence[tuple[float, _View]]], first: Sequence[_Settled]
    ) -> list[_Settled]:
        """What several looks at each line's views agree on; ``first`` was read in the first."""
        views = [view for line in seen for _, view in line]
        looks = iter(self._looks(views, [True] * len(views)))
        grouped = [[next(looks) for _ in line] for line in seen]
        read = [
            [
                [it.line if row is it.view.row else self._decode(row) for row in look]
                for look in line
            ]
            for it, line in zip(first, grouped, strict=True)
        ]
        texts = [[one.classes for look in line for one in look] for line in read]
        weights = [[weight for weight, _ in line] for line in seen]
        blank = self.alphabet.blank_index
        agreed = best_agreed(grouped, texts, blank, self._form_prior, weights)
        numbers = [number for *_, number in agreed]
        best = [line[number][1] for line, number in zip(seen, numbers, strict=True)]
        own = [line[number][0] for line, number in zip(read, numbers, strict=True)]
        lines = self._placed(best, own, [text for text, *_ in agreed])
        sure = self.calibration.apply([probability for _, probability, _ in agreed]).tolist()
        return [_Settled(*it) for it in zip(lines, sure, best, strict=True)]

    def _form_prior(self, text: Sequence[int]) -> float:
        """What a text's form adds to the logarithm of its probability."""
        if self.rule is None or not self.decoding.grammar:
            return 0.0
        return 0.0 if self.rule.complete(self.alphabet.decode(text)) else LOG_FORMLESS

    def _placed(
        self,
        views: Sequence[_View],
        first: Sequence[Decoded | None],
        texts: Sequence[Sequence[int]],
    ) -> list[Decoded]:
        """Where the characters of each line's text stand in its view; ``first`` is what was read
        in that at first, and placed already, where it was."""
        others = [
            i
            for i, (line, text) in enumerate(zip(first, texts, strict=True))
            if line is None or line.classes != tuple(text)
        ]
        rows = [views[i].row for i in others]
        placed = align_all(rows, [texts[i] for i in others], self.alphabet.blank_index)
        by_line = {**dict(enumerate(first)), **dict(zip(others, placed, strict=True))}
        return [line for line in by_line.values() if line is not None]

    def _in_language(
        self, views: Sequence[_View], first: Sequence[Decoded], sure: Sequence[float]
    ) -> list[_Settled]:
        """What the language and all looks at each line agree on; ``first`` is what was read in
        them without it, and how ``sure`` the net is of that."""
        language, blank = self.language, self.alphabet.blank_index
        assert language is not None
        seen = self._stretched(views, sure)
        looks = [[look for _, look in line] for line in seen]
        weights = [[1.0] + [STRETCHED] * (len(line) - 1) for line in looks]
        read = [[[language.read(row) for row in look] for look in line] for line in looks]
        texts = [[text for look in line for text, _ in look] for line in read]
        agreed = best_agreed(looks, texts, blank, language.prior, weights)
        # A look that reads something else gives the text nothing.
        shares = [
            np.average(
                [sum(share for it, share in look if it == text) / len(look) for look in line],
                weights=weight,
            )
            for line, weight, (text, *_) in zip(read, weights, agreed, strict=True)
        ]
        numbers = [number for *_, number in agreed]
        best = [line[number][0] for line, number in zip(seen, numbers, strict=True)]
        own = [line if not number else None for line, number in zip(first, numbers, strict=True)]
        lines = self._placed(best, own, [text for text, *_ in agreed])
        right = self.language_calibration.apply([it for _, it, _ in agreed], shares).tolist()
        return [_Settled(*it) for it in zip(lines, right, best, shares, strict=True)]

    def _surer_views(self, crops: Sequence[Image], views: Sequence[_View]) -> dict[int, _View]:
        """Nearer views, where the net reads with more certainty in them."""
        best = self._greedy_sums(views)
        found: dict[int, _View] = {}
        for part in self._part_views(crops):
            sums = self._greedy_sums([view for _, view in part.values()])
            for (i, (_, view)), probability in zip(part.items(), sums, strict=True):
                if probability > best[i]:
                    best[i], found[i] = probability, view
        return found

    def _greedy_sums(self, views: Sequence[_View]) -> npt.NDArray[np.float64]:
        """How sure the net is of what it reads in each view, by no rule and in no language."""
        blank, rows = self.alphabet.blank_index, [view.row for view in views]
        return self._sums(rows, [greedy(row, blank) for row in rows])

    def _part_views(self, crops: Sequence[Image]) -> Iterator[dict[int, tuple[float, _View]]]:
        """Views of parts of crops, by the crops' numbers, and what each has to say."""
        straight = self.height if self.straightens else 0
        for round_ in zip_longest(*(parts(crop, straight, self.zooms) for crop in crops)):
            seen = {i: part for i, part in enumerate(round_) if part is not None}
            images = [image for _, image, _ in seen.values()]
            lines = [prepare(image, self.height, self.width, self.color) for image in images]
            yield {
                i: (weight, _View(line, row, place))
                for (i, (weight, _, place)), line, row in zip(
                    seen.items(), lines, self._rows(lines), strict=True
                )
            }

    def _probabilities(self, lines: Sequence[Line], width: int) -> Rows:
        with stage("recognize"):
            logits = self.session.run(stack(lines, width))[0]
        probabilities = softmax(logits)
        return self.signs.merged(probabilities) if self.signs else probabilities

    def _reading(self, settled: _Settled) -> Reading:
        line, (first, last) = settled.line, settled.view.place
        width = settled.view.line.shape[-1]
        if self.signs:
            line = self.signs.usual(line)
        if self.ideographs:
            line = without_false_blanks(line, self.alphabet)
            line = with_missed_blanks(line, self.alphabet)
        chars = []
        for index, sure, (start, end) in zip(
            line.classes, line.confidences, self._extents(line, width), strict=True
        ):
            place = (first + min(at, 1.0) * (last - first) for at in (start, end))
            chars.append(CharReading(self.alphabet.character(index), min(sure, 1.0), *place))
        while chars and chars[0].text == " ":
            chars.pop(0)
        while chars and chars[-1].text == " ":
            chars.pop()
        if not chars:
            return Reading("", 0.0)
        text = "".join(char.text for char in chars)
        return Reading(text, settled.sure, tuple(chars), settled.share)

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

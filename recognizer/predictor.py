# SPDX-License-Identifier: Apache-2.0
"""The recognizer's face: crops in, texts with confidences and positions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from ocr_pipeline.core.devices import autocast, resolve_device, resolve_dtype
from ocr_pipeline.core.errors import UsageError, WeightsError
from ocr_pipeline.core.inference import fuse, keep_freed_memory
from ocr_pipeline.core.registry import build
from ocr_pipeline.core.weights import find_weights, load_weights
from recognizer import crnn
from recognizer.alphabet import Alphabet
from recognizer.beam import CharNgram, Lexicon, prefix_beam
from recognizer.ctc import Decoded, greedy, widen_spans
from recognizer.preprocessing import PREPROCESSING, collate, prepare, round_up

DEFAULT = "crnn-latin"
_BUCKET = 64  # lines are padded to a multiple of this width, so that equal widths share a batch


@dataclass(frozen=True, slots=True)
class CharReading:
    """A character: text, confidence 0 to 1, and its extent in fractions of the crop's width."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A line: text, confidence (geometric mean of its characters'), characters in order."""

    text: str
    confidence: float
    chars: tuple[CharReading, ...] = ()


@dataclass(frozen=True)
class DecodeOptions:
    """How probabilities become text.

    Attributes:
        beam: prefixes kept by prefix beam search; 0 takes the best path (greedy).
        ngram: character n-gram that helps the beam.
        ngram_weight: weight of its log-probability.
        lexicon: only words of this list are read; needs a beam.
    """

    beam: int = 0
    ngram: CharNgram | None = None
    ngram_weight: float = 0.3
    lexicon: Lexicon | None = None

    def __post_init__(self) -> None:
        if self.beam < 0:
            raise UsageError(f"the beam's width must not be negative, not {self.beam}")
        if (self.ngram or self.lexicon) and not self.beam:
            raise UsageError("an n-gram or a lexicon needs a beam: set beam to 10 or more")

    def decode(self, probabilities: npt.NDArray[np.float32], alphabet: Alphabet) -> Decoded:
        """Decodes the (T, classes) probabilities of one line."""
        if not self.beam:
            return greedy(probabilities, alphabet.blank_index)
        return prefix_beam(
            probabilities,
            alphabet,
            self.beam,
            ngram=self.ngram,
            ngram_weight=self.ngram_weight,
            lexicon=self.lexicon,
        )


class Recognizer:
    """Reads cropped lines with one net.

    A line's reading does not depend on the lines read with it: each is padded to its own bucket
    of widths, and only lines of one bucket share a batch.
    """

    def __init__(
        self,
        model: nn.Module,
        header: dict[str, Any],
        device: str | torch.device = "auto",
        precision: str = "auto",
        decoding: DecodeOptions | None = None,
        batch_size: int = 32,
    ) -> None:
        self.decoding = decoding or DecodeOptions()
        self.batch_size = batch_size
        preprocessing = header["preprocessing"]
        for key in ("color", "contrast"):
            if preprocessing.get(key) != PREPROCESSING[key]:
                raise WeightsError(f"preprocessing {key}={preprocessing.get(key)!r} is unknown")
        self.header = header
        self.height = int(preprocessing["height"])
        self.alphabet = Alphabet.from_header(header)
        self.device = resolve_device(device)
        resolve_dtype(self.device, precision)
        self.precision = precision
        keep_freed_memory()
        self.model = fuse(model).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def from_weights(
        cls,
        name_or_path: str | Path = DEFAULT,
        device: str | torch.device = "auto",
        precision: str = "auto",
        decoding: DecodeOptions | None = None,
        batch_size: int = 32,
    ) -> Recognizer:
        """Loads a bundled net by name, or a weights file.

        Raises:
            WeightsError: if there is none, or it does not fit.
            DeviceError: if the device or precision is not there.
        """
        path = find_weights(name_or_path, "recognizer")
        resolve_dtype(resolve_device(device), precision)
        header, state = load_weights(path)
        model = build(header["architecture"], **header["config"])
        try:
            model.load_state_dict(state)
        except RuntimeError as error:
            raise WeightsError(f"{path}: its tensors do not fit its header: {error}") from error
        return cls(model, header, device, precision, decoding, batch_size)

    def read(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[Reading]:
        """Reads lines.

        Args:
            crops: (H, W) grey or (H, W, 3) RGB uint8 images of one line each, any size.

        Returns:
            One reading per crop, in order; an empty text where nothing is written.
        """
        lines = [prepare(crop, self.height) for crop in crops]
        readings: list[Reading] = [Reading("", 0.0)] * len(lines)
        for group, width in _buckets([line.shape[1] for line in lines], self.batch_size):
            probabilities = self._probabilities([lines[i] for i in group], width)
            for i, row in zip(group, probabilities, strict=True):
                size = lines[i].shape[1]
                decoded = self.decoding.decode(row[: crnn.steps(size)], self.alphabet)
                readings[i] = self._reading(decoded, crnn.steps(size), size / crnn.STRIDE)
        return readings

    def _probabilities(
        self, lines: Sequence[npt.NDArray[np.float32]], width: int
    ) -> npt.NDArray[np.float32]:
        batch = collate(lines, width).to(self.device)
        with torch.inference_mode(), autocast(self.device, self.precision):
            logits = self.model(batch)
        result: npt.NDArray[np.float32] = logits.float().softmax(-1).cpu().numpy()
        return result

    def _reading(self, decoded: Decoded, steps: int, length: float) -> Reading:
        chars = []
        extents = widen_spans(decoded.spans, steps)
        for index, confidence, (start, end) in zip(
            decoded.classes, decoded.confidences, extents, strict=True
        ):
            place = min(start / length, 1.0), min(end / length, 1.0)
            chars.append(CharReading(self.alphabet.character(index), min(confidence, 1.0), *place))
        while chars and chars[0].text == " ":
            chars.pop(0)
        while chars and chars[-1].text == " ":
            chars.pop()
        if not chars:
            return Reading("", 0.0)
        confidence = float(np.exp(np.mean(np.log([max(c.confidence, 1e-6) for c in chars]))))
        return Reading("".join(c.text for c in chars), min(confidence, 1.0), tuple(chars))


def _buckets(widths: Sequence[int], most: int) -> Iterator[tuple[list[int], int]]:
    """Groups of at most ``most`` lines of one padded width."""
    buckets: dict[int, list[int]] = defaultdict(list)
    for index, width in enumerate(widths):
        buckets[round_up(width, _BUCKET)].append(index)
    for width in sorted(buckets):
        members = buckets[width]
        for start in range(0, len(members), most):
            yield members[start : start + most], width

# SPDX-License-Identifier: Apache-2.0
"""What a trainer would make of a labelled set, sample by sample: ``ocr data check``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import InputError
from recognizer.alphabet import Alphabet, normalise
from recognizer.ctc import required_steps
from recognizer.labels import LabeledImage
from recognizer.layers import Columns
from recognizer.preprocessing import scale_to_height, to_grey


@dataclass(frozen=True, slots=True)
class Finding:
    """A sample that something is wrong with: its name, its label, and what it is."""

    name: str
    text: str
    reason: str


@dataclass(slots=True)
class LabelReport:
    """What was found in a set.

    Attributes:
        total: samples looked at.
        usable: samples that a trainer can learn from; double ones count here too.
        unreadable: images that cannot be decoded.
        empty: labels without a character.
        refused: labels that the set's codec cannot read.
        outside: labels with characters that the alphabet lacks.
        too_long: labels that need more time steps than their image has.
        repeated: samples listed twice, or whose pixels equal those of an earlier one.
        contradicting: those of ``repeated`` whose label differs from the earlier one's.
        characters: how often each character occurs in all labels.
        missing: how many labels hold each character that the alphabet lacks.
        widths: width of each usable image at the net's height.
        lengths: number of characters of each usable label.
    """

    total: int = 0
    usable: int = 0
    unreadable: list[Finding] = field(default_factory=list)
    empty: list[Finding] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)
    outside: list[Finding] = field(default_factory=list)
    too_long: list[Finding] = field(default_factory=list)
    repeated: list[Finding] = field(default_factory=list)
    contradicting: list[Finding] = field(default_factory=list)
    characters: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    widths: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def refuse(self, samples: Iterable[tuple[LabeledImage, str]]) -> None:
        """Counts samples whose label a codec refused, each with its reason."""
        for sample, reason in samples:
            self.total += 1
            self.refused.append(Finding(sample.name, sample.text, reason))

    def to_dict(self) -> dict[str, Any]:
        """Counts, spreads and findings as plain values."""
        findings = ("unreadable", "empty", "refused", "outside", "too_long")
        repeats = ("repeated", "contradicting")
        return {
            "total": self.total,
            "usable": self.usable,
            **{name: [_plain(item) for item in getattr(self, name)] for name in findings + repeats},
            "characters": dict(self.characters.most_common()),
            "missing": dict(self.missing.most_common()),
            "widths": spread(self.widths),
            "lengths": spread(self.lengths),
        }


def _plain(finding: Finding) -> dict[str, str]:
    return {"name": finding.name, "text": finding.text, "reason": finding.reason}


def spread(values: list[int]) -> dict[str, int]:
    """Least, median and greatest of some numbers; empty for none."""
    if not values:
        return {}
    return {"min": min(values), "median": int(np.median(values)), "max": max(values)}


@dataclass(frozen=True, slots=True)
class Target:
    """The net that is to be trained.

    Attributes:
        alphabet: its characters.
        height: of its input in pixels.
        width: to which it stretches images; 0 where they keep their aspect.
        columns: how it cuts them into time steps.
    """

    alphabet: Alphabet
    height: int = 32
    width: int = 0
    columns: Columns = field(default_factory=Columns)


def check_labels(samples: Iterable[LabeledImage], target: Target) -> LabelReport:
    """Reads every sample as the trainer does and sorts out what it could not use.

    CTC needs a time step for each character and one more between equal neighbours; how many an
    image has is the net's affair.

    Args:
        samples: what :func:`recognizer.labels.read_labels` gives.
        target: the net to be trained.
    """
    report = LabelReport()
    seen: dict[bytes, LabeledImage] = {}
    for sample in samples:
        report.total += 1
        report.characters.update(sample.text)
        try:
            image = sample.load()
        except InputError as error:
            report.unreadable.append(Finding(sample.name, sample.text, str(error)))
            continue
        _note_repeats(report, sample, image, seen)
        text = normalise(sample.text)
        width = target.width or scale_to_height(to_grey(image), target.height).shape[1]
        if _usable(report, sample, text, width, target):
            report.usable += 1
            report.widths.append(width)
            report.lengths.append(len(text))
    return report


def _usable(
    report: LabelReport, sample: LabeledImage, text: str, width: int, target: Target
) -> bool:
    alphabet = target.alphabet
    missing = alphabet.missing(text)
    if not text:
        report.empty.append(Finding(sample.name, sample.text, "the label is empty"))
    elif missing:
        report.missing.update(missing)
        report.outside.append(Finding(sample.name, text, f"{missing!r} not in the alphabet"))
    elif (need := required_steps(alphabet.encode(text))) > (have := target.columns.steps(width)):
        reason = f"needs {need} time steps, {width} pixels of width give {have}"
        report.too_long.append(Finding(sample.name, text, reason))
    else:
        return True
    return False


def _note_repeats(
    report: LabelReport,
    sample: LabeledImage,
    image: npt.NDArray[np.uint8],
    seen: dict[bytes, LabeledImage],
) -> None:
    """Samples of equal pixels, whether the file is listed twice or copied."""
    digest = hashlib.sha1(image.tobytes(), usedforsecurity=False)
    digest.update(str(image.shape).encode())
    earlier = seen.setdefault(digest.digest(), sample)
    if earlier is sample:
        return
    finding = Finding(sample.name, sample.text, f"the same pixels as {earlier.name}")
    report.repeated.append(finding)
    if earlier.text != sample.text:
        reason = f"{finding.reason}, which is labelled {earlier.text!r}"
        report.contradicting.append(Finding(sample.name, sample.text, reason))

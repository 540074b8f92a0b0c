# SPDX-License-Identifier: Apache-2.0
"""How probable it is that a line was read without error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

KEY, BY_LANGUAGE = "calibration", "by_language"
_LEAST = 1e-12
_MOST_ODDS = 8.0  # of a share, as a logarithm: a search that drops the unlikely knows no more
_CELLS = 1_000_000  # steps times states of the lines whose paths are summed together


def states_of(
    probabilities: npt.NDArray[np.float32], text: Sequence[int], blank: int
) -> npt.NDArray[np.float32]:
    """Of one line's (T, classes), what :func:`sum_over_paths` needs: (T, 2 * characters + 1).

    The columns are those of the text's characters with blanks around and between them.
    """
    states = np.full(2 * len(text) + 1, blank)
    states[1::2] = text
    return probabilities[:, states]


def sum_over_paths(
    emitted: Sequence[npt.NDArray[np.float32]], texts: Sequence[Sequence[int]]
) -> npt.NDArray[np.float64]:
    """What the net itself says of whole texts: the sum over all paths that write each.

    Graves et al., "Connectionist Temporal Classification" (2006), the forward variables; in
    plain numbers, for only texts of less than 1e-300 vanish.

    Args:
        emitted: what :func:`states_of` gives for each line; as many lines as there are go on
            together, those of like length.
        texts: classes of each line's text.

    Returns:
        (N,) 0 to 1.
    """
    found = np.zeros(len(texts))
    order = sorted(range(len(texts)), key=lambda i: emitted[i].shape)
    while order:
        size = emitted[order[-1]].size
        together = order[-max(1, _CELLS // max(size, 1)) :]
        del order[-len(together) :]
        found[together] = _forward([emitted[i] for i in together], [texts[i] for i in together])
    return np.minimum(found, 1.0)


def _forward(
    emitted: Sequence[npt.NDArray[np.float32]], texts: Sequence[Sequence[int]]
) -> npt.NDArray[np.float64]:
    count, most = max(len(rows) for rows in emitted), max(len(text) for text in texts)
    # By steps first: what one step needs lies together. Blanks and characters apart: all blanks of
    # a step are equally likely, and none is left out on the way from one to another.
    blank = np.zeros((count, len(texts), 1))
    seen = np.zeros((count, len(texts), most))
    skips = np.zeros((len(texts), most))  # from one character straight to the next, other one
    ends = defaultdict(list)
    for line, (rows, text) in enumerate(zip(emitted, texts, strict=True)):
        blank[: len(rows), line] = rows[:, :1]
        seen[: len(rows), line, : len(text)] = rows[:, 1::2]
        skips[line, 1 : len(text)] = [a != b for a, b in pairwise(text)]
        ends[len(rows)].append(line)
    # Of the paths that end in each blank and in each character; a column in front of the latter,
    # so that each has one before it. All start before the first blank, as if in one.
    blanks, marks = np.zeros((len(texts), most + 1)), np.zeros((len(texts), most + 1))
    blanks[:, 0] = 1.0
    skipped, found = np.empty_like(skips), np.zeros(len(texts))
    for step in range(count):
        np.multiply(skips, marks[:, :-1], out=skipped)
        skipped += marks[:, 1:] + blanks[:, :-1]
        blanks += marks
        blanks *= blank[step]
        np.multiply(skipped, seen[step], out=marks[:, 1:])
        for line in ends.get(step + 1, ()):
            last = len(texts[line])
            found[line] = blanks[line, last] + marks[line, last]
    return found


@dataclass(frozen=True, slots=True)
class Calibration:
    """From a net's own probability of a text to the share of such texts that are right.

    A straight line between the logarithms of the odds (Platt, 1999): it never changes which of
    two lines is the surer one. Where a language model had a say there are two odds: those that
    the net gives the text, and those of the text against all others that the search found.

    Attributes:
        slope: above 0.
        offset: added.
        lead: slope of the odds of the text's share.
        lines: number of held-back lines that it was fitted on.
        sets: names of their sets.
    """

    slope: float = 1.0
    offset: float = 0.0
    lead: float = 0.0
    lines: int = 0
    sets: tuple[str, ...] = ()

    @classmethod
    def from_header(cls, header: Mapping[str, Any], by_language: bool = False) -> Calibration:
        """The calibration of a weights file; none changes nothing.

        Args:
            header: of the file.
            by_language: that of lines which a language model had a say in, where there is one.
        """
        found = header.get(KEY) or {}
        if by_language:
            found = found.get(BY_LANGUAGE) or found
        return cls(
            float(found.get("slope", 1.0)),
            float(found.get("offset", 0.0)),
            float(found.get("lead", 0.0)),
            int(found.get("lines", 0)),
            tuple(found.get("sets", ())),
        )

    def to_header(self) -> dict[str, Any]:
        """What goes into a weights file's header under :data:`KEY`."""
        entry = {"slope": round(self.slope, 4), "offset": round(self.offset, 4)}
        lead = {"lead": round(self.lead, 4)} if self.lead else {}
        return {**entry, **lead, "lines": self.lines, "sets": list(self.sets)}

    def apply(
        self, probabilities: npt.ArrayLike, shares: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, each 0 to 1.

        Args:
            probabilities: (N,) the net's own, of each text.
            shares: (N,) those of the texts among all that a search with a language model found.
        """
        odds = self.slope * log_odds(probabilities) + self.offset
        return _share(odds if shares is None else odds + self.lead * _lead(shares))


def log_odds(probabilities: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """ln(p / (1 - p)), finite."""
    sure = np.clip(np.asarray(probabilities, np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(sure) - np.log1p(-sure))


def _lead(shares: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.clip(log_odds(shares), -_MOST_ODDS, _MOST_ODDS)


def fit(
    probabilities: npt.ArrayLike,
    right: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    shares: npt.ArrayLike | None = None,
) -> Calibration:
    """The calibration of the greatest likelihood, by Newton's method.

    Args:
        probabilities: (N,) the net's, of its readings.
        right: (N,) whether each reading was right.
        weights: (N,) how much each counts.
        shares: (N,) of the readings among all that a search found, where a language had a say.

    Raises:
        ValueError: if all readings are right, or none is: nothing can be told from that.
    """
    x = log_odds(probabilities)
    y = np.asarray(right, np.float64)
    if not 0 < y.sum() < len(y):
        raise ValueError("confidences are calibrated on right and wrong readings; here is one kind")
    weight = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    terms = np.stack([x, np.ones(len(x)), *([] if shares is None else [_lead(shares)])])
    line = np.eye(len(terms))[0]
    for _ in range(100):
        sure = _share(line @ terms)
        slope = terms @ (weight * (y - sure))
        # A little is added so that a fit to few lines does not run away.
        curve = (terms * (weight * sure * (1 - sure))) @ terms.T + 1e-6 * np.eye(len(terms))
        step = np.linalg.solve(curve, slope)
        line = line + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    lead = 0.0 if shares is None else max(float(line[2]), 0.0)
    return Calibration(max(float(line[0]), 1e-3), float(line[1]), lead, len(y))


def _share(odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))

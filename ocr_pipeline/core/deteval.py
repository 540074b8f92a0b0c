# SPDX-License-Identifier: Apache-2.0
"""How well detected lines agree with true ones: ICDAR 2013's DetEval, and plain IoU.

Both take a page at a time and return counts that are summed over a data set before they are
divided, as the competitions do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DetectionCounts:
    """Sums over one or more pages; add them with ``+``.

    Attributes:
        found: credit of the true lines (a line found whole counts 1).
        correct: credit of the detections.
        truths: number of true lines, without don't-care ones.
        detections: number of detections, without those in don't-care regions.
    """

    found: float = 0.0
    correct: float = 0.0
    truths: int = 0
    detections: int = 0

    def __add__(self, other: DetectionCounts) -> DetectionCounts:
        return DetectionCounts(
            self.found + other.found,
            self.correct + other.correct,
            self.truths + other.truths,
            self.detections + other.detections,
        )

    @property
    def recall(self) -> float:
        """Credit of the true lines by their number; 1 where there is nothing to find."""
        return self.found / self.truths if self.truths else 1.0

    @property
    def precision(self) -> float:
        """Credit of the detections by their number; 1 where nothing was detected."""
        return self.correct / self.detections if self.detections else 1.0

    @property
    def hmean(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total > 0 else 0.0


def overlaps(
    truths: Sequence[npt.ArrayLike], found: Sequence[npt.ArrayLike]
) -> tuple[Floats, Floats, Floats]:
    """Shared areas of all pairs of quads and the areas of both sides.

    Args:
        truths: n quads (4, 2).
        found: m quads (4, 2).

    Returns:
        Intersections (n, m), areas (n,) and areas (m,), in square pixels.
    """
    a, b = _polygons(truths), _polygons(found)
    shared = np.zeros((len(a), len(b)))
    if len(a) and len(b):
        i, j = shapely.STRtree(b).query(a)
        shared[i, j] = shapely.area(shapely.intersection(a[i], b[j]))
    return shared, np.asarray(shapely.area(a), float), np.asarray(shapely.area(b), float)


def _polygons(quads: Sequence[npt.ArrayLike]) -> npt.NDArray[np.object_]:
    if not len(quads):
        return np.zeros(0, object)
    shapes = shapely.polygons(np.asarray(quads, float).reshape(len(quads), -1, 2))
    return np.asarray(shapely.make_valid(shapes), dtype=object)


def deteval(
    truths: Sequence[npt.ArrayLike],
    found: Sequence[npt.ArrayLike],
    ignore: Sequence[bool] | None = None,
    area_recall: float = 0.8,
    area_precision: float = 0.4,
    split_credit: float = 0.8,
) -> DetectionCounts:
    """Wolf and Jolion's DetEval with the settings of the ICDAR 2013 competition.

    A true line counts as found when one detection covers it well, when several detections that
    lie in it cover it together (credit 0.8), or when one detection covers several true lines.

    Args:
        truths: n quads (4, 2).
        found: m quads (4, 2).
        ignore: (n,) true for don't-care regions; detections in them do not count.
        area_recall: part of a true line that must be covered.
        area_precision: part of a detection that must lie in true lines.
        split_credit: credit for a true line found in pieces, and for each of the pieces.
    """
    care, wanted, shared, area_t, area_f = _without_ignored(truths, found, ignore, area_precision)
    recall = shared / np.maximum(area_t, 1e-9)[:, None]
    precision = shared / np.maximum(area_f, 1e-9)[None]
    free_t, free_f = np.ones(len(area_t), bool), np.ones(len(area_f), bool)
    credit_t = credit_f = 0.0

    touched_t, touched_f = (shared > 0).sum(1), (shared > 0).sum(0)

    # One to one: neither overlaps anything else, and their centres are near.
    good = (recall >= area_recall) & (precision >= area_precision)
    good &= (touched_t[:, None] == 1) & (touched_f[None] == 1) & _near(care, wanted)
    for t, f in zip(*np.nonzero(good), strict=True):
        free_t[t] = free_f[f] = False
        credit_t, credit_f = credit_t + 1, credit_f + 1

    # One true line that several detections touch.
    for t in np.flatnonzero(free_t & (touched_t >= 2)):
        parts = np.flatnonzero(free_f & (precision[t] >= area_precision))
        if not len(parts) or round(float(recall[t, parts].sum()), 4) < area_recall:
            continue
        credit = split_credit if len(parts) > 1 else 1.0
        free_t[t] = False
        free_f[parts] = False
        credit_t, credit_f = credit_t + credit, credit_f + credit * len(parts)

    # One detection that touches several true lines.
    for f in np.flatnonzero(free_f & (touched_f >= 2)):
        parts = np.flatnonzero(free_t & (recall[:, f] >= area_recall))
        if not len(parts) or round(float(precision[parts, f].sum()), 4) < area_precision:
            continue
        free_f[f] = False
        free_t[parts] = False
        credit_t, credit_f = credit_t + len(parts), credit_f + 1
    return DetectionCounts(credit_t, credit_f, len(area_t), len(area_f))


def iou_match(
    truths: Sequence[npt.ArrayLike],
    found: Sequence[npt.ArrayLike],
    ignore: Sequence[bool] | None = None,
    threshold: float = 0.5,
) -> DetectionCounts:
    """One-to-one matching by intersection over union, best pairs first (as ICDAR 2015).

    Args:
        truths: n quads (4, 2).
        found: m quads (4, 2).
        ignore: (n,) true for don't-care regions; detections in them do not count.
        threshold: smallest IoU of a match.
    """
    _, _, shared, area_t, area_f = _without_ignored(truths, found, ignore, 0.5)
    iou = shared / np.maximum(area_t[:, None] + area_f[None] - shared, 1e-9)
    t, f = np.nonzero(iou >= threshold)
    order = np.argsort(-iou[t, f], kind="stable")
    free_t, free_f = np.ones(len(area_t), bool), np.ones(len(area_f), bool)
    matches = 0
    for i, j in zip(t[order], f[order], strict=True):
        if free_t[i] and free_f[j]:
            free_t[i] = free_f[j] = False
            matches += 1
    return DetectionCounts(matches, matches, len(area_t), len(area_f))


def _without_ignored(
    truths: Sequence[npt.ArrayLike],
    found: Sequence[npt.ArrayLike],
    ignore: Sequence[bool] | None,
    limit: float,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Quads and overlaps without don't-care truths and the detections that lie in them."""
    skip = np.zeros(len(truths), bool) if ignore is None else np.asarray(ignore, bool)
    shared, area_t, area_f = overlaps(truths, found)
    inside = shared[skip] / np.maximum(area_f, 1e-9)[None]
    keep = ~(inside > limit).any(0) if skip.any() else np.ones(len(area_f), bool)
    care = np.asarray(truths, float).reshape(-1, 4, 2)[~skip]
    wanted = np.asarray(found, float).reshape(-1, 4, 2)[keep]
    return care, wanted, shared[~skip][:, keep], area_t[~skip], area_f[keep]


def _near(truths: Floats, found: Floats) -> Bools:
    """Pairs whose centres are nearer than the mean of their diagonals."""
    distance = np.linalg.norm(truths.mean(1)[:, None] - found.mean(1)[None], axis=-1)
    diagonal_t = np.linalg.norm(np.ptp(truths, axis=1), axis=-1)
    diagonal_f = np.linalg.norm(np.ptp(found, axis=1), axis=-1)
    return np.asarray(2 * distance < diagonal_t[:, None] + diagonal_f[None])

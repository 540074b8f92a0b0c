# SPDX-License-Identifier: Apache-2.0
"""Reading an image again, moved or from nearer, where the net is not sure of it.

A net that pools its maps does not read quite the same when an image is moved by a pixel or two.
What it is sure of stays; what it guesses changes, and the text that all looks agree on best is
right more often than that of any one of them. And letters that fill a small part of a picture's
height have few of the net's rows: without what is above and below they have more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.confidence import states_of, sum_over_paths
from recognizer.preprocessing import to_grey

Floats = npt.NDArray[np.float32]
Classes = tuple[int, ...]

#: Pixels to the right and down by which a line is moved for each further look: half a time step,
#: so that a stroke on the border between two comes to lie within one.
MOVES = ((2, 1), (-2, -1))
#: Parts of a picture's height that are looked at from nearer, by task.
ZOOMS = {"captcha": (0.75, 0.55), "expressions": (0.75,), "handwriting": (0.88,)}
#: Heights and widths, relative to a line's own, in which a doubtful line of a language is looked at
#: too: a face is set wider or narrower elsewhere, and a box drawn closer or with more around it.
STRETCHES = ((1.12, 1.12), (0.85, 0.85), (1.0, 1.25), (1.0, 0.8))
#: What each of these has to say beside the line as it is.
STRETCHED = 0.5
#: Print is looked at so where its probability is less than the former, in lines of no more time
#: steps than the latter: for more it would take more time than it is worth.
STRETCH_PRINT_BELOW, PRINT_STEPS = 0.4, 80
#: What a part of a picture's height has to say beside the whole picture, which has 1, as a plate
#: that was straightened has. The nearest view is for letters that the others hardly see.
WEIGHTS = {0.88: 0.7, 0.75: 0.7, 0.55: 0.1}
#: Degrees by which a plate is turned that may not have been straightened well, and what it has to
#: say then.
TURNS, TURNED = (5.0, -5.0), 0.5
#: A line that is right with less than this probability is read again with the language model, where
#: there is one, and looked at again, where that helps.
DOUBTFUL = 0.9
#: The same for plates, captchas and expressions, which no language helps and which are wrong as a
#: whole for one sign.
TASK_DOUBTFUL = 0.97
#: The same for second looks at print, of which there is much more than of anything else.
PRINT_BELOW = 0.6
_LEAST = 1e-30
_THIN = 3  # pixels; lines that are not thicker than letters' strokes do not count as ink
_LOWEST = 8  # rows that a part has at least


def moved(line: Floats, right: int, down: int) -> Floats:
    """A prepared line, (height, W) or (planes, height, W), moved; its edges are drawn out."""
    tall, wide = line.shape[-2:]
    rows = np.clip(np.arange(tall) - down, 0, tall - 1)
    columns = np.clip(np.arange(wide) - right, 0, wide - 1)
    return line[..., rows[:, None], columns]


def stretched(line: Floats, tall: float, wide: float) -> Floats:
    """A prepared line, (height, W) or (planes, height, W), larger or smaller about its middle.

    What no longer fits in its rows is cut off; rows that are left over repeat the outermost.

    Args:
        line: what to stretch.
        tall, wide: its new height and width, relative to what they were.
    """
    if line.ndim == 3:
        return np.stack([stretched(plane, tall, wide) for plane in line])
    rows, columns = line.shape
    size = max(_LOWEST, round(columns * wide)), max(1, round(rows * tall))
    shrinks = tall * wide < 1
    new = cv2.resize(line, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    over = size[1] - rows
    if over > 0:
        return np.ascontiguousarray(new[over // 2 : over // 2 + rows], np.float32)
    above = -over // 2
    new = cv2.copyMakeBorder(new, above, -over - above, 0, 0, cv2.BORDER_REPLICATE)
    return np.asarray(new, np.float32)


def turned(image: npt.NDArray[np.uint8], degrees: float) -> npt.NDArray[np.uint8]:
    """A picture turned about its middle, to the left where ``degrees`` are positive; its edges are
    drawn out."""
    tall, wide = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, tall / 2), degrees, 1.0)
    border = cv2.BORDER_REPLICATE
    new = cv2.warpAffine(image, matrix, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=border)
    return new.astype(np.uint8, copy=False)


def zoomed(image: npt.NDArray[np.uint8], share: float) -> npt.NDArray[np.uint8]:
    """A part of a picture's rows: so many of them around the middle of its ink.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        share: of the rows.
    """
    grey = to_grey(image)
    away = cv2.absdiff(grey, np.full_like(grey, np.median(grey)))
    thick = cv2.morphologyEx(away, cv2.MORPH_OPEN, np.ones((_THIN, _THIN), np.uint8))
    below = (thick.sum(1, dtype=np.float64) + 1e-3).cumsum()
    middle = int(np.searchsorted(below, below[-1] / 2))
    rows = min(len(grey), max(_LOWEST, round(share * len(grey))))
    top = min(max(0, middle - rows // 2), len(grey) - rows)
    return image[top : top + rows]


def stretches(preset: str, sure: float, steps: int) -> bool:
    """Whether a line is looked at in other proportions.

    Args:
        preset: the net's task.
        sure: probability that it is right.
        steps: its time steps.
    """
    if preset in ("", "latin"):
        return sure < STRETCH_PRINT_BELOW and steps <= PRINT_STEPS
    return sure < DOUBTFUL


def looks_below(preset: str, language: bool) -> float:
    """The probability of a line below which a second look at it is worth its time; 0 for none.

    Args:
        preset: the net's task.
        language: whether a language model has a say; without one, print gains nothing.
    """
    if preset in ("", "latin"):
        return PRINT_BELOW if language else 0.0
    return DOUBTFUL if language else TASK_DOUBTFUL


def best_agreed(
    views: Sequence[Sequence[Sequence[Floats]]],
    texts: Sequence[Sequence[Classes]],
    blank: int,
    prior: Callable[[Classes], float] | None = None,
    weights: Sequence[Sequence[float]] | None = None,
) -> list[tuple[Classes, float, int]]:
    """Of each line the text that all looks at all views of it together hold for the likeliest.

    The looks of one view must agree: their probabilities are multiplied. Views may differ, as one
    may have cut a letter's foot off or be too small: theirs are added.

    Args:
        views: of each line its views' looks, (T, classes) probabilities each.
        texts: of each line the classes of what the looks read.
        blank: class of the blank.
        prior: how likely a text is before it was seen, as a logarithm; all alike without one.
        weights: of each line's views; all alike without them.

    Returns:
        Of each line the text, its probability (the geometric mean of the looks) in the view that
        says most for it, and that view's number.
    """
    candidates = [sorted(set(read)) for read in texts]
    asked = [
        (look, text)
        for seen, read in zip(views, candidates, strict=True)
        for text in read
        for looks in seen
        for look in looks
    ]
    emitted = [states_of(look, text, blank) for look, text in asked]
    sums = np.log(np.maximum(sum_over_paths(emitted, [text for _, text in asked]), _LEAST))
    found: list[tuple[Classes, float, int]] = []
    for number, (seen, read) in enumerate(zip(views, candidates, strict=True)):
        starts = np.cumsum([0, *(len(looks) for looks in seen)])
        now, sums = np.split(sums, [len(read) * starts[-1]])
        now = np.add.reduceat(now.reshape(len(read), -1), starts[:-1], axis=1)
        means = np.exp(now / np.diff(starts))
        said = means if weights is None else means * weights[number]
        scores = np.log(said.sum(1)) + (0.0 if prior is None else [prior(text) for text in read])
        best = int(scores.argmax())
        view = int(said[best].argmax())
        found.append((read[best], float(means[best, view]), view))
    return found

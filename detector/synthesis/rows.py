# SPDX-License-Identifier: Apache-2.0
"""Rows of separate texts: tables, receipts, labels with values.

Texts beside each other are lines of their own when a column, a rule or a wide blank parts them;
SROIE parts them from about three quarters of a line's height on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.synthesis.canvas import Canvas, Style

GAP = 0.85  # of a line's height: the least blank between two texts of a row


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a row: ``x`` is its left edge, middle or right edge by ``anchor``."""

    x: float
    text: str
    anchor: str = "l"


def put_row(
    canvas: Canvas, cells: Sequence[Cell], baseline: float, style: Style, gap: float = GAP
) -> float:
    """Draw texts beside each other, each a line of its own.

    A text that would come nearer than ``gap`` line heights to one already drawn loses words from
    its end, or is left out.

    Args:
        canvas: The page.
        cells: Texts from left to right; those with the anchor "r" are measured first, because
            prices matter more than the names before them.
        baseline: Pixels.
        style: How to draw.
        gap: Least blank in line heights.

    Returns:
        The rightmost edge drawn, or 0.
    """
    taken: list[tuple[float, float]] = []
    first = len(canvas.lines)
    space = gap * style.height
    rightmost = 0.0
    for cell in sorted(cells, key=lambda c: c.anchor != "r"):
        text = cell.text
        while text:
            width = canvas.measure(text, style)
            left = cell.x - {"l": 0.0, "m": width / 2, "r": width}[cell.anchor]
            right = left + width
            if (
                width
                and all(right + space <= a or left - space >= b for a, b in taken)
                and left >= 2
                and right <= canvas.width - 2
            ):
                break
            text = text.rpartition(" ")[0]
        if not text:
            continue
        extent = canvas.put(cell.x, baseline, text, style, anchor=cell.anchor)
        if extent is not None:
            taken.append((extent.left, extent.right))
            rightmost = max(rightmost, extent.right)
    canvas.lines[first:] = sorted(canvas.lines[first:], key=lambda line: float(line.quad[0, 0]))
    return rightmost


def leaders(
    canvas: Canvas,
    x0: float,
    x1: float,
    baseline: float,
    left: str,
    right: str,
    style: Style,
    dot: str = ".",
    joined: bool = True,
) -> None:
    """A text, dots, and a text at the right edge, as in a table of contents.

    Args:
        canvas: The page.
        x0: Left edge of the first text.
        x1: Right edge of the last.
        baseline: Pixels.
        left: First text.
        right: Last text.
        style: How to draw.
        dot: What leads the eye.
        joined: Whether the dots reach both texts, which makes one line of them; otherwise they
            keep their distance and are no text.
    """
    width = canvas.measure(left, style)
    end = canvas.measure(right, style)
    start = x0 + width + style.blank * (1 if joined else 3)
    room = x1 - end - style.blank * (1 if joined else 3) - start
    count = int(room / max(1.0, style.length(dot)))
    if count < 4 or not width or not end or not canvas.words(dot, style):
        put_row(canvas, [Cell(x0, left), Cell(x1, right, "r")], baseline, style)
        return
    if not joined:
        put_row(canvas, [Cell(x0, left), Cell(x1, right, "r")], baseline, style)
        canvas.put_words([(start, dot * count)], baseline, style, label=False)
        return
    words: list[tuple[float, str]] = []
    x = x0
    for word in canvas.words(left, style):
        words.append((x, word))
        x += style.length(word) + style.blank
    words.append((start, dot * count))
    x = x1 - end
    for word in canvas.words(right, style):
        words.append((x, word))
        x += style.length(word) + style.blank
    canvas.put_words(words, baseline, style)

# SPDX-License-Identifier: Apache-2.0
"""Rows of characters on a plate, each in a cell of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recognizer.synthesis.plates.surface import Sheet

Rng = np.random.Generator
Box = tuple[float, float, float, float]
#: A character, its width and its height in millimetres; a blank is a gap.
Cell = tuple[str, float, float]

DIGITS = "0123456789"
BROAD = "023456789"  # as wide as each other, unlike 1


def same_cells(text: str, width: float, height: float) -> list[Cell]:
    """Cells of one size for all characters of a text."""
    return [(character, width, height) for character in text]


def set_row(
    sheet: Sheet,
    cells: Sequence[Cell],
    box: Box,
    snug: float,
    press: Callable[[str, Box], None],
) -> None:
    """Set characters side by side, so that they fill a box.

    Args:
        sheet: What to set them on.
        cells: The characters.
        box: x, y, width and height in millimetres; lower characters stand in the middle of its
            height.
        snug: Share of its cell's width that a character takes.
        press: Called with each character and the area it is to fill: x0, y0, x1, y1 in pixels.
    """
    x, y, width, height = box
    stretch = width / sum(cell[1] for cell in cells)
    for character, wide, tall in cells:
        if character != " ":
            ink = wide * stretch * snug
            left = x + (wide * stretch - ink) / 2
            area = sheet.cell(left, y + (height - tall) / 2, ink, tall)
            press(character, area)
            middle = (area[0] + area[2]) / 2, (area[1] + area[3]) / 2
            sheet.places.append((*middle, sheet.row))
        x += wide * stretch


def jitter(rng: Rng, box: Box) -> Box:
    """A box slightly elsewhere, slightly larger or smaller."""
    x, y, width, height = box
    grow = rng.uniform(0.93, 1.03, 2)
    dx, dy = rng.normal(0, 0.012, 2) * (width, height)
    return (
        x + dx + width * (1 - grow[0]) / 2,
        y + dy + height * (1 - grow[1]) / 2,
        width * grow[0],
        height * grow[1],
    )

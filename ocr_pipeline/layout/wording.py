# SPDX-License-Identifier: Apache-2.0
"""What the wording of lines says: whether a text runs on from one line to the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocr_pipeline.layout.boxes import Bools, Floats, quantile

# What may stand before a line's first word: numbers of lines, quotes, brackets.
_LEAD = re.compile(r"[\d\W_]+")
_HYPHEN = ("-", "\u2010", "\u00ad")
#: Fewer pairs of lines than this say nothing.
FEWEST = 4
#: Lines that reach further right than this share of a column's are ragged ends.
EDGE = 0.85


@dataclass(frozen=True, slots=True)
class Flow:
    """How often a sentence runs on from a line to the next.

    Attributes:
        begun: share of lines that begin with a lower-case letter, or follow a hyphen.
        filled: likewise, where moreover the line before is full: its room was used up.
    """

    begun: float
    filled: float


def flow(texts: Sequence[str], widths: Floats, rights: Floats) -> Flow | None:
    """How often sentences run on: in prose half the time, in tables next to never.

    Args:
        texts: of the lines of a column, from the top down.
        widths: (n,) of the lines, in pixels.
        rights: (n,) their right ends.

    Returns:
        None where there are too few lines, or no lower case to go by (capitals, Chinese).
    """
    full = full_lines(texts, widths, rights)
    pairs = begun = filled = 0
    for i in range(len(texts) - 1):
        above, below = texts[i], texts[i + 1]
        if any(map(str.islower, below)):
            goes_on = first_is_lower(below) or above.endswith(_HYPHEN)
            pairs += 1
            begun += goes_on
            filled += goes_on and bool(full[i])
    return Flow(begun / pairs, filled / pairs) if pairs >= FEWEST else None


def full_lines(texts: Sequence[str], widths: Floats, rights: Floats) -> Bools:
    """(n,) whether each line's room is used up: the next one's first word would not have fitted.

    Args:
        texts: of the lines of a column, from the top down.
        widths: (n,) of the lines, in pixels.
        rights: (n,) their right ends.
    """
    if not len(texts):
        return np.zeros(0, bool)
    edge = quantile(rights, EDGE)
    full = np.zeros(len(texts), bool)
    for i in range(len(texts) - 1):
        below = texts[i + 1].strip()
        word = below.split(" ", 1)[0]
        # With the blank before it.
        share = (len(word) + 1) / max(len(below), 1)
        full[i] = rights[i] + share * widths[i + 1] > edge
    return full


def first_is_lower(text: str) -> bool:
    """Whether the first word, after numbers and quotes, begins with a lower-case letter."""
    lead = _LEAD.match(text)
    return text[lead.end() if lead else 0 :][:1].islower()

# SPDX-License-Identifier: Apache-2.0
"""What a training leaves out of a labelled set: counted, with names, told once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

_NAMED = 3  # lines that are named for each reason


@dataclass(slots=True)
class LeftOut:
    """Lines of a set that cannot be trained on, by the reason.

    Attributes:
        root: the set.
        reasons: the lines of each reason, each with what is wrong with it.
    """

    root: Path
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, line: str) -> None:
        """Notes a line, described by its name and what is wrong with it."""
        self.reasons.setdefault(reason, []).append(line)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return sum(map(len, self.reasons.values()))

    def describe(self) -> str:
        """``12 labels have characters outside the alphabet (a.png: '§'; ...); 2 ...``."""
        parts = []
        for reason, lines in self.reasons.items():
            more = f"; and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
            parts.append(f"{len(lines)} {reason} ({'; '.join(lines[:_NAMED])}{more})")
        return "; ".join(parts)

    def tell(self, log: logging.Logger) -> None:
        """One warning for the set, if there is anything to say."""
        if self.count:
            log.warning(
                "%s: %d lines left out of training: %s", self.root, self.count, self.describe()
            )

# SPDX-License-Identifier: Apache-2.0
"""What an evaluation gives: a few figures for the set and all of them for each image."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

Figure = float | int | str


@dataclass(frozen=True)
class Evaluation:
    """Figures of one evaluation.

    Attributes:
        subject: ``detector``, ``recognizer`` or ``pipeline``.
        settings: what was measured on what: set, split, weights, options.
        summary: figures of the set, in the order in which they are printed. Rates are 0 to 1.
        items: figures of each image or line, best first as the set lists them.
        confusions: (expected, read, count) of the most frequent edits; recognizer only.
        weakest: (character, times wrong, times expected), the highest share first; likewise.
    """

    subject: str
    settings: dict[str, Any]
    summary: dict[str, Figure]
    items: list[dict[str, Any]] = field(repr=False, default_factory=list)
    confusions: list[tuple[str, str, int]] = field(repr=False, default_factory=list)
    weakest: list[tuple[str, int, int]] = field(repr=False, default_factory=list)

    def to_json(self) -> str:
        """Everything, with figures rounded to six digits."""
        plain: dict[str, Any] = {
            "subject": self.subject,
            "settings": self.settings,
            "summary": self.summary,
            "items": self.items,
        }
        if self.confusions:
            plain["confusions"] = self.confusions
        if self.weakest:
            plain["weakest"] = self.weakest
        return json.dumps(_rounded(plain), ensure_ascii=False, indent=1)

    def table(self) -> str:
        """The summary as lines of name and value, then confusions and weak characters."""
        rows = [(name, _shown(value)) for name, value in self.summary.items()]
        wide = max((len(name) for name, _ in rows), default=0)
        lines = [f"{name:<{wide}}  {value:>9}" for name, value in rows]
        if self.confusions:
            listed = "  ".join(f"{_sign(a)}>{_sign(b)} {n}" for a, b, n in self.confusions)
            lines.append(f"expected>read: {listed}")
        if self.weakest:
            listed = "  ".join(f"{_sign(c)} {a}/{n}" for c, a, n in self.weakest)
            lines.append(f"weakest characters: {listed}")
        return "\n".join(lines)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def _shown(value: Figure) -> str:
    return f"{value:.4f}" if isinstance(value, float) else f"{value}"


def _sign(text: str) -> str:
    """A character in the list of confusions: nothing and the space need a visible sign."""
    return {"": "\u2205", " ": "\u2423"}.get(text, text)


def spread_out(items: Sequence[T], limit: int | None) -> list[T]:
    """At most ``limit`` items from all over the list: sets are often sorted by kind."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i * len(items) // limit] for i in range(limit)]


def progress(items: Sequence[T], unit: str) -> Iterator[T]:
    """The items, with a bar on stderr where that is a terminal."""
    from tqdm import tqdm

    yield from tqdm(items, unit=unit, disable=None, leave=False)


def peak_memory_mb() -> float | None:
    """Greatest resident memory of this process so far in MB; None where it is not known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (1024 if sys.platform != "darwin" else 1024 * 1024))


def speed(seconds: Sequence[float]) -> dict[str, Figure]:
    """Median and mean seconds a page, for a summary."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return {
        "seconds a page, median": float(median),
        "seconds a page, mean": float(sum(ordered) / len(ordered)),
    }

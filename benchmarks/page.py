# SPDX-License-Identifier: Apache-2.0
"""The parts of docs/benchmarks.md that programs write, each between two marks."""

from __future__ import annotations

import platform
import statistics
from pathlib import Path
from typing import Any

#: Columns of the tables: name, heading, decimals.
_ACCURACY = (
    ("word F1", "word F1", 3),
    ("word F1, exact", "word F1, with case and signs", 3),
    ("CER in reading order", "CER in reading order", 4),
    ("DetEval hmean", "lines, DetEval", 3),
    ("lines with wrong blanks", "lines with wrong blanks", 3),
    ("CER", "CER of crops", 4),
    ("exact, letters and digits", "crops exact", 3),
)
_TIME = (
    ("seconds, median", "median s", 2),
    ("seconds, mean", "mean s", 2),
    ("seconds by Tesseract's", "by Tesseract's", 2),
)
_NAMES = {"ours": "ocr-pipeline", "tesseract": "Tesseract", "rapidocr": "RapidOCR"}


def replace_section(path: Path, name: str, text: str) -> None:
    """Puts a text between ``<!-- name -->`` and ``<!-- /name -->``, or at the end."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    content = path.read_text(encoding="utf-8") if path.is_file() else "# Benchmarks\n"
    if first not in content:
        content = f"{content.rstrip()}\n\n{first}\n{last}\n"
    before, _, rest = content.partition(first)
    after = rest.partition(last)[2]
    path.write_text(f"{before}{first}\n\n{text.strip()}\n\n{last}{after}", encoding="utf-8")


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def tables(found: dict[str, Any], picture: Path | None) -> str:
    """What ``peers.py`` found, in Markdown."""
    engines = list(found["versions"])
    parts = [
        f"{found['machine']}, {found['threads']} threads each. {found['note']}".strip(),
        "\n".join(f"- {_NAMES[name]}: {text}" for name, text in found["versions"].items()),
        _table(found, engines, _ACCURACY),
        _table(found, engines, _TIME),
        _memory(found),
        _page_modes(found),
    ]
    if picture is not None:
        parts.append(f"![Accuracy against time](images/{picture.name})")
    return "\n\n".join(part for part in parts if part)


def _table(
    found: dict[str, Any], engines: list[str], columns: tuple[tuple[str, str, int], ...]
) -> str:
    """A row for each set and figure, a column for each engine."""
    rows = [
        "| set | images | figure | " + " | ".join(_NAMES[name] for name in engines) + " |",
        "|---|--:|---|" + "--:|" * len(engines),
    ]
    for name, result in found["sets"].items():
        for key, heading, digits in columns:
            values = [result["engines"][engine].get(key) for engine in engines]
            if any(value is not None for value in values):
                shown = " | ".join("" if v is None else f"{v:.{digits}f}" for v in values)
                rows.append(f"| {name} | {result['images']} | {heading} | {shown} |")
    return "\n".join(rows)


def _memory(found: dict[str, Any]) -> str:
    peaks = [f"{_NAMES[name]} {value:.0f} MB" for name, value in found["peak MB"].items()]
    return f"Greatest memory over all sets, each in a process of its own: {', '.join(peaks)}."


def _page_modes(found: dict[str, Any]) -> str:
    """The settings that Tesseract was given."""
    shown = []
    for name, result in found["sets"].items():
        mode, _, times = result["page mode"].partition("x")
        if mode:
            shown.append(f"{name} {mode}" + (" at twice the size" if times else ""))
    return f"Tesseract's page modes: {', '.join(shown)}." if shown else ""


def plot_frontier(found: dict[str, Any], path: Path) -> Path | None:
    """Draws the mean word F1 of the page sets against the time, relative to Tesseract's.

    Returns:
        The picture; None without matplotlib, or where there is nothing to compare.
    """
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    sets = {name: one for name, one in found["sets"].items() if one["kind"] == "page"}
    if not sets or "tesseract" not in found["versions"]:
        return None
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for engine, marker in zip(found["versions"], "os^Dv", strict=False):
        points = [one["engines"][engine] for one in sets.values()]
        xs = [point["seconds by Tesseract's"] for point in points]
        ys = [point["word F1"] for point in points]
        drawn = axes.scatter(xs, ys, marker=marker, s=28, alpha=0.6)
        colour = drawn.get_facecolor()[0]
        middle = statistics.geometric_mean(xs), statistics.mean(ys)
        axes.scatter(*middle, marker=marker, s=150, color=colour, label=_NAMES[engine])
        for name, x, y in zip(sets, xs, ys, strict=True):
            axes.annotate(name, (x, y), (4, 3), textcoords="offset points", fontsize=6, alpha=0.7)
    axes.set_xscale("log")
    axes.set_xlabel("seconds a page, by Tesseract's (median)")
    axes.set_ylabel("word F1")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path

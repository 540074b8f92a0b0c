# SPDX-License-Identifier: Apache-2.0
"""How far a line's confidence can be believed: calibration error, and a plot.

    python benchmarks/confidence.py --data DATA

The plot shows, for each set, the share of lines read without error among those that are kept when
the least sure ones are left out, and how often lines of a confidence are right. Writes it and a
table into docs/benchmarks.md.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from page import replace_section

from ocr_pipeline.core.metrics import expected_calibration_error
from ocr_pipeline.evaluation.recognizer import Comparison, evaluate_recognizer
from ocr_pipeline.evaluation.report import spread_out
from recognizer import Recognizer
from recognizer.labels import read_labels

ROOT = Path(__file__).resolve().parents[1]
#: Split and comparison of each set; margins are those that the pipeline leaves around a line.
SETS = {
    "sroie": ("dev", Comparison(True, True, 0.2, 0.1)),
    "scribe_pages": (None, Comparison(True, False, 0.2, 0.1)),
    "uw3_lines": (None, Comparison(True)),
}
Claims = tuple[np.ndarray, np.ndarray]  # confidences, and whether each line was right


def claims(name: str, data: Path, limit: int, net: Recognizer) -> Claims:
    """Reads a set."""
    split, comparison = SETS[name]
    samples = spread_out(read_labels(data / name, split=split), limit)
    items = evaluate_recognizer(samples, net, comparison).items
    return np.array([x["confidence"] for x in items]), np.array([not x["edits"] for x in items])


def plot(found: dict[str, Claims], path: Path) -> None:
    """Two panels: accuracy against the share of lines kept, and against their confidence."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for name, (sure, correct) in found.items():
        order = np.argsort(-sure, kind="stable")
        kept = np.arange(1, len(sure) + 1)
        least = max(1, len(sure) // 50)  # fewer lines say nothing
        accuracy = np.cumsum(correct[order]) / kept
        left.plot(kept[least:] / len(sure), accuracy[least:], label=name)
        index = np.minimum((sure * 10).astype(int), 9)
        bins = [b for b in range(10) if (index == b).sum() >= 10]
        means = [(sure[index == b].mean(), correct[index == b].mean()) for b in bins]
        right.plot(*zip(*means, strict=True), marker="o", markersize=4, label=name)
    right.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    left.set(xlabel="share of lines kept, the surest first", ylabel="share of them without error")
    right.set(xlabel="confidence", ylabel="share of lines without error")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


@click.command(help=(__doc__ or "").split("\n")[0])
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--sets", default=",".join(SETS), show_default=True)
@click.option("--limit", default=2000, show_default=True, help="Lines of each set.")
@click.option("--recognizer", default="crnn-latin", show_default=True)
@click.option("--doc", type=click.Path(path_type=Path), default=ROOT / "docs" / "benchmarks.md")
def main(data: Path, sets: str, limit: int, recognizer: str, doc: Path) -> None:
    """Reads the sets, and writes plot and table."""
    net = Recognizer.from_weights(recognizer)
    found = {name: claims(name, data, limit, net) for name in sets.split(",")}
    picture = doc.parent / "images" / "confidence.png"
    plot(found, picture)
    rows = ["| set | lines | right | calibration error | right among the surest 80 % |"]
    rows.append("|---|--:|--:|--:|--:|")
    for name, (sure, correct) in found.items():
        error = expected_calibration_error(sure, correct)
        surest = correct[np.argsort(-sure, kind="stable")][: max(1, round(0.8 * len(sure)))]
        rows.append(
            f"| {name} | {len(sure)} | {correct.mean():.3f} | {error:.3f} | {surest.mean():.3f} |"
        )
    text = "\n".join([*rows, "", f"![Confidence against accuracy](images/{picture.name})"])
    click.echo(text)
    replace_section(doc, "confidence", text)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""This project, Tesseract and RapidOCR on the same images: accuracy, seconds, memory.

    python benchmarks/peers.py --data DATA

DATA is a folder of labelled sets (docs/labels.md). Every image goes to each engine that is
installed, one after the other, so that whatever else the machine does meets all alike; each runs
in a process of its own with two threads, its models loaded before. Tesseract gets, for each set,
the page mode (and twice the image's size, where that helps it) that serves it best on a few of its
images. Writes the tables and the versions into docs/benchmarks.md, everything into a JSON file,
and a plot of accuracy against time. Takes about a quarter of an hour on two idle cores.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from engines import ENGINES, installed
from page import plot_frontier, processor, replace_section, tables
from scores import Scores, text_of

from ocr_pipeline.core import metrics
from ocr_pipeline.core.groundtruth import LabeledPage, read_crop_set, read_page_set
from ocr_pipeline.core.metrics import Matches
from ocr_pipeline.evaluation.pipeline import page_text, place_unit
from ocr_pipeline.evaluation.report import progress, spread_out

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """A set: the kind of its images, its split to measure on, and how many of them by default."""

    kind: str
    split: str | None = None
    limit: int = 24


SETS = {
    "sroie": Kind("page", "dev", 24),
    "funsd": Kind("page", None, 24),
    "scribe_pages": Kind("page", None, 8),
    "ic13_borndigital": Kind("page", None, 40),
    "unlv_pages": Kind("page", None, 10),
    "uw3_lines": Kind("line", None, 50),
    "iiit5k": Kind("word", None, 150),
}
PAGE_MODES = ("3", "4", "6", "11")
_LOW = 1100  # pixels of height below which twice the size is tried as well


class Worker:
    """An engine in a process of its own."""

    def __init__(self, name: str, settings: dict[str, Any]) -> None:
        program = Path(__file__).with_name("engines.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), name, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.version = str(self._answer()["version"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise click.ClickException(f"{self.process.args[2]} ended; see above")  # type: ignore[index]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request; see ``engines.py``."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Lets the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def best_setting(worker: Worker, pages: Sequence[LabeledPage]) -> str:
    """Tesseract's page mode, and scale, of the best word F1 on a few pages."""
    heights = [page.height for page in pages]
    scales = ("", "x2") if statistics.median(heights) < _LOW else ("",)
    scored: dict[str, float] = {}
    for setting in (mode + scale for scale in scales for mode in PAGE_MODES):
        total = Matches()
        for page in pages:
            answer = worker.ask(image=str(page.image), kind="page", setting=setting)
            total += metrics.match_words(page_text(page), text_of(answer.get("lines", ())))
        scored[setting] = total.f1
    return max(scored, key=scored.__getitem__)


def compare_pages(
    pages: Sequence[LabeledPage], workers: dict[str, Worker], setting: str
) -> dict[str, Scores]:
    """Each page read by each engine in turn."""
    scores = {name: Scores() for name in workers}
    unit = place_unit(pages)
    for page in progress(pages, "page"):
        for name, worker in workers.items():
            answer = worker.ask(image=str(page.image), kind="page", setting=setting)
            scores[name].failed += "error" in answer
            scores[name].seconds.append(answer.get("seconds", 0.0))
            scores[name].add_page(page, answer.get("lines", []), unit)
    return scores


def compare_crops(
    crops: Sequence[tuple[Path, str]], workers: dict[str, Worker], kind: str
) -> dict[str, Scores]:
    """Each crop read by each engine in turn."""
    scores = {name: Scores() for name in workers}
    for path, label in progress(crops, kind):
        for name, worker in workers.items():
            answer = worker.ask(image=str(path), kind=kind)
            scores[name].failed += "error" in answer
            scores[name].seconds.append(answer.get("seconds", 0.0))
            scores[name].add_crop(label, answer.get("lines", []))
    return scores


def ratios(scores: dict[str, Scores], base: str) -> dict[str, float]:
    """Median over images of an engine's seconds by those of another one."""
    if base not in scores:
        return {}
    theirs = scores[base].seconds
    return {
        name: statistics.median(a / max(b, 1e-3) for a, b in zip(own.seconds, theirs, strict=True))
        for name, own in scores.items()
    }


def measure(name: str, data: Path, limit: int, tries: int, workers: dict[str, Worker]) -> Any:
    """Figures of a set by engine."""
    kind, setting, caseless = SETS[name], "", False
    if kind.kind == "page":
        pages = spread_out(read_page_set(data / name, kind.split), limit)
        for worker in workers.values():  # the first call pays for lazy set-up
            worker.ask(image=str(pages[0].image), kind="page", setting="")
        if "tesseract" in workers:
            setting = best_setting(workers["tesseract"], spread_out(pages, tries))
        scores = compare_pages(pages, workers, setting)
        caseless = not any(c.islower() for page in pages for c in page_text(page))
    else:
        crops = spread_out(read_crop_set(data / name, kind.split), limit)
        for worker in workers.values():
            worker.ask(image=str(crops[0][0]), kind=kind.kind)
        scores = compare_crops(crops, workers, kind.kind)
    # Next to its start, a line is too quick for Tesseract's seconds to be told.
    relative = ratios(scores, "tesseract") if kind.kind == "page" else {}
    engines = {
        engine: {**own.figures(caseless), **_ratio(relative, engine)}
        for engine, own in scores.items()
    }
    count = len(next(iter(scores.values())).seconds)
    return {"kind": kind.kind, "images": count, "page mode": setting, "engines": engines}


def _ratio(relative: dict[str, float], engine: str) -> dict[str, float]:
    return {"seconds by Tesseract's": relative[engine]} if engine in relative else {}


def start(names: Sequence[str], threads: int, backend: str) -> dict[str, Worker]:
    """The engines that are installed, this project first."""
    workers = {}
    for name in names:
        if installed(name):
            settings = {"threads": threads, **({"backend": backend} if name == "ours" else {})}
            workers[name] = Worker(name, settings)
            click.echo(f"{name}: {workers[name].version}", err=True)
        else:
            click.echo(f"{name}: not installed, left out", err=True)
    return workers


@click.command(help=(__doc__ or "").split("\n")[0])
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--sets", default=",".join(SETS), show_default=True, help="Sets, comma-separated.")
@click.option("--limit", type=click.IntRange(1), help="Images of each set, taken from all over.")
@click.option("--engines", default=",".join(ENGINES), show_default=True)
@click.option("--tries", default=3, show_default=True, help="Images that choose the page mode.")
@click.option("--threads", default=2, show_default=True)
@click.option("--backend", default="auto", show_default=True, help="What runs this project's nets.")
@click.option("--doc", type=click.Path(path_type=Path), default=ROOT / "docs" / "benchmarks.md")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="All figures.")
@click.option("--note", default="", help="A sentence for the document: what else ran beside.")
def main(
    data: Path,
    sets: str,
    limit: int | None,
    engines: str,
    tries: int,
    threads: int,
    backend: str,
    doc: Path,
    json_path: Path | None,
    note: str,
) -> None:
    """Measures and writes."""
    wanted = sets.split(",")
    for name in wanted:
        if name not in SETS:
            raise click.ClickException(f"--sets {name}: use {', '.join(SETS)}")
    workers = start(engines.split(","), threads, backend)
    results = {}
    for name in wanted:
        if not (data / name / "labels.jsonl").is_file():
            click.echo(f"{data / name}: not there, left out", err=True)
            continue
        results[name] = measure(name, data, limit or SETS[name].limit, tries, workers)
        click.echo(f"{name}: {json.dumps(results[name]['engines'], indent=1)}", err=True)
    found = {
        "versions": {name: worker.version for name, worker in workers.items()},
        "machine": f"{processor()}, {platform.system()}, Python {platform.python_version()}",
        "threads": threads,
        "note": note,
        "peak MB": {name: worker.ask(peak=True)["peak"] for name, worker in workers.items()},
        "sets": results,
    }
    for worker in workers.values():
        worker.close()
    if json_path is not None:
        json_path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    picture = plot_frontier(found, doc.parent / "images" / "frontier.png")
    replace_section(doc, "peers", tables(found, picture))
    click.echo(f"{doc}", err=True)


if __name__ == "__main__":
    main()

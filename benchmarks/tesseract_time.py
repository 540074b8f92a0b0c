# SPDX-License-Identifier: Apache-2.0
"""Times this pipeline and the ``tesseract`` program image by image in one run.

    python benchmarks/tesseract_time.py --data DATA/sroie --split dev

Each image goes to both, in turns, so that whatever else the machine does meets both alike. The
pipeline's models are loaded before; its seconds are those of reading the file, finding and
reading the lines. Tesseract is started anew for each image, as its users do, with
OMP_THREAD_LIMIT=1 (with more threads it spins); a start loads its model, so its seconds are also
given less those of a blank image of a few pixels, measured between the images.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from PIL import Image

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.groundtruth import read_page_set
from ocr_pipeline.core.metrics import Matches, match_words
from ocr_pipeline.evaluation.pipeline import page_text
from ocr_pipeline.evaluation.report import progress, spread_out
from ocr_pipeline.options import DEFAULT_DETECTOR, DEFAULT_RECOGNIZER, RunOptions


def tesseract(image: Path, tessdata: Path | None, language: str) -> tuple[str, float]:
    """Tesseract's text of an image and the seconds of the whole call."""
    command = ["tesseract", str(image), "stdout", "-l", language]
    if tessdata is not None:
        command += ["--tessdata-dir", str(tessdata)]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise InputError(f"{image}: tesseract failed: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace"), seconds


def blank_image(folder: Path) -> Path:
    """A blank image: what Tesseract needs for it is the cost of its start."""
    path = folder / "blank.png"
    Image.new("L", (64, 32), 255).save(path)
    return path


def summary(rows: list[dict[str, Any]], start: float) -> dict[str, float]:
    """Medians of the seconds and of their ratio, image by image."""
    ours = [row["seconds"] for row in rows]
    theirs = [row["tesseract_seconds"] for row in rows]
    net = [max(seconds - start, 1e-3) for seconds in theirs]
    return {
        "seconds a page, median, pipeline": statistics.median(ours),
        "seconds a page, median, tesseract": statistics.median(theirs),
        "seconds of a start, median, tesseract": start,
        "ratio, median": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "ratio, median, start subtracted": statistics.median(
            a / b for a, b in zip(ours, net, strict=True)
        ),
        "images where the pipeline is faster": sum(a < b for a, b in zip(ours, theirs, strict=True))
        / len(rows),
    }


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--split")
@click.option("--limit", type=click.IntRange(1), help="N images taken from all over.")
@click.option("--detector", default=DEFAULT_DETECTOR, show_default=True)
@click.option("--recognizer", default=DEFAULT_RECOGNIZER, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--precision", default="auto", show_default=True)
@click.option("--threads", default=2, show_default=True, help="CPU threads of the pipeline.")
@click.option("--tessdata", type=click.Path(path_type=Path, exists=True), help="Model folder.")
@click.option("--language", default="eng", show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    data: Path,
    split: str | None,
    limit: int | None,
    detector: str,
    recognizer: str,
    device: str,
    precision: str,
    threads: int,
    tessdata: Path | None,
    language: str,
    json_path: Path | None,
) -> None:
    """Median ratio of seconds and word F1 of the pipeline and of Tesseract on a set of pages."""
    from ocr_pipeline.pipeline import Pipeline

    if shutil.which("tesseract") is None:
        raise click.ClickException("no tesseract program here (Debian: apt install tesseract-ocr)")
    pages = spread_out(read_page_set(data, split), limit)
    options = RunOptions(
        detector=detector,
        recognizer=recognizer,
        device=device,
        precision=precision,
        threads=threads,
    )
    pipeline = Pipeline(options)
    pipeline.read(pages[0].image)  # the first call pays for lazy set-up
    rows: list[dict[str, Any]] = []
    ours, theirs = Matches(), Matches()
    starts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        blank = blank_image(Path(folder))
        tesseract(blank, tessdata, language)
        for page in progress(pages, "page"):
            started = time.perf_counter()
            text = pipeline.read(page.image).text
            seconds = time.perf_counter() - started
            other, other_seconds = tesseract(page.image, tessdata, language)
            starts.append(tesseract(blank, tessdata, language)[1])
            ours += match_words(page_text(page), text)
            theirs += match_words(page_text(page), other)
            row = {"seconds": seconds, "tesseract_seconds": other_seconds}
            rows.append({"image": page.image.name, **row})
    figures: dict[str, Any] = {
        "pages": len(rows),
        "threads of the pipeline": threads,
        **summary(rows, statistics.median(starts)),
        "word F1, pipeline": ours.f1,
        "word F1, tesseract": theirs.f1,
    }
    for name, value in figures.items():
        click.echo(f"{name:<38} {value:.4f}" if isinstance(value, float) else f"{name:<38} {value}")
    if json_path is not None:
        json_path.write_text(json.dumps({"summary": figures, "items": rows}, indent=1))


if __name__ == "__main__":
    main()

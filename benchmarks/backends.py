# SPDX-License-Identifier: Apache-2.0
"""Accuracy, time and memory of each backend and precision on the same pages.

    python benchmarks/backends.py --data DATA/sroie --split dev --limit 20

Each reads the pages in a process of its own, so that memory and start-up are its own. Writes a
table into docs/backends.md. int8 takes part where its files are: ocr export --int8 makes them.
"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import Any

import click
from page import processor, replace_section

from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.core.groundtruth import read_page_set
from ocr_pipeline.evaluation.pipeline import evaluate_pipeline
from ocr_pipeline.evaluation.report import spread_out
from ocr_pipeline.options import RunOptions

ROOT = Path(__file__).resolve().parents[1]
FORMS = (
    *(("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8")),
    *(("openvino", "fp32"), ("openvino", "bf16"), ("openvino", "int8")),
)


def measure(data: Path, split: str | None, limit: int, options: RunOptions) -> dict[str, Any]:
    """Figures of one backend, or why there are none."""
    from ocr_pipeline.pipeline import Pipeline

    started = time.perf_counter()
    try:
        pipeline: Any = Pipeline(options)
    except OcrError as error:
        return {"error": str(error)}
    ready = time.perf_counter() - started
    result = evaluate_pipeline(spread_out(read_page_set(data, split), limit), pipeline)
    runs = [x.session.description for x in (pipeline.detector, pipeline.recognizer)]
    return {**result.summary, "ready": ready, "runs": " and ".join(dict.fromkeys(runs))}


@click.command(help=(__doc__ or "").split("\n")[0])
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--split")
@click.option("--limit", default=20, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--doc", type=click.Path(path_type=Path), default=ROOT / "docs" / "backends.md")
@click.option("--note", default="", help="A sentence for the document: what else ran beside.")
def main(data: Path, split: str | None, limit: int, threads: int, doc: Path, note: str) -> None:
    """Measures one after the other, and writes the table."""
    rows = [
        f"{limit} pages of {data.name}, {threads} threads, {processor()}. {note}".strip(),
        "",
        "| backend | precision | word F1 | median s a page | ready after s | peak MB |",
        "|---|---|--:|--:|--:|--:|",
    ]
    context = multiprocessing.get_context("spawn")
    for backend, precision in FORMS:
        options = RunOptions(backend=backend, precision=precision, threads=threads)
        with context.Pool(1) as pool:
            found = pool.apply(measure, (data, split, limit, options))
        click.echo(f"{backend} {precision}: {found}", err=True)
        if "error" not in found:
            rows.append(
                f"| {backend} | {precision} | {found['word F1']:.4f} "
                f"| {found['seconds a page, median']:.2f} | {found['ready']:.1f} "
                f"| {found['peak memory, MB']:.0f} |"
            )
    replace_section(doc, "backends", "\n".join(rows))


if __name__ == "__main__":
    main()

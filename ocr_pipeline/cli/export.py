# SPDX-License-Identifier: Apache-2.0
"""``ocr export``: nets as ONNX and OpenVINO files, in float32 or int8."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from ocr_pipeline.core.errors import BackendError, UsageError
from ocr_pipeline.options import DEFAULT_DETECTOR, DEFAULT_RECOGNIZER

#: Rendered images that int8 is calibrated on.
PAGES, LINES = 100, 300
Draw = Callable[[Mapping[str, Any]], Iterable[Any]]


@click.command()
@click.option("--detector", help="Detector to export: bundled name or weights file.")
@click.option("--recognizer", help="Recognizer to export: bundled name or weights file.")
@click.option(
    "--to",
    type=click.Choice(["onnx", "openvino"]),
    default="onnx",
    show_default=True,
    help="NAME.onnx, which both runtimes read, or NAME.xml with NAME.bin.",
)
@click.option(
    "--int8", is_flag=True, help="Quantise to eight bits, calibrated on rendered pages and lines."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the rendered images."
)
def export(
    detector: str | None, recognizer: str | None, to: str, int8: bool, out: Path, seed: int
) -> None:
    """Write nets as files that run without torch.

    Without --detector and --recognizer, both default nets are written. A file holds all that a
    run needs: ocr run --recognizer crnn-latin.onnx. Files beside their weights, or in the
    cache folder, are found by themselves.
    """
    if detector is None and recognizer is None:
        detector, recognizer = DEFAULT_DETECTOR, DEFAULT_RECOGNIZER
    if detector is not None:
        from detector.calibration import batches as pages
        from detector.net import NET

        _export(NET, detector, to, out, partial(pages, count=PAGES, seed=seed) if int8 else None)
    if recognizer is not None:
        from recognizer.calibration import batches as lines
        from recognizer.net import NET as READER

        draw = partial(lines, count=LINES, seed=seed) if int8 else None
        _export(READER, recognizer, to, out, draw)


def _export(net: Any, name: str, to: str, out: Path, draw: Draw | None) -> None:
    """Writes one net; quantised if there is a function that draws images to calibrate on."""
    from ocr_pipeline.core.backends.convert import save_openvino
    from ocr_pipeline.core.backends.quantise import header_text, quantise
    from ocr_pipeline.core.backends.store import build_model, origin
    from ocr_pipeline.core.images import write_atomic
    from ocr_pipeline.core.weights import SUFFIX, find_weights, read_header

    weights = find_weights(name, net.kind)
    if weights.suffix != SUFFIX:
        raise UsageError(f"{weights}: already exported; name its weights file ({SUFFIX})")
    model = build_model(net, weights)
    mark = ""
    if draw is not None:
        drawn = list(draw(read_header(weights)))
        changes = origin(weights, "int8") | {"calibrated_on": len(drawn)}
        model = quantise(model, drawn, changes, **_how(net.kind, to))
        mark = ".int8"
    path = out / f"{weights.stem}{mark}.{'onnx' if to == 'onnx' else 'xml'}"
    runs = json.loads(header_text(model)).get("backends", [to])
    if to not in runs:
        raise BackendError(f"{path}: {to} does not run the int8 form well; use --to {runs[0]}")
    if to == "onnx":
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, model)
    else:
        save_openvino(model, path)
    click.echo(f"{path}  {_size(path) / 1e6:.1f} MB")


def _how(kind: str, to: str) -> dict[str, Any]:
    """How a net is quantised, as measured (docs/backends.md)."""
    if kind == "detector":
        return {}  # its recurrent layer is a small part, and two backends run what they share
    if to == "onnx":
        return {"recurrent": True}
    return {"spared": 2}  # OpenVINO computes the first ones wrongly where they are quantised


def _size(path: Path) -> int:
    files = (path, path.with_suffix(".bin")) if path.suffix == ".xml" else (path,)
    return sum(file.stat().st_size for file in files)

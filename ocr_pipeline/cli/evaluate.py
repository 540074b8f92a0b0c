# SPDX-License-Identifier: Apache-2.0
"""``ocr evaluate``: measures a stage or the whole pipeline on a labelled set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_pipeline.cli.decoding_flags import DECODING, decoding_flags
from ocr_pipeline.cli.evaluate_flags import common_flags, rendered_flags
from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.errors import DataError, UsageError
from ocr_pipeline.evaluation.report import Evaluation, spread_out
from ocr_pipeline.layout_options import ORIENTATIONS
from ocr_pipeline.options import DEFAULT_DETECTOR, DEFAULT_RECOGNIZER
from recognizer.plates import CODECS
from recognizer.tasks import load_preset

if TYPE_CHECKING:
    from ocr_pipeline.cli.evaluate_rendered import RenderOrder
    from ocr_pipeline.evaluation.recognizer import Comparison

# What detector and pipeline together leave around a line: a labelled box is cut with as much.
MARGIN_X, MARGIN_Y = 0.2, 0.1


@click.group()
def evaluate() -> None:
    """Measure a stage or the whole pipeline on a labelled set."""


@evaluate.command()
@common_flags()
@click.option("--detector", default=DEFAULT_DETECTOR, show_default=True, help="Name or file.")
def detector(detector: str, **common: Any) -> None:
    """Line detection: precision, recall and hmean by DetEval and at IoU 0.5."""
    from detector import Detector
    from ocr_pipeline.core.groundtruth import read_page_set
    from ocr_pipeline.evaluation.detector import evaluate_detector, pages_with_boxes

    _check_out(common)
    pages = pages_with_boxes(read_page_set(common["data"], common["split"]), common["data"])
    net = Detector.from_weights(detector, **_runs_on(common))
    result = evaluate_detector(
        spread_out(pages, common["limit"]),
        net,
        common["worst"],
        common["out"],
        _settings(common, detector=detector),
    )
    _report(result, common)


@evaluate.command()
@common_flags(needs_data=False)
@rendered_flags
@click.option(
    "--recognizer", help=f"Name or file; {DEFAULT_RECOGNIZER}, or the weights of the task rendered."
)
@click.option(
    "--evaluate-values", is_flag=True, help="Compare values of arithmetic expressions as well."
)
@click.option("--format", "label_format", default="auto", show_default=True, help="Label layout.")
@click.option("--alphabet-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--index-base", type=click.IntRange(0, 1))
@click.option(
    "--codec", type=click.Choice(list(CODECS)), help="How labels become texts: see docs/plates.md."
)
@decoding_flags
@click.option(
    "--normalise",
    is_flag=True,
    help="Compare quotes, dashes, ellipsis and ligatures in their ASCII form.",
)
@click.option("--ignore-case", is_flag=True, help="Compare without case.")
@click.option(
    "--pad-x", default=MARGIN_X, show_default=True, help="Margin of crops out of pages, in heights."
)
@click.option("--pad-y", default=MARGIN_Y, show_default=True, help="Likewise above and below.")
def recognizer(
    recognizer: str | None,
    evaluate_values: bool,
    task: str | None,
    count: int,
    seed: int,
    workers: int,
    font_dirs: tuple[Path, ...],
    corpus: tuple[Path, ...],
    label_format: str,
    alphabet_file: Path | None,
    index_base: int | None,
    codec: str | None,
    normalise: bool,
    ignore_case: bool,
    pad_x: float,
    pad_y: float,
    **common: Any,
) -> None:
    """Readings of crops, or of lines cut from pages: CER, WER, exact, Jaro, calibration.

    White space is collapsed on both sides. See docs/results.md for what --normalise does.
    """
    from ocr_pipeline.cli.evaluate_rendered import RenderOrder
    from ocr_pipeline.core.arithmetic import value_of
    from ocr_pipeline.evaluation.recognizer import Comparison, evaluate_recognizer
    from recognizer import DecodeOptions, Recognizer
    from recognizer.labels import read_labels, translate

    _check_out(common)
    if (task is None) == (common["data"] is None):
        raise UsageError("name a labelled set with --data, or a task with --rendered")
    decoding = {name: common.pop(name) for name in DECODING}
    compared = {"normalise": normalise, "ignore_case": ignore_case}
    if task is not None:
        values = evaluate_values or task == "expressions"
        order = RenderOrder(task, common["limit"] or count, seed, workers, font_dirs, corpus)
        compare = Comparison(**compared, value_of=value_of if values else None)
        _report(_evaluate_rendered(order, recognizer, compare, decoding, common), common)
        return
    recognizer = recognizer or DEFAULT_RECOGNIZER
    samples = read_labels(common["data"], label_format, alphabet_file, index_base, common["split"])
    samples, refused = translate(samples, codec)
    for sample, reason in refused:
        click.echo(f"left out: {sample.name}: {reason}", err=True)
    if not samples:
        raise DataError(f"{common['data']}: --codec {codec} reads none of its labels")
    chosen = DecodeOptions(**decoding)
    net = Recognizer.from_weights(recognizer, decoding=chosen, **_runs_on(common))
    result = evaluate_recognizer(
        spread_out(samples, common["limit"]),
        net,
        Comparison(
            **compared, pad_x=pad_x, pad_y=pad_y, value_of=value_of if evaluate_values else None
        ),
        common["worst"],
        common["out"],
        _settings(
            common,
            recognizer=recognizer,
            **decoding,
            padding=(pad_x, pad_y),
            **compared,
        ),
    )
    _report(result, common)


def _evaluate_rendered(
    order: RenderOrder,
    name: str | None,
    comparison: Comparison,
    decoding: dict[str, Any],
    common: dict[str, Any],
) -> Evaluation:
    """Reads rendered images with the recognizer of that name, or the one of their task."""
    from ocr_pipeline.cli.evaluate_rendered import evaluate_rendered
    from recognizer import DecodeOptions, Recognizer

    name = name or load_preset(order.task).options["name"]
    chosen = DecodeOptions(**decoding)
    return evaluate_rendered(
        order,
        Recognizer.from_weights(name, decoding=chosen, **_runs_on(common)),
        comparison,
        common["worst"],
        common["out"],
        _settings(common, recognizer=name, **decoding, rendered=order.task, seed=order.seed),
    )


@evaluate.command()
@common_flags()
@click.option("--detector", default=DEFAULT_DETECTOR, show_default=True, help="Name or file.")
@click.option("--recognizer", default=DEFAULT_RECOGNIZER, show_default=True, help="Name or file.")
@click.option("--detector-device", help="Device of the detector alone.")
@click.option("--recognizer-device", help="Device of the recognizer alone.")
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True)
@click.option("--min-score", type=float, help="Detector score below which a line is dropped.")
@click.option("--min-confidence", type=float, help="Likewise for the recognizer.")
@click.option("--orientation", type=click.Choice(ORIENTATIONS), default="auto", show_default=True)
@click.option("--deskew/--no-deskew", default=True, show_default=True)
@click.option("--layout/--no-layout", default=True, show_default=True)
@click.option(
    "--rotate",
    type=click.Choice(["0", "90", "180", "270"]),
    default="0",
    help="Turn each page clockwise before it is read; its labels stay where they belong.",
)
@click.option("--skew", type=click.FloatRange(-45, 45), default=0.0, help="Slant it, likewise.")
@click.option(
    "--wildcard",
    default="~",
    show_default=True,
    help="Character of the reference that stands for any one character; '' for none.",
)
@click.option(
    "--normalise/--no-normalise",
    default=None,
    help="Compare typography in ASCII; by default where a page's reference is ASCII.",
)
def pipeline(
    detector: str,
    recognizer: str,
    detector_device: str | None,
    recognizer_device: str | None,
    batch_size: int,
    min_score: float | None,
    min_confidence: float | None,
    orientation: str,
    deskew: bool,
    layout: bool,
    rotate: str,
    skew: float,
    wildcard: str,
    normalise: bool | None,
    **common: Any,
) -> None:
    """Pages end to end: order-free word F1, CER in reading order, words in place, speed."""
    from ocr_pipeline.core.groundtruth import read_page_set
    from ocr_pipeline.evaluation.pipeline import PageOptions, evaluate_pipeline
    from ocr_pipeline.evaluation.turned import TurnedPipeline
    from ocr_pipeline.options import RunOptions
    from ocr_pipeline.pipeline import Pipeline

    _check_out(common)
    if len(wildcard) > 1:
        raise UsageError(f"--wildcard is one character, not {wildcard!r}")
    pages = spread_out(read_page_set(common["data"], common["split"]), common["limit"])
    weights = {"detector": detector, "recognizer": recognizer}
    options = RunOptions(
        detector=detector,
        recognizer=recognizer,
        device=common["device"],
        detector_device=detector_device,
        recognizer_device=recognizer_device,
        backend=common["backend"],
        precision=common["precision"],
        threads=common["threads"],
        batch_size=batch_size,
        min_score=min_score,
        min_confidence=min_confidence,
        orientation=orientation,
        deskew=deskew,
        layout=layout,
    )
    reader = TurnedPipeline(Pipeline(options), int(rotate), skew)
    is_turned = bool(reader.rotation or skew)
    result = evaluate_pipeline(
        pages,
        reader if is_turned else reader.pipeline,
        PageOptions(wildcard, normalise),
        common["worst"],
        common["out"],
        _settings(
            common, **weights, wildcard=wildcard, normalise=normalise, rotate=rotate, skew=skew
        ),
    )
    if is_turned and reader.pages:
        result.summary["pages turned right"] = reader.right / reader.pages
    _report(result, common)


def _check_out(common: dict[str, Any]) -> None:
    if common["worst"] and common["out"] is None:
        raise UsageError("--worst draws pictures: say where with --out FOLDER")


def _settings(common: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept = {key: common[key] for key in ("split", "limit", *_RUNS_ON)}
    data = common["data"]
    return {"set": data.name if data else "rendered", **kept, **more}


_RUNS_ON = ("device", "precision", "backend", "threads")


def _runs_on(common: dict[str, Any]) -> dict[str, Any]:
    """The flags that say what runs a net."""
    return {key: common[key] for key in _RUNS_ON}


def _report(result: Evaluation, common: dict[str, Any]) -> None:
    click.echo(result.table())
    if common["json_path"] is not None:
        write_atomic(common["json_path"], result.to_json().encode())
    if common["worst"]:
        click.echo(f"worst cases: {common['out']}", err=True)

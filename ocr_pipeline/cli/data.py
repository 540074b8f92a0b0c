# SPDX-License-Identifier: Apache-2.0
"""``ocr data``: looks at labelled data as the trainers will read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_pipeline.core.errors import ExitCode
from recognizer.labels import FORMATS
from recognizer.plates import CODECS
from recognizer.tasks import PRESETS

if TYPE_CHECKING:
    from recognizer.alphabet import Alphabet
    from recognizer.label_check import Finding, LabelReport, Target
    from recognizer.labels import LabeledImage

_SHOWN = 5


@click.group()
def data() -> None:
    """Check labelled data as the trainers will read it."""


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format", type=click.Choice(FORMATS), default="auto", show_default=True, help="Label layout."
)
@click.option(
    "--alphabet-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File of characters that the numbers of the index format refer to, one a line.",
)
@click.option(
    "--index-base",
    type=click.Choice(["0", "1"]),
    help="Number of that file's first line; 0 by default if it is the space.",
)
@click.option("--split", help="Split named in split.json; all images by default.")
@click.option(
    "--images",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder that image names are relative to.",
)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Task to be trained for.")
@click.option("--recognizer", help="Weights file or bundled name to be trained further.")
@click.option(
    "--alphabet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File of the characters to be learnt, one a line, instead of the task's.",
)
@click.option(
    "--codec", type=click.Choice(list(CODECS)), help="How labels become texts, such as A18sk6897."
)
@click.option("--samples", default=8, show_default=True, help="Decoded samples to print.")
@click.option("--limit", type=click.IntRange(1), help="Look at the first N samples only.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Picture of the samples to write.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check(
    path: Path,
    format: str,
    alphabet_file: Path | None,
    index_base: str | None,
    split: str | None,
    images: Path | None,
    preset: str | None,
    recognizer: str | None,
    alphabet: Path | None,
    codec: str | None,
    samples: int,
    limit: int | None,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Read a set of labelled crops as the trainer will, and say what is wrong with it.

    PATH is a folder (labels in the file names, or in labels.jsonl, .csv, .tsv, .txt), a label
    file, or an LMDB folder. The exit code is 6 if no sample can be used.
    """
    from recognizer.label_check import check_labels
    from recognizer.labels import read_labels, translate

    base = None if index_base is None else int(index_base)
    listed = read_labels(path, format, alphabet_file, base, split, images)[:limit]
    listed, refused = translate(listed, codec)
    if alphabet is None and not (recognizer or preset or codec):
        alphabet = alphabet_file
    target = _target(recognizer, preset or codec or "latin", alphabet)
    report = check_labels(_progress(listed), target)
    report.refuse(refused)
    picked = _spread_out(listed, samples)
    if sheet is not None:
        _write_sheet(picked, sheet)
    if as_json:
        shown = [{"name": item.name, "text": item.text} for item in picked]
        click.echo(json.dumps({**report.to_dict(), "samples": shown}, ensure_ascii=False, indent=1))
    else:
        _print(report, picked, target.alphabet)
    if not report.usable:
        click.echo(f"ocr: error: {path}: no sample of it can be trained on", err=True)
        raise click.exceptions.Exit(int(ExitCode.DATA))


def _target(recognizer: str | None, preset: str, characters: Path | None) -> Target:
    """The net that is to be trained: an old one's like, or a task's, with an alphabet given."""
    from recognizer.alphabet import Alphabet
    from recognizer.label_check import Target
    from recognizer.layers import Columns
    from recognizer.train_options import RecognizerTrainOptions

    if recognizer is not None:
        from ocr_pipeline.core.weights import find_weights, read_header

        header = read_header(find_weights(recognizer, "recognizer"))
        size = header["preprocessing"]
        columns = Columns.of(header["architecture"], header["config"])
        target = Target(
            Alphabet.from_header(header), int(size["height"]), int(size.get("width", 0)), columns
        )
    else:
        options = RecognizerTrainOptions.for_preset(preset)
        columns = Columns.of(options.architecture, options.config)
        target = Target(options.characters(), options.height, options.line_width, columns)
    if characters is None:
        return target
    from recognizer.label_files import read_characters

    return replace(target, alphabet=Alphabet.of(dict.fromkeys(read_characters(characters))))


def _progress(samples: Sequence[LabeledImage]) -> Iterator[LabeledImage]:
    from tqdm import tqdm

    # None: no bar where stderr is not a terminal.
    yield from tqdm(samples, unit="image", disable=None, leave=False)


def _spread_out(samples: Sequence[LabeledImage], count: int) -> list[LabeledImage]:
    """Samples from all over the set: a set is often sorted."""
    count = min(count, len(samples))
    return [samples[i * len(samples) // count] for i in range(count)]


def _write_sheet(samples: Sequence[LabeledImage], path: Path) -> None:
    from ocr_pipeline.core.errors import InputError
    from recognizer.preprocessing import scale_to_height, to_grey
    from recognizer.sheet import lines_sheet

    pictures = []
    for sample in samples:
        try:
            pictures.append((scale_to_height(to_grey(sample.load()), 32), sample.text))
        except InputError:
            continue  # the report names it
    lines_sheet(pictures, path)


def _print(report: LabelReport, samples: Sequence[LabeledImage], alphabet: Alphabet) -> None:
    click.echo("samples, as decoded:")
    for sample in samples:
        click.echo(f"  {sample.name}  {sample.text!r}")
    rows: list[tuple[str, Any]] = [
        ("samples", report.total),
        ("usable", report.usable),
        ("unreadable images", len(report.unreadable)),
        ("empty labels", len(report.empty)),
        *([("labels that the codec refuses", len(report.refused))] if report.refused else ()),
        ("labels outside the alphabet", len(report.outside)),
        ("labels too long for their width", len(report.too_long)),
        ("duplicate images", len(report.repeated)),
        ("  with contradicting labels", len(report.contradicting)),
        ("distinct characters", f"{len(report.characters)} (the net knows {alphabet.classes - 1})"),
    ]
    if report.usable:
        for name, values in (("width at the net's height", "widths"), ("label length", "lengths")):
            spread = report.to_dict()[values]
            rows.append((name, "{min} to {max}, median {median}".format(**spread)))
    wide = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{wide}}  {value}")
    if report.missing:
        listed = ", ".join(f"{c!r} in {n}" for c, n in report.missing.most_common(12))
        click.echo(f"characters outside the alphabet: {listed}")
    for name in (
        "unreadable",
        "empty",
        "refused",
        "outside",
        "too_long",
        "contradicting",
        "repeated",
    ):
        _print_findings(name.replace("_", " "), getattr(report, name))


def _print_findings(name: str, findings: Sequence[Finding]) -> None:
    for finding in findings[:_SHOWN]:
        click.echo(f"{name}: {finding.name} {finding.text!r}: {finding.reason}")
    if len(findings) > _SHOWN:
        click.echo(f"{name}: and {len(findings) - _SHOWN} more (--json lists all)")

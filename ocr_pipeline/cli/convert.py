# SPDX-License-Identifier: Apache-2.0
"""``ocr convert``: results in one format to others, without reading any image again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ocr_pipeline.cli.run import FormatList
from ocr_pipeline.core.errors import ExitCode, InputError, OcrError, UsageError


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the results."
)
@click.option(
    "--format",
    "formats",
    type=FormatList(),
    required=True,
    help="What to write, separated by commas: txt, md, json, jsonl, tsv, csv, hocr, alto, page.",
)
@click.option("--characters", is_flag=True, help="Write each character to hOCR, ALTO and PAGE.")
@click.option("-q", "--quiet", is_flag=True, help="No summary; only failures.")
def convert(
    inputs: tuple[str, ...], out: Path, formats: tuple[str, ...], characters: bool, quiet: bool
) -> None:
    """Turn results into other formats.

    INPUT is a result (JSON, JSONL, hOCR, ALTO or PAGE, of this program or another), a folder of
    them or a glob in quotes. Each gives NAME.SUFFIX in the output folder.

    Exit codes: 0 all converted, 1 some failed, 2 wrong usage, 3 none could be converted.
    """
    from ocr_pipeline.exchange.convert import convert as convert_one
    from ocr_pipeline.exchange.convert import find_results
    from ocr_pipeline.exchange.files import FORMATS

    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise UsageError(f"--format {','.join(unknown)!r}: use {', '.join(FORMATS)}")
    files = find_results(inputs)
    if not files:
        raise InputError(f"{', '.join(inputs)}: no result in there")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be made a folder ({error.strerror})") from error
    failures = 0
    for file in files:
        try:
            convert_one(file, out, formats, characters)
        except UsageError:
            raise
        except OcrError as error:
            failures += 1
            click.echo(f"ocr: error: {error}", err=True)
        except OSError as error:
            raise OcrError(f"{out}: cannot be written ({error.strerror or error})") from error
    if not quiet:
        click.echo(f"{len(files) - failures} converted, {failures} failed", err=True)
    if failures:
        sys.exit(int(ExitCode.INPUT if failures == len(files) else ExitCode.SOME_FAILED))

# SPDX-License-Identifier: Apache-2.0
"""``ocr run``: images in, text out."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_pipeline.batch_options import ENGINES, BatchOptions, Shard, parse_size
from ocr_pipeline.cli.decoding_flags import decoding_flags
from ocr_pipeline.cli.signals import stop_on_signals
from ocr_pipeline.core.errors import ExitCode, InputError, UsageError
from ocr_pipeline.core.train_options import config_option
from ocr_pipeline.layout_options import ORIENTATIONS
from ocr_pipeline.options import (
    BACKENDS,
    DEFAULT_FORMATS,
    FORMATS,
    LANGS,
    PLATE_LABELS,
    PRECISIONS,
    RunOptions,
)
from ocr_pipeline.read_options import PDF_TEXT

if TYPE_CHECKING:
    from ocr_pipeline.batch import Report
    from ocr_pipeline.readers.inputs import InputFile

_DEFAULTS = {field.name: field.default for field in fields(RunOptions)}
_STDOUT = "-"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters at least: no drive


class FormatList(click.ParamType):
    """Names separated by commas, or a list in a TOML file."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of names."""
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",")]
        return tuple(name for name in value if name)


class NameList(FormatList):
    """Names separated by commas, or a list in a TOML file."""

    name = "names"


class ShardParam(click.ParamType):
    """``2/8``."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A shard."""
        return Shard.parse(value) if isinstance(value, str) else value


class Size(click.ParamType):
    """``8GB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Bytes."""
        return parse_size(value) if isinstance(value, str) else value


def _option(flag: str, **kwargs: Any) -> Any:
    """A flag with the default of the field of its name."""
    default = _DEFAULTS[flag.lstrip("-").partition("/")[0].replace("-", "_")]
    return click.option(flag, default=default, show_default=default not in (None, 0), **kwargs)


@click.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option(
    "--files-from",
    multiple=True,
    metavar="FILE",
    help="A file with one input a line; - is standard input. May be given several times.",
)
@click.option("-0", "--null", is_flag=True, help="Inputs in --files-from end with a zero byte.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the results; - writes them to standard output, in one format.",
)
@click.option(
    "--format",
    type=FormatList(),
    default=",".join(DEFAULT_FORMATS),
    show_default=True,
    help=f"What to write, separated by commas: {', '.join(FORMATS)}.",
)
@_option("--dpi", type=int, help="Resolution of rendered PDF pages, where it is not a scan's own.")
@_option(
    "--pdf-text",
    type=click.Choice(PDF_TEXT),
    help="PDF pages that hold text: keep, skip or ocr it; auto keeps it unless a scan hides it.",
)
@_option("--password", envvar="OCR_PASSWORD", help="Opens encrypted PDFs and zips; $OCR_PASSWORD.")
@_option("--pages", help="Pages of each document, as in 1-3,7,10-.")
@_option("--overlay-text", is_flag=True, help="Write the text beside the page of the overlay.")
@_option("--overlay-words", is_flag=True, help="Draw the outlines of words in the overlay.")
@_option("--characters", is_flag=True, help="Write each character to hOCR, ALTO and PAGE.")
@_option("--detector", help="Detector: bundled name or weights file.")
@_option(
    "--lang",
    type=click.Choice(LANGS),
    help="Language: en (all of Western Europe's), zh, or auto, which decides line by line.",
)
@_option("--recognizer", help="Recognizer instead of the language's: bundled name or file.")
@_option(
    "--plate-labels",
    type=click.Choice(PLATE_LABELS),
    help="Form of Korean plates: as they are, with blanks, romanised, or romanised and spaced.",
)
@_option("--evaluate", is_flag=True, help="Give the values of arithmetic expressions as well.")
@_option(
    "--detect/--no-detect", help="Find lines first; --no-detect takes each image for one line."
)
@_option(
    "--orientation",
    type=click.Choice(ORIENTATIONS),
    help="Degrees by which pages are turned clockwise; auto finds out.",
)
@_option("--deskew/--no-deskew", help="Make the lines of slanted pages level.")
@_option("--layout/--no-layout", help="Read column by column; tell blocks and paragraphs apart.")
@_option("--device", help="auto, cpu, cuda, cuda:N or mps, for both stages.")
@_option("--detector-device", help="Device of the detector alone.")
@_option("--recognizer-device", help="Device of the recognizer alone.")
@_option(
    "--backend", type=click.Choice(BACKENDS), help="What runs the nets; auto: the fastest there is."
)
@_option("--precision", type=click.Choice(PRECISIONS), help="Arithmetic of the nets.")
@_option("--threads", type=int, help="Threads of the nets on a CPU; 0: the backend's choice.")
@_option("--batch-size", type=int, help="Lines that are read at once.")
@_option(
    "--beam",
    type=int,
    help="Prefixes kept by beam search; 0 decodes greedily; the recognizer's own when left out.",
)
@_option("--lexicon", type=click.Path(path_type=Path), help="Text file of the words allowed.")
@_option("--ngram", type=click.Path(path_type=Path), help="Text file that beam search learns from.")
@decoding_flags
@_option("--min-score", type=float, help="Drop lines of which the detector is less sure (0 to 1).")
@_option(
    "--min-confidence", type=float, help="Drop lines of which the recognizer is less sure (0 to 1)."
)
@_option("--pdf-a", is_flag=True, help="Write searchable PDFs as PDF/A-2b.")
@_option("--pdf-upright", is_flag=True, help="Turn pages of PDFs that were found sideways.")
@_option("--pdf-language", help="Language tag for PDFs, such as en or zh-Hans.")
@click.option("--workers", type=int, default=0, help="Processes that read pages; 0 chooses.")
@click.option("--devices", type=NameList(), help="A worker for each: cuda:0,cuda:1.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    help="ray: workers are actors of a Ray cluster; $RAY_ADDRESS, or one started here.",
)
@click.option("--shard", type=ShardParam(), default="1/1", help="Read one part of n: 2/8.")
@click.option("--retry", type=int, default=0, help="Tries more for pages that fail.")
@click.option("--timeout", type=float, help="Seconds that a page may take; 0: no limit.")
@click.option("--memory", type=Size(), help="Most memory to use: 8GB.")
@click.option("--review-below", type=float, help="List lines of less confidence for a person.")
@click.option("--redo", is_flag=True, help="Read again what was read before.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first page or file that fails.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json writes a line for each event to standard error.",
)
@config_option
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; only failures.")
def run(
    inputs: tuple[str, ...],
    files_from: tuple[str, ...],
    null: bool,
    out: Path,
    quiet: bool,
    dry_run: bool,
    log_format: str,
    **values: Any,
) -> None:
    """Read the text of images and PDFs.

    INPUT is a file, a folder (searched with its sub-folders), a zip, a glob in quotes, an address
    such as s3://..., @FILE for a list of inputs, or - for standard input. Each document gives
    NAME.txt, NAME.json and NAME.overlay.jpg in the output folder. A run that was killed goes on
    when the same command is given again; what is done is not done twice.

    Exit codes: 0 all read, 1 some inputs failed, 2 wrong usage, 3 no input could be read,
    4 weights, 5 device, 130 interrupted.
    """
    if not inputs and not files_from:
        raise UsageError("name an INPUT, or a list of them with --files-from")
    find = partial(_find, inputs, files_from, null)
    names = {field.name for field in fields(BatchOptions)}
    given = {name: values.pop(name) for name in names & set(values)}
    batch = BatchOptions(**{**given, "devices": given["devices"] or ()})
    if _ADDRESS.match(str(out)):
        raise UsageError(f"--out {out}: results go to local folders only; copy them from there")
    folder = None if str(out) == _STDOUT else out
    if folder is None:
        values["format"] = _one_format(values["format"])
    options = RunOptions(**values)
    if dry_run:
        _dry_run(find(folder), folder, options, batch)
        return
    with stop_on_signals() as signals:
        files = find(folder)
        from ocr_pipeline.batch.engine import Batch
        from ocr_pipeline.batch.progress import Bar, JsonLog

        quiet = quiet or folder is None
        log = JsonLog() if log_format == "json" else Bar(quiet)
        deliver = _Deliver(options.format[0]) if folder is None else None
        try:
            with Batch(folder, options, batch, observe=log, deliver=deliver) as running:
                signals.stop = running.stop
                report = running.run(files)
        except BrokenPipeError:
            _give_up_stdout()
            sys.exit(int(ExitCode.SOME_FAILED))
        finally:
            log.close()
    _tell(report, quiet, log_format)
    sys.exit(int(report.exit_code))


def _one_format(names: tuple[str, ...]) -> tuple[str, ...]:
    """The format of ``--out -``."""
    from ocr_pipeline.writers import STREAM_WRITERS

    if names == DEFAULT_FORMATS:
        return ("txt",)
    if len(names) != 1 or names[0] not in STREAM_WRITERS:
        formats = ", ".join(STREAM_WRITERS)
        raise UsageError(f"--out - takes one --format, of {formats}")
    return names


def _find(
    inputs: tuple[str, ...], lists: tuple[str, ...], null: bool, out: Path | None
) -> list[InputFile]:
    from ocr_pipeline.batch.preview import known_outputs
    from ocr_pipeline.readers.inputs import find_inputs

    skip = known_outputs(out) if out is not None else ()
    files = find_inputs(inputs, out, lists, null, skip)
    if not files:
        raise InputError(f"{', '.join(inputs + lists)}: no image or PDF in there")
    return files


def _dry_run(
    files: list[InputFile], out: Path | None, options: RunOptions, batch: BatchOptions
) -> None:
    """Says what would become of each file."""
    from ocr_pipeline.batch.preview import preview

    for verdict, name, target in preview(files, out, options, batch):
        why = f" ({verdict.why})" if verdict.why else ""
        click.echo(f"{verdict.action}{why}\t{name}\t{target}")


class _Deliver:
    """Writes documents to standard output, texts with a form feed between them.

    Args:
        name: the format.
    """

    def __init__(self, name: str) -> None:
        self.separator = b"\f" if name in ("txt", "md") else b""
        self.first = True

    def __call__(self, data: bytes) -> None:
        """Writes a document."""
        sink = sys.stdout.buffer
        sink.write(data if self.first else self.separator + data)
        sink.flush()
        self.first = False


def _give_up_stdout() -> None:
    """Lets the interpreter end without a word about a reader that went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(report: Report, quiet: bool, log_format: str) -> None:
    """The summary, for people; machines have had theirs."""
    if log_format == "json":
        return
    if not quiet or report.failures or report.interrupted:
        click.echo(report.table(), err=True)

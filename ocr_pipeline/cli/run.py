# SPDX-License-Identifier: Apache-2.0
"""``ocr run``: images in, text out."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.core.train_options import config_option
from ocr_pipeline.options import DEFAULT_FORMATS, FORMATS, PRECISIONS, RunOptions
from ocr_pipeline.read_options import PDF_TEXT

_DEFAULTS = {field.name: field.default for field in fields(RunOptions)}


class FormatList(click.ParamType):
    """Names separated by commas, or a list in a TOML file."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of names."""
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",")]
        return tuple(name for name in value if name)


def _option(flag: str, **kwargs: Any) -> Any:
    """A flag with the default of the field of its name."""
    default = _DEFAULTS[flag.lstrip("-").partition("/")[0].replace("-", "_")]
    return click.option(flag, default=default, show_default=default not in (None, 0), **kwargs)


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the results."
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
@_option("--detector", help="Detector: bundled name or weights file.")
@_option("--recognizer", help="Recognizer: bundled name or weights file.")
@_option(
    "--detect/--no-detect", help="Find lines first; --no-detect takes each image for one line."
)
@_option("--device", help="auto, cpu, cuda, cuda:N or mps, for both stages.")
@_option("--detector-device", help="Device of the detector alone.")
@_option("--recognizer-device", help="Device of the recognizer alone.")
@_option("--precision", type=click.Choice(PRECISIONS), help="Arithmetic of the nets.")
@_option("--threads", type=int, help="Threads of the nets on a CPU; 0 leaves PyTorch's choice.")
@_option("--batch-size", type=int, help="Lines that are read at once.")
@_option("--beam", type=int, help="Prefixes kept by beam search; 0 decodes greedily.")
@_option("--lexicon", type=click.Path(path_type=Path), help="Text file of the words allowed.")
@_option("--ngram", type=click.Path(path_type=Path), help="Text file that beam search learns from.")
@_option("--min-score", type=float, help="Drop lines of which the detector is less sure (0 to 1).")
@_option(
    "--min-confidence", type=float, help="Drop lines of which the recognizer is less sure (0 to 1)."
)
@_option("--pdf-a", is_flag=True, help="Write searchable PDFs of images as PDF/A-2b.")
@_option("--pdf-upright", is_flag=True, help="Turn pages of PDFs that were found sideways.")
@_option("--pdf-language", help="Language tag for PDFs, such as en or zh-Hans.")
@config_option
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; only failures.")
def run(inputs: tuple[str, ...], out: Path, quiet: bool, **values: Any) -> None:
    """Read the text of images.

    INPUT is a file, a folder (searched with its sub-folders) or a glob in quotes. Each input
    gives NAME.txt, NAME.json and NAME.overlay.jpg in the output folder.

    Exit codes: 0 all read, 1 some inputs failed, 2 wrong usage, 3 no input could be read,
    4 weights, 5 device, 130 interrupted.
    """
    options = RunOptions(**values)
    if "pdf" in options.format:
        from ocr_pipeline.writers.pdf import require_pikepdf

        require_pikepdf()
    from ocr_pipeline.readers.inputs import find_inputs

    files = find_inputs(inputs, out)
    if not files:
        raise InputError(f"{', '.join(inputs)}: no image in there")
    _make_folder(out)
    with _termination_as_interrupt():
        from ocr_pipeline.batch import run_batch
        from ocr_pipeline.pipeline import Pipeline

        pipeline = Pipeline(options)
        with _progress(len(files), quiet) as advance:
            report = run_batch(pipeline, files, out, options, advance)
    if not quiet or report.failures:
        click.echo(report.summary(), err=True)
    sys.exit(int(report.exit_code))


def _make_folder(out: Path) -> None:
    """Makes the output folder before any work is done.

    Raises:
        UsageError: if it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be made a folder ({error.strerror})") from error


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: the file at hand is dropped, the others are whole."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread, where signals are not ours to handle
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Any]:
    """A bar on stderr, if that is a terminal."""
    from tqdm import tqdm

    off = quiet or not sys.stderr.isatty()
    with tqdm(total=total, unit="file", disable=off, file=sys.stderr, leave=False) as bar:

        def advance(file: Any, report: Any) -> None:
            bar.set_postfix(pages=report.pages, lines=report.lines, failed=len(report.failures))
            bar.update()

        yield advance

# SPDX-License-Identifier: Apache-2.0
"""``ocr watch``: a folder whose documents are read as they come."""

from __future__ import annotations

import sys
import threading
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.cli.run import run
from ocr_pipeline.cli.signals import stop_on_signals
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.options import RunOptions

# Options of ``ocr run`` that name its input, or make no sense for one that has no end.
_NOT_HERE = {"inputs", "files_from", "null", "dry_run", "redo", "shard"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--settle",
    type=float,
    default=3.0,
    show_default=True,
    help="Seconds for which a file must not have changed before it is read.",
)
@click.option(
    "--interval",
    type=float,
    default=5.0,
    show_default=True,
    help="Seconds between two looks at the folder.",
)
@click.option("--poll", is_flag=True, help="Use no events of the file system (network drives).")
def watch(
    folder: Path,
    settle: float,
    interval: float,
    poll: bool,
    out: Path,
    quiet: bool,
    log_format: str,
    **values: Any,
) -> None:
    """Read the documents of FOLDER and of its sub-folders, and those that come, until stopped.

    A file is read once it has stopped growing; links, hidden files and those with names of
    temporary ones are left out. Ctrl-C or SIGTERM ends it. Started again, it goes on: what is
    done is not done twice, and what came meanwhile is read.

    Exit codes: 0 all read, 1 some files failed, 2 wrong usage, 4 weights, 5 device,
    130 ended while a document was being read (the next start reads it).
    """
    from ocr_pipeline.batch.engine import Batch
    from ocr_pipeline.batch.preview import known_outputs
    from ocr_pipeline.batch.progress import Bar, JsonLog
    from ocr_pipeline.batch.report import Report
    from ocr_pipeline.batch.watch import WatchOptions
    from ocr_pipeline.batch.watch import watch as watch_folder

    how = WatchOptions(settle, interval, poll)
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder to watch")
    if str(out) == "-":
        raise UsageError("--out: watching needs a folder for its results")
    names = {field.name for field in fields(BatchOptions)}
    given = {name: values.pop(name) for name in names & set(values)}
    batch = BatchOptions(**{**given, "devices": given["devices"] or ()})
    options = RunOptions(**values)
    stop = threading.Event()
    log = JsonLog() if log_format == "json" else Bar(quiet)

    def say(report: Report) -> None:
        if log_format != "json" and (not quiet or report.failures):
            for failure in report.failures:
                click.echo(f"failed: {failure.reason}", err=True)
            if not quiet:
                click.echo(f"{report.files} read, {report.failed} failed", err=True)

    with stop_on_signals() as signals:
        try:
            with Batch(out, options, batch, observe=log) as running:

                def end() -> None:
                    stop.set()
                    running.stop()

                signals.stop = end
                if not quiet and log_format != "json":
                    click.echo(f"watching {folder}; Ctrl-C ends it", err=True)
                report = watch_folder(folder, running, how, stop, partial(known_outputs, out), say)
        finally:
            log.close()
    if not quiet and log_format != "json":
        click.echo(report.table(), err=True)
    sys.exit(int(report.exit_code))


watch.params += [option for option in run.params if option.name not in _NOT_HERE]

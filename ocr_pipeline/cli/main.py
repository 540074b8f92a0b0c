# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``ocr``: a group whose commands are imported only when they are called."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from ocr_pipeline import __version__
from ocr_pipeline.core.errors import ExitCode, OcrError


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command lives (``module:attribute``) and the line that the help shows for it."""

    target: str
    help: str

    def load(self) -> click.Command:
        """Imports the command."""
        module, _, attribute = self.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command), self.target
        return command


class LazyGroup(click.Group):
    """A group that lists its commands without importing them.

    Errors of the project's own family end the program with their exit code and one line on
    stderr, Ctrl-C with 130, both without a traceback.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a newcomer needs them."""
        return [*self.lazy, *sorted(set(self.commands) - set(self.lazy))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command that is asked for."""
        if cmd_name in self.lazy:
            return self.lazy[cmd_name].load()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list from the short helps kept here: ``--help`` imports no command."""
        rows = [(name, lazy.help) for name, lazy in self.lazy.items()]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command and turns the project's errors into exit codes."""
        try:
            return super().invoke(ctx)
        except OcrError as error:
            click.echo(f"ocr: error: {error}", err=True)
            ctx.exit(int(error.exit_code))
        except OSError as error:
            if error.errno == errno.EPIPE or (
                error.filename is None and error.errno != errno.ENOSPC
            ):
                raise  # click ends quietly on a closed pipe; the others are faults of the program
            where = "" if error.filename is None else f"{error.filename}: "
            click.echo(f"ocr: error: {where}{error.strerror}", err=True)
            ctx.exit(int(ExitCode.SOME_FAILED))
        except KeyboardInterrupt:
            click.echo("ocr: interrupted", err=True)
            ctx.exit(int(ExitCode.INTERRUPTED))


_CLI = "ocr_pipeline.cli"
COMMANDS = {
    "run": Lazy(f"{_CLI}.run:run", "Read the text of images, folders and globs."),
    "serve": Lazy(f"{_CLI}.serve:serve", "Serve a web page and an HTTP API."),
    "watch": Lazy(f"{_CLI}.watch:watch", "Read the documents of a folder as they come."),
    "convert": Lazy(f"{_CLI}.convert:convert", "Turn results into other formats."),
    "train": Lazy(f"{_CLI}.train:train", "Train a detector or a recognizer."),
    "evaluate": Lazy(f"{_CLI}.evaluate:evaluate", "Measure a stage or the whole pipeline."),
    "bench": Lazy(f"{_CLI}.bench:bench", "Measure where a page's time goes."),
    "export": Lazy(f"{_CLI}.export:export", "Write nets as ONNX and OpenVINO files."),
    "average": Lazy(f"{_CLI}.average:command", "Average weights of one net."),
    "calibrate": Lazy("recognizer.calibrate:command", "Make confidences say what they mean."),
    "synth": Lazy(f"{_CLI}.synth:synth", "Render training lines and pages."),
    "data": Lazy(f"{_CLI}.data:data", "Check labelled data as the trainers will read it."),
    "models": Lazy(f"{_CLI}.models:models", "List the weights that are installed."),
    "info": Lazy(f"{_CLI}.info:info", "Print versions, devices, fonts: what a bug report needs."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ocr")
def cli() -> None:
    """Text from images, and the training of the two nets that find and read it."""


def main(args: Sequence[str] | None = None) -> None:
    """The console script."""
    # Texts hold any character; a terminal or pipe of another encoding must not end the program.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    cli.main(args=list(args) if args is not None else None, prog_name="ocr")


if __name__ == "__main__":
    main()

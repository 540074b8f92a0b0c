# SPDX-License-Identifier: Apache-2.0
"""Options of the training loop, as a dataclass, as command-line flags and from a TOML file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from ocr_pipeline.core.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class TrainOptions:
    """How long, how fast and where to train; the same for every net.

    Attributes:
        out: folder for checkpoint, best weights and log.
        max_minutes: wall-clock budget; the schedule ends with it. None: no limit.
        max_steps: optimizer steps; the schedule ends with them. None: no limit.
        lr: peak learning rate of AdamW.
        warmup: steps of linear warm-up.
        weight_decay: decoupled weight decay.
        clip: largest gradient norm; 0 switches clipping off.
        ema: decay of the averaged weights that are validated and shipped; 0 switches it off.
        device, precision, threads: as for running; ``threads`` 0 leaves PyTorch's own choice.
        workers: processes that render and load data; 0 does it in the training process.
        seed: of the initial weights and of the data.
        log_every: steps between two lines of the log.
        eval_minutes, eval_steps: time or steps between validations, whichever comes first.
        patience: validations without a better metric before stopping; 0 never stops early.
        save_minutes: time between checkpoints.
        resume: go on from the checkpoint in ``out``, exactly.
        init_from: weights file or bundled name to start a new run from.
        compile: run the net through ``torch.compile``.
        cpu_time: count the CPU time of the training process in place of wall-clock time, in the
            budget and everywhere else, so that other work on the machine costs a run nothing.
    """

    out: Path
    max_minutes: float | None = None
    max_steps: int | None = None
    lr: float = 1e-3
    warmup: int = 300
    weight_decay: float = 0.01
    clip: float = 5.0
    ema: float = 0.999
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0
    workers: int = 0
    seed: int = 0
    log_every: int = 50
    eval_minutes: float = 10.0
    eval_steps: int | None = None
    patience: int = 0
    save_minutes: float = 5.0
    resume: bool = False
    init_from: str | None = None
    compile: bool = False
    cpu_time: bool = False

    def __post_init__(self) -> None:
        if self.max_minutes is None and self.max_steps is None:
            raise UsageError("say how long to train: --max-minutes, --max-steps or both")
        for name in ("max_minutes", "max_steps", "lr", "log_every"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise UsageError(f"--{name.replace('_', '-')} must be above 0, not {value}")
        for name in ("warmup", "weight_decay", "clip", "workers", "patience", "threads"):
            if getattr(self, name) < 0:
                raise UsageError(f"--{name.replace('_', '-')} must not be negative")
        if not 0 <= self.ema < 1:
            raise UsageError(f"--ema must lie in [0, 1), not {self.ema}")
        if self.resume and self.init_from:
            raise UsageError("--resume continues a run and --init-from starts one: use only one")


_FLAGS: tuple[tuple[str, Any, str], ...] = (
    ("max-minutes", float, "Wall-clock budget in minutes; the schedule ends with it."),
    ("max-steps", int, "Optimizer steps; the schedule ends with them."),
    ("lr", float, "Peak learning rate of AdamW."),
    ("warmup", int, "Steps of linear warm-up."),
    ("weight-decay", float, "Decoupled weight decay."),
    ("clip", float, "Largest gradient norm; 0 switches clipping off."),
    ("ema", float, "Decay of the averaged weights; 0 switches them off."),
    ("device", str, "auto, cpu, cuda, cuda:N or mps."),
    ("precision", str, "auto, fp32, bf16 or fp16."),
    ("threads", int, "Threads of the net on a CPU; 0 leaves PyTorch's choice."),
    ("workers", int, "Processes that render and load data."),
    ("seed", int, "Seed of the initial weights and of the data."),
    ("log-every", int, "Steps between two lines of the log."),
    ("eval-minutes", float, "Minutes between validations."),
    ("eval-steps", int, "Steps between validations."),
    ("patience", int, "Validations without progress before stopping; 0: never."),
    ("save-minutes", float, "Minutes between checkpoints."),
    ("init-from", str, "Weights to start a new run from: a file or a bundled name."),
)


def training_flags(command: _F) -> _F:
    """Adds the flags of :class:`TrainOptions` and ``--config`` to a click command."""
    defaults = {field.name: field.default for field in fields(TrainOptions)}
    for name, kind, text in reversed(_FLAGS):
        default = defaults[name.replace("-", "_")]
        command = click.option(
            f"--{name}", type=kind, default=default, show_default=default is not None, help=text
        )(command)
    command = click.option("--cpu-time", is_flag=True, help="Count CPU time, not wall-clock.")(
        command
    )
    command = click.option("--compile", is_flag=True, help="Run through torch.compile.")(command)
    command = click.option(
        "--resume", is_flag=True, help="Go on, exactly, from the checkpoint in --out."
    )(command)
    command = click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="Folder of the run."
    )(command)
    return config_option(command)


def pop_train_options(values: dict[str, Any], **changes: Any) -> TrainOptions:
    """Takes the loop's options out of a click command's keyword arguments."""
    taken = {field.name: values.pop(field.name) for field in fields(TrainOptions)}
    return TrainOptions(**{**taken, **changes})


def config_option(command: _F) -> _F:
    """Adds ``--config FILE.toml``: keys are the flags' names; flags given by hand win.

    The file may hold one table per command (``[train-recognizer]``, or ``[recognizer]``), with
    keys at the top shared by all.
    """
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_load_config,
        help="TOML file with options; flags given here override it.",
    )(command)


def _load_config(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error})") from error
    known = {p.name for p in context.command.params if p.name}
    tables = {key: value for key, value in data.items() if isinstance(value, Mapping)}
    chosen = {key: value for key, value in data.items() if key not in tables}
    for key, table in tables.items():
        if key.rpartition("-")[2] == context.info_name:
            chosen.update(table)
    options = {key.replace("-", "_"): value for key, value in chosen.items()}
    unknown = sorted(set(options) - known)
    if unknown:
        raise UsageError(f"{path}: unknown option {unknown[0]!r} for {context.info_name!r}")
    context.default_map = {**(context.default_map or {}), **options}

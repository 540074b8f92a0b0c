# SPDX-License-Identifier: Apache-2.0
"""What a recognizer is trained on, and which net: options in Python and on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from ocr_pipeline.core.errors import UsageError
from recognizer.alphabet import Alphabet
from recognizer.label_files import read_characters
from recognizer.layers import CELLS, DENSE_STRIDES
from recognizer.preprocessing import COLORS
from recognizer.tasks import PRESETS, load_preset

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class RecognizerTrainOptions:
    """What a recognizer is trained on, and which net.

    Attributes:
        preset: the task: which renderer and alphabet (:data:`recognizer.tasks.PRESETS`).
        real: labelled sets mixed in, as :class:`recognizer.dataset.SetSpec` writes them.
        real_share: share of real lines among all; 1 renders none.
        val: labelled sets to validate on, beside rendered lines.
        val_lines: lines of each validation set.
        corpus: text files for running prose.
        font_dirs: folders with fonts; the system's when empty.
        alphabet: file of the characters to read, one a line, instead of the task's own.
        area: padded pixels of width of a batch: 64 lines of 320 pixels are 20480.
        focus: share of a batch, the lines with the greatest loss, that is learnt from; batches
            are larger by as much (:mod:`recognizer.focus`). 1: all.
        chunk_lines: lines rendered together and sorted by width into batches.
        max_width: widest line in pixels at the net's height.
        line_width: width in pixels to which all images are stretched, for plates and the like,
            whose shape is known; 0 keeps the aspect of lines.
        align_chunks: chunks at the beginning during which characters are also taught where they
            stand, evenly spaced between the line's ends, with a weight that falls to zero:
            CTC alone takes long to find that out for thousands of classes.
        architecture: ``crnn`` or ``densenet``.
        width, hidden, layers, rnn, depth, bidirectional, rows, pool: of the CRNN
            (:class:`recognizer.crnn.CRNN`).
        growth, stride: of the DenseNet (:class:`recognizer.densenet.DenseNet`).
        dropout, height: of both.
        color: what the net sees: ``grey``, or ``rgb``, for letters and lines that differ in
            nothing but their colours (of the CRNN).
        aux_weight: weight of a second CTC loss, of a short way from the CRNN's convolutions to
            the classes that is there in training only; 0 builds none.
        name: name in the weights file's header.
    """

    preset: str = "latin"
    real: tuple[str, ...] = ()
    real_share: float = 0.1
    val: tuple[str, ...] = ()
    val_lines: int = 400
    corpus: tuple[Path, ...] = ()
    font_dirs: tuple[Path, ...] = ()
    alphabet: Path | None = None
    area: int = 12800
    focus: float = 1.0
    chunk_lines: int = 512
    max_width: int = 800
    line_width: int = 0
    align_chunks: int = 0
    architecture: str = "crnn"
    width: float = 0.5
    hidden: int = 192
    layers: int = 2
    rnn: str = "lstm"
    depth: int = 4
    bidirectional: bool = True
    rows: int = 1
    pool: str = "conv"
    growth: int = 8
    stride: int = DENSE_STRIDES[0]
    dropout: float = 0.1
    height: int = 32
    color: str = "grey"
    aux_weight: float = 0.0
    name: str = "crnn-latin"

    def __post_init__(self) -> None:
        if not 0 <= self.real_share <= 1:
            raise UsageError(f"--real-share must lie in [0, 1], not {self.real_share}")
        if not 0 < self.focus <= 1:
            raise UsageError(f"--focus must lie in (0, 1], not {self.focus}")
        if self.height % (16 * self.rows) or self.height < 32:
            raise UsageError(
                f"--height must be a multiple of 16 for each row, at least 32, not {self.height}"
            )
        if self.aux_weight < 0 or (self.aux_weight and self.architecture != "crnn"):
            raise UsageError("--aux-weight must not be negative, and is for the crnn alone")
        if self.color not in COLORS or (self.color != "grey" and self.architecture != "crnn"):
            raise UsageError("--color is grey or rgb, and rgb is for the crnn alone")
        if self.stride not in DENSE_STRIDES:
            raise UsageError(f"--stride must be 8 or 4, not {self.stride}")
        if self.line_width % 32 or (self.rows > 1 and not self.line_width):
            raise UsageError(
                "--line-width must be a multiple of 32, and given where --rows is above 1"
            )

    @classmethod
    def for_preset(cls, preset: str, **given: Any) -> RecognizerTrainOptions:
        """The options of a task, changed by those given.

        Raises:
            UsageError: if there is no such task, or options do not go together.
        """
        return cls(**{**load_preset(preset).options, **given, "preset": preset})

    @property
    def config(self) -> dict[str, Any]:
        """Arguments of the net beside the number of classes."""
        if self.architecture == "densenet":
            dense = {"growth": self.growth, "dropout": self.dropout, "height": self.height}
            return dense | ({"stride": self.stride} if self.stride != DENSE_STRIDES[0] else {})
        config = {
            "width": self.width,
            "last": 1,
            "rnn": self.rnn,
            "hidden": self.hidden,
            "layers": self.layers,
            "dropout": self.dropout,
            "height": self.height,
        }
        # What is as it always was stays out of the header, and older releases can read it.
        later = {
            "depth": (self.depth, 4),
            "bidirectional": (self.bidirectional, True),
            "rows": (self.rows, 1),
            "pool": (self.pool, "conv"),
            "planes": (COLORS[self.color], 1),
        }
        return {**config, **{k: value for k, (value, usual) in later.items() if value != usual}}

    def characters(self) -> Alphabet:
        """The characters that the net will read.

        Raises:
            DataError: if the file of characters cannot be read, or is none.
        """
        if self.alphabet is None:
            return Alphabet.of(load_preset(self.preset).alphabet)
        return Alphabet.of(dict.fromkeys(read_characters(self.alphabet)))


def recognizer_flags(command: _F) -> _F:
    """Adds the flags of :class:`RecognizerTrainOptions` to a click command."""
    path, folder = click.Path(path_type=Path, exists=True), click.Path(path_type=Path, exists=True)
    flags: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("--preset", {"type": click.Choice(list(PRESETS)), "help": "Task to train for."}),
        ("--real", {"multiple": True, "help": "Labelled set: FOLDER[:split][,...]. Repeatable."}),
        ("--real-share", {"help": "Share of real lines."}),
        ("--val", {"multiple": True, "help": "Set to validate on, written as --real."}),
        ("--val-lines", {"help": "Lines of each validation set."}),
        ("--corpus", {"multiple": True, "type": path, "help": "Text to render."}),
        ("--font-dir", {"multiple": True, "type": folder, "help": "Fonts to render with."}),
        ("--alphabet", {"type": path, "help": "File of characters, instead of the task's."}),
        ("--area", {"help": "Padded width of a batch, pixels."}),
        ("--focus", {"help": "Learn from this share of a batch: the lines read worst."}),
        ("--chunk-lines", {"help": "Lines sorted together."}),
        ("--max-width", {"help": "Widest line in pixels."}),
        ("--line-width", {"help": "Stretch all images to this width; 0 keeps their aspect."}),
        ("--align-chunks", {"help": "Chunks that also teach where characters stand."}),
        ("--architecture", {"type": click.Choice(["crnn", "densenet"]), "help": "The net."}),
        ("--width", {"help": "Channels of the CRNN, relative to the paper."}),
        ("--hidden", {"help": "Units of a recurrent direction."}),
        ("--layers", {"help": "Recurrent layers."}),
        ("--rnn", {"type": click.Choice(CELLS), "help": "Recurrent cell."}),
        ("--depth", {"help": "Micro-layers in a step of the rhn cell."}),
        ("--bidirectional/--no-bidirectional", {"help": "Read columns in both directions."}),
        ("--rows", {"help": "Rows of characters in an image: 2 for plates of two lines."}),
        ("--pool", {"type": click.Choice(["conv", "max"]), "help": "Rows of features to columns."}),
        ("--growth", {"help": "Channels that a layer of the DenseNet adds."}),
        ("--stride", {"help": "Pixels of a time step of the DenseNet: 8 or 4."}),
        ("--dropout", {"help": "In training."}),
        ("--height", {"help": "Height of the net's input."}),
        ("--color", {"type": click.Choice(list(COLORS)), "help": "What the net sees."}),
        ("--aux-weight", {"help": "Weight of the CTC loss of a short way, in training only."}),
        ("--name", {"help": "Name in the header."}),
    )
    defaults = {field.name: field.default for field in fields(RecognizerTrainOptions)}
    for flag, extra in reversed(flags):
        name = flag.partition("/")[0][2:].replace("-", "_")
        name = {"font_dir": "font_dirs"}.get(name, name)
        default = None if extra.get("multiple") else defaults[name]
        shown = default not in (None, 0) and not extra.get("multiple")
        command = click.option(flag, name, default=default, show_default=shown, **extra)(command)
    return command


def pop_recognizer_options(values: dict[str, Any]) -> RecognizerTrainOptions:
    """Takes the recognizer's options out of a click command's keyword arguments.

    A task's own settings stand where the command line and ``--config`` say nothing.
    """
    taken = {field.name: values.pop(field.name) for field in fields(RecognizerTrainOptions)}
    context = click.get_current_context()
    given = {
        name: value
        for name, value in taken.items()
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)
    }
    given.pop("preset", None)
    return RecognizerTrainOptions.for_preset(taken["preset"], **given)

# SPDX-License-Identifier: Apache-2.0
"""Training of a recognizer: ``ocr train recognizer`` and its Python face ``run``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from ocr_pipeline.core.errors import DataError, UsageError
from ocr_pipeline.core.metrics import cer
from ocr_pipeline.core.registry import build
from ocr_pipeline.core.rendering.text import LATIN_ALPHABET, TextSource
from ocr_pipeline.core.train_options import TrainOptions, pop_train_options, training_flags
from ocr_pipeline.core.training import train
from recognizer import crnn
from recognizer.alphabet import Alphabet, normalise
from recognizer.ctc import ctc_loss_of_log_probs, greedy, merge_case, required_steps
from recognizer.dataset import (
    RealLine,
    SetSpec,
    batches_by_area,
    batches_of_few_shapes,
    jitter,
    load_lines,
)
from recognizer.preprocessing import (
    PREPROCESSING,
    collate,
    prepare,
    round_up,
    scale_to_height,
    to_grey,
)
from recognizer.preprocessing import normalise as normalise_contrast

if TYPE_CHECKING:
    from recognizer.synthesis.lines import LineRenderer


@dataclass(frozen=True)
class RecognizerTrainOptions:
    """What a recognizer is trained on, and which net.

    Attributes:
        real: labelled sets mixed in, as :class:`recognizer.dataset.SetSpec` writes them.
        real_share: share of real lines among all.
        val: labelled sets to validate on, beside rendered lines.
        val_lines: lines of each validation set.
        corpus: text files for running prose.
        font_dirs: folders with fonts; the system's when empty.
        area: padded pixels of width of a batch: 64 lines of 320 pixels are 20480.
        chunk_lines: lines rendered together and sorted by width into batches.
        max_width: widest line in pixels at the net's height.
        architecture, config: the net.
        name: name in the weights file's header.
    """

    real: tuple[str, ...] = ()
    real_share: float = 0.1
    val: tuple[str, ...] = ()
    val_lines: int = 400
    corpus: tuple[Path, ...] = ()
    font_dirs: tuple[Path, ...] = ()
    area: int = 12800
    chunk_lines: int = 512
    max_width: int = 800
    architecture: str = "crnn"
    width: float = 0.5
    hidden: int = 192
    layers: int = 2
    rnn: str = "lstm"
    dropout: float = 0.1
    height: int = 32
    name: str = "crnn-latin"

    def __post_init__(self) -> None:
        if not 0 <= self.real_share <= 1:
            raise UsageError(f"--real-share must lie in [0, 1], not {self.real_share}")
        if self.height % 32:
            raise UsageError(f"--height must be a multiple of 32, not {self.height}")

    @property
    def config(self) -> dict[str, Any]:
        """Arguments of the net beside the number of classes."""
        return {
            "width": self.width,
            "last": 1,
            "rnn": self.rnn,
            "hidden": self.hidden,
            "layers": self.layers,
            "dropout": self.dropout,
            "height": self.height,
        }


class RecognizerTask:
    """Rendered and real lines, CTC, character error rate."""

    metric = "cer"
    higher_is_better = False

    def __init__(
        self,
        options: RecognizerTrainOptions,
        seed: int = 0,
        alphabet: Alphabet | None = None,
        renderer: LineRenderer | None = None,
    ) -> None:
        self.options, self.seed = options, seed
        self.alphabet = alphabet or Alphabet.of(LATIN_ALPHABET)
        torch.manual_seed(seed)
        config = {"classes": self.alphabet.classes, **options.config}
        self.model: nn.Module = build(options.architecture, **config)
        self.config = config
        self.renderer = renderer or _renderer(options)
        self.real: list[RealLine] = []
        self.sources: list[str] = []
        for text in options.real:
            spec = SetSpec.parse(text)
            self.real.extend(load_lines(spec, self.alphabet))
            self.sources.append(spec.root.name + (f" ({spec.split})" if spec.split else ""))
        self.pairs = torch.tensor(self.alphabet.case_pairs(), dtype=torch.long).reshape(-1, 2)
        self._lower = {upper: lower for lower, upper in self.alphabet.case_pairs()}
        self._val: dict[str, list[tuple[np.ndarray, str, bool]]] = {}

    # --- data ---------------------------------------------------------------------------------

    def chunk(self, index: int) -> list[dict[str, Any]]:
        """Batches number ``index``: dicts of images, widths, targets, caseless and names."""
        rng = np.random.default_rng([self.seed, 7, index])
        share = self.options.real_share if self.real else 0.0
        lines = []
        for position in range(self.options.chunk_lines):
            if rng.random() < share:
                lines.append(self._real_line(rng))
            else:
                lines.append(self._rendered(self.seed, index * self.options.chunk_lines + position))
        usable = [line for line in lines if self._feasible(line)]
        widths = [line[0].shape[1] for line in usable]
        groups = batches_of_few_shapes(widths, self.options.area, rng)
        return [self._batch([usable[i] for i in group], width) for group, width in groups]

    def _rendered(self, seed: int, index: int) -> _Line:
        sample = self.renderer.render(seed, index)
        image = prepare(sample.image, self.options.height)
        return image, self.alphabet.encode(normalise(sample.text)), False, f"rendered {index}"

    def _real_line(self, rng: np.random.Generator) -> _Line:
        line = self.real[int(rng.integers(len(self.real)))]
        image = normalise_contrast(jitter(line, rng, self.options.height))
        classes = self.alphabet.encode(line.text)
        if line.caseless:
            classes = [self._lower.get(c, c) for c in classes]
        return image, classes, line.caseless, line.name

    def _feasible(self, line: _Line) -> bool:
        width, classes = line[0].shape[1], line[1]
        fits = required_steps(classes) <= crnn.steps(width)
        return bool(classes) and fits and width <= self.options.max_width + 64

    def _batch(self, lines: Sequence[_Line], width: int) -> dict[str, Any]:
        return {
            "images": collate([line[0] for line in lines], width),
            "steps": torch.tensor([crnn.steps(line[0].shape[1]) for line in lines]),
            "targets": [line[1] for line in lines],
            "caseless": torch.tensor([line[2] for line in lines]),
            "names": [line[3] for line in lines],
        }

    # --- loss and validation ------------------------------------------------------------------

    def loss(self, model: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """Mean CTC loss per character over the batch's lines."""
        log_probs = model(batch["images"]).float().log_softmax(-1)
        caseless = batch["caseless"]
        if bool(caseless.any()):
            merged = merge_case(log_probs[caseless], self.pairs.to(log_probs.device))
            log_probs = log_probs.index_copy(0, caseless.nonzero()[:, 0], merged)
        losses = ctc_loss_of_log_probs(
            log_probs, batch["targets"], batch["steps"], self.alphabet.blank_index
        )
        blank = log_probs.detach()[..., self.alphabet.blank_index].exp().mean()
        return losses.mean(), {"blank": blank}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Character error rate on rendered lines and on each real set, and their mean."""
        if not self._val:
            self._val = self._validation_lines()
        rates = {}
        for name, lines in self._val.items():
            texts = read_lines(model, [image for image, _, _ in lines], self.alphabet)
            pairs = [
                (truth.lower(), text.lower()) if caseless else (truth, text)
                for (_, truth, caseless), text in zip(lines, texts, strict=True)
            ]
            rates[f"cer_{name}"] = cer(pairs)
        return {"cer": float(np.mean(list(rates.values()))), **rates}

    def _validation_lines(self) -> dict[str, list[tuple[np.ndarray, str, bool]]]:
        count, height = self.options.val_lines, self.options.height
        rendered = []
        for index in range(count):
            sample = self.renderer.render(self.seed + 1_000_003, index)
            rendered.append((prepare(sample.image, height), normalise(sample.text), False))
        sets = {"rendered": [line for line in rendered if line[0].shape[1] < 2000]}
        for text in self.options.val:
            spec = SetSpec.parse(text)
            lines = load_lines(spec, self.alphabet)
            chosen = [lines[i * len(lines) // count] for i in range(min(count, len(lines)))]
            sets[spec.root.name] = [
                (normalise_contrast(_plain(line, height)), line.text, line.caseless)
                for line in chosen
            ]
        return sets

    # --- weights ------------------------------------------------------------------------------

    def header(self, metrics: dict[str, float]) -> dict[str, Any]:
        """The weights file's header."""
        return {
            "kind": "recognizer",
            "name": self.options.name,
            "architecture": self.options.architecture,
            "config": self.config,
            "alphabet": list(self.alphabet.characters),
            "blank": self.alphabet.blank,
            "preprocessing": {**PREPROCESSING, "height": self.options.height},
            "trained_on": ["rendered lines", *self.sources],
            "licence": "Apache-2.0",
            "metrics": {key: round(value, 5) for key, value in metrics.items()},
        }

    def adapt(self, header: dict[str, Any], state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Keeps what two alphabets share: classifier rows move to their characters' classes."""
        if header["kind"] != "recognizer" or header["architecture"] != self.options.architecture:
            raise DataError(f"cannot start a {self.options.architecture} from {header['name']}")
        other = Alphabet.from_header(header)
        if other == self.alphabet:
            return state
        own = self.model.state_dict()
        adapted = dict(state)
        mine, theirs = map(list, zip(*self.alphabet.shared(other), strict=True))
        for key in ("classifier.weight", "classifier.bias"):
            if key in state and state[key].shape[1:] == own[key].shape[1:]:
                rows = own[key].clone()
                rows[mine] = state[key][theirs]
                adapted[key] = rows
        return adapted


_Line = tuple[np.ndarray, list[int], bool, str]


def _plain(line: RealLine, height: int) -> np.ndarray:
    """A real line in its labelled box with the margin that a pipeline adds, without jitter."""
    keep = round(line.margin * 0.2)
    cut = line.margin - keep
    tall, wide = line.image.shape
    image = line.image[cut : tall - cut, cut : wide - cut] if cut > 0 else line.image
    return scale_to_height(to_grey(image), height)


def read_lines(
    model: nn.Module, images: Sequence[np.ndarray], alphabet: Alphabet, area: int = 40_000
) -> list[str]:
    """Greedy readings of prepared lines with a net in eval mode."""
    device = next(model.parameters()).device
    texts = [""] * len(images)
    for group in batches_by_area([image.shape[1] for image in images], area):
        width = round_up(max(images[i].shape[1] for i in group), 64)
        batch = collate([images[i] for i in group], width).to(device)
        probabilities = model(batch).float().softmax(-1).cpu().numpy()
        for row, i in zip(probabilities, group, strict=True):
            valid = row[: crnn.steps(images[i].shape[1])]
            texts[i] = alphabet.decode(greedy(valid, alphabet.blank_index).classes).strip()
    return texts


def _renderer(options: RecognizerTrainOptions) -> LineRenderer:
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from recognizer.synthesis.lines import LineOptions, LineRenderer

    fonts = FontLibrary(list(options.font_dirs) or None)
    text = TextSource(alphabet=LATIN_ALPHABET, corpus=options.corpus)
    return LineRenderer(LineOptions(max_width=options.max_width), fonts=fonts, text=text)


def run(options: RecognizerTrainOptions, train_options: TrainOptions) -> Path:
    """Trains a recognizer; returns the path of the best weights."""
    return train(RecognizerTask(options, train_options.seed), train_options)


def sample_sheet(task: RecognizerTask, path: Path, chunk: int = 0, rows: int = 60) -> None:
    """Writes a picture of training lines with their labels under them."""
    from recognizer.sheet import lines_sheet

    lines: list[tuple[np.ndarray, str]] = []
    for batch in task.chunk(chunk):
        for image, steps, target in zip(
            batch["images"], batch["steps"].tolist(), batch["targets"], strict=True
        ):
            pixels = (image[0, :, : steps * crnn.STRIDE].numpy() + 1) * 127.5
            lines.append((pixels.astype(np.uint8), task.alphabet.decode(target)))
    picked = np.random.default_rng(0).permutation(len(lines))[:rows]
    lines_sheet([lines[i] for i in picked], path)


@click.command("recognizer")
@training_flags
@click.option("--real", multiple=True, help="Labelled set: FOLDER[:split][,caseless]. Repeatable.")
@click.option("--real-share", default=0.1, show_default=True, help="Share of real lines.")
@click.option("--val", multiple=True, help="Set to validate on, written as --real.")
@click.option("--val-lines", default=400, show_default=True, help="Lines of each validation set.")
@click.option("--corpus", multiple=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--font-dir", "font_dirs", multiple=True, type=click.Path(path_type=Path, exists=True)
)
@click.option("--area", default=12800, show_default=True, help="Padded width of a batch, pixels.")
@click.option("--chunk-lines", default=512, show_default=True, help="Lines sorted together.")
@click.option("--max-width", default=800, show_default=True, help="Widest line in pixels.")
@click.option("--architecture", default="crnn", show_default=True)
@click.option("--width", default=0.5, show_default=True, help="Channels, relative to the paper.")
@click.option("--hidden", default=192, show_default=True, help="Units of a recurrent direction.")
@click.option("--layers", default=2, show_default=True, help="Recurrent layers.")
@click.option("--rnn", default="lstm", show_default=True, help="lstm or gru.")
@click.option("--dropout", default=0.1, show_default=True)
@click.option("--height", default=32, show_default=True, help="Height of the net's input.")
@click.option("--name", default="crnn-latin", show_default=True, help="Name in the header.")
@click.option("--dry-run", is_flag=True, help="Only write a sheet of samples to OUT/samples.png.")
def command(dry_run: bool, **values: Any) -> None:
    """Train a recognizer on rendered lines and, if given, on labelled ones."""
    train_options = pop_train_options(values, **({"max_steps": 1} if dry_run else {}))
    options = RecognizerTrainOptions(**values)
    if dry_run:
        train_options.out.mkdir(parents=True, exist_ok=True)
        path = train_options.out / "samples.png"
        sample_sheet(RecognizerTask(options, train_options.seed), path)
        click.echo(f"wrote {path}")
        return
    print(f"best weights: {run(options, train_options)}", file=sys.stderr)


if __name__ == "__main__":
    command()

# SPDX-License-Identifier: Apache-2.0
"""Training of a recognizer: ``ocr train recognizer`` and its Python face ``run``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import torch
from torch import Tensor, nn

from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.metrics import cer
from ocr_pipeline.core.registry import build
from ocr_pipeline.core.train_options import TrainOptions, pop_train_options, training_flags
from ocr_pipeline.core.training import train
from recognizer import crnn, densenet  # noqa: F401  (registers the architectures)
from recognizer.alignment import alignment_loss, likely_steps, steps_of_places
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
from recognizer.focus import hardest
from recognizer.layers import Columns
from recognizer.preprocessing import (
    GREY_OF_RGB,
    MIN_WIDTH,
    PREPROCESSING,
    collate,
    prepare,
    round_up,
)
from recognizer.tasks import Renderer, RenderOptions, load_preset
from recognizer.train_options import (
    RecognizerTrainOptions,
    pop_recognizer_options,
    recognizer_flags,
)
from recognizer.widen import widen_densenet

_OVER = 64  # pixels by which a line may be wider than --max-width: renderers and jitter need some


class _Line(NamedTuple):
    """A prepared line, its classes, and the steps of its characters where they are known."""

    image: np.ndarray
    classes: list[int]
    caseless: bool
    name: str
    places: np.ndarray | None = None
    real: bool = False


class RecognizerTask:
    """Rendered and real lines, CTC, character error rate."""

    metric = "cer"
    higher_is_better = False

    def __init__(
        self,
        options: RecognizerTrainOptions,
        seed: int = 0,
        alphabet: Alphabet | None = None,
        renderer: Renderer | None = None,
    ) -> None:
        self.options, self.seed = options, seed
        self.alphabet = alphabet or options.characters()
        self.columns = Columns.of(options.architecture, options.config)
        torch.manual_seed(seed)
        config = {"classes": self.alphabet.classes, **options.config}
        extra = {"auxiliary": True} if options.aux_weight else {}
        self.model: nn.Module = build(options.architecture, **config, **extra)
        self.config = config
        self.renderer = renderer or _renderer(options)
        self.real: list[RealLine] = []
        self.sources: list[str] = []
        for text in options.real:
            spec = SetSpec.parse(text)
            self.real.extend(load_lines(spec, self.alphabet, None, self._misfit, options.color))
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
        if not usable:
            raise DataError(
                f"none of {len(lines)} lines can be trained on: their characters are not in the "
                "alphabet, or they are wider than --max-width"
            )
        widths = [line.image.shape[-1] for line in usable]
        area = round(self.options.area / self.options.focus)
        groups = batches_of_few_shapes(widths, area, rng)
        align = max(0.0, 1.0 - index / max(1, self.options.align_chunks))
        return [self._batch([usable[i] for i in group], width, align) for group, width in groups]

    def _rendered(self, seed: int, index: int) -> _Line:
        sample = self.renderer.render(seed, index)
        image = self._prepare(sample.image)
        text = normalise(sample.text)
        classes = [] if self.alphabet.missing(text) else self.alphabet.encode(text)
        line = _Line(image, classes, False, f"rendered {index}")
        if sample.places is None or len(sample.places) != len(classes):
            return line
        places = steps_of_places(sample.places, image.shape[-1], self.columns)
        return line._replace(places=places)

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        options = self.options
        return prepare(image, options.height, options.line_width, options.color)

    def _real_line(self, rng: np.random.Generator) -> _Line:
        line = self.real[int(rng.integers(len(self.real)))]
        image = self._prepare(jitter(line, rng, self.options.height))
        classes = self.alphabet.encode(line.text)
        if line.caseless:
            classes = [self._lower.get(c, c) for c in classes]
        return _Line(image, classes, line.caseless, line.name, real=True)

    def _misfit(self, line: RealLine) -> str:
        """Why a real line does not fit the net, unless it does; jitter changes little of it."""
        tall, wide = _plain(line).shape[:2]
        width = self.options.line_width or round(wide * self.options.height / max(tall, 1))
        need = required_steps(self.alphabet.encode(line.text))
        have = self.columns.steps(max(width, MIN_WIDTH))
        if need > have:
            return f"its label needs {need} time steps, its width of {width} pixels gives {have}"
        if width > self.options.max_width + _OVER:
            return f"{width} pixels wide at the net's height; --max-width is less"
        return ""

    def _feasible(self, line: _Line) -> bool:
        width = line.image.shape[-1]
        fits = required_steps(line.classes) <= self.columns.steps(width)
        return bool(line.classes) and fits and width <= self.options.max_width + _OVER

    def _batch(self, lines: Sequence[_Line], width: int, align: float) -> dict[str, Any]:
        batch = {
            "images": collate([line.image for line in lines], width),
            "steps": torch.tensor([self.columns.steps(line.image.shape[-1]) for line in lines]),
            "targets": [line.classes for line in lines],
            "caseless": torch.tensor([line.caseless for line in lines]),
            "real": torch.tensor([line.real for line in lines]),
            "names": [line.name for line in lines],
        }
        if align and self.options.align_chunks:
            places = np.concatenate([self._places(line) for line in lines])
            batch |= {"align": align, "places": torch.from_numpy(places)}
        return batch

    def _places(self, line: _Line) -> np.ndarray:
        if line.places is not None:
            return line.places
        return likely_steps(line.image, self.alphabet.decode(line.classes), self.columns)

    # --- loss and validation ------------------------------------------------------------------

    def loss(self, model: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """Mean CTC loss per character over the batch's lines, or the worst of them."""
        if self.options.focus < 1 and model.training:
            batch = hardest(batch, self._losses(model, batch), self.options.focus)
        outputs = model(batch["images"])
        logits, *shortcut = outputs if isinstance(outputs, tuple) else (outputs,)
        log_probs, losses = self._ctc(logits, batch)
        loss = losses.mean()
        parts = {"blank": log_probs.detach()[..., self.alphabet.blank_index].exp().mean()}
        if shortcut:
            _, auxiliary = self._ctc(shortcut[0], batch)
            loss = loss + self.options.aux_weight * auxiliary.mean()
            parts["auxiliary"] = auxiliary.detach().mean()
        if "places" in batch:
            align = alignment_loss(log_probs, batch["targets"], batch["places"])
            loss = loss + batch["align"] * align
            parts["align"] = align.detach()
        return loss, parts

    def _ctc(self, logits: Tensor, batch: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """Log-probabilities, cases merged where labels have none, and the loss of each line."""
        log_probs = logits.float().log_softmax(-1)
        caseless = batch["caseless"]
        if bool(caseless.any()):
            merged = merge_case(log_probs[caseless], self.pairs.to(log_probs.device))
            log_probs = log_probs.index_copy(0, caseless.nonzero()[:, 0], merged)
        losses = ctc_loss_of_log_probs(
            log_probs, batch["targets"], batch["steps"], self.alphabet.blank_index
        )
        return log_probs, losses

    def _losses(self, model: nn.Module, batch: dict[str, Any]) -> Tensor:
        """Loss of each line as the net would read it now, outside training."""
        model.eval()
        with torch.no_grad():
            losses = self._ctc(model(batch["images"]), batch)[1]
        torch.clear_autocast_cache()  # weights that were cast here would get no gradient
        model.train()
        return losses

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Character error rate on rendered lines and on each real set, and their mean."""
        if not self._val:
            self._val = self._validation_lines()
        rates: dict[str, float] = {}
        exact: dict[str, float] = {}
        for name, lines in self._val.items():
            texts = read_lines(model, [image for image, _, _ in lines], self.alphabet, self.columns)
            pairs = [
                (truth.lower(), text.lower()) if caseless else (truth, text)
                for (_, truth, caseless), text in zip(lines, texts, strict=True)
            ]
            rates[f"cer_{name}"] = cer(pairs)
            exact[f"exact_{name}"] = sum(truth == text for truth, text in pairs) / len(pairs)
        return {"cer": float(np.mean(list(rates.values()))), **rates, **exact}

    def _validation_lines(self) -> dict[str, list[tuple[np.ndarray, str, bool]]]:
        count = self.options.val_lines
        rendered = []
        for index in range(count):
            sample = self.renderer.render(self.seed + 1_000_003, index)
            if not self.alphabet.missing(text := normalise(sample.text)):
                rendered.append((self._prepare(sample.image), text, False))
        sets = {"rendered": [line for line in rendered if line[0].shape[-1] < 2000]}
        for text in self.options.val:
            spec = SetSpec.parse(text)
            lines = load_lines(spec, self.alphabet, None, self._misfit, self.options.color)
            chosen = [lines[i * len(lines) // count] for i in range(min(count, len(lines)))]
            sets[spec.root.name] = [
                (self._prepare(_plain(line)), line.text, line.caseless) for line in chosen
            ]
        return sets

    # --- weights ------------------------------------------------------------------------------

    def header(self, metrics: dict[str, float]) -> dict[str, Any]:
        """The weights file's header."""
        return {
            "kind": "recognizer",
            "name": self.options.name,
            "preset": self.options.preset,
            "architecture": self.options.architecture,
            "config": self.config,
            "alphabet": list(self.alphabet.characters),
            "blank": self.alphabet.blank,
            "preprocessing": {**PREPROCESSING, **self._size()},
            "trained_on": [f"rendered images ({self.options.preset})", *self.sources],
            "licence": "Apache-2.0",
            "metrics": {key: round(value, 5) for key, value in metrics.items()},
        }

    def _size(self) -> dict[str, Any]:
        options = self.options
        size = {"height": options.height, "width": options.line_width, "color": options.color}
        return {key: value for key, value in size.items() if value}

    def adapt(self, header: dict[str, Any], state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Keeps what two alphabets share: classifier rows move to their characters' classes."""
        if header["kind"] != "recognizer" or header["architecture"] != self.options.architecture:
            raise DataError(f"cannot start a {self.options.architecture} from {header['name']}")
        state = self._widened(header, self._with_colors(state))
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

    def _widened(self, header: dict[str, Any], state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a DenseNet, for one of larger growth."""
        growth = int(header["config"].get("growth", 0))
        if self.options.architecture != "densenet" or growth == self.options.growth:
            return state
        return widen_densenet(state, self.model.state_dict(), growth, self.options.growth)

    def _with_colors(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The first convolution of a net that sees grey, for one that sees colours: it sees as
        much as before of what is grey."""
        first = "features.0.weight"
        own = self.model.state_dict().get(first)
        if own is None or first not in state or (state[first].shape[1], own.shape[1]) != (1, 3):
            return state
        return {**state, first: state[first] * torch.tensor(GREY_OF_RGB).view(1, 3, 1, 1)}


def _plain(line: RealLine) -> np.ndarray:
    """A real line in its labelled box with the margin that a pipeline adds, without jitter."""
    keep = round(line.margin * 0.2)
    cut = line.margin - keep
    tall, wide = line.image.shape[:2]
    return line.image[cut : tall - cut, cut : wide - cut] if cut > 0 else line.image


def read_lines(
    model: nn.Module,
    images: Sequence[np.ndarray],
    alphabet: Alphabet,
    columns: Columns,
    area: int = 40_000,
) -> list[str]:
    """Greedy readings of prepared lines with a net in eval mode."""
    device = next(model.parameters()).device
    texts = [""] * len(images)
    for group in batches_by_area([image.shape[-1] for image in images], area):
        width = max(images[i].shape[-1] for i in group)
        if columns.rows == 1:
            width = round_up(width, 64)
        batch = collate([images[i] for i in group], width).to(device)
        probabilities = model(batch).float().softmax(-1).cpu().numpy()
        for row, i in zip(probabilities, group, strict=True):
            valid = row[: columns.steps(images[i].shape[-1])]
            texts[i] = alphabet.decode(greedy(valid, alphabet.blank_index).classes).strip()
    return texts


def _renderer(options: RecognizerTrainOptions) -> Renderer:
    preset = load_preset(options.preset)
    return preset.renderer(RenderOptions(options.font_dirs, options.corpus, options.max_width))


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
            width = steps // task.columns.rows * task.columns.stride
            pixels = (image[..., :width].numpy() + 1) * 127.5
            shown = np.squeeze(pixels.astype(np.uint8).transpose(1, 2, 0))
            lines.append((shown, task.alphabet.decode(target)))
    picked = np.random.default_rng(0).permutation(len(lines))[:rows]
    lines_sheet([lines[i] for i in picked], path)


@click.command("recognizer")
@training_flags
@recognizer_flags
@click.option("--dry-run", is_flag=True, help="Only write a sheet of samples to OUT/samples.png.")
def command(dry_run: bool, **values: Any) -> None:
    """Train a recognizer on rendered lines and, if given, on labelled ones."""
    train_options = pop_train_options(values, **({"max_steps": 1} if dry_run else {}))
    options = pop_recognizer_options(values)
    if dry_run:
        train_options.out.mkdir(parents=True, exist_ok=True)
        path = train_options.out / "samples.png"
        sample_sheet(RecognizerTask(options, train_options.seed), path)
        click.echo(f"wrote {path}")
        return
    print(f"best weights: {run(options, train_options)}", file=sys.stderr)


if __name__ == "__main__":
    command()

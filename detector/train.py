# SPDX-License-Identifier: Apache-2.0
"""Training the detector: ``ocr train detector``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from detector.anchors import DEFAULT_HEIGHTS
from detector.augment import CropOptions
from detector.ctpn import Ctpn, CtpnOutput
from detector.dataset import (
    CropMixer,
    LabeledPages,
    MixOptions,
    Page,
    RenderedPages,
    make_sample,
    read_pages,
)
from detector.loss import BatchTargets, LossOptions, ctpn_loss
from detector.net import run_module
from detector.predictor import DetectOptions, find_lines
from detector.preprocess import normalise, preprocessing
from detector.targets import TargetOptions, Targets, decode_targets
from ocr_pipeline.core.deteval import DetectionCounts, deteval, iou_match
from ocr_pipeline.core.errors import DataError, UsageError
from ocr_pipeline.core.groundtruth import LabeledPage
from ocr_pipeline.core.images import save_image
from ocr_pipeline.core.registry import build
from ocr_pipeline.core.train_options import TrainOptions, pop_train_options, training_flags
from ocr_pipeline.core.training import train

ARCHITECTURE = "ctpn_vgg16"


@dataclass(frozen=True)
class DetectorTrainOptions:
    """What the detector is trained on, and which net.

    Attributes:
        real: folders of labelled pages, each with its weight in the mixture; of sets with
            ``split.json`` the ``train`` images are used.
        val: folders whose ``dev`` images (or all, without splits) are validated on.
        val_images: images taken from each of them.
        rendered_share: share of crops from rendered pages; 0 renders none.
        kinds: weights of kinds of page that differ from those of ``detector.synthesis.KINDS``.
        val_rendered: rendered pages validated on.
        rendered_pad: growth of rendered lines above and below, in line heights.
        font_dirs: folders of fonts to render with; the system's when empty.
        corpora: text files to render from.
        width, batch_norm, rnn_hidden, fc: the net; see ``Ctpn``.
        anchor_heights: heights of the anchors in pixels.
        positive, negative: overlaps of anchors with strips that make them text, background.
        crop: height and width of training crops.
        line_height: smallest and largest median line height of crops.
        batch: crops in a batch.
        seed: seed of initial weights and of the data.
        name, licence: for the weights file's header.
    """

    real: tuple[tuple[Path, float], ...] = ()
    val: tuple[Path, ...] = ()
    val_images: int = 24
    rendered_share: float = 0.5
    kinds: tuple[tuple[str, float], ...] = ()
    val_rendered: int = 12
    rendered_pad: float = 0.0
    font_dirs: tuple[Path, ...] = ()
    corpora: tuple[Path, ...] = ()
    width: float = 0.5
    batch_norm: bool = True
    rnn_hidden: int = 128
    fc: int | None = None
    anchor_heights: tuple[float, ...] = DEFAULT_HEIGHTS
    positive: float = 0.5
    negative: float = 0.3
    crop: tuple[int, int] = (512, 512)
    line_height: tuple[float, float] = (14.0, 36.0)
    batch: int = 4
    seed: int = 0
    name: str = "detector"
    licence: str = "Apache-2.0"

    def __post_init__(self) -> None:
        if not 0 <= self.rendered_share <= 1:
            raise UsageError("--rendered-share must lie between 0 and 1")
        if not self.real and self.rendered_share == 0:
            raise UsageError("nothing to train on: give --real or a --rendered-share above 0")
        if self.width <= 0 or self.batch < 1 or any(weight <= 0 for _, weight in self.real):
            raise UsageError("--width, --batch and the weights of sets must be above 0")

    def config(self) -> dict[str, Any]:
        """What ``build`` needs to build this net."""
        return {
            "width": self.width,
            "batch_norm": self.batch_norm,
            "rnn_hidden": self.rnn_hidden,
            "fc": self.fc,
            "anchor_heights": list(self.anchor_heights),
        }

    def mix(self) -> MixOptions:
        """How batches are made."""
        return MixOptions(
            batch=self.batch,
            rendered_share=self.rendered_share,
            crop=CropOptions(*self.crop, line_height=self.line_height),
            targets=TargetOptions(self.anchor_heights, self.positive, self.negative),
        )


class DetectorTask:
    """The detector as the core loop trains it; see ``ocr_pipeline.core.training.Task``.

    A batch is a dict of ``images`` (N, H, W, 3) uint8 RGB, ``labels``, ``vertical`` and ``side``
    as in ``detector.targets.Targets`` with a leading N, and ``names``.
    """

    metric = "hmean"
    higher_is_better = True

    def __init__(self, options: DetectorTrainOptions) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.loss_options = LossOptions()
        self.model: nn.Module = build(ARCHITECTURE, **options.config())
        labeled = [
            (LabeledPages(read_pages(root, "train"), str(root)), weight)
            for root, weight in options.real
        ]
        rendered = None
        self._held_out: RenderedPages | None = None
        if options.rendered_share > 0:
            renderer = make_renderer(options.font_dirs, options.corpora, options.kinds)
            rendered = RenderedPages(renderer, options.seed, options.rendered_pad)
            # Another seed, so that no page is both trained and validated on.
            self._held_out = RenderedPages(renderer, options.seed + 7919, options.rendered_pad)
        self.mixer = CropMixer(labeled, rendered, options.mix(), options.seed)
        self._val = [_some(read_pages(root, "dev"), options.val_images) for root in options.val]

    def chunk(self, index: int) -> list[dict[str, Any]]:
        """Batches number ``index`` of the endless data."""
        return self.mixer.chunk(index)

    def loss(self, model: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, dict[str, Tensor]]:
        """CTPN's loss of a batch and its parts."""
        output = model(normalise(batch["images"]))
        targets = BatchTargets(batch["labels"], batch["vertical"], batch["side"])
        return ctpn_loss(CtpnOutput(*output), targets, self.loss_options)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """DetEval and IoU figures on whole held-out pages, found as a user's would be.

        ``hmean`` is the mean of DetEval's over the sets.
        """
        metrics: dict[str, float] = {}
        means = []
        for root, pages in zip(self.options.val, self._val, strict=True):
            source = LabeledPages(pages, str(root))
            tally, iou = _measure(model, [source[i] for i in range(len(source))])
            name = root.name
            metrics |= {name: tally.hmean, f"{name}_p": tally.precision, f"{name}_r": tally.recall}
            metrics[f"{name}_iou"] = iou.hmean
            means.append(tally.hmean)
        if self._held_out is not None and self.options.val_rendered:
            pages_ = [self._held_out[i] for i in range(self.options.val_rendered)]
            tally, iou = _measure(model, pages_)
            metrics |= {"rendered": tally.hmean, "rendered_iou": iou.hmean}
            means.append(tally.hmean)
        if not means:
            raise DataError("nothing to validate on: give --val, or render some pages")
        return {"hmean": float(np.mean(means)), **metrics}

    def header(self, metrics: dict[str, float]) -> dict[str, Any]:
        """The weights file's header."""
        trained_on = [root.name for root, _ in self.options.real]
        if self.options.rendered_share > 0:
            trained_on.append("rendered pages")
        return {
            "kind": "detector",
            "name": self.options.name,
            "architecture": ARCHITECTURE,
            "config": self.options.config(),
            "preprocessing": preprocessing(),
            "trained_on": trained_on,
            "licence": self.options.licence,
            "metrics": {key: round(value, 4) for key, value in metrics.items()},
        }

    def adapt(self, header: dict[str, Any], state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Heads made for other anchors start anew; everything else is kept where it fits."""
        if header["config"].get("anchor_heights") == list(self.options.anchor_heights):
            return state
        heads = ("score.", "vertical.", "side.")
        return {key: value for key, value in state.items() if not key.startswith(heads)}


def make_renderer(
    font_dirs: Sequence[Path] = (),
    corpora: Sequence[Path] = (),
    kinds: Sequence[tuple[str, float]] = (),
) -> Any:
    """The renderer of pages with these fonts, texts and weights of kinds of page."""
    from detector.synthesis import KINDS, PageOptions, PageRenderer
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from ocr_pipeline.core.rendering.text import TextSource

    fonts = FontLibrary(list(font_dirs) or None)
    options = PageOptions(kinds={**KINDS, **dict(kinds)})
    return PageRenderer(options, fonts=fonts, text=TextSource(corpus=list(corpora)))


def _some(pages: list[LabeledPage], count: int) -> list[LabeledPage]:
    """Evenly spread pages of a set: the same ones each time."""
    with_lines = [page for page in pages if page.lines]
    if len(with_lines) <= count:
        return with_lines
    return [with_lines[i * len(with_lines) // count] for i in range(count)]


def _measure(model: nn.Module, pages: Sequence[Page]) -> tuple[DetectionCounts, DetectionCounts]:
    device = next(model.parameters()).device
    heights: tuple[float, ...] = model.anchor_heights  # type: ignore[assignment]
    tally, iou = DetectionCounts(), DetectionCounts()
    for page in pages:
        lines = find_lines(
            page.image, lambda image: run_module(model, image, device), heights, DetectOptions()
        )
        tally += deteval(list(page.quads), list(lines.quads), page.ignore.tolist())
        iou += iou_match(list(page.quads), list(lines.quads), page.ignore.tolist())
    return tally, iou


def run(options: DetectorTrainOptions, train_options: TrainOptions) -> Path:
    """Trains a detector and returns the path of its best weights."""
    return train(DetectorTask(options), train_options)


# --- what a person sees -----------------------------------------------------------------------


def sample_sheet(task: DetectorTask, path: Path, count: int = 12) -> None:
    """Writes a sheet of training crops with their targets drawn on them.

    Green: strips of text anchors' targets. Red: anchors that are text. Yellow: left out of the
    loss. Blue: line ends that the side outputs are to find.
    """
    options = task.options.mix()
    batches = task.chunk(0) + task.chunk(1)
    tiles = []
    for batch in batches:
        for i in range(len(batch["images"])):
            arrays = (batch[key][i].numpy() for key in ("labels", "vertical", "side"))
            tiles.append(draw_targets(batch["images"][i].numpy(), Targets(*arrays), options))
    columns = 4
    tiles = tiles[: count - count % columns or columns]
    rows = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    save_image(path, np.concatenate(rows, 0))


def draw_targets(
    image: npt.NDArray[np.uint8], targets: Targets, options: MixOptions
) -> npt.NDArray[np.uint8]:
    """A crop with the targets of its anchors, decoded as the predictor decodes outputs."""
    heights = options.targets.heights
    canvas = image.copy()
    outputs = decode_targets(targets, heights)
    for row, column, anchor in np.argwhere(targets.labels != 0):
        middle, tall = row * 16 + 8, heights[anchor]
        if targets.labels[row, column, anchor] < 0:
            cv2.circle(canvas, (column * 16 + 8, middle), 1, (230, 200, 0), -1)
            continue
        offset, ratio = outputs["vertical"][row, column, anchor]
        centre, half = middle + offset * tall, np.exp(ratio) * tall / 2
        top, bottom = round(centre - half), round(centre + half)
        box = (column * 16 + 1, top), (column * 16 + 14, bottom)
        cv2.rectangle(canvas, *box, (0, 170, 0), 1)
        cv2.circle(canvas, (column * 16 + 8, middle), 1, (220, 0, 0), -1)
        if not np.isnan(targets.side[row, column, anchor]):
            x = round(column * 16 + 8 + 16 * targets.side[row, column, anchor])
            cv2.line(canvas, (x, top), (x, bottom), (0, 60, 255), 1)
    canvas[:, -1] = canvas[-1] = 0
    return canvas


# --- the command ------------------------------------------------------------------------------


class _WeightedSet(click.ParamType):
    """``FOLDER`` or ``FOLDER=WEIGHT``."""

    name = "folder[=weight]"

    def convert(self, value: Any, param: Any, context: Any) -> tuple[Path, float]:
        if isinstance(value, tuple):
            return value
        folder, _, weight = str(value).rpartition("=")
        if not folder:
            return Path(weight), 1.0
        try:
            return Path(folder), float(weight)
        except ValueError:
            return Path(str(value)), 1.0


class _WeightedKind(click.ParamType):
    """KIND=WEIGHT."""

    name = "kind=weight"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, float]:
        kind, _, weight = str(value).partition("=")
        try:
            return kind, float(weight)
        except ValueError:
            return self.fail(f"{value!r}: give a kind of page and its weight, like banner=3")


@click.command("detector")
@click.option("--real", type=_WeightedSet(), multiple=True, help="Labelled pages; repeatable.")
@click.option("--val", type=click.Path(path_type=Path), multiple=True, help="Pages to validate on.")
@click.option("--val-images", default=24, show_default=True, help="Images of each --val set.")
@click.option("--rendered-share", default=0.5, show_default=True, help="Share of rendered crops.")
@click.option(
    "--kind",
    "kinds",
    type=_WeightedKind(),
    multiple=True,
    metavar="KIND=WEIGHT",
    help="How often a kind of page is rendered, others being 0.4 to 3; repeatable.",
)
@click.option("--val-rendered", default=12, show_default=True, help="Rendered validation pages.")
@click.option("--rendered-pad", default=0.0, show_default=True, help="Looseness of rendered lines.")
@click.option(
    "--font-dir", "font_dirs", type=click.Path(path_type=Path), multiple=True, help="Fonts."
)
@click.option(
    "--corpus", "corpora", type=click.Path(path_type=Path), multiple=True, help="Text files."
)
@click.option("--width", default=0.5, show_default=True, help="Width of the net; the paper's is 1.")
@click.option("--no-batch-norm", is_flag=True, help="A trunk without batch normalisation.")
@click.option("--crop", nargs=2, default=(512, 512), show_default=True, help="Height and width.")
@click.option("--batch", default=4, show_default=True, help="Crops in a batch.")
@click.option("--positive", default=0.5, show_default=True, help="Overlap that makes text.")
@click.option("--negative", default=0.3, show_default=True, help="Overlap that makes background.")
@click.option("--name", default="detector", show_default=True, help="Name in the header.")
@click.option("--dry-run", is_flag=True, help="Only write a sheet of samples to --out.")
@training_flags
def command(**values: Any) -> None:
    """Train a CTPN detector on labelled and rendered pages."""
    dry_run, no_norm = values.pop("dry_run"), values.pop("no_batch_norm")
    train_options = pop_train_options(values, **({"max_steps": 1} if dry_run else {}))
    options = DetectorTrainOptions(seed=train_options.seed, batch_norm=not no_norm, **values)
    if dry_run:
        path = train_options.out / "samples.png"
        sample_sheet(DetectorTask(options), path)
        click.echo(f"samples: {path}")
        return
    click.echo(f"best weights: {run(options, train_options)}")


if __name__ == "__main__":
    command()


__all__ = [
    "ARCHITECTURE",
    "Ctpn",
    "DetectorTask",
    "DetectorTrainOptions",
    "command",
    "draw_targets",
    "make_sample",
    "run",
    "sample_sheet",
]

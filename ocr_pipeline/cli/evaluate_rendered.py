# SPDX-License-Identifier: Apache-2.0
"""``ocr evaluate recognizer --rendered TASK``: reads images that nobody has seen before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocr_pipeline.cli.synth_crops import make_renderer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ocr_pipeline.evaluation.recognizer import Comparison, RecognizerLike
    from ocr_pipeline.evaluation.report import Evaluation
    from recognizer.tasks.preset import Renderer

_BATCH = 256


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """What is rendered, and how.

    Attributes:
        task: which of the presets.
        count: images.
        seed: the endless set that they are from; not one that was trained on.
        workers: processes that render while this one reads.
        font_dirs: folders with fonts; the system's when empty.
        corpus: text files for tasks that render running text.
    """

    task: str
    count: int
    seed: int
    workers: int = 1
    font_dirs: tuple[Path, ...] = ()
    corpus: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedCrop:
    """An image of an endless set, rendered again where it is wanted again."""

    order: RenderOrder
    index: int
    text: str

    @property
    def name(self) -> str:
        """The set, its seed and the image's number in it."""
        return f"{self.order.task} seed {self.order.seed} image {self.index}"

    def load(self, pad_x: float = 0.0, pad_y: float = 0.0) -> npt.NDArray[np.uint8]:
        """The image, uint8; rendered ones have no more margin to give."""
        renderer = make_renderer(self.order.task, self.order.font_dirs, self.order.corpus)
        image: npt.NDArray[np.uint8] = renderer.render(self.order.seed, self.index).image
        return image


def evaluate_rendered(
    order: RenderOrder,
    recognizer: RecognizerLike,
    comparison: Comparison,
    worst: int,
    out: Path | None,
    settings: dict[str, Any],
) -> Evaluation:
    """Reads rendered images and compares the readings with what was rendered.

    Raises:
        FontError: if the fonts lack what the task needs.
    """
    from ocr_pipeline.evaluation.recognizer import evaluate_opened

    begin = time.perf_counter()
    result = evaluate_opened(_batches(order), recognizer, comparison, worst, out, settings)
    spent = time.perf_counter() - begin
    result.summary["images a second, rendering included"] = order.count / spent
    return result


def _batches(order: RenderOrder) -> Iterator[list[tuple[RenderedCrop, npt.NDArray[np.uint8]]]]:
    """Rendered images, some hundreds at a time."""
    from tqdm import tqdm

    from ocr_pipeline.core.rendering.pool import batched, in_workers

    # This process has the net's threads, which a forked one would inherit in a bad state.
    made = in_workers(
        partial(make_renderer, order.task, order.font_dirs, order.corpus),
        partial(_render, order.seed),
        range(order.count),
        order.workers,
        "spawn",
    )
    with tqdm(total=order.count, unit="image", disable=None, leave=False) as bar:
        for block in batched(made, _BATCH):
            yield [(RenderedCrop(order, index, text), image) for index, text, image in block]
            bar.update(len(block))


def _render(seed: int, renderer: Renderer, index: int) -> tuple[int, str, npt.NDArray[np.uint8]]:
    sample = renderer.render(seed, index)
    return index, sample.text, sample.image

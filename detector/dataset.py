# SPDX-License-Identifier: Apache-2.0
"""Training data of the detector: labelled pages, rendered pages, and batches of crops of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from detector.augment import CropOptions, crop_page, photometric
from detector.targets import TargetOptions, encode_page, is_steep
from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.groundtruth import LabeledLine, LabeledPage, read_page_set
from ocr_pipeline.core.images import load_image

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

#: Median line height in pixels at which labelled pages are kept in memory.
STORED_HEIGHT = 30.0
#: Height in pixels below which a crop's lines are neither text nor background to the trainer:
#: beside a headline that a crop is scaled to, they are stripes.
LEGIBLE = 5.5
#: Most pixels of a page kept in memory.
STORED_PIXELS = 4e6


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the trainer sees it.

    Attributes:
        image: (H, W, 3) RGB.
        quads: (n, 4, 2) lines in pixels.
        ignore: (n,) don't-care regions.
        name: what to call it in messages.
    """

    image: Image
    quads: Floats
    ignore: npt.NDArray[np.bool_]
    name: str


class PageSource(Protocol):
    """Where pages come from; a pure function of the random generator and of its own seed."""

    def page(self, rng: np.random.Generator) -> Page:
        """Draws a page."""


class LabeledPages:
    """Labelled images of a set. Each is decoded once and kept, scaled down, as JPEG or PNG.

    Args:
        pages: the set.
        name: what to call the set in messages.
    """

    def __init__(self, pages: Sequence[LabeledPage], name: str) -> None:
        self.pages = [page for page in pages if page.lines]
        if not self.pages:
            raise DataError(f"{name}: no page of this set has a line with a quadrilateral")
        self._kept: dict[int, tuple[Image, Floats]] = {}

    def page(self, rng: np.random.Generator) -> Page:
        """Draws a page."""
        return self[int(rng.integers(len(self.pages)))]

    def __len__(self) -> int:
        return len(self.pages)

    def __getitem__(self, index: int) -> Page:
        page = self.pages[index]
        if index not in self._kept:
            self._kept[index] = self._load(page)
        data, quads = self._kept[index]
        decoded: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        image = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        ignore = np.array([line.ignore for line in page.lines], bool)
        return Page(np.asarray(image, np.uint8), quads, ignore, page.image.name)

    def _load(self, page: LabeledPage) -> tuple[Image, Floats]:
        image = load_image(page.image)
        quads = np.stack([line.quad for line in page.lines]).astype(np.float32)
        h, w = image.shape[:2]
        sides = np.linalg.norm(quads[:, [3, 2]] - quads[:, [0, 1]], axis=-1)
        scale = min(1.0, STORED_HEIGHT / max(1.0, float(np.median(sides))))
        scale = min(scale, (STORED_PIXELS / (h * w)) ** 0.5)
        if scale < 0.9:
            size = max(1, round(w * scale)), max(1, round(h * scale))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
            quads = quads * np.array([size[0] / w, size[1] / h], np.float32)
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
        return np.asarray(data, np.uint8), quads


class RenderedPages:
    """Pages drawn by ``detector.synthesis`` as they are needed.

    Args:
        renderer: has ``render(seed, index)``.
        seed: seed of the pages.
        pad: growth of each line above and below, in line heights, to the looseness of the
            labelled sets that rendered pages are mixed with.
    """

    def __init__(self, renderer: Any, seed: int, pad: float = 0.0) -> None:
        self.renderer, self.seed, self.pad = renderer, seed, pad

    def page(self, rng: np.random.Generator) -> Page:
        """Draws a page."""
        return self[int(rng.integers(1 << 31))]

    def __getitem__(self, index: int) -> Page:
        sample = self.renderer.render(self.seed, index)
        lines = sample.lines
        quads: Floats = np.array([line.quad for line in lines], np.float32).reshape(-1, 4, 2)
        if self.pad:
            down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1])[:, None] / 2
            outward = np.array([-1, -1, 1, 1])[None, :, None]
            quads = quads + self.pad * down * outward
        ignore = np.array([line.ignore for line in lines], bool)
        return Page(sample.image, quads.astype(np.float32), ignore, f"rendered {index}")


def read_pages(root: str | Path, split: str | None = None) -> list[LabeledPage]:
    """Reads a page set: a folder with ``labels.jsonl``, or one with ICDAR's ``gt_*.txt``.

    Args:
        root: the set's folder.
        split: split to read; sets without ``split.json`` are read whole.
    """
    root = Path(root)
    if (root / "labels.jsonl").is_file():
        has_splits = (root / "split.json").is_file()
        return read_page_set(root, split if has_splits else None)
    return read_icdar(root)


def read_icdar(root: Path) -> list[LabeledPage]:
    """Reads ICDAR's format: ``gt_<image>.txt`` beside the images or in a folder of its own.

    Each row is ``x1,y1,…,x4,y4,text`` (2015, 2017, SROIE) or ``x1,y1,x2,y2,"text"`` (2013);
    ``###`` marks a don't-care region.

    Raises:
        DataError: if there is no such file, an image is missing or a row is malformed.
    """
    images = {
        path.stem: path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
    }
    pages = []
    for labels in sorted(root.rglob("gt_*.txt")):
        stem = labels.stem.removeprefix("gt_")
        if stem not in images:
            raise DataError(f"{labels}: no image named {stem} in {root}")
        rows = labels.read_text(encoding="utf-8-sig").splitlines()
        lines = tuple(
            _icdar_line(row, labels, number) for number, row in enumerate(rows, 1) if row.strip()
        )
        height, width = load_image(images[stem]).shape[:2]
        pages.append(LabeledPage(images[stem], width, height, lines))
    if not pages:
        raise DataError(f"{root}: holds neither labels.jsonl nor gt_*.txt files")
    return pages


def _icdar_line(row: str, path: Path, number: int) -> LabeledLine:
    parts = row.split(",", 8)
    if len(parts) >= 8 and all(_is_number(part) for part in parts[:8]):
        quad = np.array([float(part) for part in parts[:8]], np.float32).reshape(4, 2)
        text = parts[8] if len(parts) > 8 else ""
    else:
        parts = re.split(r"[,\s]+", row.strip(), maxsplit=4)
        if len(parts) < 4 or not all(_is_number(part) for part in parts[:4]):
            raise DataError(f"{path}, line {number}: neither eight nor four coordinates")
        x0, y0, x1, y1 = (float(part) for part in parts[:4])
        quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
        text = parts[4] if len(parts) > 4 else ""
    text = text.strip().strip('"')
    return LabeledLine(quad, text, ignore=text == "###")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class MixOptions:
    """How batches are made.

    Attributes:
        batch: crops in a batch.
        batches: batches in a chunk.
        rendered_share: share of crops from rendered pages, where there are labelled ones too.
        crops_per_page: crops taken from a rendered page, which is dear to draw.
        crop: geometry of the crops.
        targets: matching of anchors.
    """

    batch: int = 4
    batches: int = 4
    rendered_share: float = 0.5
    crops_per_page: int = 4
    crop: CropOptions = field(default_factory=CropOptions)
    targets: TargetOptions = field(default_factory=TargetOptions)


class CropMixer:
    """Chunks of batches of crops, a pure function of seed and index.

    Args:
        labeled: sources of labelled pages with their weights.
        rendered: source of rendered pages, or None.
        options: how they are mixed.
        seed: seed of the data.
    """

    def __init__(
        self,
        labeled: Sequence[tuple[PageSource, float]],
        rendered: PageSource | None,
        options: MixOptions,
        seed: int,
    ) -> None:
        if not labeled and rendered is None:
            raise DataError("nothing to train on: give labelled pages, rendered pages or both")
        self.labeled, self.rendered = labeled, rendered
        self.options, self.seed = options, seed

    def chunk(self, index: int) -> list[dict[str, Any]]:
        """Batches number ``index``; see ``detector.train`` for what is in them."""
        rng = np.random.default_rng((self.seed, index, 0xC7))
        options = self.options
        wanted = options.batch * options.batches
        share = options.rendered_share if self.labeled else 1.0
        rendered = int(rng.binomial(wanted, share)) if self.rendered is not None else 0
        samples = []
        page: Page | None = None
        for number in range(rendered):
            if page is None or number % options.crops_per_page == 0:
                assert self.rendered is not None
                page = self.rendered.page(rng)
            samples.append(make_sample(rng, page, options))
        if self.labeled:
            weights = np.array([weight for _, weight in self.labeled], float)
            picks = rng.choice(len(weights), wanted - rendered, p=weights / weights.sum())
            for pick in picks:
                samples.append(make_sample(rng, self.labeled[pick][0].page(rng), options))
        order = rng.permutation(wanted)
        groups = order.reshape(options.batches, options.batch)
        return [_collate([samples[i] for i in group]) for group in groups]


def make_sample(rng: np.random.Generator, page: Page, options: MixOptions) -> dict[str, Any]:
    """One crop of a page with the targets of its anchors and, for people, its quads."""
    focus = page.quads[~(page.ignore | is_steep(page.quads))]
    image, quads = crop_page(rng, page.image, page.quads, focus, options.crop)
    image = photometric(rng, image)
    size = options.crop.height // 16, options.crop.width // 16
    low, high = quads.min(1), quads.max(1)
    visible = (high > 0).all(1) & (low < [options.crop.width, options.crop.height]).all(1)
    tall = np.linalg.norm(quads[:, [3, 2]] - quads[:, [0, 1]], axis=-1).mean(1)
    quads, ignore = quads[visible], (page.ignore | (tall < LEGIBLE))[visible]
    targets = encode_page(quads, ignore, size, options.targets)
    return {
        "image": image,
        "labels": targets.labels,
        "vertical": targets.vertical,
        "side": targets.side,
        "name": page.name,
        "quads": quads,
    }


def _collate(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    import torch

    stacked = {
        key: torch.from_numpy(np.stack([sample[key] for sample in samples]))
        for key in ("labels", "vertical", "side")
    }
    images = torch.from_numpy(np.stack([sample["image"] for sample in samples]))
    return {"images": images, **stacked, "names": [sample["name"] for sample in samples]}

# SPDX-License-Identifier: Apache-2.0
"""Make ``test_images/``: ``python -m detector.synthesis.samples --out test_images``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image as PilImage

from detector.synthesis.draft import Draft
from detector.synthesis.page import PageLine, PageOptions
from detector.synthesis.samples import office, pages
from detector.synthesis.samples.damage import DAMAGE
from ocr_pipeline.core.rendering.fonts import FontLibrary
from ocr_pipeline.core.rendering.text import TextSource

FILES = {
    "letter": "letter.jpg",
    "article": "article.tif",
    "form": "form.png",
    "receipt": "receipt.jpg",
    "photo": "photo.jpg",
    "chinese": "chinese.jpg",
    "fax": "fax.png",
    "card": "card.jpg",
    "invoice": "invoice.jpg",
    "sign": "sign.jpg",
}
DRAW: dict[str, Callable[[Draft], Any]] = {
    **pages.PAGES,
    "form": office.form,
    "invoice": office.invoice,
    "sign": office.sign,
}


def main() -> None:
    """Draw, damage and write every image with its ground truth."""
    parser = argparse.ArgumentParser(description="make the images of test_images/")
    parser.add_argument("--out", type=Path, default=Path("test_images"))
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    fonts, text = FontLibrary(), TextSource()
    rows = []
    for number, (name, file) in enumerate(FILES.items()):
        draft = Draft(np.random.default_rng((7, number)), fonts, text, PageOptions())
        canvas = DRAW[name](draft)
        image, lines = DAMAGE[name](draft.rng, canvas)
        write(out / file, image)
        (out / file).with_suffix(".gt.txt").write_text(reading(lines) + "\n", encoding="utf-8")
        rows.append(record(file, image, lines))
    with (out / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for row in rows:
            labels.write(json.dumps(row, ensure_ascii=False) + "\n")


def write(path: Path, image: np.ndarray) -> None:
    """Save an image, uint8 grey or RGB, in the format of its suffix; TIFF as bilevel fax data."""
    picture = PilImage.fromarray(image)
    if path.suffix == ".tif":
        picture.convert("1", dither=PilImage.Dither.NONE).save(
            path, compression="group4", dpi=(200, 200)
        )
    elif path.suffix == ".jpg":
        picture.save(path, quality=72, optimize=True, dpi=(150, 150))
    else:
        picture.quantize(16).save(path, optimize=True)


def reading(lines: list[PageLine]) -> str:
    """The text in reading order: lines as they were drawn, those beside each other in one row."""
    rows: list[list[PageLine]] = []
    for line in lines:
        if rows:
            last = rows[-1][-1]
            low = min(line.quad[3, 1], last.quad[2, 1])
            shared = low - max(line.quad[0, 1], last.quad[1, 1])
            if (
                shared > 0.6 * (line.quad[3, 1] - line.quad[0, 1])
                and line.quad[0, 0] > last.quad[1, 0]
            ):
                rows[-1].append(line)
                continue
        rows.append([line])
    return "\n".join(" ".join(line.text for line in row) for row in rows)


def record(file: str, image: np.ndarray, lines: list[PageLine]) -> dict[str, Any]:
    """One row of ``labels.jsonl``."""
    return {
        "image": file,
        "w": image.shape[1],
        "h": image.shape[0],
        "lines": [
            {
                "poly": _points(line.quad),
                "text": line.text,
                "words": [{"poly": _points(word.quad), "text": word.text} for word in line.words],
            }
            for line in lines
        ],
        "text": reading(lines),
    }


def _points(quad: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in quad]


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()

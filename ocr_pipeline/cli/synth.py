# SPDX-License-Identifier: Apache-2.0
"""``ocr synth``: renders training lines and pages to disk, with their labels."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
from numpy.typing import NDArray

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.images import save_image, write_atomic

F = TypeVar("F", bound=Callable[..., Any])
Render = Callable[[int, int], tuple[NDArray[np.uint8], dict[str, Any]]]

_PER_SHEET = {"lines": 200, "pages": 12}


@click.group()
def synth() -> None:
    """Render training lines and pages to disk, or as a sheet to look at.

    Image number INDEX of seed SEED is always the same, however many are rendered and by however
    many workers, as long as fonts, corpus and options are the same.
    """


def _common(count: int) -> Callable[[F], F]:
    """Options that both commands have."""
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    options = (
        click.option(
            "--count",
            type=click.IntRange(1),
            default=count,
            show_default=True,
            help="Images to render.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0),
            default=0,
            show_default=True,
            help="Which endless set to render from.",
        ),
        click.option(
            "--first",
            type=click.IntRange(0),
            default=0,
            show_default=True,
            help="Index of the first image.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for images/ and labels.jsonl.",
        ),
        click.option(
            "--font-dir",
            "font_dirs",
            type=folder,
            multiple=True,
            help="Folder with fonts, instead of the system's; may be repeated.",
        ),
        click.option(
            "--corpus",
            type=click.Path(path_type=Path, exists=True),
            multiple=True,
            help="Text file, word list, or folder of them; may be repeated.",
        ),
        click.option(
            "--alphabet",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="File of the characters that may occur, one a line.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(1),
            default=1,
            show_default=True,
            help="Processes that render.",
        ),
        click.option(
            "--sheet",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Contact sheet of the first images to write (PNG).",
        ),
        click.option("--overwrite", is_flag=True, help="Write into a folder that has labels."),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@synth.command()
@_common(1000)
@click.option(
    "--max-width",
    type=click.IntRange(64),
    default=1200,
    show_default=True,
    help="Widest line, in pixels at a height of 32.",
)
@click.option(
    "--max-chars", type=click.IntRange(1), default=100, show_default=True, help="Longest text."
)
@click.option(
    "--look",
    "looks",
    multiple=True,
    help="Render only this look (clean, bilevel, fax, ...); may be repeated.",
)
def lines(max_width: int, max_chars: int, looks: tuple[str, ...], **common: Any) -> None:
    """Render text lines as a detector crops them: images/*.png and {"image", "text"} rows."""
    make = partial(
        _line_renderer,
        common["font_dirs"],
        common["corpus"],
        _read_alphabet(common["alphabet"]),
        max_width,
        max_chars,
        looks,
    )
    _write("lines", make, **common)


@synth.command()
@_common(20)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="Render only this kind of page (letter, receipt, ...); may be repeated.",
)
def pages(kinds: tuple[str, ...], **common: Any) -> None:
    """Render pages: images/*.jpg and rows with each line's and each word's quadrilateral."""
    make = partial(
        _page_renderer,
        common["font_dirs"],
        common["corpus"],
        _read_alphabet(common["alphabet"]),
        kinds,
    )
    _write("pages", make, **common)


# Renderers: made once in each process ------------------------------------------------------------


def _line_renderer(
    font_dirs: tuple[Path, ...],
    corpus: tuple[Path, ...],
    alphabet: str | None,
    max_width: int,
    max_chars: int,
    looks: tuple[str, ...],
) -> Render:
    """A function that renders one line and its label."""
    from recognizer.synthesis.lines import LineOptions, LineRenderer

    chosen: dict[str, Any] = {"looks": tuple((look, 1.0) for look in looks)} if looks else {}
    if alphabet is not None:
        chosen["alphabet"] = alphabet
    renderer = LineRenderer(
        LineOptions(
            max_width=max_width,
            max_chars=max_chars,
            corpus=corpus,
            font_folders=font_dirs,
            **chosen,
        )
    )

    def render(seed: int, index: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        sample = renderer.render(seed, index)
        return sample.image, {"text": sample.text}

    return render


def _page_renderer(
    font_dirs: tuple[Path, ...],
    corpus: tuple[Path, ...],
    alphabet: str | None,
    kinds: tuple[str, ...],
) -> Render:
    """A function that renders one page and its label."""
    from detector.synthesis import PageOptions, PageRenderer
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from ocr_pipeline.core.rendering.text import TextSource

    chosen: dict[str, Any] = {"kinds": dict.fromkeys(kinds, 1.0)} if kinds else {}
    renderer = PageRenderer(
        PageOptions(**chosen),
        fonts=FontLibrary(font_dirs or None),
        text=TextSource(alphabet=alphabet, corpus=corpus),
    )

    def render(seed: int, index: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        page = renderer.render(seed, index)
        height, width = page.image.shape[:2]
        rows = []
        for line in page.lines:
            row: dict[str, Any] = {"poly": _points(line.quad), "text": line.text}
            if line.ignore:
                row["ignore"] = True
            if line.words:
                row["words"] = [{"poly": _points(w.quad), "text": w.text} for w in line.words]
            rows.append(row)
        return page.image, {"w": width, "h": height, "lines": rows}

    return render


def _points(quad: NDArray[np.float32]) -> list[list[float]]:
    """A quadrilateral as JSON has it: pixels with one decimal."""
    return [[round(float(x), 1), round(float(y), 1)] for x, y in quad]


def _read_alphabet(path: Path | None) -> str | None:
    """Characters of a file, one a line; a blank line's place is the blank's."""
    if path is None:
        return None
    text = path.read_text(encoding="utf-8")
    return "".join(sorted(set(text.replace("\n", "").replace("\r", "")) | {" "}))


# Writing -----------------------------------------------------------------------------------------

_render: Render | None = None


def _start(make: Callable[[], Render]) -> None:
    """Set a worker process up: one renderer, one thread."""
    global _render
    import cv2

    cv2.setNumThreads(1)
    _render = make()


def _one(
    kind: str, folder: Path | None, seed: int, keep: int, index: int
) -> tuple[dict[str, Any], NDArray[np.uint8] | None]:
    """Render and store one image; gives its row, and the image where a sheet needs it."""
    assert _render is not None
    image, row = _render(seed, index)
    name = f"images/{index:07d}.{'png' if kind == 'lines' else 'jpg'}"
    if folder is not None:
        save_image(folder / name, image)
    return {"image": name, **row}, image if index < keep else None


def _start_process(make: Callable[[], Render]) -> None:
    """Prepares a process of its own, which SIGTERM is to end whatever its parent does with it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _start(make)


def _rows(
    make: Callable[[], Render], job: Callable[[int], Any], indices: Iterable[int], workers: int
) -> Iterator[Any]:
    """Run ``job`` over all indices, in their order."""
    if workers == 1:
        _start(make)
        yield from map(job, indices)
        return
    with multiprocessing.get_context().Pool(workers, _start_process, (make,)) as pool:
        yield from pool.imap(job, indices, chunksize=8)


def _write(
    kind: str,
    make: Callable[[], Render],
    *,
    count: int,
    seed: int,
    first: int,
    out: Path | None,
    workers: int,
    sheet: Path | None,
    overwrite: bool,
    **_unused: Any,
) -> None:
    """Render ``count`` images and write images, labels and sheet."""
    if out is None and sheet is None:
        raise UsageError("nothing to write: give --out FOLDER, --sheet FILE, or both")
    if out is not None:
        if (out / "labels.jsonl").exists() and not overwrite:
            raise UsageError(f"{out} has labels already: choose another folder or --overwrite")
        (out / "images").mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    keep = first + min(count, _PER_SHEET[kind]) if sheet is not None else 0
    if out is None:
        count = keep - first
    job = partial(_one, kind, out, seed, keep)
    rows: list[dict[str, Any]] = []
    shown: list[tuple[NDArray[np.uint8], str]] = []
    for row, image in _rows(make, job, range(first, first + count), workers):
        rows.append(row)
        if image is not None:
            shown.append((image, row["text"]) if kind == "lines" else (_outlined(image, row), ""))
        if sys.stderr.isatty() and len(rows) % 50 == 0:
            click.echo(f"\r{len(rows)}/{count}", nl=False, err=True)
    if out is not None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomic(out / "labels.jsonl", text.encode("utf-8"))
    if sheet is not None:
        from ocr_pipeline.core.rendering.sheet import contact_sheet

        save_image(sheet, contact_sheet(shown, 32 if kind == "lines" else 560))
    spent = time.perf_counter() - begin
    where = " and ".join(str(path) for path in (out, sheet) if path is not None)
    click.echo(
        f"{len(rows)} {kind} in {spent:.1f} s ({len(rows) / spent:.1f} a second): {where}", err=True
    )


def _outlined(image: NDArray[np.uint8], row: dict[str, Any]) -> NDArray[np.uint8]:
    """The page with its lines in red, its words in blue, and what is ignored in grey."""
    import cv2

    picture = image.copy()
    for line in row["lines"]:
        for word in line.get("words", ()):
            points = np.round(word["poly"]).astype(np.int32)
            cv2.polylines(picture, [points], True, (80, 120, 255), 1)
        color = (128, 128, 128) if line.get("ignore") else (230, 30, 30)
        cv2.polylines(picture, [np.round(line["poly"]).astype(np.int32)], True, color, 2)
    return picture

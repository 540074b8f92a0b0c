# SPDX-License-Identifier: Apache-2.0
"""``ocr synth``: renders training lines and pages to disk, with their labels."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ocr_pipeline.core.errors import UsageError
from recognizer.label_layouts import LAYOUTS
from recognizer.tasks import PRESETS, load_preset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
Render = Callable[[int, int], "tuple[NDArray[np.uint8], dict[str, Any]]"]

_PER_SHEET = {"lines": 200, "pages": 12}


class _Tasks(click.Group):
    """The commands below, and one for each recognizer's task."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *PRESETS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in PRESETS:
            return _task(cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Tasks)
def synth() -> None:
    """Render training lines, pages or a recognizer's task to disk, or as a sheet to look at.

    Image number INDEX of seed SEED is always the same, however many are rendered and by however
    many workers, as long as fonts, corpus and options are the same.
    """


_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_ANY = click.Path(path_type=Path, exists=True)
#: Options of all commands: their flags, and what click is told of them.
_COMMON: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--count",), {"type": click.IntRange(1), "help": "Images to render."}),
    (
        ("--seed",),
        {"type": click.IntRange(0), "default": 0, "help": "Which endless set to render from."},
    ),
    (("--first",), {"type": click.IntRange(0), "default": 0, "help": "Index of the first image."}),
    (
        ("--out",),
        {"type": click.Path(path_type=Path, file_okay=False), "help": "Folder to write to."},
    ),
    (
        ("--font-dir", "font_dirs"),
        {
            "type": _FOLDER,
            "multiple": True,
            "help": "Folder with fonts, instead of the system's; may be repeated.",
        },
    ),
    (
        ("--corpus",),
        {
            "type": _ANY,
            "multiple": True,
            "help": "Text file, word list, or folder of them; may be repeated.",
        },
    ),
    (("--workers",), {"type": click.IntRange(1), "default": 1, "help": "Processes that render."}),
    (("--sheet",), {"type": _NEW_FILE, "help": "Contact sheet of the first images (PNG)."}),
    (("--overwrite",), {"is_flag": True, "help": "Write into a folder that has labels."}),
)
_ALPHABET = (
    ("--alphabet",),
    {"type": _FILE, "help": "File of the characters that may occur, one a line."},
)
#: Those of the tasks.
_STORED: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("--layout",),
        {
            "type": click.Choice(LAYOUTS),
            "default": "jsonl",
            "help": "Where labels go: labels.jsonl, labels.txt, or the file names (id: "
            "0000004_LABEL, label: LABEL_0000004, name: LABEL).",
        },
    ),
    (
        ("--image-format",),
        {"type": click.Choice(["png", "jpg"]), "default": "png", "help": "Format of the images."},
    ),
)


def _common(count: int, *more: tuple[tuple[str, ...], dict[str, Any]]) -> Callable[[F], F]:
    """Options that all commands have, and some more."""

    def add(command: F) -> F:
        for names, told in reversed((*_COMMON, *more)):
            if names == ("--count",):
                told = {**told, "default": count}
            shown = "default" in told
            command = click.option(*names, show_default=shown, **told)(command)
        return command

    return add


def _task(name: str) -> click.Command:
    """The command that renders a recognizer's task."""
    summary = load_preset(name).summary

    def render(romanised: bool = False, **options: Any) -> None:
        from ocr_pipeline.cli.synth_crops import write_task

        write_task(name, codec="roman" if romanised else None, **options)

    more = _STORED
    if name == "plates-korea":
        romanised = {"is_flag": True, "help": "Labels as A18sk6897, not as they are read."}
        more = (*_STORED, (("--romanised",), romanised))
    command = click.command(
        name, help=f"Render {summary}.", short_help=f"{summary[:1].upper()}{summary[1:]}."
    )
    return command(_common(1000, *more)(render))


@synth.command()
@_common(1000, _ALPHABET)
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
@_common(20, _ALPHABET)
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


def _one(
    kind: str, folder: Path | None, seed: int, keep: int, render: Render, index: int
) -> tuple[dict[str, Any], NDArray[np.uint8] | None]:
    """Render and store one image; gives its row, and the image where a sheet needs it."""
    from ocr_pipeline.core.images import save_image

    image, row = render(seed, index)
    name = f"images/{index:07d}.{'png' if kind == 'lines' else 'jpg'}"
    if folder is not None:
        save_image(folder / name, image)
    return {"image": name, **row}, image if index < keep else None


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
    from ocr_pipeline.core.atomic import write_atomic
    from ocr_pipeline.core.images import save_image
    from ocr_pipeline.core.rendering.pool import in_workers

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
    indices = range(first, first + count)
    try:
        for row, image in in_workers(make, job, indices, 0 if workers == 1 else workers):
            rows.append(row)
            if image is not None:
                plain = kind == "lines"
                shown.append((image, row["text"]) if plain else (_outlined(image, row), ""))
            if sys.stderr.isatty() and len(rows) % 50 == 0:
                click.echo(f"\r{len(rows)}/{count}", nl=False, err=True)
    finally:  # interrupted, or the disk full: what is rendered keeps its labels
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
    import numpy as np

    picture = image.copy()
    for line in row["lines"]:
        for word in line.get("words", ()):
            points = np.round(word["poly"]).astype(np.int32)
            cv2.polylines(picture, [points], True, (80, 120, 255), 1)
        color = (128, 128, 128) if line.get("ignore") else (230, 30, 30)
        cv2.polylines(picture, [np.round(line["poly"]).astype(np.int32)], True, color, 2)
    return picture

# SPDX-License-Identifier: Apache-2.0
"""Compares the recurrent cells of the CRNN: what each costs, and what each learns.

    python benchmarks/cells.py                              # seconds of the layers alone
    python benchmarks/cells.py --train --minutes 30         # whole nets on rendered expressions

Both count the CPU time of one thread, so that other work on the machine costs none of the cells
anything but wall-clock time. What is done is kept in ``--out``: a run that was interrupted goes
on where it was when the same command is given again.

With ``--train`` each cell has the same convolutions, units and layers, the same budget and the
same images in the same order; then it reads ``--count`` images that none has seen.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import torch

from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.train_options import TrainOptions
from ocr_pipeline.core.training import train
from ocr_pipeline.core.weights import load_weights
from recognizer import Recognizer
from recognizer.cells import Recurrent
from recognizer.layers import CELLS
from recognizer.tasks import RenderOptions, load_preset
from recognizer.train import RecognizerTask
from recognizer.train_options import RecognizerTrainOptions

TASK = "expressions"
FEATURES, HIDDEN, LAYERS, DEPTH = 256, 192, 2, 4
#: Lines in a batch and steps of a line: two batches of training, and a single line.
SHAPES = ((64, 24), (64, 80), (1, 80))
SEED, UNSEEN = 11, 1_000_000_007  # of the images that are learned from, and of those read


def remembered(name: str, out: Path) -> dict[str, Any]:
    """What an earlier run has left under a name; empty where there is nothing."""
    path = out / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def keep(name: str, out: Path, figures: Mapping[str, Any]) -> None:
    """Leaves figures for a later run."""
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / f"{name}.json", json.dumps(figures, indent=1).encode() + b"\n")


# --- seconds of the layers alone --------------------------------------------------------------


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def forward(net: Recurrent, columns: torch.Tensor) -> None:
    with torch.inference_mode():
        net(columns)


def both(net: Recurrent, columns: torch.Tensor) -> None:
    net(columns).float().square().mean().backward()


def time_layers(rounds: int, half: bool) -> dict[str, Any]:
    """Median CPU seconds of each cell, shape and way.

    The cells take turns, so that whatever else the machine does meets all of them alike.

    Args:
        rounds: times that each is run, after one that is not counted.
        half: bfloat16 products in place of float32.
    """
    torch.manual_seed(0)
    nets = {cell: Recurrent(FEATURES, HIDDEN, LAYERS, cell, depth=DEPTH) for cell in CELLS}
    times: dict[str, list[float]] = {}
    for lines, steps in SHAPES:
        columns = torch.randn(lines, steps, FEATURES)
        ways = {"forward": forward, "forward and backward": both}
        for turn in range(rounds + 1):
            for cell, net in nets.items():
                for way, run in ways.items():
                    with torch.autocast("cpu", torch.bfloat16, enabled=half):
                        spent = seconds(lambda: run(net, columns))  # noqa: B023
                    if turn:
                        times.setdefault(f"{cell}/{lines}x{steps}/{way}", []).append(spent)
    return {
        "parameters": {c: sum(p.numel() for p in net.parameters()) for c, net in nets.items()},
        "seconds": {key: statistics.median(values) for key, values in times.items()},
    }


def speed_table(figures: Mapping[str, Any]) -> str:
    """Seconds relative to the LSTM's, as Markdown."""
    ways = ("forward", "forward and backward")
    columns = [(f"{lines}x{steps}", way) for lines, steps in SHAPES for way in ways]
    named = [
        f"{lines} line{'s' * (lines > 1)}, T {steps}, {way}"
        for lines, steps in SHAPES
        for way in ways
    ]
    rows = [["cell", "parameters", *named], ["---", *["--:"] * (len(named) + 1)]]
    for cell in CELLS:
        row = [f"`{cell}`", f"{figures['parameters'][cell] / 1e6:.2f} M"]
        for shape, way in columns:
            spent, usual = (figures["seconds"][f"{c}/{shape}/{way}"] for c in (cell, "lstm"))
            row.append(f"{1e3 * spent:.1f} ms" if cell == "lstm" else f"{spent / usual:.2f}")
        rows.append(row)
    return markdown(rows)


def markdown(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


# --- whole nets -------------------------------------------------------------------------------


def options_of(cell: str, settings: Mapping[str, Any]) -> RecognizerTrainOptions:
    return RecognizerTrainOptions.for_preset(
        TASK,
        rnn=cell,
        depth=DEPTH,
        layers=LAYERS,
        width=settings["width"],
        hidden=settings["hidden"],
        area=settings["area"],
        align_chunks=settings["align_chunks"],
        name=f"{TASK}-{cell}",
        val_lines=200,
    )


def unseen(count: int, folders: tuple[Path, ...]) -> Iterator[tuple[Any, str]]:
    """Images that no training has seen, and what is written on them."""
    renderer = load_preset(TASK).renderer(RenderOptions(font_dirs=folders))
    for index in range(count):
        sample = renderer.render(UNSEEN, index)
        yield sample.image, sample.text


def read_unseen(weights: Path, count: int, threads: int) -> dict[str, float]:
    """Share of images read without an error, and images read in a second of CPU time."""
    recognizer = Recognizer.from_weights(weights, device="cpu", backend="torch", threads=threads)
    right, spent, block = 0, 0.0, []
    for number, item in enumerate(unseen(count, ()), 1):
        block.append(item)
        if len(block) == 256 or number == count:
            start = time.process_time()
            readings = recognizer.read([image for image, _ in block])
            spent += time.process_time() - start
            right += sum(r.text == text for r, (_, text) in zip(readings, block, strict=True))
            block = []
    return {"exact": right / count, "read_per_second": count / spent}


def learn(cell: str, settings: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Trains a net with a cell, or goes on with it, and lets it read.

    Raises:
        KeyboardInterrupt: on Ctrl-C and SIGTERM, after a checkpoint was saved.
    """
    folder, minutes = out / cell, settings["minutes"]
    loop = TrainOptions(
        out=folder,
        max_minutes=minutes,
        cpu_time=True,
        lr=settings["lr"],
        warmup=100,
        ema=0.99,
        device="cpu",
        threads=settings["threads"],
        seed=SEED,
        eval_minutes=minutes / 4,
        save_minutes=min(5.0, minutes / 4),
        resume=(folder / "last.ckpt").is_file(),
    )
    best = train(RecognizerTask(options_of(cell, settings), SEED), loop)
    counters = torch.load(folder / "last.ckpt", weights_only=True)["counters"]
    _, state = load_weights(best)
    return {
        "parameters": sum(
            value.numel()
            for name, value in state.items()
            if value.is_floating_point() and "running" not in name
        ),
        "steps": counters["step"],
        "samples": counters["seen"],
        "trained_per_second": counters["seen"] / counters["elapsed"],
        **read_unseen(best, settings["count"], settings["threads"]),
    }


def learning_table(done: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    """What the nets have learned, as Markdown."""
    rows = [
        ["cell", "parameters", "images learned from", "exact", "trained a second", "read a second"],
        ["---", *["--:"] * 5],
    ]
    for cell, figures in done.items():
        rows.append(
            [
                f"`{cell}`",
                f"{figures['parameters'] / 1e6:.2f} M",
                f"{figures['samples']:,}",
                f"{figures['exact']:.4f}",
                f"{figures['trained_per_second']:.0f}",
                f"{figures['read_per_second']:.0f}",
            ]
        )
    told = ", ".join(f"{key} {value:g}" for key, value in settings.items())
    return f"{markdown(rows)}\n({told}; minutes and seconds of CPU time)\n"


def compare(cells: tuple[str, ...], settings: dict[str, Any], out: Path) -> str:
    """Trains and reads with one cell after the other; returns the table of those done."""
    done: dict[str, dict[str, Any]] = {}
    for cell in cells:
        found = remembered(f"train-{cell}", out)
        if found.get("settings") not in (None, settings):
            raise click.ClickException(
                f"{out} holds a run with other settings ({found['settings']}); choose another --out"
            )
        if not found:
            click.echo(f"--- {cell}", err=True)
            found = {"settings": settings, "figures": learn(cell, settings, out)}
            keep(f"train-{cell}", out, found)
        done[cell] = found["figures"]
        write_atomic(out / "train.md", learning_table(done, settings).encode())
    return learning_table(done, settings)


@click.command()
@click.option("--out", default=Path("runs/cells"), type=click.Path(path_type=Path))
@click.option("--cell", "cells", multiple=True, type=click.Choice(CELLS), help="Only these.")
@click.option("--rounds", default=9, show_default=True, help="Repetitions of the layers alone.")
@click.option("--train", "learns", is_flag=True, help="Train whole nets in place of that.")
@click.option("--minutes", default=30.0, show_default=True, help="CPU minutes for each net.")
@click.option("--count", default=20_000, show_default=True, help="Unseen images to read.")
@click.option("--width", default=0.375, show_default=True, help="Of the convolutions.")
@click.option("--hidden", default=128, show_default=True, help="Units of a direction.")
@click.option("--lr", default=1.5e-3, show_default=True)
@click.option("--area", default=12_800, show_default=True, help="Pixels of width in a batch.")
@click.option("--align-chunks", default=0, help="As of ocr train recognizer, for short budgets.")
@click.option("--threads", default=1, show_default=True)
def main(
    out: Path, cells: tuple[str, ...], rounds: int, learns: bool, threads: int, **settings: Any
) -> None:
    """Compare the recurrent cells; writes JSON and Markdown to --out."""
    torch.set_num_threads(threads)
    if learns:
        click.echo(compare(cells or CELLS, {**settings, "threads": threads}, out))
        return
    text = ""
    for half in (False, True):
        name = "speed-bf16" if half else "speed-fp32"
        figures = remembered(name, out)
        if not figures:
            figures = time_layers(rounds, half)
            keep(name, out, figures)
        text += f"{'bfloat16' if half else 'float32'}\n\n{speed_table(figures)}\n"
    write_atomic(out / "speed.md", text.encode())
    click.echo(text)


if __name__ == "__main__":
    main()

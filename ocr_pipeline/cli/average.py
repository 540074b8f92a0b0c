# SPDX-License-Identifier: Apache-2.0
"""``ocr average``: the mean of weights that were trained from one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ocr_pipeline.core.errors import UsageError

_SAME = ("kind", "architecture", "config", "preprocessing", "alphabet", "blank")
_OF_ONE = ("metrics", "calibration", "format_version")


def average(paths: Sequence[Path], shares: Sequence[float]) -> tuple[dict[str, Any], Any]:
    """Header and tensors of the weighted mean of some weights files.

    Wortsman et al., "Model soups" (arXiv 2203.05482): the mean of nets that were fine-tuned from
    the same weights, or from one another, often reads better than each of them.

    Args:
        paths: two weights files or more, of the same net.
        shares: how much each counts; they need not add up to 1.

    Raises:
        UsageError: if the files are not of one net, or the shares do not fit.
        WeightsError: if a file cannot be read.
    """
    from ocr_pipeline.core.weights import load_weights

    if len(paths) < 2:
        raise UsageError("name two weights files or more")
    if len(shares) != len(paths) or min(shares) < 0 or sum(shares) <= 0:
        raise UsageError(f"give {len(paths)} shares of 0 or more, one for each file")
    (header, state), *others = [load_weights(path) for path in paths]
    for path, (other, _) in zip(paths[1:], others, strict=True):
        for key in _SAME:
            if header.get(key) != other.get(key):
                raise UsageError(f"{path}: its {key} differs from that of {paths[0]}")
    shapes = [{name: x.shape for name, x in tensors.items()} for _, tensors in others]
    for path, found in zip(paths[1:], shapes, strict=True):
        if found != {name: x.shape for name, x in state.items()}:
            raise UsageError(f"{path}: its tensors are not those of {paths[0]}")
    total = sum(shares)
    for name, tensor in state.items():
        if tensor.is_floating_point():
            mean = tensor.float() * (shares[0] / total)
            for share, (_, tensors) in zip(shares[1:], others, strict=True):
                mean += tensors[name].float() * (share / total)
            state[name] = mean
    trained = [source for head in (header, *(h for h, _ in others)) for source in _sources(head)]
    kept = {key: value for key, value in header.items() if key not in _OF_ONE}
    return kept | {"trained_on": list(dict.fromkeys(trained))}, state


def _sources(header: dict[str, Any]) -> list[str]:
    return [str(source) for source in header.get("trained_on", ())]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--share", "shares", multiple=True, type=float, help="Of each file; all alike.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
def command(files: tuple[Path, ...], shares: tuple[float, ...], out: Path) -> None:
    """Average weights that were trained from one another.

    The mean often reads better than each. It has no calibration: see ocr calibrate.
    """
    from ocr_pipeline.core.weights import save_weights

    header, state = average(files, shares or [1.0] * len(files))
    save_weights(out, state, header)
    click.echo(str(out))

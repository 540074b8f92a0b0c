# SPDX-License-Identifier: Apache-2.0
"""``ocr models``: the weights that are installed, with what their headers say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.weights import find_weights, list_weights, read_header


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME_OR_FILE]...")
@click.option("--json", "as_json", is_flag=True, help="Whole headers as JSON.")
def models(names: tuple[str, ...], as_json: bool) -> None:
    """List the bundled weights, or describe those that are named."""
    paths = [find_weights(name) for name in names] if names else list_weights()
    rows = [describe(path) for path in paths]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("no weights are installed", err=True)
    for row in rows:
        click.echo("\n".join(_text(row)))


def describe(path: Path) -> dict[str, Any]:
    """Name, place, size and header of a weights file; ``error`` where it cannot be read."""
    row: dict[str, Any] = {"name": path.stem, "path": str(path), "bytes": path.stat().st_size}
    try:
        row["header"] = read_header(path)
    except WeightsError as error:
        row["error"] = str(error)
    return row


def _text(row: dict[str, Any]) -> list[str]:
    size = f"{row['bytes'] / 1e6:.1f} MB"
    if "error" in row:
        return [f"{row['name']}  {size}  {row['error']}"]
    header = row["header"]
    lines = [f"{row['name']}  {header['kind']}  {header['architecture']}  {size}"]
    facts = {
        "file": row["path"],
        "config": _flat(header["config"]),
        "characters": len(header["alphabet"]) if header.get("alphabet") else None,
        "trained on": _flat(header.get("trained_on")),
        "licence": header.get("licence"),
        "measured": _flat(header.get("metrics")),
    }
    return lines + [f"  {name}: {value}" for name, value in facts.items() if value]


def _flat(value: Any) -> str:
    """A header's value on one line."""
    if not value:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_number(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

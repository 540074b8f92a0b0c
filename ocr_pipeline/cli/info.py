# SPDX-License-Identifier: Apache-2.0
"""``ocr info``: what a bug report needs."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from typing import Any

import click

from ocr_pipeline import __version__

PACKAGES = (
    *("torch", "numpy", "opencv-python-headless", "opencv-python", "Pillow", "shapely"),
    *("safetensors", "rapidfuzz", "click", "tqdm", "fonttools", "wordfreq", "faker", "lmdb"),
    "tensorboard",
)
# Instruction sets that decide how fast the nets are on a CPU, as Linux names them.
CPU_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(as_json: bool) -> None:
    """Print versions, devices, fonts and weights."""
    facts = collect()
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {item}" for key, item in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        click.echo(f"{name:12} {value if value not in ('', None) else 'none'}")


def collect() -> dict[str, Any]:
    """The facts, as they go to JSON."""
    from ocr_pipeline.core.weights import list_weights

    return {
        "ocr": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "packages": _versions(),
        **_devices(),
        "fonts": _fonts(),
        "weights": [str(path) for path in list_weights()],
        "OCR_HOME": os.environ.get("OCR_HOME"),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _devices() -> dict[str, Any]:
    import torch

    from ocr_pipeline.core.devices import cpu_flags, resolve_device, resolve_dtype

    flags = cpu_flags()
    devices = ["cpu"]
    for index in range(torch.cuda.device_count()):
        devices.append(f"cuda:{index} ({torch.cuda.get_device_name(index)})")
    if torch.backends.mps.is_available():
        devices.append("mps")
    default = resolve_device("auto")
    return {
        "devices": devices,
        "default": f"{default} {resolve_dtype(default)}".replace("torch.", ""),
        "cpu": [name for name in CPU_FEATURES if name in flags],
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def _fonts() -> str:
    """How many faces rendering would use."""
    import logging

    from ocr_pipeline.core.rendering.fonts import FontLibrary

    logging.disable(logging.WARNING)  # having none is a fact here, not a warning
    try:
        faces = FontLibrary().faces
    finally:
        logging.disable(logging.NOTSET)
    categories: dict[str, int] = {}
    for face in faces:
        categories[face.category] = categories.get(face.category, 0) + 1
    parts = ", ".join(f"{count} {name}" for name, count in sorted(categories.items()))
    return f"{len(faces)} faces ({parts})"

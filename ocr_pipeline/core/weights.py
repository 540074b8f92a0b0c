# SPDX-License-Identifier: Apache-2.0
"""Weights files: safetensors with a JSON header that says all there is to know of a net.

The header travels in the safetensors metadata under one key. Nothing in such a file can execute
code when it is loaded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.errors import WeightsError

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

FORMAT_VERSION = 1
SUFFIX = ".safetensors"
_EXPORTED = (".onnx", ".xml")
_KEY = "ocr_header"
_REQUIRED = ("kind", "architecture", "config", "preprocessing")


def save_weights(
    path: str | Path,
    state: Mapping[str, torch.Tensor],
    header: Mapping[str, Any],
    half: bool = True,
) -> None:
    """Writes tensors and header, whole or not at all.

    Args:
        path: file to write, ``.safetensors``.
        state: the net's ``state_dict``.
        header: see the module; ``kind``, ``architecture``, ``config`` and ``preprocessing`` are
            required.
        half: store floating-point tensors as fp16 (they are loaded as float32).
    """
    import torch
    from safetensors.torch import save

    missing = [key for key in _REQUIRED if key not in header]
    if missing:
        raise WeightsError(f"{path}: the header lacks {', '.join(missing)}")
    tensors = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu()
        if half and tensor.is_floating_point():
            tensor = tensor.clamp(-65504, 65504).to(torch.float16)
        tensors[name] = tensor.contiguous().clone()
    full = {"format_version": FORMAT_VERSION, **header}
    text = json.dumps(full, ensure_ascii=False, sort_keys=True)
    write_atomic(path, save(tensors, metadata={_KEY: text}))


def read_header(path: str | Path) -> dict[str, Any]:
    """Reads the header of a weights file, or of an exported one, without its tensors.

    Raises:
        WeightsError: if the file is missing, damaged, of another program or too new.
    """
    path = Path(path)
    header = _exported_header(path) if path.suffix in _EXPORTED else _weights_header(path)
    version = header.get("format_version", 0)
    if version > FORMAT_VERSION:
        raise WeightsError(
            f"{path}: of format {version}, newer than {FORMAT_VERSION}: update this program"
        )
    missing = [key for key in _REQUIRED if key not in header]
    if missing:
        raise WeightsError(f"{path}: the header lacks {', '.join(missing)}")
    return header


def _exported_header(path: Path) -> dict[str, Any]:
    from ocr_pipeline.core.backends.exported import read_exported_header

    return read_exported_header(path)


def _weights_header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= 100_000_000:
                raise ValueError("no safetensors header")
            metadata = json.loads(file.read(length)).get("__metadata__", {})
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsError(f"{path}: not a safetensors file, or damaged ({error})") from error
    if _KEY not in metadata:
        raise WeightsError(f"{path}: a safetensors file, but not one that this program wrote")
    header: dict[str, Any] = json.loads(metadata[_KEY])
    return header


def load_arrays(path: str | Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """As :func:`load_weights`, as arrays and without torch."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    header = read_header(path)
    try:
        state = load_file(str(path))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: damaged ({error})") from error
    floats = {k: v.astype(np.float32) for k, v in state.items() if v.dtype.kind == "f"}
    return header, {**state, **floats}


def load_weights(path: str | Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Reads header and tensors (floating-point ones as float32).

    Raises:
        WeightsError: as :func:`read_header`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    header = read_header(path)
    try:
        state = load_file(str(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path}: damaged ({error})") from error
    return header, {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def replace_header(source: str | Path, out: str | Path, changes: Mapping[str, Any]) -> None:
    """Writes a weights file anew with other entries in its header; the tensors' bytes stay.

    Args:
        source: the file as it is.
        out: file to write, whole or not at all; may be the same.
        changes: entries to add or to replace.

    Raises:
        WeightsError: as :func:`read_header`.
    """
    header = {**read_header(source), **changes}
    content = Path(source).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    outer = json.loads(content[8:start])
    text = json.dumps(header, ensure_ascii=False, sort_keys=True)
    outer["__metadata__"] = {**outer["__metadata__"], _KEY: text}
    encoded = json.dumps(outer, ensure_ascii=False, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)  # tensors begin at a multiple of eight
    write_atomic(out, len(encoded).to_bytes(8, "little") + encoded + content[start:])


def weights_folders() -> list[Path]:
    """Where bundled weights are looked for: ``$OCR_HOME/weights``, the package, the checkout."""
    package = Path(__file__).resolve().parents[1]
    folders = [package / "weights", package.parent / "weights"]
    if home := os.environ.get("OCR_HOME"):
        folders.insert(0, Path(home) / "weights")
    return [folder for folder in folders if folder.is_dir()]


def list_weights() -> list[Path]:
    """All bundled weights files; of two with one name the first folder's."""
    found: dict[str, Path] = {}
    for folder in weights_folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            found.setdefault(path.stem, path)
    return [found[name] for name in sorted(found)]


def find_weights(name_or_path: str | Path, kind: str | None = None) -> Path:
    """Finds a weights file by its bundled name or by its path.

    Args:
        name_or_path: for instance ``crnn-latin`` or ``runs/mine/best.safetensors``.
        kind: ``"detector"`` or ``"recognizer"`` to insist on one.

    Raises:
        WeightsError: if there is none, or it is of the other kind.
    """
    path = Path(name_or_path)
    if not path.is_file():
        bundled = {item.stem: item for item in list_weights()}
        if str(name_or_path) not in bundled:
            names = ", ".join(
                name
                for name, item in bundled.items()
                if kind is None or read_header(item)["kind"] == kind
            )
            raise WeightsError(
                f"{name_or_path}: neither a file nor a bundled {kind or 'weights'} name; "
                f"bundled are: {names or 'none'}"
            )
        path = bundled[str(name_or_path)]
    found = read_header(path)["kind"]
    if kind is not None and found != kind:
        raise WeightsError(f"{path}: holds a {found}, not a {kind}")
    return path

# SPDX-License-Identifier: Apache-2.0
"""Where the ONNX forms of weights lie: beside them, or made once and cached."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from ocr_pipeline.core.backends.exported import read_exported_header
from ocr_pipeline.core.backends.graph import GRAPH_VERSION
from ocr_pipeline.core.backends.session import Net
from ocr_pipeline.core.errors import BackendError, NoGraphError, WeightsError
from ocr_pipeline.core.images import write_atomic
from ocr_pipeline.core.weights import SUFFIX, load_arrays

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Folder of what can be made anew: ``$OCR_CACHE``, or one in the user's cache folder."""
    if folder := os.environ.get("OCR_CACHE"):
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ocr-pipeline"


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, computed anew only when the file has changed."""
    status = path.stat()
    return _fingerprint(path.resolve(), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _fingerprint(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def origin(weights: Path, precision: str) -> dict[str, Any]:
    """What an exported file's header says of where it comes from."""
    return {
        "source_sha256": fingerprint(weights),
        "graph_version": GRAPH_VERSION,
        "precision": precision,
    }


def find_exported(weights: Path, precision: str) -> Path | None:
    """The ONNX form of a weights file, if it lies beside it or in the cache.

    A file beside the weights that was made from others is passed over with a warning.

    Args:
        weights: ``.safetensors``.
        precision: ``fp32`` or ``int8``.
    """
    wanted = origin(weights, precision)
    for path in (beside(weights, precision), cached(weights, precision)):
        if not path.is_file():
            continue
        try:
            header = read_exported_header(path)
        except WeightsError as error:
            log.warning("%s; not used", error)
            continue
        if all(header.get(key) == value for key, value in wanted.items()):
            return path
        log.warning("%s: made from other weights than %s; not used", path, weights.name)
    return None


def beside(weights: Path, precision: str) -> Path:
    """Where ``ocr export`` puts the ONNX form into the weights' own folder."""
    mark = "" if precision == "fp32" else f".{precision}"
    return weights.with_name(f"{weights.name.removesuffix(SUFFIX)}{mark}.onnx")


def cached(weights: Path, precision: str) -> Path:
    """Where the ONNX form lies in the cache."""
    name = f"{weights.stem}-{fingerprint(weights)[:16]}-{GRAPH_VERSION}-{precision}.onnx"
    return cache_folder() / "models" / name


def exported(net: Net, weights: Path) -> Path | bytes:
    """The float32 ONNX form of a weights file, made and cached where there is none.

    Returns:
        The file; the model itself where the cache cannot be written.

    Raises:
        BackendError: if it must be made and cannot be.
    """
    found = find_exported(weights, "fp32")
    if found is not None:
        return found
    model = build_model(net, weights)
    path = cached(weights, "fp32")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, model)
    except OSError as error:
        log.info("%s: cannot be written (%s); the model is made anew each time", path, error)
        return model
    return path


def build_model(net: Net, weights: Path) -> bytes:
    """Builds the float32 ONNX form of a weights file.

    Raises:
        BackendError: if the ``onnx`` package is missing or the net has no ONNX form.
        WeightsError: if the weights do not fit their header.
    """
    header, state = load_arrays(weights)
    header = {**header, **origin(weights, "fp32")}
    try:
        return net.graph(header, state)
    except WeightsError as error:
        raise WeightsError(f"{weights}: {error}") from error
    except NoGraphError as error:
        raise NoGraphError(f"{weights}: {error}") from error
    except ImportError as error:
        raise BackendError(
            f"{weights}: its ONNX form is made with the onnx package, which is not installed: "
            "pip install onnx, or use a file that ocr export wrote"
        ) from error

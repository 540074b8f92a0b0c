# SPDX-License-Identifier: Apache-2.0
"""Eight-bit nets by post-training quantisation (nncf), and exported files of every kind."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ocr_pipeline.core.backends.graph import HEADER_KEY
from ocr_pipeline.core.backends.session import Array
from ocr_pipeline.core.errors import BackendError


def quantise(model: bytes, batches: Sequence[Array], changes: Mapping[str, Any]) -> bytes:
    """An eight-bit form of an ONNX model; recurrent layers keep their precision.

    Args:
        model: float32 model of one input.
        batches: inputs like those it will meet; the ranges of all values are taken from them.
        changes: entries of the header that the new model has other than the old one.

    Raises:
        BackendError: if nncf is not installed.
    """
    try:
        import nncf
        import onnx
    except ImportError as error:
        raise BackendError(
            f"quantising needs {error.name}, which is not installed: "
            "pip install 'ocr-pipeline[int8]'"
        ) from error
    source = onnx.load_from_string(model)
    name = source.graph.input[0].name
    data = nncf.Dataset(list(batches), lambda batch: {name: batch})
    with _quiet(nncf):
        result = nncf.quantize(
            source,
            data,
            subset_size=len(batches),
            preset=nncf.QuantizationPreset.PERFORMANCE,
            fast_bias_correction=True,
        )
    header = json.loads({entry.key: entry.value for entry in source.metadata_props}[HEADER_KEY])
    text = json.dumps({**header, **changes}, ensure_ascii=False, sort_keys=True)
    onnx.helper.set_model_props(result, {HEADER_KEY: text})
    return bytes(result.SerializeToString())


@contextlib.contextmanager
def _quiet(nncf: Any) -> Any:
    """Without nncf's notes and progress bars."""
    nncf.set_log_level(logging.ERROR)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def save_openvino(model: bytes, path: Path) -> None:
    """Writes an ONNX model as OpenVINO's pair of files, each whole or not at all.

    Args:
        model: ONNX model with the header in its metadata.
        path: the ``.xml``; the ``.bin`` lies beside it.

    Raises:
        BackendError: if openvino is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise BackendError(
            "--to openvino needs openvino: pip install 'ocr-pipeline[openvino]'"
        ) from error
    converted = openvino.Core().read_model(model)
    converted.set_rt_info(header_text(model), HEADER_KEY)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".ocr-") as folder:
        half = Path(folder) / path.name
        openvino.save_model(converted, half, compress_to_fp16=False)
        os.replace(half.with_suffix(".bin"), path.with_suffix(".bin"))
        os.replace(half, path)


def header_text(model: bytes) -> str:
    """The JSON header in an ONNX model's metadata."""
    import onnx

    entries = onnx.load_from_string(model).metadata_props
    return str({entry.key: entry.value for entry in entries}[HEADER_KEY])

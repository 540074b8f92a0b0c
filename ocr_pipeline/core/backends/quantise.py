# SPDX-License-Identifier: Apache-2.0
"""Eight-bit nets by post-training quantisation, checked against the float net."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ocr_pipeline.core.backends.choice import installed
from ocr_pipeline.core.backends.graph import HEADER_KEY
from ocr_pipeline.core.backends.opening import open_exported
from ocr_pipeline.core.backends.session import Array, Floats, Session
from ocr_pipeline.core.errors import BackendError

#: Largest error of an output that an int8 form may have: root mean square, as a share of the
#: output's own deviation. Sound nets have 0.005 to 0.04; runtimes that compute a quantised layer
#: wrongly, which happens, have 0.1 and more.
TOLERANCE = 0.06
_CHECKED = 8  # batches


def quantise(
    model: bytes,
    batches: Sequence[Array],
    changes: Mapping[str, Any],
    recurrent: bool = False,
    spared: int = 0,
) -> bytes:
    """An eight-bit form of an ONNX model.

    Convolutions and linear layers are quantised with nncf. The header says which backends run
    the result as they should: each that is installed is tried.

    Args:
        model: float32 model of one input.
        batches: inputs like those it will meet; the ranges of all values are taken from them.
        changes: entries of the header that the new model has other than the old one.
        recurrent: quantise LSTM layers too, in a way that ONNX Runtime alone knows.
        spared: number of convolutions, from the first, that stay in float32.

    Raises:
        BackendError: if a package is not installed, or no backend runs the result well.
    """
    kind = logging.getLoggerClass()
    try:
        import nncf
        import onnx
        import onnxruntime  # noqa: F401  (quantises recurrent layers)
    except ImportError as error:
        raise BackendError(
            f"quantising needs {error.name}, which is not installed: "
            "pip install 'ocr-pipeline[int8]'"
        ) from error
    finally:
        # nncf would have every module that is imported later log in its own way, to its own place.
        logging.setLoggerClass(kind)
    source = onnx.load_from_string(model)
    header = json.loads(header_text(model))
    with _quiet(nncf):
        result = _quantise_layers(nncf, source, batches, spared)
        if recurrent:
            result = _quantise_recurrent(result)
    errors = _errors(model, result.SerializeToString(), batches[:: -(-len(batches) // _CHECKED)])
    backends = [name for name, error in errors.items() if error <= TOLERANCE]
    if not backends:
        raise BackendError(f"the int8 form differs too much from the float net: {errors}")
    header.update(changes, backends=backends, quantisation_error=errors)
    text = json.dumps(header, ensure_ascii=False, sort_keys=True)
    del result.metadata_props[:]
    onnx.helper.set_model_props(result, {HEADER_KEY: text})
    return bytes(result.SerializeToString())


def _quantise_layers(nncf: Any, model: Any, batches: Sequence[Array], spared: int) -> Any:
    name = model.graph.input[0].name
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    return nncf.quantize(
        model,
        nncf.Dataset(list(batches), lambda batch: {name: batch}),
        subset_size=len(batches),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        fast_bias_correction=True,
        ignored_scope=nncf.IgnoredScope(names=convolutions[:spared]),
    )


def _quantise_recurrent(model: Any) -> Any:
    """Weights of the LSTM layers in eight bits; their inputs are quantised as they come."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(prefix="ocr-int8-") as folder:
        path = Path(folder) / "model.onnx"
        quantize_dynamic(model, path, op_types_to_quantize=["LSTM"], weight_type=QuantType.QInt8)
        return onnx.load(path)


def _errors(model: bytes, quantised: bytes, batches: Sequence[Array]) -> dict[str, float]:
    """The largest error of any output with each backend that runs the quantised model."""
    expected = [_outputs(open_exported(model, "onnx", "fp32"), batches)]
    errors = {}
    for backend in ("onnx", "openvino"):
        if not installed(backend):
            continue
        try:
            found = _outputs(open_exported(quantised, backend, "int8"), batches)
        except Exception:  # it does not know one of the layers
            continue
        pairs = zip(expected[0], found, strict=True)
        errors[backend] = round(max(_distance(a, b) for a, b in pairs), 4)
    return errors


def _outputs(session: Session, batches: Sequence[Array]) -> list[Floats]:
    """Each output of all batches as one long vector."""
    runs = [session.run(batch) for batch in batches]
    return [np.concatenate([x.ravel() for x in outputs]) for outputs in zip(*runs, strict=True)]


def _distance(expected: Floats, found: Floats) -> float:
    error = float(np.sqrt(np.mean((expected - found) ** 2)))
    return error / max(float(expected.std()), 1e-9)


@contextlib.contextmanager
def _quiet(nncf: Any) -> Iterator[None]:
    """Without the notes and progress bars of the libraries."""
    nncf.set_log_level(logging.ERROR)
    logging.disable(logging.WARNING)
    try:
        with open(os.devnull, "w", encoding="utf-8") as sink, contextlib.redirect_stdout(sink):
            yield
    finally:
        logging.disable(logging.NOTSET)


def header_text(model: bytes) -> str:
    """The JSON header in an ONNX model's metadata."""
    import onnx

    entries = onnx.load_from_string(model).metadata_props
    return str({entry.key: entry.value for entry in entries}[HEADER_KEY])

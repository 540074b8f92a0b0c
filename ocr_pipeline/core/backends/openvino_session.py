# SPDX-License-Identifier: Apache-2.0
"""Nets run by OpenVINO on the CPU."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ocr_pipeline.core.backends.session import Array, Floats, Session

_HINTS = {"fp32": "f32", "bf16": "bf16"}


class OpenVinoSession(Session):
    """Runs an OpenVINO or ONNX model.

    Args:
        model: the file, ``.xml`` (with its ``.bin``) or ``.onnx``, or an ONNX model's bytes.
        precision: ``fp32``, ``bf16``, or ``int8`` for a quantised model, whose other layers then
            run in bfloat16 where the processor has it.
        threads: threads; 0 leaves the runtime's choice.
    """

    backend = "openvino"
    device = "cpu"
    # Each new shape costs about 15 ms, and for recurrent layers megabytes that are kept.
    sizes = (8, 4, 2, 1)

    def __init__(self, model: Path | bytes, precision: str, threads: int = 0) -> None:
        import openvino

        self.precision = precision
        core = openvino.Core()
        # One stream: the next batch waits for the last, and all threads work on one.
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        if precision == "int8":
            settings["INFERENCE_PRECISION_HINT"] = "bf16" if has_bf16(core) else "f32"
        else:
            settings["INFERENCE_PRECISION_HINT"] = _HINTS[precision]
        source = model if isinstance(model, bytes) else os.fspath(model)
        compiled = core.compile_model(core.read_model(source), "CPU", settings)
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()  # a request runs once at a time; a server has threads
        self._count = len(compiled.outputs)

    def run(self, batch: Array) -> tuple[Floats, ...]:
        """See :class:`Session`."""
        with self._lock:
            self._request.infer([np.ascontiguousarray(batch)])
            # Copies: the next run writes into the same memory.
            outputs = (self._request.get_output_tensor(i) for i in range(self._count))
            return tuple(np.array(output.data, np.float32) for output in outputs)


def has_bf16(core: Any) -> bool:
    """Whether OpenVINO sees bfloat16 arithmetic in this processor."""
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")

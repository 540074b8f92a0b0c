# SPDX-License-Identifier: Apache-2.0
"""Nets run by ONNX Runtime on the CPU."""

from __future__ import annotations

import os
from pathlib import Path

from ocr_pipeline.core.backends.session import Array, Floats, Session


class OnnxSession(Session):
    """Runs an ONNX model.

    Args:
        model: the file, or its bytes.
        precision: of its arithmetic, ``fp32`` or ``int8``.
        threads: threads; 0 leaves the runtime's choice.
    """

    backend = "onnx"
    device = "cpu"

    def __init__(self, model: Path | bytes, precision: str, threads: int = 0) -> None:
        import onnxruntime

        self.precision = precision
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that wait must not take the processor from those that decode or write pages.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else os.fspath(model),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Array) -> tuple[Floats, ...]:
        """See :class:`Session`."""
        return tuple(self._session.run(None, {self._input: batch}))

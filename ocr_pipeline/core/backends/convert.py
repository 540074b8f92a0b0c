# SPDX-License-Identifier: Apache-2.0
"""ONNX models as OpenVINO's pair of files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ocr_pipeline.core.backends.graph import HEADER_KEY
from ocr_pipeline.core.backends.quantise import header_text
from ocr_pipeline.core.errors import BackendError


def save_openvino(model: bytes, path: Path) -> None:
    """Writes an ONNX model as ``NAME.xml`` and ``NAME.bin``, each whole or not at all.

    Args:
        model: ONNX model with the header in its metadata.
        path: the ``.xml``.

    Raises:
        BackendError: if openvino is not installed, or cannot run the model.
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

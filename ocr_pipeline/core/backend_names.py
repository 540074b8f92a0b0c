# SPDX-License-Identifier: Apache-2.0
"""Names of backends and precisions, for those who need no backend: the help of a command."""

from __future__ import annotations

BACKENDS = ("auto", "torch", "onnx", "openvino")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")

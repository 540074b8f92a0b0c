# SPDX-License-Identifier: Apache-2.0
"""The recognizer's net in each of its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.backends.session import Header, Net

if TYPE_CHECKING:
    from torch import Tensor, nn

Floats = npt.NDArray[np.float32]


def _module(header: Header) -> nn.Module:
    from ocr_pipeline.core.registry import build
    from recognizer import crnn, densenet  # noqa: F401  (registers the architectures)

    module: nn.Module = build(header["architecture"], **header["config"])
    return module


def _forward(model: nn.Module, lines: Tensor) -> tuple[Tensor, ...]:
    return (model(lines),)


def _graph(header: Header, state: Mapping[str, npt.NDArray[Any]]) -> bytes:
    from ocr_pipeline.core.backends.graph import build_graph
    from recognizer import graph  # noqa: F401  (registers the graph)

    return build_graph(header, state)


#: Lines (N, planes, height, W) float32, normalised, to logits (N, T, classes).
NET = Net("recognizer", _module, _forward, _graph)


def softmax(logits: Floats) -> Floats:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True), np.float32)

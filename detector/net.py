# SPDX-License-Identifier: Apache-2.0
"""The detector's net in each of its forms, and what its outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from detector.anchors import STRIP
from ocr_pipeline.core.backends.session import Header, Net

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
Outputs = tuple[Floats, Floats, Floats]
"""Probabilities (h, w, k), vertical (h, w, k, 2) and side (h, w, k) of every anchor."""


def _module(header: Header) -> nn.Module:
    from detector import ctpn  # noqa: F401  (registers the architecture)
    from ocr_pipeline.core.registry import build

    module: nn.Module = build(header["architecture"], **header["config"])
    return module


def _forward(model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    from detector.preprocess import normalise

    output = model(normalise(images))
    return output.score, output.vertical, output.side


def _graph(header: Header, state: Mapping[str, npt.NDArray[Any]]) -> bytes:
    from detector import graph  # noqa: F401  (registers the graph)
    from ocr_pipeline.core.backends.graph import build_graph

    return build_graph(header, state)


#: Images (N, H, W, 3) uint8 to logits (N, h, w, k, 2), vertical (N, h, w, k, 2), side (N, h, w, k).
NET = Net("detector", _module, _forward, _graph)


def whole_cells(image: Image) -> Image:
    """Pads an image to whole cells at its right and lower side by repeating its border."""
    bottom, right = -image.shape[0] % STRIP, -image.shape[1] % STRIP
    if bottom or right:
        return np.pad(image, ((0, bottom), (0, right), (0, 0)), mode="edge")
    return image


def probabilities(logits: Floats) -> Floats:
    """Probability of text, (..., k), from the logits of background and text, (..., k, 2)."""
    difference = np.clip(logits[..., 0] - logits[..., 1], -80, 80)
    return np.asarray(1 / (1 + np.exp(difference)), np.float32)


def run_module(model: nn.Module, image: Image, device: torch.device) -> Outputs:
    """Outputs of a torch module that is in training, for one image."""
    import torch

    batch = torch.tensor(whole_cells(image), device=device)[None]
    logits, vertical, side = (x[0].float().cpu().numpy() for x in _forward(model, batch))
    return probabilities(logits), vertical, side

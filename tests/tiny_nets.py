# SPDX-License-Identifier: Apache-2.0
"""Weights files of nets that are quick to run: right in every way but in what they have learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from detector.ctpn import Ctpn
from detector.preprocess import preprocessing
from ocr_pipeline.core.registry import build
from ocr_pipeline.core.weights import save_weights
from recognizer import crnn, densenet  # noqa: F401  (registers the architectures)
from recognizer.preprocessing import PREPROCESSING

DETECTOR: dict[str, Any] = {"width": 1 / 16, "rnn_hidden": 8, "fc": 16}
RECOGNIZER: dict[str, Any] = {"width": 1 / 16, "hidden": 8}
ALPHABET = " abcdefgh"


def shaken(model: nn.Module) -> nn.Module:
    """The model in evaluation mode, with statistics in its batch norms as training leaves them."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2.0)  # type: ignore[arg-type]
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return model.eval()


def detector_weights(path: Path, seed: int = 0, **config: Any) -> Path:
    """A detector's weights file."""
    torch.manual_seed(seed)
    config = {**DETECTOR, **config}
    header = {
        "kind": "detector",
        "architecture": "ctpn_vgg16",
        "config": config,
        "preprocessing": preprocessing(),
    }
    save_weights(path, shaken(Ctpn(**config)).state_dict(), header, half=False)
    return path


def recognizer_weights(
    path: Path,
    seed: int = 0,
    architecture: str = "crnn",
    size: Mapping[str, int] | None = None,
    alphabet: str = ALPHABET,
    **config: Any,
) -> Path:
    """A recognizer's weights file; ``size`` goes into its preprocessing."""
    torch.manual_seed(seed)
    usual = RECOGNIZER if architecture == "crnn" else {}
    config = {"classes": len(alphabet) + 1, **usual, **config}
    size = {"height": config.get("height", 32), **(size or {})}
    header = {
        "kind": "recognizer",
        "architecture": architecture,
        "config": config,
        "preprocessing": {**PREPROCESSING, **size},
        "alphabet": list(alphabet),
        "blank": "first",
    }
    save_weights(path, shaken(build(architecture, **config)).state_dict(), header, half=False)
    return path

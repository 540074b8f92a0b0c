# SPDX-License-Identifier: Apache-2.0
"""A wider DenseNet that begins with what a narrow one knows, in the way of Net2Net (arXiv
1511.05641): it reads as the narrow one does, and its other channels are heard once they help."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ocr_pipeline.core.errors import WeightsError
from recognizer.layers import DENSE_LAYERS, DENSE_STEM, DENSE_TRANSITION


class _Places:
    """Where the channels of a narrow net stand among those of a wide one, after each layer."""

    def __init__(self, old: int, new: int) -> None:
        self.old, self.new = old, new
        self.channels: list[int] = []
        self.total = 0

    def grow(self, units: int = 1) -> list[int]:
        """Channels that a layer adds behind those before it, in units of the growth."""
        added = list(range(units * self.old))
        self.channels += [self.total + channel for channel in added]
        self.total += units * self.new
        return added

    def restart(self, units: int) -> list[int]:
        """Channels that a stem or a transition puts in the place of those before it."""
        self.channels, self.total = [], 0
        return self.grow(units)


def widen_densenet(
    narrow: Mapping[str, Tensor], wide: Mapping[str, Tensor], old: int, new: int
) -> dict[str, Tensor]:
    """Weights of a wide DenseNet that reads exactly as a narrow one does.

    What is new keeps its random weights on the way in and has noughts on the way out, so that
    the first steps of a training change nothing for the worse.

    Args:
        narrow: the state of a trained :class:`recognizer.densenet.DenseNet`.
        wide: the state of one that was just made, of the same height; its classes may differ.
        old, new: growth of the two.

    Raises:
        WeightsError: where ``new`` is smaller than ``old``.
    """
    if new < old:
        raise WeightsError(
            f"a DenseNet of growth {old} does not fit into one of growth {new}: "
            f"train with --growth {old} or more, or without --init-from"
        )
    state = dict(wide)
    places = _Places(old, new)

    def put(key: str, rows: list[int], columns: list[int]) -> None:
        weight = wide[key].clone()
        weight[rows] = 0
        index = torch.tensor(rows).view(-1, 1), torch.tensor(columns).view(1, -1)
        weight[index] = narrow[key].to(weight.dtype)
        state[key] = weight

    def norm(prefix: str) -> None:
        for name in ("weight", "bias", "running_mean", "running_var"):
            key = f"{prefix}.{name}"
            values = wide[key].clone()
            values[places.channels] = narrow[key].to(values.dtype)
            state[key] = values

    put("stem.weight", places.restart(DENSE_STEM), [0])
    stage = 0
    for block in range(3):
        for layer in range(DENSE_LAYERS):
            prefix = f"stages.{stage}.layers.{layer}"
            norm(f"{prefix}.0")
            before = list(places.channels)
            rows = places.grow()
            put(f"{prefix}.2.weight", rows, before)
            bias = wide[f"{prefix}.2.bias"].clone()
            bias[rows] = narrow[f"{prefix}.2.bias"].to(bias.dtype)
            state[f"{prefix}.2.bias"] = bias
        norm(f"stages.{stage + 1}")
        if block < 2:
            key = f"stages.{stage + 3}.weight"
            before = list(places.channels)
            put(key, places.restart(DENSE_TRANSITION), before)
            stage += 6
    features = narrow["classifier.weight"]
    height = features.shape[1] // len(places.channels)
    columns = [channel * height + row for channel in places.channels for row in range(height)]
    weight = features.new_zeros(len(features), places.total * height)
    weight[:, columns] = features
    return {**state, "classifier.weight": weight, "classifier.bias": narrow["classifier.bias"]}

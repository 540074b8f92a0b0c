# SPDX-License-Identifier: Apache-2.0
"""The nets' layers in numbers: what the torch nets, their ONNX graphs and the decoder share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Output channels of the CRNN's convolutions at width 1.0.
CHANNELS = (64, 128, 256, 256, 512, 512, 512)
#: Pooling (height, width) after each convolution.
POOLS = ((2, 2), (2, 2), None, (2, 1), None, (2, 1), None)
#: Recurrent cells of the CRNN: those of torch, then those of ``recognizer.cell_layers``.
CELLS = ("lstm", "gru", "rhn", "hlstm", "nlstm")
#: Pixels of a time step of the CRNN, and those that the DenseNet may have.
STRIDE, DENSE_STRIDES = 4, (8, 4)
#: Layers of a dense block; channels of the stem and of the transitions, in units of the growth.
DENSE_LAYERS, DENSE_STEM, DENSE_TRANSITION = 8, 8, 16


def channels(width: float) -> list[int]:
    """Output channels at a width multiplier: multiples of eight, at least 8."""
    return [max(8, round(width * count / 8) * 8) for count in CHANNELS]


def normed_layers(norm: str) -> tuple[int, ...]:
    """Convolutions that batch normalisation follows.

    Args:
        norm: ``"all"``, or ``"paper"``: the third, fifth and seventh, as in the authors' code.
    """
    return tuple(range(len(CHANNELS))) if norm == "all" else (2, 4, 6)


def steps(width: int) -> int:
    """Time steps of the CRNN that a line of so many pixels has, its padding not counted."""
    return -(-width // STRIDE)


@dataclass(frozen=True, slots=True)
class Columns:
    """How a net cuts an image into time steps.

    Attributes:
        stride: pixels of a step.
        rows: rows of columns that are read one after the other: a plate of two lines has two.
    """

    stride: int = STRIDE
    rows: int = 1

    @classmethod
    def of(cls, architecture: str, config: Mapping[str, Any]) -> Columns:
        """Those of a net, from its weights file's header."""
        if architecture == "densenet":
            return cls(int(config.get("stride", DENSE_STRIDES[0])))
        return cls(STRIDE, int(config.get("rows", 1)))

    def steps(self, width: int) -> int:
        """Time steps of an image of so many pixels, its padding not counted.

        With more rows than one, images must not be padded: a row's steps follow the other's.
        """
        return self.rows * -(-width // self.stride)

# SPDX-License-Identifier: Apache-2.0
"""The CRNN's layers in numbers: what the torch net, its ONNX graph and the decoder share."""

from __future__ import annotations

#: Output channels of the convolutions at width 1.0.
CHANNELS = (64, 128, 256, 256, 512, 512, 512)
#: Pooling (height, width) after each convolution.
POOLS = ((2, 2), (2, 2), None, (2, 1), None, (2, 1), None)
#: Pixels of a time step.
STRIDE = 4


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
    """Time steps that a line of so many pixels has, its padding not counted."""
    return -(-width // STRIDE)

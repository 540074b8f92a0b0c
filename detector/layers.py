# SPDX-License-Identifier: Apache-2.0
"""VGG16's layers in numbers: what the torch net and its ONNX graph share."""

from __future__ import annotations

#: Channels of each convolution at width 1; ``None`` is a 2×2 max pool. The pool after the fifth
#: block and the classifier are dropped, which leaves a stride of 16.
LAYERS: tuple[int | None, ...] = (
    64, 64, None, 128, 128, None, 256, 256, 256, None, 512, 512, 512, None, 512, 512, 512,
)  # fmt: skip

STRIDE = 16


def scaled(channels: int, width: float) -> int:
    """Channels at a width multiplier: a multiple of eight (what vector units like), at least 8."""
    return max(8, round(channels * width / 8) * 8)

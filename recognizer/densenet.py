# SPDX-License-Identifier: Apache-2.0
"""DenseNet-CTC: densely connected convolutions (arXiv 1608.06993), no recurrence, then CTC.

One time step is eight pixels wide, which suits scripts whose characters are as wide as tall, or
four, which suits the figures and Latin letters among them too: CTC needs three steps for two
equal digits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.registry import register
from recognizer.layers import DENSE_LAYERS, DENSE_STEM, DENSE_STRIDES, DENSE_TRANSITION

_EPS = 1.1e-5


def _normed(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels, eps=_EPS), nn.ReLU(inplace=True)]


class _Block(nn.Module):
    """Layers that each see the maps of all before them."""

    def __init__(self, channels: int, growth: int, reach: int = 1) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                *_normed(channels + index * growth),
                nn.Conv2d(
                    channels + index * growth, growth, 3, padding=(1, reach), dilation=(1, reach)
                ),
            )
            for index in range(DENSE_LAYERS)
        )

    def forward(self, maps: Tensor) -> Tensor:
        for layer in self.layers:
            maps = torch.cat([maps, layer(maps)], 1)
        return maps


class _HalfPool(nn.Module):
    """Means over squares of two that overlap sideways: half the rows, and all the columns."""

    def forward(self, maps: Tensor) -> Tensor:
        return functional.avg_pool2d(functional.pad(maps, (0, 1)), 2, (2, 1))


@register("densenet")
class DenseNet(nn.Module):
    """A 5x5 stem of stride two, three blocks of eight layers, a classifier for each column.

    Args:
        classes: output classes, the CTC blank included.
        growth: channels that a layer adds; stem and transitions grow with it. 8 has the sizes
            of the widely used Chinese recognizer: 64 channels in the stem, 128 after the first
            and the second transition, 768 features a column.
        dropout: in the transitions and before the classifier, in training.
        height: height of the input in pixels; a multiple of 16.
        stride: pixels of a time step, 8 or 4. With 4 the last block works on columns half as far
            apart, and its kernels reach twice as many: weights trained with 8 fit, and give
            between the columns that they know others of the same kind.
    """

    def __init__(
        self,
        classes: int,
        growth: int = 8,
        dropout: float = 0.2,
        height: int = 32,
        stride: int = 8,
    ) -> None:
        super().__init__()
        if stride not in DENSE_STRIDES:
            raise WeightsError(f"stride {stride}: the DenseNet has steps of 8 pixels or of 4")
        channels = DENSE_STEM * growth
        self.stem = nn.Conv2d(1, channels, 5, stride=2, padding=2, bias=False)
        stages: list[nn.Module] = []
        for index in range(3):
            stages.append(_Block(channels, growth, 8 // stride if index == 2 else 1))
            channels += DENSE_LAYERS * growth
            stages.extend(_normed(channels))
            if index < 2:
                after = DENSE_TRANSITION * growth
                stages.append(nn.Conv2d(channels, after, 1, bias=False))
                stages.append(nn.Dropout(dropout))
                stages.append(_HalfPool() if index and stride == 4 else nn.AvgPool2d(2))
                channels = after
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels * (height // 8), classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Reads lines.

        Args:
            images: (N, 1, height, W) normalised grey, W a multiple of 8.

        Returns:
            (N, W // stride, classes) logits.
        """
        maps = self.stages(self.stem(images))  # (N, C, height / 8, W / stride)
        columns = maps.permute(0, 3, 1, 2).flatten(2)
        logits: Tensor = self.classifier(self.dropout(columns))
        return logits

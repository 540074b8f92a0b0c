# SPDX-License-Identifier: Apache-2.0
"""CTPN: detecting text in natural image with connectionist text proposal network.

Tian et al., ECCV 2016. A VGG16 trunk, a 3×3 window, a bidirectional LSTM along each row of the
feature map, a fully connected layer, and for each of k anchors per position three outputs:
text or not, vertical centre and height, and the horizontal offset of the line's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from detector.anchors import DEFAULT_HEIGHTS
from detector.layers import scaled
from detector.vgg import vgg16_features
from ocr_pipeline.core.registry import register


class CtpnOutput(NamedTuple):
    """What the three heads say of every anchor; h, w = H // 16, W // 16, k anchors.

    Attributes:
        score: (N, h, w, k, 2) logits of background and text.
        vertical: (N, h, w, k, 2) offset of the centre, log ratio of the height.
        side: (N, h, w, k) offset of the nearest end of the line, in strip widths.
    """

    score: Tensor
    vertical: Tensor
    side: Tensor


@register("ctpn_vgg16")
class Ctpn(nn.Module):
    """The network; input (N, 3, H, W) RGB, normalised, H and W at least 16.

    Args:
        width: multiplier of the channels of trunk, window and fully connected layer; 1.0 is the
            paper's net, 0.5 is meant for CPUs.
        batch_norm: batch normalisation after each convolution.
        rnn_hidden: units of the LSTM in each direction.
        fc: outputs of the fully connected layer; 512·width when None.
        anchor_heights: heights of the anchors in pixels of the network's input.
    """

    def __init__(
        self,
        width: float = 1.0,
        batch_norm: bool = True,
        rnn_hidden: int = 128,
        fc: int | None = None,
        anchor_heights: Sequence[float] = DEFAULT_HEIGHTS,
    ) -> None:
        super().__init__()
        self.anchor_heights = tuple(float(height) for height in anchor_heights)
        channels, fc = scaled(512, width), fc or scaled(512, width)
        anchors = len(self.anchor_heights)
        self.features = vgg16_features(width, batch_norm)
        window: list[nn.Module] = [nn.Conv2d(channels, channels, 3, padding=1)]
        if batch_norm:
            window.append(nn.BatchNorm2d(channels))
        self.window = nn.Sequential(*window, nn.ReLU(inplace=True))
        self.rnn = nn.LSTM(channels, rnn_hidden, batch_first=True, bidirectional=True)
        # Linear layers on the last axis are the paper's 1×1 convolutions, without a transpose.
        self.fc = nn.Sequential(nn.Linear(2 * rnn_hidden, fc), nn.ReLU(inplace=True))
        self.score = nn.Linear(fc, 2 * anchors)
        self.vertical = nn.Linear(fc, 2 * anchors)
        self.side = nn.Linear(fc, anchors)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for name, parameter in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(parameter)
            elif name.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.zeros_(parameter)
        for head in (self.score, self.vertical, self.side):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        with torch.no_grad():
            # Nearly every anchor is background: starting there spares the first hundred steps.
            self.score.bias.view(-1, 2)[:, 1] = -3.0

    def forward(self, images: Tensor) -> CtpnOutput:
        """Maps images (N, 3, H, W) to the outputs of all anchors."""
        maps = self.window(self.features(images))
        n, channels, h, w = maps.shape
        rows = maps.permute(0, 2, 3, 1).reshape(n * h, w, channels)
        context, _ = self.rnn(rows)
        shared = self.fc(context)
        return CtpnOutput(
            self.score(shared).view(n, h, w, -1, 2),
            self.vertical(shared).view(n, h, w, -1, 2),
            self.side(shared).view(n, h, w, -1),
        )

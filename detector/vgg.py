# SPDX-License-Identifier: Apache-2.0
"""VGG16's thirteen convolutions (Simonyan and Zisserman, 2014), the trunk of CTPN."""

from __future__ import annotations

from torch import nn

from detector.layers import LAYERS, scaled


def vgg16_features(width: float = 1.0, batch_norm: bool = True) -> nn.Sequential:
    """The trunk, its layers numbered as in torchvision's ``vgg16`` or ``vgg16_bn``.

    At width 1 the parameters have torchvision's names and shapes (``features.0.weight`` and so
    on inside a module that calls this ``features``), so ImageNet weights drop in.

    Args:
        width: multiplier of the number of channels.
        batch_norm: a batch normalisation after each convolution.

    Returns:
        A module that maps (N, 3, H, W) to (N, 512·width, H // 16, W // 16).
    """
    layers: list[nn.Module] = []
    channels = 3
    for entry in LAYERS:
        if entry is None:
            layers.append(nn.MaxPool2d(2, 2))
            continue
        out = scaled(entry, width)
        layers.append(nn.Conv2d(channels, out, 3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(out))
        layers.append(nn.ReLU(inplace=True))
        channels = out
    return nn.Sequential(*layers)

# SPDX-License-Identifier: Apache-2.0
"""What happens to pixels before the net, the same in training and in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

#: Mean and deviation of RGB in 0..1: ImageNet's, so that its weights can be dropped in.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def normalise(images: Tensor) -> Tensor:
    """Brings uint8 RGB images (N, H, W, 3) to the net's float32 input (N, 3, H, W).

    The result is a view in channels-last layout, which convolutions on CPUs and GPUs like.
    """
    import torch

    mean = torch.tensor(MEAN, device=images.device) * 255.0
    scale = 1.0 / (torch.tensor(STD, device=images.device) * 255.0)
    return ((images.float() - mean) * scale).permute(0, 3, 1, 2)


def preprocessing() -> dict[str, Any]:
    """What a weights file's header records of this module."""
    return {"channels": "RGB", "mean": list(MEAN), "std": list(STD)}

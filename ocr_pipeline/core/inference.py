# SPDX-License-Identifier: Apache-2.0
"""What makes a trained net quicker to use without changing its answers."""

from __future__ import annotations

import copy
import ctypes
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# glibc's names for the parameters of mallopt (malloc.h).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3


def fuse(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode with each batch normalisation folded into its convolution."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    model = copy.deepcopy(model).eval()
    for sequence in [m for m in model.modules() if isinstance(m, nn.Sequential)]:
        for i in range(len(sequence) - 1):
            conv, norm = sequence[i], sequence[i + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[i] = fuse_conv_bn_eval(conv, norm)
                sequence[i + 1] = nn.Identity()
    return model


@lru_cache(maxsize=2)
def keep_freed_memory(everything: bool = False) -> bool:
    """Tells the C library to keep large freed blocks for the next layer or page.

    By default glibc gives every large block back to the system and asks for it anew; the system
    then clears its pages, which costs a net on a CPU a tenth of its time or more.

    Args:
        everything: keep all of it, as a training does, each of whose steps needs as many
            gigabytes as the last; otherwise half a gigabyte.

    Returns:
        Whether this C library could be told.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has no mallopt
        return False
    return bool(
        mallopt(_MMAP_THRESHOLD, 1 << 30)
        and mallopt(_TRIM_THRESHOLD, -1 if everything else 1 << 29)
        and mallopt(_TOP_PAD, 1 << 24)
    )

# SPDX-License-Identifier: Apache-2.0
"""What every backend offers: arrays in, the net's own outputs (logits) out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor, nn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Header = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Net:
    """A stage's net in each of its forms.

    Attributes:
        kind: ``detector`` or ``recognizer``.
        module: builds the torch module that a header describes.
        forward: runs a module on a batch; gives its outputs in the order of the graph's.
        graph: the ONNX model of a header and its tensors.
    """

    kind: str
    module: Callable[[Header], nn.Module]
    forward: Callable[[nn.Module, Tensor], tuple[Tensor, ...]]
    graph: Callable[[Header, Mapping[str, Array]], bytes]


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Where and how a net runs.

    Attributes:
        backend: ``auto``, ``torch``, ``onnx`` or ``openvino``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16`` or ``int8``.
        threads: threads on a CPU; 0 leaves the backend's choice.
    """

    backend: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0


class Session(ABC):
    """A net that is ready to run. The same batch gives the same bytes each time.

    Attributes:
        backend: which one runs it.
        device: where, as torch names it.
        precision: of most of its arithmetic.
        sizes: sizes of batches that it likes, the largest first; None: any. A backend that
            prepares itself anew for every shape is to see few of them.
    """

    backend: str
    device: str
    precision: str
    sizes: tuple[int, ...] | None = None

    @abstractmethod
    def run(self, batch: Array) -> tuple[Floats, ...]:
        """Outputs of the net for one batch, float32."""

    @property
    def description(self) -> str:
        """For reports: ``openvino int8``, ``torch bf16 on cuda:0``."""
        place = "" if self.device == "cpu" else f" on {self.device}"
        return f"{self.backend} {self.precision}{place}"

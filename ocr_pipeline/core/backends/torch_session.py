# SPDX-License-Identifier: Apache-2.0
"""Nets run by torch: on GPUs, and on a CPU where nothing faster is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocr_pipeline.core.backends.session import Array, Floats, Net, Session, SessionOptions
from ocr_pipeline.core.devices import autocast, resolve_device, resolve_dtype
from ocr_pipeline.core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

_NAMES = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


class TorchSession(Session):
    """Runs a module.

    Args:
        model: the net; a copy of it is put into evaluation mode, its batch norms folded.
        forward: see :class:`Net`.
        options: device, precision and threads.
    """

    backend = "torch"

    def __init__(
        self,
        model: nn.Module,
        forward: Callable[[nn.Module, Tensor], tuple[Tensor, ...]],
        options: SessionOptions | None = None,
    ) -> None:
        import torch

        from ocr_pipeline.core.inference import fuse, keep_freed_memory

        options = options or SessionOptions()
        if options.threads:
            torch.set_num_threads(options.threads)
        keep_freed_memory()
        self._device = resolve_device(options.device)
        dtype = resolve_dtype(self._device, options.precision)
        self.device = str(self._device)
        self.precision = _NAMES[str(dtype).removeprefix("torch.")]
        self._forward = forward
        kind: Any = {"memory_format": torch.channels_last}
        self.model = fuse(model).to(self._device, **kind)

    def run(self, batch: Array) -> tuple[Floats, ...]:
        """See :class:`Session`."""
        import torch

        with torch.inference_mode(), autocast(self._device, self.precision):
            outputs = self._forward(self.model, torch.from_numpy(batch).to(self._device))
        arrays: tuple[Floats, ...] = tuple(x.float().cpu().numpy() for x in outputs)
        return arrays


def open_torch(net: Net, path: Path, options: SessionOptions) -> TorchSession:
    """The session of a weights file.

    Raises:
        DeviceError: if the device or precision is not there.
        WeightsError: if the tensors do not fit the header.
    """
    from ocr_pipeline.core.weights import load_weights

    resolve_dtype(resolve_device(options.device), options.precision)
    header, state = load_weights(path)
    model = net.module(header)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{path}: its tensors do not fit its config: {error}") from error
    return TorchSession(model, net.forward, options)

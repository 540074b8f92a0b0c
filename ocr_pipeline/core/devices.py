# SPDX-License-Identifier: Apache-2.0
"""Devices and precisions by name, checked before any work starts."""

from __future__ import annotations

import contextlib
import platform
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from ocr_pipeline.core.errors import DeviceError

if TYPE_CHECKING:
    import torch

# torch is imported inside the functions: a run without it, or with a faster backend, does not
# wait for it.
Precision = Literal["auto", "fp32", "bf16", "fp16"]
_GPU_FILES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")


def resolve_device(spec: str | torch.device = "auto") -> torch.device:
    """Turns ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps`` into a device of this machine.

    Raises:
        DeviceError: if the name is unknown or the device is not there.
    """
    import torch

    if isinstance(spec, torch.device):
        return spec
    if spec == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(spec)
    except RuntimeError as error:
        raise DeviceError(f"no such device {spec!r}: use auto, cpu, cuda, cuda:N or mps") from error
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if count == 0:
            raise DeviceError(f"device {spec!r}: this machine has no usable CUDA GPU; use cpu")
        if device.index is not None and device.index >= count:
            raise DeviceError(f"device {spec!r}: this machine has only cuda:0 to cuda:{count - 1}")
    elif device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("device 'mps': not available on this machine; use cpu")
    elif device.type not in ("cpu", "cuda", "mps"):
        raise DeviceError(f"device {spec!r} is not supported: use auto, cpu, cuda, cuda:N or mps")
    return device


@lru_cache(maxsize=1)
def gpu_in_sight() -> bool:
    """Whether there may be a GPU that torch can use; cheap, and rather yes than no."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    linux = sys.platform.startswith("linux")
    return not linux or any(Path(name).exists() for name in _GPU_FILES)


@lru_cache(maxsize=1)
def cpu_flags() -> frozenset[str]:
    """Instruction-set flags of the processor as Linux names them; empty where unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is computed in hardware, and thus faster than float32."""
    if device.type == "cuda":
        import torch

        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and bool({"avx512_bf16", "amx_bf16"} & cpu_flags())


def resolve_dtype(device: torch.device, precision: str = "auto") -> torch.dtype:
    """The floating-point type that a precision's name means on a device.

    Raises:
        DeviceError: if the name is unknown, or the device does not have the type.
    """
    import torch

    if precision == "int8":
        raise DeviceError("precision 'int8' needs --backend onnx or openvino, on a CPU")
    if precision not in get_args(Precision):
        raise DeviceError(f"precision {precision!r}: use auto, fp32, bf16 or fp16")
    if precision == "auto":
        if has_fast_bf16(device):
            return torch.bfloat16
        return torch.float16 if device.type == "cuda" else torch.float32
    if precision == "fp16" and device.type == "cpu":
        raise DeviceError("precision 'fp16' needs a GPU; on a CPU use bf16 or fp32")
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def autocast(
    device: torch.device, precision: str = "auto"
) -> contextlib.AbstractContextManager[None]:
    """Mixed precision on a device: a context in which matrix work runs in the smaller type."""
    import torch

    dtype = resolve_dtype(device, precision)
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype)

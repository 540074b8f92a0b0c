# SPDX-License-Identifier: Apache-2.0
"""Which backends can run a net here, the fastest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from ocr_pipeline.core.backend_names import BACKENDS, PRECISIONS
from ocr_pipeline.core.backends.session import Header, SessionOptions
from ocr_pipeline.core.devices import cpu_flags, gpu_in_sight, resolve_device, resolve_dtype
from ocr_pipeline.core.errors import BackendError, DeviceError, UsageError

_MODULES = {"torch": "torch", "onnx": "onnxruntime", "openvino": "openvino"}
_INSTALL = {
    "torch": "pip install torch",
    "onnx": "pip install onnxruntime",
    "openvino": "pip install 'ocr-pipeline[openvino]'",
}
_BF16 = {"avx512_bf16", "amx_bf16"}
_INT8 = {"avx512_vnni", "avx_vnni", "amx_int8"}


class Choice(NamedTuple):
    """A backend and the precision it computes in."""

    backend: str
    precision: str


#: Fastest first on a CPU, as measured (docs/backends.md).
ORDER = (
    Choice("openvino", "int8"),
    Choice("onnx", "int8"),
    Choice("openvino", "bf16"),
    Choice("torch", "bf16"),
    Choice("onnx", "fp32"),
    Choice("openvino", "fp32"),
    Choice("torch", "fp32"),
)


def installed(backend: str) -> bool:
    """Whether the package of a backend is there; it is not imported."""
    try:
        return find_spec(_MODULES[backend]) is not None
    except (ImportError, ValueError):
        return False


def choices(options: SessionOptions, forms: Iterable[Choice] = ORDER) -> list[Choice]:
    """What may run a net with these options, best first; none of it is imported or tried.

    Args:
        options: what the user asked for.
        forms: backends and precisions that there is a file for, best first.

    Raises:
        DeviceError: if nothing is left, saying why.
    """
    if options.backend not in BACKENDS:
        raise UsageError(f"--backend {options.backend!r}: use {', '.join(BACKENDS)}")
    if options.precision not in PRECISIONS:
        raise UsageError(f"--precision {options.precision!r}: use {', '.join(PRECISIONS)}")
    named = options.backend != "auto"
    if named and not installed(options.backend):
        raise BackendError(
            f"backend {options.backend!r} is not installed: {_INSTALL[options.backend]}"
        )
    forms = list(forms)
    by_torch = any(choice.backend == "torch" for choice in forms)
    if by_torch and (options.backend == "torch" or _on_gpu(options)):
        return [_torch(options)]
    if options.device not in ("auto", "cpu"):
        raise DeviceError(
            f"device {options.device!r}: backend {options.backend!r} runs on the CPU; "
            "use --backend torch with a weights file"
        )
    found = [c for c in forms if options.backend in ("auto", c.backend)]
    found = [c for c in found if options.precision in ("auto", c.precision)]
    if not found:
        raise DeviceError(_nothing(options, forms))
    if options.precision == "auto":
        found = [c for c in found if _in_hardware(c.precision)] or found
    present = [c for c in found if installed(c.backend)]
    if not present:
        ways = " or ".join(_INSTALL[name] for name in sorted({c.backend for c in found}))
        raise BackendError(f"no backend is installed that runs this net: {ways}")
    return present


def _on_gpu(options: SessionOptions) -> bool:
    """Whether torch shall run the net on something else than the CPU."""
    if options.backend not in ("auto", "torch") or options.device == "cpu":
        return False
    if options.device == "auto" and not (gpu_in_sight() and installed("torch")):
        return False
    if not installed("torch"):
        raise BackendError(f"device {options.device!r} needs torch: {_INSTALL['torch']}")
    return resolve_device(options.device).type != "cpu"


def _torch(options: SessionOptions) -> Choice:
    dtype = resolve_dtype(resolve_device(options.device), options.precision)
    names = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}
    return Choice("torch", names[str(dtype)])


def _in_hardware(precision: str) -> bool:
    """Whether this processor is known to compute a precision faster than float32."""
    needed = {"bf16": _BF16, "int8": _INT8}.get(precision)
    return needed is None or bool(needed & cpu_flags())


def _nothing(options: SessionOptions, forms: list[Choice]) -> str:
    """Why nothing is left to choose from."""
    what = f"--backend {options.backend} --precision {options.precision}"
    there = ", ".join(f"{c.backend} {c.precision}" for c in forms)
    if options.precision == "int8" and not any(c.precision == "int8" for c in forms):
        return f"{what}: this net has no int8 form yet; make one with ocr export --int8"
    return f"{what} is not to be had; this net runs with: {there}"


def forms_of(path: Path, header: Header, quantised: Collection[str] = ()) -> list[Choice]:
    """What can run a file, the fastest first.

    Args:
        path: weights or an exported file.
        header: the file's.
        quantised: for weights: the backends that run their int8 form; none where there is no
            such form.
    """
    if path.suffix not in (".onnx", ".xml"):
        return [c for c in ORDER if c.precision != "int8" or c.backend in quantised]
    if header.get("precision") == "int8":
        runs = header.get("backends", ())
        return [c for c in ORDER if c.precision == "int8" and c.backend in runs]
    runs = ("openvino",) if path.suffix == ".xml" else ("onnx", "openvino")
    return [c for c in ORDER if c.precision != "int8" and c.backend in runs]

# SPDX-License-Identifier: Apache-2.0
"""From a weights file or an exported one to a session."""

from __future__ import annotations

import logging
from pathlib import Path

from ocr_pipeline.core.backends.choice import Choice, choices, forms_of, installed
from ocr_pipeline.core.backends.session import Header, Net, Session, SessionOptions
from ocr_pipeline.core.errors import BackendError, NoGraphError, OcrError
from ocr_pipeline.core.weights import SUFFIX, read_header

log = logging.getLogger(__name__)


def open_session(
    net: Net, path: Path, options: SessionOptions | None = None
) -> tuple[Session, Header]:
    """Makes a net ready to run with the fastest backend that the options allow.

    With ``auto`` a backend that fails gives way to the next one, with a warning.

    Args:
        net: what the stage says of its net.
        path: ``.safetensors`` weights, or an ``.onnx`` or ``.xml`` file that ``ocr export`` wrote.
        options: backend, device, precision, threads.

    Returns:
        The session, and the file's header.

    Raises:
        DeviceError: if no backend can run it.
        WeightsError: if the file is missing or damaged.
    """
    options = options or SessionOptions()
    header = read_header(path)
    possible = choices(options, _forms(path, header, options))
    for place, choice in enumerate(possible):
        try:
            return _open(net, path, choice, options), header
        except BackendError as error:
            if place + 1 == len(possible):
                raise
            following = possible[place + 1]
            # That a net is for torch alone is nothing that anyone could mend.
            level = logging.INFO if isinstance(error, NoGraphError) else logging.WARNING
            log.log(
                level,
                "%s %s cannot be used (%s); falling back to %s %s",
                *choice,
                error,
                *following,
            )
    raise AssertionError("choices() never returns an empty list")


def _forms(path: Path, header: Header, options: SessionOptions) -> list[Choice]:
    """What can run the file; int8 only where a quantised form of it is at hand."""
    from ocr_pipeline.core.backends.store import find_exported

    wanted = options.precision in ("auto", "int8") and options.backend != "torch"
    wanted = wanted and (installed("onnx") or installed("openvino"))
    found = find_exported(path, "int8") if wanted and path.suffix == SUFFIX else None
    runs = read_header(found).get("backends", ()) if found is not None else ()
    return forms_of(path, header, runs)


def _open(net: Net, path: Path, choice: Choice, options: SessionOptions) -> Session:
    try:
        if choice.backend == "torch":
            from ocr_pipeline.core.backends.torch_session import open_torch

            return open_torch(net, path, options)
        return open_exported(_model(net, path, choice), *choice, options.threads)
    except OcrError:
        raise
    except Exception as error:  # whatever a library does, another one may do better
        reason = str(error).strip().splitlines()[-1:] or [""]
        raise BackendError(
            f"{path}: {choice.backend} cannot run it ({type(error).__name__}: {reason[0]})"
        ) from error


def open_exported(model: Path | bytes, backend: str, precision: str, threads: int = 0) -> Session:
    """The session of an exported file, or of an ONNX model's bytes.

    Args:
        model: the file or the model.
        backend: ``onnx`` or ``openvino``.
        precision: of its arithmetic.
        threads: threads; 0 leaves the backend's choice.
    """
    if backend == "onnx":
        from ocr_pipeline.core.backends.onnx_session import OnnxSession

        return OnnxSession(model, precision, threads)
    from ocr_pipeline.core.backends.openvino_session import OpenVinoSession

    return OpenVinoSession(model, precision, threads)


def _model(net: Net, path: Path, choice: Choice) -> Path | bytes:
    """The ONNX or OpenVINO model of a file for a choice."""
    from ocr_pipeline.core.backends.store import exported, find_exported

    if path.suffix in (".onnx", ".xml"):
        return path
    if choice.precision == "int8":
        found = find_exported(path, "int8")
        if found is None:
            raise BackendError(f"{path}: has no int8 form; make one with ocr export --int8")
        return found
    return exported(net, path)

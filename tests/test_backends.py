# SPDX-License-Identifier: Apache-2.0
"""The backends: they agree with torch, repeat themselves exactly, and are chosen by speed."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_nets import detector_weights, recognizer_weights

from detector import Detector
from detector.net import NET as FINDER
from ocr_pipeline.core.backends import Session, SessionOptions, choices, open_session
from ocr_pipeline.core.backends import choice as choosing
from ocr_pipeline.core.backends.choice import ORDER, Choice
from ocr_pipeline.core.backends.exported import read_exported_header
from ocr_pipeline.core.backends.store import beside, build_model, cached
from ocr_pipeline.core.errors import BackendError, DeviceError, UsageError, WeightsError
from ocr_pipeline.core.images import write_atomic
from ocr_pipeline.core.weights import read_header
from recognizer import Recognizer
from recognizer.batching import buckets, padded_width
from recognizer.net import NET as READER

MODULES = {"onnx": "onnxruntime", "openvino": "openvino"}
RUNTIMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            find_spec(module) is None or find_spec("onnx") is None,
            reason=f"{module} or onnx is not installed",
        ),
    )
    for name, module in MODULES.items()
]
needs_onnx = pytest.mark.skipif(
    find_spec("onnxruntime") is None or find_spec("onnx") is None,
    reason="onnxruntime or onnx is not installed",
)


def cpu(backend: str) -> SessionOptions:
    return SessionOptions(backend, "cpu", "fp32", 1)


def page(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, height, width, 3)).astype(np.uint8)


def lines(count: int, width: int, height: int = 32) -> np.ndarray:
    rng = np.random.default_rng(count * width)
    return rng.uniform(-1, 1, (count, 1, height, width)).astype(np.float32)


def agree(a: Session, b: Session, batch: np.ndarray) -> None:
    for x, y in zip(a.run(batch), b.run(batch), strict=True):
        assert x.dtype == y.dtype == np.float32
        np.testing.assert_allclose(x, y, atol=2e-4)


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize(
    "config", [{}, {"batch_norm": False}, {"anchor_heights": [8, 20, 50], "fc": None}]
)
def test_detectors_agree_with_torch(tmp_path: Path, backend: str, config: dict) -> None:
    path = detector_weights(tmp_path / "net.safetensors", **config)
    torch_session, _ = open_session(FINDER, path, cpu("torch"))
    session, header = open_session(FINDER, path, cpu(backend))
    assert session.description == f"{backend} fp32" and header["architecture"] == "ctpn_vgg16"
    for batch in (page(64, 96), page(16, 16), page(128, 48, 1), page(64, 96, 2)):
        agree(torch_session, session, batch)
    agree(torch_session, session, np.concatenate([page(64, 80), page(64, 80, 1)]))


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"norm": "paper", "last": 1, "projection": True, "layers": 3},
        {"rnn": "gru", "bidirectional": False},
        {"rnn": "gru", "height": 64, "layers": 1},
    ],
)
def test_recognizers_agree_with_torch(tmp_path: Path, backend: str, config: dict) -> None:
    path = recognizer_weights(tmp_path / "net.safetensors", **config)
    torch_session, _ = open_session(READER, path, cpu("torch"))
    session, _ = open_session(READER, path, cpu(backend))
    for count, width in ((1, 32), (5, 64), (2, 200), (5, 64)):
        agree(torch_session, session, lines(count, width, config.get("height", 32)))


@pytest.mark.parametrize("backend", ["torch", *RUNTIMES])
def test_the_same_batch_gives_the_same_bytes(tmp_path: Path, backend: str) -> None:
    path = recognizer_weights(tmp_path / "net.safetensors")
    session, _ = open_session(READER, path, SessionOptions(backend, "cpu", "auto", 2))
    first = [session.run(lines(3, 96))[0].tobytes() for _ in range(2)]
    for width in (64, 128, 256):  # another shape in between changes nothing
        session.run(lines(2, width))
    again, _ = open_session(READER, path, SessionOptions(backend, "cpu", "auto", 2))
    assert {session.run(lines(3, 96))[0].tobytes(), again.run(lines(3, 96))[0].tobytes()} == {
        *first
    }


@pytest.mark.parametrize("backend", RUNTIMES)
def test_outputs_outlive_the_next_run(tmp_path: Path, backend: str) -> None:
    path = recognizer_weights(tmp_path / "net.safetensors")
    session, _ = open_session(READER, path, cpu(backend))
    kept = session.run(lines(1, 64))[0]
    before = kept.copy()
    session.run(lines(1, 64) * -1)
    np.testing.assert_array_equal(kept, before)


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", RUNTIMES)
def test_an_exported_file_alone_is_enough(tmp_path: Path, backend: str) -> None:
    path = recognizer_weights(tmp_path / "net.safetensors")
    file = tmp_path / "elsewhere" / "reader.onnx"
    file.parent.mkdir()
    write_atomic(file, build_model(READER, path))
    header = read_header(file)
    assert header["alphabet"] == read_header(path)["alphabet"] and header["precision"] == "fp32"
    crops = [np.random.default_rng(i).integers(0, 256, (40, 90 + 50 * i)) for i in range(3)]
    images = [crop.astype(np.uint8) for crop in crops]
    expected = Recognizer.from_weights(path, "cpu", "fp32", backend="torch").read(images)
    found = Recognizer.from_weights(file, "cpu", "fp32", backend=backend).read(images)
    assert [reading.text for reading in found] == [reading.text for reading in expected]
    with pytest.raises(DeviceError, match="torch"):
        Recognizer.from_weights(file, backend="torch")
    with pytest.raises(WeightsError, match="holds a recognizer"):
        Detector.from_weights(file)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    for data in (b"", b"\x08\x08no protobuf", b"\x72\xff\xff\x03cut"):
        path.write_bytes(data)
        with pytest.raises(WeightsError, match=r"net\.onnx"):
            read_exported_header(path)
    page_ = tmp_path / "net.xml"
    page_.write_text("<net><layers/></net>")
    with pytest.raises(WeightsError, match="ocr export"):
        read_header(page_)
    page_.write_text("<net>")
    with pytest.raises(WeightsError, match="damaged"):
        read_header(page_)
    with pytest.raises(WeightsError, match="no such"):
        read_header(tmp_path / "none.onnx")


@needs_onnx
def test_the_model_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_CACHE", str(tmp_path / "cache"))
    path = detector_weights(tmp_path / "net.safetensors")
    open_session(FINDER, path, cpu("onnx"))
    assert cached(path, "fp32").is_file()

    def never(*_: Any) -> bytes:
        raise AssertionError("made a second time")

    monkeypatch.setattr("detector.net._graph", never)
    monkeypatch.setattr("ocr_pipeline.core.backends.store.build_model", never)
    open_session(FINDER, path, cpu("onnx"))
    other = detector_weights(tmp_path / "net.safetensors", seed=1)  # the file changes
    with pytest.raises(BackendError, match="second time"):
        open_session(FINDER, other, cpu("onnx"))


@needs_onnx
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OCR_CACHE", str(tmp_path / "file" / "below"))
    path = detector_weights(tmp_path / "net.safetensors")
    session, _ = open_session(FINDER, path, cpu("onnx"))
    assert len(session.run(page(32, 32))) == 3


@needs_onnx
def test_a_file_made_from_other_weights_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = detector_weights(tmp_path / "net.safetensors")
    write_atomic(beside(path, "fp32"), build_model(FINDER, path))
    detector_weights(path, seed=1)
    torch_session, _ = open_session(FINDER, path, cpu("torch"))
    with caplog.at_level(logging.WARNING):
        session, _ = open_session(FINDER, path, cpu("onnx"))
    assert "made from other weights" in caplog.text
    agree(torch_session, session, page(48, 64))


def test_tensors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from safetensors.numpy import load_file

    path = detector_weights(tmp_path / "net.safetensors")
    header, state = read_header(path), load_file(path)
    for name, change in (
        ("lacking", {k: v for k, v in state.items() if k != "fc.0.bias"}),
        ("left over", {**state, "extra.weight": state["fc.0.bias"]}),
        ("another size", {**state, "fc.0.bias": state["fc.0.bias"][:3]}),
    ):
        with pytest.raises(WeightsError, match="do not fit"):  # noqa: PT012
            FINDER.graph(header, change)
            pytest.fail(name)
    with pytest.raises(BackendError, match="no ONNX form"):
        FINDER.graph({**header, "architecture": "other"}, state)


# --- choosing --------------------------------------------------------------------------------


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what is installed and what the processor can do."""

    def set_up(packages: str, flags: str = "", gpu: bool = False) -> None:
        monkeypatch.setattr(choosing, "installed", lambda name: name in packages.split())
        monkeypatch.setattr(choosing, "cpu_flags", lambda: frozenset(flags.split()))
        monkeypatch.setattr(choosing, "gpu_in_sight", lambda: gpu)

    return set_up


ALL = "torch onnx openvino"


@pytest.mark.parametrize(
    ("packages", "flags", "best"),
    [
        (ALL, "avx512_vnni avx512_bf16", ("openvino", "int8")),
        (ALL, "avx512_bf16", ("openvino", "bf16")),
        (ALL, "avx2", ("onnx", "fp32")),
        ("torch onnx", "avx_vnni", ("onnx", "int8")),
        ("torch openvino", "avx2", ("openvino", "fp32")),
        ("torch onnx", "amx_bf16", ("torch", "bf16")),
        ("torch", "", ("torch", "fp32")),
    ],
)
def test_auto_takes_the_fastest(machine: Any, packages: str, flags: str, best: tuple) -> None:
    machine(packages, flags)
    assert choices(SessionOptions())[0] == best


def test_what_is_named_is_taken(machine: Any) -> None:
    machine(ALL, "avx2")
    assert choices(SessionOptions("openvino"))[0] == ("openvino", "fp32")
    assert choices(SessionOptions("openvino", precision="bf16")) == [("openvino", "bf16")]
    assert choices(SessionOptions(precision="int8"))[0] == ("openvino", "int8")
    assert choices(SessionOptions("torch", "cpu", "fp32")) == [("torch", "fp32")]


def test_what_cannot_be_had_is_said(machine: Any) -> None:
    machine("torch onnx")
    floats = [c for c in ORDER if c.precision != "int8"]
    for options, error, words in (
        (SessionOptions("openvino"), BackendError, "pip install"),
        (SessionOptions("onnx", "cuda"), DeviceError, "runs on the CPU"),
        (SessionOptions("onnx", precision="bf16"), DeviceError, "not to be had"),
        (SessionOptions("onnx", precision="int8"), DeviceError, "ocr export --int8"),
        (SessionOptions("torch", "cpu", "int8"), DeviceError, "int8"),
        (SessionOptions("tensorrt"), UsageError, "--backend"),
        (SessionOptions(precision="fp8"), UsageError, "--precision"),
    ):
        with pytest.raises(error, match=words):
            choices(options, floats)
    machine("")
    with pytest.raises(BackendError, match="no backend is installed"):
        choices(SessionOptions())
    with pytest.raises(BackendError, match="needs torch"):
        choices(SessionOptions(device="cuda"))


@needs_onnx
def test_a_backend_that_fails_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Session:
        raise RuntimeError("first line\nno such instruction")

    path = detector_weights(tmp_path / "net.safetensors")
    order = [Choice("onnx", "fp32"), Choice("torch", "fp32")]
    monkeypatch.setattr("ocr_pipeline.core.backends.opening.choices", lambda *_: order)
    monkeypatch.setattr("ocr_pipeline.core.backends.onnx_session.OnnxSession", broken)
    with caplog.at_level(logging.WARNING):
        session, _ = open_session(FINDER, path, SessionOptions(device="cpu"))
    assert session.backend == "torch"
    assert "no such instruction" in caplog.text and "falling back to torch fp32" in caplog.text
    del order[1]
    with pytest.raises(BackendError, match="no such instruction"):
        open_session(FINDER, path, SessionOptions(device="cpu"))


# --- few shapes --------------------------------------------------------------------------------


def test_lines_are_padded_to_few_widths() -> None:
    widths = range(1, 4000)
    padded = [padded_width(width) for width in widths]
    assert all(a >= b and a % 4 == 0 for a, b in zip(padded, widths, strict=True))
    assert len(set(padded)) < 40
    assert all(a <= 1.25 * b for a, b in zip(padded[32:], widths[32:], strict=True))


def test_groups_hold_each_line_once_and_have_the_sizes_asked_for() -> None:
    widths = [int(w) for w in np.random.default_rng(0).integers(16, 900, 200)]
    for sizes in (None, (8, 4, 2, 1)):
        groups = list(buckets(widths, 16, sizes))
        assert sorted(i for group, _ in groups for i in group) == list(range(200))
        assert all(padded_width(widths[i]) == width for group, width in groups for i in group)
        if sizes is not None:
            assert {len(group) for group, _ in groups} <= set(sizes)

# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes come in: pages, or an InputError that names the file, and nothing else."""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePath

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_inputs import encoded, noise, pdf, scan_pdf

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.readers import InputFile, find_inputs, open_document

KINDS = ("png", "jpg", "progressive", "gif", "bmp", "webp", "ppm", "jp2", "g4", "lzw", "jpeg.tif")
KINDS += ("pdf", "scan.pdf", "zip", "avif", "heic")
# Of these a few bytes at the end may be missing without any loss.
SLACK = {"png": 20, "g4": 120, "gif": 2, "bmp": 4, "pdf": 8, "scan.pdf": 8}


def make(kind: str, folder: Path) -> bytes:
    image = noise()
    simple: dict[str, Callable[[], bytes]] = {
        "png": lambda: encoded(image, "PNG", dpi=(300, 300)),
        "jpg": lambda: encoded(image, "JPEG"),
        "progressive": lambda: encoded(image, "JPEG", progressive=True),
        "gif": lambda: encoded(image, "GIF"),
        "bmp": lambda: encoded(image, "BMP"),
        "webp": lambda: encoded(image, "WEBP"),
        "ppm": lambda: encoded(image, "PPM"),
        "jp2": lambda: encoded(image, "JPEG2000"),
        "avif": lambda: encoded(image, "AVIF"),
    }
    if kind in simple:
        return simple[kind]()
    if kind == "heic":
        pytest.importorskip("pillow_heif", reason="needs the extra heic").register_heif_opener()
        return encoded(image, "HEIF")
    if kind == "zip":
        with zipfile.ZipFile(folder / "made.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("1.png", encoded(image, "PNG"))
        return (folder / "made.zip").read_bytes()
    if kind.endswith("pdf"):
        pytest.importorskip("pikepdf", reason="makes the PDFs; part of the extra pdf")
        prose = [(20.0, 150.0, 12.0, "The quick brown fox jumps over it")]
        if kind == "pdf":
            return pdf(folder / "made.pdf", [prose, prose]).read_bytes()
        return scan_pdf(folder / "made.pdf", image, 150, prose).read_bytes()
    compression = {"g4": "group4", "lzw": "tiff_lzw", "jpeg.tif": "jpeg"}[kind]
    page = image.convert("1") if kind == "g4" else image
    rest = [page.rotate(180)]
    return encoded(page, "TIFF", save_all=True, append_images=rest, compression=compression)


def pages_of(path: Path) -> tuple[list[np.ndarray], list[InputError]]:
    """What can be read and what cannot; anything else is a failure of the test."""
    pages, errors = [], []
    for file in find_inputs([str(path)]):
        try:
            with open_document(file) as document:
                for index in range(document.count):
                    try:
                        document.size(index)
                        frame = document.page(index)
                    except InputError as error:
                        errors.append(error)
                    else:
                        assert frame.image.dtype == np.uint8 and frame.image.shape[2] == 3
                        pages.append(frame.image)
        except InputError as error:
            errors.append(error)
    for error in errors:
        assert path.name in str(error) and "\n" not in str(error), str(error)
        assert not re.search(r"0x[0-9a-f]{6}", str(error)), str(error)
    return pages, errors


@pytest.mark.parametrize("kind", KINDS)
def test_every_beginning_of_a_file(tmp_path: Path, kind: str) -> None:
    whole = make(kind, tmp_path)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole)
    pages, errors = pages_of(path)
    assert pages and not errors
    lengths = {*range(40), *range(0, len(whole), max(1, len(whole) // 40))}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        read, errors = pages_of(path)
        if length < len(whole) - SLACK.get(kind, 0):
            assert errors, f"{length} of {len(whole)} bytes were read as if they were all"
        assert len(read) <= len(pages)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_bytes_changed_at_random(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    changed = bytearray(make(kind, tmp_path))
    places = st.integers(0, len(changed) - 1) | st.integers(0, min(200, len(changed) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=8)):
        changed[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF, 0x20]))
    path = tmp_path / f"changed.{kind}"
    path.write_bytes(changed)
    pages_of(path)


BEGINNINGS = (b"", b"%PDF-1.4\n", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0")
BEGINNINGS += (b"MM\0+", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBP", b"P6\n", b"\xff\x4f\xff\x51")
BEGINNINGS += (b"\0\0\0\x18ftypheic", b"\0\0\0\x0cjP  \r\n\x87\n")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(head=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=300))
def test_noise_behind_any_beginning(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "noise.bin"
    path.write_bytes(head + rest)
    pages, errors = pages_of(path)
    assert len(pages) + len(errors) >= 1


@pytest.mark.parametrize("suffix", ["png", "pdf", "tif", "zip", "jpg", "heic", "txt", ""])
@pytest.mark.parametrize("kind", ["jpg", "g4", "pdf", "zip"])
def test_suffixes_do_not_matter(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"scan.{suffix}"
    path.write_bytes(make(kind, tmp_path))
    if kind == "zip" and suffix not in ("zip", "txt", ""):
        (file,) = find_inputs([str(path)])
        with pytest.raises(InputError, match="a zip of 1 document"):
            open_document(file)
        return
    pages, errors = pages_of(path)
    assert pages and not errors


def test_empty_files_of_every_suffix(tmp_path: Path) -> None:
    for suffix in ("png", "pdf", "tif", "zip", "cbz", "jpg", "jp2", "heic", "gif"):
        (tmp_path / f"a.{suffix}").touch()
    files = find_inputs([str(tmp_path)])
    assert len(files) == 9
    for file in files:
        with pytest.raises(InputError, match=rf"{file.path.name}: .*empty"):
            open_document(file)


@pytest.mark.parametrize("name", ["", "a\0b.png", "x" * 5000, "\udce9.png"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(InputError):
        open_document(InputFile(Path(name), PurePath("x")))


def test_memory_that_runs_out_is_the_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(make("png", tmp_path))

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("ocr_pipeline.core.decoding.to_rgb", full)
    with (
        pytest.raises(InputError, match=r"a\.png: needs more memory"),
        open_document(InputFile(path, PurePath("x"))) as document,
    ):
        document.page(0)


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_no_file_stays_open(tmp_path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    paths = []
    for kind in ("png", "g4", "pdf", "jp2"):
        whole = make(kind, tmp_path)
        for name, data in (("whole", whole), ("cut", whole[: len(whole) // 2])):
            paths.append(tmp_path / f"{name}.{kind}")
            paths[-1].write_bytes(data)
    for path in paths:
        pages_of(path)
    before = count()
    for path in paths * 3:
        pages_of(path)
    assert count() <= before

# SPDX-License-Identifier: Apache-2.0
"""Uploads that mean no good: each gets its answer, and the server reads the next page as before."""

from __future__ import annotations

import io
import socket
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("python_multipart", reason="the extra [serve] is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from serve_tools import (
    TEXT,
    Running,
    encoded,
    page_image,
    pages,
    serving,
    wait_for,
)

from ocr_pipeline.serve.options import ServeOptions
from ocr_pipeline.serve.uploads import safe_name

PAGE = encoded(page_image())
MIB = 1 << 20
NAMES = (
    *("../../../../tmp/x.png", "/etc/passwd", "C:\\Windows\\x.png", "a\0b.png", "\r\nX: 1.png"),
    *("..", ".", "", " ", "a" * 3000 + ".png", "\u202egnp.exe", "CON", "ä/ö\\ü.png", "'\";.png"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    options = ServeOptions(port=0, max_size=2, max_pixels=1, max_pages=5, max_files=3)
    with serving(options=options) as running:
        yield running


@pytest.fixture(autouse=True)
def _stays_well(server: Running) -> Iterator[None]:
    """After each test the server is idle, nothing lies about, and a page is read."""
    yield
    wait_for(lambda: server.metric("ocr_queue_requests") == 0)
    assert not list(server.service.folder.iterdir())
    response = server.ocr(PAGE, format="txt")
    assert response.status_code == 200 and response.text.strip() == TEXT
    assert server.client.get("/healthz").status_code == 200


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def png_header(width: int, height: int) -> bytes:
    """A PNG that says of itself that it is large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(10 * MIB))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "answer"),
    [
        ("empty.png", b"", (422, "unreadable")),
        ("text.png", b"hello", (415, "unknown_kind")),
        ("page.png", b"<html><script>alert(1)</script></html>", (415, "unknown_kind")),
        ("page.pdf", b"%!PS-Adobe-3.0\n", (415, "unknown_kind")),
        ("bomb.zip", zipped(), (415, "unknown_kind")),
        ("pages.gz", b"\x1f\x8b\x08" + bytes(50), (415, "unknown_kind")),
        ("cut.png", PAGE[: len(PAGE) // 2], (422, "unreadable")),
        ("cut.jpg", encoded(page_image(), "JPEG")[:400], (422, "unreadable")),
        ("cut.tif", pages(2)[:2000], (422, "unreadable")),
        ("page.pdf", b"%PDF-1.7\n garbage", (422, "unreadable")),
        ("bomb.png", png_header(60_000, 60_000), (413, "too_many_pixels")),
        ("large.png", png_header(2000, 1000), (413, "too_many_pixels")),
        ("thin.png", png_header(2_000_000_000, 1), (413, "too_many_pixels")),
        ("flat.png", png_header(0, 0), (415, "unknown_kind")),
        ("many.tif", pages(6), (413, "too_many_pages")),
    ],
)
def test_hostile_documents(
    server: Running, name: str, data: bytes, answer: tuple[int, str]
) -> None:
    response = server.ocr((name, data))
    status, code = code_of(response)
    if name in ("flat.png", "cut.png", "cut.tif", "cut.jpg"):  # as the decoders see it
        assert status in (415, 422)
    else:
        assert (status, code) == answer
    assert name in response.json()["error"]["message"] or code == "too_many_pages"
    assert tempfile.gettempdir() not in response.text
    raw = server.client.post("/v1/ocr", content=data, params={"name": name})
    assert raw.status_code == (status if data else 422)


def test_an_encrypted_pdf_says_so(server: Running) -> None:
    pikepdf = pytest.importorskip("pikepdf", reason="makes the encrypted PDF")
    pytest.importorskip("pypdfium2", reason="reads PDF")
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pages(1, "PDF"))) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(user="päss", owner="owner", R=6))
    data = buffer.getvalue()
    refused = server.ocr(("a.pdf", data))
    assert code_of(refused) == (422, "encrypted")
    assert "in the header Ocr-Password" in refused.text
    files = {"file": ("a.pdf", data)}
    wrong = server.client.post("/v1/ocr", files=files, headers={"ocr-password": "no"})
    assert code_of(wrong) == (422, "encrypted")
    headers = {"ocr-password": "päss".encode()}
    right = server.client.post("/v1/ocr", files=files, headers=headers)
    assert right.status_code == 200 and len(right.json()["pages"]) == 1


def test_a_large_body_is_refused_by_its_length(server: Running) -> None:
    response = server.client.post("/v1/ocr", content=bytes(3 * MIB))
    assert code_of(response) == (413, "too_large")


def test_a_large_body_is_refused_while_it_comes(server: Running) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += MIB
            yield bytes(MIB)

    response = server.client.post("/v1/ocr", content=body())
    assert code_of(response) == (413, "too_large")


def test_a_large_form_is_refused(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    with path.open("wb") as file:
        file.write(pages(1))
        file.truncate(200 * MIB)
    with path.open("rb") as file:
        response = server.client.post("/v1/ocr", files={"file": ("sparse.tif", file)})
    assert code_of(response) == (413, "too_large")


def test_too_many_files(server: Running) -> None:
    assert code_of(server.ocr(*[PAGE] * 4)) == (413, "too_many_files")
    assert code_of(server.ocr(("a.tif", pages(3)), ("b.tif", pages(3)))) == (413, "too_many_pages")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names_only(server: Running, name: str, tmp_path: Path) -> None:
    response = server.ocr((name, PAGE), format="txt,alto")
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        for member in archive.namelist():
            assert "/" not in member and "\\" not in member and ".." not in member
            assert len(member) < 200
    one = server.ocr((name, PAGE), format="hocr")
    assert "\n" not in one.headers["content-disposition"]
    raw = server.client.post("/v1/ocr", content=PAGE, params={"name": name[:400]})
    assert raw.status_code == 200


@given(st.text(max_size=300))
def test_safe_names(name: str) -> None:
    safe = safe_name(name)
    assert len(safe) <= 120
    assert not set(safe) & set("/\\\0\r\n")
    assert safe == "" or safe.strip(". ")
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"--x--\r\n",
        b"--x\r\n\r\n\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=format\r\n\r\ntxt\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nabc',
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n' * 5,
        b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: " + b"a" * 100_000 + b"\r\n\r\n--x--\r\n",
        b"--y\r\nContent-Disposition: form-data; name=file\r\n\r\nabc\r\n--y--\r\n",
        b"\0" * 1000,
    ],
)
def test_forms_that_are_none(server: Running, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = server.client.post("/v1/ocr", content=body, headers=headers)
    assert response.status_code in (400, 415, 422)
    assert response.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["", "; boundary=", "; boundary=" + "b" * 5000, "; charset=\xff"])
def test_forms_without_a_boundary(server: Running, kind: str) -> None:
    headers = {"content-type": f"multipart/form-data{kind}".encode("latin-1")}
    response = server.client.post("/v1/ocr", content=PAGE, headers=headers)
    assert response.status_code in (400, 422)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400), st.sampled_from(["name=file", 'name="file"; filename="a"', ""]))
def test_forms_of_any_bytes(server: Running, junk: bytes, name: str) -> None:
    head = f"--x\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for body in (junk, head + junk + b"\r\n--x--\r\n", head[:-2] + junk + b"\r\n--x--"):
        response = server.client.post("/v1/ocr", content=body, headers=headers)
        assert 400 <= response.status_code < 500, response.text


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_documents_of_damaged_bytes(server: Running, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([PAGE, pages(2), encoded(page_image(), "JPEG")]))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    response = server.ocr(bytes(damaged))
    assert response.status_code in (200, 413, 415, 422), response.text


def test_a_bomb_inside_a_document_is_found(server: Running) -> None:
    """A page too large is noticed before anything is decoded, wherever it stands."""
    images = [page_image(), Image.new("1", (4000, 4000))]
    options = {"save_all": True, "append_images": images[1:], "compression": "tiff_deflate"}
    data = encoded(images[0], "TIFF", **options)
    response = server.ocr(("a.tif", data))
    assert code_of(response) == (413, "too_many_pixels")
    assert "page 2" in response.json()["error"]["message"]
    assert server.ocr(("a.tif", data), pages="1").status_code == 200


def test_a_body_that_does_not_come_is_given_up() -> None:
    with serving(options=ServeOptions(port=0, upload_timeout=0.5)) as slow:
        host, port = slow.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as sock:
            head = (
                f"POST /v1/ocr HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 1000\r\n\r\nabc"
            )
            sock.sendall(head.encode())
            answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        wait_for(lambda: slow.metric("ocr_queue_requests") == 0)
        assert slow.ocr(PAGE).status_code == 200


def test_who_asks_before_sending_is_told_at_once(server: Running) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        head = f"POST /v1/ocr HTTP/1.1\r\nHost: {host}:{port}\r\nExpect: 100-continue\r\n"
        sock.sendall(f"{head}Content-Length: {500 * MIB}\r\n\r\n".encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")

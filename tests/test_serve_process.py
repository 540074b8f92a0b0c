# SPDX-License-Identifier: Apache-2.0
"""A server as a process of its own: how it starts, how it stops, clients that leave."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("python_multipart", reason="the extra [serve] is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

import httpx
from click.testing import CliRunner
from fake_stages import FakeRecognizer
from serve_tools import (
    PATIENCE,
    GatedDetector,
    encoded,
    page_image,
    pages,
    serving,
    wait_for,
)

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import ExitCode

PAGE = encoded(page_image())
SCRIPT = Path(__file__).with_name("fake_server.py")
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")


@contextmanager
def started(tmp_path: Path, seconds: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that needs so long for a page, and its address."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "0", str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), process.communicate()
        yield process, url
    finally:
        process.kill()
        process.communicate()


@unix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_requests_end(tmp_path: Path, number: int) -> None:
    with started(tmp_path, 1.0) as (process, url):
        answers: list[httpx.Response] = []

        def ask() -> None:
            files = {"file": ("a.tif", pages(2))}
            answers.append(httpx.post(f"{url}/v1/ocr", files=files, timeout=PATIENCE))

        client = threading.Thread(target=ask)
        client.start()
        wait_for(lambda: list(tmp_path.glob("*/*")))
        process.send_signal(number)
        client.join(PATIENCE)
        assert len(Document.from_json(answers[0].text).pages) == 2
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
        assert not list(tmp_path.iterdir())
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz")


@unix
def test_the_grace_has_an_end(tmp_path: Path) -> None:
    with started(tmp_path, 0.5) as (process, url):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as sock:
            head = f"POST /v1/ocr HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 999\r\n\r\nabc"
            sock.sendall(head.encode())  # and nothing more: it would wait for a minute
            wait_for(lambda: list(tmp_path.glob("*/*")))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("query", [{}, {"stream": "true"}])
def test_who_leaves_frees_the_work(query: dict[str, str]) -> None:
    detector = GatedDetector()
    with serving(detector) as server:

        def ask() -> None:
            with pytest.raises(httpx.TimeoutException):
                httpx.post(
                    f"{server.url}/v1/ocr",
                    files={"file": ("book.tif", pages(50))},
                    params=query,
                    timeout=1.5,
                )

        client = threading.Thread(target=ask)
        client.start()
        wait_for(lambda: detector.begun)
        client.join(PATIENCE)
        wait_for(lambda: server.metric("ocr_queue_pages") == 0)
        detector.gate.release(1)  # the page that was begun
        wait_for(lambda: server.metric("ocr_queue_requests") == 0)
        detector.gate.release(1)
        assert server.ocr(PAGE, format="txt").status_code == 200
        assert detector.begun == 2


def test_who_leaves_while_sending_leaves_nothing() -> None:
    with serving() as server:
        folder = server.service.folder
        host, port = server.url.removeprefix("http://").split(":")
        kind = "Content-Type: multipart/form-data; boundary=x\r\n"
        for more in ("", kind):
            head = f"POST /v1/ocr HTTP/1.1\r\nHost: {host}:{port}\r\n{more}Content-Length: 9999\r\n"
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as sock:
                part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
                sock.sendall(f"{head}\r\n{part}".encode())
                wait_for(lambda: list(folder.glob("*/0")))
            wait_for(lambda: server.metric("ocr_queue_requests") == 0)
            assert not list(folder.iterdir())
        left = 'ocr_requests_total{route="/v1/ocr",status="499"}'
        wait_for(lambda: server.metric(left) == 2)


def test_text_that_a_pdf_holds_is_kept() -> None:
    pytest.importorskip("pikepdf", reason="writing PDF needs pikepdf")
    lines = ["a line that is long enough " * 5] * 2
    with serving(recognizer=FakeRecognizer(lines)) as server:
        pdf = server.ocr(("a.tif", pages(2)), format="pdf").content
        for kept, outcome in (("ocr", "read"), ("keep", "kept")):
            sample = f'ocr_pages_total{{outcome="{outcome}"}}'
            before = server.metric(sample)
            answer = server.ocr(("a.pdf", pdf), format="json,overlay", **{"pdf-text": kept})
            assert answer.status_code == 200
            assert server.metric(sample) == before + 2
        document = Document.from_json(server.ocr(("a.pdf", pdf), **{"pdf-text": "keep"}).text)
        assert "long enough" in document.pages[1].text


def test_a_book_does_not_keep_a_letter_waiting() -> None:
    detector = GatedDetector()
    with serving(detector) as server:
        book = threading.Thread(target=server.ocr, args=(("book.tif", pages(40)),))
        book.start()
        wait_for(lambda: detector.begun)
        letters: list[httpx.Response] = []
        letter = threading.Thread(target=lambda: letters.append(server.ocr(PAGE)))
        letter.start()
        wait_for(lambda: server.metric("ocr_queue_pages") == 40)  # one was begun, one is new
        detector.gate.release(3)
        letter.join(PATIENCE)
        assert letters[0].status_code == 200
        assert detector.begun <= 4
        detector.gate.release(100)
        book.join(PATIENCE)


def test_lines_of_several_requests_share_batches() -> None:
    recognizer = FakeRecognizer()
    entered, gate = threading.Event(), threading.Event()
    read = recognizer.read

    def gated(crops: object) -> object:
        entered.set()
        assert gate.wait(PATIENCE)
        return read(crops)  # type: ignore[arg-type]

    recognizer.read = gated  # type: ignore[assignment]
    with serving(recognizer=recognizer) as server:
        threads = [threading.Thread(target=server.ocr, args=(PAGE,)) for _ in range(4)]
        threads[0].start()
        assert entered.wait(PATIENCE)
        for thread in threads[1:]:
            thread.start()
        wait_for(lambda: len(server.service.engine._found) == 3)
        gate.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert recognizer.batches == [2, 6]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--port", "99999"], ExitCode.USAGE),
        (["--queue", "0"], ExitCode.USAGE),
        (["--host", "192.0.2.1"], ExitCode.USAGE),
        (["--host", "no such host"], ExitCode.USAGE),
        (["--port", "0", "--recognizer", "nothing-like-it"], ExitCode.WEIGHTS),
        (["--port", "0", "--device", "cuda:77"], ExitCode.DEVICE),
    ],
)
def test_the_command_says_what_is_wrong(flags: list[str], code: ExitCode) -> None:
    result = CliRunner().invoke(cli, ["serve", *flags])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(cli, ["serve", "--port", port])
    assert result.exit_code == ExitCode.USAGE
    assert port in result.output

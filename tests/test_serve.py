# SPDX-License-Identifier: Apache-2.0
"""The HTTP API: what is asked and what is answered."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("python_multipart", reason="the extra [serve] is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

import httpx
from serve_tools import (
    TEXT,
    GatedDetector,
    Running,
    encoded,
    page_image,
    pages,
    serving,
    wait_for,
)

from ocr_pipeline.core.document import Document
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.serve.formats import choose
from ocr_pipeline.serve.options import ServeOptions

PAGE = encoded(page_image())


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving() as running:
        yield running


def error_of(response: httpx.Response) -> dict[str, object]:
    body = response.json()
    assert set(body) == {"error"}
    assert body["error"]["status"] == response.status_code
    assert body["error"]["message"]
    return body["error"]


def test_a_form_is_answered_with_the_tree(server: Running) -> None:
    response = server.ocr(("scan.png", PAGE))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    document = Document.from_json(response.text)
    assert document.source == "scan.png"
    assert document.text == TEXT


@pytest.mark.parametrize(
    "kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", ""]
)
def test_a_raw_body_of_any_type_is_told_by_its_content(server: Running, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    response = server.client.post(
        "/v1/ocr", content=PAGE, headers=headers, params={"name": "a.png"}
    )
    assert Document.from_json(response.text).source == "a.png"


def test_formats_by_parameter(server: Running) -> None:
    assert server.ocr(PAGE, format="txt").text.strip() == TEXT
    hocr = server.ocr(("letter.png", PAGE), format="hocr")
    assert hocr.headers["content-type"].startswith("text/html")
    assert 'filename="letter.hocr"' in hocr.headers["content-disposition"]
    assert hocr.headers["content-disposition"].startswith("attachment")
    assert server.ocr(PAGE, format="overlay").content[:2] == b"\xff\xd8"


def test_formats_by_accept_header(server: Running) -> None:
    files = {"file": ("a.png", PAGE)}
    for accept, kind in (
        ("text/plain", "text/plain"),
        ("text/csv;q=0.2, text/markdown;q=0.9", "text/markdown"),
        ("*/*", "application/json"),
    ):
        response = server.client.post("/v1/ocr", files=files, headers={"accept": accept})
        assert response.headers["content-type"].startswith(kind)
    response = server.client.post("/v1/ocr", files=files, headers={"accept": "video/mp4"})
    assert error_of(response)["code"] == "not_acceptable"


def test_choose_prefers_the_parameter_and_the_exact_range() -> None:
    assert choose("txt, json,txt", "text/csv") == ("txt", "json")
    assert choose(None, None) == ("json",)
    assert choose(None, "application/json;q=0, */*") == ("txt",)
    assert choose(None, "text/*;q=0.5, text/csv") == ("csv",)
    assert choose(None, "text/csv;q=nan, text/plain;q=x, application/json") == ("json",)


def test_several_formats_come_as_a_zip(server: Running) -> None:
    response = server.ocr(("two.tif", pages(2)), format="txt,page,overlay")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert sorted(archive.namelist()) == [
            "two.0001.overlay.jpg",
            "two.0001.page.xml",
            "two.0002.overlay.jpg",
            "two.0002.page.xml",
            "two.txt",
        ]


def test_several_documents_as_json_are_a_list(server: Running) -> None:
    response = server.ocr(("a.png", PAGE), ("b.tif", pages(3)))
    documents = [Document.from_dict(tree) for tree in response.json()]
    assert [d.source for d in documents] == ["a.png", "b.tif"]
    assert [len(d.pages) for d in documents] == [1, 3]


def test_documents_of_one_name_keep_their_own_outputs(server: Running) -> None:
    response = server.ocr(("a.png", PAGE), ("a.png", encoded(page_image([]))), format="txt")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        texts = [archive.read(name).decode().strip() for name in archive.namelist()]
    assert texts == [TEXT, ""]


def test_a_bad_document_does_not_cost_the_others_theirs(server: Running) -> None:
    response = server.ocr(("a.png", PAGE), ("bad.png", b"not an image"))
    assert response.status_code == 200
    good, bad = response.json()
    assert Document.from_dict(good).text == TEXT
    assert bad["source"] == "bad.png" and bad["error"]["code"] == "unknown_kind"
    response = server.ocr(("a.png", PAGE), ("bad.png", b"not an image"), format="txt")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert sorted(archive.namelist()) == ["a.txt", "bad.error.json"]


def test_pages_are_chosen(server: Running) -> None:
    document = Document.from_json(server.ocr(("b.tif", pages(4)), pages="2,4-").text)
    assert [page.number for page in document.pages] == [2, 4]
    assert error_of(server.ocr(("b.tif", pages(2)), pages="7"))["code"] == "unreadable"


def test_options_are_those_of_the_command_line(server: Running) -> None:
    assert Document.from_json(server.ocr(PAGE, **{"min-confidence": 0.95}).text).text == ""
    assert server.ocr(PAGE, recognizer="other", format="txt").text.split() == ["other"] * 2
    turned = Document.from_json(server.ocr(PAGE, orientation="90").text).pages[0]
    assert turned.rotation == 90
    one = Document.from_json(server.ocr(PAGE, detect="false").text).pages[0]
    assert len(one.lines) <= 1


@pytest.mark.parametrize(
    "query",
    [
        {"formt": "txt"},
        {"format": "doc"},
        {"format": ""},
        {"dpi": "1e9"},
        {"dpi": "5"},
        {"min-confidence": "2"},
        {"min-confidence": "nan"},
        {"min_confidence": "0.5"},
        {"pages": "3-1"},
        {"pages": "9" * 400 + "-"},
        {"detector": "../../etc/passwd"},
        {"pdf-text": "maybe"},
        {"preview": "100"},
        {"stream": "true", "format": "txt"},
        {"device": "cuda"},
    ],
)
def test_bad_parameters_are_named(server: Running, query: dict[str, str]) -> None:
    response = server.ocr(PAGE, **query)
    assert response.status_code == 422
    assert error_of(response)["code"] in ("bad_parameter", "unreadable")


def test_a_stream_tells_of_each_page(server: Running) -> None:
    response = server.ocr(("b.tif", pages(3)), ("x.png", b"x"), stream="true", preview=100)
    assert response.headers["content-type"] == "application/x-ndjson"
    events = [json.loads(line) for line in response.text.splitlines()]
    assert events[0] == {
        "event": "start",
        "files": [{"source": "b.tif", "pages": 3}, {"source": "x.png", "pages": 0}],
    }
    assert events[1]["event"] == "error" and events[1]["file"] == 1
    assert [event["page"]["number"] for event in events[2:-1]] == [1, 2, 3]
    assert events[2]["preview"].startswith("data:image/jpeg;base64,")
    assert events[-1] == {"event": "end"}


def test_convert_writes_a_corrected_tree(server: Running) -> None:
    tree = server.ocr(("a.tif", pages(2))).json()
    tree["pages"][1]["lines"][0]["text"] = "corrected"
    body = json.dumps(tree)
    convert = "/v1/convert"
    text = server.client.post(convert, files={"document": (None, body)}, params={"format": "txt"})
    assert "corrected" in text.text
    raw = server.client.post(convert, content=body, params={"format": "jsonl"})
    assert len(raw.text.splitlines()) == 2
    files = {"document": ("blob", body.encode()), "file": ("a.tif", pages(2))}
    pytest.importorskip("pikepdf", reason="writing PDF needs pikepdf")
    pdf = server.client.post(convert, files=files, params={"format": "pdf"})
    assert pdf.content.startswith(b"%PDF-")
    refused = server.client.post(
        convert, files={"document": (None, body)}, params={"format": "pdf"}
    )
    assert error_of(refused)["code"] == "bad_parameter"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"source": "a", "pages": []}',
        '{"source": "a", "pages": [{"number": "x", "width": 1, "height": 1}]}',
        '{"source": "a", "pages": [{"number": 1, "width": 1e9, "height": 1}]}',
        '{"source": 5, "pages": [{"number": 1, "width": 1, "height": 1}]}',
        '{"source": "a", "pages": [{"number": 1, "width": 1, "height": 1, "lines": '
        '[{"text": 7, "polygon": [], "confidence": 1}]}]}',
        '{"source": "a", "pages": [{"number": 1, "width": 1, "height": 1, "lines": '
        '[{"text": "x", "polygon": [[NaN, 1], [1]], "confidence": 1}]}]}',
        '{"format_version": "z", "source": "a", "pages": []}',
    ],
)
def test_convert_refuses_what_is_no_tree(server: Running, body: str) -> None:
    for name in ("hocr", "txt"):
        response = server.client.post("/v1/convert", content=body, params={"format": name})
        assert response.status_code == 422, response.text
        error_of(response)


def test_names_of_trees_do_not_leave_their_folder(server: Running) -> None:
    tree = '{"source": "../../../evil", "pages": [{"number": 1, "width": 9, "height": 9}]}'
    response = server.client.post("/v1/convert", content=tree, params={"format": "txt"})
    assert response.status_code == 200
    assert 'filename="evil.txt"' in response.headers["content-disposition"]


def test_what_a_server_says_of_itself(server: Running) -> None:
    models = server.client.get("/v1/models").json()
    assert [net["name"] for net in models["recognizers"]] == ["fake", "other"]
    info = server.client.get("/v1/info").json()
    assert "txt" in [known["name"] for known in info["formats"]]
    assert info["limits"]["max_pages"] == 500
    assert server.client.get("/healthz").json() == {"status": "ok"}
    assert server.client.get("/readyz").status_code == 200


def test_metrics_count(server: Running) -> None:
    sample = 'ocr_requests_total{route="/v1/ocr",status="200"}'
    before, read = server.metric(sample), server.metric('ocr_pages_total{outcome="read"}')
    server.ocr(("b.tif", pages(3)))
    wait_for(lambda: server.metric(sample) == before + 1)  # it counts what has been answered
    assert server.metric('ocr_pages_total{outcome="read"}') == read + 3
    assert server.metric("ocr_lines_total") > 0
    assert server.metric('ocr_request_seconds_count{route="/v1/ocr"}') >= before + 1


def test_metrics_are_well_formed(server: Running) -> None:
    seen = set()
    for line in server.client.get("/metrics").text.splitlines():
        if line.startswith("#"):
            assert line.split()[1] in ("HELP", "TYPE")
            seen.add(line.split()[2])
        else:
            name, value = line.rsplit(" ", 1)
            float(value)
            base = name.partition("{")[0]
            assert base in seen or base.rpartition("_")[0] in seen


def test_docs_ask_nobody_else(server: Running) -> None:
    page = server.client.get("/docs")
    assert page.status_code == 200
    texts = [page.text]
    for name in ("docs.css", "docs.js"):
        response = server.client.get(f"/static/{name}")
        assert response.status_code == 200
        texts.append(response.text)
    assert not any(mark in text for text in texts for mark in ("http://", "https://", "//cdn"))
    assert "script-src 'self'" in page.headers["content-security-policy"]
    paths = server.client.get("/openapi.json").json()["paths"]
    assert {"/v1/ocr", "/v1/convert", "/v1/models", "/metrics", "/healthz"} <= set(paths)


def test_every_answer_has_the_headers_of_safety(server: Running) -> None:
    for path in ("/", "/docs", "/v1/models", "/nothing", "/static/nothing", "/static/docs.js"):
        headers = server.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers or "uvicorn" not in headers["server"]


def test_errors_have_one_shape(server: Running) -> None:
    assert error_of(server.client.get("/nothing"))["code"] == "not_found"
    assert error_of(server.client.get("/v1/ocr"))["code"] == "method_not_allowed"
    assert error_of(server.client.post("/v1/ocr"))["code"] == "empty"
    assert error_of(server.client.get("/static/%00"))["status"] == 404
    details = error_of(server.ocr(PAGE, formt="x"))["details"]
    assert details == [{"parameter": "formt", "message": "there is no such parameter"}]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_foreign_names_are_refused_on_the_own_machine(server: Running, host: str) -> None:
    response = server.client.get("/v1/models", headers={"host": host})
    assert error_of(response)["code"] == "foreign_host"
    for name in ("localhost:1", "LOCALHOST", "127.0.0.1", "[::1]:8000"):
        assert server.client.get("/healthz", headers={"host": name}).status_code == 200


def test_pages_of_other_sites_are_refused(server: Running) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        response = server.client.post("/v1/ocr", content=PAGE, headers={"origin": origin})
        assert error_of(response)["code"] == "foreign_origin"
    own = server.client.post("/v1/ocr", content=PAGE, headers={"origin": server.url})
    assert own.status_code == 200


def test_a_site_can_be_allowed() -> None:
    site = "https://scans.example"
    with serving(options=ServeOptions(port=0, allow_origin=(site,), token="secret")) as server:
        asked = server.client.options(
            "/v1/ocr",
            headers={
                "origin": site,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization",
            },
        )
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == site
        headers = {"origin": site, "authorization": "Bearer secret"}
        answer = server.client.post("/v1/ocr", content=PAGE, headers=headers)
        assert answer.headers["access-control-allow-origin"] == site
        other = server.client.get("/v1/models", headers={"origin": "https://evil.example"})
        assert other.status_code == 403


def test_a_token_is_asked_for() -> None:
    with serving(options=ServeOptions(port=0, token="secret")) as server:
        for shown in (None, "Bearer", "Bearer wrong", "Basic secret", "Bearer sécret", "secret"):
            headers = {} if shown is None else {"authorization": shown.encode("utf-8")}
            response = server.client.post("/v1/ocr", content=PAGE, headers=headers)
            assert error_of(response)["code"] == "unauthorized"
            assert response.headers["www-authenticate"] == "Bearer"
        assert server.client.get("/metrics").status_code == 401
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
            assert server.client.get(path).status_code == 200
        headers = {"authorization": "bearer secret"}
        assert server.client.post("/v1/ocr", content=PAGE, headers=headers).status_code == 200


def test_a_full_queue_sends_away() -> None:
    detector = GatedDetector()
    with serving(detector, options=ServeOptions(port=0, queue=1)) as server:
        import concurrent.futures

        with concurrent.futures.ThreadPoolExecutor() as pool:
            first = pool.submit(server.ocr, PAGE)
            wait_for(lambda: detector.begun)
            assert server.client.get("/readyz").status_code == 503
            second = server.ocr(PAGE)
            assert error_of(second)["code"] == "busy"
            assert 1 <= int(second.headers["retry-after"]) <= 120
            detector.gate.release(2)
            assert first.result().status_code == 200
        wait_for(lambda: server.client.get("/readyz").status_code == 200)
        assert server.ocr(PAGE).status_code == 200


def test_time_runs_out() -> None:
    detector = GatedDetector()
    with serving(detector, options=ServeOptions(port=0, timeout=0.3)) as server:
        response = server.ocr(PAGE)
        assert response.status_code == 504
        assert error_of(response)["code"] == "timeout"
        detector.gate.release(100)
        wait_for(lambda: server.metric("ocr_queue_requests") == 0)


def test_nothing_stays_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with serving() as server:
        check_disk(server, tmp_path)
    assert not list(tmp_path.iterdir())


def check_disk(server: Running, tmp_path: Path) -> None:
    for query in ({}, {"format": "txt,overlay"}, {"stream": "true"}, {"format": "alto"}):
        assert server.ocr(("a.tif", pages(2)), **query).status_code == 200
    assert server.ocr(b"no image").status_code == 415
    wait_for(lambda: not list(server.service.folder.iterdir()))
    assert list(tmp_path.iterdir()) == [server.service.folder]


def test_a_server_that_ends_takes_its_files_along() -> None:
    """Even if a page hangs, and its request with it."""
    detector = GatedDetector()
    with serving(detector, options=ServeOptions(port=0, grace=1)) as server:
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{server.url}/v1/ocr", content=PAGE, timeout=1.5)
        wait_for(lambda: detector.begun)
        folder = server.service.folder
        assert list(folder.iterdir())
    assert not folder.exists()
    detector.gate.release(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70000},
        {"queue": 0},
        {"timeout": 0},
        {"max_size": float("nan")},
        {"max_pixels": 1000},
        {"token": ""},
        {"token": "two words"},
        {"allow_origin": ("example.org",)},
        {"grace": -1},
    ],
)
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ServeOptions(**wrong)  # type: ignore[arg-type]


def test_only_the_own_machine_is_bound_to_its_names() -> None:
    assert "localhost" in ServeOptions().hosts
    assert ServeOptions(host="0.0.0.0").hosts == ()
    assert ServeOptions(host="0.0.0.0", allow_host=("ocr.example",)).hosts == ("ocr.example",)

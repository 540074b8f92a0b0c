# SPDX-License-Identifier: Apache-2.0
"""Requests made up from the server's own description: none of them may break it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("python_multipart", reason="the extra [serve] is not installed")
pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from serve_tools import Running, encoded, page_image, pages, serving, wait_for

from ocr_pipeline.serve.options import ServeOptions

# What forms and bodies are filled with: mostly what it takes, so that the fuzzing gets past it.
DOCUMENTS = (
    encoded(page_image()),
    encoded(page_image(), "JPEG"),
    pages(3),
    pages(2, "PDF"),
    b"",
    b"neither this nor that",
)
for media_type in ("application/octet-stream", "image/*", "application/pdf"):
    schemathesis.openapi.media_type(media_type, st.sampled_from(DOCUMENTS))
schemathesis.openapi.format("binary", st.sampled_from(DOCUMENTS))
FUZZ = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(options=ServeOptions(port=0, max_size=2)) as running:
        yield running


def check(case: schemathesis.Case) -> None:
    """Sends a request and looks at the answer."""
    response = case.call(timeout=60)
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        error = response.json()["error"]
        assert error["status"] == response.status_code and error["code"] and error["message"]
    if response.status_code in (404, 405):
        return
    declared = case.operation.definition.raw["responses"]
    assert str(response.status_code) in declared, response.text
    kinds = declared[str(response.status_code)].get("content", {})
    assert response.headers["content-type"][0].partition(";")[0] in kinds


def test_no_request_breaks_the_server(server: Running) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        tried.add(operation.label)
        FUZZ(given(operation.as_strategy())(check))()
    assert {"POST /v1/ocr", "POST /v1/convert", "GET /v1/models", "GET /metrics"} <= tried


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_tree_breaks_the_server(server: Running, data: st.DataObject) -> None:
    """A tree with one place spoilt is written, or refused as what it is."""
    tree = server.ocr(DOCUMENTS[0]).json()
    node = tree
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        child = node[key]
        if not isinstance(child, (dict, list)) or not child or data.draw(st.integers(0, 4)) == 0:
            node[key] = data.draw(JUNK)
            break
        node = child
    for name in ("txt", "hocr", "alto", "page", "csv"):
        response = server.client.post(
            "/v1/convert", content=json.dumps(tree), params={"format": name}
        )
        assert response.status_code in (200, 422), response.text


def test_the_server_is_well_afterwards(server: Running) -> None:
    assert server.client.get("/healthz").status_code == 200
    wait_for(lambda: server.metric("ocr_queue_requests") == 0)
    assert server.metric('ocr_requests_total{route="/v1/ocr",status="200"}') > 0

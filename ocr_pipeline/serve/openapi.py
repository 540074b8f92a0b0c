# SPDX-License-Identifier: Apache-2.0
"""What the description of the API says beyond what its code says."""

from __future__ import annotations

from typing import Any

from ocr_pipeline.serve.formats import NDJSON, ZIP, known_formats

DESCRIPTION = """\
Reads the text of scans, photographs and PDFs. Options are those of `ocr run`, as query parameters.

Errors have one shape: `{"error": {"status": 422, "code": "encrypted", "message": "..."}}`.
"""

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "code", "message"],
            "properties": {
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {},
            },
        }
    },
}
_WHY = {
    "400": "Not a valid form.",
    "401": "The token is missing or wrong.",
    "403": "A page of another site asked.",
    "406": "None of the formats is acceptable.",
    "408": "The request did not arrive in time.",
    "413": "Too many bytes, files, pages or pixels.",
    "415": "Not an image or PDF by its content.",
    "421": "The server does not answer to this name.",
    "422": "Parameters that are wrong, or a document that is damaged, empty or encrypted.",
    "500": "An error of the server.",
    "503": "Too many requests wait already; see Retry-After.",
    "507": "The server has no room for the documents.",
    "504": "The documents could not be read in time.",
}
_FILE = {"type": "string", "format": "binary"}
_PASSWORD = {
    "name": "Ocr-Password",
    "in": "header",
    "required": False,
    "description": "Opens encrypted PDFs; UTF-8.",
    "schema": {"type": "string"},
}


def _errors(*statuses: int) -> dict[str, Any]:
    content = {"application/json": {"schema": _ERROR}}
    return {str(s): {"description": _WHY[str(s)], "content": content} for s in statuses}


def _formats() -> dict[str, Any]:
    """Every media type that an answer can have."""
    content: dict[str, Any] = {"application/json": {"schema": {}}}
    for known in known_formats():
        kind = known.media_type.partition(";")[0]
        content.setdefault(kind, {"schema": {"type": "string"}})
    for kind in (ZIP, NDJSON):
        content[kind] = {"schema": _FILE}
    return content


def _json(description: str) -> dict[str, Any]:
    return {
        "responses": {
            "200": {"description": description, "content": {"application/json": {"schema": {}}}},
            **_errors(401, 403, 421),
        }
    }


OCR: dict[str, Any] = {
    "responses": {
        "200": {"description": "What was read.", "content": _formats()},
        **_errors(400, 401, 403, 406, 408, 413, 415, 421, 422, 500, 503, 504, 507),
    },
    "openapi_extra": {
        "parameters": [_PASSWORD],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "array", "items": _FILE, "minItems": 1}},
                        "additionalProperties": False,
                    }
                },
                **{kind: {"schema": _FILE} for kind in ("application/octet-stream", "image/*")},
                "application/pdf": {"schema": _FILE},
            },
        },
    },
}
CONVERT: dict[str, Any] = {
    "responses": {
        "200": {"description": "The document in another format.", "content": _formats()},
        **_errors(400, 401, 403, 406, 408, 413, 421, 422, 500, 503, 507),
    },
    "openapi_extra": {
        "parameters": [_PASSWORD],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["document"],
                        "properties": {"document": {"type": "string"}, "file": _FILE},
                        "additionalProperties": False,
                    }
                },
                "application/json": {"schema": {"type": "object"}},
            },
        },
    },
}
MODELS = _json("Detectors and recognizers.")
INFO = _json("Version, formats, limits.")
PROBE: dict[str, Any] = _json("Yes.")
del PROBE["responses"]["401"]
PROBE["responses"]["503"] = {
    "description": "No.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
TEXT: dict[str, Any] = {
    "responses": {
        "200": {"description": "Text format 0.0.4.", "content": {"text/plain": {"schema": {}}}},
        **_errors(401, 403, 421),
    }
}

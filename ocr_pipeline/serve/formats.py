# SPDX-License-Identifier: Apache-2.0
"""Formats of an answer, by name and by media type."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_pipeline.options import FORMATS
from ocr_pipeline.serve.errors import ApiError
from ocr_pipeline.writers import SUFFIXES

ZIP = "application/zip"
NDJSON = "application/x-ndjson"
_MEDIA = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "jsonl": NDJSON,
    "tsv": "text/tab-separated-values; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "hocr": "text/html; charset=utf-8",
    "alto": "application/xml",
    "page": "application/xml",
    "overlay": "image/jpeg",
    "pdf": "application/pdf",
}
# What an Accept header may ask for; the first that fits is taken where it leaves a choice.
_ACCEPTED = (
    ("application/json", "json"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("application/jsonl", "jsonl"),
    (NDJSON, "jsonl"),
    ("text/tab-separated-values", "tsv"),
    ("text/csv", "csv"),
    ("text/vnd.hocr+html", "hocr"),
    ("text/html", "hocr"),
    ("application/alto+xml", "alto"),
    ("application/vnd.prima.page+xml", "page"),
    ("application/pdf", "pdf"),
    ("image/jpeg", "overlay"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be asked for."""

    name: str
    media_type: str
    suffix: str


def known_formats() -> list[Format]:
    """All formats, in the order in which the command line names them."""
    return [Format(name, media_type(name), SUFFIXES.get(name, name)) for name in FORMATS]


def media_type(name: str) -> str:
    """The media type of a format."""
    return _MEDIA.get(name, "application/octet-stream")


def choose(names: str | None, accept: str | None) -> tuple[str, ...]:
    """Formats of an answer: what the parameter names, else what the header accepts, else JSON.

    Raises:
        ApiError: 422 for an unknown name, 406 if nothing is accepted.
    """
    if names is not None:
        chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
        for name in chosen or ("",):
            if name not in FORMATS:
                raise ApiError(422, "bad_parameter", f"format {name!r}: use {', '.join(FORMATS)}")
        return chosen
    ranges = _ranges(accept or "*/*")
    best, result = 0.0, ""
    for media, name in _ACCEPTED:
        quality = _quality(media, ranges)
        if name in FORMATS and quality > best:
            best, result = quality, name
    if not result:
        known = ", ".join(media for media, name in _ACCEPTED if name in FORMATS)
        raise ApiError(406, "not_acceptable", f"can answer with {known}")
    return (result,)


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for part in accept.lower().split(",")[:50]:
        media, *parameters = (item.strip() for item in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        if media:
            ranges.append((media, quality))
    return ranges or [("*/*", 1.0)]


def _quality(media: str, ranges: list[tuple[str, float]]) -> float:
    """How welcome a media type is: the most exact range counts."""
    wanted = dict(ranges)
    for key in (media, media.partition("/")[0] + "/*", "*/*"):
        if key in wanted:
            return wanted[key]
    return 0.0

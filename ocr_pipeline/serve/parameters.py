# SPDX-License-Identifier: Apache-2.0
"""Parameters of requests: flags of the command line, under their names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ocr_pipeline.layout_options import ORIENTATIONS
from ocr_pipeline.options import FORMATS, RunOptions
from ocr_pipeline.read_options import MAX_DPI, MIN_DPI, PDF_TEXT

# Parameters that are no options of a run.
_OWN = {"format", "name", "stream", "preview"}


class _Strict(BaseModel):
    """Parameters of which none may be misspelt."""

    model_config = ConfigDict(extra="forbid")


def _flag(text: str, name: str | None = None, **shown: Any) -> Any:
    """A parameter that need not be given.

    Args:
        text: what it is.
        name: its name, where it is not the field's.
        shown: what its description says of its values. They are checked by the options of a run,
            whose messages are the same on the command line.
    """
    longest = shown.pop("max_length", None)
    return Field(
        None, alias=name, description=text, max_length=longest, json_schema_extra=shown or None
    )


class WriteParameters(_Strict):
    """What can be chosen about the formats."""

    format: str | None = _flag(
        f"What to answer with, separated by commas: {', '.join(FORMATS)}. Without it the Accept "
        "header decides, else it is json.",
        max_length=200,
        pattern=f"^({'|'.join(FORMATS)})(,({'|'.join(FORMATS)}))*$",
    )
    characters: bool | None = _flag("Write each character to hOCR, ALTO and PAGE.")
    pdf_a: bool | None = _flag("Write PDF/A-2b; of images only.", "pdf-a")
    pdf_upright: bool | None = _flag("Turn PDF pages that were found sideways.", "pdf-upright")
    pdf_language: str | None = _flag(
        "Language tag of PDFs, such as en.",
        "pdf-language",
        max_length=40,
        pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
    )

    def run_options(
        self, defaults: RunOptions, formats: tuple[str, ...], password: str | None
    ) -> RunOptions:
        """A run's options.

        Args:
            defaults: the server's, which hold where a request says nothing.
            formats: what is to be written.
            password: of encrypted documents; not in the query, which servers write to their logs.

        Raises:
            UsageError: if they do not fit together.
        """
        chosen = {
            name: value
            for name, value in self.model_dump().items()
            if value is not None and name not in _OWN
        }
        return replace(defaults, format=formats, password=password, **chosen)


class OcrParameters(WriteParameters):
    """What can be chosen about reading."""

    pages: str | None = _flag(
        "Pages of each document, as in 1-3,7,10-.",
        max_length=500,
        pattern="^[1-9][0-9]{0,3}-?(,[1-9][0-9]{0,3}-?)*$",
    )
    dpi: int | None = _flag(
        "Resolution at which PDF pages are rendered.", minimum=MIN_DPI, maximum=MAX_DPI
    )
    pdf_text: str | None = _flag(
        "What becomes of PDF pages that hold text.", "pdf-text", enum=[*PDF_TEXT]
    )
    orientation: str | None = _flag(
        "Degrees by which pages are turned clockwise; auto finds out.", enum=[*ORIENTATIONS]
    )
    deskew: bool | None = _flag("Make the lines of slanted pages level.")
    layout: bool | None = _flag("Read column by column; tell blocks and paragraphs apart.")
    detect: bool | None = _flag("Find lines first; false takes each image for one line.")
    min_score: float | None = _flag(
        "Drop lines of which the detector is less sure.", "min-score", minimum=0, maximum=1
    )
    min_confidence: float | None = _flag(
        "Drop lines of which the recognizer is less sure.", "min-confidence", minimum=0, maximum=1
    )
    overlay_text: bool | None = _flag("Write the text beside the overlay.", "overlay-text")
    overlay_words: bool | None = _flag("Draw the outlines of words as well.", "overlay-words")
    detector: str | None = _flag("A detector of /v1/models.", max_length=200)
    recognizer: str | None = _flag("A recognizer of /v1/models.", max_length=200)
    name: str | None = _flag("What a document is called that is sent as it is.", max_length=500)
    stream: bool = Field(
        False, description="Answer with a line of JSON for each page as soon as it is read."
    )
    preview: int = Field(
        0, ge=0, le=4000, description="With stream: pictures of the pages, this long in pixels."
    )


class ConvertParameters(WriteParameters):
    """What can be chosen about writing a document anew."""


def password(header: str | None) -> str | None:
    """The password that a header holds, in UTF-8.

    HTTP's headers are Latin-1 by name; clients put UTF-8 there all the same.
    """
    if header is None:
        return None
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header

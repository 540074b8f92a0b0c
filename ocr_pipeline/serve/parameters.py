# SPDX-License-Identifier: Apache-2.0
"""Parameters of requests: flags of the command line, under their names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ocr_pipeline.options import FORMATS, RunOptions
from ocr_pipeline.read_options import PDF_TEXT

_FORMATS = f"What to answer with, separated by commas: {', '.join(FORMATS)}. Without it, the "
# Parameters that are no options of a run.
_OWN = {"format", "name", "stream", "preview"}


class _Strict(BaseModel):
    """Parameters of which none may be misspelt."""

    model_config = ConfigDict(extra="forbid")


class WriteParameters(_Strict):
    """What can be chosen about the formats."""

    format: str | None = Field(
        None, max_length=200, description=_FORMATS + "Accept header decides, else it is json."
    )
    pdf_a: bool | None = Field(None, alias="pdf-a", description="Write PDF/A-2b; of images only.")
    pdf_upright: bool | None = Field(
        None, alias="pdf-upright", description="Turn PDF pages that were found sideways."
    )
    pdf_language: str | None = Field(
        None, alias="pdf-language", max_length=40, description="Language tag of PDFs, such as en."
    )

    def run_options(
        self, defaults: RunOptions, formats: tuple[str, ...], **more: Any
    ) -> RunOptions:
        """A run's options.

        Args:
            defaults: the server's, which hold where a request says nothing.
            formats: what is to be written.
            more: options that do not come from the query.

        Raises:
            UsageError: if they do not fit together.
        """
        chosen = {
            name: value
            for name, value in self.model_dump().items()
            if value is not None and name not in _OWN
        }
        return replace(defaults, format=formats, **chosen, **more)


class OcrParameters(WriteParameters):
    """What can be chosen about reading."""

    pages: str | None = Field(
        None, max_length=500, description="Pages of each document, as in 1-3,7,10-."
    )
    dpi: int | None = Field(None, description="Resolution at which PDF pages are rendered.")
    pdf_text: Literal[PDF_TEXT] | None = Field(  # type: ignore[valid-type]
        None, alias="pdf-text", description="What becomes of PDF pages that hold text."
    )
    detect: bool | None = Field(
        None, description="Find lines first; false takes each image for one line."
    )
    min_score: float | None = Field(
        None, alias="min-score", description="Drop lines of which the detector is less sure."
    )
    min_confidence: float | None = Field(
        None, alias="min-confidence", description="Drop lines of which the recognizer is less sure."
    )
    overlay_text: bool | None = Field(
        None, alias="overlay-text", description="Write the text beside the page of the overlay."
    )
    detector: str | None = Field(None, max_length=200, description="A detector of /v1/models.")
    recognizer: str | None = Field(None, max_length=200, description="A recognizer of /v1/models.")
    name: str | None = Field(
        None, max_length=500, description="What a document is called that is sent as it is."
    )
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

# SPDX-License-Identifier: Apache-2.0
"""How PDFs are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocr_pipeline.core.errors import UsageError

# RFC 5646 in outline, as in "en", "zh-Hans" or "de-CH".
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class PdfOptions:
    """What a searchable PDF is like.

    Attributes:
        pdf_a: write PDF/A-2b, for archives; PDFs that cannot be made that are failures.
        upright: turn pages that were found sideways or upside down, so that they show upright.
        language: language tag of the text, such as ``en``, for screen readers.
    """

    pdf_a: bool = False
    upright: bool = False
    language: str | None = None

    def __post_init__(self) -> None:
        if self.language is not None and not _LANGUAGE.fullmatch(self.language):
            raise UsageError(f"--pdf-language {self.language!r}: use a tag like en or zh-Hans")

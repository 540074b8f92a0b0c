# SPDX-License-Identifier: Apache-2.0
"""What is done about a page's layout."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_pipeline.core.errors import UsageError

ORIENTATIONS = ("auto", "0", "90", "180", "270")


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """How pages are turned, and in which order their lines are read.

    Attributes:
        orientation: degrees by which pages are turned clockwise before they are read; ``auto``
            finds out for each page, ``0`` takes all as they are.
        deskew: make the lines of slanted pages level before they are searched for.
        layout: read column by column, and tell blocks and paragraphs apart; otherwise rows are
            read from the top of the page to its foot.
    """

    orientation: str = "auto"
    deskew: bool = True
    layout: bool = True

    def __post_init__(self) -> None:
        if self.orientation not in ORIENTATIONS:
            raise UsageError(f"--orientation {self.orientation!r}: use {', '.join(ORIENTATIONS)}")

    @property
    def rotation(self) -> int | None:
        """The fixed turn in degrees clockwise; None where each page's own is to be found."""
        return None if self.orientation == "auto" else int(self.orientation)

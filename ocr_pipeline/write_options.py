# SPDX-License-Identifier: Apache-2.0
"""What can be chosen about the files that are written, apart from the format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Choices that several formats share.

    Attributes:
        characters: write each character with its place and confidence to hOCR, ALTO and PAGE,
            which makes the files several times as large; JSON and JSONL hold them always.
    """

    characters: bool = False


DEFAULT = WriteOptions()

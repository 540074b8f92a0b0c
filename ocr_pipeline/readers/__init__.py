# SPDX-License-Identifier: Apache-2.0
"""From what a user names on the command line to the images of pages."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ocr_pipeline.core.images import Frame, iter_frames
from ocr_pipeline.readers.inputs import IMAGE_SUFFIXES, InputFile, find_inputs

__all__ = ["IMAGE_SUFFIXES", "Frame", "InputFile", "find_inputs", "read_frames"]


def read_frames(path: str | os.PathLike[str]) -> Iterator[Frame]:
    """Page images of a file, one after the other.

    Raises:
        InputError: if the file is missing, empty, damaged or of an unknown kind.
    """
    return iter_frames(path)

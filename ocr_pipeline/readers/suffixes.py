# SPDX-License-Identifier: Apache-2.0
"""Names by which documents are found in folders; what they are, their content decides."""

from __future__ import annotations

import os

IMAGE_SUFFIXES = frozenset(
    {".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2c", ".j2k", ".jfif"}
    | {".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pgm", ".png"}
    | {".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
DOCUMENT_SUFFIXES = IMAGE_SUFFIXES | {".pdf"}
ZIP_SUFFIXES = frozenset({".cbz", ".zip"})
OVERLAY_MARK = ".overlay"


def is_found(name: str) -> bool:
    """A document or zip by its suffix, not hidden and no overlay of an earlier run.

    Example:
        >>> is_found("Scan.TIFF"), is_found(".hidden.png"), is_found("scan.overlay.jpg")
        (True, False, False)
    """
    stem, suffix = os.path.splitext(name.lower())
    known = suffix in DOCUMENT_SUFFIXES or suffix in ZIP_SUFFIXES
    return known and name[0] != "." and not stem.endswith(OVERLAY_MARK)

# SPDX-License-Identifier: Apache-2.0
"""What a file is, by its first bytes."""

from __future__ import annotations

from ocr_pipeline.core.errors import InputError, UnknownKindError

HEAD = 1024  # a PDF may begin anywhere in its first kilobyte

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# The first member of office documents and books, which are zip files too.
_PACKED = (b"[Content_Types].xml", b"_rels/", b"mimetypeapplication/", b"META-INF/")
# What people send as a scan and is none, with what to do about it.
_FOREIGN = (
    (b"AT&TFORM", "a DjVu file; convert it to PDF (ddjvu -format=pdf)"),
    (b"%!PS", "a PostScript file; convert it to PDF (ps2pdf)"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file; convert it to PDF (ps2pdf)"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"\x1f\x8b", "compressed by gzip; unpack it"),
    (b"BZh", "compressed by bzip2; unpack it"),
    (b"\xfd7zXZ\0", "compressed by xz; unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it"),
    (b"8BPS", "a Photoshop file; save it as TIFF or PNG"),
    (b"\xd0\xcf\x11\xe0", "an old Office document; print it to PDF"),
    (b"{\\rtf", "an RTF document; print it to PDF"),
    (b"<svg", "an SVG drawing; convert it to PDF or PNG"),
    (b"<?xml", "an XML file, not an image"),
    (b"<!DOCTYPE", "a web page, not an image"),
    (b"<html", "a web page, not an image"),
)


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip file, be it an office document."""
    return head[:4] in _ZIP


def is_packed_document(head: bytes) -> bool:
    """Whether a zip file that begins so is an office document or a book."""
    return any(head[30:].startswith(mark) for mark in _PACKED)


def kind_of(head: bytes, name: str) -> str:
    """``pdf``, ``zip`` or ``image`` (which the image decoder makes sure of).

    Args:
        head: the first kilobyte.
        name: what messages call the file.

    Raises:
        InputError: if there is nothing, or something that is known not to be read.
    """
    if not head:
        raise InputError(f"{name}: the file is empty")
    if b"%PDF-" in head:
        return "pdf"
    if is_zip(head):
        if is_packed_document(head):
            raise UnknownKindError(f"{name}: an office document or book; print it to PDF")
        return "zip"
    start = head.lstrip()
    for mark, what in _FOREIGN:
        if start.startswith(mark):
            raise UnknownKindError(f"{name}: {what}")
    if head[257:262] == b"ustar":
        raise UnknownKindError(f"{name}: a tar archive; unpack it")
    return "image"

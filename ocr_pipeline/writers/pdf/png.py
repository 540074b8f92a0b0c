# SPDX-License-Identifier: Apache-2.0
"""The compressed pixels of PNG files: PDF's Flate filter knows the same predictors."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class PngData:
    """Pixels as a PNG file holds them.

    Attributes:
        width, height: pixels.
        bits: of one colour component or palette index.
        kind: ``GREY``, ``RGB`` or ``PALETTE``.
        palette: RGB triples.
        data: the zlib stream of filtered rows.
    """

    width: int
    height: int
    bits: int
    kind: int
    palette: bytes
    data: bytes


def png_data(file: bytes) -> PngData | None:
    """Takes a PNG file apart.

    Returns:
        None for what a PDF cannot hold as it is: transparent or interlaced pictures, or no PNG.
    """
    if not file.startswith(SIGNATURE):
        return None
    head, palette, pixels, place = None, b"", [], len(SIGNATURE)
    while place + 8 <= len(file):
        length, name = struct.unpack_from(">I4s", file, place)
        body = file[place + 8 : place + 8 + length]
        if name == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif name == b"PLTE":
            palette = body
        elif name == b"IDAT":
            pixels.append(body)
        elif name == b"tRNS":
            return None
        elif name == b"IEND":
            break
        place += 12 + length
    if head is None or not pixels:
        return None
    width, height, bits, kind, _, _, interlaced = head
    if interlaced or kind not in (GREY, RGB, PALETTE):
        return None
    return PngData(width, height, bits, kind, palette, b"".join(pixels))

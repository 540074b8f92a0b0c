# SPDX-License-Identifier: Apache-2.0
"""What the head of a JPEG file says of the data that follows."""

from __future__ import annotations

from dataclasses import dataclass

# Baseline, extended and progressive, all with Huffman coding: what DCTDecode is defined for.
FRAMES = (0xC0, 0xC1, 0xC2)
_ALONE = {0x01, *range(0xD0, 0xD9)}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(frozen=True, slots=True)
class JpegHead:
    """What matters to a PDF.

    Attributes:
        width, height: pixels.
        components: 1 grey, 3 colour, 4 CMYK.
        adobe: Adobe's marker is there: it says how the colours are coded.
        rgb_names: the components are called R, G and B.
    """

    width: int
    height: int
    components: int
    adobe: bool
    rgb_names: bool


def jpeg_head(data: bytes) -> JpegHead | None:
    """Reads the head of a JPEG file.

    Returns:
        None for what a PDF cannot hold as it is: lossless, arithmetic or 12-bit data, or no JPEG.
    """
    if data[:2] != b"\xff\xd8":
        return None
    adobe, frame, place = False, b"", 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + length]
        if marker == 0xDA:  # the scan: the head is over
            return _frame(frame, adobe)
        if marker in _OTHER_FRAMES:
            return None
        if marker in FRAMES:
            frame = body
        adobe = adobe or (marker == 0xEE and body.startswith(b"Adobe"))
        place += 2 + length
    return None


def _frame(body: bytes, adobe: bool) -> JpegHead | None:
    if len(body) < 6 or body[0] != 8:
        return None
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    components = body[5]
    if components not in (1, 3, 4) or not width or not height:
        return None
    names = body[6::3][:components]
    return JpegHead(width, height, components, adobe, names == b"RGB")

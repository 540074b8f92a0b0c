# SPDX-License-Identifier: Apache-2.0
"""Small documents of every kind that readers meet, made by hand where no program writes them."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from PIL import Image

from ocr_pipeline.read_options import ReadOptions
from ocr_pipeline.readers import Frame, InputFile, OpenDocument, open_document


def opened(path: Path | str, **options: Any) -> OpenDocument:
    return open_document(InputFile(Path(path), PurePath("x")), ReadOptions(**options))


def frames(path: Path | str, **options: Any) -> list[Frame]:
    with opened(path, **options) as document:
        return [frame for _, frame in document.frames()]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 36, height: int = 24, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def raw_tiff(
    pixels: np.ndarray, planar: int = 1, photometric: int | None = None, order: str = "<"
) -> bytes:
    """An uncompressed TIFF of 8, 16 or 32 bits a sample, its colours together or in planes."""
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    bits = 8 * pixels.dtype.itemsize
    data = pixels.astype(pixels.dtype.newbyteorder(order))
    strips = [data.tobytes()]
    if planar == 2:
        strips = [data[..., i].tobytes() for i in range(samples)]
    if photometric is None:
        photometric = 2 if samples == 3 else 1
    tags: list[tuple[int, str, list[int]]] = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [bits] * samples),
        (259, "H", [1]),
        (262, "H", [photometric]),
        (273, "I", [0] * len(strips)),
        (277, "H", [samples]),
        (278, "I", [height]),
        (279, "I", [len(strip) for strip in strips]),
        (284, "H", [planar]),
    ]
    return _assemble(tags, strips, order)


def _assemble(tags: list[tuple[int, str, list[int]]], strips: list[bytes], order: str) -> bytes:
    start = 8 + 2 + 12 * len(tags) + 4
    packed = {tag: struct.pack(order + code * len(v), *v) for tag, code, v in tags}
    places, end = {}, start
    for tag, _, _ in tags:
        if len(packed[tag]) > 4:
            places[tag] = end
            end += len(packed[tag])
    offsets = [end + sum(map(len, strips[:i])) for i in range(len(strips))]
    packed[273] = struct.pack(order + "I" * len(offsets), *offsets)
    file = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    file += struct.pack(order + "H", len(tags))
    for tag, code, values in tags:
        kind = {"H": 3, "I": 4}[code]
        value = struct.pack(order + "I", places[tag]) if tag in places else packed[tag]
        file += struct.pack(order + "HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    file += struct.pack(order + "I", 0)
    return file + b"".join(packed[tag] for tag in places) + b"".join(strips)


def tiff_chain(count: int) -> bytes:
    """A TIFF of many directories with nothing in them."""
    file = b"II" + struct.pack("<HI", 42, 8)
    offsets = [8 + 18 * i for i in range(1, count)] + [0]
    return file + b"".join(struct.pack("<HHHIII", 1, 254, 4, 1, 0, after) for after in offsets)


def with_last_page_before(data: bytes, offset: int | None = None) -> bytes:
    """A little-endian TIFF whose last directory is followed by its second, or by an offset."""
    directories = [struct.unpack_from("<I", data, 4)[0]]
    while directories[-1]:
        end = directories[-1] + 2 + 12 * struct.unpack_from("<H", data, directories[-1])[0]
        directories.append(struct.unpack_from("<I", data, end)[0])
    after = directories[1] if offset is None else offset
    return data[:end] + struct.pack("<I", after) + data[end + 4 :]


Placed = tuple[float, float, float, str]  # x, y from the bottom, size, text


def pdf(
    path: Path,
    pages: Sequence[Sequence[Placed]],
    size: tuple[float, float] = (300, 200),
    **keys: Any,
) -> Path:
    """A PDF in Helvetica with texts at places; ``keys`` go into every page's dictionary."""
    import pikepdf
    from pikepdf import Dictionary, Name

    document = pikepdf.new()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    font = document.make_indirect(font)
    for texts in pages:
        document.add_blank_page(page_size=size)
        page = document.pages[-1]
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        page.Contents = document.make_stream(content(texts))
        for key, value in keys.items():
            page[f"/{key}"] = value
    document.save(path)
    return path


def content(texts: Sequence[Placed], mode: int = 0) -> bytes:
    """Drawing commands of texts; mode 3 hides them."""
    parts = [
        b"BT /F1 %f Tf %d Tr %f %f Td (%s) Tj ET"
        % (size, mode, x, y, text.encode("latin-1").replace(b"(", rb"\(").replace(b")", rb"\)"))
        for x, y, size, text in texts
    ]
    return b"\n".join(parts)


def scan_pdf(
    path: Path, image: Image.Image, dpi: float, layer: Sequence[Placed] = (), mode: int = 3
) -> Path:
    """A PDF with an image over its whole page and text below or hidden."""
    import pikepdf
    from pikepdf import Dictionary, Name

    document = pikepdf.new()
    width, height = (72.0 * side / dpi for side in image.size)
    document.add_blank_page(page_size=(width, height))
    page = document.pages[0]
    stream = document.make_stream(encoded(image.convert("RGB"), "JPEG", quality=95))
    stream.Type, stream.Subtype, stream.Filter = Name.XObject, Name.Image, Name.DCTDecode
    stream.Width, stream.Height = image.size
    stream.BitsPerComponent, stream.ColorSpace = 8, Name.DeviceRGB
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F1=font), XObject=Dictionary(Im=stream))
    draw = b"q %f 0 0 %f 0 0 cm /Im Do Q\n" % (width, height)
    page.Contents = document.make_stream(content(layer, mode) + b"\n" + draw)
    document.save(path)
    return path

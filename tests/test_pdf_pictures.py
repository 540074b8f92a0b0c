# SPDX-License-Identifier: Apache-2.0
"""Pictures go into PDFs as they are: the same data where a PDF can hold them, the same pixels."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pikepdf = pytest.importorskip("pikepdf", reason="needs the extra [pdf]")
pytest.importorskip("pypdfium2")

from pdf_tools import image_of, make, opened, pixels, read, render  # noqa: E402
from PIL import Image, ImageCms, ImageDraw, features  # noqa: E402
from PIL.TiffImagePlugin import ImageFileDirectory_v2  # noqa: E402

SIZE = (120, 80)
DPI = (144, 144)  # two pixels to the point: nothing is rounded


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A ramp with a black mark in the top-left corner and a line of text."""
    w, h = size
    ramp = np.linspace(40, 255, w * h).reshape(h, w).astype(np.uint8)
    image = Image.fromarray(np.stack([ramp, ramp[:, ::-1], 255 - ramp // 2], 2))
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, 30, 14), fill="black")
    draw.text((10, 40), "lossless", fill=(180, 0, 0))
    if mode == "1":
        return image.convert("L").point(lambda v: 255 * (v > 128)).convert("1")
    if mode == "I;16":
        values = np.asarray(image.convert("L")).astype(np.uint16) * 257
        return Image.fromarray(values)
    return image.convert(mode)


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, dpi=DPI, **options)
    return path


@pytest.mark.parametrize(
    ("mode", "options", "space"),
    [
        ("L", {}, "/DeviceGray"),
        ("RGB", {}, "/DeviceRGB"),
        ("RGB", {"progressive": True}, "/DeviceRGB"),
        ("CMYK", {}, "/DeviceCMYK"),
    ],
)
def test_jpeg_data_are_kept(tmp_path: Path, mode: str, options: Any, space: str) -> None:
    path = save(tmp_path / "a.jpg", picture(mode), quality=95, **options)
    data = make(path)
    image = image_of(data)
    assert image.Filter == "/DCTDecode" and image.ColorSpace == space
    assert image.read_raw_bytes() == path.read_bytes()
    shown, own = render(data, width=SIZE[0]).astype(int), pixels(path).astype(int)
    # Ink turns into light differently in each program; an inverted picture is far off all the same.
    assert np.abs(shown - own).mean() < (40 if mode == "CMYK" else 3)
    assert np.abs(255 - shown - own).mean() > 60


def test_an_inverted_cmyk_jpeg_says_so(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", picture("CMYK"))
    assert list(image_of(make(path)).Decode) == [1, 0] * 4
    plain = path.read_bytes()
    start = plain.index(b"\xff\xee")
    length = 2 + int.from_bytes(plain[start + 2 : start + 4], "big")
    path.write_bytes(plain[:start] + plain[start + length :])
    assert "/Decode" not in image_of(make(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_exif_orientation_leaves_data_alone(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    tiff = ImageFileDirectory_v2()
    tiff[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        save(path, picture("1"), compression="group4", tiffinfo=tiff)
    else:
        save(path, picture(), exif=exif, **({"quality": 95} if suffix == "jpg" else {}))
    data = make(path)
    own = pixels(path)
    assert own.shape[:2] == (SIZE[::-1] if orientation < 5 else SIZE)
    shown = render(data, width=own.shape[1])
    assert shown.shape == own.shape
    assert np.abs(shown.astype(int) - own).mean() < (2 if suffix == "jpg" else 1e-9)
    image = image_of(data)
    assert (image.Width, image.Height) == SIZE
    assert (
        image.Filter
        == {"jpg": "/DCTDecode", "png": "/FlateDecode", "tif": "/CCITTFaxDecode"}[suffix]
    )


def test_other_kinds_of_jpeg_are_decoded(tmp_path: Path) -> None:
    from ocr_pipeline.writers.pdf.jpeg import jpeg_head

    data = save(tmp_path / "a.jpg", picture()).read_bytes()
    head = jpeg_head(data)
    assert head is not None and (head.width, head.height, head.components) == (*SIZE, 3)
    at = data.index(b"\xff\xc0")
    for frame in (0xC3, 0xC9):  # lossless, arithmetic coding
        assert jpeg_head(data[:at] + bytes((0xFF, frame)) + data[at + 2 :]) is None
    assert jpeg_head(data[: at + 4] + b"\x0c" + data[at + 5 :]) is None  # 12 bits
    assert jpeg_head(data[:at]) is None and jpeg_head(b"GIF89a") is None


def fax_data(path: Path) -> bytes:
    with Image.open(path) as image:
        tags = image.tag_v2
        assert tags[259] == 4
        data = path.read_bytes()
        assert len(tags[273]) == 1
        return data[tags[273][0] : tags[273][0] + tags[279][0]]


@pytest.mark.parametrize("white", [0, 1])
def test_group_4_data_are_kept(tmp_path: Path, white: int) -> None:
    tags = ImageFileDirectory_v2()
    tags[262] = white  # 0: white is 0, 1: black is 0
    path = save(tmp_path / "a.tif", picture("1"), compression="group4", tiffinfo=tags)
    data = make(path)
    image = image_of(data)
    assert image.Filter == "/CCITTFaxDecode" and image.DecodeParms.K == -1
    assert image.BitsPerComponent == 1
    assert image.read_raw_bytes() == fax_data(path)
    assert bool(image.DecodeParms.get("/BlackIs1", False)) == (white == 1)
    assert np.array_equal(render(data, width=SIZE[0]), pixels(path))


def test_fax_data_with_mirrored_bytes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", picture("1"), compression="group4")
    plain = bytearray(path.read_bytes())
    with Image.open(path) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    mirrored = bytes(int(f"{b:08b}"[::-1], 2) for b in plain[start : start + length])
    tags = ImageFileDirectory_v2()
    tags[266] = 2  # fill order
    other = save(tmp_path / "b.tif", picture("1"), compression="group4", tiffinfo=tags)
    content = bytearray(other.read_bytes())
    with Image.open(other) as image:
        assert image.tag_v2[266] == 2
        at, size = image.tag_v2[273][0], image.tag_v2[279][0]
    if bytes(content[at : at + size]) != mirrored:  # libtiff writes one order whatever the tag says
        content[at : at + size] = mirrored
        other.write_bytes(content)
    stored = image_of(make(other)).read_raw_bytes()
    assert stored == bytes(plain[start : start + length])
    assert np.array_equal(render(make(other), width=SIZE[0]), pixels(path))


@pytest.mark.parametrize("compression", ["group4", "group3", "tiff_lzw", "packbits", "raw"])
def test_bilevel_tiff_comes_as_one_fax(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.tif"
    options = {"compression": compression} if compression != "raw" else {}
    picture("1").save(path, dpi=DPI, strip_size=SIZE[0] // 8 * 16, **options)
    with Image.open(path) as image:
        strips = len(image.tag_v2[273])
    data = make(path)
    image = image_of(data)
    assert image.Filter == "/CCITTFaxDecode" and image.BitsPerComponent == 1
    assert np.array_equal(render(data, width=SIZE[0]), pixels(path))
    assert compression != "group4" or strips > 1


@pytest.mark.skipif(not features.check("jpg_2000"), reason="Pillow without JPEG 2000")
@pytest.mark.parametrize(("suffix", "space"), [("jp2", None), ("j2k", "/DeviceRGB")])
def test_jpeg_2000_data_are_kept(tmp_path: Path, suffix: str, space: str | None) -> None:
    path = tmp_path / f"a.{suffix}"
    picture().save(path)
    image = image_of(make(path))
    assert image.Filter == "/JPXDecode" and image.get("/ColorSpace") == space
    assert image.read_raw_bytes() == path.read_bytes()
    shown = render(make(path), width=SIZE[0]).astype(int)
    assert np.abs(shown - pixels(path)).mean() < 3


def idat(path: Path) -> bytes:
    data, place, found = path.read_bytes(), 8, b""
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        found += data[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += 12 + length
    return found


@pytest.mark.parametrize(
    ("mode", "bits", "space"),
    [
        ("1", 1, "/DeviceGray"),
        ("L", 8, "/DeviceGray"),
        ("RGB", 8, "/DeviceRGB"),
        ("I;16", 16, "/DeviceGray"),
        ("P", 8, None),
    ],
)
def test_png_data_are_kept(tmp_path: Path, mode: str, bits: int, space: str | None) -> None:
    path = save(tmp_path / "a.png", picture(mode))
    data = make(path)
    image = image_of(data)
    assert image.BitsPerComponent == bits
    assert image.read_raw_bytes() == idat(path)
    assert image.ColorSpace == space if space else image.ColorSpace[0] == "/Indexed"
    assert np.abs(render(data, width=SIZE[0]).astype(int) - pixels(path)).max() <= (mode == "I;16")


def test_small_palettes_stay_small(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", picture().quantize(4))
    image = image_of(make(path))
    assert image.BitsPerComponent == 2 and image.ColorSpace[2] == 3
    assert np.array_equal(render(make(path), width=SIZE[0]), pixels(path))


def interlaced(path: Path) -> Path:
    """A PNG of 8 x 8 grey pixels in Adam7 order, which Pillow does not write."""
    values = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    rows = b"".join(
        b"\0" + row.tobytes()
        for y, x, dy, dx in [*passes, (1, 0, 2, 1)]
        for row in values[y::dy, x::dx]
    )

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def test_interlaced_png(tmp_path: Path) -> None:
    path = interlaced(tmp_path / "a.png")
    assert pixels(path)[3, 5, 0] == 29 * 3
    data = make(path)
    assert image_of(data).DecodeParms.Predictor == 15
    assert np.array_equal(render(data, width=8), pixels(path))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    image = picture("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    if mode == "P":
        path = save(tmp_path / "a.png", picture("P"), transparency=0)
    else:
        path = save(tmp_path / "a.png", image.convert(mode))
    data = make(path)
    assert "/SMask" not in image_of(data)
    assert np.abs(render(data, width=SIZE[0]).astype(int) - pixels(path)).max() <= 1


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("a.bmp", "RGB", {}),
        ("a.bmp", "1", {}),
        ("a.gif", "P", {}),
        ("a.webp", "RGB", {"lossless": True}),
        ("a.pgm", "L", {}),
        ("a.tif", "RGB", {"compression": "tiff_lzw"}),
        ("a.tif", "L", {"compression": "tiff_adobe_deflate"}),
        ("a.tif", "P", {}),
        ("a.tif", "I;16", {}),
        ("a.tif", "LAB", {}),
    ],
)
def test_everything_else_is_lossless(tmp_path: Path, name: str, mode: str, options: Any) -> None:
    path = tmp_path / name
    image = (
        picture(mode)
        if mode != "LAB"
        else ImageCms.profileToProfile(
            picture(),
            ImageCms.createProfile("sRGB"),
            ImageCms.createProfile("LAB"),
            outputMode="LAB",
        )
    )
    image.save(path, **options)
    data = make(path)
    off = np.abs(render(data, width=SIZE[0]).astype(int) - pixels(path))
    assert off.max() <= (mode == "I;16")
    assert image_of(data).BitsPerComponent == {"1": 1, "I;16": 16}.get(mode, 8)


def test_cmyk_tiff_keeps_its_inks(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", picture("CMYK"))
    image = image_of(make(path))
    assert image.ColorSpace == "/DeviceCMYK"
    assert image.read_bytes() == picture("CMYK").tobytes()


def test_jpeg_in_tiff_is_taken_out(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", picture(), compression="jpeg", quality=90, strip_size=1 << 20)
    with Image.open(path) as image:
        assert len(image.tag_v2[273]) == 1 and image.tag_v2[259] == 7
    data = make(path)
    assert image_of(data).Filter == "/DCTDecode"
    assert np.abs(render(data, width=SIZE[0]).astype(int) - pixels(path)).mean() < 3
    assert Image.open(io.BytesIO(image_of(data).read_raw_bytes())).size == SIZE


def test_a_profile_goes_along(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = save(tmp_path / "a.jpg", picture(), icc_profile=profile)
    space = image_of(make(path)).ColorSpace
    assert space[0] == "/ICCBased" and space[1].read_bytes() == profile and space[1].N == 3
    grey = save(tmp_path / "b.jpg", picture("L"), icc_profile=profile)  # a profile of other colours
    assert image_of(make(grey)).ColorSpace == "/DeviceGray"


def test_all_pages_of_a_tiff_but_not_its_previews(tmp_path: Path) -> None:
    tags = ImageFileDirectory_v2()
    tags[254] = 1  # a reduced copy
    preview = picture("1", (40, 20))
    preview.encoderinfo = {"tiffinfo": tags}
    path = tmp_path / "a.tif"
    pages = [picture("1", (100, 60)), preview, picture("1", (80, 90))]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="group4", dpi=DPI)
    data = make(path)
    sizes = [[image_of(data, i).Width, image_of(data, i).Height] for i in range(2)]
    assert sizes == [[100, 60], [80, 90]]
    assert len(opened(data).pages) == 2
    for index, width in enumerate((100, 80)):
        assert np.array_equal(render(data, index, width), pixels(path, index))


def page_sizes(data: bytes) -> list[list[float]]:
    pages = opened(data).pages
    return [[float(v) for v in page.MediaBox[2:]] for page in pages]


def test_size_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture("1", (600, 300)).save(path, dpi=(300, 300))
    assert page_sizes(make(path))[0] == pytest.approx([144, 72], abs=0.01)
    picture("1", (600, 300)).save(path, dpi=(200, 100))  # as a fax
    assert page_sizes(make(path))[0] == pytest.approx([216, 216], abs=0.1)
    picture("1", (1654, 2339)).save(path)  # unknown: as tall as A4
    assert page_sizes(make(path))[0] == pytest.approx([595.3, 841.9], abs=0.1)
    picture("1", (100, 50)).save(path)  # but not coarser than 72 dpi
    assert page_sizes(make(path))[0] == [100, 50]
    picture("1", (1, 1)).save(path)  # and no smaller than viewers show
    assert page_sizes(make(path))[0] == [3, 3]


def test_giant_pages_name_a_larger_unit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (20_000, 60), 1).save(path, dpi=(72, 72))
    document = read(path)
    data = make(path, document)
    assert "/UserUnit" not in opened(data).pages[0]
    large = replace(document, pages=(replace(document.pages[0], dpi=60.0),))
    page = opened(make(path, large)).pages[0]
    assert page.UserUnit == 2
    assert [float(v) for v in page.MediaBox[2:]] == pytest.approx([12_000, 36])

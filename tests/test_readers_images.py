# SPDX-License-Identifier: Apache-2.0
"""Images of every kind: pages, pixels, resolution, and what is no document."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from make_inputs import encoded, frames, noise, opened, raw_tiff, tiff_chain, with_last_page_before
from PIL import Image, TiffImagePlugin, features

from ocr_pipeline.core import decoding
from ocr_pipeline.core.errors import InputError, TooLargeError, UnknownKindError
from ocr_pipeline.core.images import load_image
from ocr_pipeline.core.resolution import believable

BILEVEL = ("group3", "group4")


def grey_levels(path: Path) -> list[int]:
    return [int(frame.image[5, 5, 0]) for frame in frames(path)]


@pytest.mark.parametrize(
    "compression",
    [None, "group3", "group4", "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"],
)
def test_pages_of_a_tiff_in_any_order(tmp_path: Path, compression: str | None) -> None:
    mode = "1" if compression in BILEVEL else "L"
    pages = [Image.new(mode, (40 + 8 * i, 30), 255 * (i % 2)) for i in range(5)]
    path = tmp_path / "book.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression=compression)
    with opened(path) as document:
        assert document.count == 5 and document.kind == "image"
        for index in (4, 0, 3, 3, 1):
            assert document.size(index) == (40 + 8 * index, 30)
            image = document.page(index).image
            assert image.shape == (30, 40 + 8 * index, 3)
            assert abs(int(image[9, 9, 1]) - 255 * (index % 2)) < 8
        with pytest.raises(IndexError):
            document.page(5)


def test_pages_are_chosen(tmp_path: Path) -> None:
    pages = [Image.new("L", (20, 20), 20 * i) for i in range(1, 7)]
    path = tmp_path / "book.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with opened(path, pages="2-3,6-") as document:
        assert document.count == 6 and document.indices == (1, 2, 5)
        assert [number for number, _ in document.frames()] == [2, 3, 6]
    assert [frame.image[0, 0, 0] for frame in frames(path, pages="2-3,6-")] == [40, 60, 120]
    with pytest.raises(InputError, match=r"book\.tif: has 6 pages, none of --pages 7"):
        opened(path, pages="7")


def test_reduced_copies_and_masks_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "pyramid.tif"
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, True) as writer:
        for size, kind in ((60, 0), (30, 1), (15, 1), (50, 2), (50, 4)):
            image = Image.new("L", (size, 20), 3 * size)
            image.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    path.write_bytes(buffer.getvalue())
    assert [frame.image.shape[1] for frame in frames(path)] == [60, 50]


@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_tiffs(tmp_path: Path, order: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 32).astype(np.uint16), (8, 1))
    colour = np.stack([ramp, ramp[:, ::-1], ramp], axis=2)
    shallow = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (8, 1))
    kinds = [
        ("grey", ramp, {}, shallow),
        ("twelve bits", ramp // 16, {}, shallow),
        ("colour", colour, {}, shallow),
        ("planes", colour, {"planar": 2}, shallow),
        ("8-bit planes", (colour >> 8).astype(np.uint8), {"planar": 2}, shallow),
    ]
    if order == "<":  # the others Pillow does not know
        kinds.append(("negative", 65535 - ramp, {"photometric": 0}, shallow))
        kinds.append(("32 bits", ramp.astype(np.uint32) << 16, {}, shallow))
    for name, pixels, options, wanted in kinds:
        path = tmp_path / f"{name}.tif"
        path.write_bytes(raw_tiff(pixels, order=order, **options))
        image = load_image(path)
        assert np.abs(image[..., 0].astype(int) - wanted).max() <= 1, name
        if pixels.ndim == 3:
            assert np.abs(image[..., 1].astype(int) - wanted[:, ::-1]).max() <= 1, name


def test_a_tiff_that_is_not_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "floats.tif"
    path.write_bytes(raw_tiff(np.zeros((8, 9, 3), np.uint32)))
    with pytest.raises(UnknownKindError, match="TIFF of an unusual kind"):
        frames(path)


def test_turned_pages(tmp_path: Path) -> None:
    upright = np.zeros((20, 40), np.uint8)
    upright[:10, :20] = 255  # white in the first quarter
    turns = {1: 0, 3: 2, 6: 1, 8: 3}  # quarter turns counter-clockwise that the tag undoes
    for kind, suffix in (("TIFF", "tif"), ("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
        for orientation, quarters in turns.items():
            image = Image.fromarray(np.rot90(upright, quarters).copy())
            exif = image.getexif()
            exif[0x0112] = orientation
            path = tmp_path / f"{orientation}.{suffix}"
            image.convert("RGB").save(path, kind, exif=exif)
            with opened(path) as document:
                assert document.size(0) == (40, 20), path.name
                pixels = document.page(0).image
            assert pixels.shape == (20, 40, 3), path.name
            assert pixels[2:8, 2:18].min() > 200 and pixels[12:, :].max() < 60, path.name


def test_turned_pages_of_one_tiff(tmp_path: Path) -> None:
    pages = [Image.new("L", (40, 20), 50), Image.new("L", (40, 20), 150)]
    path = tmp_path / "two.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], tiffinfo={274: 6})
    with opened(path) as document:
        for index in (0, 1, 0):
            frame = document.page(index)
            assert frame.image.shape == (40, 20, 3)
            assert frame.image[0, 0, 0] == 50 + 100 * index


def test_cmyk_with_and_without_the_mark_of_adobe(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (0, 0, 0, 255))  # black
    marked = encoded(image, "JPEG", quality=95)
    assert b"Adobe" in marked
    (tmp_path / "adobe.jpg").write_bytes(marked)
    assert load_image(tmp_path / "adobe.jpg").max() < 20
    # The same ink without the mark: stored as it is instead of as its negative.
    negative = encoded(Image.new("CMYK", (16, 16), (255, 255, 255, 0)), "JPEG", quality=95)
    start = negative.index(b"\xff\xee")
    length = struct.unpack(">H", negative[start + 2 : start + 4])[0]
    (tmp_path / "plain.jpg").write_bytes(negative[:start] + negative[start + 2 + length :])
    assert load_image(tmp_path / "plain.jpg").max() < 20


def test_only_the_first_picture_of_an_animation(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (20, 20), (60 * i, 0, 0)) for i in (1, 2, 3)]
    for kind, suffix in (("GIF", "gif"), ("WEBP", "webp"), ("PNG", "apng")):
        path = tmp_path / f"moving.{suffix}"
        pictures[0].save(path, kind, save_all=True, append_images=pictures[1:])
        (frame,) = frames(path)
        assert abs(int(frame.image[5, 5, 0]) - 60) < 8


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("JPEG2000", "jp2"), ("WEBP", "webp"), ("BMP", "bmp"), ("PPM", "ppm"), ("AVIF", "avif")],
)
def test_other_formats(tmp_path: Path, kind: str, suffix: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow without AVIF")
    image = Image.new("RGB", (32, 24), "white")
    image.paste((0, 0, 0), (0, 0, 16, 24))
    image.save(tmp_path / f"page.{suffix}", kind)
    pixels = load_image(tmp_path / f"page.{suffix}")
    assert pixels.shape == (24, 32, 3)
    assert pixels[:, :14].max() < 40 and pixels[:, 18:].min() > 215


def test_heic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    heif.register_heif_opener()
    path = tmp_path / "photo.jpg"  # as telephones' programs misname them
    path.write_bytes(encoded(Image.new("RGB", (64, 48), (200, 30, 30)), "HEIF"))
    (frame,) = frames(path)
    assert frame.image.shape == (48, 64, 3) and frame.image[..., 0].mean() > 150
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(InputError, match=r"install ocr-pipeline\[heic\]"):
        frames(path)


@pytest.mark.parametrize(
    ("size", "dpi", "wanted"),
    [
        ((2480, 3508), 300, 300),
        ((2480, 3508), 72, None),  # a letter, not a poster
        ((1654, 2339), 96, None),
        ((595, 842), 72, 72),
        ((794, 1123), 96, 96),
        ((1000, 1400), 20, None),
        ((1000, 1400), 4800, None),
        ((20000, 14000), 75, None),
        ((7016, 9933), 200, 200),
    ],
)
def test_believable_resolutions(size: tuple[int, int], dpi: int, wanted: float | None) -> None:
    assert believable(dpi, max(size)) == (wanted is not None)


def test_resolution_of_each_format(tmp_path: Path) -> None:
    image = Image.new("L", (120, 160), 255)
    image.save(tmp_path / "a.png", dpi=(300, 300))
    image.save(tmp_path / "a.jpg", dpi=(200, 200))
    image.save(tmp_path / "a.bmp", dpi=(150, 150))
    image.save(tmp_path / "inch.tif", dpi=(400, 400))
    image.save(tmp_path / "cm.tif", resolution=118.11, resolution_unit="cm")
    image.save(tmp_path / "none.png")
    image.save(tmp_path / "no_unit.tif", tiffinfo={282: 300.0, 283: 300.0, 296: 1})
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 240.0, 240.0, 2
    image.save(tmp_path / "exif.webp", exif=exif)
    exif[282], exif[296] = 100.0, 3
    image.save(tmp_path / "exif_cm.jpg", exif=exif)
    found = {path.name: frames(path)[0].dpi for path in tmp_path.iterdir()}
    assert found == {
        "a.png": pytest.approx(300, abs=0.1),
        "a.jpg": 200,
        "a.bmp": pytest.approx(150, abs=0.1),
        "inch.tif": 400,
        "cm.tif": pytest.approx(300, abs=0.1),
        "none.png": None,
        "no_unit.tif": None,
        "exif.webp": 240,
        "exif_cm.jpg": 254,
    }


def test_exif_tells_where_jfif_gives_a_default(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 300.0, 300.0, 2
    Image.new("L", (2480, 3508), 255).save(tmp_path / "a.jpg", dpi=(72, 72), exif=exif)
    assert frames(tmp_path / "a.jpg")[0].dpi == 300


def test_bombs_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 10_000)
    noise(100, 100).save(tmp_path / "fits.png")
    assert frames(tmp_path / "fits.png")[0].image.shape == (100, 100, 3)
    noise(101, 100).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(TooLargeError, match=r"bomb\.png: 101 x 100 pixels") as caught:
        frames(tmp_path / "bomb.png")
    assert str(caught.value).count("bomb.png") == 1
    with pytest.raises(TooLargeError):
        load_image(tmp_path / "bomb.png")


def test_a_bomb_among_the_pages_of_a_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 10_000)
    pages = [noise(20, 20), noise(200, 100), noise(30, 20)]
    path = tmp_path / "book.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with opened(path) as document:
        assert document.page(0).image.shape == (20, 20, 3)
        with pytest.raises(TooLargeError, match=r"book\.tif: page 2: 200 x 100 pixels"):
            document.page(1)
        assert document.page(2).image.shape == (20, 30, 3)


def test_a_damaged_page_leaves_the_others(tmp_path: Path) -> None:
    pages = [noise(seed=i) for i in range(3)]
    path = tmp_path / "book.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")
    data = bytearray(path.read_bytes())
    second = data.index(b"\x78", data.index(b"\x78") + 2500)  # its zlib stream
    data[second + 100 : second + 160] = bytes(60)
    path.write_bytes(data)
    with opened(path) as document:
        assert np.array_equal(document.page(0).image, np.asarray(pages[0]))
        with pytest.raises(InputError, match=r"book\.tif: page 2"):
            document.page(1)
        assert np.array_equal(document.page(2).image, np.asarray(pages[2]))


def test_chains_of_pages_that_do_not_end(tmp_path: Path) -> None:
    path = tmp_path / "loop.tif"
    pages = [Image.new("L", (20, 20), 40 * i) for i in range(4)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    path.write_bytes(with_last_page_before(data))
    assert grey_levels(path) == [0, 40, 80, 120]
    path.write_bytes(with_last_page_before(data, 100_000))
    with pytest.raises(InputError, match=r"loop\.tif: .*page 5 should begin"):
        opened(path)
    path.write_bytes(tiff_chain(20_001))
    with pytest.raises(InputError, match="more than 20,000 pages"):
        opened(path)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"\xc5\xd0\xd3\xc6" + bytes(40), "PostScript"),
        (b"AT&TFORM\0\0\0\0DJVU", "DjVu"),
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"8BPS\0\1", "Photoshop"),
        (b"  <svg xmlns='x'>", "SVG"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "office document"),
        (b"plain text and nothing else\n" * 9, "not an image of a known format"),
    ],
)
def test_what_is_no_image_is_called_by_its_name(tmp_path: Path, head: bytes, reason: str) -> None:
    (tmp_path / "scan.png").write_bytes(head + bytes(600))
    with pytest.raises(UnknownKindError, match=reason) as caught:
        opened(tmp_path / "scan.png")
    assert "scan.png" in str(caught.value)


def test_one_pixel_and_long_strips(tmp_path: Path) -> None:
    for width, height in ((1, 1), (1, 5000), (20_000, 1)):
        Image.new("L", (width, height), 77).save(tmp_path / "a.png")
        (frame,) = frames(tmp_path / "a.png")
        assert frame.image.shape == (height, width, 3) and frame.image.min() == 77


def test_the_same_bytes_give_the_same_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    noise(90, 70).save(path, quality=80)
    first, second = frames(path)[0], frames(path)[0]
    assert np.array_equal(first.image, second.image) and first.dpi == second.dpi
    assert first.image.flags.writeable and first.image.flags.c_contiguous

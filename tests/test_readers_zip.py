# SPDX-License-Identifier: Apache-2.0
"""Zips: members as documents, odd names, locks, bombs and damage."""

from __future__ import annotations

import struct
import threading
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from make_inputs import encoded, noise
from PIL import Image

from ocr_pipeline.core.errors import EncryptedError, InputError, TooLargeError, UnknownKindError
from ocr_pipeline.readers import InputFile, ReadOptions, find_inputs, open_bytes, open_document
from ocr_pipeline.readers import archive as archives
from ocr_pipeline.readers.archive import clean_path

PNG = encoded(noise(), "PNG")


def packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def targets(files: list[InputFile]) -> list[str]:
    return [file.target.as_posix() for file in files]


def count(file: InputFile, **options: str) -> int:
    with open_document(file, ReadOptions(**options)) as document:
        assert document.page(0).image.size
        return document.count


def test_members_are_documents(tmp_path: Path) -> None:
    tiff = encoded(noise(), "TIFF", save_all=True, append_images=[noise(seed=1)])
    path = packed(
        tmp_path / "scans.zip",
        {
            "b/2.png": PNG,
            "b/": b"",
            "a.tif": tiff,
            "notes.txt": b"no",
            "__MACOSX/b/2.png": b"no",
            ".hidden/1.png": PNG,
            "b/.1.png": PNG,
            "x.overlay.jpg": PNG,
        },
        zipfile.ZIP_DEFLATED,
    )
    files = find_inputs([str(path)])
    assert targets(files) == ["scans.zip/b/2", "scans.zip/a"]
    assert [file.name for file in files] == [f"{path}/b/2.png", f"{path}/a.tif"]
    assert [count(file) for file in files] == [1, 2]
    with open_document(files[0]) as document:
        assert np.array_equal(document.page(0).image, np.asarray(noise()))
    with open_bytes(files[0]) as data:
        assert data.read() == PNG and data.seek(1) == 1


def test_zips_are_found_in_folders_and_by_content(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    packed(tmp_path / "in" / "deep" / "comic.CBZ", {"1.png": PNG, "2.png": PNG})
    packed(tmp_path / "in" / "download", {"1.png": PNG})
    assert targets(find_inputs([str(tmp_path / "in")])) == [
        "deep/comic.CBZ/1",
        "deep/comic.CBZ/2",
    ]
    assert targets(find_inputs([str(tmp_path / "in" / "download")])) == ["download/1"]
    assert targets(find_inputs([f"{tmp_path}/in/**/*.CBZ"])) == [
        "deep/comic.CBZ/1",
        "deep/comic.CBZ/2",
    ]


def test_equal_inputs_open_the_same_member_later(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"1.png": PNG, "2.png": encoded(noise(50, 40), "PNG")})
    second = find_inputs([str(path)])[1]
    again = InputFile(second.path, second.target, second.name, second.member)
    assert again == second
    with open_document(again) as document:
        assert document.page(0).image.shape == (40, 50, 3)
    packed(path, {"1.png": PNG})
    with pytest.raises(InputError, match=r"a\.zip/2\.png: no longer in its zip"):
        open_document(again)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("../../etc/passwd.png", "etc/passwd.png"),
        ("/abs/olute.png", "abs/olute.png"),
        ("C:\\Users\\scan.png", "Users/scan.png"),
        ("a/./b//../c.png", "a/b/c.png"),
        ("..", "unnamed"),
        ("a:b/c.png", "a_b/c.png"),
    ],
)
def test_names_stay_below_the_output_folder(name: str, wanted: str) -> None:
    assert clean_path(name).as_posix() == wanted


def test_path_tricks_and_duplicates_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "tricks.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("../../up.png", "/up.png", "up.png", "UP.png", "up.tif", "x" * 300 + ".png"):
            archive.writestr(name, PNG)
        archive.writestr("up.png", encoded(noise(50, 40), "PNG"))
    files = find_inputs([str(path)])
    found = targets(files)
    assert len({name.casefold() for name in found}) == len(files) == 7
    assert all(name.startswith("tricks.zip/") and ".." not in name for name in found)
    assert all(len(part) < 200 for name in found for part in name.split("/"))
    assert [count(file) for file in files] == [1] * 7
    with open_document(files[6]) as document:  # the second of the two of one name
        assert document.page(0).image.shape == (40, 50, 3)


def test_names_in_odd_encodings(tmp_path: Path) -> None:
    path = tmp_path / "names.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Übersicht.png", PNG)
        archive.writestr("plain_______.png", PNG)
    data = path.read_bytes()
    # The same name in UTF-8, but without the mark that says so.
    data = data.replace(b"plain_______.png", "plänüé书.png".encode().ljust(16, b"_"))
    path.write_bytes(data)
    files = find_inputs([str(path)])
    assert [file.name.rpartition("/")[2] for file in files] == ["Übersicht.png", "plänüé书.png"]
    path.write_bytes(data.replace("plänüé书".encode(), b"pl\x84n" + b"\xff" * 8))
    assert len(find_inputs([str(path)])) == 2


def test_a_zip_in_a_zip_is_reported(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"1.png": PNG}).read_bytes()
    path = packed(tmp_path / "outer.zip", {"inner.zip": inner, "1.png": PNG, "odd.png": inner})
    files = find_inputs([str(path)])
    assert targets(files) == ["outer.zip/inner", "outer.zip/1", "outer.zip/odd"]
    assert count(files[1]) == 1
    for file in (files[0], files[2]):
        with pytest.raises(UnknownKindError, match="zip within a zip"):
            open_document(file)


def test_zips_with_nothing_in_them(tmp_path: Path) -> None:
    packed(tmp_path / "empty.zip", {})
    packed(tmp_path / "texts.zip", {"a.txt": b"text"})
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04" + bytes(50))
    (tmp_path / "zero.zip").write_bytes(b"")
    for name, reason in [
        ("empty", "empty zip"),
        ("texts", "holds no image or PDF"),
        ("damaged", "damaged or truncated zip"),
        ("zero", "empty"),
    ]:
        (file,) = find_inputs([str(tmp_path / f"{name}.zip")])
        with pytest.raises(InputError, match=reason) as caught:
            open_document(file)
        assert f"{name}.zip" in str(caught.value)


def test_office_documents_are_not_searched(tmp_path: Path) -> None:
    path = packed(tmp_path / "letter.docx", {"[Content_Types].xml": b"", "word/1.png": PNG})
    (file,) = find_inputs([str(path)])
    assert file.member is None
    with pytest.raises(UnknownKindError, match="office document"):
        open_document(file)


def locked_zip(path: Path, password: bytes, data: bytes) -> Path:
    """A zip of one stored member under the old encryption, which zipfile reads but cannot write."""
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ 0xEDB88320 if i & 1 else i >> 1
        table.append(i)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ byte) & 255]
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 255]

    for byte in password:
        update(byte)
    checksum = zlib.crc32(data)
    out = bytearray()
    for byte in bytes(11) + bytes([checksum >> 24]) + data:
        short = keys[2] | 2
        out.append(byte ^ (((short * (short ^ 1)) >> 8) & 255))
        update(byte)
    packed(path, {"1.png": bytes(out)})
    raw = bytearray(path.read_bytes())
    for mark, flags, crc, size in ((b"PK\x03\x04", 6, 14, 22), (b"PK\x01\x02", 8, 16, 24)):
        start = raw.index(mark)
        struct.pack_into("<H", raw, start + flags, 1)
        struct.pack_into("<I", raw, start + crc, checksum)
        struct.pack_into("<I", raw, start + size, len(data))
    path.write_bytes(raw)
    return path


def test_locked_members(tmp_path: Path) -> None:
    (file,) = find_inputs([str(locked_zip(tmp_path / "a.zip", b"geheim", PNG))])
    with pytest.raises(EncryptedError, match=r"a\.zip/1\.png: is encrypted.*--password"):
        open_document(file)
    with pytest.raises(InputError):  # one wrong password in 256 passes the first check
        open_document(file, ReadOptions(password="wrong"))
    assert count(file, password="geheim") == 1


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.zip", {"1.bmp": bytes(3 << 20)}, zipfile.ZIP_DEFLATED)
    (file,) = find_inputs([str(path)])
    monkeypatch.setattr(archives, "RATIO_FROM", 1 << 20)
    with pytest.raises(TooLargeError, match=r"a\.zip/1\.bmp: would unpack to .* times its size"):
        open_document(file)
    monkeypatch.setattr(archives, "MAX_MEMBER", 2 << 20)
    with pytest.raises(TooLargeError, match="would unpack to 3 MiB"):
        open_document(file)
    # A member that is longer than it says is cut off where it says.
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip/1\.bmp"):
        open_document(file)


def test_a_blank_page_shrinks_a_lot_and_is_read(tmp_path: Path) -> None:
    blank = encoded(Image.new("L", (2000, 3000), 255), "BMP")
    path = packed(tmp_path / "a.zip", {"1.bmp": blank}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size * 300 < len(blank)
    assert count(*find_inputs([str(path)])) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(tmp_path: Path, method: int) -> None:
    path = packed(tmp_path / "a.zip", {"1.png": PNG}, method)
    assert count(*find_inputs([str(path)])) == 1


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {f"{i}.png": PNG for i in range(3)})
    data = bytearray(path.read_bytes())
    start = data.index(PNG, data.index(PNG) + 1)
    data[start + 300 : start + 340] = bytes(40)
    path.write_bytes(data)
    files = find_inputs([str(path)])
    assert count(files[0]) == count(files[2]) == 1
    with pytest.raises(InputError, match=r"a\.zip/1\.png: damaged"):
        open_document(files[1])


def test_every_prefix_of_a_zip_is_an_error(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a.zip", {"1.png": PNG}, zipfile.ZIP_DEFLATED).read_bytes()
    path = tmp_path / "cut.zip"
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        (file,) = find_inputs([str(path)])
        with pytest.raises(InputError, match=r"cut\.zip"):
            open_document(file)


def test_a_large_zip_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.zip", {f"{i:03}.png": PNG for i in range(200)})
    listings: list[int] = []
    monkeypatch.setattr(
        zipfile, "ZipFile", lambda *a, original=zipfile.ZipFile: listings.append(1) or original(*a)
    )
    files = find_inputs([str(path)])
    failures = []

    def read(part: list[InputFile]) -> None:
        failures.extend(1 for file in part if count(file) != 1)

    threads = [threading.Thread(target=read, args=(files[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(listings) == 1 and not failures

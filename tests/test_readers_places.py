# SPDX-License-Identifier: Apache-2.0
"""Where documents come from: folders, lists, standard input, remote places."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path, PurePath

import numpy as np
import pytest
from click.testing import CliRunner
from make_inputs import encoded, noise
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import InputError, UsageError
from ocr_pipeline.read_options import ReadOptions, parse_pages
from ocr_pipeline.readers import (
    InputFile,
    find_inputs,
    input_file,
    open_document,
    read_frames,
    sources,
    stdin,
)
from ocr_pipeline.readers.remote import is_uri, local_path, remote_path, without_secrets

PNG = encoded(noise(), "PNG")


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)


def targets(files: list[InputFile]) -> list[str]:
    return [file.target.as_posix() for file in files]


def pixels(file: InputFile) -> np.ndarray:
    with open_document(file) as document:
        return document.page(0).image


# Folders


def test_all_kinds_are_found_in_folders(tmp_path: Path) -> None:
    names = ["a.pdf", "b.JP2", "c.heic", "d.webp", "e.txt", "f.docx", "g", "Thumbs.db"]
    touch(tmp_path, *names)
    assert targets(find_inputs([str(tmp_path)])) == ["a", "b", "c", "d"]


def test_a_folder_may_be_called_as_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "scan.pdf/1.png", "scan.zip/2.png")
    assert targets(find_inputs([str(tmp_path)])) == ["scan.pdf/1", "scan.zip/2"]
    assert targets(find_inputs([str(tmp_path / "scan.pdf")])) == ["1"]
    with pytest.raises(InputError, match=r"scan\.pdf: is a folder"):
        open_document(InputFile(tmp_path / "scan.pdf", PurePath("x")))


def test_outputs_beside_the_inputs_are_not_read_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "deep/b.png", "a.pdf", "a.overlay.jpg", ".ocr/c.png", "deep/.d.png")
    made = {str(tmp_path / "a.pdf")}
    for out in (tmp_path, None):
        assert targets(find_inputs([str(tmp_path)], out, skip=made)) == ["a", "deep/b"]
        assert targets(find_inputs([f"{tmp_path}/*.*"], out=None, skip=made)) == ["a"]
    assert targets(find_inputs([str(tmp_path / "a.pdf")], skip=made)) == ["a"]  # named
    assert targets(find_inputs([str(tmp_path)], tmp_path / "deep")) == ["a.pdf", "a.png"]
    assert targets(find_inputs([str(tmp_path / "deep")], tmp_path)) == ["b"]


def test_links(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png", "else/b.png")
    (tmp_path / "in" / "b.png").symlink_to(tmp_path / "else" / "b.png")
    (tmp_path / "in" / "c.png").symlink_to(tmp_path / "in" / "a.png")  # the same once more
    (tmp_path / "in" / "d.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "in" / "e.png").symlink_to(tmp_path / "in" / "e.png")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    files = find_inputs([str(tmp_path / "in")])
    assert targets(files) == ["a", "b", "d", "e"]
    for file, reason in zip(files[2:], ("a link to a file that is not there", ""), strict=True):
        with pytest.raises(InputError, match=rf"{file.path.name}: .*{reason}"):
            open_document(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_pipes_and_devices_do_not_block(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert targets(find_inputs([str(tmp_path)])) == ["a"]
    start = time.perf_counter()
    for place, reason in [(tmp_path / "pipe.png", "is a pipe"), (Path("/dev/zero"), "device")]:
        (file,) = find_inputs([str(place)])
        with pytest.raises(InputError, match=f"{place.name}: .*{reason}"):
            open_document(file)
    assert time.perf_counter() - start < 10


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_what_may_not_be_read_is_reported(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "deep/b.png")
    (tmp_path / "a.png").chmod(0)
    (tmp_path / "deep").chmod(0)
    try:
        files = find_inputs([str(tmp_path)])
        assert len(files) == 2
        for file in files:
            with pytest.raises(InputError, match=r"may not be read|is a folder"):
                open_document(file)
    finally:
        (tmp_path / "deep").chmod(0o700)


def test_a_folder_that_cannot_be_listed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.png", "deep/b.png", "z/c.png")
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files = find_inputs([str(tmp_path)])
    assert [file.path.name for file in files] == ["a.png", "deep", "c.png"]


def test_files_that_vanish_or_change(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    gone, swapped = find_inputs([str(tmp_path)])
    gone.path.unlink()
    with pytest.raises(InputError, match=r"a\.png: no such file"):
        open_document(gone)
    swapped.path.unlink()
    os.mkfifo(swapped.path)
    with pytest.raises(InputError, match=r"b\.png: is a pipe"):
        open_document(swapped)


@pytest.mark.parametrize(
    "name", ["a b.png", "new\nline.png", "日本語.png", "-.png", "@x.png", "*.png"]
)
def test_odd_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    for argument in (name, str(tmp_path / name), str(tmp_path)):
        (file,) = find_inputs([argument])
        assert file.target.name == name[:-4]
        assert pixels(file).shape == (24, 36, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="file systems that take any bytes")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    with open(path, "wb") as file:
        file.write(PNG)
    (found,) = find_inputs([str(tmp_path)])
    assert found.name.encode().endswith(rb"caf\xe9.png")
    assert pixels(found).shape == (24, 36, 3)
    (listed,) = find_inputs([os.fsdecode(path)])
    assert listed.path == found.path


def test_fifty_thousand_files_are_listed_in_seconds(tmp_path: Path) -> None:
    for folder in range(10):
        (tmp_path / str(folder)).mkdir()
        for number in range(200):
            (tmp_path / str(folder) / f"{number:05}.png").touch()
    start = time.process_time()
    files = find_inputs([str(tmp_path)] * 5 + [f"{tmp_path}/*/*.png"])
    assert len(files) == 2000
    assert time.process_time() - start < 5  # a tenth of that on its own: 25 times 2000 files


def test_equal_names_in_great_number(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{i}/page.png" for i in range(500)))
    files = find_inputs([str(tmp_path / str(i) / "page.png") for i in range(500)])
    assert len(set(targets(files))) == 500
    assert targets(files)[:3] == ["page.png", "page.png-2", "page.png-3"]


# Lists


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\0"])
def test_lists(tmp_path: Path, end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/1.png", "b/1.png", "c/x.png", "c/deep/y.png")
    monkeypatch.chdir(tmp_path)
    names = ["a/1.png", "./b/1.png", "", "c", str(tmp_path / "a" / "1.png"), "gone.png"]
    (tmp_path / "list").write_bytes(end.join(os.fsencode(name) for name in names) + end)
    files = find_inputs([], lists=["list"], null=end == b"\0")
    assert targets(files) == ["a/1", "b/1", "c/x", "c/deep/y", "gone"]
    if end != b"\0":
        assert find_inputs(["@list"]) == files
    (tmp_path / "@list").write_bytes(PNG)  # now it is the name of a file
    assert targets(find_inputs(["@list"])) == ["@list"]


def test_entries_of_lists_are_names_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a1.png", "[a]1.png", "up/2.png", "-", "@b.png", "#c.png")
    monkeypatch.chdir(tmp_path / "up")
    (tmp_path / "list").write_text("../[a]1.png\n../a*.png\n2.png\n../-\n../@b.png\n../#c.png\n")
    files = find_inputs([], lists=["../list"])
    assert targets(files) == ["[a]1", "a*", "2", "-", "@b", "#c"]
    (tmp_path / "list").write_text(f"{tmp_path}/a1.png\n{tmp_path}/up\n")
    below = tmp_path.relative_to(tmp_path.anchor).as_posix()
    assert targets(find_inputs([], lists=["../list"])) == [f"{below}/a1", f"{below}/up/2"]


def test_lists_of_other_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "ä.png")
    monkeypatch.chdir(tmp_path)
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "list").write_bytes("ä.png\r\n".encode(encoding))
        assert targets(find_inputs([], lists=["list"])) == ["ä"]


def test_lists_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"a\0b\0")
    with pytest.raises(InputError, match=r"list: holds zero bytes.*--null"):
        find_inputs([], lists=[str(tmp_path / "list")])
    with pytest.raises(InputError, match="nothing: no such file"):
        find_inputs([], lists=[str(tmp_path / "nothing")])
    with pytest.raises(InputError, match="no such file"):
        find_inputs([f"@{tmp_path}/nothing"])


def test_lists_in_the_command(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png")
    (tmp_path / "list").write_text(f"{tmp_path}/1.png\0{tmp_path}/2.png\0")
    run = ["run", "--dry-run", "--out", str(tmp_path / "out"), "--null", "--files-from"]
    result = CliRunner().invoke(cli, [*run, str(tmp_path / "list")])
    assert result.exit_code == 0, result.output
    assert "1.png" in result.output and "2.png" in result.output
    result = CliRunner().invoke(cli, [*run, "-"], input=f"{tmp_path}/2.png\0")
    assert result.exit_code == 0, result.output
    assert "1.png" not in result.output and "2.png" in result.output
    result = CliRunner().invoke(cli, [*run, "x", "--out", "s3://box/out"])
    assert result.exit_code == 2 and "local folders only" in result.output
    result = CliRunner().invoke(cli, run[:4])
    assert result.exit_code == 2 and "INPUT" in result.output


# Pages


@pytest.mark.parametrize("text", ["", "0", "3-1", "a", "1,,b", "-", "1-2-3", "1.5", "-0"])
def test_page_ranges_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--pages"):
        ReadOptions(pages=text)


def test_page_ranges() -> None:
    assert parse_pages(" 1-3, 7,10- ,-2") == ((1, 3), (7, 7), (10, None), (1, 2))
    assert ReadOptions(pages="3,1-2,2").indices(10) == (0, 1, 2)
    assert ReadOptions(pages="9-").indices(10) == (8, 9)
    assert ReadOptions(pages="1-99999999999").indices(3) == (0, 1, 2)
    assert ReadOptions(pages="5").indices(3) == ()


@pytest.mark.parametrize("options", [{"dpi": 5}, {"dpi": 99999}, {"pdf_text": "maybe"}])
def test_options_out_of_range(options: dict) -> None:
    with pytest.raises(UsageError):
        ReadOptions(**options)


# Standard input


def test_standard_input(tmp_path: Path) -> None:
    code = (
        "from ocr_pipeline.readers import find_inputs, open_document\n"
        "(file,) = find_inputs(['-', '-'])\n"
        "with open_document(file) as document:\n"
        "    print(file.name, file.target, document.count, document.page(1).image.shape)\n"
        "print(file.path)\n"
    )
    book = encoded(noise(), "TIFF", save_all=True, append_images=[noise(50, 40)])
    done = subprocess.run(
        [sys.executable, "-c", code], input=book, capture_output=True, timeout=120, check=True
    )
    first, path = done.stdout.decode().splitlines()
    assert first == "stdin stdin 2 (40, 50, 3)"
    assert not Path(path).exists()  # cleared away at the end


def test_standard_input_with_nothing_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty(io.StringIO):
        buffer = io.BytesIO()

    monkeypatch.setattr(stdin, "_read", [])
    monkeypatch.setattr(sys, "stdin", Empty())
    (file,) = find_inputs(["-"])
    with pytest.raises(InputError, match="stdin: the file is empty"):
        open_document(file)
    monkeypatch.setattr(stdin, "_read", [])
    monkeypatch.setattr(Empty, "isatty", lambda self: True)
    with pytest.raises(UsageError, match="terminal"):
        find_inputs(["-"])


# Remote places


def test_what_is_an_address() -> None:
    for name in ("s3://b/x.tif", "https://a/b.pdf", "memory://x", "zip://a.png::s3://b/c.zip"):
        assert is_uri(name)
    for name in ("a.png", "C:\\a.png", "C:/a.png", "/a/b://c", "a:b", "dir/x::y"):
        assert not is_uri(name)
    assert local_path("file:///tmp/a%20b.png") == "/tmp/a b.png"
    assert local_path("s3://b/x") is None
    assert remote_path("https://host/a/b%20c.pdf?sig=1.png").name == "b c.pdf"
    assert remote_path("s3://box/deep/a#1?.png").name == "a#1?.png"
    assert without_secrets("https://me:pw@host/a?sig=1") == "https://host/a"


def test_files_by_address(tmp_path: Path) -> None:
    touch(tmp_path, "a b.png", "deep/c.png")
    assert targets(find_inputs([f"file://{tmp_path}/a%20b.png"])) == ["a b"]
    assert targets(find_inputs([f"file://{tmp_path}"])) == ["a b", "deep/c"]
    again = find_inputs([str(tmp_path / "a b.png"), f"file://{tmp_path}/a%20b.png"])
    assert len(again) == 1


@pytest.fixture
def memory() -> object:
    fsspec = pytest.importorskip("fsspec", reason="needs the extra cloud")
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def test_remote_files_folders_and_globs(memory) -> None:  # type: ignore[no-untyped-def]
    for name in ("/box/a.png", "/box/deep/b.png", "/box/notes.txt", "/box/.hidden.png"):
        memory.pipe(name, PNG)
    (file,) = find_inputs(["memory://box/a.png"])
    assert file.name == "memory://box/a.png" and targets([file]) == ["a"]
    assert np.array_equal(pixels(file), np.asarray(noise()))
    assert targets(find_inputs(["memory://box"])) == ["a", "deep/b"]
    assert targets(find_inputs(["memory://box/*/b.png"])) == ["deep/b"]
    assert targets(find_inputs(["memory://box/**/*.png"])) == ["a", "deep/b"]
    assert targets(find_inputs(["memory://box/notes.txt"])) == ["notes"]
    assert np.array_equal(pixels(find_inputs(["memory://box"])[1]), np.asarray(noise()))


def test_one_document_by_its_address(memory, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    memory.pipe("/box/a.png", PNG)
    touch(tmp_path, "b.png")
    for place in ("memory://box/a.png", tmp_path / "b.png", f"file://{tmp_path}/b.png"):
        file = input_file(place)
        assert file.target.name in ("a", "b") and len(list(read_frames(place))) == 1
        assert pixels(file).shape == (24, 36, 3)


def test_a_remote_zip(memory) -> None:  # type: ignore[no-untyped-def]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.png", PNG)
        archive.writestr("deep/2.png", encoded(noise(50, 40), "PNG"))
    memory.pipe("/box/a.zip", buffer.getvalue())
    files = find_inputs(["memory://box/a.zip"])
    assert targets(files) == ["a.zip/1", "a.zip/deep/2"]
    assert files[1].name == "memory://box/a.zip/deep/2.png"
    assert pixels(files[1]).shape == (40, 50, 3)
    (chained,) = find_inputs(["zip://deep/2.png::memory://box/a.zip"])
    assert pixels(chained).shape == (40, 50, 3)


def test_remote_failures(memory, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    for address, reason in [
        ("memory://box/gone.png", "no such file"),
        ("nonsense://box/a.png", "cannot be fetched"),
    ]:
        (file,) = find_inputs([address])
        with pytest.raises(InputError, match=reason) as caught:
            open_document(file)
        assert address in str(caught.value)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    (file,) = find_inputs(["s3://box/a.png"])
    with pytest.raises(InputError, match=r"install ocr-pipeline\[cloud\]"):
        open_document(file)


def test_long_documents_go_to_a_temporary_file(memory, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sources, "IN_MEMORY", 1000)
    memory.pipe("/box/a.bmp", encoded(Image.new("RGB", (90, 70), (9, 8, 7)), "BMP"))
    assert (pixels(*find_inputs(["memory://box/a.bmp"])) == (9, 8, 7)).all()

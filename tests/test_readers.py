# SPDX-License-Identifier: Apache-2.0
"""Which files a run takes, under which names it writes, and what becomes of odd images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.readers import find_inputs, read_frames


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def targets(files: list) -> list[str]:
    return [file.target.as_posix() for file in files]


def test_a_folder_is_mirrored(tmp_path: Path) -> None:
    touch(tmp_path, "b.png", "a/1.JPG", "a/deep/2.tiff", "notes.txt", ".hidden.png", ".git/x.png")
    files = find_inputs([str(tmp_path)])
    assert targets(files) == ["b", "a/1", "a/deep/2"]
    assert files[1].path == tmp_path / "a" / "1.JPG"


def test_globs_are_mirrored_below_their_fixed_part(tmp_path: Path) -> None:
    touch(tmp_path, "in/x/1.png", "in/y/2.png", "in/y/3.jpg")
    assert targets(find_inputs([f"{tmp_path}/in/**/*.png"])) == ["x/1", "y/2"]
    assert targets(find_inputs([f"{tmp_path}/in/y/*"])) == ["2", "3"]
    assert targets(find_inputs([f"{tmp_path}/in/*"])) == ["x/1", "y/2", "y/3"]


def test_a_name_with_brackets_is_no_glob_if_it_exists(tmp_path: Path) -> None:
    touch(tmp_path, "scan[1].png", "scan1.png")
    assert targets(find_inputs([str(tmp_path / "scan[1].png")])) == ["scan[1]"]


def test_files_are_taken_whatever_their_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "scan.dat", "none")
    assert targets(find_inputs([str(tmp_path / "scan.dat"), str(tmp_path / "none")])) == [
        "scan",
        "none",
    ]


def test_missing_inputs_are_kept_to_be_reported(tmp_path: Path) -> None:
    files = find_inputs([str(tmp_path / "gone.png"), str(tmp_path / "*.png")])
    assert [file.path.name for file in files] == ["gone.png", "*.png"]


def test_each_file_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    files = find_inputs([str(tmp_path / "b.png"), str(tmp_path), f"{tmp_path}/*.png"])
    assert targets(files) == ["b", "a"]


def test_equal_names_never_share_a_target(tmp_path: Path) -> None:
    touch(
        tmp_path, "one/page.png", "two/page.png", "two/PAGE.tif", "two/page-2.png", "three/page.png"
    )
    files = find_inputs([str(tmp_path / name) for name in ("one", "two", "three")])
    names = [name.casefold() for name in targets(files)]
    assert len(files) == 5
    assert len(set(names)) == 5
    assert names[0] == "page.png"
    assert "page-2" in names


def test_output_inside_the_input_is_not_read_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "out/a.overlay.jpg", "out/extra.png", "b.overlay.jpg")
    assert targets(find_inputs([str(tmp_path)], tmp_path / "out")) == ["a"]
    assert targets(find_inputs([f"{tmp_path}/**/*"], tmp_path / "out")) == ["a"]
    # Named as the input itself, the output folder is the user's wish.
    touch(tmp_path, "both/a.png", "both/a.overlay.jpg")
    assert targets(find_inputs([str(tmp_path / "both")], tmp_path / "both")) == ["a"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert targets(find_inputs([str(tmp_path / "in")])) == ["a"]


def test_exif_orientation(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :10] = 255  # white at the left; turned by 90 degrees clockwise it is at the top
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    (frame,) = read_frames(tmp_path / "turned.png")
    assert frame.image.shape == (40, 20, 3)
    assert frame.image[:8].min() == 255 and frame.image[12:].max() == 0


@pytest.mark.parametrize("mode", ["CMYK", "1", "L", "P", "RGBA", "LA", "I;16"])
def test_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    grey = np.full((10, 30), 255, np.uint8)
    grey[:, :15] = 0
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert("RGB").convert(mode)
    path = tmp_path / ("page.tif" if mode in ("CMYK", "I;16") else "page.png")
    image.save(path)
    (frame,) = read_frames(path)
    assert frame.image.shape == (10, 30, 3) and frame.image.dtype == np.uint8
    assert frame.image[:, :14].max() < 40 and frame.image[:, 16:].min() > 215


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    (frame,) = read_frames(tmp_path / "clear.png")
    assert frame.image.min() == 255


def test_all_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [Image.new("L", (30 + i, 20), 80 * i) for i in range(3)]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:], dpi=(300, 300))
    frames = list(read_frames(tmp_path / "book.tif"))
    assert [frame.image.shape[1] for frame in frames] == [30, 31, 32]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 80, 160]
    assert frames[0].dpi == 300


def test_bad_files_name_themselves(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "noise.png").write_bytes(os.urandom(500))
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(
        tmp_path / "whole.jpg"
    )
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    for name in ("empty.png", "noise.png", "cut.jpg", "gone.png"):
        with pytest.raises(InputError, match=name):
            list(read_frames(tmp_path / name))

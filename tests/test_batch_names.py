# SPDX-License-Identifier: Apache-2.0
"""Batches of files with strange names, of extreme sizes, and of very many files."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from batch_tools import pages, reasons, report, run, tree
from fake_batch import numbered
from PIL import Image

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals, users and file names")

NAMES = [
    *("two words", " leading", "trailing ", "line\nend", "tab\tand\rreturn", 'double "quotes"'),
    *("single 'quote'", "-dash", "--out", "semi;colon,comma", "back\\slash", "per%20cent", "a*b?c"),
    *("[1]", "$HOME `x`", "=1+2", "日本語", "العربية", "ελληνικά", "naïve", "nai\u0308ve"),
    *("📄🖨️", "zero\u200bwidth", "line\u2028separator", "x" * 251, "é" * 125),
]


def test_names_of_all_kinds(tmp_path: Path) -> None:
    source, out = tmp_path / "in put", tmp_path / "out\nput"
    folder = source / "fol der\n'né'"
    folder.mkdir(parents=True)
    for i, name in enumerate(NAMES):
        numbered(i + 1).save(folder / f"{name}.png")
    (folder / 'broken \n"file".png').write_bytes(b"")
    flags = ["--format", "txt,json", "--review-below", "1", "--workers", "1"]
    code, messages = run(source, "--out", out, *flags)
    assert code == 1 and "1 failure:" in messages
    assert reasons(out) == {
        'broken \n"file".png': f'{folder}/broken \n"file".png: the file is empty'
    }
    written = [Path(name) for name in tree(out) if name.startswith(folder.name)]
    short = [name for name in NAMES if len(os.fsencode(name)) < 100]
    for suffix in (".txt", ".json"):
        names = {path.name.removesuffix(suffix) for path in written if path.suffix == suffix}
        assert len(names) == len(NAMES) and names >= set(short)
        cut = sorted(name[0] for name in names - set(short))  # there are suffixes to come
        assert cut == ["x", "é"]
    with open(out / "review.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file"] for row in rows} == {str(folder / f"{name}.png") for name in NAMES}
    assert len(rows) == 3 * len(NAMES) == report(out)["doubtful"]
    assert all((out / row["picture"]).is_file() for row in rows)


def test_names_that_look_like_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbered(1).save(tmp_path / "-dash.png")
    numbered(2).save(tmp_path / "@at.png")
    monkeypatch.chdir(tmp_path)
    assert run("--out", "out", "--format", "txt", "--", "-dash.png", "@at.png")[0] == 0
    assert sorted(tree(tmp_path / "out")) == ["-dash.txt", "@at.txt"]


def test_the_smallest_pages(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for mode in ("1", "L", "RGB", "RGBA"):
        Image.new(mode, (1, 1), 0).save(source / f"{mode}.png")
    Image.new("L", (1, 3000), 255).save(source / "column.png")
    Image.new("L", (3000, 1), 0).save(source / "row.png")
    formats = "txt,json,hocr,alto,page,tsv,csv,md,overlay"
    code, messages = run(source, "--out", out, "--format", formats, "--review-below", "1")
    assert code == 0, messages
    assert len([name for name in tree(out) if name.endswith(".json")]) == 6


@pytest.mark.slow
def test_the_largest_pages(tmp_path: Path) -> None:
    source, out = pages(tmp_path / "in", 2), tmp_path / "out"
    drawing = Image.new("1", (20_000, 15_000), 1)
    drawing.paste(0, (100, 100, 19_000, 400))
    drawing.save(source / "drawing.tif", compression="group4")
    Image.new("1", (20_000, 20_000), 1).save(source / "too large.tif", compression="group4")
    assert (source / "drawing.tif").stat().st_size < 100_000
    code, messages = run(source, "--out", out, "--format", "json", "--workers", "1")
    assert code == 1 and list(reasons(out)) == ["too large.tif"]
    assert "20,000 x 20,000 pixels; more than 300,000,000 are not read" in messages
    assert sorted(tree(out)) == ["01.json", "02.json", "drawing.json"]
    (page,) = json.loads((out / "drawing.json").read_text())["pages"]
    assert (page["width"], page["height"]) == (20_000, 15_000)


@pytest.mark.slow
def test_thousands_of_tiny_files(tmp_path: Path) -> None:
    import shutil

    source, out = tmp_path / "in", tmp_path / "out"
    first = source / "0" / "0000.png"
    first.parent.mkdir(parents=True)
    numbered(1, 1).resize((60, 40)).save(first)
    for i in range(1, 2000):
        path = source / str(i // 500) / f"{i:04}.png"
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(first, path)
    (source / "1" / "0777.png").write_bytes(b"")
    code, _ = run(source, "--out", out, "--format", "txt", "--workers", "2")
    assert code == 1 and len(tree(out)) == 1999
    assert run(source, "--out", out, "--format", "txt", "--workers", "2")[0] == 1
    assert report(out)["kept"] == 1999

# SPDX-License-Identifier: Apache-2.0
"""``ocr convert``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_trees import plain_document

from ocr_pipeline import Document, export, load, save
from ocr_pipeline.cli.main import cli

ONE = Document("a.png", plain_document().pages[:1])


def convert(*args: object) -> Result:
    return CliRunner().invoke(cli, ["convert", *map(str, args)])


def names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_a_result_is_written_in_other_formats(tmp_path: Path) -> None:
    document = plain_document()
    save(document, tmp_path / "a.json")
    result = convert(tmp_path / "a.json", "--out", tmp_path / "out", "--format", "hocr,page,md")
    assert result.exit_code == 0 and "1 converted, 0 failed" in result.output
    assert names(tmp_path / "out") == ["a.0001.page.xml", "a.0002.page.xml", "a.hocr", "a.md"]
    assert (tmp_path / "out/a.hocr").read_bytes() == export(document, "hocr")
    args = (tmp_path / "a.json", "--out", tmp_path / "out", "--format", "hocr", "--characters")
    assert convert(*args, "-q").output == ""
    assert (tmp_path / "out/a.hocr").read_bytes() == export(document, "hocr", characters=True)


def test_a_folder_is_mirrored_and_the_fullest_result_taken(tmp_path: Path) -> None:
    source = tmp_path / "results"
    (source / "2024").mkdir(parents=True)
    save(ONE, source / "b.json")
    save(Document("b", ()), source / "b.hocr")
    save(ONE, source / "2024" / "c.alto.xml")
    save(Document("c", ()), source / "2024" / "c.hocr")
    (source / "report.json").write_text('{"files": 2}')
    (source / "b.txt").write_text("text")
    assert convert(source, "--out", source, "--format", "csv").exit_code == 0
    assert [name for name in names(source) if name.endswith(".csv")] == ["2024/c.csv", "b.csv"]
    assert (source / "b.csv").read_bytes().count(b"\r\n") == 5
    out = tmp_path / "out"
    pattern = str(source / "**" / "c.*.xml")
    assert convert(pattern, "--out", out, "--format", "txt").exit_code == 0
    assert (out / "c.txt").read_text(encoding="utf-8").split() == ONE.text.split()


def test_page_files_with_numbers_are_one_document(tmp_path: Path) -> None:
    document = plain_document()
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    save(document, source / "a.page.xml")
    assert names(source) == ["a.0001.page.xml", "a.0002.page.xml"]
    for inputs in ([source], [source / "*.xml"], sorted(source.iterdir())):
        assert convert(*inputs, "--out", out, "--format", "json").exit_code == 0
        assert names(out) == ["a.json"]
        read = load(out / "a.json")
        assert [page.number for page in read.pages] == [1, 2]
        assert read.pages[0].text == document.pages[0].text
        (out / "a.json").unlink()
    # One page alone keeps its name; beside the whole document it is left out.
    assert convert(source / "a.0002.page.xml", "--out", out, "--format", "txt").exit_code == 0
    save(document, source / "a.hocr")
    assert convert(source, "--out", out, "--format", "md").exit_code == 0
    assert names(out) == ["a.0002.txt", "a.md"]


def test_what_fails_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    save(ONE, tmp_path / "good.json")
    (tmp_path / "bad.json").write_text('{"format_version": 1, "pages"')
    out = tmp_path / "out"
    result = convert(tmp_path / "bad.json", tmp_path / "good.json", "--out", out, "--format", "txt")
    assert result.exit_code == 1 and "bad.json: not JSON" in result.output
    assert names(out) == ["good.txt"]
    assert convert(tmp_path / "bad.json", "--out", out, "--format", "txt").exit_code == 3
    assert convert(tmp_path / "none.json", "--out", out, "--format", "txt").exit_code == 3
    assert convert(str(tmp_path / "*.none"), "--out", out, "--format", "txt").exit_code == 3


@pytest.mark.parametrize("formats", ["pdf", "txt,xyz", ","])
def test_wrong_formats_are_refused(tmp_path: Path, formats: str) -> None:
    save(ONE, tmp_path / "a.json")
    result = convert(tmp_path / "a.json", "--out", tmp_path / "out", "--format", formats)
    assert result.exit_code == 2 and "use txt, md" in result.output
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_by_accident(tmp_path: Path) -> None:
    save(ONE, tmp_path / "a.json")
    before = (tmp_path / "a.json").read_bytes()
    result = convert(tmp_path / "a.json", "--out", tmp_path, "--format", "json")
    assert result.exit_code == 2 and "already" in result.output
    assert (tmp_path / "a.json").read_bytes() == before
    save(ONE, tmp_path / "a.hocr")
    result = convert(
        tmp_path / "a.json", tmp_path / "a.hocr", "--out", tmp_path / "out", "--format", "txt"
    )
    assert result.exit_code == 2 and "both be written" in result.output
    (tmp_path / "file").write_text("")
    result = convert(tmp_path / "a.json", "--out", tmp_path / "file", "--format", "txt")
    assert result.exit_code == 2 and "cannot be made a folder" in result.output


def test_results_of_any_format_give_the_same_text(tmp_path: Path) -> None:
    for name, ending in (("hocr", "hocr"), ("alto", "alto.xml"), ("page", "page.xml")):
        path = tmp_path / f"{name}.{ending}"
        save(ONE, path)
        assert load(path).text.split() == ONE.text.split()
        assert convert(path, "--out", tmp_path / "out", "--format", "txt,tsv").exit_code == 0
    texts = {path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.tsv")}
    assert len(texts) == 1

# SPDX-License-Identifier: Apache-2.0
"""Every layout of labels, its traps, and ``ocr data check``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import DataError, InputError
from recognizer.alphabet import Alphabet
from recognizer.dataset import SetSpec, load_lines
from recognizer.labels import LabeledImage, read_labels


def picture(path: Path, width: int = 100, height: int = 32, shade: int = 200) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (shade, shade, 255)).save(path)
    return path


def texts(samples: list[LabeledImage]) -> dict[str, str]:
    return {sample.path.name: sample.text for sample in samples}


def labels_file(folder: Path, name: str, content: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


# --------------------------------------------------------------------------- names


def test_label_is_the_file_name(tmp_path: Path) -> None:
    picture(tmp_path / "1234.jpg")
    picture(tmp_path / "deep" / "A18sk6897.jpeg")  # the suffix is not always four characters
    (tmp_path / "notes.md").write_text("not an image")
    assert texts(read_labels(tmp_path)) == {"1234.jpg": "1234", "A18sk6897.jpeg": "A18sk6897"}


def test_label_after_a_number(tmp_path: Path) -> None:
    picture(tmp_path / "004_(1+4)*2.png")
    picture(tmp_path / "005_3.5_7.png")  # dots and underscores belong to the label
    expected = {"004_(1+4)*2.png": "(1+4)*2", "005_3.5_7.png": "3.5_7"}
    assert texts(read_labels(tmp_path)) == expected
    assert texts(read_labels(tmp_path, "id")) == expected


def test_other_names(tmp_path: Path) -> None:
    picture(tmp_path / "aB1c_5f0e.png")
    picture(tmp_path / "Ab1C_77aa.png")
    with pytest.raises(DataError, match="a guess"):
        read_labels(tmp_path)
    labels = [sample.text for sample in read_labels(tmp_path, "label")]
    assert labels == ["Ab1C", "aB1c"]
    words = tmp_path / "words"
    picture(words / "12_Lube_45484.jpg")
    assert texts(read_labels(words)) == {"12_Lube_45484.jpg": "Lube"}
    with pytest.raises(DataError, match="no label in the name"):
        read_labels(picture(tmp_path / "x" / "plain.png").parent, "middle")


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a label file"):
        read_labels(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        read_labels(tmp_path / "nowhere")


# --------------------------------------------------------------------------- label files


def test_txt(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png two words\r\n\r\nmy scan 1.JPG  x y \nb 5\n")
    samples = read_labels(tmp_path)
    assert texts(samples) == {"a.png": "two words", "my scan 1.JPG": "x y", "b": "5"}
    assert samples[0].path == tmp_path / "a.png"


def test_txt_byte_order_mark_and_quotes(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", '\ufeffa.png "1234"\nb.png "5 6"\n')
    assert texts(read_labels(tmp_path)) == {"a.png": "1234", "b.png": "5 6"}
    labels_file(tmp_path, "labels.txt", 'a.png "1234"\nb.png said "no"\n')
    assert texts(read_labels(tmp_path)) == {"a.png": '"1234"', "b.png": 'said "no"'}


def test_txt_line_separators_are_text(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png x\u2028y\nb.png \u00e9\n")
    assert texts(read_labels(tmp_path)) == {"a.png": "x\u2028y", "b.png": "\u00e9"}


def test_txt_without_label_names_the_line(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png x\nb.png\n")
    with pytest.raises(DataError, match=r"labels\.txt, line 2: no label after 'b\.png'"):
        read_labels(tmp_path)


def test_not_utf8(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png caf\u00e9\n", "latin-1")
    with pytest.raises(DataError, match="not UTF-8 at byte 9"):
        read_labels(tmp_path)


def test_csv(tmp_path: Path) -> None:
    labels_file(
        tmp_path, "labels.csv", '\ufeffid,Text,Filename\r\n1,"3,50 ""RM""",a.png\r\n2, x,b.png\r\n'
    )
    assert texts(read_labels(tmp_path)) == {"a.png": '3,50 "RM"', "b.png": "x"}


def test_csv_without_column_names(tmp_path: Path) -> None:
    path = labels_file(tmp_path, "gt.txt", 'word 1.png, "Tiredness"\nword 2.png, "a, b"\n')
    assert texts(read_labels(path)) == {"word 1.png": "Tiredness", "word 2.png": "a, b"}
    path = labels_file(tmp_path, "bad.csv", "a.png,3,50\n")
    with pytest.raises(DataError, match="line 1: 3 columns instead of 2"):
        read_labels(path)
    path = labels_file(tmp_path, "open.csv", 'a.png,"3\n')
    with pytest.raises(DataError, match=r"open\.csv, line"):
        read_labels(path)


def test_tsv_keeps_quotes(tmp_path: Path) -> None:
    path = labels_file(tmp_path, "info.txt", 'sub dir/a.png\t"No\nb.png\t, said "he"\n')
    samples = read_labels(path)
    assert texts(samples) == {"a.png": '"No', "b.png": ', said "he"'}
    assert samples[0].path == tmp_path / "sub dir" / "a.png"
    path = labels_file(tmp_path, "named.tsv", "image\twho\ttext\na.png\tme\thi\n")
    assert texts(read_labels(path)) == {"a.png": "hi"}
    path = labels_file(tmp_path, "hole.tsv", "a.png\t \n")
    with pytest.raises(DataError, match="line 1: empty"):
        read_labels(path)


def test_images_in_a_subfolder_or_elsewhere(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    labels_file(tmp_path, "labels.txt", "gone.png 0\na.png x\n")
    assert read_labels(tmp_path)[1].load().shape == (32, 100, 3)
    other = picture(tmp_path / "other" / "part" / "b.png", 60).parents[1]
    path = labels_file(tmp_path, "more.txt", "part\\b.png y\n")
    assert read_labels(path, images=other)[0].load().shape == (32, 60, 3)


def test_two_label_files(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png x\n")
    labels_file(tmp_path, "labels.csv", "a.png,x\n")
    with pytest.raises(DataError, match=r"labels\.csv, labels\.txt"):
        read_labels(tmp_path)


# --------------------------------------------------------------------------- JSONL


def test_jsonl_crops_and_splits(tmp_path: Path) -> None:
    rows = [{"image": "images/a.png", "text": "A"}, {"image": "images/b.png", "text": "B"}]
    labels_file(tmp_path, "labels.jsonl", "\n".join(map(json.dumps, rows)))
    labels_file(tmp_path, "split.json", json.dumps({"train": ["images/b.png"], "dev": []}))
    assert texts(read_labels(tmp_path)) == {"a.png": "A", "b.png": "B"}
    assert texts(read_labels(tmp_path, split="train")) == {"b.png": "B"}
    with pytest.raises(DataError, match="no labelled images"):
        read_labels(tmp_path, split="dev")
    with pytest.raises(DataError, match="no split 'test'"):
        read_labels(tmp_path, split="test")


def test_jsonl_pages_give_crops(tmp_path: Path) -> None:
    page = np.full((100, 200, 3), 255, np.uint8)
    page[20:40, 50:150] = (10, 20, 30)
    Image.fromarray(page).save(tmp_path / "p.png")
    box = [[50, 20], [150, 20], [150, 40], [50, 40]]
    lines = [
        {"poly": box, "text": "a line"},
        {"poly": box, "text": " "},
        {"poly": box, "text": "no matter", "ignore": True},
    ]
    row = {"image": "p.png", "w": 200, "h": 100, "lines": lines}
    path = labels_file(tmp_path, "mine.jsonl", json.dumps(row))
    (sample,) = read_labels(path)
    assert sample.text == "a line"
    assert sample.name.endswith("p.png@50,20")
    assert sample.load().shape == (20, 100, 3)
    assert sample.load()[10, 50].tolist() == [10, 20, 30]
    assert sample.load(pad_x=0.5, pad_y=0.1).shape == (24, 120, 3)


def test_only_jsonl_has_splits(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "a.png x\n")
    with pytest.raises(DataError, match="have splits, this one is"):
        read_labels(tmp_path, split="dev")


# --------------------------------------------------------------------------- index format


def test_index_counts_from_zero_where_the_list_starts_with_a_space(tmp_path: Path) -> None:
    characters = labels_file(tmp_path, "chars.txt", " \na\nb\nc\n")
    path = labels_file(tmp_path, "data_train.txt", "1_2.jpg 3 1 2\n3_4.jpg 2 2 2\n")
    samples = read_labels(path, alphabet_file=characters)
    assert texts(samples) == {"1_2.jpg": "cab", "3_4.jpg": "bbb"}
    assert texts(read_labels(path, "index", characters, 1))["1_2.jpg"] == "b a"
    with pytest.raises(DataError, match="index format"):
        read_labels(path)


def test_index_base_must_be_said_otherwise(tmp_path: Path) -> None:
    characters = labels_file(tmp_path, "chars.txt", "a\nb\nc\n")
    path = labels_file(tmp_path, "train.txt", "x.jpg 1 2\n")
    with pytest.raises(DataError, match=r"\['bc'\] from 0 and \['ab'\] from 1"):
        read_labels(path, "index", characters)
    assert read_labels(path, "index", characters, 1)[0].text == "ab"
    assert read_labels(path, "index", characters, 0)[0].text == "bc"
    with pytest.raises(DataError, match="0 or 1"):
        read_labels(path, "index", characters, 2)


def test_index_zero_and_beyond_are_refused(tmp_path: Path) -> None:
    spaced = labels_file(tmp_path, "spaced.txt", " \na\nb\n")
    plain = labels_file(tmp_path, "plain.txt", "ab")
    path = labels_file(tmp_path, "train.txt", "x.jpg 1 2\ny.jpg 1 0\n")
    for characters, base in ((spaced, 0), (spaced, 1), (plain, 1)):
        with pytest.raises(DataError, match="line 2: number 0 is no character"):
            read_labels(path, "index", characters, base)
    path = labels_file(tmp_path, "train.txt", "x.jpg 3 1\n")
    with pytest.raises(DataError, match="line 1: number 3 is beyond the 2 characters"):
        read_labels(path, "index", plain, 1)
    path = labels_file(tmp_path, "train.txt", "x.jpg 1 b\n")
    with pytest.raises(DataError, match="a name and numbers are expected"):
        read_labels(path, "index", plain, 1)
    with pytest.raises(DataError, match="file of characters"):
        read_labels(path, "index")


def test_character_file_with_double_entries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    characters = labels_file(tmp_path, "chars.txt", "\n1\n3\n1\n")  # its space was stripped
    path = labels_file(tmp_path, "train.txt", "x.jpg 3 2 1\n")
    with caplog.at_level(logging.WARNING):
        assert read_labels(path, alphabet_file=characters)[0].text == "131"
    assert "1 characters are listed twice ('1')" in caplog.text
    bad = labels_file(tmp_path, "bad.txt", "a\nbc\n")
    with pytest.raises(DataError, match="line 2: 'bc' is not one character"):
        read_labels(path, alphabet_file=bad)


# --------------------------------------------------------------------------- LMDB


def test_lmdb(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    data = picture(tmp_path / "a.png", 70).read_bytes()
    with lmdb.open(str(tmp_path / "set")) as environment, environment.begin(write=True) as records:
        records.put(b"num-samples", b"3")
        records.put(b"image-000000001", data)
        records.put(b"label-000000001", "\u00e9t\u00e9".encode())
        records.put(b"image-000000003", b"broken")
        records.put(b"label-000000003", b"x")
    first, third = read_labels(tmp_path / "set")
    assert first.text == "\u00e9t\u00e9"
    assert first.load().shape == (32, 70, 3)
    with pytest.raises(InputError, match="image-000000003: damaged"):
        third.load()


def test_lmdb_of_something_else(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    lmdb.open(str(tmp_path / "set")).close()
    with pytest.raises(DataError, match="no num-samples"):
        read_labels(tmp_path / "set")


# --------------------------------------------------------------------------- ocr data check


def run_check(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["data", "check", *map(str, arguments)])
    return result.exit_code, result.output


def flawed_set(folder: Path) -> Path:
    picture(folder / "good.png", 100, shade=1)
    picture(folder / "copy.png", 100, shade=1)
    picture(folder / "narrow.png", 24, shade=2)  # 24 / 4 = 6 steps
    picture(folder / "rare.png", 100, shade=3)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n")
    return labels_file(
        folder,
        "labels.txt",
        "good.png Total 5.00\ncopy.png Totol 5.00\ngood.png Total 5.00\n"
        "narrow.png aabbc\nrare.png x\u4e2d\nbroken.png a\ngone.png b\n",
    )


def test_check_reports_every_flaw(tmp_path: Path) -> None:
    code, output = run_check(flawed_set(tmp_path), "--json")
    found = json.loads(output)
    assert code == 0
    assert (found["total"], found["usable"]) == (7, 3)
    assert [item["text"] for item in found["unreadable"]] == ["a", "b"]
    assert "damaged" in found["unreadable"][0]["reason"]
    assert "no such file" in found["unreadable"][1]["reason"]
    # aabbc: five characters and two blanks between equal ones.
    assert [item["reason"] for item in found["too_long"]] == [
        "needs 7 time steps, 24 pixels of width give 6"
    ]
    assert found["missing"] == {"\u4e2d": 1}
    assert len(found["repeated"]) == 2
    assert [item["text"] for item in found["contradicting"]] == ["Totol 5.00"]
    assert found["characters"]["5"] == 3
    assert found["samples"][0]["text"] == "Total 5.00"


def test_check_prints_samples_and_counts(tmp_path: Path) -> None:
    code, output = run_check(flawed_set(tmp_path), "--sheet", tmp_path / "sheet.png")
    assert code == 0
    assert "good.png  'Total 5.00'" in output
    assert "labels too long for their width  1" in output
    assert Image.open(tmp_path / "sheet.png").width > 100


def test_check_fails_when_nothing_is_usable(tmp_path: Path) -> None:
    labels_file(tmp_path, "labels.txt", "gone.png b\n")
    code, output = run_check(tmp_path)
    assert code == 6
    assert "no sample of it can be trained on" in output
    assert run_check(tmp_path / "nowhere")[0] == 6


def test_check_takes_the_alphabet_of_a_file(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    characters = labels_file(tmp_path, "chars.txt", " \n\u4e2d\n\u6587\n\u4e2d\n")
    path = labels_file(tmp_path, "train.txt", "1.png 1 2\n")
    code, output = run_check(path, "--alphabet-file", characters, "--json")
    assert code == 0
    assert json.loads(output)["samples"][0]["text"] == "\u4e2d\u6587"
    few = labels_file(tmp_path, "few.txt", "\u4e2d")
    code, output = run_check(path, "--alphabet-file", characters, "--alphabet", few)
    assert code == 6
    assert "'\u6587' in 1" in output


# --------------------------------------------------------------------------- the trainer


def test_trainer_reads_every_layout(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alphabet = Alphabet.of("abcde12")
    picture(tmp_path / "named" / "12.png")
    (line,) = load_lines(SetSpec.parse(str(tmp_path / "named")), alphabet)
    assert (line.text, line.image.shape, line.margin) == ("12", (32, 100), 0)

    picture(tmp_path / "1.png")
    path = labels_file(tmp_path, "train.txt", "1.png 1 2\ngone.png 2 1\n")
    characters = labels_file(tmp_path, "chars.txt", "c\nd\ne\n")
    spec = SetSpec.parse(f"{path},format=index,characters={characters},base=1,caseless")
    with caplog.at_level(logging.WARNING):
        (line,) = load_lines(spec, alphabet)
    assert (line.text, line.caseless) == ("cd", True)
    assert "left out of training" in caplog.text and "gone.png" in caplog.text


def test_trainer_cuts_pages_with_a_margin(tmp_path: Path) -> None:
    page_image = picture(tmp_path / "p.png", 200, 100)
    box = [[50, 20], [150, 20], [150, 40], [50, 40]]
    row = {"image": page_image.name, "w": 200, "h": 100, "lines": [{"poly": box, "text": "abc"}]}
    path = labels_file(tmp_path, "labels.jsonl", json.dumps(row))
    for root in (tmp_path, path):
        (line,) = load_lines(SetSpec.parse(str(root)), Alphabet.of("abc"))
        assert line.text == "abc"
        assert line.margin > 0


@pytest.mark.parametrize("option", ["format=xml", "base=2", "colour=red"])
def test_trainer_refuses_unknown_options(option: str) -> None:
    with pytest.raises(DataError, match=option):
        SetSpec.parse(f"somewhere,{option}")

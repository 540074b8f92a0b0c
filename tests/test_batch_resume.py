# SPDX-License-Identifier: Apache-2.0
"""What later runs into the same folder do: nothing twice, and everything that has changed."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import fake_batch
import pytest
from fake_batch import numbered

from ocr_pipeline.batch import Batch, BatchOptions, Report, Shard, run_batch
from ocr_pipeline.batch.preview import known_outputs, preview
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.core.images import load_image
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import find_inputs

TEXT = "first line\nsecond third\n"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("OCR_TEST_LOG", str(path))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in (1, 2, 3):
        numbered(i).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def reads(log: Path) -> Callable[[], list[int]]:
    """Numbers of the pages that were read since it was called last."""

    def take() -> list[int]:
        numbers = [int(line) for line in log.read_text().split()]
        log.write_text("")
        return numbers

    return take


def run(source: Path, out: Path, batch: BatchOptions | None = None, **options: object) -> Report:
    return run_batch(
        find_inputs([str(source)], out, skip=known_outputs(out)),
        out,
        RunOptions(**{"format": ("txt",), **options}),  # type: ignore[arg-type]
        batch,
        factory=fake_batch.make,
    )


Reads = Callable[[], list[int]]


def test_done_is_done(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    assert run(source, out).reasons == {"new": 3}
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.txt")}
    assert len(before) == 3 and reads() == [1, 2, 3]
    report = run(source, out)
    assert (report.kept, report.files, report.reasons, reads()) == (3, 0, {}, [])
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("*.txt")}
    assert run(source, out, BatchOptions(redo=True)).reasons == {"--redo": 3}
    assert reads() == [1, 2, 3]


def test_another_way_to_the_same_files(
    tmp_path: Path, source: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(source, tmp_path / "out")
    monkeypatch.chdir(source)
    assert run(Path("."), Path("../out")).kept == 3


def test_changed_files_are_read_again(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    run(source, out)
    numbered(2, 1).save(source / "2.png")
    os.utime(source / "3.png", (1, 1))  # looks changed, and is not
    reads()
    assert run(source, out).reasons == {"changed": 1}
    assert reads() == [2]
    assert (out / "2.txt").read_text() == "first line\n"
    assert run(source, out).reasons == {}


def test_new_and_vanished_files(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    run(source, out)
    (source / "1.png").unlink()
    numbered(4).save(source / "4.png")
    reads()
    report = run(source, out)
    assert (report.reasons, report.kept, reads()) == ({"new": 1}, 2, [4])
    assert report.gone == [str(source / "1.png")]
    assert (out / "1.txt").exists()
    gone = run_batch(
        find_inputs([str(source / "1.png")], out),
        out,
        RunOptions(format=("txt",)),
        factory=fake_batch.make,
    )
    assert gone.gone == [str(source / "1.png")] and int(gone.exit_code) == 0


def test_outputs_that_were_removed_come_back(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    run(source, out)
    (out / "2.txt").unlink()
    reads()
    assert run(source, out).reasons == {"output is gone": 1}
    assert reads() == [2] and (out / "2.txt").exists()


def test_changed_options_are_noticed_and_named(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    run(source, out)
    reads()
    report = run(source, out, min_confidence=0.99)
    assert report.reasons == {"other options": 3}
    assert report.changes == ["min-confidence: not set is now 0.99"]
    assert reads() == [1, 2, 3] and (out / "1.txt").read_text() == ""
    assert run(source, out, min_confidence=0.99, device="cpu", batch_size=2).reasons == {}
    report = run(source, out, min_confidence=0.99, format=("txt", "json"))
    assert report.changes == ["format: json added"] and (out / "1.json").exists()
    assert run(source, out, min_confidence=0.99, format=("json",)).reasons == {}


def test_other_weights_are_noticed(tmp_path: Path, source: Path, reads: Reads) -> None:
    weights = tmp_path / "mine.bin"
    weights.write_bytes(b"one")
    run(source, tmp_path / "out", recognizer=str(weights))
    weights.write_bytes(b"two")
    report = run(source, tmp_path / "out", recognizer=str(weights))
    assert report.reasons == {"other options": 3}
    (change,) = report.changes
    assert change.startswith("recognizer: mine (") and " is now mine (" in change


def test_targets_stay_when_files_come_later(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    run(source, out)
    numbered(11).save(source / "1.tif")
    numbered(12).save(source / "report.png")
    reads()
    report = run(source, out)
    assert (report.kept, sorted(reads())) == (3, [11, 12])
    names = sorted(path.name for path in out.glob("*.txt"))
    assert names == ["1.tif.txt", "1.txt", "2.txt", "3.txt", "report.png.txt"]
    assert run(source, out).kept == 5


def test_pages_of_one_document_and_names_of_others(tmp_path: Path, reads: Reads) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    numbered(1, 1).save(source / "a.0001.png")
    numbered(2).save(source / "a.tif", save_all=True, append_images=[numbered(3)])
    run(source, out, format=("overlay",))
    names = sorted(path.name for path in out.glob("*.jpg"))
    assert names == [
        "a.0001.overlay.jpg",
        "a.tif.0001.overlay.jpg",
        "a.tif.0002.overlay.jpg",
    ]


def test_outputs_that_a_document_no_longer_has_are_removed(tmp_path: Path, reads: Reads) -> None:
    book, out = tmp_path / "book.tif", tmp_path / "out"
    numbered(1).save(book, save_all=True, append_images=[numbered(2)])
    run(book, out, format=("txt", "overlay"))
    assert len(list(out.glob("*.jpg"))) == 2
    numbered(1).save(book)
    run(book, out, format=("txt", "overlay"))
    assert [path.name for path in out.glob("*.jpg")] == ["book.overlay.jpg"]


def test_output_beside_the_input_is_not_read(tmp_path: Path, source: Path, reads: Reads) -> None:
    review = BatchOptions(review_below=1.0)
    run(source, source, review, format=("txt", "overlay"))
    assert reads() == [1, 2, 3]
    report = run(source, source, review, format=("txt", "overlay"))
    assert (report.asked, report.kept, reads()) == (3, 3, [])


def test_two_runs_at_once(tmp_path: Path, source: Path) -> None:
    with (
        Batch(tmp_path / "out", factory=fake_batch.make),
        pytest.raises(UsageError, match=f"another run \\(process {os.getpid()} on "),
    ):
        Batch(tmp_path / "out")
    run(source, tmp_path / "out")  # the lock is gone


def test_one_batch_for_many_runs(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    loads = []

    def make(options: RunOptions) -> object:
        loads.append(options)
        return fake_batch.make(options)

    with Batch(out, RunOptions(format=("txt",)), factory=make) as batch:  # type: ignore[arg-type]
        assert batch.run(find_inputs([str(source)], out)).files == 3
        numbered(4).save(source / "4.png")
        assert batch.run(find_inputs([str(source)], out)).files == 1
    assert len(loads) == 1 and reads() == [1, 2, 3, 4]


def test_shards_share_the_work_and_the_folder(tmp_path: Path, reads: Reads) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for i in range(1, 13):
        numbered(i).save(source / f"{i}.png")
    read = []
    for i in (1, 2, 3):
        report = run(source, out, BatchOptions(shard=Shard(i, 3), workers=0))
        read.append(sorted(reads()))
        assert len(read[-1]) == report.asked == report.files
        assert (out / f"report-{i}-of-3.json").exists()
    assert sorted(number for part in read for number in part) == list(range(1, 13))
    assert all(read)
    assert len(list(out.glob("*.txt"))) == 12
    numbered(13).save(source / "13.png")  # does not move the others
    assert run(source, out, BatchOptions(shard=Shard(1, 3))).kept == len(read[0])


def test_dry_run_says_what_would_be_done(tmp_path: Path, source: Path, reads: Reads) -> None:
    out = tmp_path / "out"
    options = RunOptions(format=("txt",))

    def look() -> list[tuple[str, str, str]]:
        files = find_inputs([str(source)], out)
        return [(v.action, v.why, t) for v, _, t in preview(files, out, options, BatchOptions())]

    assert look() == [("read", "new", name) for name in "123"]
    assert not out.exists()
    run(source, out)
    numbered(2, 1).save(source / "2.png")
    before = (out / ".ocr" / "manifest.sqlite").read_bytes()
    assert look() == [("keep", "", "1"), ("read", "changed", "2"), ("keep", "", "3")]
    assert before == (out / ".ocr" / "manifest.sqlite").read_bytes()


def test_doubtful_lines_are_listed_and_shown(tmp_path: Path, source: Path, log: Path) -> None:
    out = tmp_path / "out"
    report = run(source, out, BatchOptions(review_below=0.999))
    assert report.doubtful == 9
    with open(out / "review.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows[:3]] == ["first line", "second", "third"]
    assert rows[0]["polygon"] == "20,20 220,20 220,40 20,40"
    entries = [json.loads(line) for line in (out / "review.jsonl").read_text().splitlines()]
    assert entries[4]["line"] == 2 and entries[4]["file"] == str(source / "2.png")
    assert 0.7 < entries[4]["confidence"] < 0.999
    picture = load_image(out / entries[4]["picture"])
    assert picture.shape[0] > 20 and picture[picture.shape[0] // 2, 40].max() < 60
    assert (out / "review" / "2.review.overlay.jpg").exists()
    assert run(source, out, BatchOptions(review_below=0.001)).doubtful == 0
    assert (out / "review.csv").read_text().splitlines() == [
        "file,page,line,text,confidence,polygon,picture"
    ]
    assert not list((out / "review").iterdir())  # nothing is doubtful any more


@pytest.mark.parametrize(
    ("review", "asked", "used"), [(None, None, None), (0.8, None, 0.0), (0.8, 0.3, 0.3)]
)
def test_review_keeps_what_is_least_sure(
    tmp_path: Path, review: float | None, asked: float | None, used: float | None
) -> None:
    options = RunOptions(min_confidence=asked)
    with Batch(tmp_path, options, BatchOptions(review_below=review)) as batch:
        assert batch.setup.options.min_confidence == used


def test_report(tmp_path: Path, source: Path, log: Path) -> None:
    (source / "empty.png").write_bytes(b"")
    run(source, tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["exit_code"] == 1 and report["files"] == 3 and report["lines"] == 9
    assert report["failures"] == [
        {
            "file": str(source / "empty.png"),
            "page": None,
            "reason": f"{source / 'empty.png'}: the file is empty",
        }
    ]


def test_a_manifest_that_is_damaged_or_newer(tmp_path: Path, source: Path, log: Path) -> None:
    out = tmp_path / "out"
    run(source, out)
    path = out / ".ocr" / "manifest.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    db.close()
    with pytest.raises(UsageError, match="newer than"):
        run(source, out)
    path.write_bytes(b"not a database at all" * 100)
    from ocr_pipeline.batch.manifest import ManifestError

    with pytest.raises(ManifestError, match="move it away"):
        run(source, out)


def test_names_that_are_no_unicode(tmp_path: Path, log: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    try:
        numbered(1).save(os.fsencode(source) + b"/caf\xe9 \n.png")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert run(source, out).files == 1
    assert [os.fsencode(p.name) for p in out.glob("*.txt")] == [b"caf\xe9 \n.txt"]
    assert run(source, out).kept == 1

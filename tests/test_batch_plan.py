# SPDX-License-Identifier: Apache-2.0
"""Options, plans, settings and stored pages of batches, without running any."""

from __future__ import annotations

import io
import json
from pathlib import Path, PurePath

import pytest
from fake_batch import make, numbered

from ocr_pipeline.batch import BatchOptions, Failure, Report, Shard
from ocr_pipeline.batch import plan as plans
from ocr_pipeline.batch.manifest import Manifest, PageRow
from ocr_pipeline.batch.outputs import StoredPages, pack, unpack
from ocr_pipeline.batch.plan import Plan, cut, kept_plan, make_plan
from ocr_pipeline.batch.progress import Bar, JsonLog
from ocr_pipeline.batch.register import free_target, register
from ocr_pipeline.batch.report import duration
from ocr_pipeline.batch.settings import differences, settings_of
from ocr_pipeline.batch.stamps import in_shard
from ocr_pipeline.batch.tasks import PageTree
from ocr_pipeline.batch_options import parse_size
from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import InputFile


def rows(count: int, width: int = 100, height: int = 100) -> list[PageRow]:
    return [PageRow(i, i, 0, width, height, 0) for i in range(count)]


def sizes(chunks: list[list[PageRow]]) -> list[int]:
    return [len(chunk) for chunk in chunks]


def test_chunks_are_limited_by_pages_and_pixels() -> None:
    plan = Plan(False, 2, 1, chunk_pages=8, chunk_pixels=1_000_000)
    assert sizes(cut(rows(20), 1000, plan)) == [8, 8, 4]
    assert sizes(cut(rows(20), 0, plan)) == [3] * 6 + [2]  # four chunks for each worker, or so
    assert sizes(cut(rows(5, 600, 1000), 1000, plan)) == [1] * 5
    assert sizes(cut(rows(3, 9000, 9000), 1000, plan)) == [1] * 3  # larger than a chunk
    assert sizes(cut(rows(6, 0, 0), 1000, Plan(False, 1, 1, 8, 20_000_000))) == [2, 2, 2]
    assert cut([], 7, plan) == []
    assert sizes(cut(rows(4), 0, Plan(True, 1, 2, 8, 10**8))) == [4]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "processors", lambda: 8)
    monkeypatch.setattr(plans, "free_memory", lambda: 64 << 30)
    monkeypatch.setattr(plans, "gpu_in_sight", lambda: False)
    monkeypatch.setattr(plans, "_base_bytes", lambda options: 1 << 30)


def make_it(total: int = 1000, small: bool = False, **batch: object) -> Plan:
    threads = int(batch.pop("threads", 0))  # type: ignore[call-overload]
    device = str(batch.pop("device", "auto"))
    options = RunOptions(threads=threads, device=device)
    return make_plan(options, BatchOptions(**batch), small, total)  # type: ignore[arg-type]


@pytest.mark.usefixtures("machine")
def test_workers_and_threads() -> None:
    assert make_it() == Plan(False, 8, 1, 8, plans.CHUNK_PIXELS)
    assert (make_it(threads=4).workers, make_it(threads=4).threads) == (2, 4)
    assert (make_it(workers=2).workers, make_it(workers=2).threads) == (2, 4)
    assert make_it(total=3).workers == 3
    small = make_it(total=2, small=True)
    assert small.inline and small.threads == 8
    assert not make_it(total=2, small=True, timeout=5.0).inline
    gpu = make_it(device="cuda")
    assert (gpu.workers, gpu.chunk_pages) == (1, plans.GPU_CHUNK_PAGES)
    assert make_it(devices=("cuda:0", "cuda:1")).workers == 2


@pytest.mark.usefixtures("machine")
def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    capped = make_it(memory=4 << 30)
    assert capped.workers == 2 and capped.chunk_pixels == plans.CHUNK_PIXELS
    tight = make_it(memory=(2 << 30) + 2 * 6 * 10_000_000, workers=2)
    assert tight.workers == 2 and tight.chunk_pixels == 10_000_000
    monkeypatch.setattr(plans, "free_memory", lambda: 4 << 30)
    assert make_it().workers == 2
    monkeypatch.setattr(plans, "free_memory", lambda: 1 << 20)
    assert make_it().workers == 1 and make_it().chunk_pixels == plans.CHUNK_PIXELS


@pytest.mark.usefixtures("machine")
def test_a_run_that_goes_on_keeps_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(manifest: Manifest, unfinished: bool, **batch: int) -> Plan:
        options = BatchOptions(**batch)
        kwargs = {"small": False, "total": 100, "unfinished": unfinished}
        return kept_plan(manifest, RunOptions(), options, **kwargs)  # type: ignore[arg-type]

    with Manifest(None) as manifest:
        first = plan(manifest, False)
        monkeypatch.setattr(plans, "free_memory", lambda: 1 << 30)
        assert plan(manifest, True) == first and first.workers == 8
        assert plan(manifest, True, workers=3).workers == 3
        assert plan(manifest, False).workers == 1


def test_shards() -> None:
    files = [InputFile(Path(f"/in/{i}.png"), PurePath(f"{i}")) for i in range(300)]
    parts = [[f for f in files if in_shard(f, Shard(i, 3))] for i in (1, 2, 3)]
    assert sorted(f.path for part in parts for f in part) == sorted(f.path for f in files)
    assert all(len(part) > 60 for part in parts)
    assert Shard.parse("2/3") == Shard(2, 3) and Shard(2, 3).suffix == "-2-of-3"
    for wrong in ("0/3", "4/3", "1", "a/b", "1/0"):
        with pytest.raises(UsageError, match="--shard"):
            Shard.parse(wrong)


def test_sizes() -> None:
    assert parse_size("8GB") == parse_size("8 gib") == 8 << 30
    assert (parse_size("1.5k"), parse_size("300M"), parse_size("7")) == (1536, 300 << 20, 7)
    for wrong in ("8 apples", "-1G", ""):
        with pytest.raises(UsageError, match="--memory"):
            parse_size(wrong)


@pytest.mark.parametrize(
    "options",
    [
        {"workers": -1},
        {"retry": -1},
        {"timeout": -1.0},
        {"memory": 1000},
        {"review_below": 1.5},
        {"engine": "steam"},
    ],
)
def test_batch_options_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="--"):
        BatchOptions(**options)  # type: ignore[arg-type]


def test_timeouts() -> None:
    assert BatchOptions().page_seconds == 600
    assert BatchOptions(timeout=0).page_seconds is None
    assert BatchOptions(timeout=3).page_seconds == 3


def test_settings_name_what_differs() -> None:
    batch = BatchOptions()
    old = settings_of(RunOptions(format=("txt", "json")), batch)
    assert old == json.loads(json.dumps(old))
    new = settings_of(RunOptions(format=("json",), device="cpu", threads=3, batch_size=1), batch)
    assert differences(old, new) == []
    new = settings_of(RunOptions(beam=5, min_score=0.5), BatchOptions(review_below=0.8))
    assert differences(old, new) == [
        "beam: not set is now 5",
        "min-score: not set is now 0.5",
        "review-below: not set is now 0.8",
        "format: overlay added",
    ]
    older = {key: value for key, value in old.items() if key != "beam"}
    assert differences(older, old) == []  # an option that an older version did not have
    lines = settings_of(RunOptions(detect=False), batch)
    assert "detector" not in lines


def test_stored_pages_are_the_pages() -> None:
    pipeline = make(RunOptions())
    import numpy as np

    page = pipeline.read_page(np.asarray(numbered(3)), 1, 300.0)
    assert page.lines and unpack(pack(page)) == page
    pages = StoredPages([PageTree(0, pack(page)), PageTree(1, error="broken", width=5, height=6)])
    assert len(pages) == 2 and pages[0] == page and next(iter(pages)) == page
    assert (pages[1].number, pages[1].width, pages[1].meta) == (2, 5, {"error": "broken"})
    assert len(pages[1:]) == 1


def test_new_files_take_no_name_that_is_taken() -> None:
    def file(name: str, target: str) -> InputFile:
        return InputFile(Path("/in") / name, PurePath(target))

    class Everything:
        def verdict(self, row: object, file: object) -> object:
            from ocr_pipeline.batch.register import Verdict

            return Verdict("read", "new")

    with Manifest(None) as manifest:
        first = [file("a.png", "a"), file("b.0001.png", "b.0001"), file("Ä.png", "Ä")]
        with manifest.transaction():
            register(manifest, first, {}, Everything(), 1)  # type: ignore[arg-type]
        for name, target, expected in [
            ("a.tif", "a", "a.tif"),
            ("A.jpg", "A", "A.jpg"),
            ("ä.jpg", "ä", "ä.jpg"),
            ("b.tif", "b", "b.tif"),
            ("a.0001.png", "a.0001", "a.0001.png"),
            ("report.png", "report", "report.png"),
            ("report-1-of-2.png", "report-1-of-2", "report-1-of-2.png"),
            ("c.png", "c", "c"),
            ("other.zip", "a", "a-2"),
        ]:
            assert free_target(manifest, file(name, target)).as_posix() == expected


def test_the_report_as_a_table() -> None:
    report = Report(asked=9, files=5, pages=7, lines=1, kept=2, failed=2, seconds=3.5)
    report.failures = [Failure("a.png", None, "a.png: empty"), Failure("b.tif", 2, "b.tif: bad")]
    assert report.table().splitlines() == [
        "files  5 read, 2 failed, 2 done before",
        "pages  7 read with 1 line, 1 failed",
        "time   3.5 s (120.0 pages a minute)",
        "2 failures:",
        "  a.png: empty",
        "  b.tif: bad",
    ]
    report.failures *= 20
    assert "  and 20 more, see report.json" in report.table()
    report.interrupted = True
    assert int(report.exit_code) == 130 and "goes on from here" in report.table()
    assert [duration(s) for s in (65, 3600 * 30 + 61)] == ["1:05", "30:01:01"]
    assert int(Report(left=1).exit_code) == 1 and int(Report().exit_code) == 0
    assert int(Report(failures=report.failures).exit_code) == 3


def test_progress() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    bar = Bar(stream=terminal)
    bar("start", {"todo": 3, "files": 3, "done": 0})
    bar("counted", {"files": 3, "pages": 10})
    bar("page failed", {})
    bar("progress", {"pages": 4, "failed": 1})
    bar("file done", {})
    assert (bar.bar.n, bar.bar.total) == (5, 10)
    assert "1/3 files" in bar.bar.postfix and "1 failed" in bar.bar.postfix
    bar.close()
    log = JsonLog(stream := io.StringIO())
    log("start", {"todo": 1})
    log("progress", {"pages": 1, "failed": 0})
    log("file failed", {"file": "ä", "why": "x"})
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["start", "file failed"]

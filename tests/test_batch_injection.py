# SPDX-License-Identifier: Apache-2.0
"""``ocr run`` as a program, and what the world does to it: everything else is done, and said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from batch_tools import TEXT, finish, pages, reasons, report, run, start, tree, wait_until
from fake_batch import numbered

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals, users and file names")


# ---------------------------------------------------------------------- inputs


@pytest.mark.parametrize("workers", [0, 2])
def test_things_that_are_no_files(tmp_path: Path, workers: int) -> None:
    source, out = pages(tmp_path / "in", 2), tmp_path / "out"
    pages(source / "folder.png", 1)
    (source / "dangling.png").symlink_to("nowhere")
    (source / "round.png").symlink_to("round.png")
    os.mkfifo(source / "pipe.png")
    (source / "missing.png").touch()
    named = [source / "pipe.png", source / "gone.png", source / "empty"]
    code, messages = run(source, *named, "--out", out, "--format", "txt", "--workers", workers)
    assert code == 1
    assert sorted(tree(out)) == ["01.txt", "02.txt", "folder.png/01.txt"]
    found = reasons(out)
    assert sorted(found) == [
        *("dangling.png", "empty", "gone.png", "missing.png", "pipe.png", "round.png")
    ]
    assert "a link to a file that is not there" in found["dangling.png"]
    assert "is a pipe, not a file" in found["pipe.png"]
    assert "no such file" in found["gone.png"] and "the file is empty" in found["missing.png"]
    assert all(reason in messages for reason in found.values())


def test_files_that_vanish_while_the_batch_runs(tmp_path: Path) -> None:
    source, out, log = pages(tmp_path / "in", 30), tmp_path / "out", tmp_path / "log"
    process = start(source, "--out", out, "--format", "txt", "--workers", 1, pause=0.3, log=log)
    wait_until(lambda: log.exists() and "1\n" in log.read_text(), process)
    for name in ("20", "30"):
        (source / f"{name}.png").unlink()
    (source / "25.png").unlink()
    os.mkfifo(source / "25.png")
    code, messages = finish(process)
    assert code == 1 and len(tree(out)) == 27 and set(tree(out).values()) == {TEXT.encode()}
    assert {name: reason.split(": ", 1)[1][:12] for name, reason in reasons(out).items()} == {
        "20.png": "no such file",
        "25.png": "changed whil",
        "30.png": "no such file",
    }
    assert report(out)["files"] == 27 and "3 failures" in messages


def test_files_that_vanish_between_listing_and_reading(tmp_path: Path) -> None:
    source, out = pages(tmp_path / "in", 6), tmp_path / "out"
    names = [source / f"{i:02}.png" for i in range(1, 7)]
    (tmp_path / "list").write_text("\n".join(map(str, names)))
    names[3].unlink()
    code, _ = run("--files-from", tmp_path / "list", "--out", out, "--format", "txt")
    assert code == 1 and list(reasons(out)) == ["04.png"] and len(tree(out)) == 5
    numbered(4).save(names[3])
    assert run("--files-from", tmp_path / "list", "--out", out, "--format", "txt")[0] == 0
    assert len(tree(out)) == 6


# ---------------------------------------------------------------------- disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except OSError as error:
        pytest.skip(f"no mount: {error}")
    if done.returncode:
        pytest.skip(f"may not mount: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=60)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_is_full(tmp_path: Path, small_disk: Path, workers: int) -> None:
    source, out = pages(tmp_path / "in", 40), small_disk / "out"
    flags = ["--format", "txt,json", "--workers", workers]
    assert run(source, "--out", tmp_path / "whole", *flags)[0] == 0
    code, messages = run(source, "--out", out, *flags)
    assert code == 1, messages
    assert "No space left on device" in messages or "disk is full" in messages
    kept = {name: data for name, data in tree(out).items() if name.endswith(".txt")}
    assert 1 <= len(kept) < 40 and set(kept.values()) == {TEXT.encode()}
    assert [p for p in (out / ".ocr").rglob(".*") if p.is_file()] == []
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    code, messages = run(source, "--out", out, *flags)
    assert code == 0 and report(out)["kept"] >= 1, messages
    assert tree(out) == tree(tmp_path / "whole")


def test_a_disk_without_room_for_a_manifest(tmp_path: Path, small_disk: Path) -> None:
    source = pages(tmp_path / "in", 2)
    (small_disk / "other").write_bytes(bytes(240 << 10))
    code, messages = run(source, "--out", small_disk / "out")
    assert code in (1, 2) and ("full" in messages or "No space left" in messages)
    (small_disk / "other").unlink()
    assert run(source, "--out", small_disk / "out", "--format", "txt")[0] == 0
    assert sorted(tree(small_disk / "out")) == ["01.txt", "02.txt"]


@pytest.mark.parametrize("kilobytes", [56, 64])
def test_files_that_may_not_grow(tmp_path: Path, kilobytes: int) -> None:
    import resource

    source, out = pages(tmp_path / "in", 60), tmp_path / "out"
    flags = ["--format", "txt,json", "--workers", "1"]
    assert run(source, "--out", tmp_path / "whole", *flags)[0] == 0

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, kilobytes << 10))

    code, messages = run(source, "--out", out, *flags, prepare=limit)
    assert code == 1 and "give the same command again" in messages, messages
    assert len(tree(out)) < 120
    assert run(source, "--out", out, *flags)[0] == 0
    assert tree(out) == tree(tmp_path / "whole")


# ---------------------------------------------------------------------- permissions


@pytest.fixture
def bound() -> Callable[[], None]:
    """What makes permissions bite a new process, if the superuser starts it."""
    if os.geteuid():
        return lambda: None
    if not sys.platform.startswith("linux"):
        pytest.skip("permissions do not bite the superuser")
    import ctypes

    prctl, drop = ctypes.CDLL(None).prctl, 24
    rights = (1, 2)  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH

    def prepare() -> None:
        for right in rights:
            if prctl(drop, right, 0, 0, 0):
                raise OSError("a right cannot be dropped")

    return prepare


def test_inputs_that_may_not_be_read(tmp_path: Path, bound: Callable[[], None]) -> None:
    source, out = pages(tmp_path / "in", 6), tmp_path / "out"
    pages(source / "closed", 2)
    os.chmod(source / "03.png", 0)
    os.chmod(source / "closed", 0)
    try:
        code, _ = run(source, "--out", out, "--format=txt", "--workers=1", prepare=bound)
        assert code == 1 and len(tree(out)) == 5
        found = reasons(out)
        assert sorted(found) == ["03.png", "closed"]
        assert "may not be read; check its permissions" in found["03.png"]
        assert "may not be read; check its permissions" in found["closed"]
    finally:
        os.chmod(source / "closed", 0o755)


def test_outputs_that_may_not_be_written(tmp_path: Path, bound: Callable[[], None]) -> None:
    source, out = pages(tmp_path / "in", 3), tmp_path / "out"
    pages(source / "below", 3)
    out.mkdir(mode=0o555)
    code, messages = run(source, "--out", out, prepare=bound)
    assert code == 2 and "Permission denied" in messages and str(out) in messages
    os.chmod(out, 0o777)
    (out / "below").mkdir(mode=0o555)
    flags = ["--format", "txt,json", "--workers", "1"]
    code, messages = run(source, "--out", out, *flags, prepare=bound)
    assert code == 1 and len(tree(out)) == 6 and "3 failures" in messages
    assert all("cannot be written (Permission denied)" in why for why in reasons(out).values())
    os.chmod(out / "below", 0o777)
    assert run(source, "--out", out, *flags, prepare=bound)[0] == 0 and len(tree(out)) == 12


# ---------------------------------------------------------------------- processes


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Worker processes of a run, the oldest first."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [
        int(pid)
        for pid, parent, args in rows
        if int(parent) == process.pid and "spawn_main" in args
    ]


def is_alive(number: int) -> bool:
    """Whether a process is there, and no mere entry that waits for its parent."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True)
    return done.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("moment", ["start", "page", "idle"])
def test_a_worker_that_the_system_kills(tmp_path: Path, moment: str) -> None:
    source, out, log = pages(tmp_path / "in", 24), tmp_path / "out", tmp_path / "log"
    flags = ["--format", "txt,json", "--workers", "2"]
    assert run(source, "--out", tmp_path / "whole", *flags)[0] == 0
    process = start(source, "--out", out, *flags, pause=0.2, log=log)
    wait_until(lambda: len(workers_of(process)) == 2, process)
    first = workers_of(process)[0]
    if moment != "start":
        wait_until(lambda: log.exists() and log.stat().st_size > 0, process)
    if moment == "idle":  # the last pages are with the other one, perhaps
        wait_until(lambda: len(tree(out)) >= 24, process)
    os.kill(first, signal.SIGKILL)
    code, messages = finish(process)
    assert code == 0, messages
    assert report(out)["failures"] == [] and tree(out) == tree(tmp_path / "whole")


def is_logged(log: Path, page: int) -> bool:
    """Whether a page is being read, or was."""
    return log.exists() and str(page) in log.read_text().split()


def test_workers_that_the_system_kills_again_and_again(tmp_path: Path) -> None:
    source, out, log = pages(tmp_path / "in", 24), tmp_path / "out", tmp_path / "log"
    flags = ["--format", "txt,json", "--workers", "1"]
    assert run(source, "--out", tmp_path / "whole", *flags)[0] == 0
    process = start(source, "--out", out, *flags, pause=0.2, log=log)
    for wanted in (2, 12):  # each time while another chunk is read
        wait_until(partial(is_logged, log, wanted), process)
        os.kill(workers_of(process)[-1], signal.SIGKILL)
    assert finish(process)[0] == 0
    assert report(out)["failures"] == [] and tree(out) == tree(tmp_path / "whole")


def test_workers_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    source, out, log = pages(tmp_path / "in", 12), tmp_path / "out", tmp_path / "log"
    process = start(source, "--out", out, "--workers", 2, pause=60, log=log)
    wait_until(lambda: log.exists() and len(log.read_text().split()) >= 1, process)
    workers = workers_of(process)
    assert len(workers) == 2
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 10
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [number for number in workers if is_alive(number)] == []


def test_a_writer_that_raises_on_one_document(tmp_path: Path) -> None:
    source, out = pages(tmp_path / "in", 6), tmp_path / "out"
    flags = ["--format", "txt,json", "--workers", "1"]
    code, messages = run(source, "--out", out, *flags, writer="03.png")
    assert code == 1 and "03.png: ValueError: broken writer" in messages
    assert list(reasons(out)) == ["03.png"]
    done = {f"{i:02}.{suffix}" for i in (1, 2, 4, 5, 6) for suffix in ("txt", "json")}
    assert set(tree(out)) == done  # of the third not even the text, which could be written
    assert run(source, "--out", out, *flags)[0] == 0 and len(tree(out)) == 12

# SPDX-License-Identifier: Apache-2.0
"""Batches on a Ray cluster: this machine's own, with the pipeline of the tests."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import fake_batch
import pytest
from fake_batch import numbered

from ocr_pipeline.batch import BatchOptions, Report, run_batch
from ocr_pipeline.core.errors import UsageError, WeightsError
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers.inputs import find_inputs

ray = pytest.importorskip("ray", reason="needs the extra [ray]")


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cluster of two processors, whose actors do to pages what the environment says."""
    folder = tmp_path_factory.mktemp("ray")
    tests = str(Path(__file__).parent)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    variables = {
        "OCR_TEST_LOG": str(folder / "log"),
        "OCR_TEST_FAULTS": "7=raise,8=hang,9=kill",
        "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]),
    }
    before = signal.getsignal(signal.SIGTERM)
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=100 << 20,
        runtime_env={"env_vars": variables},
    )
    signal.signal(signal.SIGTERM, before)  # Ray's would be inherited by what later tests fork
    yield
    ray.shutdown()


def folder_of(tmp_path: Path, *numbers: int) -> Path:
    source = tmp_path / "in"
    source.mkdir()
    for number in numbers:
        numbered(number).save(source / f"{number}.png")
    return source


def run(source: Path, out: Path, **batch: object) -> Report:
    return run_batch(
        find_inputs([str(source)], out),
        out,
        RunOptions(format=("txt", "json"), threads=1),
        BatchOptions(**batch),  # type: ignore[arg-type]
        factory=fake_batch.make,
    )


def outputs(out: Path) -> dict[str, bytes]:
    files = [path for path in out.rglob("*") if path.is_file() and ".ocr" not in path.parts]
    return {str(p.relative_to(out)): p.read_bytes() for p in files if p.name != "report.json"}


def test_same_bytes_as_without_ray(tmp_path: Path) -> None:
    source = folder_of(tmp_path, *range(20, 31))
    with_ray = run(source, tmp_path / "ray", workers=2, engine="ray")
    local = run(source, tmp_path / "local", workers=2)
    assert (with_ray.files, with_ray.failures) == (11, [])
    assert (with_ray.pages, with_ray.lines) == (local.pages, local.lines)
    assert outputs(tmp_path / "ray") == outputs(tmp_path / "local")
    keys = [
        json.loads((tmp_path / n / "report.json").read_bytes()).keys() for n in ("ray", "local")
    ]
    assert keys[0] == keys[1]


def test_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 20, 21)
    run(source, tmp_path / "out", workers=1, engine="ray")
    again = run(source, tmp_path / "out", workers=1, engine="ray")
    assert (again.files, again.kept, again.pages) == (0, 2, 0)


@pytest.mark.slow
def test_pages_that_fail_hang_or_kill_their_worker(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 7, 8, 9, 30, 31, 32)
    report = run(source, tmp_path / "out", workers=2, engine="ray", timeout=4.0)
    reasons = {Path(failure.file).name: failure.reason for failure in report.failures}
    assert sorted(reasons) == ["7.png", "8.png", "9.png"]
    assert "broken page" in reasons["7.png"]
    assert "took longer" in reasons["8.png"]
    assert "its worker was lost" in reasons["9.png"]
    assert report.files == 3
    assert {"30.txt", "31.txt", "32.txt"} <= set(outputs(tmp_path / "out"))


def _no_weights(options: RunOptions) -> object:
    raise WeightsError("nothing.safetensors: no such weights")


def test_weights_that_are_missing_end_the_run(tmp_path: Path) -> None:
    source = folder_of(tmp_path, 20)
    with pytest.raises(WeightsError, match="no such weights"):
        run_batch(
            find_inputs([str(source)]),
            tmp_path / "out",
            RunOptions(threads=1),
            BatchOptions(workers=1, engine="ray"),
            factory=_no_weights,
        )


def test_devices_are_rays_business() -> None:
    with pytest.raises(UsageError, match="--devices"):
        BatchOptions(engine="ray", devices=("cuda:0",))

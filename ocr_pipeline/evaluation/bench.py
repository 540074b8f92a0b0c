# SPDX-License-Identifier: Apache-2.0
"""Where a page's time goes, backend by backend, each measured in a process of its own."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Any

from ocr_pipeline.core.errors import InputError, OcrError
from ocr_pipeline.core.timing import measured, stage
from ocr_pipeline.evaluation.report import peak_memory_mb
from ocr_pipeline.options import RunOptions
from ocr_pipeline.readers import InputFile, open_document

#: Parts of reading a page, in the order in which they happen.
STAGES = (
    *("read", "turn", "scale", "detect", "connect", "tighten"),
    *("crop", "recognize", "decode", "layout", "write"),
)
#: The parts in which a net runs.
NETS = ("detect", "recognize")


@dataclass(frozen=True)
class BenchResult:
    """What reading pages took with one backend.

    Attributes:
        backend: the name that was asked for.
        detector, recognizer: what ran the nets: ``openvino int8``.
        pages: number of pages measured.
        lines: lines that were read on them.
        load: seconds until the nets were ready.
        first: seconds of the first page, which pays for lazy set-up; not part of the others.
        seconds: seconds by the clock, all pages together.
        wall: of these, each stage's.
        processor: processor seconds of each stage.
        peak_mb: greatest memory of the process in MB; None where the system does not say.
        error: why this backend could not be measured; empty if it could.
    """

    backend: str
    detector: str = ""
    recognizer: str = ""
    pages: int = 0
    lines: int = 0
    load: float = 0.0
    first: float = 0.0
    seconds: float = 0.0
    wall: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    peak_mb: float | None = None
    error: str = ""

    @property
    def around(self) -> float:
        """Share of the processor's time that is not the nets', 0 to 1."""
        total = sum(self.processor.values())
        nets = sum(self.processor.get(name, 0.0) for name in NETS)
        return 1 - nets / total if total else 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the figures that follow from the others."""
        speed = 60 * self.pages / self.seconds if self.seconds else 0.0
        return {**asdict(self), "pages_a_minute": speed, "share_around_the_nets": self.around}

    def table(self) -> str:
        """Text: a row for each stage, then the totals."""
        if self.error:
            return f"{self.backend}: {self.error}"
        total, busy = sum(self.wall.values()), sum(self.processor.values())
        rows = [
            f"detector {self.detector}, recognizer {self.recognizer}",
            f"{'':10} {'ms a page':>10} {'CPU ms':>10} {'share':>7}",
        ]
        for name in [*STAGES, *sorted(set(self.wall) - set(STAGES))]:
            if name in self.wall:
                share = self.processor[name] / max(busy, 1e-9)
                rows.append(_row(name, self.wall[name], self.processor[name], share, self.pages))
        rows.append(_row("all", total, busy, 1.0, self.pages))
        rows.append(
            f"{60 * self.pages / max(self.seconds, 1e-9):.1f} pages a minute, "
            f"{100 * self.around:.0f} % of the CPU time around the nets; "
            f"ready in {self.load:.1f} s, first page {self.first:.2f} s"
            + (f", peak {self.peak_mb:.0f} MB" if self.peak_mb is not None else "")
        )
        return "\n".join(rows)


def _row(name: str, wall: float, busy: float, share: float, pages: int) -> str:
    scale = 1000 / max(pages, 1)
    return f"{name:10} {wall * scale:10.1f} {busy * scale:10.1f} {100 * share:6.1f}%"


def bench(paths: Sequence[Path], options: RunOptions, repeat: int = 1) -> BenchResult:
    """Reads images in a fresh process, so that memory and start-up are this backend's own.

    Args:
        paths: images or documents.
        options: as of a run; their formats are written to a temporary folder.
        repeat: how often all of them are read.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measure, (list(paths), options, repeat))


def measure(paths: Sequence[Path], options: RunOptions, repeat: int = 1) -> BenchResult:
    """Reads images in this process; see :func:`bench`."""
    try:
        return _measure(paths, options, repeat)
    except OcrError as error:
        return BenchResult(options.backend, error=str(error))


def _measure(paths: Sequence[Path], options: RunOptions, repeat: int) -> BenchResult:
    from ocr_pipeline.batch.worker import load_pipeline

    started = time.perf_counter()
    pipeline: Any = load_pipeline(options)
    load = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="ocr-bench-") as folder:
        started = time.perf_counter()
        _read(pipeline, paths[0], options, Path(folder))
        first = time.perf_counter() - started
        started, pages, lines = time.perf_counter(), 0, 0
        with measured() as timing:
            for path in [*paths] * repeat:
                counts = _read(pipeline, path, options, Path(folder))
                pages, lines = pages + counts[0], lines + counts[1]
        seconds = time.perf_counter() - started
    if not pages:
        raise InputError(f"{paths[0]}: holds no page")
    return BenchResult(
        options.backend,
        detector=pipeline.detector.session.description if options.detect else "none",
        recognizer=pipeline.recognizer.session.description,
        pages=pages,
        lines=lines,
        load=load,
        first=first,
        seconds=seconds,
        wall=timing.wall,
        processor=timing.processor,
        peak_mb=peak_memory_mb(),
    )


def _read(pipeline: Any, path: Path, options: RunOptions, folder: Path) -> tuple[int, int]:
    """Reads and writes one document; gives the numbers of its pages and lines."""
    from ocr_pipeline.batch.outputs import Outputs, StoredPages
    from ocr_pipeline.batch.tasks import PageTree

    outputs = Outputs(folder, None, options)
    file = InputFile(path, PurePath(path.name))
    trees: list[PageTree] = []
    with open_document(file, options.reading) as document:
        frames = document.frames()
        while True:
            with stage("read"):
                number, frame = next(frames, (0, None))
            if frame is None:
                break
            page = pipeline.read_frame(frame, number)
            trees.append(PageTree(number - 1, page=page))
            with stage("write"):
                outputs.write_page(file, document.count == 1, page, frame.image)
    with stage("write"):
        outputs.write_files(file, StoredPages(trees))
    return len(trees), sum(len(tree.page.lines) for tree in trees if tree.page is not None)

# SPDX-License-Identifier: Apache-2.0
"""How pages are put together in chunks, and how many processes and threads read them.

Nets round differently in batches of different composition and with different numbers of
threads. Chunks and threads are therefore decided once and kept in the manifest: a run that goes
on after a kill reads the same chunks in the same way, and writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ocr_pipeline.batch.manifest import Manifest, PageRow
from ocr_pipeline.batch.resources import free_memory, processors
from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.core.devices import gpu_in_sight, resolve_device
from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.options import RunOptions

# Runs of no more files and pages than this are done in the process itself: others would take
# longer to start than they save.
SMALL = 8
# Pages of a chunk on a processor and on a GPU, which is only busy with many lines at a time.
CHUNK_PAGES = 8
GPU_CHUNK_PAGES = 32
# Chunks for each worker that a small input is cut into, so that they end at the same time.
CHUNKS_EACH = 4
CHUNK_PIXELS = 64_000_000
# Where a document does not say how large its pages are: A4 at 300 dpi.
USUAL_PIXELS = 8_700_000
# Memory of a worker: nets and libraries, one page on its way through them, and the decoded
# pages and crops of a chunk for each of its pixels. docs/batch.md says where these come from.
BASE_BYTES = {"torch": 1500 << 20, "onnx": 1000 << 20, "openvino": 750 << 20}
BYTES_PER_PIXEL = 6
# The share of the free memory that a run takes if nothing is said.
MEMORY_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is done.

    Attributes:
        inline: in this process, without workers.
        workers: worker processes.
        threads: threads of each worker's nets.
        chunk_pages: most pages of a chunk.
        chunk_pixels: most pixels of a chunk of several pages.
    """

    inline: bool
    workers: int
    threads: int
    chunk_pages: int
    chunk_pixels: int


def make_plan(options: RunOptions, batch: BatchOptions, small: bool, total: int) -> Plan:
    """Chooses processes, threads and sizes of chunks.

    Args:
        options, batch: what the user asked for; what is given there is not changed.
        small: there are so few pages that starting processes would take longer than reading.
        total: pages, as far as they are counted: more workers than that are no use.
    """
    if batch.engine == "ray":
        return _cluster_plan(options, batch, total)
    cores = processors()
    gpu = _on_gpu(options, batch)
    pixels, workers = CHUNK_PIXELS, 1
    inline = small and not batch.workers and not batch.devices and batch.timeout is None
    if not inline:
        workers = batch.workers or len(batch.devices)
        base, most = _base_bytes(options), cores
        if batch.memory is not None:
            pixels, most = _fit(batch.memory, workers, base)
        elif (free := free_memory()) is not None:
            # What happens to be free has no say in the chunks, and thus none in the results.
            most = _fit(int(free * MEMORY_SHARE), 0, base)[1]
        if not workers:
            workers = 1 if gpu else min(most, total, max(1, cores // (options.threads or 1)))
    threads = options.threads or max(1, cores // workers)
    pages = GPU_CHUNK_PAGES if gpu else CHUNK_PAGES
    return Plan(inline, workers, threads, pages, pixels)


def _cluster_plan(options: RunOptions, batch: BatchOptions, total: int) -> Plan:
    """The plan of a run on a cluster, whose processors and memory are not this machine's."""
    from ocr_pipeline.batch.executors.ray import spread

    workers, threads, gpu = spread(options, batch)
    workers = batch.workers or min(workers, total)
    pixels = CHUNK_PIXELS
    if batch.memory is not None:
        pixels = _fit(batch.memory, workers, _base_bytes(options))[0]
    return Plan(False, workers, threads, GPU_CHUNK_PAGES if gpu else CHUNK_PAGES, pixels)


def _base_bytes(options: RunOptions) -> int:
    """Memory of a worker but for what a chunk takes."""
    from ocr_pipeline.core.backends.choice import choices
    from ocr_pipeline.core.backends.session import SessionOptions

    wanted = SessionOptions(options.backend, options.device, options.precision)
    try:
        return BASE_BYTES[choices(wanted)[0].backend]
    except OcrError:  # said when the nets are loaded
        return BASE_BYTES["torch"]


def _fit(budget: int, workers: int, base: int) -> tuple[int, int]:
    """Pixels of a chunk and number of workers that memory suffices for.

    Args:
        budget: bytes.
        workers: number that the user wants, 0 if any will do.
        base: bytes of a worker without a chunk.
    """
    each = budget // workers if workers else base + CHUNK_PIXELS * BYTES_PER_PIXEL
    each = min(each, budget)
    pixels = max(each - base, 0) // BYTES_PER_PIXEL
    return min(CHUNK_PIXELS, max(pixels, USUAL_PIXELS // 4)), max(1, budget // each)


def _on_gpu(options: RunOptions, batch: BatchOptions) -> bool:
    """Whether the nets run on a GPU."""
    names = batch.devices or (
        options.detector_device or options.device,
        options.recognizer_device or options.device,
    )
    if any(name.partition(":")[0] not in ("auto", "cpu") for name in names):
        return True
    if "auto" not in names or options.backend not in ("auto", "torch") or not gpu_in_sight():
        return False
    return resolve_device("auto").type != "cpu"


def kept_plan(
    manifest: Manifest,
    options: RunOptions,
    batch: BatchOptions,
    *,
    small: bool,
    total: int,
    unfinished: bool,
) -> Plan:
    """The plan of the run that is gone on with, or a new one; kept in the manifest."""
    asked = [options.device, options.threads, batch.workers, list(batch.devices), batch.memory]
    asked += [batch.timeout is None, batch.engine]
    kept: dict[str, Any] = manifest.meta("plan", {})
    if unfinished and kept.get("asked") == asked:
        return Plan(**kept["plan"])
    plan = make_plan(options, batch, small, max(1, total))
    manifest.set_meta("plan", {"asked": asked, "plan": asdict(plan)})
    return plan


def cut(pages: Sequence[PageRow], later: int, plan: Plan) -> list[list[PageRow]]:
    """Puts consecutive pages together in chunks.

    Args:
        pages: those of a block of files, in order.
        later: files whose pages are still to be counted: each counts as a page.
        plan: limits.
    """
    total = len(pages) + later
    most = -(-total // (CHUNKS_EACH * plan.workers))
    most = min(max(most, 1), plan.chunk_pages)
    if plan.inline:
        most = plan.chunk_pages
    chunks: list[list[PageRow]] = []
    pixels = 0
    for page in pages:
        size = page.width * page.height or USUAL_PIXELS
        if not chunks or len(chunks[-1]) >= most or pixels + size > plan.chunk_pixels:
            chunks.append([])
            pixels = 0
        chunks[-1].append(page)
        pixels += size
    return chunks

# SPDX-License-Identifier: Apache-2.0
"""Where tasks are done: in this process, or in others."""

from __future__ import annotations

from ocr_pipeline.batch.executors.base import Executor
from ocr_pipeline.batch.executors.inline import Inline
from ocr_pipeline.batch.plan import Plan
from ocr_pipeline.batch.worker import WorkerSetup
from ocr_pipeline.batch_options import BatchOptions

__all__ = ["Executor", "Inline", "make_executor"]


def make_executor(setup: WorkerSetup, plan: Plan, batch: BatchOptions) -> Executor:
    """The executor that a plan and the options ask for; it is to be started."""
    if plan.inline:
        return Inline(setup, plan.threads)
    if batch.engine == "ray":
        from ocr_pipeline.batch.executors.ray import RayActors, spread

        gpu = spread(setup.options, batch)[2]
        return RayActors(setup, plan.workers, plan.threads, gpu, batch.page_seconds)
    from ocr_pipeline.batch.executors.processes import Processes

    devices: list[str | None] = [*batch.devices] or [None]
    places = [devices[i % len(devices)] for i in range(plan.workers)]
    return Processes(setup, places, plan.threads, batch.page_seconds)

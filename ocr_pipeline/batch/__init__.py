# SPDX-License-Identifier: Apache-2.0
"""Many documents: read in chunks by many workers, and nothing is lost when the run is killed."""

from __future__ import annotations

from ocr_pipeline.batch.engine import Batch, run_batch
from ocr_pipeline.batch.report import Failure, Report
from ocr_pipeline.batch_options import BatchOptions, Shard

__all__ = ["Batch", "BatchOptions", "Failure", "Report", "Shard", "run_batch"]

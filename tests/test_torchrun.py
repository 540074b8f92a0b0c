# SPDX-License-Identifier: Apache-2.0
"""Several processes train one net."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ocr_pipeline.core.weights import load_weights

HERE = Path(__file__).parent


@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch without distributed")
def test_two_processes_share_the_data_and_end_with_one_net(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", str(HERE / "tiny_run.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}
    for attempt in range(2):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        if not (attempt == 0 and "Signal 6" in done.stderr):
            break
        # Seen once in some hundred runs, and not found out why: a process aborts as it ends. What
        # the training itself does wrong is an exception or a wrong file, which count at once.
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
    assert done.returncode == 0, done.stderr[:3000] + done.stderr[-2000:]
    chunks, weights = [], []
    for rank in range(2):
        first, second = (tmp_path / f"rank{rank}.txt").read_text().splitlines()
        chunks.append(ast.literal_eval(first))
        weights.append(ast.literal_eval(second))
    assert not set(chunks[0]) & set(chunks[1])
    assert len(chunks[0]) >= 150
    assert weights[0] == weights[1]
    _, state = load_weights(tmp_path / "best.safetensors")
    assert float(state["weight"]) == pytest.approx(3.0, abs=0.2)

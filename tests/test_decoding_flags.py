# SPDX-License-Identifier: Apache-2.0
"""The switches of what settles readings in doubt reach what reads."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ocr_pipeline.cli.decoding_flags import DECODING
from ocr_pipeline.cli.main import cli
from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.options import RunOptions


@pytest.mark.parametrize("off", DECODING)
def test_a_server_reads_as_it_is_told(monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    from ocr_pipeline.serve.models import Models

    seen: list[RunOptions] = []

    def load(options: RunOptions, *rest: object) -> Models:
        seen.append(options)
        raise WeightsError("far enough")

    monkeypatch.setattr(Models, "load", load)
    CliRunner().invoke(cli, ["serve", "--port", "0", f"--no-{off.replace('_', '-')}"])
    assert [name for name in DECODING if not getattr(seen[0], name)] == [off]


def test_every_switch_is_an_option_of_a_run_and_of_decoding() -> None:
    from recognizer.predictor import DecodeOptions

    assert all(getattr(RunOptions(), name) is True for name in DECODING)
    assert all(getattr(DecodeOptions(), name) is True for name in DECODING)

# SPDX-License-Identifier: Apache-2.0
"""Help answers at once: no command imports a heavy package before it works."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ocr_pipeline.cli.main import COMMANDS

#: Packages that take a tenth of a second and more to import.
HEAVY = (
    *("numpy", "cv2", "PIL", "torch", "onnx", "onnxruntime", "openvino", "scipy", "shapely"),
    *("pypdfium2", "pikepdf", "fastapi", "uvicorn", "ray", "fsspec", "rapidfuzz", "matplotlib"),
)
#: Groups whose commands need arrays in their signatures.
GROUPS = {"synth", "data"}


def imported(arguments: list[str]) -> list[str]:
    """Heavy packages that a command line imports, asked of a fresh interpreter."""
    code = (
        "import sys; from ocr_pipeline.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert "Usage:" in done.stdout
    return done.stderr.split()


def test_the_list_of_commands_is_light() -> None:
    assert imported(["--help"]) == []


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - GROUPS))
def test_a_command_s_help_is_light(command: str) -> None:
    assert imported([command, "--help"]) == []

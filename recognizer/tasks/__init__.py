# SPDX-License-Identifier: Apache-2.0
"""The tasks that recognizers are trained for, by name."""

from __future__ import annotations

from importlib import import_module

from ocr_pipeline.core.errors import UsageError
from recognizer.tasks.preset import Preset, Renderer, RenderOptions

__all__ = ["PRESETS", "Preset", "RenderOptions", "Renderer", "load_preset"]

#: Module of each task; a module holds its ``PRESET``.
PRESETS = {
    "latin": "recognizer.tasks.latin",
    "chinese": "recognizer.tasks.chinese",
    "expressions": "recognizer.tasks.expressions",
    "plates-korea": "recognizer.tasks.plates_korea",
    "plates-china": "recognizer.tasks.plates_china",
    "captcha": "recognizer.tasks.captcha",
    "handwriting": "recognizer.tasks.handwriting",
}


def load_preset(name: str) -> Preset:
    """The task of a name.

    Raises:
        UsageError: if there is none.
    """
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}: use one of {', '.join(PRESETS)}")
    preset: Preset = import_module(PRESETS[name]).PRESET
    return preset

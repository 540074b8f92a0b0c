# SPDX-License-Identifier: Apache-2.0
"""Arithmetic expressions: digits, plus, minus, times and round brackets."""

from __future__ import annotations

from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from recognizer.synthesis.expressions import ExpressionOptions, ExpressionRenderer

    return ExpressionRenderer(ExpressionOptions(font_folders=options.font_dirs))


PRESET = Preset(
    name="expressions",
    summary="arithmetic expressions of digits, + - * and brackets",
    alphabet="0123456789+-*()",
    renderer=_renderer,
    # 48 rows leave three columns to a character of the longest expressions, one or two to a
    # bracket: CTC needs two where two brackets meet.
    options={"name": "expressions", "height": 48},
)

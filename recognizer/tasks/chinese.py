# SPDX-License-Identifier: Apache-2.0
"""Lines of print in simplified Chinese, with the Latin words and figures that occur in it."""

from __future__ import annotations

from recognizer.synthesis.chinese_alphabet import CHINESE_ALPHABET
from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from recognizer.synthesis.chinese import ChineseRenderer
    from recognizer.synthesis.chinese_text import ChineseText

    fonts = FontLibrary(list(options.font_dirs) or None)
    return ChineseRenderer(fonts, ChineseText(options.corpus), options.max_width)


PRESET = Preset(
    name="chinese",
    summary="lines of print in simplified Chinese",
    alphabet=CHINESE_ALPHABET,
    renderer=_renderer,
    # Steps of four pixels: two equal digits need three.
    options={"name": "densenet-chinese", "architecture": "densenet", "stride": 4, "growth": 12},
)

# SPDX-License-Identifier: Apache-2.0
"""Lines of print in Latin script."""

from __future__ import annotations

from ocr_pipeline.core.rendering.text import LATIN_ALPHABET
from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from ocr_pipeline.core.rendering.text import TextSource
    from recognizer.synthesis.lines import LineOptions, LineRenderer

    fonts = FontLibrary(list(options.font_dirs) or None)
    text = TextSource(alphabet=LATIN_ALPHABET, corpus=options.corpus)
    return LineRenderer(LineOptions(max_width=options.max_width), fonts=fonts, text=text)


PRESET = Preset(
    name="latin",
    summary="lines of print in Latin script",
    alphabet=LATIN_ALPHABET,
    renderer=_renderer,
    options={"name": "crnn-latin"},
)

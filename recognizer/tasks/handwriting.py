# SPDX-License-Identifier: Apache-2.0
"""Handwritten lines and words, English and French."""

from __future__ import annotations

from recognizer.synthesis.handwriting.text import HANDWRITING_ALPHABET
from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from recognizer.synthesis.handwriting.renderer import (
        HandwritingOptions,
        HandwritingRenderer,
    )

    return HandwritingRenderer(
        HandwritingOptions(
            max_width=options.max_width, corpus=options.corpus, font_folders=options.font_dirs
        )
    )


PRESET = Preset(
    name="handwriting",
    summary="handwritten lines and words, English and French",
    alphabet=HANDWRITING_ALPHABET,
    renderer=_renderer,
    # Small letters take a third of a line's height: 48 rows leave them enough to be told apart,
    # and narrow ones two columns.
    options={"name": "handwriting", "height": 48, "max_width": 960, "pool": "max"},
)

# SPDX-License-Identifier: Apache-2.0
"""Number plates of the Republic of Korea."""

from __future__ import annotations

from recognizer.plates import KOREAN_REGIONS, KOREAN_SYLLABLES, LATER_SYLLABLES
from recognizer.tasks.preset import Preset, Renderer, RenderOptions

_HANGUL = [*KOREAN_SYLLABLES.values(), *LATER_SYLLABLES.values(), *"".join(KOREAN_REGIONS.values())]


def _renderer(options: RenderOptions) -> Renderer:
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from recognizer.synthesis.plates.korea import KoreanPlates

    return KoreanPlates(FontLibrary(list(options.font_dirs) or None))


PRESET = Preset(
    name="plates-korea",
    summary="Korean number plates of one line and of two, 서울18나6897",
    alphabet="0123456789" + "".join(dict.fromkeys(_HANGUL)),
    renderer=_renderer,
    options={
        "name": "plates-korea",
        "height": 64,
        "line_width": 160,
        "rows": 2,
    },
)

# SPDX-License-Identifier: Apache-2.0
"""Number plates of the People's Republic of China."""

from __future__ import annotations

from recognizer.plates import CHINESE_LETTERS, CHINESE_PROVINCES, CHINESE_SPECIAL
from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from ocr_pipeline.core.rendering.fonts import FontLibrary
    from recognizer.synthesis.plates.china import ChinesePlates

    return ChinesePlates(FontLibrary(list(options.font_dirs) or None))


PRESET = Preset(
    name="plates-china",
    summary="Chinese number plates, 京A12345",
    alphabet="0123456789" + CHINESE_LETTERS + CHINESE_PROVINCES + CHINESE_SPECIAL,
    renderer=_renderer,
    options={
        "name": "plates-china",
        "height": 64,
        "line_width": 160,
        "rows": 2,
    },
)

# SPDX-License-Identifier: Apache-2.0
"""Captchas of 4 to 8 letters and digits, whose case matters."""

from __future__ import annotations

from recognizer.tasks.preset import Preset, Renderer, RenderOptions


def _renderer(options: RenderOptions) -> Renderer:
    from recognizer.synthesis.captcha import CaptchaOptions, CaptchaRenderer

    return CaptchaRenderer(CaptchaOptions(font_folders=options.font_dirs))


PRESET = Preset(
    name="captcha",
    summary="captchas of 4 to 8 letters and digits, with case",
    alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    renderer=_renderer,
    # Letters fill half of the image or less, so they need more rows than lines of print do.
    # Lines across them often differ from them in nothing but their colour.
    options={"name": "captcha", "height": 48, "max_width": 640, "color": "rgb"},
)

# SPDX-License-Identifier: Apache-2.0
"""Rendered lines as the net sees lines: what int8 is calibrated on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.preprocessing import prepare, round_up, stack
from recognizer.tasks import Renderer, RenderOptions, load_preset

#: Widest line, in pixels at a height of 32.
WIDEST = 960


def batches(
    header: Mapping[str, Any], count: int = 300, seed: int = 0
) -> Iterator[npt.NDArray[np.float32]]:
    """Inputs of the net, (1, planes, height, W) float32.

    Lines are drawn by the renderer of the training lines; the same ones each time, as long as
    the fonts are the same.

    Args:
        header: of the net: its alphabet and height.
        count: number of lines.
        seed: which lines.
    """
    size = header["preprocessing"]
    height, width = int(size["height"]), size.get("width", 0)
    renderer = _renderer(header)
    for index in range(count):
        line = prepare(renderer.render(seed, index).image, height, width, size["color"])
        yield stack([line], width or round_up(line.shape[-1], 64))


def _renderer(header: Mapping[str, Any]) -> Renderer:
    if header.get("preset", "latin") != "latin":
        return load_preset(header["preset"]).renderer(RenderOptions(max_width=WIDEST))
    from recognizer.synthesis.lines import LineOptions, LineRenderer

    return LineRenderer(LineOptions(max_width=WIDEST, alphabet="".join(header["alphabet"])))

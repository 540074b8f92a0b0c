# SPDX-License-Identifier: Apache-2.0
"""What a recognizer is made for: its renderer, its alphabet, and the net that suits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from recognizer.synthesis.lines import LineSample


@dataclass(frozen=True)
class RenderOptions:
    """What every task's renderer is made from.

    Attributes:
        font_dirs: folders with fonts; the system's when empty.
        corpus: text files for tasks that render running text.
        max_width: widest line, in pixels at the net's height.
    """

    font_dirs: tuple[Path, ...] = ()
    corpus: tuple[Path, ...] = ()
    max_width: int = 800


class Renderer(Protocol):
    """An endless set of labelled images."""

    def render(self, seed: int, index: int) -> LineSample:
        """Image number ``index`` of the set ``seed``: always the same one."""
        ...


@dataclass(frozen=True)
class Preset:
    """A task that recognizers are trained for.

    Attributes:
        name: as in ``--preset NAME`` and ``ocr synth NAME``.
        summary: one line for ``--help``.
        alphabet: the characters that are read, each once.
        renderer: makes the task's renderer.
        options: fields of ``RecognizerTrainOptions`` that differ from its defaults.
    """

    name: str
    summary: str
    alphabet: str
    renderer: Callable[[RenderOptions], Renderer]
    options: Mapping[str, Any] = field(default_factory=dict)

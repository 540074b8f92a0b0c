# SPDX-License-Identifier: Apache-2.0
"""Rendered pages, each a pure function of (seed, index)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from detector.synthesis import (
    articles,
    banners,
    cjk,
    forms,
    letters,
    office,
    receipts,
    scenes,
    tables,
)
from detector.synthesis.canvas import Canvas
from detector.synthesis.draft import Draft
from detector.synthesis.finish import finish
from detector.synthesis.page import PageOptions, PageSample

LAYOUTS: dict[str, Callable[[Draft], Canvas]] = {
    "receipt": receipts.receipt,
    "article": articles.article,
    "letter": letters.letter,
    "typescript": letters.typescript,
    "form": forms.form,
    "table": tables.table,
    "invoice": office.invoice,
    "card": office.card,
    "cjk": cjk.cjk,
    "screen": scenes.screen,
    "sign": scenes.sign,
    "banner": banners.banner,
}


class PageRenderer:
    """Draws pages with the boxes of their lines and words.

    Args:
        options: What pages to draw.
        fonts: A :class:`~ocr_pipeline.core.rendering.fonts.FontLibrary`; None finds the system's.
        text: A :class:`~ocr_pipeline.core.rendering.text.TextSource`; None means the packaged one.
    """

    def __init__(
        self, options: PageOptions | None = None, fonts: Any = None, text: Any = None
    ) -> None:
        self.options = options or PageOptions()
        if fonts is None:
            from ocr_pipeline.core.rendering.fonts import FontLibrary

            fonts = FontLibrary()
        if text is None:
            from ocr_pipeline.core.rendering.text import TextSource

            text = TextSource(alphabet=self.options.alphabet)
        self.fonts = fonts
        self.text = text
        kinds = {k: w for k, w in self.options.kinds.items() if w > 0 and k in LAYOUTS}
        self._kinds = list(kinds)
        self._shares = np.array(list(kinds.values())) / sum(kinds.values())

    def render(self, seed: int, index: int) -> PageSample:
        """Draw page ``index`` of the run ``seed``."""
        rng = np.random.default_rng((seed, index))
        kind = str(rng.choice(self._kinds, p=self._shares))
        draft = Draft(rng, self.fonts, self.text, self.options)
        canvas = LAYOUTS[kind](draft)
        image, lines = finish(draft, canvas, kind)
        return PageSample(image, lines, kind)

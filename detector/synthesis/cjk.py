# SPDX-License-Identifier: Apache-2.0
"""Pages in Chinese, Japanese and Korean: random characters set as running text and lists.

A detector needs the look of these scripts, not their sense.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from detector.synthesis import clutter, letters
from detector.synthesis.canvas import Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.rows import Cell, put_row
from ocr_pipeline.core.errors import FontError

_MARKS = "，，，，，。。。。、：；！？"
_SAMPLE = {"han": "的一是中", "kana": "のあアン", "hangul": "가나다한"}


@lru_cache(maxsize=1)
def common_han() -> str:
    """The 3755 characters of GB 2312's first level, in its order."""
    codes = (bytes((0xB0 + k // 94, 0xA1 + k % 94)) for k in range(3755))
    return "".join(code.decode("gb2312") for code in codes)


def _pool(script: str) -> str:
    """The characters that running text of a script is drawn from."""
    if script == "hangul":
        return "".join(map(chr, range(0xAC00, 0xD7A4, 7)))
    if script == "kana":
        kana = "".join(map(chr, [*range(0x3042, 0x3094), *range(0x30A2, 0x30F4)]))
        return kana * 20 + common_han()
    return common_han()


def _text(draft: Draft, style: Style, pool: str, count: int, marks: bool = True) -> str:
    """``count`` characters or so, with punctuation, figures and a Latin word now and then."""
    picks = draft.rng.integers(0, len(pool), count)
    out: list[str] = []
    run = draft.between(3, 12)
    for k in picks:
        out.append(pool[int(k)])
        run -= 1
        if marks and run <= 0:
            run = draft.between(3, 12)
            out.append(draft.pick(_MARKS))
            if draft.chance(0.06):
                out.append(
                    draft.pick([str(draft.between(1, 2030)), "A4", "No.", "kg", "Web", "95%"])
                )
    return "".join(c for c in out if style.face.covers(c))


def cjk(draft: Draft) -> Canvas:
    """An article, a list or a form-like page; a plain article where no such face is installed."""
    script = str(draft.rng.choice(["han", "kana", "hangul"], p=[0.7, 0.15, 0.15]))
    alphabet = draft.options.alphabet
    try:
        face = draft.fonts.choose(draft.rng, text=_SAMPLE[script], category="cjk")
    except FontError:
        return letters.typescript(draft)
    if alphabet is not None and not set(_SAMPLE[script]) <= set(alphabet):
        return letters.typescript(draft)
    canvas = letters.sheet(draft)
    style = Style(face, round(canvas.width / draft.uniform(28, 52)), draft.ink())
    pool = _pool(script)
    margin = canvas.width * draft.uniform(0.05, 0.12)
    y = canvas.height * draft.uniform(0.04, 0.1)
    if draft.chance(0.7):
        big = style.scaled(draft.uniform(1.3, 2.4))
        title = _text(draft, big, pool, draft.between(3, 14), marks=False)
        canvas.put(canvas.width / 2, y + big.band[0], title, big, anchor="m")
        y += 2 * big.height
    bottom = canvas.height * draft.uniform(0.85, 0.96)
    columns = draft.pick([1, 1, 2])
    gutter = 2 * style.height
    width = (canvas.width - 2 * margin - gutter * (columns - 1)) / columns
    for number in range(columns):
        left = margin + number * (width + gutter)
        if draft.chance(0.25):
            _list(draft, canvas, style, pool, left, width, y, bottom)
        else:
            _prose(draft, canvas, style, pool, left, width, y, bottom)
    return canvas


def _prose(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    pool: str,
    x: float,
    width: float,
    y: float,
    bottom: float,
) -> None:
    """Paragraphs with the first line indented by two characters."""
    pitch = style.size * draft.uniform(1.25, 1.9)
    spaced = replace(style, tracking=draft.pick([0.0, 0.0, 0.0, 0.08]))
    indent = 2 * style.size if draft.chance(0.8) else 0.0
    while y + pitch < bottom:
        rest = _text(draft, style, pool, draft.between(10, 160))
        start = indent
        while rest and y + pitch < bottom:
            count = _fitting(spaced, rest, width - start)
            canvas.put(x + start, round(y + style.band[0]), rest[:count], spaced)
            rest, start = rest[count:], 0.0
            y += pitch
        if draft.clutter(0.05) and y + 8 * pitch < bottom:
            clutter.figure(draft, canvas, x, y, width, 6 * pitch)
            y += 7 * pitch


def _fitting(style: Style, text: str, width: float) -> int:
    """How many characters of a text fit into the width, at least one."""
    advances = np.cumsum([style.length(c) for c in text[: int(width / style.size * 3) + 1]])
    return max(1, int(np.searchsorted(advances, width, side="right")))


def _list(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    pool: str,
    x: float,
    width: float,
    y: float,
    bottom: float,
) -> None:
    """Names at the left, figures or short texts at the right."""
    pitch = style.size * draft.uniform(1.3, 2.2)
    ruled = draft.chance(0.4)
    while y + pitch < bottom:
        name = _text(draft, style, pool, draft.between(2, 8), marks=False)
        value = (
            draft.text.amount(draft.rng)
            if draft.chance(0.7)
            else _text(draft, style, pool, draft.between(1, 4), marks=False)
        )
        put_row(
            canvas, [Cell(x, name), Cell(x + width, value, "r")], round(y + style.band[0]), style
        )
        y += pitch
        if ruled:
            low = y - (pitch - style.height) / 2
            canvas.rule(x, low, x + width, low, style.fill)

# SPDX-License-Identifier: Apache-2.0
"""Text that is not on plain paper: signs before photographs, slides, screens and web pages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.synthesis import clutter
from detector.synthesis.canvas import BLACK, Canvas, Color, Style
from detector.synthesis.draft import WHITE, Draft
from detector.synthesis.prose import Column, paragraph, wrap
from detector.synthesis.rows import Cell, put_row


def sign(draft: Draft) -> Canvas:
    """Signs, posters and captions: a few large lines on boards or straight on a picture."""
    width = draft.width(0.0, 0.8)
    canvas = draft.canvas(width, width * draft.uniform(0.6, 1.3))
    canvas.image.paste(clutter.photo(draft.rng, canvas.width, canvas.height))
    y = canvas.height * draft.uniform(0.03, 0.2)
    while y < canvas.height * 0.85:
        size = width / draft.uniform(9, 32)
        y = _board(draft, canvas, y, size)
        y += size * draft.uniform(0.5, 3)
    return canvas


def _board(draft: Draft, canvas: Canvas, y: float, size: float) -> float:
    """One sign with one to four lines; returns the y below."""
    boarded = draft.chance(0.7)
    ground = (
        draft.vivid(draft.uniform(0.1, 0.95)) if draft.chance(0.7) else draft.pick([WHITE, BLACK])
    )
    style = draft.style(
        size,
        draft.pick(["sans", "sans", "display", "serif"]),
        fill=_against(draft, ground),
        tracking=draft.pick([0.0, 0.0, 0.08]),
    )
    most = canvas.width * draft.uniform(0.35, 0.9)
    text = draft.title(draft.between(1, 7))
    lines = wrap(canvas, text, style, most - 2 * size)[:4]
    if not lines:
        return y + size
    wide = max(canvas.measure(line, style) for line in lines) + draft.uniform(0.8, 2.5) * size
    high = len(lines) * style.height * 1.15 + draft.uniform(0.4, 1.2) * size
    x = draft.uniform(0, max(1.0, canvas.width - wide))
    if y + high > canvas.height - 4:
        return float(canvas.height)
    if boarded:
        canvas.box(
            x,
            y,
            x + wide,
            y + high,
            draft.pick([None, style.fill]),
            ground,
            size / 12,
            radius=draft.pick([0, size / 3]),
        )
    else:  # dark or light letters, whichever the picture needs, with a soft veil behind them
        patch = np.asarray(
            canvas.image.crop((round(x), round(y), round(x + wide), round(y + high)))
        )
        dark = float(patch.mean()) < 128
        style = replace(style, fill=WHITE if dark else BLACK)
        canvas.image.paste(
            BLACK if dark else WHITE,
            (round(x), round(y), round(x + wide), round(y + high)),
            _veil(patch.shape[:2], draft.between(40, 170)),
        )
    at = y + (high - len(lines) * style.height * 1.15) / 2
    for line in lines:
        canvas.put(x + wide / 2, round(at + style.band[0]), line, style, anchor="m", width=wide)
        at += style.height * 1.15
    return y + high


def _veil(shape: tuple[int, ...], level: int):  # type: ignore[no-untyped-def]
    """An even mask of ``shape``."""
    from PIL import Image

    return Image.new("L", (shape[1], shape[0]), level)


def _against(draft: Draft, ground: Color) -> Color:
    """An ink that can be read on the ground."""
    light = 0.299 * ground[0] + 0.587 * ground[1] + 0.114 * ground[2]
    if draft.chance(0.6):
        return WHITE if light < 140 else BLACK
    return draft.vivid(0.92) if light < 120 else draft.vivid(0.18)


def screen(draft: Draft) -> Canvas:
    """A web page, a mail, a dialogue or a slide: bars, buttons, links, small type, pictures."""
    width = draft.width(0.1, 1.0)
    dark = draft.chance(0.2)
    ground = (
        draft.pick([(24, 26, 30), (0, 0, 0), (40, 44, 52)])
        if dark
        else draft.pick([WHITE, WHITE, (245, 246, 248), draft.vivid(0.95)])
    )
    canvas = draft.canvas(width, width * draft.uniform(0.55, 1.2), ground=ground)
    ink = (230, 230, 230) if dark else draft.pick([BLACK, (51, 51, 51), (85, 85, 85)])
    style = draft.style(
        draft.uniform(11, 22), draft.pick(["sans", "sans", "sans", "serif", "mono"]), fill=ink
    )
    accent = draft.vivid(0.6 if dark else 0.4)
    y = _navigation(draft, canvas, style, accent)
    side = canvas.width * draft.uniform(0.18, 0.28) if draft.chance(0.5) else 0.0
    if side:
        _sidebar(draft, canvas, style, accent, side, y)
    left = side + style.size * 1.5
    while y + 4 * style.height < canvas.height:
        y = _block(draft, canvas, style, accent, left, canvas.width - left - style.size * 1.5, y)
        y += style.height * draft.uniform(0.5, 1.5)
    return canvas


def _navigation(draft: Draft, canvas: Canvas, style: Style, accent: Color) -> float:
    """The bar on top; returns the y below."""
    high = style.height * draft.uniform(1.6, 3)
    if draft.chance(0.7):
        fill = accent if draft.chance(0.6) else draft.pick([BLACK, (235, 235, 235)])
        canvas.box(0, 0, canvas.width, high, None, fill)
        style = replace(style, fill=_against(draft, fill))
    x = style.size
    if draft.clutter(0.5):
        clutter.logo(draft, canvas, x, high * 0.15, high * 0.7, high * 0.7)
        x += high
    baseline = round(high / 2 - style.height / 2 + style.band[0])
    for _ in range(draft.between(2, 8)):
        extent = canvas.put(
            x,
            baseline,
            draft.words(draft.between(1, 2)).title(),
            style,
            width=canvas.width - x - style.size,
        )
        if extent is None:
            break
        x = extent.right + style.height * draft.uniform(1.0, 2.0)
    return high + style.height


def _sidebar(
    draft: Draft, canvas: Canvas, style: Style, accent: Color, width: float, y: float
) -> None:
    """A list of links down the left side."""
    pitch = style.height * draft.uniform(1.2, 2)
    link = replace(
        style, fill=accent if draft.chance(0.5) else style.fill, underline=draft.chance(0.15)
    )
    for _ in range(draft.between(4, 18)):
        if y + pitch > canvas.height:
            return
        canvas.put(
            style.size,
            round(y + style.band[0]),
            draft.words(draft.between(1, 3)).capitalize(),
            link,
            width=width - style.size,
        )
        y += pitch


def _block(
    draft: Draft, canvas: Canvas, style: Style, accent: Color, x: float, width: float, y: float
) -> float:
    """A heading with text, a row of cards, buttons, a picture, or fields; returns the y below."""
    kind = draft.between(0, 4)
    column = Column(x, width, canvas.height, round(style.height * draft.uniform(1.05, 1.4)))
    if kind <= 1:
        big = style.scaled(draft.uniform(1.2, 2.4))
        if draft.chance(0.3):
            big = replace(big, fill=accent)
        y = paragraph(
            canvas,
            draft.title(draft.between(2, 7)),
            big,
            replace(column, pitch=big.height * 1.1),
            y,
        )
        text = draft.text.paragraph(draft.rng, draft.between(10, 80))
        return paragraph(canvas, text, style, column, y + style.height * 0.4)
    if kind == 2:
        return _cards(draft, canvas, style, accent, column, y)
    if kind == 3:
        return _buttons(draft, canvas, style, accent, x, width, y)
    high = min(canvas.height - y - style.height, width * draft.uniform(0.2, 0.45))
    if high > 20 and draft.clutter(0.8):
        clutter.figure(draft, canvas, x, y, width * draft.uniform(0.4, 1.0), high)
    return y + max(high, style.height)


def _cards(
    draft: Draft, canvas: Canvas, style: Style, accent: Color, column: Column, y: float
) -> float:
    """Two to four boxes beside each other, each with a picture, a heading and a text."""
    count = draft.between(2, 4)
    gap = 1.2 * style.height
    step = (column.width + gap) / count
    framed = draft.chance(0.6)
    lowest = y
    picture = style.height * draft.uniform(2, 6) if draft.clutter(0.6) else 0.0
    for k in range(count):
        inner = replace(column, x=column.x + k * step + gap / 2, width=step - 2 * gap)
        at = y + style.height * 0.5
        if picture and at + picture < canvas.height:
            clutter.figure(draft, canvas, inner.x, at, inner.width, picture)
            at += picture + style.height * 0.4
        at = paragraph(
            canvas,
            draft.title(draft.between(1, 3)),
            replace(style.scaled(1.2), fill=accent),
            inner,
            at,
        )
        at = paragraph(canvas, draft.text.sentence(draft.rng, 80), style, inner, at)
        lowest = max(lowest, at)
    for k in range(count if framed else 0):
        canvas.box(
            column.x + k * step,
            y,
            column.x + (k + 1) * step - gap,
            lowest + style.height * 0.4,
            (200, 200, 200),
            radius=draft.pick([0, 6]),
        )
    return lowest


def _buttons(
    draft: Draft, canvas: Canvas, style: Style, accent: Color, x: float, width: float, y: float
) -> float:
    """Buttons, or labelled input fields; returns the y below."""
    high = style.height * draft.uniform(1.3, 2.0)
    baseline = round(y + (high - style.height) / 2 + style.band[0])
    end = x + width
    if draft.chance(0.5):
        while x + 6 * style.size < end:
            text = draft.words(draft.between(1, 2)).title()
            wide = canvas.measure(text, style) + 1.6 * style.size
            if x + wide > end:
                break
            fill = accent if draft.chance(0.6) else (225, 225, 225)
            canvas.box(
                x,
                y,
                x + wide,
                y + high,
                draft.pick([None, (150, 150, 150)]),
                fill,
                radius=draft.pick([0, 4, high / 2]),
            )
            canvas.put(
                x + wide / 2, baseline, text, replace(style, fill=_against(draft, fill)), anchor="m"
            )
            x += wide + style.size * draft.uniform(0.5, 1.5)
        return y + high
    for _ in range(draft.between(1, 5)):
        if y + high > canvas.height:
            break
        tab = x + width * 0.3
        baseline = round(y + (high - style.height) / 2 + style.band[0])
        canvas.box(
            tab,
            y,
            tab + width * 0.5,
            y + high,
            (150, 150, 150),
            None if style.fill[0] > 128 else WHITE,
        )
        value = draft.pick([draft.text.name, draft.text.email, draft.text.date])(draft.rng)
        put_row(
            canvas,
            [Cell(x, draft.words(2).capitalize()), Cell(tab + 0.5 * style.size, value)],
            baseline,
            style,
        )
        y += high * 1.2
    return y

# SPDX-License-Identifier: Apache-2.0
"""Small pictures made on a computer: banners, buttons, logos with names, offers, covers.

Type of all sizes stands on one picture, coloured, shadowed or outlined, among shapes and
photographs whose bars, grids and wheels are no text.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from detector.synthesis import clutter
from detector.synthesis.canvas import BLACK, Canvas, Color, Style
from detector.synthesis.draft import WHITE, Draft
from detector.synthesis.prose import wrap

_HEAVY = re.compile(r"bold|black|heavy|cond|narrow|impact|anton|bebas|oswald", re.I)


def banner(draft: Draft) -> Canvas:
    """A banner, an offer or a cover: groups of lines from fine print to headlines."""
    width = draft.width(0.0, 0.35) * draft.uniform(0.55, 1.0)
    canvas = draft.canvas(width, width * draft.uniform(0.25, 1.1), ground=_ground(draft))
    if draft.chance(0.35):
        canvas.image.paste(clutter.photo(draft.rng, canvas.width, canvas.height))
    elif draft.chance(0.4):
        _shade(draft, canvas)
    for _ in range(draft.between(0, 4)):
        _thing(draft, canvas)
    y = canvas.height * draft.uniform(0.02, 0.25)
    largest = min(70.0, canvas.height / 3 + 10)
    if draft.chance(0.4):  # a few words that are the picture
        largest = max(largest, min(canvas.height * 0.6, canvas.width / 4))
    if draft.chance(0.4):
        y = _slogan(draft, canvas, y)
    while y < canvas.height * 0.92:
        size = float(np.exp(draft.uniform(np.log(9), np.log(largest))))
        y = _group(draft, canvas, y, size) + size * draft.uniform(0.3, 2.0)
    return canvas


def _ground(draft: Draft) -> Color:
    return draft.pick([WHITE, WHITE, BLACK, draft.vivid(draft.uniform(0.1, 0.95))])


def _shade(draft: Draft, canvas: Canvas) -> None:
    """A ground that runs from one colour to another, downwards or to the right."""
    ends = np.array([canvas.paper, draft.vivid(draft.uniform(0.1, 0.95))], float)
    down = draft.chance(0.7)
    length = canvas.height if down else canvas.width
    for at in range(length):
        mixed = ends[0] + (ends[1] - ends[0]) * at / length
        fill = (int(mixed[0]), int(mixed[1]), int(mixed[2]))
        line = (0, at, canvas.width, at) if down else (at, 0, at, canvas.height)
        canvas.draw.line(line, fill=fill)


def _thing(draft: Draft, canvas: Canvas) -> None:
    """Something that is no text: a picture, a mark, a grille, a wheel, dots, a ribbon."""
    wide = canvas.width * draft.uniform(0.06, 0.45)
    high = min(canvas.height * 0.8, wide * draft.uniform(0.3, 1.4))
    x = draft.uniform(-0.1 * wide, canvas.width - 0.9 * wide)
    y = draft.uniform(-0.1 * high, canvas.height - 0.9 * high)
    if not draft.clutter(1.0):
        return
    kind = draft.between(0, 6)
    fill = draft.vivid(draft.uniform(0.1, 0.95))
    if kind == 0:
        image = clutter.photo(draft.rng, round(wide), round(high))
        canvas.image.paste(image, (round(x), round(y)))
    elif kind == 1:
        clutter.logo(draft, canvas, x, y, wide, high)
    elif kind in (2, 3):
        pitch = draft.uniform(3, 18)
        bar = pitch * draft.uniform(0.2, 0.7)
        for at in np.arange(x, x + wide, pitch):
            canvas.box(at, y, at + bar, y + high, None, fill)
        if kind == 3:
            for at in np.arange(y, y + high, pitch * draft.uniform(0.8, 2.5)):
                canvas.rule(x, at, x + wide, at, draft.vivid(draft.uniform(0.1, 0.95)), bar)
    elif kind == 4:
        for ring in range(draft.between(1, 4)):
            step = ring * high / 9
            box = (x + step, y + step, x + high - step, y + high - step)
            canvas.draw.ellipse(box, outline=fill, width=max(1, round(high / 25)))
        for angle in np.arange(0, np.pi, np.pi / draft.between(2, 12)):
            dx, dy = np.cos(angle) * high / 2, np.sin(angle) * high / 2
            cx, cy = x + high / 2, y + high / 2
            canvas.rule(cx - dx, cy - dy, cx + dx, cy + dy, fill, max(1.0, high / 60))
    elif kind == 5:
        pitch = draft.uniform(3, 9)
        for at in np.arange(x, x + wide, pitch):
            canvas.draw.ellipse((at, y, at + pitch / 2, y + pitch / 2), fill=fill)
    else:
        canvas.box(x, y, x + wide, y + high, None, fill, radius=draft.pick([0, high / 4]))


def _group(draft: Draft, canvas: Canvas, y: float, size: float) -> float:
    """One to four lines of one size, alone or on a button; returns the y below."""
    room = canvas.width * draft.uniform(0.4, 0.95)
    style = draft.style(
        size,
        draft.pick(["sans", "sans", "sans", "display", "display", "serif"]),
        fill=BLACK,
        tracking=draft.pick([0.0, 0.0, 0.0, 0.06, 0.25]),
    )
    text = (
        draft.title(draft.between(1, 4))
        if draft.chance(0.6)
        else str(draft.text.placard(draft.rng))
        if draft.chance(0.5)
        else draft.text.sentence(draft.rng, 90)
    )
    lines = wrap(canvas, text, style, room)[: draft.between(1, 4)]
    style = _fit(canvas, lines, style, canvas.width - 10 - size / 6)
    size = style.size
    high = len(lines) * style.height * 1.1
    if not lines or y + high > canvas.height - 2:
        return y + size
    wide = max(canvas.measure(line, style) for line in lines)
    left = 3.0 + size / 12  # room for an outline
    x = draft.uniform(left, max(left + 1, canvas.width - wide - 2 * left))
    anchor = draft.pick(["l", "l", "m"])
    _board(draft, canvas, (x, y, x + wide, y + high), size)
    style = replace(style, fill=_ink(draft, float(_under(canvas, x, y, wide, high).mean())))
    for line in lines:
        at = round(y + style.band[0])
        _put(draft, canvas, x + (wide / 2 if anchor == "m" else 0), at, line, style, anchor)
        y += style.height * 1.1
    return y


def _fit(canvas: Canvas, lines: list[str], style: Style, room: float) -> Style:
    """The style, smaller where a line would be longer than the room: twice, because hinted
    advances do not grow with the size as the size does."""
    for _ in range(2):
        widest = max((canvas.measure(line, style) for line in lines), default=0.0)
        if widest > room:
            style = style.scaled(room / widest)
    return style


def _slogan(draft: Draft, canvas: Canvas, y: float) -> float:
    """Two to four short lines of heavy type that fill the picture, set as tightly as headlines
    are: capitals almost touch, above each other and side by side; returns the y below."""
    style = draft.style(20, draft.pick(["sans", "display", "display"]), fill=BLACK)
    for _ in range(6):
        if _HEAVY.search(style.face.name):
            break
        style = draft.style(20, draft.pick(["sans", "display"]), fill=BLACK)
    tracking = draft.uniform(-0.05, 0.02)
    style = replace(style, tracking=tracking, stretch=(draft.uniform(0.65, 1.05), 1.0))
    count, capitals, filled = draft.between(1, 4), draft.chance(0.8), draft.chance(0.5)
    texts = [draft.words(draft.between(1, 3)) for _ in range(count)]
    texts = [text.upper() if capitals else text.capitalize() for text in texts]
    lengths = [canvas.measure(text, style) for text in texts]
    if min(lengths) < 1:
        return y
    wide = canvas.width * draft.uniform(0.35, 0.95)
    left = 2.0 + canvas.height / 25  # room for an outline
    x = draft.uniform(left, max(left + 1, canvas.width - wide - 2 * left))
    fits = [wide / (length if filled else max(lengths)) for length in lengths]
    lines = [style.scaled(min(fit, canvas.height / 2.2 / style.cap)) for fit in fits]
    lines = [_fit(canvas, [text], line, wide) for text, line in zip(texts, lines, strict=True)]
    leading = draft.uniform(1.12, 1.4)
    below = lines[-1].height - lines[-1].band[0]
    shrink = (canvas.height - y - 4) / (sum(line.cap for line in lines) * leading + below + 1)
    if shrink < 0.2:
        return y
    if shrink < 1:
        lines = [line.scaled(shrink) for line in lines]
    high = sum(line.cap for line in lines) * leading
    ink = _ink(draft, float(_under(canvas, x, y, wide, high).mean()))
    baseline = y + lines[0].band[0] - lines[0].cap * leading
    for text, line in zip(texts, lines, strict=True):
        baseline += line.cap * leading
        fill = _ink(draft, float(_under(canvas, x, y, wide, high).mean()))
        one = replace(line, fill=ink if draft.chance(0.75) else fill)
        _put(draft, canvas, x, round(baseline), text, one, "l")
    return baseline + lines[-1].band[1]


def _under(canvas: Canvas, x: float, y: float, wide: float, high: float) -> np.ndarray:
    """Grey levels of what lies where a text is to stand."""
    box = (round(x), round(y), round(x + wide) + 1, round(y + high) + 1)
    return np.asarray(canvas.image.crop(box).convert("L"))


def _board(
    draft: Draft, canvas: Canvas, box: tuple[float, float, float, float], size: float
) -> None:
    """A button or a label under a text: now and then, and where the ground is too busy to read."""
    left, top, right, bottom = box
    busy = float(_under(canvas, left, top, right - left, bottom - top).std()) > 30
    if not busy and not draft.chance(0.2):
        return
    pad = size * draft.uniform(0.2, 0.8)
    fill = draft.vivid(draft.uniform(0.1, 0.9)) if draft.chance(0.7) else draft.pick([WHITE, BLACK])
    edge = draft.pick([None, BLACK, WHITE])
    radius = draft.pick([0, 4, pad])
    y0, y1 = top - pad / 2, bottom + pad / 2
    canvas.box(left - pad, y0, right + pad, y1, edge, fill, radius=radius)


def _ink(draft: Draft, light: float) -> Color:
    """A colour that stands off from a ground of that lightness."""
    if draft.chance(0.5):
        return WHITE if light < 130 else BLACK
    level = draft.uniform(0.8, 0.97) if light < 130 else draft.uniform(0.05, 0.3)
    return draft.vivid(level)


def _put(
    draft: Draft, canvas: Canvas, x: float, y: float, text: str, style: Style, anchor: str
) -> None:
    """Draw a line plain, over its shadow, or within an outline."""
    kind = draft.rng.random()
    far = max(1, round(style.size / 16))
    shifts = [(far, far)] if kind < 0.15 else []
    if 0.15 <= kind < 0.27 and style.size >= 18:
        shifts = [(dx, dy) for dx in (-far, 0, far) for dy in (-far, 0, far) if dx or dy]
    dark = sum(style.fill) < 380
    around = replace(style, fill=WHITE if dark else BLACK)
    kept = list(canvas.lines)
    for dx, dy in shifts:
        canvas.put(x + dx, y + dy, text, around, anchor=anchor)
    canvas.lines = kept
    canvas.put(x, y, text, style, anchor=anchor)

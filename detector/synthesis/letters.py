# SPDX-License-Identifier: Apache-2.0
"""Letters, memoranda and typescripts."""

from __future__ import annotations

from dataclasses import replace

from detector.synthesis import clutter, phrases
from detector.synthesis.canvas import BLACK, Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.prose import Column, fill, paragraph
from detector.synthesis.rows import Cell, put_row


def sheet(draft: Draft, low: float = 0.3, high: float = 1.0) -> Canvas:
    """An upright page, or what a scanner's glass saw of it."""
    width = draft.width(low, high)
    return draft.canvas(width, width * draft.uniform(1.25, 1.45), tone=draft.paper())


def letter(draft: Draft) -> Canvas:
    """A letter, a memorandum or a printed e-mail."""
    canvas = sheet(draft)
    margin = canvas.width * draft.uniform(0.07, 0.14)
    width = canvas.width - 2 * margin
    style = draft.style(canvas.width / draft.uniform(42, 66), draft.body_category())
    y = canvas.height * draft.uniform(0.02, 0.07)
    y = _letterhead(draft, canvas, style, margin, y)
    pitch = round(style.height * draft.uniform(1.02, 1.4))
    column = Column(
        margin,
        width,
        canvas.height * 0.86,
        pitch,
        gap=pitch * draft.uniform(0.4, 1.0),
        align="justify" if draft.chance(0.35) else "left",
        indent=style.size * 2 if draft.chance(0.25) else 0,
    )
    if draft.chance(0.3):
        y = _memo_head(draft, canvas, style, column, y)
    else:
        y = _address_block(draft, canvas, style, column, y)
    for _ in range(draft.between(1, 5)):
        if y + 4 * pitch > column.bottom:
            break
        text = draft.text.paragraph(draft.rng, draft.between(15, 110))
        y = paragraph(canvas, text, style, column, y) + column.gap
    _sign(draft, canvas, style, column, y)
    running(draft, canvas, style, margin)
    return canvas


def _letterhead(draft: Draft, canvas: Canvas, style: Style, margin: float, y: float) -> float:
    """Mark, name and address of the sender; returns the y below."""
    if draft.chance(0.2):
        return y + style.size * 2
    color = draft.ink() if draft.chance(0.5) else draft.vivid(draft.uniform(0.15, 0.45))
    big = draft.style(
        style.size * draft.uniform(1.3, 2.6), fill=color, tracking=draft.pick([0, 0, 0, 0.1, 0.2])
    )
    small = replace(style.scaled(draft.uniform(0.65, 0.95)), fill=color)
    anchor = draft.pick(["l", "m", "r"])
    x = {"l": margin, "m": canvas.width / 2, "r": canvas.width - margin}[anchor]
    if draft.clutter(0.4):
        size = big.height * draft.uniform(1.5, 3)
        at = canvas.width - margin - size if anchor == "l" else margin
        clutter.logo(draft, canvas, at, y, size, size)
    name = draft.text.company(draft.rng)
    canvas.put(
        x,
        y + big.band[0],
        name.upper() if draft.chance(0.4) else name,
        big,
        anchor=anchor,
        width=canvas.width * 0.7,
    )
    y += big.height * 1.15
    lines = [
        draft.text.address(draft.rng),
        draft.text.phone(draft.rng),
        draft.text.email(draft.rng),
        draft.text.url(draft.rng),
    ]
    if draft.chance(0.3):  # all on one row, parted by dots or bars
        joint = draft.pick([" • ", " | ", " - ", "   "])
        canvas.put(
            x,
            y + small.band[0],
            joint.join(lines[:3]),
            small,
            anchor=anchor,
            width=canvas.width * 0.8,
        )
        y += small.height * 1.3
    else:
        for text in lines[: draft.between(1, 4)]:
            canvas.put(x, y + small.band[0], text, small, anchor=anchor, width=canvas.width * 0.5)
            y += small.height * 1.15
    y += small.height * 0.5
    if draft.chance(0.35):
        canvas.rule(margin, y, canvas.width - margin, y, color, draft.uniform(1, 4))
    return y + style.height * draft.uniform(0.8, 2.5)


def _memo_head(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """To, from, date, subject with their values at a tab stop."""
    tab = column.x + style.size * draft.uniform(5.5, 9)
    label = (
        replace(style, face=draft.fonts.choose(draft.rng, text="Aag09", category="sans"))
        if draft.chance(0.3)
        else style
    )
    for name in draft.pick(phrases.MEMO_HEADS):
        value = draft.pick(
            [
                draft.text.name(draft.rng),
                draft.text.date(draft.rng),
                draft.words(draft.between(2, 7)).title(),
            ]
        )
        baseline = round(y + style.band[0])
        put_row(canvas, [Cell(column.x, name)], baseline, label)
        canvas.put(tab, baseline, value, style, width=column.x + column.width - tab)
        y += column.pitch * draft.uniform(1.0, 1.6)
    if draft.chance(0.5):
        canvas.rule(column.x, y, column.x + column.width, y, BLACK, draft.uniform(1, 3))
    return y + column.pitch


def _address_block(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Date, addressee, subject and greeting."""
    right = column.x + column.width
    at_right = draft.chance(0.4)
    canvas.put(
        right if at_right else column.x,
        round(y + style.band[0]),
        draft.text.date(draft.rng),
        style,
        anchor="r" if at_right else "l",
    )
    y += column.pitch * draft.uniform(1.5, 3)
    name = draft.text.name(draft.rng)
    address = draft.text.address(draft.rng).split(", ")
    for text in (name, draft.text.company(draft.rng), *address):
        canvas.put(column.x, round(y + style.band[0]), text, style, width=column.width * 0.6)
        y += column.pitch
    y += column.pitch * draft.uniform(0.5, 1.5)
    if draft.chance(0.5):
        head = replace(style, underline=draft.chance(0.4))
        text = draft.pick(["Re: ", "Subject: ", "RE: ", "", "Betr.: "]) + draft.title(
            draft.between(2, 8)
        )
        canvas.put(column.x, round(y + style.band[0]), text, head, width=column.width)
        y += column.pitch * 2
    greeting = draft.pick(phrases.GREETINGS).format(name.split()[-1] if name else "")
    canvas.put(column.x, round(y + style.band[0]), greeting, style)
    return y + column.pitch * draft.uniform(1.2, 2)


def _sign(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> None:
    """Closing phrase, signature, name, and notes below."""
    x = column.x + (column.width * 0.55 if draft.chance(0.4) else 0)
    if y + 7 * column.pitch > canvas.height * 0.95:
        return
    canvas.put(x, round(y + style.band[0]), draft.pick(phrases.CLOSINGS), style)
    y += column.pitch * 1.3
    if draft.clutter(0.6):
        clutter.scribble(draft, canvas, x, y, style.size * draft.uniform(5, 10), 2 * style.size)
    y += 2.4 * style.size
    for text in (draft.text.name(draft.rng), draft.title(2)):
        canvas.put(x, round(y + style.band[0]), text, style)
        y += column.pitch
    if draft.clutter(0.15):
        clutter.stamp(
            draft,
            canvas,
            canvas.width * draft.uniform(0.4, 0.75),
            y - 5 * style.size,
            6 * style.size,
        )


def running(draft: Draft, canvas: Canvas, style: Style, margin: float) -> None:
    """Foot of a page: number, file name, notes."""
    small = style.scaled(draft.uniform(0.7, 1.0))
    y = canvas.height - small.height * draft.uniform(1.2, 3)
    number = draft.pick(["{0}", "- {0} -", "Page {0}", "Page {0} of 12", "{0}/20"]).format(
        draft.between(1, 300)
    )
    kind = draft.rng.random()
    if kind < 0.35:
        canvas.put(canvas.width / 2, y, number, small, anchor="m")
    elif kind < 0.7:
        put_row(
            canvas,
            [
                Cell(margin, draft.title(draft.between(1, 5))),
                Cell(canvas.width - margin, number, "r"),
            ],
            y,
            small,
        )


def _line_numbers(canvas: Canvas, style: Style, column: Column, y: float) -> None:
    """Numbers left of the lines, as in the minutes of a court."""
    number = 1
    right = column.x - 1.1 * style.height
    while y + column.pitch <= column.bottom and right > 2 * style.size:
        canvas.put(right, round(y + style.band[0]), str(number), style, anchor="r")
        y += column.pitch
        number += 1


def typescript(draft: Draft) -> Canvas:
    """A page from a typewriter: wide margins, one face, uneven ribbon, corrections."""
    canvas = sheet(draft, 0.1, 0.9)
    style = draft.style(
        canvas.width / draft.uniform(36, 56), draft.pick(["typewriter", "typewriter", "mono"])
    )
    ink = draft.uniform(0, 90)
    tint = draft.uniform(0, 60) if draft.chance(0.3) else 0.0
    style = replace(style, fill=(round(ink), round(ink), round(ink + tint)))
    left = canvas.width * draft.uniform(0.08, 0.2)
    pitch = round(style.height * draft.pick([1.1, 1.25, 1.5, 2.0, 2.1]) * draft.uniform(0.95, 1.05))
    column = Column(
        left,
        canvas.width * draft.uniform(0.92, 0.97) - left,
        canvas.height * draft.uniform(0.85, 0.96),
        pitch,
        indent=style.size * draft.pick([0, 2.4, 4]),
    )
    y = canvas.height * draft.uniform(0.04, 0.2)
    number = f"- {draft.between(1, 99)} -" if draft.chance(0.5) else str(draft.between(1, 199))
    canvas.put(canvas.width / 2, canvas.height * 0.02 + style.size, number, style, anchor="m")
    for _ in range(draft.between(0, 3)):
        title = replace(
            style, underline=draft.chance(0.3), tracking=0.6 if draft.chance(0.15) else 0.0
        )
        text = draft.words(draft.between(1, 6))
        canvas.put(
            canvas.width / 2,
            y + style.band[0],
            text.upper() if draft.chance(0.7) else text.title(),
            title,
            anchor="m",
            width=column.width * 0.9,
        )
        y += pitch * draft.uniform(1.2, 2)
        if draft.chance(0.4):
            half = draft.uniform(1, 4) * style.size
            canvas.rule(
                canvas.width / 2 - half, y, canvas.width / 2 + half, y, style.fill, style.size / 10
            )
            y += pitch * 0.5
    if draft.chance(0.12):
        _line_numbers(canvas, style, column, y)
    fill(draft, canvas, style, column, y, headings=0.05, bullets=0.05)
    if draft.clutter(0.2):
        clutter.stamp(
            draft,
            canvas,
            draft.uniform(0, 0.8) * canvas.width,
            draft.uniform(0, 0.2) * canvas.height,
            canvas.width * 0.14,
        )
    return canvas

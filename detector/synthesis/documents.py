# SPDX-License-Identifier: Apache-2.0
"""Pages of running text: letters, typescripts, articles in one to three columns."""

from __future__ import annotations

from dataclasses import replace

from detector.synthesis import clutter
from detector.synthesis.canvas import BLACK, Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.prose import Column, fill, heading, paragraph, wrap
from detector.synthesis.rows import Cell, leaders, put_row
from detector.synthesis.tables import random_table

_GREETING = (
    "Dear Sir or Madam,",
    "Dear Mr. {0},",
    "Dear {0}:",
    "Gentlemen:",
    "Dear Ms. {0},",
    "Sehr geehrte Damen und Herren,",
    "Madame, Monsieur,",
    "To whom it may concern:",
)
_CLOSING = (
    "Yours sincerely,",
    "Sincerely,",
    "Very truly yours,",
    "Best regards,",
    "Kind regards,",
    "Yours faithfully,",
    "Mit freundlichen Grüßen",
    "Cordially,",
    "Respectfully,",
)
_MEMO = (
    ("TO:", "FROM:", "DATE:", "SUBJECT:"),
    ("To:", "From:", "Date:", "Re:"),
    ("TO", "FROM", "DATE", "RE", "CC"),
    ("From", "Sent", "To", "Cc", "Subject"),
)


def _sheet(draft: Draft, low: float = 0.3, high: float = 1.0) -> Canvas:
    """An upright page, or what a scanner's glass saw of it."""
    width = draft.width(low, high)
    return draft.canvas(width, width * draft.uniform(1.25, 1.45), tone=draft.paper())


def letter(draft: Draft) -> Canvas:
    """A letter, a memorandum or a printed e-mail."""
    canvas = _sheet(draft)
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
    _running(draft, canvas, style, margin)
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
    for name in draft.pick(_MEMO):
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
    greeting = draft.pick(_GREETING).format(name.split()[-1] if name else "")
    canvas.put(column.x, round(y + style.band[0]), greeting, style)
    return y + column.pitch * draft.uniform(1.2, 2)


def _sign(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> None:
    """Closing phrase, signature, name, and notes below."""
    x = column.x + (column.width * 0.55 if draft.chance(0.4) else 0)
    if y + 7 * column.pitch > canvas.height * 0.95:
        return
    canvas.put(x, round(y + style.band[0]), draft.pick(_CLOSING), style)
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


def _running(draft: Draft, canvas: Canvas, style: Style, margin: float) -> None:
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


def typescript(draft: Draft) -> Canvas:
    """A page from a typewriter: wide margins, one face, uneven ribbon, corrections."""
    canvas = _sheet(draft, 0.1, 0.9)
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


def article(draft: Draft) -> Canvas:
    """A page of a journal, a report, a newspaper or a book."""
    canvas = _sheet(draft, 0.35, 1.0)
    columns = int(draft.rng.choice([1, 2, 3], p=[0.4, 0.42, 0.18]))
    category = "serif" if draft.chance(0.6) else draft.body_category()
    style = draft.style(canvas.width / draft.uniform(48, 72) / (0.85 + 0.15 * columns), category)
    if draft.chance(0.6):
        style = replace(style, fill=(0, 0, 0))
    margin = canvas.width * draft.uniform(0.04, 0.11)
    gutter = max(1.3 * style.height, canvas.width * draft.uniform(0.015, 0.05))
    bottom = canvas.height * draft.uniform(0.9, 0.96)
    y = canvas.height * draft.uniform(0.03, 0.08)
    if draft.chance(0.6):
        small = style.scaled(draft.uniform(0.75, 1.0))
        put_row(
            canvas,
            [
                Cell(margin, draft.title(draft.between(1, 6))),
                Cell(canvas.width - margin, str(draft.between(1, 999)), "r"),
            ],
            round(y),
            small,
        )
        y += style.height
        if draft.chance(0.4):
            canvas.rule(
                margin, y - style.height * 0.4, canvas.width - margin, y - style.height * 0.4
            )
    width = canvas.width - 2 * margin
    pitch = max(
        style.height * draft.uniform(0.98, 1.22), style.height * (1.6 if draft.chance(0.08) else 0)
    )
    wide = Column(
        margin,
        width,
        bottom,
        round(pitch),
        "justify" if draft.chance(0.65) else "left",
        indent=style.size * draft.uniform(0.8, 2) if draft.chance(0.5) else 0,
        gap=0 if draft.chance(0.6) else pitch * draft.uniform(0.3, 1),
    )
    if draft.chance(0.5):
        y = _title(draft, canvas, style, wide, y)
    narrow = (width - gutter * (columns - 1)) / columns
    rule = columns > 1 and draft.chance(0.25)
    for number in range(columns):
        x = margin + number * (narrow + gutter)
        _column(draft, canvas, style, replace(wide, x=x, width=narrow), y)
        if rule and number:
            canvas.rule(x - gutter / 2, y, x - gutter / 2, bottom)
    _running(draft, canvas, style, margin)
    return canvas


def _title(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Title, authors, abstract over the whole width; returns the y below."""
    big = draft.style(style.size * draft.uniform(1.4, 3.2), fill=style.fill)
    align = draft.pick(["center", "center", "left"])
    y += style.height
    y = paragraph(
        canvas,
        draft.title(draft.between(3, 12)),
        big,
        replace(column, pitch=big.height * 1.12, align=align, indent=0),
        y,
    )
    if draft.chance(0.7):
        names = draft.pick([", ", " and "]).join(
            draft.text.name(draft.rng) for _ in range(draft.between(1, 4))
        )
        y = paragraph(
            canvas, names, style, replace(column, align=align, indent=0), y + style.height / 2
        )
    if draft.chance(0.4):
        inset = column.width * draft.uniform(0.05, 0.12)
        inner = replace(column, x=column.x + inset, width=column.width - 2 * inset, indent=0)
        text = draft.pick(["Abstract ", "Summary. ", ""]) + draft.text.paragraph(
            draft.rng, draft.between(40, 120)
        )
        small = style.scaled(0.9)
        y = paragraph(
            canvas, text, small, replace(inner, pitch=round(small.height * 1.08)), y + style.height
        )
    y += style.height * draft.uniform(0.6, 1.6)
    if draft.chance(0.3):
        canvas.rule(
            column.x, y - style.height * 0.4, column.x + column.width, y - style.height * 0.4
        )
    return y


def _column(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> None:
    """One column: running text around figures, tables, contents and notes."""
    bottom = column.bottom
    if draft.chance(0.25):
        bottom -= _footnotes(draft, canvas, style, column)
    cut = draft.uniform(0.3, 0.8) * (bottom - y) + y
    parts = [cut, bottom] if draft.chance(0.5) else [bottom]
    for number, end in enumerate(parts):
        if number:
            y = _float(draft, canvas, style, replace(column, bottom=bottom), y + style.height * 0.6)
        y = fill(draft, canvas, style, replace(column, bottom=end), y)


def _float(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """A figure, a table, or a list of contents within a column; returns the y below."""
    kind = draft.rng.random()
    room = column.bottom - y
    if room < 8 * style.height:
        return y
    if kind < 0.4 and draft.clutter(1.0):
        height = min(room * 0.6, column.width * draft.uniform(0.3, 0.9))
        clutter.figure(draft, canvas, column.x, y, column.width, height)
        y += height + style.height * 0.6
        small = style.scaled(draft.uniform(0.8, 1.0))
        text = (
            f"{draft.pick(['Figure', 'Fig.', 'Abb.', 'FIG.'])} {draft.between(1, 40)}. "
            + draft.text.sentence(draft.rng, 120)
        )
        return (
            paragraph(
                canvas,
                text,
                small,
                replace(
                    column,
                    pitch=round(small.height * 1.08),
                    indent=0,
                    align=draft.pick(["left", "center"]),
                ),
                y,
            )
            + style.height
        )
    if kind < 0.75:
        return (
            random_table(
                draft,
                canvas,
                style.scaled(draft.uniform(0.8, 1.0)),
                column.x,
                y,
                column.width,
                min(column.bottom, y + 0.6 * room),
            )
            + style.height
        )
    y = heading(draft, canvas, style, column, y)
    for _ in range(draft.between(3, 9)):
        if y + column.pitch > column.bottom:
            break
        title = draft.title(draft.between(1, 4))
        first = wrap(canvas, title, style, column.width * 0.7)[:1]
        if first:
            leaders(
                canvas,
                column.x,
                column.x + column.width,
                round(y + style.band[0]),
                first[0],
                str(draft.between(1, 300)),
                style,
                joined=draft.chance(0.6),
            )
        y += column.pitch
    return y + style.height


def _footnotes(draft: Draft, canvas: Canvas, style: Style, column: Column) -> float:
    """Notes at the foot of a column; returns the height they take."""
    small = style.scaled(draft.uniform(0.72, 0.9))
    pitch = round(small.height * draft.uniform(1.0, 1.15))
    count = draft.between(1, 6)
    high = pitch * count + style.height
    y = column.bottom - high + style.height / 2
    if draft.chance(0.6):
        canvas.rule(
            column.x, y - small.height / 3, column.x + column.width * 0.35, y - small.height / 3
        )
    text = f"{draft.between(1, 60)} " + draft.text.paragraph(draft.rng, count * 14)
    paragraph(
        canvas, text, small, replace(column, pitch=pitch, indent=0, bottom=column.bottom + 1), y
    )
    return high + style.height / 2

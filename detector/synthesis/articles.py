# SPDX-License-Identifier: Apache-2.0
"""Pages of journals, reports, books and newspapers, in one to three columns."""

from __future__ import annotations

from dataclasses import replace

from detector.synthesis import clutter
from detector.synthesis.canvas import Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.letters import running, sheet
from detector.synthesis.prose import Column, fill, heading, paragraph, wrap
from detector.synthesis.rows import Cell, leaders, put_row
from detector.synthesis.tables import random_table


def article(draft: Draft) -> Canvas:
    """A page of a journal, a report, a newspaper or a book."""
    canvas = sheet(draft, 0.35, 1.0)
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
    running(draft, canvas, style, margin)
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
        y = _figure(draft, canvas, style, column, y)
    elif kind < 0.75:
        small = style.scaled(draft.uniform(0.8, 1.0))
        bottom = min(column.bottom, y + 0.6 * room)
        y = random_table(draft, canvas, small, column.x, y, column.width, bottom)
    else:
        y = _contents(draft, canvas, style, column, y)
    return y + style.height


def _figure(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """A figure and its caption; returns the y below."""
    height = min((column.bottom - y) * 0.6, column.width * draft.uniform(0.3, 0.9))
    clutter.figure(draft, canvas, column.x, y, column.width, height)
    y += height + style.height * 0.6
    small = style.scaled(draft.uniform(0.8, 1.0))
    number = f"{draft.pick(['Figure', 'Fig.', 'Abb.', 'FIG.'])} {draft.between(1, 40)}. "
    align = draft.pick(["left", "center"])
    below = replace(column, pitch=round(small.height * 1.08), indent=0, align=align)
    return paragraph(canvas, number + draft.text.sentence(draft.rng, 120), small, below, y)


def _contents(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Titles and page numbers with dots between; returns the y below."""
    y = heading(draft, canvas, style, column, y)
    right = column.x + column.width
    for _ in range(draft.between(3, 9)):
        if y + column.pitch > column.bottom:
            break
        title = draft.title(draft.between(1, 4))
        number = str(draft.between(1, 300))
        joined = draft.chance(0.6)
        for text in wrap(canvas, title, style, column.width * 0.7)[:1]:
            baseline = round(y + style.band[0])
            leaders(canvas, column.x, right, baseline, text, number, style, joined=joined)
        y += column.pitch
    return y


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

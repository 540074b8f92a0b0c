# SPDX-License-Identifier: Apache-2.0
"""Invoices and business cards."""

from __future__ import annotations

from dataclasses import replace

from detector.synthesis import clutter, phrases
from detector.synthesis.canvas import BLACK, Canvas, Style
from detector.synthesis.draft import WHITE, Draft
from detector.synthesis.prose import Column, paragraph
from detector.synthesis.rows import GAP, Cell, put_row
from detector.synthesis.tables import random_table


def invoice(draft: Draft) -> Canvas:
    """An invoice, an order, a delivery note."""
    width = draft.width(0.2, 1.0)
    canvas = draft.canvas(width, width * draft.uniform(1.2, 1.45), tone=draft.paper())
    style = draft.style(
        width / draft.uniform(52, 84), draft.pick(["sans", "sans", "sans", "serif", "mono"])
    )
    accent = style.fill if draft.chance(0.5) else draft.vivid(draft.uniform(0.2, 0.45))
    margin = width * draft.uniform(0.04, 0.1)
    right = width - margin
    y = _head(draft, canvas, style, accent, margin, canvas.height * draft.uniform(0.02, 0.06))
    y = _parties(draft, canvas, style, margin, y)
    bottom = canvas.height * draft.uniform(0.5, 0.75)
    y = random_table(
        draft, canvas, style, margin, y, right - margin, bottom, full=draft.chance(0.4)
    )
    y = _sums(draft, canvas, style, right, y + style.height * 0.5)
    _terms(draft, canvas, style, margin, right, y + style.height)
    if draft.clutter(0.2):
        clutter.stamp(
            draft,
            canvas,
            width * draft.uniform(0.2, 0.7),
            canvas.height * draft.uniform(0.4, 0.8),
            width * draft.uniform(0.12, 0.22),
        )
    if draft.clutter(0.15):
        clutter.scribble(
            draft, canvas, width * 0.6, canvas.height * 0.85, width * 0.2, style.height * 2
        )
    return canvas


def _head(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    accent: tuple[int, int, int],
    margin: float,
    y: float,
) -> float:
    """Mark, name and address at one side, the document's name at the other."""
    big = draft.style(style.size * draft.uniform(1.4, 2.8), fill=accent)
    title = draft.style(style.size * draft.uniform(1.4, 3.0), fill=accent)
    right = canvas.width - margin
    flip = draft.chance(0.3)
    near, far, a, b = (right, margin, "r", "l") if flip else (margin, right, "l", "r")
    if draft.chance(0.2):  # a coloured band behind the head
        high = max(big.height, title.height) * 1.6
        canvas.box(0, 0, canvas.width, y + high, None, accent)
        big, title = replace(big, fill=WHITE), replace(title, fill=WHITE)
    elif draft.clutter(0.4):
        size = big.height * draft.uniform(1.5, 2.5)
        clutter.logo(draft, canvas, near - (size if flip else 0), y, size, size)
        y += size
    baseline = round(y + max(big.band[0], title.band[0]))
    canvas.put(
        near, baseline, draft.text.company(draft.rng), big, anchor=a, width=canvas.width * 0.45
    )
    canvas.put(
        far, baseline, draft.pick(phrases.INVOICE_TITLES), title, anchor=b, width=canvas.width * 0.3
    )
    y = baseline + max(big.height, title.height)
    for _ in range(draft.between(0, 4)):
        text = draft.pick([draft.text.address, draft.text.phone, draft.text.email, draft.text.url])(
            draft.rng
        )
        canvas.put(near, round(y + style.band[0]), text, style, anchor=a, width=canvas.width * 0.5)
        y += style.height * 1.08
    return y + style.height * draft.uniform(0.5, 2)


def _parties(draft: Draft, canvas: Canvas, style: Style, margin: float, y: float) -> float:
    """Addresses at the left, number and dates at the right; returns the y below."""
    pitch = style.height * draft.uniform(1.02, 1.3)
    middle = canvas.width * draft.uniform(0.5, 0.58)
    left_y = y
    blocks = draft.pick([("Bill to:",), ("Bill To", "Ship To"), ("",), ("Sold to",)])
    for number, name in enumerate(blocks):
        x = margin if number == 0 else margin + (middle - margin) * 0.52
        most = (middle - margin) * (0.5 if len(blocks) > 1 else 1.0) - GAP * style.height
        at = y
        lines = [
            name,
            draft.text.name(draft.rng),
            draft.text.company(draft.rng),
            *draft.text.address(draft.rng).split(", "),
        ]
        for text in lines:
            if text:
                canvas.put(x, round(at + style.band[0]), text, style, width=most)
                at += pitch
        left_y = max(left_y, at)
    tab = draft.uniform(0.45, 0.6) * (canvas.width - margin - middle)
    flush = draft.chance(0.4)
    for _ in range(draft.between(2, 7)):
        value = draft.pick([draft.text.code, draft.text.date, draft.text.name])(draft.rng)
        label = draft.pick(phrases.INVOICE_META) + draft.pick([":", ""])
        values = Cell(canvas.width - margin, value, "r") if flush else Cell(middle + tab, value)
        put_row(canvas, [Cell(middle, label), values], round(y + style.band[0]), style)
        y += pitch
    return max(y, left_y) + style.height * draft.uniform(0.7, 2)


def _sums(draft: Draft, canvas: Canvas, style: Style, right: float, y: float) -> float:
    """The sums below the items; returns the y below."""
    left = right - canvas.width * draft.uniform(0.25, 0.4)
    pitch = style.height * draft.uniform(1.05, 1.5)
    boxed = draft.chance(0.25)
    for _ in range(draft.between(1, 5)):
        row = style.scaled(draft.pick([1.0, 1.0, 1.0, 1.25]))
        baseline = round(y + (pitch - row.height) / 2 + row.band[0])
        put_row(
            canvas,
            [
                Cell(left, draft.pick(phrases.INVOICE_SUMS)),
                Cell(right - 4, draft.text.amount(draft.rng), "r"),
            ],
            baseline,
            row,
        )
        if boxed:
            canvas.box(left - row.height / 2, y, right, y + pitch, style.fill)
        y += max(pitch, row.height)
    if draft.chance(0.4):
        canvas.rule(left, y, right, y, style.fill, 2)
    return y


def _terms(
    draft: Draft, canvas: Canvas, style: Style, margin: float, right: float, y: float
) -> None:
    """Terms of payment, bank details and small print down to the foot."""
    small = style.scaled(draft.uniform(0.75, 1.0))
    column = Column(
        margin,
        (right - margin) * draft.uniform(0.6, 1.0),
        canvas.height * 0.9,
        round(small.height * 1.06),
    )
    if draft.chance(0.7):
        y = paragraph(
            canvas, draft.text.paragraph(draft.rng, draft.between(8, 70)), small, column, y
        )
        y += small.height
    if draft.clutter(0.15) and y + 90 < column.bottom:
        clutter.matrix_code(draft, canvas, margin, y, min(column.bottom - y, canvas.width * 0.12))
    y = canvas.height * 0.92
    if draft.chance(0.5):
        canvas.rule(margin, y - small.height * 0.3, right, y - small.height * 0.3)
    step = (right - margin) / 3
    for _ in range(draft.between(0, 3)):
        cells = [
            Cell(
                margin + k * step,
                draft.pick(
                    [draft.text.phone, draft.text.code, draft.text.email, draft.text.address]
                )(draft.rng),
            )
            for k in range(3)
        ]
        put_row(canvas, cells, round(y + small.band[0]), small)
        y += small.height * 1.08


def card(draft: Draft) -> Canvas:
    """A business card, a label or a ticket: few lines of several sizes."""
    width = draft.width(0.0, 0.6)
    ground = draft.paper() if draft.chance(0.6) else draft.vivid(draft.uniform(0.1, 0.9))
    canvas = draft.canvas(width, width * draft.uniform(0.5, 0.7), ground=ground)
    dark = sum(ground) < 330
    ink = WHITE if dark else draft.ink()
    anchor = draft.pick("lllmr")
    margin = width * draft.uniform(0.05, 0.12)
    if draft.clutter(0.6):
        size = canvas.height * draft.uniform(0.2, 0.4)
        at = width - margin - size if anchor != "r" else margin
        clutter.logo(draft, canvas, at, margin / 2, size, size)
    if draft.chance(0.25):
        canvas.box(0, canvas.height * 0.93, width, canvas.height, None, draft.vivid(0.4))
    x = {"l": margin, "m": width / 2, "r": width - margin}[anchor]
    y = canvas.height * draft.uniform(0.08, 0.3)
    big = draft.style(
        width / draft.uniform(14, 22), fill=ink, tracking=draft.pick([0.0, 0.0, 0.12])
    )
    small = draft.style(width / draft.uniform(28, 42), fill=ink)
    text = draft.text
    lines: list[tuple[str, Style]] = [
        (text.name(draft.rng), big),
        (draft.pick(phrases.JOBS), small),
    ]
    if draft.chance(0.7):
        lines.insert(
            draft.pick([0, 2]), (text.company(draft.rng), small.scaled(draft.uniform(1.0, 1.5)))
        )
    for line, style in lines:
        canvas.put(x, round(y + style.band[0]), line, style, anchor=anchor, width=width * 0.75)
        y += style.height * draft.uniform(1.05, 1.5)
    y += small.height * draft.uniform(0.3, 1.5)
    if draft.chance(0.3):
        canvas.rule(margin, y, width - margin, y, ink if dark else BLACK)
        y += small.height * 0.5
    for _ in range(draft.between(2, 5)):
        make = draft.pick([text.phone, text.email, text.url, text.address])
        mark = draft.pick(["", "", "T ", "Tel. ", "M: ", "Fax "])
        canvas.put(
            x,
            round(y + small.band[0]),
            mark + make(draft.rng),
            small,
            anchor=anchor,
            width=width * 0.85,
        )
        y += small.height * draft.uniform(1.05, 1.4)
        if y + small.height > canvas.height:
            break
    return canvas

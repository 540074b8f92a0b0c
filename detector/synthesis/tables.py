# SPDX-License-Identifier: Apache-2.0
"""Tables: with all rules, some or none, striped, with inverted heads; price lists and ledgers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from detector.synthesis import clutter, phrases
from detector.synthesis.canvas import BLACK, Canvas, Color, Style
from detector.synthesis.draft import Draft
from detector.synthesis.prose import Column, paragraph, wrap
from detector.synthesis.rows import Cell, leaders, put_row


@dataclass(frozen=True)
class Look:
    """How a table is drawn.

    Attributes:
        rules: "all", "rows", "columns", "head" or "none".
        weight: Of the rules in pixels.
        head: Colour behind the head, or None.
        stripe: Colour behind every other row, or None.
        pitch: Height of a row of one line in pixels.
        wraps: Whether texts may take two lines.
    """

    rules: str
    weight: float
    head: Color | None
    stripe: Color | None
    pitch: float
    wraps: bool


def _columns(draft: Draft, style: Style, width: float) -> list[tuple[float, str]]:
    """Widths and kinds of a table's columns; the kinds are those of :func:`_maker`."""
    most = max(2, min(9, int(width / (4.2 * style.size))))
    count = draft.between(2, most)
    kinds = [
        draft.pick(["words", "number", "number", "amount", "code", "date", "sign"])
        for _ in range(count)
    ]
    if draft.chance(0.6):
        kinds[0] = "words"
    weights = [
        draft.uniform(1.5, 3) if kind == "words" else draft.uniform(0.9, 1.3) for kind in kinds
    ]
    scale = width / sum(weights)
    return [(w * scale, kind) for w, kind in zip(weights, kinds, strict=True)]


def _maker(draft: Draft, kind: str) -> Callable[[], str]:
    """What writes a cell of a column of the kind."""
    text, rng = draft.text, draft.rng
    places = draft.between(0, 3)
    top = 10.0 ** draft.between(1, 5)
    return {
        "words": lambda: draft.pick([draft.title, draft.words])(draft.between(1, 4)),
        "number": lambda: f"{draft.uniform(0, top):,.{places}f}",
        "amount": lambda: text.amount(rng),
        "code": lambda: text.code(rng),
        "date": lambda: text.date(rng),
        "sign": lambda: draft.pick(
            ["x", "-", "Yes", "No", "n/a", "A", "B", "0", "1", "*", "+", "N", "Y"]
        ),
    }[kind]


def _look(draft: Draft, style: Style) -> Look:
    """A table's looks."""
    return Look(
        rules=str(
            draft.rng.choice(
                ["all", "rows", "columns", "head", "none"], p=[0.4, 0.18, 0.08, 0.16, 0.18]
            )
        ),
        weight=draft.uniform(1, 2.6),
        head=draft.pick([None, None, (220, 220, 220), BLACK, draft.vivid(0.35), draft.vivid(0.85)]),
        stripe=draft.pick([None, None, None, (235, 235, 235), draft.vivid(0.93)]),
        pitch=style.height * draft.uniform(1.12, 2.0),
        wraps=draft.chance(0.3),
    )


def random_table(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    x: float,
    y: float,
    width: float,
    bottom: float,
    full: bool = False,
) -> float:
    """Draw a table and label each cell's lines.

    Args:
        draft: The page's tools.
        canvas: The page.
        style: Of the cells.
        x: Left edge in pixels.
        y: Top in pixels.
        width: Pixels.
        bottom: No row reaches below this.
        full: Go down to the bottom.

    Returns:
        The y below the table.
    """
    columns = _columns(draft, style, width)
    look = _look(draft, style)
    rows = 200 if full else draft.between(2, 14)
    top = y
    y = _head(draft, canvas, style, look, columns, x, y)
    makers = [_maker(draft, kind) for _, kind in columns]
    aligned = [
        "l" if kind in ("words", "code", "date") and draft.chance(0.8) else draft.pick("rrm")
        for _, kind in columns
    ]
    empty = 0.25 if draft.chance(0.2) else 0.04
    for number in range(rows):
        texts = ["" if draft.chance(empty) else make() for make in makers]
        if y + look.pitch * (2 if look.wraps else 1) > bottom:
            break
        y = _row(canvas, style, look, columns, aligned, texts, x, y, number)
    if look.rules in ("all", "columns"):
        at = x
        for width_, _kind in [*columns, (0.0, "")]:
            canvas.rule(at, top, at, y, style.fill, look.weight)
            at += width_
    if look.rules != "none":
        canvas.rule(x, top, x + width, top, style.fill, look.weight)
        canvas.rule(x, y, x + width, y, style.fill, look.weight)
    return y


def _head(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    look: Look,
    columns: list[tuple[float, str]],
    x: float,
    y: float,
) -> float:
    """The row of column names; returns the y below."""
    if draft.chance(0.15):
        return y
    high = look.pitch * draft.uniform(1.0, 1.4)
    width = sum(w for w, _ in columns)
    head = style
    if look.head is not None:
        canvas.box(x, y, x + width, y + high, None, look.head)
        if sum(look.head) < 380:
            head = replace(style, fill=(255, 255, 255))
    if draft.chance(0.3):
        head = replace(head, face=draft.fonts.choose(draft.rng, text="Aag09"))
    middle = draft.chance(0.5)
    baseline = round(y + (high - head.height) / 2 + head.band[0])
    cells = []
    at = x
    for w, _kind in columns:
        text = draft.pick(phrases.TABLE_HEADS) if draft.chance(0.8) else draft.title(1)
        fits = canvas.measure(text, head) < w - 0.9 * head.height
        if fits:
            cells.append(
                Cell(at + w / 2, text, "m") if middle else Cell(at + 0.45 * head.height, text)
            )
        at += w
    put_row(canvas, cells, baseline, head)
    if look.rules in ("head", "all", "rows"):
        canvas.rule(x, y + high, x + width, y + high, style.fill, look.weight)
    return y + high


def _row(
    canvas: Canvas,
    style: Style,
    look: Look,
    columns: list[tuple[float, str]],
    aligned: list[str],
    texts: list[str],
    x: float,
    y: float,
    number: int,
) -> float:
    """One row of cells; returns the y below."""
    pad = 0.45 * style.height
    lines = [
        wrap(canvas, text, style, w - 2 * pad)[: 2 if look.wraps else 1]
        for (w, _), text in zip(columns, texts, strict=True)
    ]
    deep = max(1, *(len(part) for part in lines))
    high = look.pitch + (deep - 1) * style.height * 1.04
    width = sum(w for w, _ in columns)
    if look.stripe is not None and number % 2:
        canvas.box(x, y, x + width, y + high, None, look.stripe)
    baseline = round(y + (look.pitch - style.height) / 2 + style.band[0])
    for k in range(deep):
        cells = []
        at = x
        for (w, _), anchor, part in zip(columns, aligned, lines, strict=True):
            if k < len(part):
                edge = {"l": at + pad, "m": at + w / 2, "r": at + w - pad}[anchor]
                cells.append(Cell(edge, part[k], anchor))
            at += w
        put_row(canvas, cells, round(baseline + k * style.height * 1.04), style, gap=0.7)
    if look.rules in ("all", "rows"):
        canvas.rule(x, y + high, x + width, y + high, style.fill, look.weight)
    return y + high


def table(draft: Draft) -> Canvas:
    """A page that is mostly a table: a ledger, a price list, a schedule."""
    width = draft.width(0.3, 1.0)
    sideways = draft.chance(0.25)
    canvas = draft.canvas(
        width,
        width * (draft.uniform(0.65, 0.85) if sideways else draft.uniform(1.2, 1.45)),
        tone=draft.paper(),
    )
    style = draft.style(
        width / draft.uniform(45, 90), draft.pick(["sans", "sans", "serif", "mono", "typewriter"])
    )
    margin = width * draft.uniform(0.03, 0.1)
    inner = width - 2 * margin
    y = canvas.height * draft.uniform(0.02, 0.08)
    if draft.chance(0.7):
        big = draft.style(style.size * draft.uniform(1.1, 2.0), fill=style.fill)
        column = Column(
            margin, inner, canvas.height, big.height * 1.15, draft.pick(["left", "center"])
        )
        y = paragraph(canvas, draft.title(draft.between(2, 7)), big, column, y) + style.height
    bottom = canvas.height * draft.uniform(0.9, 0.97)
    while y + 8 * style.height < bottom:
        if draft.chance(0.15):
            y = _price_list(draft, canvas, style, margin, y, inner, bottom)
        else:
            y = random_table(draft, canvas, style, margin, y, inner, bottom, full=draft.chance(0.5))
        y += style.height * draft.uniform(0.5, 2)
        if draft.chance(0.4):
            note = Column(margin, inner, bottom, round(style.height * 1.08))
            y = paragraph(
                canvas, draft.text.paragraph(draft.rng, draft.between(8, 40)), style, note, y
            )
            y += style.height
    if draft.clutter(0.1):
        clutter.stamp(
            draft,
            canvas,
            draft.uniform(0, 0.8) * width,
            draft.uniform(0, 0.8) * canvas.height,
            width / 6,
        )
    if draft.chance(0.4):
        canvas.put(
            canvas.width / 2,
            canvas.height - style.size,
            f"{draft.between(1, 99)}",
            style,
            anchor="m",
        )
    return canvas


def _price_list(
    draft: Draft, canvas: Canvas, style: Style, x: float, y: float, width: float, bottom: float
) -> float:
    """Names and prices with dots between; returns the y below."""
    pitch = style.height * draft.uniform(1.05, 1.7)
    dot = draft.pick([".", ".", "·", "_", "-"])
    joined = draft.chance(0.6) and dot in ".·"  # rules are no text
    for _ in range(draft.between(3, 15)):
        if y + pitch > bottom:
            break
        leaders(
            canvas,
            x,
            x + width,
            round(y + style.band[0]),
            draft.title(draft.between(1, 4)),
            draft.text.amount(draft.rng),
            style,
            dot,
            joined,
        )
        y += pitch
    return y

# SPDX-License-Identifier: Apache-2.0
"""The test images before they are damaged, one function each, drawn in reading order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from detector.synthesis import clutter
from detector.synthesis.canvas import BLACK, Canvas, Color, Style
from detector.synthesis.draft import Draft
from detector.synthesis.prose import Column, paragraph, wrap
from detector.synthesis.rows import Cell, put_row
from detector.synthesis.samples import texts


def named(
    draft: Draft, families: str, size: float, text: str = "Aag09", fill: Color = BLACK, **rest: Any
) -> Style:
    """A style in the first face of these families (parted by bars) that is installed."""
    for name in families.split("|"):
        for face in draft.fonts.faces:
            if face.name == name and face.covers(text):
                return Style(face, size, fill, **rest)
    return Style(draft.fonts.choose(draft.rng, text=text), size, fill, **rest)


def serif(draft: Draft, size: float, bold: bool = False, **rest: Any) -> Style:
    """A book face."""
    weight = "Bold" if bold else "Regular"
    return named(draft, f"Liberation Serif {weight}|Tinos {weight}|DejaVu Serif Book", size, **rest)


def sans(draft: Draft, size: float, bold: bool = False, **rest: Any) -> Style:
    """A face without serifs."""
    weight = "Bold" if bold else "Regular"
    return named(draft, f"Liberation Sans {weight}|Arimo {weight}|DejaVu Sans Book", size, **rest)


def typed(draft: Draft, size: float, **rest: Any) -> Style:
    """A typewriter's face."""
    return named(
        draft, "Courier Prime Regular|Liberation Mono Regular|DejaVu Sans Mono Book", size, **rest
    )


def emblem(canvas: Canvas, x: float, y: float, size: float, fill: Color) -> None:
    """A firm's mark: waves within a ring."""
    pen = max(3, round(size / 16))
    canvas.draw.ellipse((x, y, x + size, y + size), outline=fill, width=pen)
    for k in (0.42, 0.58, 0.74):
        xs = np.linspace(0.22, 0.78, 30)
        points = [(x + size * a, y + size * (k + 0.05 * np.sin(22 * a))) for a in xs]
        canvas.draw.line(points, fill=fill, width=pen)
    canvas.draw.polygon(
        [(x + size * a, y + size * b) for a, b in ((0.5, 0.12), (0.68, 0.36), (0.5, 0.36))],
        fill=fill,
    )


def letter(draft: Draft) -> Canvas:
    """A letter of a club."""
    canvas = draft.canvas(1240, 1720)
    blue = (25, 55, 110)
    name = named(draft, "TeX Gyre Pagella Bold|Liberation Serif Bold", 44, fill=blue)
    small = sans(draft, 20, fill=blue)
    emblem(canvas, 120, 70, 120, blue)
    for y, text, style in zip(
        (118, 156, 184), texts.LETTER_HEAD, (name, small, small), strict=True
    ):
        canvas.put(1120, y, text, style, anchor="r")
    canvas.rule(120, 215, 1120, 215, blue, 2)
    body = named(draft, "TeX Gyre Pagella Regular|Liberation Serif Regular", 27)
    y = 300
    for text in texts.LETTER_BLOCK:
        canvas.put(120, y, text, body)
        y += 36
    canvas.put(1120, y + 30, texts.LETTER_DATE, body, anchor="r")
    canvas.put(120, y + 100, texts.LETTER_SUBJECT, replace(body, underline=True))
    column = Column(120, 1000, 1500, 38, "left")
    top = y + 140.0
    for text in texts.LETTER_BODY:
        top = paragraph(canvas, text, body, column, top) + 20
    top += 16
    canvas.put(120, top + 20, texts.LETTER_CLOSE[0], body)
    clutter.scribble(draft, canvas, 130, top + 40, 230, 70, (25, 40, 120))
    canvas.put(120, top + 150, texts.LETTER_CLOSE[1], body)
    canvas.put(120, top + 186, texts.LETTER_CLOSE[2], body)
    canvas.put(120, 1650, texts.LETTER_NOTE, body.scaled(0.8))
    return canvas


def article(draft: Draft) -> Canvas:
    """Two dense columns with headings, a chart and a note."""
    canvas = draft.canvas(1400, 1980)
    body = named(draft, "TeX Gyre Termes Regular|Liberation Serif Regular", 29)
    bold = named(draft, "TeX Gyre Termes Bold|Liberation Serif Bold", 30)
    title = named(draft, "TeX Gyre Termes Bold|Liberation Serif Bold", 54)
    put_row(
        canvas,
        [Cell(90, texts.ARTICLE_HEAD[0]), Cell(1310, texts.ARTICLE_HEAD[1], "r")],
        80,
        body.scaled(0.85),
    )
    canvas.rule(90, 96, 1310, 96, BLACK, 2)
    wide = Column(90, 1220, 600, 60, "center")
    y = paragraph(canvas, texts.ARTICLE_TITLE, title, wide, 130)
    y = paragraph(canvas, texts.ARTICLE_AUTHOR, body, replace(wide, pitch=34), y + 10) + 30
    top, bottom, pitch = y, 1900.0, 34
    column = Column(90, 590, bottom, pitch, "justify")
    last = False
    for head, text in texts.ARTICLE:
        if head:
            y, column, last = _turn_page(column, y + 14, 3 * pitch, top, last)
            y = paragraph(canvas, head, bold, replace(column, align="left"), y) + 4
        for line in _lines(canvas, text, body, column, indent=0 if head else 24):
            y, column, last = _turn_page(column, y, pitch, top, last)
            y = paragraph(
                canvas, line[0], body, replace(column, indent=line[1]), y, keep_last=line[2]
            )
    y += 30
    figure = min(bottom - 120 - y, 300.0)
    _bars(draft, canvas, column.x, y, column.width, figure)
    y += figure + 16
    small = body.scaled(0.84)
    y = paragraph(canvas, texts.ARTICLE_CAPTION, small, replace(column, pitch=24, align="left"), y)
    canvas.rule(column.x, 1868, column.x + 200, 1868)
    paragraph(
        canvas,
        texts.ARTICLE_NOTE,
        small,
        replace(column, pitch=24, bottom=1950, align="left"),
        1876,
    )
    return canvas


def _lines(
    canvas: Canvas, text: str, style: Style, column: Column, indent: float
) -> list[tuple[str, float, bool]]:
    """Lines of a paragraph, with the first one's indent and whether it is the last."""
    lines = wrap(canvas, text, style, column.width, indent)
    return [(line, indent if k == 0 else 0.0, k == len(lines) - 1) for k, line in enumerate(lines)]


def _turn_page(
    column: Column, y: float, need: float, top: float, last: bool
) -> tuple[float, Column, bool]:
    """Go to the next column where the present one is full."""
    if y + need <= column.bottom or last:
        return y, column, last
    return top, replace(column, x=column.x + column.width + 40, bottom=1850.0), True


def _bars(draft: Draft, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A plain chart."""
    canvas.rule(x, y + height, x + width, y + height, BLACK, 2)
    heights = (1.0, 0.32, 0.49, 0.28, 0.38, 0.55, 0.44, 0.62, 0.35, 0.58)
    step = width / len(heights)
    for n, value in enumerate(heights):
        canvas.box(
            x + step * (n + 0.2),
            y + height * (1 - value),
            x + step * (n + 0.8),
            y + height,
            BLACK,
            (120, 120, 120) if n % 2 else (190, 190, 190),
        )


def receipt(draft: Draft) -> Canvas:
    """A long receipt of a thermal printer."""
    canvas = draft.canvas(620, 2500)
    style = named(draft, "DejaVu Sans Mono Book|Liberation Mono Regular", 25, stretch=(0.86, 1.0))
    big = replace(style, size=32, stretch=(1.0, 1.25))
    left, right, y = 46, 574, 90.0

    def row(*cells: Cell, look: Style = style, step: float = 37) -> None:
        nonlocal y
        put_row(canvas, cells, round(y), look)
        y += step

    def dashes() -> None:
        nonlocal y
        canvas.put_words(
            [(left, "-" * int((right - left) / style.length("-")))], round(y), style, label=False
        )
        y += 37

    emblem(canvas, 270, y - 50, 80, BLACK)
    y += 76
    row(Cell(310, texts.RECEIPT_HEAD[0], "m"), look=big, step=46)
    for text in texts.RECEIPT_HEAD[1:]:
        row(Cell(310, text, "m"))
    y += 14
    for a, b in texts.RECEIPT_META:
        row(Cell(left, a), Cell(right, b, "r"))
    dashes()
    for name, price in texts.RECEIPT_ITEMS:
        row(Cell(left + (30 if name[0] == " " else 0), name), Cell(right, price, "r"))
    dashes()
    for name, price in texts.RECEIPT_SUMS:
        total = name.startswith("TOTAL")
        row(
            Cell(left, name),
            Cell(right, price, "r"),
            look=big if total else style,
            step=48 if total else 37,
        )
    dashes()
    for a, b, c in texts.RECEIPT_TAX:
        row(Cell(left, a), Cell(400, b, "r"), Cell(right, c, "r"))
    y += 20
    for text in texts.RECEIPT_CLOSE:
        row(Cell(310, text, "m"))
    clutter.barcode(draft, canvas, 130, y, 360, 90)
    canvas.cut(round(y + 150))
    return canvas


def notice(draft: Draft) -> Canvas:
    """A printed recipe that will be photographed."""
    canvas = draft.canvas(1150, 1500)
    canvas.tone = (252, 247, 236)
    title = named(
        draft, "URW Bookman Demi|TeX Gyre Bonum Bold|DejaVu Serif Bold", 58, fill=(120, 40, 20)
    )
    body = named(draft, "TeX Gyre Bonum Regular|URW Bookman Light|DejaVu Serif Book", 27)
    head = replace(body, size=33, fill=(120, 40, 20))
    column = Column(100, 950, 1480, 38, "left")
    canvas.put(100, 140, texts.NOTICE_TITLE, title)
    y = paragraph(canvas, texts.NOTICE_INTRO, body, column, 180) + 24
    for name, items in texts.NOTICE_LISTS:
        y = paragraph(canvas, name, head, replace(column, pitch=46), y)
        for item in items:
            y = paragraph(canvas, "• " + item, body, replace(column, x=130), y)
    y = paragraph(canvas, "Method", head, replace(column, pitch=46), y + 24)
    for step in texts.NOTICE_STEPS:
        y = paragraph(canvas, step, body, column, y) + 8
    paragraph(canvas, texts.NOTICE_END, body, column, y + 20)
    image = clutter.photo(np.random.default_rng(5), 300, 230)
    canvas.image.paste(image, (780, 330))
    return canvas


def chinese(draft: Draft) -> Canvas:
    """A page of a magazine in Chinese, set in lines from left to right."""
    canvas = draft.canvas(1200, 1560)
    probe = texts.CHINESE_TITLE + "".join(texts.CHINESE)
    body = named(
        draft,
        "Noto Serif CJK SC Regular|Noto Sans CJK SC Regular|WenQuanYi Zen Hei Regular",
        32,
        probe,
    )
    title = named(
        draft, "Noto Serif CJK SC Bold|Noto Sans CJK SC Bold|WenQuanYi Zen Hei Regular", 60, probe
    )
    canvas.put(600, 150, texts.CHINESE_TITLE, title, anchor="m")
    canvas.put(600, 225, texts.CHINESE_AUTHOR, body, anchor="m")
    y = 310
    for text in texts.CHINESE:
        rest, room = text, 28
        x = 120 + 2 * 32
        while rest:
            count = min(room, len(rest))
            if count < len(rest) and rest[count] in "，。、：！？”》":
                count += 1  # no line begins with a mark that closes
            canvas.put(x, y, rest[:count], body)
            rest, room, x, y = rest[count:], 30, 120, y + 54
    canvas.put(600, 1510, texts.CHINESE_FOOT, body.scaled(0.8), anchor="m")
    return canvas


def fax(draft: Draft) -> Canvas:
    """A fax, typed, with the sender's line on top."""
    canvas = draft.canvas(1150, 1560)
    style = typed(draft, 27)
    words = texts.FAX_LINE.split("   ")
    put_row(
        canvas,
        [Cell(x, w) for x, w in zip((40, 400, 790, 1050), words, strict=True)],
        36,
        named(draft, "DejaVu Sans Mono Book|Liberation Mono Regular", 19),
    )
    canvas.put(110, 160, "FAX MESSAGE", sans(draft, 62, bold=True, tracking=0.05))
    y = 260
    for label, value in texts.FAX_HEAD:
        put_row(canvas, [Cell(110, label), Cell(300, value)], y, style)
        y += 44
    canvas.rule(110, y - 10, 1040, y - 10, BLACK, 3)
    column = Column(110, 930, 1500, 40, "left")
    top = y + 20.0
    for text in texts.FAX_BODY[:-1]:
        top = paragraph(canvas, text, style, column, top) + 20
    clutter.scribble(draft, canvas, 120, top, 240, 70, BLACK)
    canvas.put(110, top + 120, texts.FAX_BODY[-1], style)
    return canvas


def card(draft: Draft) -> Canvas:
    """A business card."""
    canvas = draft.canvas(1000, 610)
    green = (28, 92, 74)
    canvas.box(0, 0, 1000, 26, None, green)
    emblem(canvas, 770, 90, 150, green)
    name = named(draft, "Carlito Bold|Lato Bold|Liberation Sans Bold", 56, fill=green)
    small = named(
        draft, "Carlito Regular|Lato Regular|Liberation Sans Regular", 32, fill=(40, 40, 40)
    )
    for y, text, style in zip(
        (150, 200, 262), texts.CARD[:3], (name, small, replace(small, fill=green)), strict=True
    ):
        canvas.put(80, y, text, style)
    canvas.rule(80, 320, 920, 320, green, 2)
    for k, text in enumerate(texts.CARD[3:]):
        canvas.put(80, 390 + 50 * k, text, small)
    return canvas


PAGES: dict[str, Callable[[Draft], Canvas]] = {
    "letter": letter,
    "article": article,
    "receipt": receipt,
    "photo": notice,
    "chinese": chinese,
    "fax": fax,
    "card": card,
}

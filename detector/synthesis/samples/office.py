# SPDX-License-Identifier: Apache-2.0
"""Test images with rules, boxes and grounds: a form, an invoice, a sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.synthesis import clutter
from detector.synthesis.canvas import BLACK, Canvas, Style
from detector.synthesis.draft import WHITE, Draft
from detector.synthesis.prose import Column, paragraph
from detector.synthesis.rows import Cell, put_row
from detector.synthesis.samples import texts
from detector.synthesis.samples.pages import emblem, named, sans, typed


def form(draft: Draft) -> Canvas:
    """A form with rules and boxes, filled in with a typewriter."""
    canvas = draft.canvas(1240, 1500)
    label, value = sans(draft, 20), typed(draft, 29)
    head, note = texts.FORM_TITLE, Column(80, 1080, 400, 28, "left")
    put_row(canvas, [Cell(80, head[2]), Cell(1160, head[1], "r")], 80, label)
    canvas.put(620, 160, head[0], sans(draft, 36, bold=True), anchor="m")
    y = paragraph(canvas, texts.FORM_NOTE, label, note, 200) + 24
    for row in texts.FORM_FIELDS:
        width = 1080 / len(row)
        lefts = [80 + k * width for k in range(len(row))]
        for x in lefts:
            canvas.box(x, y, x + width, y + 88, BLACK, None, 2)
        names = [Cell(x + 12, name) for x, (name, _) in zip(lefts, row, strict=True)]
        values = [Cell(x + 16, text) for x, (_, text) in zip(lefts, row, strict=True)]
        put_row(canvas, names, y + 26, label)
        put_row(canvas, values, y + 72, value)
        y += 88
    y = _form_checks(draft, canvas, label, y + 60)
    y = _form_table(draft, canvas, value, y)
    _form_foot(draft, canvas, label, y + 120)
    return canvas


def _form_checks(draft: Draft, canvas: Canvas, label: Style, y: float) -> float:
    """The row of check boxes; returns the y below."""
    name, boxes = texts.FORM_CHECKS
    cells = [Cell(80, name)]
    for k, (text, ticked) in enumerate(boxes):
        x = 380 + 190 * k
        canvas.box(x, y - 22, x + 26, y + 4, BLACK, None, 2)
        if ticked:
            clutter.tick(draft, canvas, x + 3, y - 19, 20)
        cells.append(Cell(x + 40, text))
    put_row(canvas, cells, round(y), label)
    return y + 50


def _form_table(draft: Draft, canvas: Canvas, value: Style, y: float) -> float:
    """The table of former tickets; returns the y below."""
    stops = (80, 440, 740, 950, 1160)
    top = y
    canvas.box(80, y, 1160, y + 44, None, (205, 205, 205))
    for k, row in enumerate(texts.FORM_TABLE):
        style = sans(draft, 20, bold=True) if k == 0 else value
        cells = [Cell(x + 12, text) for x, text in zip(stops, row, strict=False)]
        put_row(canvas, cells, round(y + 31), style)
        y += 44
        canvas.rule(80, y, 1160, y, BLACK, 2)
    for x in stops:
        canvas.rule(x, top, x, y, BLACK, 2)
    canvas.rule(80, top, 1160, top, BLACK, 2)
    return y


def _form_foot(draft: Draft, canvas: Canvas, label: Style, y: float) -> None:
    """Date, signature, and the office's part."""
    (date, day), (signature, _) = texts.FORM_END
    put_row(canvas, [Cell(80, date), Cell(180, day), Cell(560, signature)], round(y), label)
    canvas.rule(170, y + 8, 460, y + 8)
    canvas.rule(680, y + 8, 1160, y + 8)
    clutter.scribble(draft, canvas, 720, y - 70, 300, 80, (20, 30, 110))
    y += 60
    (title,), fields = texts.FORM_OFFICE
    canvas.box(80, y, 1160, y + 40, None, (40, 40, 40))
    canvas.put(620, y + 28, title, sans(draft, 22, bold=True, fill=WHITE), anchor="m")
    canvas.box(80, y, 1160, y + 120, BLACK, None, 2)
    cells = []
    for k, (name, text) in enumerate(fields):
        cells += [Cell(100 + 360 * k, name), Cell(225 + 360 * k, text)]
    put_row(canvas, cells, round(y + 92), label)


def invoice(draft: Draft) -> Canvas:
    """A German invoice with a striped table."""
    canvas = draft.canvas(1240, 1600)
    blue = (20, 70, 130)
    body = named(draft, "Carlito Regular|Liberation Sans Regular", 26)
    bold = named(draft, "Carlito Bold|Liberation Sans Bold", 26)
    emblem(canvas, 90, 70, 100, blue)
    canvas.put(210, 120, texts.INVOICE_HEAD[0], replace(bold, size=40, fill=blue))
    canvas.put(210, 160, texts.INVOICE_HEAD[1], body.scaled(0.85))
    for k, text in enumerate(texts.INVOICE_TO):
        canvas.put(90, 280 + 36 * k, text, body)
    canvas.put(90, 520, texts.INVOICE_HEAD[2], replace(bold, size=48, fill=blue))
    for k, (name, text) in enumerate(texts.INVOICE_META):
        put_row(canvas, [Cell(800, name), Cell(1150, text, "r")], 280 + 36 * k, body)
    y = 570.0
    stops = ((100, "l"), (180, "l"), (760, "r"), (960, "r"), (1140, "r"))
    for n, row in enumerate(texts.INVOICE_TABLE):
        ground = blue if n == 0 else (232, 238, 246) if n % 2 == 0 else WHITE
        canvas.box(90, y, 1150, y + 54, None, ground)
        style = replace(bold, fill=WHITE) if n == 0 else body
        put_row(
            canvas,
            [Cell(x, t, a) for (x, a), t in zip(stops, row, strict=True)],
            round(y + 36),
            style,
        )
        y += 54
    canvas.rule(90, y, 1150, y, blue, 2)
    for n, (name, text) in enumerate(texts.INVOICE_SUMS):
        put_row(
            canvas,
            [Cell(700, name), Cell(1140, text, "r")],
            round(y + 50 + 44 * n),
            bold if n == 2 else body,
        )
    canvas.rule(700, y + 106, 1140, y + 106)
    paragraph(canvas, texts.INVOICE_END, body, Column(90, 1060, 1500, 36, "left"), y + 240)
    canvas.rule(90, 1510, 1150, 1510, blue, 1)
    put_row(
        canvas,
        [
            Cell(90, texts.INVOICE_FOOT[0]),
            Cell(620, texts.INVOICE_FOOT[1], "m"),
            Cell(1150, texts.INVOICE_FOOT[2], "r"),
        ],
        1550,
        body.scaled(0.8),
    )
    return canvas


def sign(draft: Draft) -> Canvas:
    """A board at a landing, before trees and water."""
    canvas = draft.canvas(1100, 900)
    canvas.image.paste(clutter.photo(np.random.default_rng(12), 1100, 900))
    canvas.box(170, 150, 930, 780, WHITE, (18, 62, 104), 8, radius=24)
    canvas.rule(300, 780, 300, 900, (90, 80, 70), 34)
    canvas.rule(800, 780, 800, 900, (90, 80, 70), 34)
    big = sans(draft, 76, bold=True, fill=WHITE)
    small = sans(draft, 46, fill=WHITE)
    canvas.put(550, 270, texts.SIGN[0], big, anchor="m")
    canvas.put(550, 350, texts.SIGN[1], replace(small, fill=(250, 214, 90)), anchor="m")
    canvas.rule(230, 385, 870, 385, WHITE, 3)
    for k, text in enumerate(texts.SIGN[2:]):
        canvas.put(240, 460 + 84 * k, text, small)
    return canvas

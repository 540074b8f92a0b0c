# SPDX-License-Identifier: Apache-2.0
"""Forms: labels with rules, boxes, check boxes, typed and hand-written values, tables."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from detector.synthesis import clutter, phrases
from detector.synthesis.canvas import BLACK, Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.prose import Column, paragraph
from detector.synthesis.rows import GAP
from detector.synthesis.tables import random_table


class _Form:
    """A form under the pen."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        width = draft.width(0.0, 1.0)
        self.canvas = draft.canvas(width, width * draft.uniform(1.1, 1.45), tone=draft.paper())
        self.label = draft.style(
            width / draft.uniform(48, 84),
            draft.pick(["sans", "sans", "serif", "typewriter", "mono"]),
        )
        if draft.chance(0.6):
            self.label = replace(self.label, fill=(0, 0, 0))
        self.value = draft.style(
            self.label.size * draft.uniform(0.9, 1.25),
            draft.pick(["typewriter", "mono", "sans", "serif"]),
        )
        self.upper = draft.chance(0.35)
        self.colon = draft.pick([":", ":", ""])
        self.left = width * draft.uniform(0.03, 0.1)
        self.right = width - width * draft.uniform(0.03, 0.1)
        self.pitch = max(self.label.height, self.value.height) * draft.uniform(1.15, 2.1)
        self.handwritten = 0.3 if draft.chance(0.4) else 0.05
        self.y = self.canvas.height * draft.uniform(0.02, 0.07)

    @property
    def width(self) -> float:
        """Between the margins, in pixels."""
        return self.right - self.left

    def name(self) -> str:
        """A label's text."""
        draft = self.draft
        text = (
            draft.pick(phrases.FORM_LABELS)
            if draft.chance(0.65)
            else draft.words(draft.between(1, 4)).capitalize()
        )
        return (text.upper() if self.upper else text) + self.colon

    def content(self) -> str:
        """A value's text."""
        draft = self.draft
        text = draft.text
        make = draft.pick(
            [
                text.name,
                text.date,
                text.code,
                text.amount,
                text.address,
                text.company,
                text.phone,
                lambda _: draft.title(draft.between(1, 5)),
                lambda _: draft.words(draft.between(1, 7)),
            ]
        )
        return str(make(draft.rng))

    def answer(self, x: float, baseline: float, width: float, empty: float = 0.35) -> None:
        """Fill a field: typed, scribbled or left empty."""
        draft = self.draft
        kind = draft.rng.random()
        if width < 2 * self.value.size or kind < empty:
            return
        if draft.clutter(self.handwritten):
            high = min(self.pitch, 1.6 * self.value.size)
            clutter.scribble(
                draft,
                self.canvas,
                x,
                baseline - 0.8 * high,
                min(width, high * draft.uniform(2, 6)),
                high,
            )
            return
        lift = draft.uniform(-0.05, 0.2) * self.value.size
        self.canvas.put(x, round(baseline - lift), self.content(), self.value, width=width)


def form(draft: Draft) -> Canvas:
    """A form of blocks in random order, down to the page's end."""
    page = _Form(draft)
    _title(page)
    bottom = page.canvas.height * draft.uniform(0.9, 0.96)
    blocks = (_fields, _fields, _pairs, _boxes, _checks, _grid, _prose, _lines, _bar, _stops)
    while page.y + 4 * page.pitch < bottom:
        before = page.y
        draft.pick(blocks)(page, bottom)
        page.y = max(page.y, before) + page.pitch * draft.uniform(0.2, 1.0)
    _edges(page)
    return page.canvas


def _title(page: _Form) -> None:
    """Name of the form, perhaps a mark and a number in the corner."""
    draft = page.draft
    style = draft.style(
        page.label.size * draft.uniform(1.1, 2.2),
        fill=page.label.fill,
        underline=draft.chance(0.15),
    )
    corner = page.label.scaled(0.85)
    if draft.clutter(0.25):
        clutter.logo(draft, page.canvas, page.left, page.y, 3 * style.height, 2 * style.height)
    if draft.chance(0.5):
        text = draft.pick(
            [draft.text.code(draft.rng), "CONFIDENTIAL", "Form " + draft.text.code(draft.rng)]
        )
        page.canvas.put(
            page.right, page.y + corner.band[0], text, corner, anchor="r", width=page.width / 3
        )
        page.y += corner.height * 1.4
    column = Column(
        page.left,
        page.width,
        page.canvas.height,
        style.height * 1.15,
        draft.pick(["center", "left"]),
    )
    page.y = (
        paragraph(
            page.canvas,
            draft.title(draft.between(2, 6)),
            style,
            replace(column, x=page.left + page.width * 0.15, width=page.width * 0.7),
            page.y,
        )
        + page.pitch / 2
    )


def _fields(page: _Form, bottom: float) -> None:
    """Rows of one to three labels, each with a rule or a blank behind it."""
    draft, canvas = page.draft, page.canvas
    count = draft.between(1, 3)
    dotted = draft.chance(0.15)
    ruled = draft.chance(0.75)
    for _ in range(draft.between(1, 5)):
        if page.y + page.pitch > bottom:
            return
        baseline = round(page.y + page.pitch - 0.35 * page.label.height)
        step = page.width / count
        for k in range(count):
            x = page.left + k * step
            end = x + step - (1.2 * page.label.height if k < count - 1 else 0)
            label = canvas.put(x, baseline, page.name(), page.label, width=0.6 * step)
            start = (label.right if label else x) + GAP * page.label.height * draft.uniform(
                1.0, 1.8
            )
            if end - start < page.label.size:
                continue
            low = baseline + page.label.size * draft.uniform(0.08, 0.25)
            if ruled and dotted and label and canvas.words(".", page.label):
                dots = "." * int((end - start) / page.label.length("."))
                canvas.put_words([(start, dots)], baseline, page.label, label=False)
            elif ruled:
                canvas.rule(
                    start - GAP * page.label.height / 2,
                    low,
                    end,
                    low,
                    page.label.fill,
                    draft.uniform(1, 2),
                )
            page.answer(start, baseline, end - start)
        page.y += page.pitch


def _pairs(page: _Form, bottom: float) -> None:
    """Labels in one column, values in the next, at a tab stop."""
    draft, canvas = page.draft, page.canvas
    tab = page.left + page.width * draft.uniform(0.25, 0.5)
    at_right = draft.chance(0.2)
    for _ in range(draft.between(2, 8)):
        if page.y + page.pitch > bottom:
            return
        baseline = round(page.y + page.pitch / 2 + page.label.height / 3)
        space = GAP * page.label.height
        if at_right:
            canvas.put(
                tab - space,
                baseline,
                page.name(),
                page.label,
                anchor="r",
                width=tab - space - page.left,
            )
        else:
            canvas.put(
                page.left, baseline, page.name(), page.label, width=tab - page.left - 1.3 * space
            )
        page.answer(tab, baseline, page.right - tab, empty=0.1)
        page.y += page.pitch


def _boxes(page: _Form, bottom: float) -> None:
    """Framed fields with small labels in their upper left corners."""
    draft, canvas = page.draft, page.canvas
    small = page.label.scaled(draft.uniform(0.65, 0.95))
    high = small.height * 1.2 + page.value.height * draft.uniform(1.1, 2.0)
    weight = draft.uniform(1, 3)
    for _ in range(draft.between(1, 4)):
        if page.y + high > bottom:
            return
        count = draft.between(1, 4)
        cuts = sorted(draft.uniform(0.15, 0.85) for _ in range(count - 1))
        edges = [0.0, *cuts, 1.0]
        for a, b in pairwise(edges):
            x0, x1 = page.left + a * page.width, page.left + b * page.width
            canvas.box(x0, page.y, x1, page.y + high, page.label.fill, None, weight)
            pad = 0.45 * small.height
            canvas.put(
                x0 + pad,
                round(page.y + 0.15 * small.height + small.band[0]),
                page.name(),
                small,
                width=x1 - x0 - 2 * pad,
            )
            page.answer(
                x0 + pad,
                round(page.y + high - 0.15 * small.height - page.value.band[1]),
                x1 - x0 - 2 * pad,
            )
        page.y += high


def _checks(page: _Form, bottom: float) -> None:
    """Check boxes with their labels, in one to four columns."""
    draft, canvas = page.draft, page.canvas
    count = draft.between(1, 4)
    size = page.label.size * draft.uniform(0.7, 1.1)
    shape = draft.between(0, 3)
    for _ in range(draft.between(1, 5)):
        if page.y + page.pitch > bottom:
            return
        baseline = round(page.y + page.pitch / 2 + page.label.height / 3)
        step = page.width / count
        for k in range(count):
            x = page.left + k * step
            top = baseline - size * 0.9
            if shape < 2:
                canvas.box(x, top, x + size, top + size, page.label.fill, None, draft.uniform(1, 2))
            elif shape == 2:
                canvas.draw.ellipse((x, top, x + size, top + size), outline=page.label.fill)
            else:
                canvas.rule(x, baseline + 2, x + 2 * size, baseline + 2, page.label.fill)
            if draft.clutter(0.35):
                clutter.tick(draft, canvas, x, top, size, page.label.fill)
            start = x + (2 * size if shape == 3 else size) + 0.5 * page.label.size
            canvas.put(
                start,
                baseline,
                draft.words(draft.between(1, 5)).capitalize(),
                page.label,
                width=x + step - start - 1.1 * page.label.height,
            )
        page.y += page.pitch


def _grid(page: _Form, bottom: float) -> None:
    """A table across the form."""
    style = page.value if page.draft.chance(0.5) else page.label
    page.y = random_table(
        page.draft,
        page.canvas,
        style,
        page.left,
        page.y,
        page.width,
        min(bottom, page.y + 14 * page.pitch),
    )


def _prose(page: _Form, bottom: float) -> None:
    """Instructions or small print."""
    draft = page.draft
    style = page.label.scaled(draft.uniform(0.75, 1.1))
    column = Column(
        page.left,
        page.width,
        bottom,
        round(style.height * draft.uniform(1.0, 1.2)),
        draft.pick(["left", "justify"]),
    )
    page.y = paragraph(
        page.canvas, draft.text.paragraph(draft.rng, draft.between(10, 80)), style, column, page.y
    )


def _lines(page: _Form, bottom: float) -> None:
    """A label over empty or filled rules, as for remarks."""
    draft, canvas = page.draft, page.canvas
    canvas.put(page.left, round(page.y + page.label.band[0]), page.name(), page.label)
    page.y += page.label.height
    filled = draft.chance(0.5)
    weight = draft.uniform(1, 2)
    for _ in range(draft.between(2, 6)):
        if page.y + page.pitch > bottom:
            return
        page.y += page.pitch
        canvas.rule(page.left, page.y, page.right, page.y, page.label.fill, weight)
        if filled:
            text = draft.text.sentence(draft.rng, 90)
            canvas.put(
                page.left,
                round(page.y - draft.uniform(0.0, 0.22) * page.value.size),
                text,
                page.value,
                width=page.width,
            )


def _bar(page: _Form, bottom: float) -> None:
    """The name of a section, often white on a dark bar."""
    draft, canvas = page.draft, page.canvas
    style = page.label.scaled(draft.uniform(1.0, 1.3))
    high = style.height * draft.uniform(1.05, 1.6)
    fill = draft.pick(
        [BLACK, (60, 60, 60), (200, 200, 200), draft.vivid(0.3), draft.vivid(0.8), None]
    )
    if fill is not None:
        canvas.box(page.left, page.y, page.right, page.y + high, None, fill)
        style = replace(style, fill=(255, 255, 255) if sum(fill) < 380 else BLACK)
    baseline = round(page.y + (high - style.height) / 2 + style.band[0])
    anchor = draft.pick("lm")
    canvas.put(
        page.left + 0.5 * style.size if anchor == "l" else (page.left + page.right) / 2,
        baseline,
        draft.title(draft.between(1, 5)),
        style,
        anchor=anchor,
        width=page.width - style.size,
    )
    page.y += high


def _stops(page: _Form, bottom: float) -> None:
    """Short texts at tab stops without any rules, as in lists of the typewriter's time."""
    draft, canvas = page.draft, page.canvas
    count = draft.between(2, 5)
    step = page.width / count
    for row in range(draft.between(2, 7)):
        if page.y + page.pitch > bottom:
            return
        style: Style = page.label if row == 0 else page.value
        baseline = round(page.y + style.band[0])
        for k in range(count):
            if draft.chance(0.85):
                text = page.content() if row else page.name()
                canvas.put(
                    page.left + k * step, baseline, text, style, width=step - 1.1 * style.height
                )
        page.y += style.height * draft.uniform(1.02, 1.3)


def _edges(page: _Form) -> None:
    """What a form's margins carry: holes, a number running upwards, stamps, signatures."""
    draft, canvas = page.draft, page.canvas
    if draft.clutter(0.15):
        clutter.holes(draft, canvas)
    if draft.chance(0.15):
        style = page.label.scaled(draft.uniform(0.9, 1.5))
        x = canvas.width - style.size * draft.uniform(0.4, 0.9)
        y = canvas.height * draft.uniform(0.5, 0.97)
        canvas.put_upright(x, y, draft.text.code(draft.rng), style)
    if draft.clutter(0.15):
        clutter.stamp(
            draft,
            canvas,
            draft.uniform(0.1, 0.8) * canvas.width,
            draft.uniform(0.1, 0.8) * canvas.height,
            canvas.width * draft.uniform(0.1, 0.2),
        )
    if draft.clutter(0.2):
        clutter.scribble(
            draft,
            canvas,
            draft.uniform(0.3, 0.7) * canvas.width,
            canvas.height * 0.9,
            canvas.width * 0.2,
            page.pitch * 1.5,
        )

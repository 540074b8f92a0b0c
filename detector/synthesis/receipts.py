# SPDX-License-Identifier: Apache-2.0
"""Till receipts: narrow, centred heads, items with prices, sums, dashes between the parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detector.synthesis import clutter, phrases
from detector.synthesis.canvas import Canvas, Style
from detector.synthesis.draft import Draft
from detector.synthesis.rows import Cell, put_row


@dataclass
class _Strip:
    """The printed strip: its page, style and edges, and how far printing has come."""

    draft: Draft
    canvas: Canvas
    style: Style
    left: float
    right: float
    pitch: float
    y: float
    start: float = 0.0

    def next(self, style: Style | None = None) -> float:
        """Baseline of the next row, in ``style``."""
        style = style or self.style
        step = max(self.pitch, style.height * 1.05)
        baseline = self.y + style.band[0] + (step - style.height) / 2
        self.y += step
        return round(baseline)

    def row(self, *cells: Cell, style: Style | None = None) -> None:
        """One row of separate texts."""
        style = style or self.style
        put_row(self.canvas, cells, self.next(style), style)

    def centred(self, text: str, style: Style | None = None) -> None:
        """One text in the middle."""
        style = style or self.style
        width = self.right - self.left
        self.canvas.put(
            (self.left + self.right) / 2, self.next(style), text, style, anchor="m", width=width
        )

    def both(self, left: str, right: str, style: Style | None = None) -> None:
        """A text at each edge."""
        self.row(Cell(self.left, left), Cell(self.right, right, "r"), style=style)

    def skip(self, low: float, high: float) -> None:
        """Blank rows."""
        self.y += self.pitch * self.draft.uniform(low, high)

    def separator(self) -> None:
        """A row of dashes or the like, which is no text, or a rule, or a blank."""
        draft = self.draft
        kind = draft.rng.random()
        if kind < 0.5:
            sign = draft.pick("----=*_.~")
            count = int((self.right - self.left) / max(1.0, self.style.length(sign)))
            word = sign * (count if draft.chance(0.8) else count // 2)
            baseline = self.next()
            if self.style.face.covers(sign) and word:
                self.canvas.put_words([(self.left, word)], baseline, self.style, label=False)
        elif kind < 0.8:
            y = self.y + self.pitch * draft.uniform(0.15, 0.5)
            width = draft.uniform(1, 3)
            self.canvas.rule(self.left, y, self.right, y, self.style.fill, width)
            if draft.chance(0.2):
                self.canvas.rule(
                    self.left, y + 3 * width, self.right, y + 3 * width, self.style.fill, width
                )
            self.y = y + self.pitch * draft.uniform(0.2, 0.5)
        else:
            self.skip(0.3, 1.2)


def receipt(draft: Draft) -> Canvas:
    """A till receipt, alone or on a larger sheet, cut to its length."""
    width = draft.width(0.0, 0.35)
    category = str(
        draft.rng.choice(["mono", "typewriter", "sans", "serif"], p=[0.5, 0.1, 0.35, 0.05])
    )
    columns = draft.between(26, 46)
    style = draft.style(30, category, stretch=_stretch(draft))
    if draft.chance(0.5):
        style = replace(style, fill=(0, 0, 0))
    probe = "Total amount 12.50 RM "
    strip_width = width * draft.uniform(0.82, 0.94)
    size = 30 * strip_width / (style.length(probe) / len(probe) * columns)
    style = replace(style, size=round(min(max(size, 9), 42)))
    strip_width = min(strip_width, style.length(probe) / len(probe) * columns * 1.1)
    pitch = style.height * draft.uniform(1.0, 1.5)
    page = width * (1.0 if draft.chance(0.6) else draft.uniform(1.1, 2.0))
    left = (page - width) * draft.uniform(0, 1) + (width - strip_width) / 2
    canvas = draft.canvas(page, 90 * pitch, tone=draft.paper())
    strip = _Strip(
        draft, canvas, style, left, left + strip_width, pitch, pitch * draft.uniform(0.5, 5)
    )
    strip.start = strip.y
    _head(strip)
    _meta(strip)
    _items(strip)
    _sums(strip)
    _close(strip)
    return _cut(strip)


def _stretch(draft: Draft) -> tuple[float, float]:
    """The faces of till printers are often narrower, wider or taller than type."""
    kind = draft.rng.random()
    if kind < 0.45:
        return (1.0, 1.0)
    return (draft.uniform(0.7, 1.1), 1.0) if kind < 0.8 else (1.0, draft.uniform(0.8, 1.4))


def _head(strip: _Strip) -> None:
    """Logo, name and address of the shop."""
    draft = strip.draft
    if draft.clutter(0.25):
        size = draft.uniform(3, 6) * strip.pitch
        x = (strip.left + strip.right) / 2
        clutter.logo(draft, strip.canvas, x - size, strip.y, 2 * size, size, strip.style.fill)
        strip.y += size + strip.pitch / 2
    big = strip.style
    if draft.chance(0.6):
        big = replace(
            big.scaled(draft.uniform(1.1, 1.7)),
            stretch=draft.pick([strip.style.stretch, (1.0, 1.0), (1.6, 1.0), (1.0, 1.6)]),
        )
    centred = draft.chance(0.85)
    lines = [(draft.text.company(draft.rng), big)]
    lines += [(text, strip.style) for text in _address(draft)]
    for text, style in lines:
        if centred:
            strip.centred(text, style)
        else:
            strip.row(Cell(strip.left, text), style=style)
    strip.skip(0, 1)
    if draft.chance(0.7):
        look = replace(big, underline=draft.chance(0.15)) if draft.chance(0.5) else strip.style
        strip.centred(draft.pick(phrases.RECEIPT_TITLES), look)
    strip.skip(0, 1)


def _address(draft: Draft) -> list[str]:
    """The lines between the shop's name and the receipt's title."""
    text, rng = draft.text, draft.rng
    lines = [f"({text.code(rng)})"] if draft.chance(0.6) else []
    lines += [part + draft.pick(["", ","]) for part in text.address(rng).split(", ")]
    if draft.chance(0.7):
        lines.append(f"{draft.pick(['Tel:', 'TEL :', 'Tel No.', 'Phone', 'T:'])} {text.phone(rng)}")
    if draft.chance(0.4):
        label = draft.pick(["GST ID :", "GST REG NO:", "VAT No.", "Co. Reg:", "USt-IdNr.:"])
        lines.append(f"{label} {text.code(rng)}")
    if draft.chance(0.2):
        lines.append(text.email(rng))
    return lines


def _meta(strip: _Strip) -> None:
    """Date, number, cashier: label and value, at a tab stop, behind a colon or at both edges."""
    draft = strip.draft
    width = strip.right - strip.left
    tab = strip.left + width * draft.uniform(0.28, 0.42)
    kind = draft.between(0, 3)
    for _ in range(draft.between(1, 6)):
        label = draft.pick(phrases.RECEIPT_META)
        value = draft.pick([draft.text.date, draft.text.code, draft.text.name, draft.text.code])(
            draft.rng
        )
        if kind == 0:
            strip.row(Cell(strip.left, f"{label.rstrip(' :')}: {value}"))
        elif kind == 1:
            colon = draft.pick(["", ": "])
            strip.row(Cell(strip.left, label.rstrip(" :")), Cell(tab, colon + value))
        elif kind == 2:
            strip.both(label, value)
        else:
            strip.row(
                Cell(strip.left, f"{label} {value}"),
                Cell(
                    strip.right,
                    draft.pick(phrases.RECEIPT_META) + " " + str(draft.between(1, 99)),
                    "r",
                ),
            )
    if draft.chance(0.8):
        strip.separator()


def _stops(strip: _Strip, count: int) -> list[float]:
    """Right edges of ``count`` columns of figures; the last is the strip's own edge."""
    width = strip.right - strip.left
    step = width * strip.draft.uniform(0.15, 0.22)
    return [strip.right - step * (count - 1 - n) for n in range(count)]


def _items(strip: _Strip) -> None:
    """The goods, one or two rows each, in one of the usual arrangements."""
    draft = strip.draft
    kind = draft.between(0, 5)
    stops = _stops(strip, 4)
    if draft.chance(0.6):
        head = draft.pick(phrases.RECEIPT_HEADS)
        strip.row(
            Cell(strip.left, head[0]),
            *(Cell(x, t, "r") for x, t in zip(stops[-len(head) + 1 :], head[1:], strict=False)),
        )
        strip.separator()
    tax = draft.pick(phrases.RECEIPT_TAXES) if draft.chance(0.4) else ""
    upper = draft.chance(0.6)
    for _ in range(draft.between(1, 16)):
        product = draft.text.product(draft.rng)
        _item(strip, kind, product.upper() if upper else product, stops, tax)
    if draft.chance(0.8):
        strip.separator()


def _item(strip: _Strip, kind: int, name: str, stops: list[float], tax: str) -> None:
    """One article."""
    draft = strip.draft
    price = f"{draft.uniform(0.2, 90):.2f}"
    count = draft.between(1, 12)
    total = f"{count * float(price):.2f}" + (tax if draft.chance(0.3) else "")
    right = [Cell(strip.right, total, "r")]
    if kind == 0:
        strip.row(Cell(strip.left, name), *right)
    elif kind == 1:
        strip.row(Cell(strip.left, name))
        strip.row(
            Cell(stops[0], f"{count} x", "r"),
            Cell(stops[1], price, "r"),
            Cell(stops[2], total, "r"),
            *([Cell(strip.right, tax, "r")] if tax else []),
        )
    elif kind == 2:
        indent = strip.left + draft.uniform(2, 4) * strip.style.size
        strip.row(Cell(strip.left, f"{count}"), Cell(indent, name), *right)
        if draft.chance(0.25):
            strip.row(
                Cell(indent, draft.pick(["Item promo", "Disc 10%", "Rabatt", "@"]) + " -0.50")
            )
    elif kind == 3:
        strip.row(
            Cell(strip.left, draft.text.code(draft.rng)),
            Cell(stops[2], f"{count} X {price}", "r"),
            Cell(strip.right, total, "r"),
        )
        strip.row(Cell(strip.left, name))
    elif kind == 4:
        strip.row(Cell(strip.left, f"{count} x {price}"), *right)
        strip.row(Cell(strip.left + strip.style.size, name))
    else:
        strip.row(Cell(strip.left, name))
        strip.row(Cell(strip.left, draft.text.code(draft.rng)), *right)


def _sums(strip: _Strip) -> None:
    """Total, tax, cash, change."""
    draft = strip.draft
    width = strip.right - strip.left
    shift = strip.left + (width * draft.uniform(0.2, 0.45) if draft.chance(0.4) else 0.0)
    currency = draft.pick(["", "", "RM ", "$", "EUR ", "€ ", "£"])
    for _ in range(draft.between(2, 8)):
        style = strip.style
        if draft.chance(0.25):
            style = replace(
                style.scaled(draft.uniform(1.1, 1.5)),
                stretch=draft.pick([style.stretch, (1.5, 1.0), (1.0, 1.5)]),
            )
        label = draft.pick(phrases.RECEIPT_SUMS)
        amount = currency + f"{draft.uniform(0, 400):.2f}"
        if draft.chance(0.15):
            strip.row(Cell(shift, f"{label} {amount}"), style=style)
        else:
            strip.row(Cell(shift, label), Cell(strip.right, amount, "r"), style=style)
        if draft.chance(0.12):
            strip.separator()
    strip.skip(0, 1)
    if draft.chance(0.4):
        stops = _stops(strip, 3)
        for row in (
            ("GST Summary", "Amount(RM)", "Tax(RM)"),
            ("SR @ 6%", f"{draft.uniform(1, 90):.2f}", f"{draft.uniform(0, 9):.2f}"),
        ):
            strip.row(
                Cell(strip.left, row[0]), Cell(stops[1], row[1], "r"), Cell(stops[2], row[2], "r")
            )


def _close(strip: _Strip) -> None:
    """Thanks, notes, a bar code."""
    draft = strip.draft
    if draft.chance(0.5):
        strip.separator()
    for _ in range(draft.between(0, 4)):
        strip.centred(draft.pick(phrases.RECEIPT_CLOSING))
    if draft.chance(0.3):
        for _ in range(draft.between(1, 4)):
            strip.centred(draft.text.sentence(draft.rng, 60))
    if draft.clutter(0.25):
        width = (strip.right - strip.left) * draft.uniform(0.4, 0.9)
        high = draft.uniform(2, 4) * strip.pitch
        x = (strip.left + strip.right - width) / 2
        clutter.barcode(draft, strip.canvas, x, strip.y + strip.pitch / 2, width, high)
        strip.y += high + strip.pitch
        if draft.chance(0.5):
            strip.centred(draft.text.code(draft.rng))


def _cut(strip: _Strip) -> Canvas:
    """The page as long as what was printed, with a margin."""
    canvas = strip.canvas
    if strip.draft.clutter(0.2):  # a note by hand in the blank above
        width = strip.pitch * strip.draft.uniform(3, 8)
        x = strip.draft.uniform(0, max(1.0, canvas.width - width))
        clutter.scribble(strip.draft, canvas, x, strip.start * 0.1, width, strip.start * 0.7)
    end = strip.y + strip.pitch * strip.draft.uniform(0.5, 4)
    if strip.draft.chance(0.15):
        end *= strip.draft.uniform(1.1, 1.6)
    canvas.cut(min(canvas.height, round(end)))
    return canvas

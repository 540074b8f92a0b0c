# SPDX-License-Identifier: Apache-2.0
"""Running text: words broken into the lines of a column."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detector.synthesis.canvas import Canvas, Style
from detector.synthesis.draft import Draft


@dataclass(frozen=True)
class Column:
    """Where running text goes and how it is set.

    Attributes:
        x: Left edge in pixels.
        width: Pixels.
        bottom: No line reaches below this.
        pitch: From baseline to baseline in pixels.
        align: "justify", "left", "center" or "right".
        indent: Of a paragraph's first line, in pixels.
        gap: Extra blank between paragraphs, in pixels.
    """

    x: float
    width: float
    bottom: float
    pitch: float
    align: str = "left"
    indent: float = 0.0
    gap: float = 0.0


def wrap(canvas: Canvas, text: str, style: Style, width: float, indent: float = 0.0) -> list[str]:
    """Break a text into lines no wider than ``width``; the first is shorter by ``indent``."""
    lines: list[str] = []
    line: list[str] = []
    room = width - indent
    used = 0.0
    blank = style.blank
    for word in canvas.words(text, style):
        length = style.length(word)
        if length > width:
            continue
        if line and used + blank + length > room:
            lines.append(" ".join(line))
            line, used, room = [], 0.0, width
        used += length + (blank if line else 0.0)
        line.append(word)
    return [*lines, " ".join(line)] if line else lines


def paragraph(
    canvas: Canvas, text: str, style: Style, column: Column, y: float, keep_last: bool = True
) -> float:
    """Set one paragraph.

    Args:
        canvas: The page.
        text: What to set.
        style: How.
        column: Where.
        y: Top of the first line.
        keep_last: False where the paragraph goes on elsewhere: its last line is justified too.

    Returns:
        Top of the next line.
    """
    above = style.band[0]
    lines = wrap(canvas, text, style, column.width, column.indent)
    for number, line in enumerate(lines):
        if y + column.pitch > column.bottom:
            break
        indent = column.indent if number == 0 else 0.0
        last = number == len(lines) - 1 and keep_last
        baseline = round(y + above)
        if column.align == "center":
            canvas.put(
                column.x + column.width / 2, baseline, line, style, anchor="m", width=column.width
            )
        elif column.align == "right":
            canvas.put(
                column.x + column.width, baseline, line, style, anchor="r", width=column.width
            )
        else:
            spread = (
                column.align == "justify"
                and not last
                and _spreads(line, style, column.width - indent)
            )
            canvas.put(
                column.x + indent,
                baseline,
                line,
                style,
                width=column.width - indent,
                justify=spread,
            )
        y += column.pitch
    return y


def _spreads(line: str, style: Style, width: float) -> bool:
    """Whether justifying leaves blanks that are still narrower than a column's gutter."""
    words = line.split()
    if len(words) < 2:
        return False
    blank = (width - sum(style.length(w) for w in words)) / (len(words) - 1)
    return 0 < blank < 1.1 * style.size


def fill(
    draft: Draft,
    canvas: Canvas,
    style: Style,
    column: Column,
    y: float,
    headings: float = 0.15,
    bullets: float = 0.08,
) -> float:
    """Fill a column with paragraphs, headings and lists down to its bottom.

    Returns:
        Top of the first line that would no longer fit.
    """
    while y + column.pitch <= column.bottom:
        if draft.chance(headings) and y + 3 * column.pitch < column.bottom:
            y = heading(draft, canvas, style, column, y)
        elif draft.chance(bullets):
            y = _bullets(draft, canvas, style, column, y)
        else:
            count = draft.between(12, 110)
            y = paragraph(canvas, draft.text.paragraph(draft.rng, count), style, column, y)
        y += column.gap if column.gap else 0.0
    return y


def heading(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """A heading in a column; returns the top of the line after it."""
    head = replace(
        style.scaled(draft.uniform(1.0, 1.4)),
        underline=draft.chance(0.15),
        tracking=0.08 if draft.chance(0.08) else 0.0,
    )
    if draft.chance(0.5):
        head = replace(head, face=draft.fonts.choose(draft.rng, text="Aag09"))
    text = draft.title(draft.between(1, 6))
    if draft.chance(0.35):
        text = f"{draft.between(1, 12)}.{draft.pick(['', '1', '2.1', '4'])} {text}"
    pitch = max(column.pitch, 1.15 * head.height)
    align = draft.pick(["left", "left", "center"])
    y += draft.uniform(0.2, 0.8) * column.pitch
    y = paragraph(canvas, text, head, replace(column, pitch=pitch, align=align, indent=0), y)
    return y + draft.uniform(0.0, 0.4) * column.pitch


def _bullets(draft: Draft, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """A list whose marks stand in front of the texts; a mark is part of its line."""
    marks = draft.pick(
        [
            ["•"],
            ["-"],
            ["–"],
            ["*"],
            [f"{n}." for n in range(1, 9)],
            [f"({c})" for c in "abcdefgh"],
            [f"{c})" for c in "abcdefgh"],
        ]
    )
    step = max(style.length(marks[0]) + style.blank, draft.uniform(1.0, 1.6) * style.size)
    step = min(step, style.length(marks[0]) + 0.7 * style.height)
    inner = replace(column, x=column.x + step, width=column.width - step, indent=0.0)
    for number in range(draft.between(2, 6)):
        if y + column.pitch > column.bottom:
            break
        text = draft.text.paragraph(draft.rng, draft.between(3, 25))
        lines = wrap(canvas, text, style, inner.width)
        if not lines:
            continue
        mark = marks[number % len(marks)]
        _marked(canvas, mark, lines[0], style, column.x, inner.x, y)
        y += column.pitch
        if len(lines) > 1:
            y = paragraph(canvas, " ".join(lines[1:]), style, replace(inner, align="left"), y)
    return y


def _marked(
    canvas: Canvas, mark: str, text: str, style: Style, x: float, inner: float, y: float
) -> None:
    """The first line of a list's item: mark and words as one line."""
    placed: list[tuple[float, str]] = []
    if canvas.words(mark, style):
        placed.append((x, mark))
    for word in text.split():
        placed.append((inner, word))
        inner += style.length(word) + style.blank
    canvas.put_words(placed, round(y + style.band[0]), style)

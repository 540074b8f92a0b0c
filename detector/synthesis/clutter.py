# SPDX-License-Identifier: Apache-2.0
"""What is on pages and is no text: scribbles, stamps, logos, bar codes, pictures, holes.

Nothing here is labelled, so nothing here may look like letters that a person can read.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from detector.synthesis.canvas import BLACK, Canvas, Color
from detector.synthesis.draft import Draft


def scribble(
    draft: Draft,
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    fill: Color | None = None,
) -> None:
    """A signature-like run of loops around the box (x, y, width, height)."""
    rng = draft.rng
    fill = fill or draft.pick(
        [(20, 30, 120), (0, 0, 0), (40, 40, 40), (140, 20, 30), (10, 60, 110)]
    )
    loops = max(2, int(width / max(4.0, height) * rng.uniform(1.2, 3.0)))
    t = np.linspace(0, loops * 2 * np.pi, loops * 14)
    knots = np.linspace(0, t[-1], loops * 2 + 2)
    size = np.interp(t, knots, rng.uniform(0.15, 1.0, len(knots)) * height / 2)
    size *= np.interp(t, [0, t[-1] * 0.25, t[-1]], [1.3, 0.8, 0.5])
    drift = np.interp(t, knots, rng.uniform(-0.12, 0.12, len(knots)) * height)
    px = x + t / t[-1] * width + np.cos(t + rng.uniform(0, 6)) * size * rng.uniform(0.5, 1.2)
    py = y + height / 2 + np.sin(t * rng.choice([1.0, 1.0, 0.5])) * size + drift
    points = list(zip(px.tolist(), py.tolist(), strict=True))
    pen = max(1, round(height * rng.uniform(0.02, 0.06)))
    canvas.draw.line(points, fill=fill, width=pen, joint="curve")
    if draft.chance(0.4):
        end = y + height * rng.uniform(0.6, 1.1)
        canvas.rule(x, end, x + width, end - height * rng.uniform(-0.2, 0.4), fill, pen)


def tick(
    draft: Draft, canvas: Canvas, x: float, y: float, size: float, fill: Color = BLACK
) -> None:
    """A tick or a cross in a check box, drawn with a pen."""
    shake = draft.rng.uniform(-0.15, 0.15, 8) * size
    pen = max(1.0, size / 8)
    if draft.chance(0.5):
        canvas.rule(x + shake[0], y + shake[1], x + size + shake[2], y + size + shake[3], fill, pen)
        canvas.rule(x + size + shake[4], y + shake[5], x + shake[6], y + size + shake[7], fill, pen)
    else:
        points = [
            (x + shake[0], y + size / 2 + shake[1]),
            (x + size / 2 + shake[2], y + size + shake[3]),
            (x + 1.3 * size + shake[4], y - 0.3 * size + shake[5]),
        ]
        canvas.draw.line(points, fill=fill, width=round(pen), joint="curve")


def barcode(draft: Draft, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """Bars of four widths."""
    unit = max(1, round(width / draft.between(70, 120)))
    at = x
    while at < x + width:
        bar = unit * draft.between(1, 4)
        canvas.box(at, y, min(at + bar, x + width) - 1, y + height, None, BLACK)
        at += bar + unit * draft.between(1, 4)


def matrix_code(draft: Draft, canvas: Canvas, x: float, y: float, size: float) -> None:
    """A square of black and white cells with three finders, as a QR code has."""
    cells = draft.between(21, 33)
    grid = draft.rng.random((cells, cells)) < 0.5
    for row, col in ((0, 0), (0, cells - 7), (cells - 7, 0)):
        grid[row : row + 7, col : col + 7] = True
        grid[row + 1 : row + 6, col + 1 : col + 6] = False
        grid[row + 2 : row + 5, col + 2 : col + 5] = True
    image = Image.fromarray(np.where(grid, 0, 255).astype(np.uint8))
    side = max(cells, round(size))
    canvas.image.paste(image.resize((side, side), Image.Resampling.NEAREST), (round(x), round(y)))


def logo(
    draft: Draft,
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    fill: Color | None = None,
) -> None:
    """A mark of a few overlapping shapes in a colour or two."""
    colors = (
        [fill]
        if fill
        else [draft.vivid(draft.uniform(0.2, 0.6)) for _ in range(draft.between(1, 3))]
    )
    colors.append(canvas.paper)
    for _ in range(draft.between(2, 6)):
        a, b = np.sort(draft.rng.uniform(x, x + width, 2))
        c, d = np.sort(draft.rng.uniform(y, y + height, 2))
        if b - a < width / 5 or d - c < height / 4:
            continue
        color = draft.pick(colors)
        kind = draft.between(0, 4)
        if kind == 0:
            canvas.draw.ellipse((a, c, b, d), fill=color)
        elif kind == 1:
            canvas.draw.pieslice(
                (a, c, b, d), draft.between(0, 180), draft.between(190, 359), fill=color
            )
        elif kind == 2:
            canvas.box(a, c, b, d, None, color, radius=draft.pick([0, 4]))
        elif kind == 3:
            canvas.draw.polygon([(a, d), ((a + b) / 2, c), (b, d)], fill=color)
        else:
            canvas.draw.arc((a, c, b, d), 20, 340, fill=color, width=max(2, round(height / 12)))


def stamp(draft: Draft, canvas: Canvas, x: float, y: float, size: float) -> None:
    """A round or square rubber stamp: rings and hatching, half dry, over what is there."""
    side = max(24, round(size))
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    edge = max(2, side // 25)
    if draft.chance(0.6):
        pen.ellipse((2, 2, side - 3, side - 3), outline=255, width=edge)
        pen.ellipse(
            (side * 0.2, side * 0.2, side * 0.8, side * 0.8), outline=255, width=max(1, edge // 2)
        )
        for angle in np.linspace(0, 2 * np.pi, draft.between(9, 24), endpoint=False):
            px, py = side / 2 + side * 0.4 * np.cos(angle), side / 2 + side * 0.4 * np.sin(angle)
            pen.ellipse((px - edge, py - edge, px + edge, py + edge), fill=255)
    else:
        pen.rectangle((2, side // 4, side - 3, side * 3 // 4), outline=255, width=edge)
        pen.rectangle(
            (edge * 3, side // 4 + edge * 3, side - edge * 3, side * 3 // 4 - edge * 3), outline=255
        )
        for k in range(draft.between(2, 4)):
            at = side * (0.36 + 0.09 * k)
            pen.line((side * 0.2, at, side * draft.uniform(0.5, 0.8), at), fill=255, width=edge)
    mask = mask.rotate(draft.uniform(-30, 30), Image.Resampling.BILINEAR)
    patches = Image.fromarray(draft.rng.integers(60, 256, (9, 9), dtype=np.uint8)).resize(
        (side, side)
    )
    wet = (
        np.asarray(mask, np.float32)
        * np.asarray(patches, np.float32)
        / 255
        * draft.uniform(0.4, 0.9)
    )
    color = draft.pick([(150, 30, 40), (40, 50, 140), (90, 40, 130), (30, 90, 60), (40, 40, 40)])
    canvas.image.paste(color, (round(x), round(y)), Image.fromarray(wet.astype(np.uint8)))


def photo(rng: np.random.Generator, width: int, height: int, color: bool = True) -> Image.Image:
    """Something like a photograph out of focus: patches of light, a few edges, RGB."""
    width, height = max(8, width), max(8, height)
    small = (max(4, width // 4), max(4, height // 4))
    base = rng.uniform(40, 200, 3)
    out = np.zeros((small[1], small[0], 3), np.float32)
    for cells, weight in ((2, 0.5), (5, 0.35), (16, 0.2)):
        coarse = rng.normal(128, 60, (cells, cells, 1)) + rng.normal(
            0, rng.uniform(4, 30), (cells, cells, 3)
        )
        patch = Image.fromarray(np.clip(coarse, 0, 255).astype(np.uint8))
        out += weight * (
            np.asarray(patch.resize(small, Image.Resampling.BICUBIC), np.float32) - 128
        )
    out += base.mean() + (base - base.mean()) * rng.uniform(0, 0.8)
    image = Image.fromarray(np.clip(out, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(0, 9))):
        x, y = rng.uniform(0, small[0]), rng.uniform(0, small[1])
        a, b = rng.uniform(0.03, 0.4, 2) * small
        shade = np.clip(base + rng.normal(0, 50) + rng.normal(0, 25, 3), 0, 255)
        fill = tuple(int(v) for v in shade)
        if rng.random() < 0.5:
            pen.ellipse((x - a, y - b, x + a, y + b), fill=fill)
        else:
            pen.polygon(
                [(x - a, y + b), (x + rng.uniform(-a, a), y - b), (x + a, y + b)], fill=fill
            )
    image = image.filter(ImageFilter.BoxBlur(float(rng.uniform(0.3, 1.5))))
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return image if color else image.convert("L").convert("RGB")


def figure(draft: Draft, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A photograph, a halftone, a chart or a line drawing, framed or not, without any lettering."""
    rng = draft.rng
    kind = rng.random()
    if kind < 0.5:
        image = photo(rng, round(width), round(height), draft.chance(0.4))
        if draft.chance(0.3):
            image = image.convert("1").convert("RGB")
        canvas.image.paste(image, (round(x), round(y)))
    elif kind < 0.75:
        _chart(draft, canvas, x, y, width, height)
    else:
        for _ in range(draft.between(4, 14)):
            a, b = x + rng.uniform(0, width, 2)
            c, d = y + rng.uniform(0, height, 2)
            if draft.chance(0.5):
                canvas.rule(a, c, b, d, BLACK, draft.between(1, 3))
            else:
                canvas.draw.ellipse(
                    (min(a, b), min(c, d), max(a, b) + 2, max(c, d) + 2), outline=BLACK
                )
    if draft.chance(0.5):
        canvas.box(x, y, x + width, y + height, BLACK)


def _chart(draft: Draft, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """Axes with bars or with a curve."""
    canvas.rule(x, y + height, x + width, y + height, BLACK, 2)
    canvas.rule(x, y, x, y + height, BLACK, 2)
    count = draft.between(4, 14)
    values = draft.rng.uniform(0.05, 0.95, count)
    step = width / count
    if draft.chance(0.5):
        color = draft.pick([(90, 90, 90), draft.vivid(0.5), BLACK])
        for n, value in enumerate(values):
            canvas.box(
                x + step * (n + 0.2),
                y + height * (1 - value),
                x + step * (n + 0.8),
                y + height,
                BLACK,
                color if n % 2 else (170, 170, 170),
            )
    else:
        for n in range(1, 5):
            canvas.rule(x, y + height * n / 5, x + width, y + height * n / 5, (180, 180, 180))
        points = [(x + step * (n + 0.5), y + height * (1 - v)) for n, v in enumerate(values)]
        canvas.draw.line(points, fill=draft.pick([BLACK, draft.vivid(0.4)]), width=2)


def holes(draft: Draft, canvas: Canvas) -> None:
    """Punch holes along the left edge, as a copier shows them."""
    size = canvas.width * draft.uniform(0.008, 0.014)
    x = canvas.width * draft.uniform(0.015, 0.035)
    for share in draft.pick([(0.3, 0.7), (0.12, 0.5, 0.88)]):
        y = canvas.height * (share + draft.uniform(-0.01, 0.01))
        canvas.draw.ellipse((x - size, y - size, x + size, y + size), fill=(15, 15, 15))

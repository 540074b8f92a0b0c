# SPDX-License-Identifier: Apache-2.0
"""The styles of captchas that are rendered: how letters are set, coloured and hidden in each."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Style:
    """A maker's way with captchas. Lengths are in ems (the letters' size) unless said otherwise.

    Attributes:
        name: for people.
        share: of all images.
        heights: least and most rows of the image.
        em: size of the letters, in heights of the image.
        width: columns of the image; 0 where it follows from the text.
        letters: least and most characters.
        faces: "sans", "any", "soft" (drawn as if by hand) or "strokes" (OpenCV's).
        mixed: chance that every character has a face of its own.
        spacing: extra distance of the letters.
        tilt: most degrees that a letter is turned, either way.
        uneven: most variation of the letters' sizes, as a fraction, either way.
        wander: most distance of a letter from the common baseline.
        wave: most slope of the waves that the image is bent in.
        ink: "one" colour, "many", or "dark" ones between fixed bounds.
        pale: how much of the usual difference from the ground, in grey, the palest letters lack.
        ground: "white", "pastel", "texture", "grey" or "night".
        lines: least and most lines.
        line_ink: their colour: "letters", "black", "blue" or "any".
        arcs: whether lines are arcs.
        dots: most dots, per thousand pixels.
        noise: most noise, in grey levels.
        blur: most blur.
        jpeg: chance of JPEG compression.
    """

    name: str
    share: float
    heights: tuple[int, int]
    em: Range
    width: int = 0
    letters: tuple[int, int] = (4, 8)
    faces: str = "any"
    mixed: float = 0.0
    spacing: Range = (0.0, 0.2)
    tilt: float = 0.0
    uneven: float = 0.0
    wander: float = 0.0
    wave: float = 0.0
    ink: str = "one"
    pale: float = 0.0
    ground: str = "white"
    lines: tuple[int, int] = (0, 0)
    line_ink: str = "letters"
    arcs: bool = False
    dots: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    jpeg: float = 0.0


STYLES: tuple[Style, ...] = (
    # Four upright letters side by side on a small white picture, each in an upright or a slanted
    # face, crossed by three thin lines of one blue.
    Style(
        "small",
        0.14,
        (30, 30),
        (0.8, 0.9),
        width=70,
        letters=(4, 4),
        faces="narrow",
        mixed=1.0,
        ink="dark",
        lines=(3, 3),
        line_ink="blue",
        jpeg=0.6,
    ),
    # Stroke letters, tilted one by one, with dots all over and lines from the left to the right.
    Style(
        "strokes",
        0.12,
        (40, 40),
        (0.6, 0.75),
        width=150,
        letters=(4, 6),
        faces="strokes",
        spacing=(0.0, 0.3),
        tilt=24,
        wander=0.12,
        wave=0.1,
        ink="dark",
        lines=(3, 3),
        line_ink="any",
        dots=33.0,
    ),
    # Wide white pictures of coloured letters far from each other, with a few black lines.
    Style(
        "wide",
        0.20,
        (60, 90),
        (0.36, 0.62),
        spacing=(0.05, 1.2),
        tilt=18,
        wander=0.06,
        ink="many",
        pale=0.35,
        lines=(0, 5),
        line_ink="black",
    ),
    # One colour on a pale ground, close together and bent, an arc below or across, and dots.
    Style(
        "pastel",
        0.16,
        (50, 90),
        (0.4, 0.62),
        faces="soft",
        spacing=(-0.06, 0.15),
        tilt=10,
        uneven=0.03,
        wander=0.06,
        wave=0.14,
        ground="pastel",
        lines=(0, 2),
        arcs=True,
        dots=3.0,
        jpeg=0.2,
    ),
    # Letters that touch, bent in waves, with nothing else.
    Style(
        "touching",
        0.10,
        (50, 80),
        (0.55, 0.75),
        spacing=(-0.07, 0.0),
        tilt=5,
        wave=0.22,
        blur=0.015,
        jpeg=0.3,
    ),
    # Dark letters on a busy ground under noise.
    Style(
        "noisy",
        0.12,
        (36, 70),
        (0.5, 0.75),
        spacing=(0.02, 0.25),
        tilt=14,
        wander=0.05,
        wave=0.08,
        ground="texture",
        lines=(0, 2),
        dots=10.0,
        noise=22.0,
        blur=0.02,
        jpeg=0.5,
    ),
    # Light letters on a dark ground.
    Style(
        "night",
        0.06,
        (36, 70),
        (0.5, 0.75),
        spacing=(0.0, 0.25),
        tilt=14,
        uneven=0.03,
        wander=0.05,
        wave=0.08,
        ink="many",
        ground="night",
        lines=(0, 3),
        dots=6.0,
        jpeg=0.4,
    ),
    # Grey forms: letters of one or several faces, arcs and lines in the letters' own colour.
    Style(
        "crossed",
        0.10,
        (40, 80),
        (0.5, 0.72),
        mixed=0.4,
        spacing=(0.0, 0.2),
        tilt=16,
        uneven=0.03,
        wander=0.06,
        wave=0.1,
        ground="grey",
        lines=(1, 4),
        arcs=True,
        dots=5.0,
        noise=8.0,
        jpeg=0.4,
    ),
)

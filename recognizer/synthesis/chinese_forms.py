# SPDX-License-Identifier: Apache-2.0
"""Which form a sign of Chinese print is read in, where a picture cannot tell.

`，` and `,` are one shape in a wide square and in a narrow one, and what stands around it at the
end of a line, or in a line that was drawn together, tells neither. A reader is served best by the
form that is usual where the sign stands: wide beside Chinese characters, narrow among letters and
figures. Texts to learn from are brought to that form, and the other one is drawn now and then all
the same, as hasty typing has it.
"""

from __future__ import annotations

import re

from recognizer.spacing import is_square

_NARROW_TWINS = ",:;!?()"
_WIDE_TWINS = "，：；！？（）"
_WIDEN = dict(zip(_NARROW_TWINS, _WIDE_TWINS, strict=True))
_NARROWED = dict(zip(_WIDE_TWINS, _NARROW_TWINS, strict=True))
# Signs that differ from a usual one in next to nothing, and the usual one.
_USUAL = dict(zip("．＋│∶︰﹐﹑﹒﹔﹖─━", ".+|::,、.;?——", strict=True))
#: Signs that are never read: others that look the same are, wherever they stand.
FOLDED = frozenset(_USUAL)
_FOLD = str.maketrans(_USUAL)
_HASTY = str.maketrans(_NARROWED)
# The point after the number of an item in a list.
_POINT = re.compile(r"(?<=\d)\.(?=\D)")


def usual_forms(text: str) -> str:
    """The text with each sign in the form that is usual where it stands.

    Commas, colons, semicolons, brackets and the marks of questions and exclamations are wide
    beside a character or sign that fills a square, and narrow elsewhere; two brackets that belong
    together are alike.

    Args:
        text: a line; blanks beside wide signs are taken out by those who make it.

    Returns:
        As many characters.
    """
    text = text.translate(_FOLD)
    bare = "".join(_NARROWED.get(c, c) for c in text)
    wide = [
        c in _WIDEN and any(is_square(n) for n in bare[max(i - 1, 0) : i] + bare[i + 1 : i + 2])
        for i, c in enumerate(bare)
    ]
    opened: list[int] = []
    for i, c in enumerate(bare):
        if c == "(":
            opened.append(i)
        elif c == ")" and opened:
            start = opened.pop()
            wide[start] = wide[i] = wide[start] or wide[i]
    return "".join(_WIDEN[c] if w else c for c, w in zip(bare, wide, strict=True))


def hasty_forms(text: str) -> str:
    """The text as it comes from a keyboard that has no wide signs; as many characters."""
    return text.translate(_HASTY)


def wide_points(text: str) -> str:
    """The text with wide points after the numbers of items; as many characters."""
    return _POINT.sub("．", text)

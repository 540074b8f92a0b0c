# SPDX-License-Identifier: Apache-2.0
"""Which form a sign of Chinese print is read in, where a picture cannot tell.

`，` and `,` are one shape in a wide square and in a narrow one, and what stands around it at the
end of a line, or in a line that was drawn together, tells neither. A reader is served best by the
form that is usual where the sign stands: wide beside Chinese characters, narrow among letters and
figures. Texts to learn from are brought to that form, and the other one is drawn now and then all
the same, as hasty typing has it; what a net reads is brought to it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from recognizer.alphabet import Alphabet
from recognizer.ctc import Decoded
from recognizer.spacing import is_square

NARROW_TWINS = ",:;!?()~"
WIDE_TWINS = "，：；！？（）～"
_WIDEN = dict(zip(NARROW_TWINS, WIDE_TWINS, strict=True))
_NARROWED = dict(zip(WIDE_TWINS, NARROW_TWINS, strict=True))
# Signs that differ from a usual one in next to nothing, and the usual one.
_USUAL = dict(zip("．＋│∶︰﹐﹑﹒﹔﹖─━Ⅰ巿", ".+|::,、.;?——I市", strict=True))
#: Signs that are never read: others that look the same are, wherever they stand.
FOLDED = frozenset(_USUAL)
_FOLD = str.maketrans(_USUAL)
_ELLIPSIS = "…"
#: Signs next to which a blank cannot be seen, because they bring their own.
AIRY = frozenset("，。、：；！？（）“”‘’《》〈〉【】「」『』〔〕…—～　")


def usual_forms(text: str) -> str:
    """The text with each sign in the form that is usual where it stands.

    Commas, colons, semicolons, brackets, tildes and the marks of questions and exclamations are
    wide beside a character or sign that fills a square, and narrow elsewhere; two brackets that
    belong together are alike.

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


class UsualSigns:
    """Readings in the forms that are usual where each sign stands.

    Args:
        alphabet: of a net that learnt from such texts.
    """

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        twins = {**_USUAL, **_NARROWED}
        self._pairs = [
            alphabet.encode(sign + usual)
            for sign, usual in twins.items()
            if sign in alphabet and usual in alphabet
        ]

    def merged(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Gives each sign what its twin has: where a net is in doubt between two forms of one
        shape, neither may have as much as the blank.

        Args:
            probabilities: (…, classes); changed in place.

        Returns:
            The same array.
        """
        for other, usual in self._pairs:
            probabilities[..., usual] += probabilities[..., other]
            probabilities[..., other] = 0.0
        return probabilities

    def usual(self, decoded: Decoded) -> Decoded:
        """A reading in usual forms: of signs, of an ellipsis, whose dots a net that sees a few
        characters at a time cannot count, and without blanks beside signs that bring their own."""
        text = usual_forms(self.alphabet.decode(decoded.classes))
        kept = [i for i in _whole_ellipses(text) if not _lost_in_air(text, i)]
        text = usual_forms("".join(text[i] for i in kept))
        return Decoded(
            tuple(self.alphabet.encode(text)),
            tuple(decoded.confidences[i] for i in kept),
            tuple(decoded.spans[i] for i in kept),
        )


def _whole_ellipses(text: str) -> list[int]:
    """Places of a text's characters in order, those of each ellipsis an even number."""
    places: list[int] = []
    for sign, run in groupby(range(len(text)), key=text.__getitem__):
        own = list(run)
        if sign == _ELLIPSIS and len(own) % 2 and any(map(is_square, _beside(text, own))):
            own = own[:-1] if len(own) > 1 else own * 2
        places += own
    return places


def _lost_in_air(text: str, place: int) -> bool:
    """Whether a character is a blank that nobody could see."""
    return text[place] == " " and not AIRY.isdisjoint(_beside(text, [place]))


def _beside(text: str, places: Sequence[int]) -> str:
    """The characters before and behind some that follow one another."""
    first, last = places[0], places[-1]
    return text[max(first - 1, 0) : first] + text[last + 1 : last + 2]

# SPDX-License-Identifier: Apache-2.0
"""How well a reading agrees with its reference: edit distance, CER, WER, word F1, calibration.

All rates over several texts are *micro* averages: errors of all texts over the length of all
references, so that a long page weighs more than a short line. Lengths count code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Jaro, Levenshtein

Pair = tuple[str, str]
"""(reference, reading)."""

_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"
_FOLDED = str.maketrans(
    {
        **dict.fromkeys(_SINGLE_QUOTES, "'"),
        **dict.fromkeys(_DOUBLE_QUOTES, '"'),
        **dict.fromkeys(_DASHES, "-"),
        "\u2026": "...",
        "\u00a0": " ",
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
    }
)
_FOLDED |= {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}


def fold_typography(text: str) -> str:
    """Writes quotes, dashes, the ellipsis, f-ligatures and full-width signs in ASCII.

    Single quotes, primes, the acute accent standing alone and the back quote become ``'``;
    double quotes, double primes, guillemets and two single quotes in a row become ``"``; every
    hyphen, dash, the minus sign and the soft hyphen become ``-``; the ellipsis becomes three
    full stops; the no-break space becomes a space; fi, fl, ff, ffi and ffl come apart;
    full-width letters, figures and signs become their narrow twins. Apply it to both sides: a
    reference that says ``''`` and a reading that says a curly quote then agree.
    """
    return text.translate(_FOLDED).replace("''", '"')


def collapse_spaces(text: str) -> str:
    """Every run of white space, line ends too, as one space; none at the ends."""
    return " ".join(text.split())


def letters_and_digits(text: str) -> str:
    """NFKC, case-folded, everything but letters and digits dropped."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(char for char in folded if char.isalnum())


# --------------------------------------------------------------------------- edit distance


def edit_distance(
    reference: Sequence[str], reading: Sequence[str], wildcard: str | None = None
) -> int:
    """Levenshtein distance between two strings or two lists of words.

    Args:
        reference: what should have been read.
        reading: what was read.
        wildcard: an element of the reference that any one element of the reading matches at no
            cost. To leave it out still costs 1, and so does an element too many.

    Returns:
        The least number of insertions, deletions and substitutions.
    """
    if wildcard is None or wildcard not in reference:
        return int(Levenshtein.distance(reference, reading))
    return _wildcard_distance(reference, reading, wildcard)


def _wildcard_distance(reference: Sequence[str], reading: Sequence[str], wildcard: str) -> int:
    """Exact, by Myers' bit vectors (J. ACM 46, 1999) in Hyyrö's form for the global distance.

    One column of the distance table is held as two bit vectors of vertical differences +1 and
    -1; a wildcard is a bit that is set in the match vector of every element. Python's integers
    are as long as the reference, so a page of 5,000 characters takes some hundredths of a second.
    """
    length = len(reference)
    anything = 0
    matches: dict[str, int] = {}
    for position, element in enumerate(reference):
        if element == wildcard:
            anything |= 1 << position
        else:
            matches[element] = matches.get(element, 0) | 1 << position
    full = (1 << length) - 1
    last = 1 << (length - 1)
    plus, minus, distance = full, 0, length
    for element in reading:
        match = matches.get(element, 0) | anything
        zero = (((match & plus) + plus) ^ plus) | match | minus
        right_plus = minus | (full & ~(zero | plus))
        right_minus = plus & zero
        distance += bool(right_plus & last) - bool(right_minus & last)
        # The row above the first one grows by one at each step: that is the 1 shifted in.
        right_plus = (right_plus << 1 | 1) & full
        right_minus = right_minus << 1 & full
        plus = right_minus | (full & ~(zero | right_plus))
        minus = right_plus & zero
    return distance


@dataclass(frozen=True, slots=True)
class Errors:
    """A number of edits and the length of the references that they were counted on."""

    edits: int = 0
    length: int = 0

    @property
    def rate(self) -> float:
        """Edits over length; may exceed 1. An empty reference gives 0 if nothing was read."""
        return self.edits / self.length if self.length else float(bool(self.edits))

    def __add__(self, other: Errors) -> Errors:
        return Errors(self.edits + other.edits, self.length + other.length)


def character_errors(reference: str, reading: str, wildcard: str | None = None) -> Errors:
    """Character edits of one text; see :func:`edit_distance` for the wildcard."""
    return Errors(edit_distance(reference, reading, wildcard), len(reference))


def word_errors(reference: str, reading: str) -> Errors:
    """Word edits of one text; words are what blanks separate, compared as they stand."""
    words = reference.split()
    return Errors(edit_distance(words, reading.split()), len(words))


def cer(pairs: Iterable[Pair], wildcard: str | None = None) -> float:
    """Character error rate: edits of all texts over the characters of all references."""
    return sum((character_errors(a, b, wildcard) for a, b in pairs), Errors()).rate


def wer(pairs: Iterable[Pair]) -> float:
    """Word error rate: word edits of all texts over the words of all references."""
    return sum((word_errors(a, b) for a, b in pairs), Errors()).rate


# --------------------------------------------------------------------------- whole texts


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def exact(pairs: Iterable[Pair]) -> float:
    """Share of texts read without any error."""
    return _mean(float(a == b) for a, b in pairs)


def exact_letters_and_digits(pairs: Iterable[Pair]) -> float:
    """Share of texts whose letters and digits agree, case aside; spaces do not count either."""
    return _mean(float(letters_and_digits(a) == letters_and_digits(b)) for a, b in pairs)


def mean_jaro(pairs: Iterable[Pair]) -> float:
    """Mean Jaro similarity (1 = equal); two empty texts are equal."""
    return _mean(1.0 if a == b else float(Jaro.similarity(a, b)) for a, b in pairs)


# --------------------------------------------------------------------------- order-free words

# Chinese is written without blanks; the blocks are those of Han characters and their extensions.
_HAN_OR_RUN = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    "|[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def word_bag(text: str) -> Counter[str]:
    """The words of a text as a multiset.

    Words are blank-separated, NFKC, case-folded, reduced to letters and digits; empty ones are
    dropped. Each Chinese character is a word of its own.
    """
    bag: Counter[str] = Counter()
    for word in text.split():
        bag.update(_HAN_OR_RUN.findall(letters_and_digits(word)))
    return bag


@dataclass(frozen=True, slots=True)
class Matches:
    """How many things matched, of how many that should be there and how many that were found."""

    matched: int = 0
    expected: int = 0
    found: int = 0

    @property
    def precision(self) -> float:
        """Matched over found; 0 when nothing was found."""
        return self.matched / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Matched over expected; 0 when nothing was expected."""
        return self.matched / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 when nothing was expected nor found."""
        if not self.expected and not self.found:
            return 1.0
        return 2 * self.matched / (self.expected + self.found)

    def __add__(self, other: Matches) -> Matches:
        return Matches(
            self.matched + other.matched, self.expected + other.expected, self.found + other.found
        )


def match_words(reference: str, reading: str) -> Matches:
    """Order-free word matches of one text: the multiset intersection of its word bags."""
    expected, found = word_bag(reference), word_bag(reading)
    return Matches((expected & found).total(), expected.total(), found.total())


def word_matches(pairs: Iterable[Pair]) -> Matches:
    """Order-free word matches summed over all texts; its ``f1`` is the word F1."""
    return sum((match_words(a, b) for a, b in pairs), Matches())


# --------------------------------------------------------------------------- confidence, confusions


def expected_calibration_error(
    confidences: Sequence[float] | npt.NDArray[np.float64],
    correct: Sequence[bool] | npt.NDArray[np.bool_],
    bins: int = 10,
) -> float:
    """Mean gap between how sure the readings were and how often they were right.

    Guo et al., "On Calibration of Modern Neural Networks" (2017): confidences are put in bins of
    equal width over 0..1; the gap of a bin counts by the number of its readings.

    Args:
        confidences: (N,) values 0 to 1.
        correct: (N,) whether each reading was right.
        bins: number of bins.
    """
    sure, right = np.asarray(confidences, float), np.asarray(correct, float)
    if sure.shape != right.shape:
        raise ValueError(f"{sure.size} confidences for {right.size} readings")
    if not sure.size:
        return 0.0
    index = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=sure - right, minlength=bins)
    return float(np.abs(gaps).sum() / sure.size)


def edits(reference: str, reading: str) -> list[tuple[str, str]]:
    """The least edits that turn the reference into the reading, in order.

    Returns:
        (expected, read) characters; an empty string where one side has nothing.
    """
    listed = []
    for op in Levenshtein.editops(reference, reading):
        expected = "" if op.tag == "insert" else reference[op.src_pos]
        read = "" if op.tag == "delete" else reading[op.dest_pos]
        listed.append((expected, read))
    return listed


def confusions(pairs: Iterable[Pair]) -> Counter[tuple[str, str]]:
    """How often each edit of :func:`edits` happened over all texts."""
    counted: Counter[tuple[str, str]] = Counter()
    for reference, reading in pairs:
        counted.update(edits(reference, reading))
    return counted


def characters_missed(pairs: Iterable[Pair]) -> dict[str, tuple[int, int]]:
    """How often each character of the references was missed or misread, and how often it occurs.

    Returns:
        (wrong, total) by character, for all that occur in a reference.
    """
    total: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for reference, reading in pairs:
        total.update(reference)
        wrong.update(expected for expected, _ in edits(reference, reading) if expected)
    return {char: (wrong[char], count) for char, count in total.items()}

# SPDX-License-Identifier: Apache-2.0
"""CTC prefix beam search, with an optional character n-gram, and a lexicon or another rule."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recognizer.alphabet import Alphabet
from recognizer.ctc import Decoded
from recognizer.grammar import TextRule

_NOTHING = -math.inf


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))"""
    if a < b:
        a, b = b, a
    return a if b == _NOTHING else a + math.log1p(math.exp(b - a))


class Language(Protocol):
    """What says how probable a character is after others."""

    def log_probability(self, context: str, character: str) -> float:
        """ln P(character | context)."""


class CharNgram:
    """Character n-gram with interpolated absolute discounting, in natural logarithms.

    Args:
        order: characters that are looked at, the predicted one included.
        discount: taken from each count and given to the shorter context.
    """

    def __init__(self, order: int = 5, discount: float = 0.75) -> None:
        if order < 1:
            raise ValueError(f"the order is at least 1, not {order}")
        self.order, self.discount = order, discount
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._totals: dict[str, int] = defaultdict(int)
        self._vocabulary: set[str] = set()

    def fit(self, lines: Iterable[str]) -> CharNgram:
        """Counts lines of text; a line begins and ends with an unseen newline."""
        for line in lines:
            text = "\n" + line + "\n"
            self._vocabulary.update(text)
            for position in range(1, len(text)):
                for length in range(min(self.order, position + 1)):
                    context = text[position - length : position]
                    self._counts[context][text[position]] += 1
                    self._totals[context] += 1
        return self

    def log_probability(self, context: str, character: str) -> float:
        """ln P(character | the last ``order`` - 1 characters of context)."""
        value = 1.0 / (len(self._vocabulary) + 1)
        context = context[-(self.order - 1) :] if self.order > 1 else ""
        for start in range(len(context), -1, -1):
            history = context[start:]
            total = self._totals.get(history, 0)
            if not total:
                break
            followers = self._counts[history]
            kept = max(followers.get(character, 0) - self.discount, 0.0)
            value = (kept + self.discount * len(followers) * value) / total
        return math.log(max(value, 1e-12))


@dataclass(frozen=True)
class Lexicon:
    """Words that a line's words must be; compared as they are written."""

    words: frozenset[str]
    _prefixes: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        prefixes = {word[:i] for word in self.words for i in range(len(word) + 1)}
        object.__setattr__(self, "_prefixes", frozenset(prefixes))

    @classmethod
    def of(cls, words: Iterable[str]) -> Lexicon:
        """A lexicon of any iterable of words; empty ones are dropped."""
        return cls(frozenset(word for word in words if word))

    def allows(self, text: str) -> bool:
        """Whether the text can be the beginning of lexicon words with spaces between."""
        *done, last = text.split(" ")
        return last in self._prefixes and all(word in self.words for word in done)

    def complete(self, text: str) -> bool:
        """Whether every word of the text is in the lexicon."""
        return all(word in self.words for word in text.split(" "))


@dataclass(slots=True)
class _Beam:
    """Log-probabilities of all paths that end in a blank or in the prefix's last character."""

    blank: float = _NOTHING
    character: float = _NOTHING
    language: float = 0.0

    @property
    def acoustic(self) -> float:
        return _add(self.blank, self.character)


def prefix_beam(
    probabilities: npt.NDArray[np.float32],
    alphabet: Alphabet,
    width: int = 10,
    ngram: Language | None = None,
    ngram_weight: float = 0.3,
    insertion: float = 0.5,
    rule: TextRule | None = None,
    floor: float = 1e-4,
) -> Decoded:
    """Finds the likeliest text rather than the likeliest path.

    Args:
        probabilities: (T, classes) of one line.
        alphabet: gives characters and blank.
        width: prefixes kept after each step.
        ngram: character n-gram whose log-probability is added with ``ngram_weight``, together
            with ``insertion`` per character so that longer texts are not punished.
        rule: decides which texts are allowed, as a :class:`Lexicon` does.
        floor: classes of a lower probability at a step are not followed.

    Returns:
        The best text's classes, spans and confidences; empty where the rule allows nothing.
    """
    blank = alphabet.blank_index
    logs = np.log(np.maximum(probabilities, 1e-12))
    beams: dict[tuple[int, ...], _Beam] = {(): _Beam(blank=0.0)}
    likely = probabilities > floor
    likely[:, blank] = True
    alone = np.count_nonzero(likely, axis=1) == 1
    waited = 0.0
    for step in range(len(probabilities)):
        if alone[step]:  # of a run of blanks only its product counts
            waited += float(logs[step, blank])
            if step + 1 < len(alone) and alone[step + 1]:
                continue
            for beam in beams.values():
                beam.blank, beam.character = beam.acoustic + waited, _NOTHING
            waited = 0.0
            continue
        followed = [(i, float(logs[step, i])) for i in np.flatnonzero(likely[step]).tolist()]
        following: dict[tuple[int, ...], _Beam] = {}
        for prefix, beam in beams.items():
            for index, log in followed:
                _extend(following, prefix, beam, index, log, blank)
        _score_new(following, beams, alphabet, ngram, ngram_weight, insertion, rule)
        ranked = sorted(following.items(), key=lambda kv: kv[1].acoustic + kv[1].language)
        beams = dict(ranked[::-1][:width])
    finished = [
        (prefix, beam)
        for prefix, beam in beams.items()
        if rule is None or not prefix or rule.complete(alphabet.decode(prefix))
    ]
    if not finished:
        return Decoded((), (), ())
    best, _ = max(finished, key=lambda kv: kv[1].acoustic + kv[1].language)
    return align(probabilities, best, blank)


def align(probabilities: npt.NDArray[np.float32], classes: Sequence[int], blank: int) -> Decoded:
    """Places a text on the steps of its likeliest path (Viterbi).

    Args:
        probabilities: (T, classes) of one line.
        classes: the text; it has to fit in T steps.
        blank: class of the blank.
    """
    return align_all([probabilities], [classes], blank)[0]


def align_all(
    rows: Sequence[npt.NDArray[np.float32]], texts: Sequence[Sequence[int]], blank: int
) -> list[Decoded]:
    """As :func:`align`, for many lines at once: each step is one for all of them.

    Args:
        rows: (T, classes) of each line.
        texts: classes of each line's text, which has to fit in its steps.
        blank: class of the blank.
    """
    if not rows:
        return []
    most, width = max(map(len, rows)), 2 * max(map(len, texts)) + 1
    logs = np.full((most, len(rows), width), _NOTHING, np.float32)
    bar = np.full((len(rows), width), _NOTHING, np.float32)  # 0 where a blank may be skipped
    for line, (row, text) in enumerate(zip(rows, texts, strict=True)):
        states = np.full(2 * len(text) + 1, blank)
        states[1::2] = text
        logs[: len(row), line, : len(states)] = np.log(np.maximum(row[:, states], 1e-12))
        bar[line, 3 : len(states) : 2] = np.where(states[3::2] != states[1:-2:2], 0.0, _NOTHING)
    # Two columns in front, so that each state has two before it.
    score = np.full((len(rows), width + 2), _NOTHING, np.float32)
    score[:, 2:4] = logs[0, :, :2]
    back = np.zeros((most, len(rows), width), np.int8)
    scores = np.empty((most, len(rows), 2), np.float32)
    lengths = np.array([2 * len(text) + 1 for text in texts])
    lines = np.arange(len(rows))
    scores[0] = score[lines[:, None], np.stack([lengths, lengths + 1], 1)]
    for step in range(1, most):
        # By comparisons, which along three rows take a fifth of the time of argmax.
        stays, follows, skips = score[:, 2:], score[:, 1:-1], score[:, :-2] + bar
        near = np.maximum(stays, follows)
        np.greater(follows, stays, out=back[step], casting="unsafe")
        back[step][skips > near] = 2
        score[:, 2:] = np.maximum(near, skips) + logs[step]
        scores[step] = score[lines[:, None], np.stack([lengths, lengths + 1], 1)]
    return [
        _trace(row, text, back[: len(row), line], scores[len(row) - 1, line])
        for line, (row, text) in enumerate(zip(rows, texts, strict=True))
    ]


def _trace(
    row: npt.NDArray[np.float32],
    text: Sequence[int],
    back: npt.NDArray[np.int8],
    ends: npt.NDArray[np.float32],
) -> Decoded:
    """Follows a line's path back: ``ends`` are the scores of its last character and blank."""
    if not text:
        return Decoded((), (), ())
    state = 2 * len(text) - (0 if ends[1] >= ends[0] else 1)
    moves = back.tolist()
    spans: list[list[int]] = [[0, 0] for _ in text]
    for step in range(len(row) - 1, -1, -1):
        if state % 2:
            span = spans[state // 2]
            span[0] = step
            span[1] = span[1] or step + 1
        state -= moves[step][state]
    confidences = (
        float(row[start:end, index].max()) for index, (start, end) in zip(text, spans, strict=True)
    )
    return Decoded(tuple(text), tuple(confidences), tuple((a, b) for a, b in spans))


def _extend(
    following: dict[tuple[int, ...], _Beam],
    prefix: tuple[int, ...],
    beam: _Beam,
    index: int,
    log: float,
    blank: int,
) -> None:
    if index == blank or (prefix and index == prefix[-1]):
        same = following.setdefault(prefix, _Beam())
        if index == blank:
            same.blank = _add(same.blank, beam.acoustic + log)
            return
        same.character = _add(same.character, beam.character + log)
        source = beam.blank  # a second equal character needs a blank before it
    else:
        source = beam.acoustic
    if source > _NOTHING:
        longer = following.setdefault((*prefix, index), _Beam())
        longer.character = _add(longer.character, source + log)


def _score_new(
    following: dict[tuple[int, ...], _Beam],
    beams: dict[tuple[int, ...], _Beam],
    alphabet: Alphabet,
    ngram: Language | None,
    weight: float,
    insertion: float,
    rule: TextRule | None,
) -> None:
    """Gives each prefix its language score, and drops those that the rule does not allow."""
    for prefix in list(following):
        beam = following[prefix]
        if not prefix:
            beam.language = 0.0
            continue
        if prefix in beams:  # which the rule has allowed before
            beam.language = beams[prefix].language
            continue
        if rule is not None and not rule.allows(alphabet.decode(prefix)):
            del following[prefix]
            continue
        parent = beams[prefix[:-1]].language
        if ngram is not None:
            context = "\n" + alphabet.decode(prefix[:-1])
            score = ngram.log_probability(context, alphabet.character(prefix[-1]))
            beam.language = parent + weight * score + insertion * weight
        else:
            beam.language = parent

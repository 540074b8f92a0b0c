# SPDX-License-Identifier: Apache-2.0
"""What the texts of a task look like: number plates and arithmetic expressions.

Of two readings that a net holds for about equally likely, the one that can be a plate is right,
``대구98서3136`` rather than ``대구986서3136``. A reading that breaks the rules is decoded again
by a beam that keeps to them (:meth:`recognizer.predictor.DecodeOptions.decode`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from recognizer.alphabet import Alphabet
from recognizer.plates import (
    CHINESE_LETTERS,
    CHINESE_PROVINCES,
    KOREAN_REGIONS,
    KOREAN_SYLLABLES,
    LATER_SYLLABLES,
)

__all__ = ["Arithmetic", "Forms", "TextRule", "rule_for"]

_DIGITS = "0123456789"


class TextRule(Protocol):
    """Decides which texts may be read."""

    def allows(self, text: str) -> bool:
        """Whether the text can be the beginning of one that may be read."""
        ...

    def complete(self, text: str) -> bool:
        """Whether the text may be read as it is."""
        ...


@dataclass(frozen=True)
class Forms:
    """Texts of some fixed forms; of each, the characters that may stand at each place."""

    forms: tuple[tuple[frozenset[str], ...], ...]

    @classmethod
    def of(cls, *forms: Sequence[str]) -> Forms:
        """Forms from strings of the characters that may stand at each place."""
        return cls(tuple(tuple(frozenset(place) for place in form) for form in forms))

    def allows(self, text: str) -> bool:
        """Whether a form begins so."""
        return any(len(text) <= len(form) and _fits(text, form) for form in self.forms)

    def complete(self, text: str) -> bool:
        """Whether the text has one of the forms."""
        return any(len(text) == len(form) and _fits(text, form) for form in self.forms)


def _fits(text: str, form: tuple[frozenset[str], ...]) -> bool:
    return all(character in place for character, place in zip(text, form, strict=False))


class Arithmetic:
    """Numbers joined by ``+ - *``, with brackets; a sign stands at the beginning or in a bracket.

    As in ``-3+(4*(-2))``; that is what is rendered and what the sets of images hold.
    """

    def allows(self, text: str) -> bool:
        """Whether an expression can begin so."""
        return _open_brackets(text) is not None

    def complete(self, text: str) -> bool:
        """Whether the text is an expression."""
        return _open_brackets(text) == 0 and (text[-1:].isdigit() or text[-1:] == ")")


def _open_brackets(text: str) -> int | None:
    """How many brackets are open at the end; None where no expression begins so."""
    depth, before = 0, "("  # an expression begins as a bracket does
    for character in text:
        after_value = before == ")" or before.isdigit()
        if character == "(":
            depth += 1
            fits = not after_value
        elif character == ")":
            depth -= 1
            fits = after_value and depth >= 0
        elif character in "+-*":
            fits = after_value or (character == "-" and before == "(")
        else:
            fits = character in _DIGITS and before != ")"
        if not fits:
            return None
        before = character
    return depth


def _korean_plates() -> Forms:
    syllables = "".join([*KOREAN_SYLLABLES.values(), *LATER_SYLLABLES.values()])
    end = [syllables, *[_DIGITS] * 4]
    return Forms.of(
        [_DIGITS] * 2 + end,
        [_DIGITS] * 3 + end,
        *([*region, *[_DIGITS] * 2, *end] for region in KOREAN_REGIONS.values()),
    )


def _chinese_plates() -> Forms:
    """Seven characters, or eight of electric cars; 使 and six digits of missions."""
    any_of = _DIGITS + CHINESE_LETTERS
    head = [CHINESE_PROVINCES, CHINESE_LETTERS]
    return Forms.of(
        [*head, *[any_of] * 5],
        [*head, *[any_of] * 4, "学警港澳挂领"],
        [*head, CHINESE_LETTERS, *[any_of] * 5],
        [*head, *[any_of] * 5, CHINESE_LETTERS],
        ["使", *[_DIGITS] * 6],
    )


_RULES: dict[str, Callable[[], TextRule]] = {
    "expressions": Arithmetic,
    "plates-korea": _korean_plates,
    "plates-china": _chinese_plates,
}


@lru_cache
def _rule(task: str) -> TextRule:
    return _RULES[task]()


def rule_for(task: str, alphabet: Alphabet) -> TextRule | None:
    """The rule for texts of a task; None where there is none.

    Also None where the net reads other characters than the task's own: its texts are then
    somebody else's.
    """
    from recognizer.tasks import load_preset

    if task not in _RULES or set(alphabet.characters) - set(load_preset(task).alphabet):
        return None
    return _rule(task)

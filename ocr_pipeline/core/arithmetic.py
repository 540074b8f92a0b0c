# SPDX-License-Identifier: Apache-2.0
"""The value of an arithmetic expression: integers, + - * and round brackets.

=========== ==================================
expression  ``term (("+" | "-") term)*``
term        ``factor ("*" factor)*``
factor      ``"-" factor | "(" expression ")" | digits``
=========== ==================================

The text is what a recognizer read of somebody's image: it is parsed, never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ocr_pipeline.core.errors import DataError

#: Longest expression, and most brackets and signs within each other.
LONGEST, DEEPEST = 200, 50
_DIGITS = frozenset("0123456789")


class ExpressionError(DataError):
    """The text is no arithmetic expression."""


@dataclass(slots=True)
class _Parser:
    """Reads an expression from the left to the right."""

    text: str
    at: int = 0
    depth: int = 0

    def whole(self) -> int:
        value = self.expression()
        if self.at < len(self.text):
            raise self._unexpected("an operator or the end")
        return value

    def expression(self) -> int:
        value = self.term()
        while self._next() in ("+", "-"):
            sign = self._take()
            other = self.term()
            value = value + other if sign == "+" else value - other
        return value

    def term(self) -> int:
        value = self.factor()
        while self._next() == "*":
            self._take()
            value *= self.factor()
        return value

    def factor(self) -> int:
        found = self._next()
        if found in _DIGITS:
            return self.number()
        if found not in ("-", "("):
            raise self._unexpected("a number, a minus or a bracket")
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"brackets and signs lie more than {DEEPEST} deep")
        self._take()
        value = self._bracketed() if found == "(" else -self.factor()
        self.depth -= 1
        return value

    def number(self) -> int:
        start = self.at
        while self._next() in _DIGITS:
            self._take()
        return int(self.text[start : self.at])

    def _bracketed(self) -> int:
        value = self.expression()
        if self._next() != ")":
            raise self._unexpected("a closing bracket")
        self._take()
        return value

    def _next(self) -> str:
        """The next character; nothing at the end."""
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def _unexpected(self, wanted: str) -> ExpressionError:
        found = repr(self._next()) if self._next() else "the end"
        return ExpressionError(f"{wanted} is expected at character {self.at + 1}, not {found}")


def evaluate(text: str) -> int:
    """The value of an expression, exact however large.

    Args:
        text: digits, ``+ - * ( )``; blanks around numbers and signs do not count.

    Raises:
        ExpressionError: if it is no expression, longer than :data:`LONGEST` characters or nested
            deeper than :data:`DEEPEST`; says where and why.

    Example:
        >>> evaluate("(1+4)*2")
        10
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters")
    words = text.split()
    for left, right in pairwise(words):
        if left[-1] in _DIGITS and right[0] in _DIGITS:
            raise ExpressionError(f"no operator between {left!r} and {right!r}")
    return _Parser("".join(words)).whole()


def value_of(text: str) -> int | None:
    """The value of an expression, or None where the text is none."""
    try:
        return evaluate(text)
    except ExpressionError:
        return None

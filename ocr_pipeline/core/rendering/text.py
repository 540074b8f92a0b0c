# SPDX-License-Identifier: Apache-2.0
"""What is written: lines, sentences, paragraphs and small entities, all within one alphabet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ocr_pipeline.core.rendering import entities, snippets
from ocr_pipeline.core.rendering.phrases import split_list
from ocr_pipeline.core.rendering.words import (
    Corpus,
    accented,
    chance,
    people,
    pick,
    read_corpus,
    vocabulary,
    weighted,
    word,
)

Rng = np.random.Generator

_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_LATIN_1 = "".join(map(chr, range(0xC0, 0x100)))
_SIGNS = "¡¢£¥§©ª«®°±²³µ¶·¹º»¼½¾¿ŒœŠšŽžŸ–—‘’“”„†•…€™"

LATIN_ALPHABET: str = "".join(sorted(set(_ASCII + _LATIN_1 + _SIGNS)))
"""English and Western European print: ASCII with the blank, accented letters, common signs."""

_ENDS = ((14.0, "."), (1.0, "?"), (1.0, "!"), (1.0, ":"), (0.7, "..."))
_GLUE = split_list("the|of|and|to|in|a|is|that|for|on|with|as|by|at|from|was|are|or|be|an")


class TextSource:
    """Endless text of the kinds that documents hold.

    Args:
        alphabet: Characters that may occur; None means ``LATIN_ALPHABET``.
        corpus: Text files, word lists, JSON lists, or folders of them.

    Every method draws from the generator given to it and from nothing else. Texts hold single
    blanks only, and none at the ends.

    Raises:
        DataError: A corpus path that does not exist.
    """

    def __init__(self, alphabet: str | None = None, corpus: Sequence[Path] = ()) -> None:
        self.alphabet = frozenset(LATIN_ALPHABET if alphabet is None else alphabet)
        self._corpus: Corpus = read_corpus(corpus, self.alphabet) if corpus else Corpus()
        self._rare = "".join(c for c in snippets.RARE_SIGNS if c in self.alphabet) or "-"
        self._accents = "".join(
            c for c in sorted(self.alphabet) if c.isalpha() and not c.isascii() and c not in "ªº"
        )
        self._any = "".join(sorted(self.alphabet - {" "}))
        self._ascii = "".join(c for c in self._any if c.isascii()) or self._any

    # Entities -------------------------------------------------------------------------------

    def name(self, rng: Rng) -> str:
        """A person's name."""
        return self._clean(entities.name(rng))

    def company(self, rng: Rng) -> str:
        """A firm's name."""
        return self._clean(entities.company(rng))

    def address(self, rng: Rng) -> str:
        """One line of a postal address."""
        return self._clean(entities.address(rng))

    def date(self, rng: Rng) -> str:
        """A date, a time or both."""
        return self._clean(entities.date(rng))

    def amount(self, rng: Rng) -> str:
        """A sum of money."""
        return self._clean(entities.amount(rng))

    def phone(self, rng: Rng) -> str:
        """A telephone number."""
        return self._clean(entities.phone(rng))

    def email(self, rng: Rng) -> str:
        """An e-mail address."""
        return self._clean(entities.email(rng))

    def url(self, rng: Rng) -> str:
        """A web address."""
        return self._clean(entities.url(rng))

    def code(self, rng: Rng) -> str:
        """A reference or serial number."""
        return self._clean(entities.code(rng))

    def product(self, rng: Rng) -> str:
        """A product as a receipt names it."""
        return self._clean(entities.product(rng))

    def placard(self, rng: Rng, max_chars: int = 30) -> str:
        """What a sign, a package or a button says: a word or a few."""
        text = self._clean(snippets.placard(rng, lambda: self._word(rng)))
        return self._shorten(text, max_chars) or pick(rng, self._any)

    # Running text -----------------------------------------------------------------------------

    def words(self, rng: Rng, n: int) -> str:
        """``n`` words with single blanks between them, rare words as likely as common ones."""
        return self._clean(" ".join(self._word(rng) for _ in range(n)))

    def sentence(self, rng: Rng, max_chars: int = 120) -> str:
        """A sentence of at most ``max_chars`` characters, with its capital and its full stop."""
        target = max(1, int(max_chars * rng.uniform(0.35, 0.95)))
        if self._corpus.prose and chance(rng, 0.8):
            text = _from_word_start(self._corpus.fragment(rng, target + 14))
        else:
            text = self._made_up(rng, target)
        text = self._shorten(self._clean(text), max(1, max_chars - 3)).rstrip(",;:-–—.?! ")
        text = text[:1].upper() + text[1:]
        return self._clean(text + weighted(rng, _ENDS))[:max_chars]

    def paragraph(self, rng: Rng, n_words: int) -> str:
        """About ``n_words`` words of running text, as sentences, without line breaks."""
        if self._corpus.prose and chance(rng, 0.85):
            text = self._clean(_from_word_start(self._corpus.fragment(rng, n_words * 7 + 20)))
            words = text.split()[:n_words]
            if len(words) > n_words // 2:
                return " ".join(words)
        sentences: list[str] = []
        count = 0
        while count < n_words:
            sentences.append(self.sentence(rng, int(rng.integers(40, 160))))
            count += len(sentences[-1].split()) or n_words
        return " ".join(" ".join(sentences).split()[:n_words])

    # Lines --------------------------------------------------------------------------------------

    def line(self, rng: Rng, max_chars: int = 100) -> str:
        """One line of some document: the mixture that a recognizer is trained on.

        Lines are 1 to ``max_chars`` characters long, short ones being the more frequent.
        """
        for _ in range(20):
            maker = weighted(rng, self._mixture())
            text = self._shorten(self._clean(maker(rng, max_chars)), max_chars)
            text = self._clean(_recase(rng, text)) if text else ""
            if text:
                return text[:max_chars].strip() or text[:1]
        return pick(rng, self._any)

    def _mixture(self) -> tuple[tuple[float, Callable[[Rng, int], str]], ...]:
        """Shares of the kinds of lines."""
        return (
            (21.0, self._prose),
            (11.0, self._some_words),
            (13.0, self._single),
            (16.0, lambda rng, most: snippets.receipt(rng)),
            (8.0, lambda rng, most: snippets.form(rng)),
            (5.5, lambda rng, most: snippets.office(rng)),
            (9.0, lambda rng, most: snippets.cells(rng)),
            (3.0, lambda rng, most: snippets.bracketed(rng)),
            (8.5, self._entity),
            (5.0, self._foreign),
            (5.0, self._spelled),
            (7.0, lambda rng, most: snippets.signs(rng, self._rare)),
            (1.0, lambda rng, most: snippets.scramble(rng, self._any, most)),
            (3.5, lambda rng, most: snippets.scramble(rng, self._ascii, most)),
            (4.0, lambda rng, most: snippets.isolated(rng)),
        )

    def _prose(self, rng: Rng, most: int) -> str:
        """Part of a running text, cut anywhere between words, sometimes inside one."""
        target = int(rng.integers(4, max(5, min(most, 95)))) if chance(rng, 0.75) else most
        target = min(target, most)
        if self._corpus.prose and chance(rng, 0.75):
            text = self._clean(_from_word_start(self._corpus.fragment(rng, target + 16)))
        else:
            text = self._clean(self._made_up(rng, target + 8))
        text = _typographic(rng, text)
        text = self._shorten(text, target)
        if chance(rng, 0.13) and len(text) > 12:
            head, _, last = text.rpartition(" ")
            if len(last) > 4 and last.isalpha():
                text = f"{head} {last[: int(rng.integers(2, len(last) - 1))]}-"
        if chance(rng, 0.04):
            text = text[int(rng.integers(1, 4)) :]
        return text

    def _some_words(self, rng: Rng, most: int) -> str:
        """A few words that do not belong together."""
        text = self.words(rng, 1 + int(6 * rng.random() ** 1.5))
        roll = rng.random()
        if roll < 0.3:
            return text.title()
        if roll < 0.4:
            return f"{text.capitalize()}{pick(rng, ':.;,?!')}"
        return text

    def _single(self, rng: Rng, most: int) -> str:
        """A word alone, with what may cling to it."""
        new = self._word(rng)
        if chance(rng, 0.4):
            new = new.capitalize()
        return weighted(
            rng,
            (
                (7.0, new),
                (1.0, new + ":"),
                (1.0, new + ","),
                (1.0, new + "."),
                (0.4, f"({new})"),
                (0.3, f"({new}"),
                (0.3, f"{new})"),
                (0.3, f'"{new}"'),
                (0.2, f"“{new}”"),
                (0.2, f"'{new}'"),
                (0.3, f"{new}-"),
                (0.2, f"-{new}"),
                (0.2, f"{new};"),
                (0.2, f"{new}?"),
                (0.2, f"{new}!"),
                (0.2, f"*{new}"),
                (0.2, f"{new}’s"),
                (0.2, f"{new}'s"),
                (0.2, f"{new}/{self._word(rng)}"),
                (0.3, f"{new}-{self._word(rng)}"),
                (0.2, f"{new}{int(rng.integers(100))}"),
                (0.1, f"[{new}]"),
                (0.1, f"#{new}"),
                (0.1, f"@{new}"),
                (0.1, f"<{new}>"),
                (0.1, f"{new}™"),
                (0.1, f"{new}®"),
            ),
        )

    def _entity(self, rng: Rng, most: int) -> str:
        makers = (
            (1.5, entities.name),
            (1.2, entities.company),
            (1.2, entities.address),
            (1.5, entities.date),
            (1.2, entities.amount),
            (0.8, entities.phone),
            (0.7, entities.email),
            (0.7, entities.url),
            (0.7, entities.joined),
            (1.5, entities.code),
            (0.6, entities.product),
            (1.0, entities.number),
        )
        return weighted(rng, makers)(rng)

    def _foreign(self, rng: Rng, most: int) -> str:
        return snippets.foreign(rng, min(most, int(rng.integers(2, 70))))

    def _spelled(self, rng: Rng, most: int) -> str:
        return snippets.spelled(rng, self._accents) if self._accents else self._single(rng, most)

    def _word(self, rng: Rng) -> str:
        """An English word, a list entry of the corpus, or a number now and then."""
        roll = rng.random()
        if roll < 0.12 and self._corpus.phrases:
            return pick(rng, self._corpus.phrases)
        if roll < 0.16:
            return entities.number(rng)
        if roll < 0.19:
            return pick(rng, accented("fr"))
        if roll < 0.25:
            return pick(rng, people()[1])
        return word(rng)

    def _made_up(self, rng: Rng, length: int) -> str:
        """Words with the commas, stops and small words of prose between them."""
        common = vocabulary("en")[:3000]
        parts: list[str] = []
        total = 0
        start = chance(rng, 0.5)
        while total < length:
            roll = rng.random()
            new = (
                pick(rng, _GLUE)
                if roll < 0.35
                else pick(rng, common)
                if roll < 0.6
                else self._word(rng)
            )
            if start:
                new = new[:1].upper() + new[1:]
            mark = weighted(
                rng,
                (
                    (20.0, ""),
                    (1.8, ","),
                    (1.2, "."),
                    (0.2, ";"),
                    (0.15, ":"),
                    (0.1, "?"),
                    (0.1, "!"),
                    (0.1, ")"),
                    (0.2, " -"),
                ),
            )
            new = f"({new})" if mark == ")" else new + mark
            start = mark in (".", "?", "!")
            parts.append(new)
            total += len(new) + 1
        return " ".join(parts)

    def _clean(self, text: str) -> str:
        """Drop what the alphabet lacks (accents before letters), collapse blanks."""
        if not self.alphabet.issuperset(text):
            text = "".join(
                c if c in self.alphabet else _replacement(c, self.alphabet) for c in text
            )
        return " ".join(text.split())

    @staticmethod
    def _shorten(text: str, most: int) -> str:
        """Cut at the last blank before ``most`` characters, or there where no blank is near."""
        if len(text) <= most:
            return text
        blank = text.rfind(" ", max(0, most - 24), most + 1)
        return (text[:blank] if blank > 0 else text[:most]).strip()


def _from_word_start(text: str) -> str:
    """Drop the rest of a word at the start of a fragment; scripts without blanks stay whole."""
    blank = text.find(" ", 0, 24)
    return text[blank + 1 :] if blank >= 0 else text


def _replacement(char: str, alphabet: frozenset[str]) -> str:
    """A character's base letter if the alphabet has it, a blank for white space, else nothing."""
    if char.isspace():
        return " "
    return "".join(c for c in unicodedata.normalize("NFKD", char) if c in alphabet)


def _typographic(rng: Rng, text: str) -> str:
    """Straight quotes and double hyphens as a book sets them, in half of the texts."""
    if not chance(rng, 0.5):
        return text
    text = re.sub(r"(^|[\s(\[—-])\"", r"\1“", text).replace('"', "”")
    text = re.sub(r"(^|[\s(\[—“-])'", r"\1‘", text).replace("'", "’")
    return text.replace("--", "—" if chance(rng, 0.6) else " – ")


def _recase(rng: Rng, text: str) -> str:
    """Most lines as they are, a quarter in capitals, the rest in lower, title or random case."""
    roll = rng.random()
    if roll < 0.70:
        return text
    if roll < 0.92:
        return upper(text)
    if roll < 0.95:
        return text.lower()
    if roll < 0.98:
        return " ".join(w[:1].upper() + w[1:].lower() for w in text.split(" "))
    return "".join(
        upper(c) if flip else c for c, flip in zip(text, rng.random(len(text)) < 0.5, strict=True)
    )


def upper(text: str) -> str:
    """Capitals, where a letter has one within Latin-1's reach (µ and ª have none)."""
    made = []
    for char in text:
        big = char.upper()
        made.append(big if len(big) == 1 and char not in "µªº" else "SS" if char == "ß" else char)
    return "".join(made)

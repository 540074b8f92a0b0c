# SPDX-License-Identifier: Apache-2.0
"""What people write by hand, in English and French: letters, names, dates, sums, single words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ocr_pipeline.core.rendering import entities
from ocr_pipeline.core.rendering.phrases import split_list
from ocr_pipeline.core.rendering.text import TextSource
from ocr_pipeline.core.rendering.words import accented, chance, people, pick, weighted, word

Rng = np.random.Generator

_ASCII = "".join(map(chr, range(0x20, 0x7F)))
HANDWRITING_ALPHABET: str = _ASCII + "àâæçèéêëîïôùûüÿœÀÂÆÇÈÉÊËÎÏÔÙÛÜŒ" + "£€°«»’"
"""English and French: ASCII with the blank, accented letters, and the signs that are written.

Dashes and double quotes have one form each, as hands make no difference between theirs.
"""

_GLUE_FR = split_list(
    "de|la|et|le|à|les|des|en|un|du|une|que|est|pour|qui|dans|a|par|plus|pas|au|sur|ne|se|ce|il"
    "|elle|sont|ou|avec|son|sa|ses|mais|comme|on|nous|vous|je|mon|ma|mes|tout|toute|être|aux|où"
    "|été|avoir|fait|bien|sans|leur|même|après|avant"
)
_ELIDED = split_list("l|d|qu|n|s|j|m|c|jusqu|aujourd")
_TITLES = split_list("M.|Mr|Mme|Mlle|Mrs|Dr|Monsieur|Madame|Miss|Sir|Maître|Sgt|Cap.|Col.")
_MONTHS_FR = split_list(
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_STREETS_FR = split_list("rue|avenue|boulevard|place|chemin|quai|impasse|route")
_MONEY_FR = split_list("frs|fr|F|francs|€|£|$")
_OPENINGS = split_list(
    "Dear Sir,|Dear Mother,|My dear friend,|Mon cher ami,|Chère Madame,|Ma chère maman,"
    "|Cher Monsieur,|Yours truly,|With love,|Bien à vous,|Je soussigné|Fait à|Ceci est"
)
_VOWELS = frozenset("aeiouyhàâæèéêëîïôùûüœ")


class WrittenText:
    """Endless lines and words as they are written by hand.

    Args:
        corpus: text files for the English prose; made-up sentences where there are none.
        alphabet: characters that may occur.
    """

    def __init__(self, corpus: Sequence[Path] = (), alphabet: str = HANDWRITING_ALPHABET) -> None:
        self._source = TextSource(alphabet, corpus)
        self._alphabet = frozenset(alphabet)
        self._any = "".join(sorted(self._alphabet - {" "}))
        self._kinds: tuple[tuple[float, Callable[[Rng, int], str]], ...] = (
            (26.0, self._english),
            (28.0, self._french),
            (15.0, self._word),
            (7.0, self._words),
            (6.0, self._name),
            (6.0, self._date),
            (5.0, self._number),
            (3.0, self._address),
            (1.5, lambda rng, most: pick(rng, _OPENINGS)),
            (3.0, self._sign),
            (1.2, self._scramble),
        )

    def line(self, rng: Rng, most: int = 90) -> str:
        """A line of 1 to ``most`` characters, single blanks in it and none at its ends."""
        while True:
            text = self._clean(weighted(rng, self._kinds)(rng, most))
            if len(text) > most:
                blank = text.rfind(" ", 0, most + 1)
                text = text[: blank if blank > 0 else most].strip()
            if text:
                return text

    def _clean(self, text: str) -> str:
        text = text.translate(_FOLDED)
        return " ".join("".join(c for c in text if c in self._alphabet).split())

    def _english(self, rng: Rng, most: int) -> str:
        return self._cut(rng, self._source.paragraph(rng, int(rng.integers(2, 14))))

    def _french(self, rng: Rng, most: int) -> str:
        """Words of all ranks between the small words of French prose."""
        mark = "’" if chance(rng, 0.6) else "'"
        parts: list[str] = []
        start = chance(rng, 0.35)
        for _ in range(int(rng.integers(2, 13))):
            roll = rng.random()
            if roll < 0.38:
                new = pick(rng, _GLUE_FR)
            elif roll < 0.42:
                new = pick(rng, people()[1])
            elif roll < 0.50:
                new = pick(rng, accented("fr"))
            else:
                new = word(rng, "fr")
            if new[0] in _VOWELS and chance(rng, 0.22):
                new = f"{pick(rng, _ELIDED)}{mark}{new}"
            if start:
                new = new[:1].upper() + new[1:]
            end = weighted(rng, _MARKS_FR)
            start = end in (".", " !", " ?")
            parts.append(new + end)
        return self._cut(rng, " ".join(parts))

    def _cut(self, rng: Rng, text: str) -> str:
        """Some lines end within a word that goes on below."""
        head, _, last = text.rpartition(" ")
        if head and len(last) > 4 and last.isalpha() and chance(rng, 0.1):
            return f"{head} {last[: int(rng.integers(2, len(last) - 1))]}-"
        return text

    def _word(self, rng: Rng, most: int) -> str:
        roll = rng.random()
        new = (
            word(rng)
            if roll < 0.5
            else word(rng, "fr")
            if roll < 0.75
            else pick(rng, accented("fr"))
            if roll < 0.85
            else pick(rng, people()[1])
        )
        if chance(rng, 0.3):
            new = new[:1].upper() + new[1:]
        elif chance(rng, 0.04):
            new = new.upper()
        if chance(rng, 0.18):
            new += pick(rng, ".,:;!?-)")
        if chance(rng, 0.04):
            new = pick(rng, '("«-') + new
        return new

    def _words(self, rng: Rng, most: int) -> str:
        return " ".join(self._word(rng, most) for _ in range(int(rng.integers(2, 6))))

    def _name(self, rng: Rng, most: int) -> str:
        name = f"{pick(rng, people()[0])} {pick(rng, people()[1])}"
        if chance(rng, 0.4):
            name = f"{pick(rng, _TITLES)} {name}"
        return entities.name(rng) if chance(rng, 0.25) else name

    def _date(self, rng: Rng, most: int) -> str:
        if chance(rng, 0.35):
            return entities.date(rng)
        day = int(rng.integers(1, 32))
        year = int(rng.integers(1780, 2040))
        text = f"{'1er' if day == 1 else day} {pick(rng, _MONTHS_FR)} {year}"
        if chance(rng, 0.5):
            text = f"le {text}"
        if chance(rng, 0.4):
            text = f"{pick(rng, people()[1])}, {text}"
        return text + ("." if chance(rng, 0.2) else "")

    def _number(self, rng: Rng, most: int) -> str:
        roll = rng.random()
        if roll < 0.3:
            return f"{entities.number(rng)} {pick(rng, _MONEY_FR)}"
        if roll < 0.6:
            return entities.number(rng)
        return weighted(
            rng,
            ((1.0, entities.amount), (1.0, entities.phone), (0.8, entities.code)),
        )(rng)

    def _address(self, rng: Rng, most: int) -> str:
        if chance(rng, 0.4):
            return entities.address(rng)
        street = f"{pick(rng, _STREETS_FR)} {pick(rng, people()[1])}"
        return f"{int(rng.integers(1, 300))}, {street}" if chance(rng, 0.8) else street

    def _sign(self, rng: Rng, most: int) -> str:
        """A rare sign, or a capital with an accent, among the words that it goes with."""
        roll = rng.random()
        if roll < 0.4:
            new = pick(rng, _CAPITALS) + word(rng, "fr")
            return f"{new} {word(rng, 'fr')}" if chance(rng, 0.5) else new
        number = int(10 ** rng.uniform(0, 4))
        pattern = pick(rng, _PATTERNS)
        return pattern.format(n=number, m=int(rng.integers(1, 100)), w=word(rng), v=word(rng, "fr"))

    def _scramble(self, rng: Rng, most: int) -> str:
        """Characters of the alphabet, all alike: the rare ones must be learned too."""
        tokens = []
        for _ in range(int(rng.integers(1, 5))):
            picks = rng.integers(0, len(self._any), int(rng.integers(1, 7)))
            tokens.append("".join(self._any[i] for i in picks))
        return " ".join(tokens)


_CAPITALS = "ÉÉÉÀÀÈÊÎÇÔÂËÏÙÛÜÆŒŒœæëïüÿ"
_PATTERNS = split_list(
    "{n} %|{n}%|n° {m}|N° {n}|{m}°|« {v} »|« {v}|{v} »|{w} & {v}|{w} & Co|{m} + {n} = {m}|#{m}"
    "|{w}@{v}.fr|[{w}]|[{m}]|{{{w}}}|~ {n}|{w} = {m}|{n} > {m}|{m} < {n}|{w}_{v}|{w}*|* {w}"
    "|{w}/{v}|{m}/{n}|{w}\\{v}|$ {n}|${n}|£{n}|{n} €|{m}^{m}|`{w}`|Œuvre de {v}|{w}; {v}|{w}: {m}"
)
_MARKS_FR = (
    (20.0, ""),
    (2.0, ","),
    (1.4, "."),
    (0.2, " :"),
    (0.2, " ;"),
    (0.15, " !"),
    (0.15, " ?"),
    (0.3, " -"),
)
_FOLDED = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "–": "-", "—": "-", "…": "...", "™": "", "®": ""}
)

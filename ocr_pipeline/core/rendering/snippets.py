# SPDX-License-Identifier: Apache-2.0
"""Lines as they stand on receipts, forms, office pages and signs, made of smaller things."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ocr_pipeline.core.rendering import entities as e
from ocr_pipeline.core.rendering import phrases as p
from ocr_pipeline.core.rendering.words import (
    LANGUAGES,
    accented,
    chance,
    holding,
    low_words,
    pick,
    weighted,
    word,
)

Rng = np.random.Generator

RARE_SIGNS = "€£¥§©®°·–—‘’“”„•…«»½¼¾²³¹×÷±µ™†¶ºª¢¿¡¬¦¨¯´¸¤ÐÞðþßæøåÆØÅŒœŠšŽžŸÿÝý"


def _price(rng: Rng) -> str:
    """A price below a thousand."""
    return f"{int(10 ** rng.uniform(0, 3)) - 1}.{e.digits(rng, 2)}"


def receipt(rng: Rng) -> str:
    """A line of a receipt."""
    kind = int(rng.integers(12))
    if kind <= 1:
        join = pick(rng, (" ", " ", ": ", " : ", " RM ", " RM", ": RM", " $"))
        return f"{pick(rng, p.TOTALS)}{join}{_price(rng)}"
    if kind == 2:
        return pick(rng, p.TOTALS)
    if kind == 3:
        return pick(rng, p.RECEIPT)
    if kind in (4, 5):
        sep = pick(rng, (":", ": ", " : ", " ", ".: ", "# ", " :", "."))
        value = weighted(rng, ((3.0, e.code), (2.0, e.date), (1.5, e.phone), (1.5, e.name)))(rng)
        return f"{pick(rng, p.KEYS)}{sep}{value}"
    if kind == 6:
        return f"{pick(rng, p.KEYS)}{pick(rng, (':', ' :', '', '.', ':-', ' #'))}"
    if kind == 7:
        quantity = f"{int(rng.integers(1, 30))}{pick(rng, ('', '', '.00', ' PC', ' PCS', '.000'))}"
        price = _price(rng)
        tail = pick(rng, ("", f" {price}", f" {price} SR", f" {price} S", f" = {price}", " ea"))
        return f"{quantity} {pick(rng, ('x', 'X', '@', '*', '×'))} {price}{tail}"
    if kind == 8:
        mark = pick(rng, ("", "", " SR", " T", " *", " Z", "SR"))
        return f"{e.product(rng)} {_price(rng)}{mark}"
    if kind == 9:
        start = pick(rng, ("", "", f"{int(rng.integers(1, 20))} ", f"{e.digits(rng, 13)} "))
        return f"{start}{e.product(rng)}"
    return pick(rng, (e.address, e.company, e.amount, e.amount, e.date, e.code))(rng)


def form(rng: Rng) -> str:
    """A label, a label with its value, or a tick-box entry of a form."""
    label = pick(rng, p.FORM)
    kind = int(rng.integers(9))
    if kind <= 2:
        return (
            f"{label}{pick(rng, (':', ':', '', ' :', '.', '*', '?', ' (optional)', ' No.', ':*'))}"
        )
    if kind <= 4:
        value = pick(rng, (e.name, e.date, e.code, e.phone, e.amount, e.company, e.address))(rng)
        return f"{label}{pick(rng, (': ', ': ', ' ', ' - ', ' : '))}{value}"
    if kind == 5:
        leader = pick(rng, "...-") * int(rng.integers(3, 22))
        return f"{label} {leader} {pick(rng, (e.number, e.code, e.date))(rng)}"
    if kind == 6:
        box = pick(rng, ("[ ]", "( )", "[X]", "X", "(x)", "[x]", "[]", "•", "o"))
        return f"{box} {pick(rng, ('Yes', 'No', label, word(rng)))}"
    if kind == 7:
        return f"{int(rng.integers(1, 40))}{pick(rng, ('.', ')', '.)', 'a.', ''))} {label}"
    note = pick(rng, (word(rng), e.number(rng), "if any", "mm/dd/yyyy", e.letters(rng, 3)))
    return f"{label} ({note})"


def office(rng: Rng) -> str:
    """Headings with numbers, paragraph signs, citations, footnotes, quotations."""
    n, m = int(rng.integers(1, 30)), int(rng.integers(1, 20))
    some = " ".join(word(rng) for _ in range(int(rng.integers(1, 5))))
    last = e.name(rng)
    kind = int(rng.integers(14))
    table = (
        f"{n}.{m} {some.title()}",
        f"{n}.{m}.{m} {some.capitalize()}",
        f"{pick(rng, p.ROMAN)}. {some.upper()}",
        f"§ {n}({pick(rng, 'abcde')})({m}) {some}",
        f"§{n}.{m}",
        f"({pick(rng, 'abcdefghi')}) {some}",
        f"{last} et al. ({1950 + n * 2}) {some}",
        f"[{n}] {last}, “{some.title()},” pp. {n}–{n + m}",
        f"“{some.capitalize()},” {pick(rng, ('he said', 'said ' + last, 'she added'))}.",
        f"• {some.capitalize()}",
        f"Fig. {n}. {some.capitalize()}",
        f"Table {n}: {some.title()}",
        f"{n} U.S.C. § {n * 7}{pick(rng, ('', '(a)'))}",
        f"No. {n:02d}-{e.digits(rng, 4)}",
    )
    if chance(rng, 0.2):
        return pick(rng, p.LETTER).replace("{}", last)
    if chance(rng, 0.15):
        return f"{some.title()} {'.' * int(rng.integers(3, 25))} {n}"
    if chance(rng, 0.12):
        return pick(rng, p.HEADINGS)
    return table[kind]


def bracketed(rng: Rng) -> str:
    """Something in brackets behind a blank that may be narrow."""
    initials = e.letters(rng, int(rng.integers(1, 4)))
    before = pick(rng, (e.company(rng), e.name(rng), word(rng), initials))
    ticker = e.letters(rng, int(rng.integers(2, 5)))
    inside = weighted(
        rng,
        (
            (3.0, e.date),
            (2.0, e.number),
            (1.5, e.code),
            (2.0, lambda r: f"{ticker}.{pick(r, 'NOLKA')}"),
            (1.0, lambda r: ticker),
            (1.0, word),
            (0.7, lambda r: str(int(r.integers(1, 30)))),
        ),
    )(rng)
    left, right = pick(rng, (*(("(", ")"),) * 4, ("[", "]")))
    after = pick(rng, ("", "", "", "", ".", ",", f" {word(rng)}", f" {e.number(rng)}"))
    before = before.upper() if chance(rng, 0.2) else before
    return f"{before} {left}{inside}{right}{after}"


def cells(rng: Rng) -> str:
    """A table's cell, or several neighbouring ones."""
    makers = (e.number, e.number, e.amount, e.code, e.date, e.product)
    count = weighted(rng, ((6.0, 1), (2.0, 2), (1.0, 3), (1.0, 4), (0.6, 6)))
    return " ".join(pick(rng, makers)(rng) for _ in range(count))


def isolated(rng: Rng) -> str:
    """One to three characters: list marks, cell values, initials, signs."""
    n = int(rng.integers(1, 30))
    c = chr(int(rng.integers(97, 123)))
    return weighted(
        rng,
        (
            (2.0, str(int(rng.integers(10)))),
            (1.5, str(n)),
            (1.5, c),
            (1.5, c.upper()),
            (1.0, f"{n}."),
            (1.0, f"{n})"),
            (1.0, f"({n})"),
            (0.7, f"{c})"),
            (0.7, f"({c})"),
            (0.7, f"{c.upper()}."),
            (1.0, "-"),
            (0.5, "–"),
            (0.7, "%"),
            (0.6, "$"),
            (0.5, "#"),
            (0.5, "&"),
            (0.6, ":"),
            (0.5, "."),
            (0.4, ","),
            (0.6, "/"),
            (0.5, "*"),
            (0.5, "X"),
            (0.4, "•"),
            (0.4, "="),
            (0.4, "+"),
            (0.3, "@"),
            (0.3, "?"),
            (0.3, "!"),
            (0.3, "--"),
            (0.3, "..."),
            (0.3, "N/A"),
            (0.4, "RM"),
            (0.3, '"'),
            (0.3, "I"),
            (0.3, "€"),
            (0.3, "£"),
            (0.3, "§"),
            (0.2, "°C"),
            (0.2, "|"),
            (0.2, "~"),
            (0.2, "\\"),
            (0.2, "<"),
            (0.2, ">"),
            (0.2, "^"),
            (0.2, "_"),
            (0.2, "'"),
            (0.2, "`"),
            (0.3, f"{c.upper()}{n}"),
            (0.3, f"{n}{c.upper()}"),
            (0.4, f"- {n} -"),
            (0.3, f"{n}/{n + 3}"),
            (0.4, f"{c.upper()}. {chr(int(rng.integers(65, 91)))}."),
            (0.4, f"{n}%"),
            (0.4, f"{n}.00"),
            (0.4, "0.00"),
            (0.3, "000"),
            (0.3, f"({n}%)"),
        ),
    )


def foreign(rng: Rng, most: int) -> str:
    """Words of another Western European language, rich in accents."""
    language = LANGUAGES[min(int(len(LANGUAGES) * rng.random() ** 1.7), len(LANGUAGES) - 1)]
    special = accented(language)
    words: list[str] = []
    length = 0
    while length < most:
        new = pick(rng, special) if chance(rng, 0.4) else word(rng, language)
        if chance(rng, 0.15) or (language == "de" and chance(rng, 0.3)):
            new = new[:1].upper() + new[1:]
        if language == "fr" and chance(rng, 0.12) and new[0] in "aeiouéèêhàâôî":
            new = pick(rng, ("l'", "d'", "qu'", "l’", "d’", "L'", "s'", "n'")) + new
        words.append(
            new
            + weighted(
                rng, ((12.0, ""), (1.2, ","), (0.8, "."), (0.2, ";"), (0.2, " :"), (0.2, " !"))
            )
        )
        length += len(words[-1]) + 1
    text = " ".join(words)
    roll = rng.random()
    if roll < 0.06:
        text = f"« {text} »" if chance(rng, 0.5) else f"«{text}»"
    elif roll < 0.10:
        text = f"„{text}“"
    elif roll < 0.13 and language in ("es", "fr"):
        text = f"¿{text.capitalize()}?" if language == "es" else f"{text.capitalize()} ?"
    elif roll < 0.15 and language == "es":
        text = f"¡{text.capitalize()}!"
    return text


def signs(rng: Rng, pool: str) -> str:
    """Ordinary words and numbers with rare signs set among them, each sign as likely as another."""
    count = 1 + int(3 * rng.random() ** 1.5)
    return " ".join(_with_sign(rng, pick(rng, pool)) for _ in range(count))


def _with_sign(rng: Rng, sign: str) -> str:
    """A word or number with a sign as it may stand in print."""
    some, n = word(rng), int(rng.integers(1, 1000))
    if sign.isalpha():  # strange letters inside words
        at = int(rng.integers(len(some) + 1))
        made = some[:at] + sign + some[at:]
        made = made.upper() if sign.isupper() and chance(rng, 0.6) else made
        return f"{made} {word(rng)}" if chance(rng, 0.5) else made
    return weighted(
        rng,
        (
            (2.0, f"{some} {sign} {word(rng)}"),
            (1.5, f"{sign}{n}"),
            (1.5, f"{n}{sign}"),
            (1.0, f"{n} {sign}"),
            (1.0, f"{sign} {some}"),
            (1.0, f"{some}{sign}"),
            (1.0, f"{sign}{some}{sign}"),
            (0.7, sign),
            (0.7, f"{n}{sign}{int(rng.integers(1, 100))}"),
            (0.5, f"{sign}{sign}"),
            (0.7, f"{sign}{some}"),
            (0.5, f"{some}{sign}{word(rng)}"),
        ),
    )


def placard(rng: Rng, some: Callable[[], str]) -> str:
    """What a sign, a package or a button says: mostly one word.

    Args:
        rng: Source of randomness.
        some: Gives a word.
    """
    roll = rng.random()
    if roll < 0.1:  # cut closely these are as high as capitals, and are taken for them
        return pick(rng, low_words())
    if roll < 0.15:  # the only capitals are within the word: no blank stands before them
        return e.joined(rng)
    if roll < 0.68:
        text = some()
    elif roll < 0.76:
        text = f"{some()}{pick(rng, (' ', ' ', ' & ', '-'))}{some()}"
    elif roll < 0.8:  # a slogan
        text = " ".join(some() for _ in range(int(rng.integers(2, 6))))
    elif roll < 0.9:
        text = pick(rng, (e.number, e.number, e.amount, e.date, e.phone, e.url, e.code))(rng)
    else:
        text = pick(rng, (e.company, e.name, isolated, isolated))(rng)
    if chance(rng, 0.08):
        text += pick(rng, "!?.:,")
    roll = rng.random()
    if roll < 0.45:
        return text.upper()
    return text.title() if roll < 0.68 else text.lower() if roll < 0.85 else text


def spelled(rng: Rng, letters: str) -> str:
    """Words that hold rare letters, each letter as likely as another."""
    words = []
    for _ in range(int(rng.integers(1, 6))):
        letter = pick(rng, letters)
        known = holding().get(letter.lower(), ())
        if known and chance(rng, 0.8):
            new = pick(rng, known)
        else:
            some = word(rng)
            at = int(rng.integers(len(some) + 1))
            new = some[:at] + letter.lower() + some[at:]
        if letter.isupper():
            new = letter + new[1:] if new[0] == letter.lower() else new.upper()
        words.append(new)
    return " ".join(words)


def scramble(rng: Rng, pool: str, most: int) -> str:
    """Random characters in groups: no word to lean on."""
    groups = []
    for _ in range(weighted(rng, ((3.0, 1), (2.0, 2), (1.0, 3), (0.7, 5)))):
        groups.append(e.letters(rng, int(rng.integers(1, 10)), pool))
    return " ".join(groups)[:most]

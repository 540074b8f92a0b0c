# SPDX-License-Identifier: Apache-2.0
"""Small things that documents are full of: names, addresses, dates, amounts, codes, products."""

from __future__ import annotations

import numpy as np

from ocr_pipeline.core.rendering import phrases as p
from ocr_pipeline.core.rendering.words import chance, people, pick, weighted, word

Rng = np.random.Generator

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MIXED = _UPPER + "0123456789"


def digits(rng: Rng, count: int) -> str:
    """``count`` digits, each alike."""
    return "".join(map(str, rng.integers(0, 10, count)))


def letters(rng: Rng, count: int, pool: str = _UPPER) -> str:
    """``count`` characters of ``pool``."""
    return "".join(pool[i] for i in rng.integers(0, len(pool), count))


def name(rng: Rng) -> str:
    """A person's name, sometimes with title, initials or the last name first."""
    firsts, lasts = people()
    first, last = pick(rng, firsts), pick(rng, lasts)
    initial = letters(rng, 1) + "."
    return weighted(
        rng,
        (
            (5.0, f"{first} {last}"),
            (1.0, f"{first} {initial} {last}"),
            (1.0, f"{initial} {last}"),
            (0.7, f"{initial} {letters(rng, 1)}. {last}"),
            (0.8, f"{last}, {first}"),
            (1.0, f"{pick(rng, ('Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mr', 'M.', 'Mme'))} {last}"),
            (0.5, last),
            (0.5, first),
            (0.2, f"{first} {last}, {pick(rng, ('Ph.D.', 'M.D.', 'Jr.', 'Esq.'))}"),
        ),
    )


def company(rng: Rng) -> str:
    """A firm's name."""
    lasts = people()[1]
    stem = weighted(
        rng,
        (
            (2.0, pick(rng, lasts)),
            (2.0, word(rng).capitalize()),
            (1.0, letters(rng, 3)),
            (1.0, f"{pick(rng, lasts)} & {pick(rng, lasts)}"),
            (0.7, f"{letters(rng, 1)} & {letters(rng, 1)}"),
        ),
    )
    trade = f" {pick(rng, p.TRADES)}" if chance(rng, 0.55) else ""
    end = f" {pick(rng, p.COMPANY_ENDS)}" if chance(rng, 0.7) else ""
    full = f"{stem}{trade}{end}"
    return f"{full} ({digits(rng, 6)}-{letters(rng, 1)})" if chance(rng, 0.06) else full


def address(rng: Rng) -> str:
    """One line of an address."""
    lasts = people()[1]
    number = str(int(rng.integers(1, 2000)))
    town = pick(rng, p.TOWNS)
    kind = int(rng.integers(8))
    if kind == 0:
        return f"{number} {pick(rng, lasts)} {pick(rng, p.STREETS)}"
    if kind == 1:
        return f"{number} {pick(rng, lasts)} {pick(rng, p.STREETS)}, {town}"
    if kind == 2:
        return f"{town}, {pick(rng, p.STATES)} {digits(rng, 5)}"
    if kind == 3:
        plot = weighted(
            rng,
            (
                (1.0, f"NO. {number}"),
                (1.0, f"NO {number}-{int(rng.integers(1, 90))}"),
                (1.0, f"LOT {number}"),
                (0.7, f"NO.{number}G&{number}G"),
                (1.0, f"{number},"),
            ),
        )
        road = (
            f"{int(rng.integers(1, 40))}/{int(rng.integers(1, 60))}{pick(rng, ('', 'A', 'B', ''))}"
        )
        comma = pick(rng, (",", ",", ""))
        return f"{plot}{comma} {pick(rng, p.MALAY)} {pick(rng, p.MALAY_NAMES)} {road}{comma}"
    if kind == 4:
        end = pick(rng, (".", "", ","))
        return f"{digits(rng, 5)} {town.upper()}, {pick(rng, p.MALAY_NAMES)}{end}"
    if kind == 5:
        return f"{pick(rng, ('Suite', 'Room', 'Floor', 'Unit', 'Apt.', 'P.O. Box'))} {number}"
    if kind == 6:
        return f"{number}, {pick(rng, ('rue', 'avenue', 'place', 'quai'))} {pick(rng, lasts)}"
    return f"{digits(rng, 5)} {town}"


def date(rng: Rng) -> str:
    """A date or a time in one of the usual notations."""
    day, month = int(rng.integers(1, 29)), int(rng.integers(1, 13))
    year = int(rng.integers(1950, 2030))
    name_of = p.MONTHS[month - 1]
    sep = pick(rng, "/-./-")
    hour, minute = int(rng.integers(0, 24)), f"{int(rng.integers(60)):02d}"
    clock = weighted(
        rng,
        (
            (1.0, f"{hour:02d}:{minute}"),
            (1.0, f"{hour:02d}:{minute}:{int(rng.integers(60)):02d}"),
            (1.0, f"{hour % 12 or 12}:{minute} {pick(rng, ('AM', 'PM', 'am', 'p.m.'))}"),
        ),
    )
    numeric = f"{day:02d}{sep}{month:02d}{sep}{year}"
    return weighted(
        rng,
        (
            (2.5, numeric),
            (1.0, f"{day}{sep}{month}{sep}{year % 100:02d}"),
            (1.0, f"{day:02d}{sep}{month:02d}{sep}{year % 100:02d}"),
            (0.8, f"{year}-{month:02d}-{day:02d}"),
            (1.2, f"{name_of} {day}, {year}"),
            (0.8, f"{day} {name_of} {year}"),
            (0.8, f"{day:02d}-{name_of[:3]}-{year}"),
            (0.4, f"{name_of[:3]} {day:02d} {year}"),
            (0.4, f"{day} {p.MONTHS_FR[month - 1]} {year}"),
            (1.2, f"{numeric} {clock}"),
            (1.0, clock),
            (0.3, f"{pick(rng, p.DAYS)}, {name_of} {day}"),
            (0.3, f"{name_of} {year}"),
            (0.3, str(year)),
        ),
    )


def number(rng: Rng) -> str:
    """A number: count, price, percentage, with either decimal mark and grouping."""
    size = 10.0 ** rng.uniform(0, 5)
    value = rng.random() * size
    whole = int(value)
    return weighted(
        rng,
        (
            (3.0, f"{value:.2f}"),
            (1.5, f"{value:,.2f}"),
            (2.0, str(whole)),
            (1.0, f"{whole:,}"),
            (0.5, f"{value:.2f}".replace(".", ",")),
            (0.8, f"{value:.1f}"),
            (0.6, f"{value % 100:.1f}%"),
            (0.5, f"{whole % 101}%"),
            (0.5, f"{value:.3f}"),
            (0.3, f"({value:,.2f})"),
            (0.4, f"-{value:.2f}"),
            (0.2, f"{whole:,}".replace(",", " ")),
            (0.2, f"+{value:.1f}"),
            (0.2, f"±{value % 10:.1f}"),
            (0.2, f"{whole % 100}{pick(rng, '½¼¾')}"),
            (0.2, f".{whole}"),
            (0.2, f"{whole % 1000}°"),
            (0.2, f"#{whole}"),
            (0.2, f"{whole}."),
            (0.2, f"{whole}*"),
        ),
    )


def amount(rng: Rng) -> str:
    """A sum of money with or without its currency."""
    value = rng.random() * 10.0 ** rng.uniform(0.5, 5)
    plain = f"{value:,.2f}" if chance(rng, 0.6) else f"{value:.2f}"
    sign = pick(rng, p.CURRENCIES)
    return weighted(
        rng,
        (
            (3.0, plain),
            (2.0, f"{sign}{plain}"),
            (2.0, f"{sign} {plain}"),
            (0.7, f"{plain} {sign}"),
            (1.5, f"${plain}"),
            (0.5, f"{sign}{int(value):,}"),
            (0.4, f"{plain}-"),
            (0.5, f"{plain} {pick(rng, ('SR', 'ZR', 'S', 'Z', 'T', 'CR', 'A', '*'))}"),
            (0.3, f"{int(value):,}".replace(",", ".") + f",{digits(rng, 2)} €"),
            (0.3, f"{plain}{pick(rng, ('SR', 'S', 'T', '*'))}"),
        ),
    )


def phone(rng: Rng) -> str:
    """A telephone number."""
    d = digits(rng, 12)
    return weighted(
        rng,
        (
            (1.5, f"({d[:3]}) {d[3:6]}-{d[6:10]}"),
            (1.5, f"{d[:3]}-{d[3:6]}-{d[6:10]}"),
            (1.0, f"{d[:3]}/{d[3:6]}-{d[6:10]}"),
            (1.5, f"0{d[0]}-{d[1:9]}"),
            (1.0, f"0{d[:2]}-{d[2:5]} {d[5:9]}"),
            (0.7, f"+{d[:2]} {d[2]} {d[3:7]} {d[7:11]}"),
            (0.7, f"0{d[0]} {d[1:3]} {d[3:5]} {d[5:7]} {d[7:9]}"),
            (0.5, f"{d[:3]}.{d[3:6]}.{d[6:10]}"),
            (0.5, f"+{d[:2]}-{d[2:4]}-{d[4:12]}"),
            (0.5, f"{d[:3]}-{d[3:7]}"),
            (0.3, f"{d[:3]}-{d[3:6]}-{d[6:10]} Ext. {d[:3]}"),
        ),
    )


def _plain(text: str) -> str:
    """Letters and digits of ASCII alone, in lower case."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum()) or "info"


def email(rng: Rng) -> str:
    """An e-mail address."""
    firsts, lasts = people()
    first, last = _plain(pick(rng, firsts)), _plain(pick(rng, lasts))
    user = weighted(
        rng,
        (
            (1.0, f"{first}.{last}"),
            (1.0, f"{first[0]}{last}"),
            (0.7, f"{first}_{last}"),
            (0.7, f"{first}{digits(rng, 2)}"),
            (0.6, pick(rng, ("info", "sales", "support", "admin"))),
            (0.3, f"{first}-{last}"),
            (0.2, f"{first}+{last}"),
        ),
    )
    return f"{user}@{_plain(word(rng))}.{pick(rng, p.DOMAINS)}"


def url(rng: Rng) -> str:
    """A web address."""
    host = (
        f"{_plain(word(rng))}{pick(rng, ('', '', '-' + _plain(word(rng))))}.{pick(rng, p.DOMAINS)}"
    )
    start = pick(rng, ("www.", "www.", "http://", "https://", "http://www.", ""))
    path = weighted(
        rng,
        (
            (2.0, ""),
            (1.0, f"/{_plain(word(rng))}"),
            (0.5, f"/{_plain(word(rng))}/{_plain(word(rng))}.html"),
            (0.4, f"/?id={digits(rng, 4)}&q={_plain(word(rng))}"),
            (0.3, f"/~{_plain(word(rng))}"),
            (0.2, f"/{_plain(word(rng))}_{_plain(word(rng))}#{_plain(word(rng))}"),
        ),
    )
    return f"{start}{host}{path}"


def joined(rng: Rng) -> str:
    """A name of words written together, as makers of programs and travel agencies have them."""
    words = [_plain(word(rng)).capitalize() for _ in range(2 if rng.random() < 0.8 else 3)]
    text = "".join(words)
    if rng.random() < 0.35:
        text = text[:1].lower() + text[1:]
    return f"{text}.{pick(rng, p.DOMAINS)}" if rng.random() < 0.25 else text


def code(rng: Rng) -> str:
    """A reference, serial or document number."""
    return weighted(
        rng,
        (
            (1.5, digits(rng, int(rng.integers(3, 14)))),
            (1.5, letters(rng, int(rng.integers(4, 12)), _MIXED)),
            (1.0, f"{letters(rng, 2)}-{digits(rng, 5)}"),
            (1.0, f"{letters(rng, 2)}-{letters(rng, 2)}-{digits(rng, 7)}"),
            (0.8, f"{letters(rng, 1)}{digits(rng, 2)}/{letters(rng, 1)}"),
            (0.7, f"#{digits(rng, 6)}"),
            (0.7, f"{digits(rng, 3)}-{digits(rng, 4)}-{digits(rng, 2)}"),
            (0.6, f"{letters(rng, 3)}{digits(rng, 4)}"),
            (0.5, f"{digits(rng, 4)} {digits(rng, 3)} {digits(rng, 7)}"),
            (0.4, f"[{letters(rng, 3)}]"),
            (0.4, f"{digits(rng, 2)}{letters(rng, 1)}{digits(rng, 3)}*"),
            (0.4, f"{letters(rng, 2)}_{digits(rng, 4)}"),
            (0.3, f"{{{letters(rng, 8, _MIXED)}}}"),
            (0.4, f"{letters(rng, 2)}{digits(rng, 2)} {digits(rng, 4)} {digits(rng, 4)}"),
            (0.4, "X" * int(rng.integers(4, 13)) + digits(rng, 4)),
            (0.3, "*" * int(rng.integers(3, 9)) + digits(rng, 4)),
        ),
    )


def product(rng: Rng) -> str:
    """A product's name as on a receipt or an invoice."""
    item = (
        pick(rng, p.ITEMS)
        if chance(rng, 0.6)
        else f"{word(rng).capitalize()} {word(rng).capitalize()}"
    )
    amount_of = f"{int(rng.integers(1, 500))}{pick(rng, ('', ' '))}{pick(rng, p.UNITS)}"
    return weighted(
        rng,
        (
            (2.0, item),
            (1.5, f"{item} {amount_of}"),
            (0.7, f"{letters(rng, 2)}-{digits(rng, 2)} {item} {amount_of}"),
            (0.7, f"{item} ({amount_of})"),
            (0.5, f"{item} {digits(rng, 2)}x{digits(rng, 2)}{pick(rng, ('MM', 'mm', 'CM'))}"),
            (0.4, f"{item} W/{word(rng)}"),
            (0.4, f"{item} - {word(rng)}"),
            (0.3, f"{word(rng).capitalize()} {item} {letters(rng, 2)}{digits(rng, 3)}"),
            (0.3, f"{item} {int(rng.integers(1, 9))}'S"),
            (0.2, f'{item} {int(rng.integers(1, 99))}"'),
        ),
    )

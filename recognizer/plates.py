# SPDX-License-Identifier: Apache-2.0
"""Texts of number plates: what is on the plate, as people write it, and romanised.

A Korean plate is read as ``서울18나6897`` (without a region ``18나6897`` or ``123가4568``), written
``서울 18나 6897``, and romanised ``A18sk6897``: a letter for the region (Z for none), the first
digits, the two keys that type the syllable, four digits. A Chinese plate is read as ``京A12345``;
the dot that stands on it after the second character is not part of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ocr_pipeline.core.errors import DataError

__all__ = [
    "CHINESE_PROVINCES",
    "CODECS",
    "KOREAN_REGIONS",
    "KOREAN_SYLLABLES",
    "chinese_text",
    "find_codec",
    "korean_display",
    "korean_roman",
    "korean_text",
]

#: Letter of each Korean region.
KOREAN_REGIONS = {
    "A": "서울",
    "B": "경기",
    "C": "인천",
    "D": "강원",
    "E": "충남",
    "F": "대전",
    "G": "충북",
    "H": "부산",
    "I": "울산",
    "J": "대구",
    "K": "경북",
    "L": "경남",
    "M": "전남",
    "N": "광주",
    "O": "전북",
    "P": "제주",
}
_NO_REGION = "Z"

# Keys of the two-set keyboard: consonants from the left hand, vowels from the right one.
_CONSONANTS = {
    "d": "ㅇ",
    "q": "ㅂ",
    "e": "ㄷ",
    "r": "ㄱ",
    "w": "ㅈ",
    "a": "ㅁ",
    "s": "ㄴ",
    "f": "ㄹ",
    "t": "ㅅ",
    "g": "ㅎ",
}
_VOWELS = {"k": "ㅏ", "j": "ㅓ", "h": "ㅗ", "n": "ㅜ", "o": "ㅐ"}
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"


def _syllable(keys: str) -> str:
    """The syllable that two keys type."""
    initial = _INITIALS.index(_CONSONANTS[keys[0]])
    medial = _MEDIALS.index(_VOWELS[keys[1]])
    return chr(0xAC00 + (initial * len(_MEDIALS) + medial) * 28)


#: The 37 syllables of the older plates by their two keys.
KOREAN_SYLLABLES = {a + b: _syllable(a + b) for a in "dqerwasft" for b in "kjhn"} | {
    "gj": _syllable("gj")
}
#: Those of hired cars and parcel vans, which later plates have beside them.
LATER_SYLLABLES = {keys: _syllable(keys) for keys in ("gk", "gh", "qo")}

_KEYS = {text: keys for keys, text in (KOREAN_SYLLABLES | LATER_SYLLABLES).items()}
_LETTERS = {name: letter for letter, name in KOREAN_REGIONS.items()}

_NATURAL = re.compile(r"([가-힣]*)(\d{2,3})([가-힣])(\d{4})", re.ASCII)
_ROMAN = re.compile(r"([A-Za-z])(\d{2,3})([a-z]{2})(\d{4})", re.ASCII)

#: The 31 provinces, regions and cities by their abbreviations, as on the plates.
CHINESE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
#: What else a Chinese plate may end with: schools, police, Hong Kong, Macau, trailers, missions.
CHINESE_SPECIAL = "学警港澳挂使领"
CHINESE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DOTS = re.compile(r"[\s·•・･∙⋅●.．-]+")


def _split(text: str, what: str) -> tuple[str, str, str, str]:
    """Region, first digits, syllable and last digits of a plate in its natural form."""
    plain = "".join(unicodedata.normalize("NFC", text).split())
    found = _NATURAL.fullmatch(plain)
    if found is None:
        raise DataError(
            f"{what} {text!r} is no Korean plate: write it as 서울18나6897, 18나6897 or 123가4568"
        )
    region, first, syllable, last = found.groups()
    if region and region not in _LETTERS:
        raise DataError(
            f"{what} {text!r}: unknown region {region!r}, use one of {' '.join(_LETTERS)}"
        )
    if syllable not in _KEYS:
        raise DataError(f"{what} {text!r}: no plate has the syllable {syllable!r}")
    return region, first, syllable, last


def korean_display(text: str) -> str:
    """``서울18나6897`` as people write it: ``서울 18나 6897``.

    Raises:
        DataError: if the text is no Korean plate.
    """
    region, first, syllable, last = _split(text, "text")
    return f"{region} {first}{syllable} {last}".strip()


def korean_roman(text: str) -> str:
    """``서울18나6897`` romanised: ``A18sk6897``; blanks in the text do not count.

    Nine characters, ten where three digits come first.

    Raises:
        DataError: if the text is no Korean plate.
    """
    region, first, syllable, last = _split(text, "text")
    return f"{_LETTERS.get(region, _NO_REGION)}{first}{_KEYS[syllable]}{last}"


def korean_text(label: str) -> str:
    """The natural text of a label, which may be romanised or natural already.

    ``A18sk6897``, ``서울 18나 6897`` and ``서울18나6897`` all give ``서울18나6897``.

    Raises:
        DataError: if the label is no Korean plate.
    """
    plain = "".join(label.split())
    found = _ROMAN.fullmatch(plain)
    if found is None:
        if plain.isascii():
            raise DataError(
                f"label {label!r} is no romanised plate: a region's letter, two or three digits,"
                " the two keys of a syllable and four digits, as in A18sk6897"
            )
        return "".join(_split(label, "label"))
    letter, first, keys, last = found.groups()
    if letter != _NO_REGION and letter not in KOREAN_REGIONS:
        raise DataError(
            f"label {label!r}: no region has the letter {letter!r}, use A to P, or Z for none"
        )
    syllable = (KOREAN_SYLLABLES | LATER_SYLLABLES).get(keys)
    if syllable is None:
        raise DataError(f"label {label!r}: no plate has the syllable {keys!r}")
    return KOREAN_REGIONS.get(letter, "") + first + syllable + last


def chinese_text(label: str) -> str:
    """The text of a Chinese plate without dot and blanks: ``京A·12345`` gives ``京A12345``.

    Raises:
        DataError: if the label is no Chinese plate.
    """
    plain = _DOTS.sub("", unicodedata.normalize("NFKC", label)).upper()
    if not 7 <= len(plain) <= 8:
        raise DataError(f"label {label!r} is no Chinese plate: it has {len(plain)} characters")
    if plain[0] not in CHINESE_PROVINCES + "使":
        raise DataError(f"label {label!r}: no province has the character {plain[0]!r}")
    known = frozenset(CHINESE_LETTERS + CHINESE_SPECIAL + "0123456789")
    unknown = "".join(dict.fromkeys(c for c in plain[1:] if c not in known))
    if unknown:
        raise DataError(
            f"label {label!r}: Chinese plates have no {unknown!r} (neither I nor O among letters)"
        )
    return plain


#: How the labels of a set are turned into the texts that a net reads, by name.
CODECS: dict[str, Callable[[str], str]] = {
    "plates-korea": korean_text,
    "plates-china": chinese_text,
}


def find_codec(name: str) -> Callable[[str], str]:
    """The codec of a name.

    Raises:
        DataError: if there is none.
    """
    if name not in CODECS:
        raise DataError(f"unknown codec of labels {name!r}: use {', '.join(CODECS)}")
    return CODECS[name]

# SPDX-License-Identifier: Apache-2.0
"""Which languages an alphabet can write, by the names that Tesseract and OCRmyPDF give them."""

from __future__ import annotations

import string
from collections.abc import Iterable

_LATIN = string.ascii_lowercase
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщьюя"
# Letters that ordinary text of a language cannot do without; of those written with thousands, some
# that are on every page.
_LETTERS = {
    "afr": _LATIN + "êëô",
    "cat": _LATIN + "àçèéíïòóú",
    "ces": _LATIN + "áčéěíňóřšťúůýž",
    "dan": _LATIN + "åæø",
    "deu": _LATIN + "äöüß",
    "eng": _LATIN,
    "est": _LATIN + "äõöü",
    "eus": _LATIN + "ñ",
    "fin": _LATIN + "äö",
    "fra": _LATIN + "àâçèéêëîïôùû",
    "gle": _LATIN + "áéíóú",
    "glg": _LATIN + "áéíñóú",
    "hrv": _LATIN + "čćđšž",
    "hun": _LATIN + "áéíóöőúüű",
    "ind": _LATIN,
    "isl": _LATIN + "áæéíðóöúýþ",
    "ita": _LATIN + "àèéìòù",
    "lat": _LATIN,
    "lav": _LATIN + "āčēģīķļņšūž",
    "lit": _LATIN + "ąčėęįšųūž",
    "msa": _LATIN,
    "nld": _LATIN + "éëï",
    "nor": _LATIN + "åæø",
    "pol": _LATIN + "ąćęłńóśźż",
    "por": _LATIN + "áâãàçéêíóôõú",
    "ron": _LATIN + "âăîșț",
    "slk": _LATIN + "áäčéíľňóôšťúýž",
    "slv": _LATIN + "čšž",
    "spa": _LATIN + "áéíñóúü¿",
    "sqi": _LATIN + "çë",
    "swe": _LATIN + "äåö",
    "tgl": _LATIN,
    "tur": _LATIN + "çğıöşü",
    "vie": _LATIN + "ăâđêôơưạảấầẩậắằặẹếềểễệịọốồổộớờợụứừựỳ",
    "bul": _CYRILLIC + "ъ",
    "rus": _CYRILLIC + "ёъыэ",
    "srp": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "ukr": _CYRILLIC + "єії",
    "ell": "αβγδεζηθικλμνξοπρςστυφχψωάέήίόύώ",
    "ara": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "heb": "אבגדהוזחטיכלמנסעפצקרשתםןףץך",
    "hin": "अआइईउएओकखगघचजटडतथदधनपबभमयरलवशसहािीुूेैोौंः्",
    "tha": "กขคงจชดตถทนบปผพมยรลวสหอะาิีึืุูเแโใไ่้",
    "chi_sim": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年",
    "chi_tra": "的一是不了人我在有他這中大來上國個到說們為子和你地出道也時年",
    "jpn": "あいうえおかきくけこさしすせそたちつてとなにのはまらりるれをんアイカスタトル日本人大年",
    "kor": "가고기나는다도들로리를만서시아에와으은을의이자지하한",
}


def languages_of(alphabet: Iterable[str]) -> set[str]:
    """Names of the languages whose letters an alphabet has, in the one case or the other.

    Example:
        >>> sorted(languages_of("abcdefghijklmnopqrstuvwxyzäöü"))
        ['eng', 'fin', 'ind', 'lat', 'msa', 'tgl']
    """
    known = {char.casefold() for char in alphabet}
    return {
        name
        for name, letters in _LETTERS.items()
        if all(letter.casefold() in known or letter in known for letter in letters)
    }

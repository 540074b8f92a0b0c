# SPDX-License-Identifier: Apache-2.0
"""What Chinese lines say: running text, words by frequency, facts, and characters drawn evenly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ocr_pipeline.core.rendering.phrases import split_list
from ocr_pipeline.core.rendering.text import TextSource
from ocr_pipeline.core.rendering.words import (
    Corpus,
    chance,
    pick,
    read_corpus,
    vocabulary,
    weighted,
)
from recognizer.alphabet import normalise
from recognizer.signs import AIRY, FOLDED, usual_forms
from recognizer.synthesis.chinese_alphabet import ASCII, CHINESE_ALPHABET, HANZI, SIGNS
from recognizer.synthesis.chinese_facts import FACTS

Rng = np.random.Generator

#: Length that half of all lines have: that of the widely used set of Chinese lines.
USUAL = 10
_LONGEST = 30
_WORDS = 60000
# Used where neither a corpus nor a word list is installed.
_COMMON = split_list(
    "的|是|不|了|在|有|我|他|这|个|们|中|来|上|大|为|和|国|地|到|以|说|时|要|就|出|会|可|也|"
    "你|对|生|能|而|子|那|得|于|着|下|自己|我们|他们|没有|一个|什么|可以|中国|知道|时候|因为|"
    "所以|但是|如果|这个|问题|工作|社会|发展|经济|人民|国家|政府|公司|企业|市场|技术|管理|"
    "学校|学生|老师|教育|文化|历史|世界|生活|时间|今天|明天|昨天|现在|北京|上海|广州|城市|"
    "农村|先生|女士|孩子|朋友|家庭|父亲|母亲|医院|银行|商店|饭店|火车|飞机|汽车|电话|电脑|"
    "网络|新闻|报纸|图书|音乐|电影|体育|开始|继续|完成|提高|增加|减少|研究|分析|报告|会议|"
    "合同|协议|规定|法律|安全|环境|资源|能源|投资|金融|价格|产品|服务"
)
# What a keyboard without Chinese signs has in the place of some.
_PLAIN = str.maketrans("。“”‘’", ".\"\"''")
_STOPS = (
    (0.40, "，"),
    (0.22, "。"),
    (0.08, "、"),
    (0.07, "："),
    (0.05, "；"),
    (0.05, "！"),
    (0.05, "？"),
    (0.03, "——"),
    (0.02, "……"),
)
_PAIRS = ("“”", "《》", "（）", "‘’", "【】", "「」", "〈〉", "『』", "〔〕", "()", '""')
_PAIR_SHARES = np.cumsum([0.34, 0.2, 0.18, 0.05, 0.06, 0.04, 0.02, 0.02, 0.02, 0.04, 0.03])
# A dash is two of them in a row: a single one looks like the figure one, and half an ellipsis is
# none.
_DOUBLED = frozenset("—…")
_TWINS = frozenset("ОПР")  # Cyrillic: the Latin letters have the same glyphs


class ChineseText:
    """Endless Chinese text.

    Args:
        corpus: Text files and word lists, or folders of them.

    Every method draws from the generator given to it and from nothing else.
    """

    def __init__(self, corpus: Sequence[Path] = ()) -> None:
        self._words = tuple(_word_list())
        self._latin = TextSource(ASCII)
        alphabet = frozenset(CHINESE_ALPHABET)
        self._corpus = read_corpus(corpus, alphabet) if corpus else Corpus()
        self._characters, self._shares = _even_table()
        self._kinds: tuple[tuple[float, Callable[[Rng, int], str]], ...] = (
            (0.30, self._even),
            (0.28, self._sentence),
            (0.17 if self._corpus.prose else 0.0, self._prose),
            (0.14, self._facts),
            (0.06, self._title),
            (0.05, self._foreign),
        )

    def line(self, rng: Rng) -> str:
        """A line of 1 to 30 characters, half of all lines of exactly ten; nothing to be folded."""
        usual = chance(rng, 0.5)
        most = USUAL if usual else min(_LONGEST, 1 + int(_LONGEST * rng.random() ** 1.15))
        text = _tidy(weighted(rng, self._kinds)(rng, most))
        if not usual:
            return shortened(text, most) or pick(rng, HANZI)
        while len(text) < most:
            text = _tidy(text + self._sentence(rng, most - len(text)))
        text = _whole(text[:most].rstrip())
        return usual_forms(text if len(text) == most else text + pick(rng, HANZI))

    # Kinds of text: each gives about as many characters as are asked for ------------------------

    def _even(self, rng: Rng, most: int) -> str:
        """Characters drawn almost evenly, so that each of them is seen."""
        places = np.searchsorted(self._shares, rng.random(most), side="right")
        return "".join(self._characters[int(p)] for p in places)

    def _prose(self, rng: Rng, most: int) -> str:
        text = self._corpus.fragment(rng, most + 8)
        if chance(rng, 0.85):  # where words end is marked in corpora, hardly ever in print
            text = text.replace(" ", "")
        return text.translate(_PLAIN) if chance(rng, 0.08) else text

    def _word(self, rng: Rng) -> str:
        """A word, half of the draws by Zipf's law and half even: names must be read as well."""
        count = len(self._words)
        if self._corpus.phrases and chance(rng, 0.1):
            return pick(rng, self._corpus.phrases)
        if chance(rng, 0.5):
            return pick(rng, self._words)
        return self._words[min(int(count ** rng.random()), count - 1)]

    def _sentence(self, rng: Rng, most: int) -> str:
        """Words with punctuation, and now and then a number or a foreign word among them."""
        parts: list[str] = []
        total = 0
        spaced = chance(rng, 0.1)
        while total < most + 2:
            roll = rng.random()
            word = self._word(rng)
            if roll < 0.04:
                pair = _PAIRS[int(np.searchsorted(_PAIR_SHARES, rng.random()))]
                word = pair[0] + word + pair[1]
            elif roll < 0.08:
                word = weighted(rng, FACTS)(rng)
            elif roll < 0.10:
                word = _latin_word(rng)
                word = f" {word} " if chance(rng, 0.3) else word
            parts.append(word)
            if chance(rng, 0.22):
                parts.append(weighted(rng, _STOPS))
            elif spaced and chance(rng, 0.3):
                parts.append(" ")
            elif chance(rng, 0.012):
                parts.append(pick(rng, ("·", "～", "-", "/")))
            total = sum(map(len, parts))
        text = "".join(parts)
        return text.translate(_PLAIN) if chance(rng, 0.1) else text

    def _facts(self, rng: Rng, most: int) -> str:
        """Dates, amounts, numbered points and entries of forms."""
        text = ""
        while len(text) < min(most, 4) or (len(text) < most and chance(rng, 0.6)):
            text += weighted(rng, FACTS)(rng)
            text += self._word(rng) if chance(rng, 0.6) else pick(rng, ("", " ", "，", "、", "/"))
        return text

    def _title(self, rng: Rng, most: int) -> str:
        """Words without punctuation."""
        return "".join(self._word(rng) for _ in range(int(rng.integers(1, 5))))[:most]

    def _foreign(self, rng: Rng, most: int) -> str:
        """Latin letters, digits and signs alone."""
        roll = rng.random()
        if roll < 0.15:
            return "".join(chr(int(c)) for c in rng.integers(0x21, 0x7F, most))
        if roll < 0.5:
            return pick(rng, (self._latin.email, self._latin.url, self._latin.code))(rng)
        return self._latin.line(rng, max(most, 4))


def _latin_word(rng: Rng) -> str:
    """A word, a name or an abbreviation."""
    words = vocabulary("en")
    word = words[min(int(len(words) ** rng.random()), len(words) - 1)]
    roll = rng.random()
    if roll < 0.3:
        return word.upper()[:5]
    return word.capitalize() if roll < 0.65 else word


def _tidy(text: str) -> str:
    """Signs in their usual forms, blanks single, and none beside a sign that has one of its own."""
    parts = usual_forms(normalise(text)).split(" ")
    out = parts[0]
    for part in parts[1:]:
        bare = not out or not part or out[-1] in AIRY or part[0] in AIRY
        out += part if bare else f" {part}"
    return out


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters of a line, the signs in the forms that are usual there."""
    return usual_forms(_whole(text[:most].strip()))


def _whole(text: str) -> str:
    """The text without the half of a dash or an ellipsis that it was cut in."""
    last = text[-1:]
    if last in _DOUBLED and (len(text) - len(text.rstrip(last))) % 2:
        return text[:-1].rstrip()
    return text


def _even_table() -> tuple[str, np.ndarray]:
    """The characters that even lines draw from, and their running share."""
    weights = {c: 0.7 if i < 3755 else 1.25 for i, c in enumerate(HANZI)}
    # Letters and signs occur in all other lines, where their neighbours tell O from 0.
    weights |= dict.fromkeys(SIGNS, 0.35) | dict.fromkeys(ASCII.strip(), 0.12)
    never = _TWINS | _DOUBLED | FOLDED
    for character in [c for c in weights if c in never or normalise(c) != c]:
        del weights[character]
    running = np.cumsum(list(weights.values()))
    return "".join(weights), running / running[-1]


@cache
def _word_list() -> Sequence[str]:
    """Words, most frequent first: wordfreq's, then those jieba adds; a few without either."""
    alphabet = frozenset(HANZI)
    words: dict[str, None] = {}
    try:
        from wordfreq import top_n_list

        words = dict.fromkeys(w for w in top_n_list("zh", _WORDS) if alphabet.issuperset(w))
    except ImportError:
        pass
    counted = [c for c in counted_words() if 1 < len(c[0]) < 9 and c[1] > 2]
    counted.sort(key=lambda c: -c[1])
    words |= dict.fromkeys(word for word, _ in counted)
    return tuple(words) or _COMMON


def counted_words() -> list[tuple[str, int]]:
    """Words of known characters, each with how often jieba's makers have seen it; none without."""
    alphabet = frozenset(HANZI)
    spec = find_spec("jieba")  # importing it would build its own index
    if spec is None or not spec.submodule_search_locations:
        return []
    entries = Path(spec.submodule_search_locations[0], "dict.txt").read_text(encoding="utf-8")
    counted = [line.split(" ") for line in entries.splitlines()]
    return [(c[0], int(c[1])) for c in counted if len(c) > 1 and alphabet.issuperset(c[0])]

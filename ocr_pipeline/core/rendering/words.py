# SPDX-License-Identifier: Apache-2.0
"""Words and running text: from wordfreq and faker where installed, from corpus files, built in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ocr_pipeline.core.errors import DataError
from ocr_pipeline.core.rendering.phrases import ENGLISH, FIRST_NAMES, LAST_NAMES

T = TypeVar("T")

LANGUAGES = ("fr", "de", "es", "it", "pt", "nl", "sv", "da", "fi")
_CORPUS_SUFFIXES = {".txt", ".json", ".wordlist", ".training_text"}
_SIZES = {"en": 60000}
_OTHER_SIZE = 20000

_FOREIGN = {
    "fr": "être à où même élève français garçon forêt île hôtel cœur déjà après près très août "
    "façade Noël reçu sûr dû théâtre président œuvre ça été année société",
    "de": "über für können müssen größe straße Mädchen schön Übung Äpfel Öl natürlich größer "
    "Fußball während früh Köln München heißt süß Tür Wörter Prüfung",
    "es": "año niño mañana español señor también está aquí más después adiós número teléfono "
    "canción José María corazón país día pingüino",
    "it": "città perché più già però così università libertà è qualità sarà può caffè lunedì",
    "pt": "não são você ação coração informação avó pão mãe irmã português três também já",
    "nl": "één café ideeën financiële België coördinatie reünie geïnteresseerd",
    "sv": "år är för på många även också människor först största språk två",
    "da": "år også på være når både første største måske øl køb færdig",
    "fi": "että myös päivä hän mitä tämä kyllä sitä minä äiti työ yö",
}


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """One of ``items``, all alike (``Generator.choice`` is ten times slower)."""
    return items[int(rng.integers(len(items)))]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def weighted(rng: np.random.Generator, table: Sequence[tuple[float, T]]) -> T:
    """One of the table's second members, in proportion to the first ones."""
    point = rng.random() * sum(weight for weight, _ in table)
    for weight, item in table:
        point -= weight
        if point < 0:
            return item
    return table[-1][1]


@cache
def vocabulary(language: str) -> tuple[str, ...]:
    """Words of a language, most frequent first."""
    try:
        from wordfreq import top_n_list
    except ImportError:
        return ENGLISH if language == "en" else tuple(_FOREIGN[language].split())
    words = top_n_list(language, _SIZES.get(language, _OTHER_SIZE))
    kept = [w for w in words if re.fullmatch(r"[a-zß-öø-ÿœšžA-Z'’-]+", w) and len(w) < 24]
    # Single letters in a frequency list are mostly abbreviations.
    return tuple(w for w in kept if len(w) > 1 or w in "aàyoéeuiö")


@cache
def accented(language: str) -> tuple[str, ...]:
    """The language's words that have a letter outside ASCII."""
    found = tuple(w for w in vocabulary(language) if not w.isascii() and "’" not in w)
    return found or tuple(_FOREIGN[language].split())


@cache
def low_words() -> tuple[str, ...]:
    """Common English words none of whose letters rises above the others, like "summer"."""
    common = vocabulary("en")[:12000]
    return tuple(w for w in common if len(w) > 1 and set(w) <= set("acegmnopqrsuvwxyz"))


@cache
def holding() -> dict[str, tuple[str, ...]]:
    """Words of all languages by the letters outside ASCII that they hold."""
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for entry in accented(language):
            for letter in set(entry):
                if not letter.isascii():
                    found.setdefault(letter, []).append(entry)
    return {letter: tuple(words) for letter, words in found.items()}


def word(rng: np.random.Generator, language: str = "en") -> str:
    """A word, with a distribution between Zipf's and flat.

    Half of the draws are even over all ranks: a recognizer that sees the frequent words alone
    learns to expect them and misreads names.
    """
    words = vocabulary(language)
    if rng.random() < 0.5:
        return words[int(rng.integers(len(words)))]
    return words[min(int(len(words) ** rng.random()), len(words) - 1)]


@dataclass(frozen=True)
class Corpus:
    """Text read from the user's files.

    Attributes:
        prose: Running texts, white space collapsed.
        shares: Cumulative share of each running text.
        phrases: Entries of lists: one word or name a line, or the strings of a JSON file.
    """

    prose: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    phrases: tuple[str, ...] = ()

    def fragment(self, rng: np.random.Generator, length: int) -> str:
        """About ``length`` characters of running text, cut anywhere."""
        index = int(np.searchsorted(self.shares, rng.random(), side="right"))
        text = self.prose[min(index, len(self.prose) - 1)]
        start = int(rng.integers(max(1, len(text) - length)))
        return text[start : start + length]


def read_corpus(paths: Sequence[Path], alphabet: frozenset[str]) -> Corpus:
    """Read text files, word lists and JSON lists, folders recursively.

    Characters outside ``alphabet`` become blanks; quotes and dashes are kept as they are.

    Raises:
        DataError: A path that does not exist or a named file that is not UTF-8 text.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += sorted(p for p in path.rglob("*") if p.suffix in _CORPUS_SUFFIXES)
        elif path.is_file():
            files.append(path)
        else:
            raise DataError(f"{path}: no such corpus file or folder")
    outside = re.compile(f"[^{re.escape(''.join(sorted(alphabet)))}\\s]+")
    prose: list[str] = []
    phrases: list[str] = []
    for file in files:
        try:
            raw = file.read_text(encoding="utf-8", errors="strict")
        except UnicodeDecodeError:
            raw = file.read_text(encoding="latin-1")
        except OSError as error:
            raise DataError(f"{file}: {error}") from error
        if file.suffix == ".json":
            phrases += _phrases(_strings(json.loads(raw)), outside)
            continue
        lines = [line for line in raw.splitlines() if line.strip()]
        if sum(len(line.split()) for line in lines) < 3 * len(lines):
            phrases += _phrases([re.sub(r"\s+\d+$", "", line) for line in lines], outside)
            continue
        text = raw.replace("_", "").replace("\t", " ")
        text = re.sub(r"\s+", " ", outside.sub(" ", text)).strip()
        if len(text) > 200:
            prose.append(text)
    # The square root keeps one long novel from being half of all that is read.
    weights = np.sqrt([len(text) for text in prose])
    shares = tuple(np.cumsum(weights) / weights.sum()) if prose else ()
    return Corpus(tuple(prose), shares, tuple(dict.fromkeys(phrases)))


def _phrases(entries: Sequence[str], outside: re.Pattern[str]) -> list[str]:
    """Entries that consist of the alphabet and are short enough for a line."""
    found = (" ".join(entry.split()) for entry in entries)
    return [e for e in found if 1 < len(e) <= 60 and not outside.search(e)]


def _strings(node: Any) -> list[str]:
    """All strings in a JSON value, keys left out."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [s for value in node.values() for s in _strings(value)]
    if isinstance(node, list):
        return [s for value in node for s in _strings(value)]
    return []


@cache
def people() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First and last names of several countries (faker's lists where installed)."""
    first = dict.fromkeys(FIRST_NAMES)
    last = dict.fromkeys(LAST_NAMES)
    try:
        from importlib import import_module

        for locale in ("en_US", "en_GB", "fr_FR", "de_DE", "es_ES", "it_IT", "pt_PT", "sv_SE"):
            provider = import_module(f"faker.providers.person.{locale}").Provider
            for target, attribute in ((first, "first_names"), (last, "last_names")):
                target.update(dict.fromkeys(list(getattr(provider, attribute, ()))))
    except (ImportError, AttributeError):
        pass
    return tuple(first), tuple(last)

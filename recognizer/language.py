# SPDX-License-Identifier: Apache-2.0
"""A character n-gram in a file of a few bytes each: what print in a language looks like.

Interpolated absolute discounting (Ney, Essen and Kneser, 1994), kept as the longest context seen
and what is left for shorter ones, as in ARPA files. Case does not count: a recognizer sees it.
"""

from __future__ import annotations

import io
import json
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.atomic import write_atomic
from ocr_pipeline.core.errors import DataError, WeightsError
from ocr_pipeline.core.weights import weights_folders
from recognizer.spacing import is_ideograph

ORDER = 5
SUFFIX = ".ngram"
_FORMAT = 1
_TASKS = ("", "latin", "handwriting", "chinese")
_LATIN = frozenset(" 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_EDGE = "\n"  # before the first character of a line
# Logarithms are kept in steps of this size, down to 255 of them.
_STEP = 1 / 16
_DISCOUNT = 0.75
_UNKNOWN = -12.0  # ln P of a character that was never seen
# Symbols are numbered from 1, and a string of them is a number with so many bits for each.
_NARROW, _WIDE = 8, 13
_ALL_BITS = 63
_MEMORY = 200_000
#: Symbols that a model of an alphabet knows, and of a script with thousands of characters.
FEW, MANY = 250, 8000

Keys = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class LanguageModel:
    """How probable a character is after others.

    Args:
        order: characters that are looked at, the predicted one included.
        symbols: the characters known, in lower case.
        grams: (n,) sorted keys of the strings of 1 to ``order`` characters that are kept.
        logs: (n,) of each, -log P(last | others) in steps.
        contexts: (m,) sorted keys of the contexts.
        rests: (m,) of each, -log of what is left for the shorter context, in steps.
        about: what it was made from.
    """

    def __init__(
        self,
        order: int,
        symbols: str,
        grams: Keys,
        logs: npt.NDArray[np.uint8],
        contexts: Keys,
        rests: npt.NDArray[np.uint8],
        about: str = "",
    ) -> None:
        self.order, self.symbols, self.about = order, symbols, about
        self._arrays = grams, logs, contexts, rests
        self._number = {symbol: number for number, symbol in enumerate(symbols, 1)}
        # Searched by bisection: no table of objects, which would be a hundred times the size.
        self._grams, self._logs = array("q", grams.tobytes()), logs.tobytes()
        self._contexts, self._rests = array("q", contexts.tobytes()), rests.tobytes()
        self._bits = _bits(len(symbols))
        self._mask = (1 << self._bits * (order - 1)) - 1
        self._known: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._grams)

    def log_probability(self, context: str, character: str) -> float:
        """ln P(character | the last ``order`` - 1 characters of context), whatever their case."""
        state = 0
        for known in self.numbers(context[1 - self.order :]):
            state = self.after(state, known)
        return self.follow(state, self.numbers(character)[0])

    def numbers(self, text: str) -> list[int]:
        """The numbers of characters; 0 for what was never seen."""
        return [self._number.get(_fold(character), 0) for character in text]

    def begin(self) -> int:
        """The state before a line's first character."""
        return self._number.get(_EDGE, 0)

    def after(self, state: int, number: int) -> int:
        """The state after one more character; after one that was never seen nothing is known."""
        return (state << self._bits | number) & self._mask if number else 0

    def follow(self, state: int, number: int) -> float:
        """ln P(the character of that number | the state)."""
        asked = state << self._bits | number
        found = self._known.get(asked)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[asked] = self._look_up(state, number) if number else _UNKNOWN
        return found

    def _look_up(self, state: int, number: int) -> float:
        left, length = 0, (state.bit_length() + self._bits - 1) // self._bits
        while True:
            value = _find(self._grams, self._logs, state << self._bits | number)
            if value is not None:
                return -(left + value) * _STEP
            left += _find(self._contexts, self._rests, state) or 0
            if not length:
                return _UNKNOWN
            length -= 1
            state &= (1 << self._bits * length) - 1

    def save(self, path: str | Path) -> None:
        """Writes the file."""
        grams, logs, contexts, rests = self._arrays
        header = {"format": _FORMAT, "order": self.order, "symbols": self.symbols}
        data = io.BytesIO()
        np.savez_compressed(
            data,
            header=np.array(json.dumps({**header, "about": self.about}, ensure_ascii=False)),
            grams=_gaps(grams),
            logs=logs,
            contexts=_gaps(contexts),
            rests=rests,
        )
        write_atomic(path, data.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> LanguageModel:
        """Reads a file that :meth:`save` wrote.

        Raises:
            WeightsError: if it is not there, is no such file, or of a later version.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                header: dict[str, Any] = json.loads(str(data["header"]))
                if header["format"] != _FORMAT:
                    raise WeightsError(f"{path}: of format {header['format']}: update this program")
                return cls(
                    int(header["order"]),
                    str(header["symbols"]),
                    np.cumsum(data["grams"], dtype=np.int64),
                    data["logs"],
                    np.cumsum(data["contexts"], dtype=np.int64),
                    data["rests"],
                    str(header["about"]),
                )
        except OSError as error:
            raise WeightsError(f"{path}: cannot be read ({error.strerror or error})") from error
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise WeightsError(f"{path}: is no character n-gram of this program") from error


@lru_cache(maxsize=2)
def _bundled(name: str) -> LanguageModel | None:
    paths = [folder / f"{name}{SUFFIX}" for folder in weights_folders()]
    return next((LanguageModel.load(path) for path in paths if path.is_file()), None)


def language_for(preset: str, characters: Sequence[str]) -> LanguageModel | None:
    """The bundled model of what a net reads; None where there is none.

    Args:
        preset: the task that the net was trained for, if any: plates, captchas and expressions
            are in no language.
        characters: its alphabet.
    """
    if preset not in _TASKS:
        return None
    if any(map(is_ideograph, characters)):
        return _bundled("chinese")
    return _bundled("latin") if _LATIN.issubset(characters) else None


def _bits(symbols: int) -> int:
    """Bits of a symbol's number."""
    return _NARROW if symbols <= FEW else _WIDE


def _find(keys: array[int], values: bytes, key: int) -> int | None:
    at = bisect_left(keys, key)
    return values[at] if at < len(keys) and keys[at] == key else None


def _gaps(keys: Keys) -> Keys:
    """Differences, which take little room in a file."""
    return np.diff(keys, prepend=0)


def _fold(character: str) -> str:
    return character.lower()[:1]


# --- making one -----------------------------------------------------------------------------


def fit_language(
    lines: Iterable[str],
    order: int = ORDER,
    least: Sequence[int] = (1, 1, 1, 2),
    about: str = "",
    symbols: int = FEW,
) -> LanguageModel:
    """Counts the characters of lines of text.

    Args:
        lines: of text.
        order: characters that are looked at, the predicted one included; 7 at most, and 4 where
            there are more symbols than :data:`FEW`.
        least: how often strings of 1, 2 and more characters must have been seen to be kept; the
            last number holds for all longer ones.
        about: what the text is, for the file.
        symbols: how many are known at most, the most frequent of them.

    Raises:
        DataError: if there is no text, or the order is too great.
    """
    texts = [folded for line in lines if (folded := "".join(map(_fold, " ".join(line.split()))))]
    if not texts:
        raise DataError("there is no text to learn from")
    known, numbers = _numbered(_EDGE + _EDGE.join(texts) + _EDGE, min(symbols, MANY))
    edge, base = known.index(_EDGE) + 1, 1 << _bits(len(known))
    most = _ALL_BITS // _bits(len(known))
    if not 1 <= order <= most:
        raise DataError(
            f"the order of an n-gram of {len(known)} characters must lie between 1 and {most}, "
            f"not {order}"
        )
    levels = [_level(numbers, edge, length, base) for length in range(1, order + 1)]
    shorter: Floats = np.zeros(0)
    grams, logs, contexts, rests = [], [], [], []
    for length, (keys, counts) in enumerate(levels, 1):
        before = keys // base
        owners, first, sizes = np.unique(before, return_index=True, return_counts=True)
        totals = np.add.reduceat(counts, first).astype(float)
        left = _DISCOUNT * sizes / totals
        if length == 1:
            below = np.full(len(keys), 1.0 / (len(known) + 1))
        else:
            suffixes = keys % base ** (length - 1)
            below = shorter[np.searchsorted(levels[length - 2][0], suffixes)]
        owner = np.repeat(np.arange(len(owners)), sizes)
        shorter = np.maximum(counts - _DISCOUNT, 0) / totals[owner] + left[owner] * below
        kept = counts >= least[min(length, len(least)) - 1]
        grams.append(keys[kept])
        logs.append(_steps(shorter[kept]))
        used = np.unique(owner[kept])
        contexts.append(owners[used])
        rests.append(_steps(left[used]))
    return LanguageModel(
        order, known, *_sorted(grams, logs), *_sorted(contexts, rests), about=about
    )


def _numbered(text: str, most: int) -> tuple[str, npt.NDArray[np.int64]]:
    """The characters of a text, the frequent ones if there are too many, and their numbers."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    found, where, counts = np.unique(codes, return_inverse=True, return_counts=True)
    often = np.argsort(-counts, kind="stable")[:most]
    table = np.zeros(len(found), np.int64)
    table[np.sort(often)] = np.arange(1, len(often) + 1)
    return "".join(chr(code) for code in found[np.sort(often)]), table[where.reshape(-1)]


def _level(
    numbers: npt.NDArray[np.int64], edge: int, length: int, base: int
) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Keys and counts of the strings of a length within lines; an edge may only begin one."""
    count = len(numbers) - length + 1
    keys = np.zeros(max(count, 0), np.int64)
    fits = np.ones(len(keys), bool)
    for place in range(length):
        part = numbers[place : place + len(keys)]
        keys = keys * base + part
        fits &= part > 0
        if place:
            fits &= part != edge
    if length == 1:
        fits &= numbers[: len(keys)] != edge
    return np.unique(keys[fits], return_counts=True)


def _steps(shares: Floats) -> npt.NDArray[np.uint8]:
    return np.clip(np.round(-np.log(np.maximum(shares, 1e-12)) / _STEP), 0, 255).astype(np.uint8)


def _sorted(
    keys: Sequence[Keys], values: Sequence[npt.NDArray[np.uint8]]
) -> tuple[Keys, npt.NDArray[np.uint8]]:
    joined, beside = np.concatenate(keys), np.concatenate(values)
    order = np.argsort(joined, kind="stable")
    return joined[order], beside[order]

# SPDX-License-Identifier: Apache-2.0
"""The languages that are read, and the recognizers that read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.weights import find_weights, list_weights

#: Bundled recognizer of each language. ``en`` reads all of Western Europe's.
LANGUAGES: Mapping[str, str] = {"en": "crnn-latin", "zh": "densenet-chinese"}
#: Decides line by line.
AUTO = "auto"
LANGS = (*LANGUAGES, AUTO)


def names_of(lang: str) -> tuple[str, ...]:
    """Names of the recognizers that read a language."""
    return tuple(LANGUAGES.values()) if lang == AUTO else (LANGUAGES[lang],)


def lang_of(languages: Iterable[str]) -> str:
    """What reads texts in all of some languages; ``en`` for none."""
    wanted = set(languages) or {"en"}
    return wanted.pop() if len(wanted) == 1 else AUTO


def installed() -> list[str]:
    """Names of the languages' recognizers that are there."""
    bundled = {path.stem for path in list_weights()}
    return [name for name in LANGUAGES.values() if name in bundled]


def check_installed(lang: str) -> None:
    """Sees to it that the weights of a language are there.

    Raises:
        WeightsError: naming those that are not.
    """
    for name in names_of(lang):
        try:
            find_weights(name, "recognizer")
        except WeightsError as error:
            raise WeightsError(
                f"language {lang} needs the recognizer {name}, which is not installed: put "
                f"{name}.safetensors into a folder weights/ below $OCR_HOME, or name a weights "
                "file with --recognizer"
            ) from error

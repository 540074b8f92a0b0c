# SPDX-License-Identifier: Apache-2.0
"""Decoding with the lexicon and the n-gram that files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ocr_pipeline.core.errors import InputError
from ocr_pipeline.options import RunOptions


def decode_options(options: RunOptions) -> Any:
    """How the recognizer decodes, with the lexicon and the n-gram read from their files.

    Raises:
        InputError: if a file cannot be read or holds nothing.
    """
    from recognizer import CharNgram, DecodeOptions, Lexicon

    lexicon = ngram = None
    if options.lexicon is not None:
        lexicon = Lexicon.of(_read_text(options.lexicon).split())
    if options.ngram is not None:
        ngram = CharNgram().fit(_read_text(options.ngram).splitlines())
    return DecodeOptions(
        beam=options.beam,
        ngram=ngram,
        lexicon=lexicon,
        grammar=options.grammar,
        language_model=options.language_model,
        second_look=options.second_look,
    )


def _read_text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; convert it") from error
    if not text.strip():
        raise InputError(f"{path}: the file is empty")
    return text

# SPDX-License-Identifier: Apache-2.0
"""The fingerprint of a run: everything but the input that its output depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from ocr_pipeline.batch_options import BatchOptions
from ocr_pipeline.core.document import FORMAT_VERSION
from ocr_pipeline.core.errors import InputError
from ocr_pipeline.core.weights import find_weights
from ocr_pipeline.languages import check_installed
from ocr_pipeline.options import RunOptions

# Options that choose where and how fast pages are read. They may change the last digits of a
# confidence, and nothing that would be worth reading ten thousand pages again for. The language
# says which recognizers are taken, and these are named.
_NEUTRAL = frozenset(
    {"device", "detector_device", "recognizer_device", "threads", "batch_size", "password", "lang"}
)
_FORMATS = "format"


def settings_of(options: RunOptions, batch: BatchOptions) -> dict[str, Any]:
    """Everything that the output depends on, as JSON.

    Raises:
        WeightsError: if weights are not there.
        InputError: if the lexicon or the n-gram's text cannot be read.
    """
    values: dict[str, Any] = {"document": FORMAT_VERSION}
    for field in fields(options):
        if field.name not in _NEUTRAL:
            values[field.name] = _plain(getattr(options, field.name))
    if options.detect:
        values["detector"] = weights_name(options.detector)
    else:
        del values["detector"]
    if options.recognizer is None:
        check_installed(options.lang)
    values["recognizer"] = " + ".join(map(weights_name, options.recognizers))
    values[_FORMATS] = sorted(options.format)
    values["review_below"] = batch.review_below
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return f"{value.name} ({_digest(value)})"
    if isinstance(value, tuple):
        return list(value)
    return value


def weights_name(name: str) -> str:
    """Name and hash of a weights file: ``crnn-latin (f8666a0347d0)``."""
    path = Path(name)
    if not path.is_file():
        path = find_weights(name)
    return f"{path.stem} ({_digest(path)})"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    return digest.hexdigest()[:12]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What makes results of old settings useless under new ones, in words; empty if nothing does.

    Formats that are no longer asked for take nothing away from what is there. A setting that one
    of the two does not know (they are of different versions) counts as the default.
    """
    defaults = _defaults()
    changes = []
    for key in sorted({*old, *new} - {_FORMATS}):
        before, now = (side.get(key, defaults.get(key)) for side in (old, new))
        if before != now:
            changes.append(f"{key.replace('_', '-')}: {_shown(before)} is now {_shown(now)}")
    added = sorted(set(new.get(_FORMATS, ())) - set(old.get(_FORMATS, ())))
    if added:
        changes.append(f"format: {', '.join(added)} added")
    return changes


def _defaults() -> dict[str, Any]:
    values: dict[str, Any] = {"document": FORMAT_VERSION}
    for field in fields(RunOptions):
        if field.default is not MISSING and field.name not in ("detector", "recognizer"):
            value = field.default
            values[field.name] = list(value) if isinstance(value, tuple) else value
    return values


def _shown(value: Any) -> str:
    return "not set" if value is None else str(value)

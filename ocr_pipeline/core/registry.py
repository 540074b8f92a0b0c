# SPDX-License-Identifier: Apache-2.0
"""Networks by name: ``register`` and ``build`` are the whole registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ocr_pipeline.core.errors import WeightsError

_BUILDERS: dict[str, Callable[..., Any]] = {}
_T = TypeVar("_T", bound=Callable[..., Any])


def register(name: str) -> Callable[[_T], _T]:
    """Class or function decorator that makes ``build(name, **config)`` call it.

    Raises:
        ValueError: if another object already has the name.
    """

    def decorate(builder: _T) -> _T:
        if _BUILDERS.get(name, builder) is not builder:
            raise ValueError(f"architecture {name!r} is registered twice")
        _BUILDERS[name] = builder
        return builder

    return decorate


def build(name: str, **config: Any) -> Any:
    """Builds a network from its registered name and its config alone.

    Raises:
        WeightsError: if no architecture has that name, or the config does not fit it.
    """
    builder = _BUILDERS.get(name)
    if builder is None:
        known = ", ".join(sorted(_BUILDERS)) or "none"
        raise WeightsError(f"unknown architecture {name!r}; registered here: {known}")
    try:
        return builder(**config)
    except TypeError as error:
        raise WeightsError(f"architecture {name!r} does not take this config: {error}") from error

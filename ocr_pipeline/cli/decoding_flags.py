# SPDX-License-Identifier: Apache-2.0
"""Switches of what settles readings that are in doubt, the same for every command that reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

#: Fields of the options of a run and keyword arguments of ``DecodeOptions``.
DECODING = {
    "grammar": "Prefer readings that can be a number plate or an expression, where these are read.",
    "language_model": "Let a character n-gram decide on what the net is not sure of, "
    "where there is one.",
    "second_look": "Look again at what the net is not sure of, at print where doubt is great.",
}


def decoding_flags(command: F) -> F:
    """Adds the switches to a command; all are on."""
    for name, text in reversed(DECODING.items()):
        flag = name.replace("_", "-")
        option = click.option(
            f"--{flag}/--no-{flag}", name, default=True, show_default=True, help=text
        )
        command = option(command)
    return command

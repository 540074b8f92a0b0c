# SPDX-License-Identifier: Apache-2.0
"""Signs of Chinese print as they are typed where nobody cares for the forms that are usual."""

from __future__ import annotations

import re

from recognizer.signs import NARROW_TWINS, WIDE_TWINS

_HASTY = str.maketrans(WIDE_TWINS, NARROW_TWINS)
# The point after the number of an item in a list.
_POINT = re.compile(r"(?<=\d)\.(?=\D)")


def hasty_forms(text: str) -> str:
    """The text as it comes from a keyboard that has no wide signs; as many characters."""
    return text.translate(_HASTY)


def wide_points(text: str) -> str:
    """The text with wide points after the numbers of items; as many characters."""
    return _POINT.sub("．", text)

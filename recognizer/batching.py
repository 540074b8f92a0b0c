# SPDX-License-Identifier: Apache-2.0
"""Which lines are read together: those of like widths, each padded to one of a few widths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recognizer.preprocessing import round_up

_USUAL = 512  # a batch holds more lines that are shorter than this, and fewer that are longer


def padded_width(width: int) -> int:
    """Width to which a line is padded, so that lines of like widths share a batch.

    Four steps an octave: 128, 160, 192, 224, 256, 320 and so on.
    """
    width = max(width, 32)
    return round_up(width, max(4, (1 << (width.bit_length() - 1)) // 4))


def buckets(
    widths: Sequence[int],
    size: int,
    sizes: Sequence[int] | None = None,
    one_width: bool = False,
) -> Iterator[tuple[list[int], int]]:
    """Groups of lines of one padded width, with the area of ``size`` usual lines at most.

    Args:
        widths: of the lines.
        size: lines of usual width in a group.
        sizes: the only sizes that groups may have, the largest first, 1 among them.
        one_width: all lines have the width of the net's input, and are not padded.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for index, width in enumerate(widths):
        groups[width if one_width else padded_width(width)].append(index)
    for width in sorted(groups):
        members = groups[width]
        most = max(1, size * _USUAL // width)
        while members:
            count = min(most, len(members))
            if sizes is not None:
                count = next(number for number in sizes if number <= count)
            yield members[:count], width
            members = members[count:]

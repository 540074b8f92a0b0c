# SPDX-License-Identifier: Apache-2.0
"""What the garbage collector need not look at."""

from __future__ import annotations

import gc


def spare_what_stays() -> None:
    """Takes all objects that exist now out of later collections, for a process that is ours.

    Modules and nets are hundreds of thousands of objects that live as long as the process. Every
    page makes tens of thousands more, whereupon the collector looks through all of them: a fifth
    of the time of putting a dense page together.
    """
    gc.freeze()

# SPDX-License-Identifier: Apache-2.0
"""One run at a time writes to an output folder."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import IO

from ocr_pipeline.core.errors import UsageError


class Lock:
    """A lock that the system takes back when the process ends, however it ends.

    Args:
        path: the file that is locked; stays there.

    Raises:
        UsageError: if another run has it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("a+", encoding="utf-8")
        if not _try_lock(self._file):
            self._file.seek(0)
            holder = self._file.read().strip() or "another process"
            self._file.close()
            raise UsageError(
                f"{path.parent.parent}: another run ({holder}) is writing there; wait for it, "
                "or choose another --out"
            )
        with suppress(OSError):  # a full disk is noticed elsewhere, and said better
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            self._file.flush()

    def release(self) -> None:
        """Gives the lock back; may be called twice."""
        self._file.close()


def _try_lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            file.seek(1 << 30)  # not where the name is written: others are to read that
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: better to run than to refuse
    return True

# SPDX-License-Identifier: Apache-2.0
"""What this process may use of the machine: processors and memory, in a container too."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def processors() -> int:
    """Processors that this process may run on, as fewer as its container allows."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        count = os.cpu_count() or 1
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        count = min(count, -(-int(quota) // int(period)))
    return max(1, count)


def free_memory() -> int | None:
    """Bytes that can be used without pushing others out; None where the system does not say."""
    limits = [_container_memory(), _system_memory()]
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def _container_memory() -> int | None:
    limit, used = _read(_CGROUP / "memory.max").strip(), _read(_CGROUP / "memory.current").strip()
    if not (limit.isdigit() and used.isdigit()):
        return None
    cache = 0
    for line in _read(_CGROUP / "memory.stat").splitlines():
        if line.startswith("inactive_file "):
            cache = int(line.split()[1])  # given back when it is needed
    return max(0, int(limit) - int(used) + cache)


def _system_memory() -> int | None:
    for line in _read(Path("/proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""

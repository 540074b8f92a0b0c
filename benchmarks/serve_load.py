# SPDX-License-Identifier: Apache-2.0
"""How many pages a minute a server reads for 1, 4 and 16 clients, and how long each of them waits.

Usage: python benchmarks/serve_load.py PAGES_FOLDER [--minutes 1] [--clients 1,4,16] [-- FLAGS...]

Starts ``ocr serve FLAGS`` on a free port and has so many clients post the folder's images one after
the other, each its next one as soon as it has its answer. Nothing may be lost: each answer is
compared with what the same page gave when it was asked for alone. Memory is the server's own
resident size after each load. Prints a table for docs/serving.md.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}


@dataclass
class Load:
    """What became of a load."""

    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    busy: int = 0
    different: int = 0


def post(address: str, data: bytes) -> tuple[int, bytes]:
    """Posts an image; status and body."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=1800)
    try:
        connection.request("POST", "/v1/ocr?format=txt", body=data)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def client(
    address: str, pages: list[bytes], texts: list[bytes], first: int, end: float, load: Load
) -> None:
    """Posts page after page until time is up."""
    number = first
    while time.monotonic() < end:
        index = number % len(pages)
        number += 1
        start = time.monotonic()
        try:
            status, body = post(address, pages[index])
        except OSError:
            load.lost += 1
            continue
        if status == 503:
            load.busy += 1
            time.sleep(1)
        elif status != 200:
            load.lost += 1
        else:
            load.seconds.append(time.monotonic() - start)
            load.different += body != texts[index]


def memory(pid: int) -> float:
    """Resident MB of a process; 0 where the system does not say."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
    except OSError:
        pass
    return 0.0


def run_load(
    address: str, pages: list[bytes], texts: list[bytes], count: int, minutes: float
) -> tuple[Load, float]:
    """So many clients at once; what became of it, and its minutes."""
    load = Load()
    start = time.monotonic()
    threads = [
        threading.Thread(target=client, args=(address, pages, texts, i, start + 60 * minutes, load))
        for i in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load, (time.monotonic() - start) / 60


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n")[0], epilog="Flags of ocr serve follow after --."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--clients", default="1,4,16")
    parser.add_argument("--most", type=int, default=20, help="Pages to take of the folder.")
    arguments, flags = sys.argv[1:], []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, flags = arguments[:place], arguments[place + 1 :]
    options = parser.parse_args(arguments)
    paths = sorted(p for p in options.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    pages = [path.read_bytes() for path in paths[: options.most]]
    command = [sys.executable, "-m", "ocr_pipeline.cli.main", "serve", "--port", "0"]
    with subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[0]
            texts = [post(address, page)[1] for page in pages]
            print(f"{len(pages)} pages, {' '.join(flags) or 'no flags'}")
            print("| clients | pages a minute | median s | 95th percentile s | lost | MB |")
            print("|---|---|---|---|---|---|")
            for count in map(int, options.clients.split(",")):
                load, minutes = run_load(address, pages, texts, count, options.minutes)
                times = sorted(load.seconds) or [float("nan")]
                late = times[min(len(times) - 1, round(0.95 * len(times)))]
                print(
                    f"| {count} | {len(load.seconds) / minutes:.1f} "
                    f"| {statistics.median(times):.2f} | {late:.2f} "
                    f"| {load.lost} ({load.busy} sent away, {load.different} different) "
                    f"| {memory(server.pid):.0f} |",
                    flush=True,
                )
        finally:
            server.terminate()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What can be chosen about a server."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ocr_pipeline.core.errors import UsageError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How a server listens and what it puts up with. Every field is a flag of ``ocr serve``.

    Attributes:
        host: address to listen on.
        port: its port; 0 takes a free one.
        token: what clients have to show as ``Authorization: Bearer``; None asks for nothing.
        allow_origin: origins of other sites whose pages may use the server; ``*`` allows all.
        allow_host: names under which the server may be asked for; none given allows every name,
            or the machine's own where only the machine itself can reach it.
        max_size: MiB of a request.
        max_files: documents of a request.
        max_pages: pages of a request, all documents together.
        max_pixels: megapixels of a page.
        timeout: seconds after which a request is given up.
        upload_timeout: seconds that a request's body may take to arrive.
        queue: requests that are dealt with or wait; more are sent away.
        parallel: pages whose lines are searched at the same time.
        grace: seconds that running requests have to end when the server is stopped.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = field(default=None, repr=False)
    allow_origin: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    max_size: float = 100.0
    max_files: int = 50
    max_pages: int = 500
    max_pixels: float = 100.0
    timeout: float = 1800.0
    upload_timeout: float = 60.0
    queue: int = 32
    parallel: int = 1
    grace: float = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"--port must lie between 0 and 65535, not {self.port}")
        for name in ("max_files", "max_pages", "queue", "parallel"):
            if getattr(self, name) < 1:
                raise UsageError(f"{_flag(name)} must be at least 1, not {getattr(self, name)}")
        for name in ("max_size", "max_pixels", "timeout", "upload_timeout"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{_flag(name)} must be above 0, not {getattr(self, name)}")
        if not self.grace >= 0:
            raise UsageError(f"--grace must not be negative, not {self.grace}")
        from ocr_pipeline.core.decoding import MAX_PIXELS  # not while the help is shown

        if self.max_pixels * 1e6 > MAX_PIXELS:
            most = MAX_PIXELS // 1_000_000
            raise UsageError(f"--max-pixels: pages of more than {most} megapixels are never read")
        if self.token is not None and not _is_token(self.token):
            raise UsageError("--token must be letters, digits and signs of ASCII, without spaces")
        for origin in self.allow_origin:
            if origin != "*" and ("://" not in origin or origin.rstrip("/").count("/") != 2):
                raise UsageError(f"--allow-origin {origin!r}: use https://NAME[:PORT], or *")

    @property
    def max_bytes(self) -> int:
        """Bytes of a request."""
        return int(self.max_size * MIB)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that requests may ask for; empty: any."""
        if is_loopback(self.host):
            return tuple(dict.fromkeys((*LOOPBACK, self.host, *self.allow_host)))
        return self.allow_host


def is_loopback(host: str) -> bool:
    """Whether only the machine itself can reach an address."""
    return host in LOOPBACK or host.startswith("127.")


def _is_token(token: str) -> bool:
    return bool(token) and all("!" <= letter <= "~" for letter in token)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


DEFAULTS = {field.name: field.default for field in fields(ServeOptions)}

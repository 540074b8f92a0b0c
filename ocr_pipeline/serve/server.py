# SPDX-License-Identifier: Apache-2.0
"""Listens, and stops in good order."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ocr_pipeline.core.errors import UsageError
from ocr_pipeline.serve.options import ServeOptions


class Server(uvicorn.Server):
    """A server that says when it is ready, and ends quietly on SIGTERM and Ctrl-C.

    Args:
        config: of uvicorn.
        on_ready: called when requests are taken.
    """

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to take requests."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does it, but for raising the signal once more at the end."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def listen(options: ServeOptions) -> socket.socket:
    """A socket at the address of the options.

    Raises:
        UsageError: if the address is taken, unknown or not ours to take.
    """
    where = f"{options.host}:{options.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            # Refuses from here on, rather than when the nets are loaded, what cannot work.
            sock.listen(128)
        except BaseException:
            sock.close()
            raise
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot listen on {where} ({reason}); see --host and --port") from error
    return sock


def address(sock: socket.socket) -> str:
    """Where a socket can be reached, for people: ``http://127.0.0.1:8000``."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(
    app: Any,
    options: ServeOptions,
    log_level: str = "warning",
    on_ready: Callable[[], None] = lambda: None,
) -> Server:
    """A server that is ready to run.

    Args:
        app: of :func:`ocr_pipeline.serve.app.create_app`.
        options: the grace of running requests.
        log_level: of uvicorn; ``info`` logs every request.
        on_ready: called when requests are taken.
    """
    config = uvicorn.Config(
        app,
        log_level=log_level,
        access_log=log_level in ("info", "debug"),
        timeout_graceful_shutdown=max(1, round(options.grace)),
        server_header=False,
        lifespan="on",
    )
    return Server(config, on_ready)


def serve(
    app: Any,
    sock: socket.socket,
    options: ServeOptions,
    log_level: str = "warning",
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until a signal comes, and then as long as running requests take, within limits.

    Args:
        sock: of :func:`listen`.
        app, options, log_level, on_ready: see :func:`make_server`.
    """
    make_server(app, options, log_level, on_ready).run(sockets=[sock])

# SPDX-License-Identifier: Apache-2.0
"""Who may ask, and what every answer carries. Stands before everything else."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocr_pipeline.serve.errors import ApiError, api_error
from ocr_pipeline.serve.metrics import Metrics
from ocr_pipeline.serve.options import ServeOptions

_log = logging.getLogger(__name__)

# Answers of the API are data: whatever a browser takes them for, they may do nothing.
API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Pages take all they need from the server itself; pictures may come out of memory.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What is read and thrown away of a body that nobody wants, so that a client that is still sending
# gets to read the answer.
_LINGER_SECONDS = 3.0


class Guard:
    """Refuses foreign names and foreign pages, adds headers, counts.

    A page of another site that has its own name resolved to this machine (DNS rebinding), or that
    simply posts a form to it, is told from this server's own by the headers Host and Origin, which
    no page can change.
    """

    def __init__(self, app: ASGIApp, options: ServeOptions, metrics: Metrics) -> None:
        self.app = app
        self.hosts = {name.lower().strip("[]") for name in options.hosts}
        self.origins = {origin.lower().rstrip("/") for origin in options.allow_origin}
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        body = _Body(scope, receive)
        status, begun = 500, False

        async def send_more(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                self._add_headers(message)
                await body.linger()
            await send(message)

        try:
            error = self._refusal(Headers(scope=scope))
            app = self.app if error is None else error.response()
            await app(scope, body.receive, send_more)
        except Exception as error:
            _log.exception("%s %s", scope["method"], scope["path"])
            if begun:
                raise  # which breaks the connection: nothing else says that the answer is not whole
            await api_error(error).response()(scope, body.receive, send_more)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.requests.add(route=route, status=str(status))
            self.metrics.request_seconds.observe(time.perf_counter() - start, route=route)

    def _refusal(self, headers: Headers) -> ApiError | None:
        host = headers.get("host", "")
        name = _host_name(host)
        if self.hosts and name and name not in self.hosts:
            text = f"this server does not answer to {name[:100]!r}; see --allow-host"
            return ApiError(421, "foreign_host", text)
        origin = headers.get("origin")
        if origin is not None and not self._is_welcome(origin.lower(), host.lower()):
            text = f"pages of {origin[:100]} may not use this server; see --allow-origin"
            return ApiError(403, "foreign_origin", text)
        return None

    def _is_welcome(self, origin: str, host: str) -> bool:
        if "*" in self.origins or origin.rstrip("/") in self.origins:
            return True
        return bool(host) and urlsplit(origin).netloc == host

    def _add_headers(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in _HEADERS.items():
            headers[name] = value
        if not self.origins:
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", API_POLICY)
        headers.setdefault("Cache-Control", "no-store")


class _Body:
    """A request's body on its way in, which can be brought to its end."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        self._left = length != "0" or "transfer-encoding" in headers
        # Such a client waits for our word before it sends anything.
        self._asks = "100-continue" in headers.get("expect", "").lower()
        self._receive = receive

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        self._left = self._left and message.get("more_body", False)
        self._asks = False
        return message

    async def linger(self) -> None:
        """Reads what is still coming, for a moment: a client listens when it has spoken."""
        if self._asks:
            return
        with suppress(RuntimeError), anyio.move_on_after(_LINGER_SECONDS):
            while self._left:
                await self.receive()


def check_token(token: str, authorization: str | None) -> None:
    """Insists on a token, in the same time whatever is wrong with it.

    Raises:
        ApiError: 401.
    """
    scheme, _, shown = (authorization or "").strip().partition(" ")
    same = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), token.encode("utf-8"))
    if scheme.lower() != "bearer" or not same:
        text = "show the server's token: 'Authorization: Bearer TOKEN'"
        raise ApiError(401, "unauthorized", text, {"WWW-Authenticate": "Bearer"})


def _host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return (host.rpartition(":")[0] if ":" in host else host).lower().rstrip(".")


def allowed_origins(origins: Sequence[str]) -> list[str]:
    """Origins as browsers write them."""
    return [origin.rstrip("/").lower() for origin in origins]

# SPDX-License-Identifier: Apache-2.0
"""The routes of the server, and how they are described."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ocr_pipeline import __version__
from ocr_pipeline.core.errors import OcrError
from ocr_pipeline.serve.errors import ApiError, api_error
from ocr_pipeline.serve.formats import known_formats
from ocr_pipeline.serve.guard import PAGE_POLICY, Guard, allowed_origins, check_token
from ocr_pipeline.serve.metrics import MEDIA_TYPE, Metrics
from ocr_pipeline.serve.models import Models
from ocr_pipeline.serve.openapi import CONVERT, DESCRIPTION, INFO, MODELS, OCR, PROBE, TEXT
from ocr_pipeline.serve.options import ServeOptions
from ocr_pipeline.serve.parameters import ConvertParameters, OcrParameters
from ocr_pipeline.serve.service import PASSWORD_HEADER, ClientGone, Service

STATIC = Path(__file__).parent / "static"
_REASONS = {"extra_forbidden": "there is no such parameter"}
_CODES = {404: "not_found", 405: "method_not_allowed"}
_log = logging.getLogger(__name__)


def create_app(models: Models, options: ServeOptions | None = None) -> FastAPI:
    """The server as an ASGI application.

    Args:
        models: the nets.
        options: limits and who may ask.
    """
    options = options or ServeOptions()
    metrics = Metrics()
    service = Service(models, options, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(service.close)

    app = FastAPI(
        title="ocr-pipeline",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    _handle_errors(app)
    app.include_router(_api(service), dependencies=_dependencies(options.token))
    app.include_router(_probes(service))
    app.include_router(_pages(), include_in_schema=False)
    app.mount("/static", _Static(directory=STATIC, check_dir=False))
    if options.allow_origin:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed_origins(options.allow_origin),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", PASSWORD_HEADER],
            expose_headers=["Content-Disposition", "Retry-After"],
        )
    app.add_middleware(Guard, options=options, metrics=metrics)
    return app


def _dependencies(token: str | None) -> list[Any]:
    """What requests to the API have to pass."""
    if token is None:
        return []
    scheme = HTTPBearer(auto_error=False, description="The server's --token.")

    def check(request: Request) -> None:
        check_token(token, request.headers.get("authorization"))

    return [Depends(scheme), Depends(check)]  # the first of them is there for the description


def _probes(service: Service) -> APIRouter:
    """What supervisors ask: open to all."""
    router = APIRouter(tags=["probes"])

    @router.get("/healthz", **PROBE)
    async def healthz() -> JSONResponse:
        """Whether the server works; if not, restart it."""
        alive = service.engine.alive
        return JSONResponse({"status": "ok" if alive else "broken"}, 200 if alive else 503)

    @router.get("/readyz", **PROBE)
    async def readyz() -> JSONResponse:
        """Whether the next request would be taken."""
        state = "broken" if not service.engine.alive else "busy" if service.full else "ok"
        return JSONResponse({"status": state}, 200 if state == "ok" else 503)

    return router


def _api(service: Service) -> APIRouter:
    """What clients ask."""
    router = APIRouter()
    options = service.options

    @router.post("/v1/ocr", tags=["reading"], **OCR)
    async def ocr(request: Request, parameters: Annotated[OcrParameters, Query()]) -> Response:
        """Read the text of images and PDFs."""
        return await service.ocr(request, parameters)

    @router.post("/v1/convert", tags=["reading"], **CONVERT)
    async def convert(
        request: Request, parameters: Annotated[ConvertParameters, Query()]
    ) -> Response:
        """Write a document tree, which may have been corrected, in another format."""
        return await service.convert(request, parameters)

    @router.get("/v1/models", tags=["server"], **MODELS)
    async def models() -> JSONResponse:
        """The nets that requests can choose from; the first of each kind is the usual one."""
        return JSONResponse(service.models.describe())

    @router.get("/v1/info", tags=["server"], **INFO)
    async def info() -> JSONResponse:
        """Version, formats and limits."""
        formats = [
            {"name": f.name, "media_type": f.media_type, "suffix": f.suffix}
            for f in known_formats()
        ]
        limits = {
            name: getattr(options, name)
            for name in ("max_size", "max_files", "max_pages", "max_pixels", "timeout", "queue")
        }
        return JSONResponse({"version": __version__, "formats": formats, "limits": limits})

    @router.get("/metrics", tags=["server"], **TEXT)
    async def metrics() -> PlainTextResponse:
        """Figures for Prometheus."""
        return PlainTextResponse(service.metrics.render(), media_type=MEDIA_TYPE)

    return router


def _pages() -> APIRouter:
    """What people look at."""
    router = APIRouter()

    @router.get("/")
    async def index() -> Response:
        page = STATIC / "index.html"
        return _page(page) if page.exists() else RedirectResponse("docs")

    @router.get("/docs")
    async def docs() -> Response:
        return _page(STATIC / "docs.html")

    return router


def _page(path: Path) -> Response:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return FileResponse(path, headers=headers)


class _Static(StaticFiles):
    """Files of the pages; browsers ask each time whether they have changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response


def _handle_errors(app: FastAPI) -> None:
    """Gives all errors one shape."""

    def answer(error: ApiError) -> Response:
        return error.response()

    Handler = Callable[[Request, Any], Awaitable[Response]]

    async def known(request: Request, error: ApiError | OcrError) -> Response:
        return answer(api_error(error))

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        details = [
            {
                "parameter": str(item["loc"][-1]),
                "message": _REASONS.get(item["type"], item["msg"]),
            }
            for item in error.errors()
        ]
        text = "; ".join(f"{item['parameter']}: {item['message']}" for item in details[:5])
        return answer(ApiError(422, "bad_parameter", text, details=details))

    async def http(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "bad_request")
        return answer(ApiError(error.status_code, code, str(error.detail), error.headers))

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=499)  # which nobody reads; it is counted

    handlers: dict[type[Exception], Handler] = {
        ApiError: known,
        OcrError: known,
        RequestValidationError: invalid,
        HTTPException: http,
        ClientGone: gone,
        ClientDisconnect: gone,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)

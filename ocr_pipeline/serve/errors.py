# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with a request: one shape of answer for all of it."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from ocr_pipeline.batch.outputs import OutputError
from ocr_pipeline.core.errors import (
    EncryptedError,
    InputError,
    OcrError,
    TooLargeError,
    UnknownKindError,
    UsageError,
)

# The library speaks of flags, a request has parameters.
_FLAG = re.compile(r"--([a-z][a-z-]+)")
_SECRET = re.compile(r"with --password or \$OCR_PASSWORD|its --password")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_KINDS: tuple[tuple[type[OcrError], int, str], ...] = (
    (EncryptedError, 422, "encrypted"),
    (TooLargeError, 413, "too_many_pixels"),
    (UnknownKindError, 415, "unknown_kind"),
    (InputError, 422, "unreadable"),
    (UsageError, 422, "bad_parameter"),
)


class ApiError(Exception):
    """An answer that says why there is no other.

    Attributes:
        status: of HTTP.
        code: for programs, such as ``too_large``.
        message: for people: names the file, and the page, and says what to do.
        headers: more headers of the answer.
        details: what is wrong with each parameter.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = details

    @property
    def body(self) -> dict[str, Any]:
        """What JSON says of it, under the key ``error``."""
        body = {"status": self.status, "code": self.code, "message": self.message}
        return body if self.details is None else {**body, "details": self.details}

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse({"error": self.body}, self.status, headers=self.headers)


def api_error(error: BaseException, file: str = "") -> ApiError:
    """The answer to an error of any kind; what is nobody's fault but ours says nothing of it.

    Args:
        error: what was raised.
        file: the document that it concerns.
    """
    if isinstance(error, ApiError):
        return error
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            text = _SECRET.sub("in the header Ocr-Password", str(error))
            return ApiError(status, code, _FLAG.sub(r"\1", text))
    where = f"{file}: " if file else ""
    if isinstance(error, OutputError):
        error = error.__cause__ or error
    if isinstance(error, OSError) and error.errno in _FULL:
        return ApiError(507, "no_space", f"{where}the server has no room for it; try again later")
    if isinstance(error, MemoryError):
        return ApiError(413, "too_large", f"{where}needs more memory than there is")
    return ApiError(500, "internal", f"{where}an error of the server; its log says more")

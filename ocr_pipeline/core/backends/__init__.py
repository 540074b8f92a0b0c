# SPDX-License-Identifier: Apache-2.0
"""Inference backends with one face: torch, ONNX Runtime and OpenVINO.

A stage opens a :class:`Session` on its :class:`Net` and gets the net's own outputs from it;
everything after them is the same for all. None of the three libraries is imported before a
session of it is opened.
"""

from __future__ import annotations

from ocr_pipeline.core.backend_names import BACKENDS, PRECISIONS
from ocr_pipeline.core.backends.choice import choices
from ocr_pipeline.core.backends.opening import open_session
from ocr_pipeline.core.backends.session import Net, Session, SessionOptions

__all__ = [
    "BACKENDS",
    "PRECISIONS",
    "Net",
    "Session",
    "SessionOptions",
    "choices",
    "open_session",
]

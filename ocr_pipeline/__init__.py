# SPDX-License-Identifier: Apache-2.0
"""Text from images: ``Pipeline().read("page.png")`` gives a :class:`Document`.

Names are imported on first use, so that importing the package costs nothing and does not import
torch.

Example:
    >>> import ocr_pipeline
    >>> "Pipeline" in ocr_pipeline.__all__
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocr_pipeline.core.document import Char, Document, Line, Page, Word
    from ocr_pipeline.core.errors import OcrError
    from ocr_pipeline.exchange import export, load, save
    from ocr_pipeline.options import RunOptions
    from ocr_pipeline.pipeline import Pipeline

__version__ = "0.1.0"

_HOMES = {
    "Char": "ocr_pipeline.core.document",
    "Document": "ocr_pipeline.core.document",
    "Line": "ocr_pipeline.core.document",
    "OcrError": "ocr_pipeline.core.errors",
    "Page": "ocr_pipeline.core.document",
    "Pipeline": "ocr_pipeline.pipeline",
    "RunOptions": "ocr_pipeline.options",
    "Word": "ocr_pipeline.core.document",
    "export": "ocr_pipeline.exchange",
    "load": "ocr_pipeline.exchange",
    "save": "ocr_pipeline.exchange",
}

__all__ = [
    "Char",
    "Document",
    "Line",
    "OcrError",
    "Page",
    "Pipeline",
    "RunOptions",
    "Word",
    "__version__",
    "export",
    "load",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))

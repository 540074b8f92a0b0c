# SPDX-License-Identifier: Apache-2.0
"""The detector: an image goes in, the quadrilaterals of its text lines come out.

>>> from detector import Detector  # doctest: +SKIP
>>> Detector.from_weights("detector").detect(image)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.connector import ConnectOptions
    from detector.predictor import DetectedLine, DetectOptions, Detector

__all__ = ["ConnectOptions", "DetectOptions", "DetectedLine", "Detector"]


def __getattr__(name: str) -> Any:
    """Loads the face on first use, so that importing the package does not import torch."""
    if name == "ConnectOptions":
        from detector import connector

        return connector.ConnectOptions
    if name in __all__:
        from detector import predictor

        return getattr(predictor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

# SPDX-License-Identifier: Apache-2.0
"""Text recognition: crops in, texts with confidences and positions out.

``Recognizer`` is the face; PyTorch is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizer.beam import CharNgram, Lexicon
    from recognizer.predictor import CharReading, DecodeOptions, Reading, Recognizer

__all__ = ["CharNgram", "CharReading", "DecodeOptions", "Lexicon", "Reading", "Recognizer"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from recognizer import predictor

        return getattr(predictor, name)
    raise AttributeError(f"module 'recognizer' has no attribute {name!r}")

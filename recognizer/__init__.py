# SPDX-License-Identifier: Apache-2.0
"""Text recognition: crops in, texts with confidences and positions out.

``Recognizer`` is the face; PyTorch is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizer.beam import CharNgram, Lexicon
    from recognizer.decode_options import DecodeOptions
    from recognizer.plate_labels import PlateLabels
    from recognizer.predictor import Recognizer
    from recognizer.reading import CharReading, Reading

_PLACES = {
    "CharNgram": "recognizer.beam",
    "CharReading": "recognizer.reading",
    "DecodeOptions": "recognizer.decode_options",
    "Lexicon": "recognizer.beam",
    "PlateLabels": "recognizer.plate_labels",
    "Reading": "recognizer.reading",
}

__all__ = [
    "CharNgram",
    "CharReading",
    "DecodeOptions",
    "Lexicon",
    "PlateLabels",
    "Reading",
    "Recognizer",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(_PLACES.get(name, "recognizer.predictor")), name)
    raise AttributeError(f"module 'recognizer' has no attribute {name!r}")

# SPDX-License-Identifier: Apache-2.0
"""Layout of a page: which way up it is, how far it slants, in which order it is read."""

from ocr_pipeline.layout.arrange import Place, arrange
from ocr_pipeline.layout.boxes import page_angle, page_skew
from ocr_pipeline.layout.merged import merged_lines
from ocr_pipeline.layout.order import order_lines, reading_order
from ocr_pipeline.layout.orientation import Stages, find_upright
from ocr_pipeline.layout.turn import Turn

__all__ = [
    "Place",
    "Stages",
    "Turn",
    "arrange",
    "find_upright",
    "merged_lines",
    "order_lines",
    "page_angle",
    "page_skew",
    "reading_order",
]

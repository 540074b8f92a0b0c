# SPDX-License-Identifier: Apache-2.0
"""Layout of a page: which way up it is, how far it slants, in which order it is read."""

from ocr_pipeline.layout.order import order_lines, page_angle, page_skew, reading_order
from ocr_pipeline.layout.orientation import Stages, find_upright
from ocr_pipeline.layout.turn import Turn

__all__ = [
    "Stages",
    "Turn",
    "find_upright",
    "order_lines",
    "page_angle",
    "page_skew",
    "reading_order",
]

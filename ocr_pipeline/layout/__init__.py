# SPDX-License-Identifier: Apache-2.0
"""Layout of a page: which way up it is, how far it slants, in which order it is read."""

from ocr_pipeline.layout.order import order_lines, page_angle, reading_order

__all__ = ["order_lines", "page_angle", "reading_order"]

# SPDX-License-Identifier: Apache-2.0
"""Rendered pages with the boxes of their lines, to train and to test the detector on."""

from detector.synthesis.page import KINDS, PageLine, PageOptions, PageSample, PageWord
from detector.synthesis.renderer import PageRenderer

__all__ = ["KINDS", "PageLine", "PageOptions", "PageRenderer", "PageSample", "PageWord"]

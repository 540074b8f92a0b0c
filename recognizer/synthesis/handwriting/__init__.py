# SPDX-License-Identifier: Apache-2.0
"""Handwritten lines and words, rendered from handwriting faces."""

# SPDX-License-Identifier: Apache-2.0
"""Fonts, text and degradations from which training images are rendered."""

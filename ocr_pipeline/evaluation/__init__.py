# SPDX-License-Identifier: Apache-2.0
"""Measures a detector, a recognizer or the whole pipeline against labelled images."""

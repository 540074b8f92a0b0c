# SPDX-License-Identifier: Apache-2.0
"""Rendered training data for the recognizer."""

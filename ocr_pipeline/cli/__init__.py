# SPDX-License-Identifier: Apache-2.0
"""The ``ocr`` command: each module assembles one command and decides nothing."""

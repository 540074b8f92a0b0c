# SPDX-License-Identifier: Apache-2.0
"""The images in ``test_images/``: pages with real sense, damaged as scans are."""

# SPDX-License-Identifier: Apache-2.0
"""What both stages stand on: document tree, weights files, devices, training loop, rendering."""

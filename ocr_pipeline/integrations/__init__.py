# SPDX-License-Identifier: Apache-2.0
"""This program inside others."""

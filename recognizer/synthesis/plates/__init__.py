# SPDX-License-Identifier: Apache-2.0
"""Rendered number plates of vehicles: drawn from fonts and shapes, then photographed."""

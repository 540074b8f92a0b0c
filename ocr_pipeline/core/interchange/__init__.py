# SPDX-License-Identifier: Apache-2.0
"""Reading PAGE and ALTO: results to be converted, and pages labelled by hand to learn from."""

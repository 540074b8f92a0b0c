# SPDX-License-Identifier: Apache-2.0
"""``ocr train``: mounts the trainers of the two stages, and of the language model."""

from __future__ import annotations

import click

from ocr_pipeline.cli.main import Lazy, LazyGroup

TRAINERS = {
    "detector": Lazy("detector.train:command", "Train a CTPN text-line detector."),
    "recognizer": Lazy("recognizer.train:command", "Train a CTC text-line recognizer."),
    "language": Lazy("recognizer.language_train:command", "Count characters for doubtful lines."),
}


@click.group(cls=LazyGroup, lazy=TRAINERS)
def train() -> None:
    """Train a detector, a recognizer or a language model from labelled or rendered data."""

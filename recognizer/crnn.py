# SPDX-License-Identifier: Apache-2.0
"""CRNN: convolutions, then recurrence over columns, then CTC (arXiv 1507.05717).

One time step is four pixels wide. A line is scaled to the net's height and never squashed: the
width is free.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.registry import register
from recognizer.cells import Recurrent
from recognizer.layers import POOLS, STRIDE, channels, normed_layers, steps

__all__ = ["CRNN", "STRIDE", "paper_crnn", "parameters", "steps"]


@register("crnn")
class CRNN(nn.Module):
    """The CRNN of the paper at ``width`` 1.0, or a narrower or wider one.

    Args:
        classes: output classes, the CTC blank included.
        width: multiplies the channels of all convolutions.
        norm: batch norm after ``"all"`` convolutions, or after those of the ``"paper"``.
        last: kernel width of the last convolution, 2 in the paper.
        rnn: the recurrent cell, one of :data:`recognizer.layers.CELLS`.
        hidden: units of each direction of each recurrent layer.
        layers: recurrent layers.
        bidirectional: read the columns in both directions.
        projection: linear layer between the recurrent ones, as in the authors' code.
        dropout: between recurrent layers and before the classifier, in training.
        height: height of the input in pixels; a multiple of 16 times ``rows``.
        rows: rows of columns that the features keep, read one after the other: two for plates
            of two lines. The time steps are those of the first row, then those of the second.
        pool: what joins the last maps' rows into columns: ``conv``, a convolution of that
            height, or ``max``, the maximum (for writing whose letters wander up and down).
        depth: micro-layers in a step of a recurrent highway network (``rhn``).
        planes: of the input: 1 for grey, 3 for colour.
        auxiliary: a second, short way from the convolutions to the classes, which helps them
            learn; for training only, and left out of weights files.
    """

    #: Parts that are not saved with the weights.
    training_only = ("auxiliary.",)

    def __init__(
        self,
        classes: int,
        width: float = 1.0,
        norm: str = "all",
        last: int = 2,
        rnn: str = "lstm",
        hidden: int = 256,
        layers: int = 2,
        bidirectional: bool = True,
        projection: bool = False,
        dropout: float = 0.0,
        height: int = 32,
        rows: int = 1,
        pool: str = "conv",
        depth: int = 4,
        planes: int = 1,
        auxiliary: bool = False,
    ) -> None:
        super().__init__()
        if height % (16 * rows) or pool not in ("conv", "max"):
            raise WeightsError(
                f"height {height}, rows {rows}, pool {pool!r}: the height must be a multiple of "
                "16 times the rows, the pool conv or max"
            )
        widths = channels(width)
        self.rows = rows
        blocks: list[nn.Module] = []
        before = planes
        tall = height // 16 // rows  # rows of the last maps that make one row of columns
        for index, (after, size) in enumerate(zip(widths, POOLS, strict=True)):
            final = index == len(widths) - 1
            normed = index in normed_layers(norm)
            joins = (1 if pool == "max" else tall, last)
            kernel = joins if final else (3, 3)
            if final and last > 1:
                blocks.append(nn.ZeroPad2d((0, last - 1, 0, 0)))  # keeps one step per 4 pixels
            padding = 0 if final else 1
            stride = (kernel[0], 1) if final else 1
            blocks.append(
                nn.Conv2d(before, after, kernel, stride, padding=padding, bias=not normed)
            )
            if normed:
                blocks.append(nn.BatchNorm2d(after))
            blocks.append(nn.ReLU(inplace=True))
            if size:
                blocks.append(nn.MaxPool2d(size, size))
            before = after
        if pool == "max" and tall > 1:
            blocks.append(nn.MaxPool2d((tall, 1), (tall, 1)))
        self.features = nn.Sequential(*blocks)
        self.recurrent = Recurrent(
            before, hidden, layers, rnn, bidirectional, dropout, projection, depth
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(self.recurrent.out_features, classes)
        for module in self.features:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        # Last, so that with one seed the rest begins alike with and without it.
        self.auxiliary = nn.Conv1d(before, classes, 3, padding=1) if auxiliary else None

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Reads lines.

        Args:
            images: (N, planes, height, W) normalised lines.

        Returns:
            (N, rows * (W // 4), classes) logits; in training, with an auxiliary way, also its
            logits.
        """
        maps = self.features(images)  # (N, C, rows, W / 4)
        columns = maps.flatten(2).transpose(1, 2)
        logits: Tensor = self.classifier(self.dropout(self.recurrent(columns)))
        if self.auxiliary is None or not self.training:
            return logits
        return logits, self.auxiliary(self.dropout(columns).transpose(1, 2)).transpose(1, 2)


def paper_crnn(classes: int) -> CRNN:
    """The CRNN as published: 8.3 million parameters for 37 classes."""
    return CRNN(classes, width=1.0, norm="paper", last=2, hidden=256, projection=True)


def parameters(model: torch.nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in model.parameters())

# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers over the columns of a text line."""

from __future__ import annotations

from torch import Tensor, nn

from ocr_pipeline.core.errors import WeightsError

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """Stacked recurrent layers: (N, T, features) to (N, T, ``out_features``).

    Args:
        features: values a column.
        hidden: units of each direction.
        layers: number of layers.
        cell: ``lstm`` or ``gru``.
        bidirectional: read the columns in both directions.
        dropout: after each layer but the last, in training.
        projection: a linear layer from both directions to ``hidden`` values between two layers,
            as in the code of the CRNN paper's authors.
    """

    def __init__(
        self,
        features: int,
        hidden: int,
        layers: int = 2,
        cell: str = "lstm",
        bidirectional: bool = True,
        dropout: float = 0.0,
        projection: bool = False,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise WeightsError(f"unknown cell {cell!r}: use one of {', '.join(CELLS)}")
        self.out_features = hidden * (2 if bidirectional else 1)
        self.layers = nn.ModuleList()
        self.between = nn.ModuleList()
        for index in range(layers):
            last = index == layers - 1
            self.layers.append(
                CELLS[cell](features, hidden, batch_first=True, bidirectional=bidirectional)
            )
            features = hidden if projection and not last else self.out_features
            link: list[nn.Module] = [] if last else [nn.Dropout(dropout)]
            if projection and not last:
                link.append(nn.Linear(self.out_features, hidden))
            self.between.append(nn.Sequential(*link))
        for name, parameter in self.layers.named_parameters():
            _initialise(name.rpartition(".")[2], parameter, hidden, cell)

    def forward(self, columns: Tensor) -> Tensor:
        """Args: columns: (N, T, features). Returns: (N, T, out_features)."""
        for layer, link in zip(self.layers, self.between, strict=True):
            columns = link(layer(columns)[0])
        return columns


def _initialise(name: str, parameter: nn.Parameter, hidden: int, cell: str) -> None:
    if name.startswith("weight_hh"):
        for gate in parameter.data.split(hidden):
            nn.init.orthogonal_(gate)
    elif name.startswith("weight_ih"):
        nn.init.xavier_uniform_(parameter)
    else:
        nn.init.zeros_(parameter)
        if cell == "lstm" and name.startswith("bias_ih"):
            parameter.data[hidden : 2 * hidden] = 1.0  # remember at first

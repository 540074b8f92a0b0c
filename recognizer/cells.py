# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers over the columns of a text line."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ocr_pipeline.core.errors import WeightsError
from recognizer.cell_layers import HighwayLstmStack, NestedLstmLayer, RecurrentHighwayLayer
from recognizer.layers import CELLS

_TORCH = {"lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """Stacked recurrent layers: (N, T, features) to (N, T, ``out_features``).

    Args:
        features: values a column.
        hidden: units of each direction.
        layers: number of layers.
        cell: ``lstm``, ``gru``, ``rhn`` (recurrent highway network), ``hlstm`` (highway LSTM) or
            ``nlstm`` (nested LSTM).
        bidirectional: read the columns in both directions.
        dropout: after each layer but the last, in training.
        projection: a linear layer from both directions to ``hidden`` values between two layers,
            as in the code of the CRNN paper's authors. A highway LSTM has none: its directions
            meet above the last layer only.
        depth: micro-layers in a step of a recurrent highway network; the others have no such
            thing.
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
        depth: int = 4,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise WeightsError(f"unknown cell {cell!r}: use one of {', '.join(CELLS)}")
        if min(hidden, layers, depth) < 1:
            raise WeightsError(f"hidden {hidden}, layers {layers}, depth {depth}: must be above 0")
        if projection and cell == "hlstm":
            raise WeightsError("a highway LSTM has no projection between its layers")
        self.out_features = hidden * (2 if bidirectional else 1)
        self.layers = nn.ModuleList()
        self.between = nn.ModuleList()
        if cell == "hlstm":
            self.layers.append(HighwayLstmStack(features, hidden, layers, bidirectional, dropout))
            self.between.append(nn.Sequential())
            return
        for index in range(layers):
            last = index == layers - 1
            self.layers.append(_layer(cell, features, hidden, bidirectional, depth))
            features = hidden if projection and not last else self.out_features
            link: list[nn.Module] = [] if last else [nn.Dropout(dropout)]
            if projection and not last:
                link.append(nn.Linear(self.out_features, hidden))
            self.between.append(nn.Sequential(*link))
        if cell in _TORCH:
            for name, parameter in self.layers.named_parameters():
                _initialise(name.rpartition(".")[2], parameter, hidden, cell)

    def forward(self, columns: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Runs all layers.

        Args:
            columns: (N, T, features).
            lengths: (N) valid steps of each line, from 1 to T; without them all are valid.

        Returns:
            (N, T, out_features). With lengths, no valid step depends on what lies beyond its
            line's length, and the steps there are zero.
        """
        for layer, link in zip(self.layers, self.between, strict=True):
            if isinstance(layer, nn.RNNBase):
                columns = link(_run(layer, columns, lengths))
            else:
                columns = link(layer(columns, lengths))
        return columns


def _layer(cell: str, features: int, hidden: int, bidirectional: bool, depth: int) -> nn.Module:
    if cell == "rhn":
        return RecurrentHighwayLayer(features, hidden, depth, bidirectional)
    if cell == "nlstm":
        return NestedLstmLayer(features, hidden, bidirectional)
    return _TORCH[cell](features, hidden, batch_first=True, bidirectional=bidirectional)


def _run(layer: nn.RNNBase, columns: Tensor, lengths: Tensor | None) -> Tensor:
    """A layer of torch; with lengths it is slower, as torch has no fast way for them on a CPU."""
    if lengths is None:
        result: Tensor = layer(columns)[0]
        return result
    packed = pack_padded_sequence(columns, lengths.cpu(), batch_first=True, enforce_sorted=False)
    result, _ = pad_packed_sequence(layer(packed)[0], True, total_length=columns.shape[1])
    return result


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

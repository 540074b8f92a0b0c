# SPDX-License-Identifier: Apache-2.0
"""Layers of the recurrent cells that torch lacks: (N, T, features) in, (N, T, out) out.

Both directions run together: the backward one is the forward one on lines turned round, and its
outputs are turned back. A line is turned round within its own length, so what pads it comes last
in both directions and cannot reach what is valid.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognizer.cell_functions import highway_lstm, nested_lstm, recurrent_highway


class _Layer(nn.Module):
    """What the layers share: weights by direction, and turning lines round."""

    def __init__(self, hidden: int, bidirectional: bool) -> None:
        super().__init__()
        self.hidden = hidden
        self.directions = 2 if bidirectional else 1

    def _matrix(self, rows: int, gates: int) -> nn.Parameter:
        """A product's weights for all directions: (D, rows, gates * hidden)."""
        weight = torch.empty(self.directions, rows, gates * self.hidden)
        for direction in weight:
            nn.init.xavier_uniform_(direction)
        return nn.Parameter(weight)

    def _square(self, gates: int) -> Tensor:
        """A state's weights, orthogonal for each gate: (D, hidden, gates * hidden)."""
        weight = torch.empty(self.directions, self.hidden, gates * self.hidden)
        for direction in weight:
            for gate in direction.split(self.hidden, dim=1):
                nn.init.orthogonal_(gate)
        return weight

    def _bias(self, gates: int, gate: int, value: float) -> Tensor:
        """Biases (D * gates * hidden), zero but for one gate's. Flat, as no decay is for them."""
        bias = torch.zeros(self.directions, gates, self.hidden)
        bias[:, gate] = value
        return bias.flatten()

    def _by_direction(self, bias: Tensor) -> Tensor:
        """(D * size) to (D, 1, size)."""
        return bias.view(self.directions, 1, -1)

    def _enter(self, columns: Tensor, lengths: Tensor | None) -> Tensor:
        """(N, T, F) to (D, T, N, F), the second direction turned round."""
        sides = [columns]
        if self.directions == 2:
            sides.append(turn_round(columns, lengths))
        return torch.stack([side.transpose(0, 1) for side in sides])

    def _gates(self, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """(D, T, N, F) to the inputs' share of the gates, at least float32."""
        product = torch.baddbmm(self._by_direction(bias), inputs.flatten(1, 2), weight)
        gates = product.unflatten(1, inputs.shape[1:3])
        return gates if gates.dtype == torch.float64 else gates.float()

    def _leave(self, outputs: Tensor, lengths: Tensor | None, like: Tensor) -> Tensor:
        """(D, T, N, H) to (N, T, D * H), zero beyond the lines' lengths."""
        sides = [side.transpose(0, 1) for side in outputs.unbind(0)]
        if self.directions == 2:
            sides[1] = turn_round(sides[1], lengths)
        columns = torch.cat(sides, -1)
        if lengths is not None:
            steps = torch.arange(columns.shape[1], device=columns.device)
            valid = steps < lengths.to(columns.device)[:, None]
            columns = columns * valid.unsqueeze(-1)
        return columns.to(like.dtype)


def turn_round(columns: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Lines (N, T, F) read from their ends; steps beyond a line's length stay where they are."""
    if lengths is None:
        return columns.flip(1)
    steps = torch.arange(columns.shape[1], device=columns.device).expand(columns.shape[:2])
    ends = lengths.to(columns.device)[:, None]
    places = torch.where(steps < ends, ends - 1 - steps, steps)
    return columns.gather(1, places.unsqueeze(-1).expand_as(columns))


class RecurrentHighwayLayer(_Layer):
    """A recurrent highway network (arXiv 1607.03474) with the carry gate 1 - t.

    Args:
        features: values a column.
        hidden: units of each direction.
        depth: micro-layers of a step.
        bidirectional: read the columns in both directions.
    """

    def __init__(self, features: int, hidden: int, depth: int, bidirectional: bool) -> None:
        super().__init__(hidden, bidirectional)
        self.depth = depth
        self.weight_ih = self._matrix(features, 2)
        # One after the other: (depth * D, hidden, 2 * hidden) and (depth * D * 2 * hidden).
        self.weight_hh = nn.Parameter(torch.cat([self._square(2) for _ in range(depth)]))
        # A negative transform bias: at first a step mostly keeps the state.
        self.bias = nn.Parameter(torch.cat([self._bias(2, 1, -2.0) for _ in range(depth)]))

    def forward(self, columns: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Args: columns: (N, T, features), lengths: (N). Returns: (N, T, out)."""
        weight = self.weight_hh.unflatten(0, (self.depth, self.directions))
        bias = self.bias.view(self.depth, self.directions, 1, -1)
        inputs = self._enter(columns, lengths)
        gates = self._gates(inputs, self.weight_ih, bias[0].flatten())
        return self._leave(recurrent_highway(gates, weight, bias), lengths, columns)


class NestedLstmLayer(_Layer):
    """A nested LSTM (arXiv 1801.10308): an LSTM whose cell is the output of an inner LSTM.

    Args:
        features: values a column.
        hidden: units of each direction.
        bidirectional: read the columns in both directions.
    """

    def __init__(self, features: int, hidden: int, bidirectional: bool) -> None:
        super().__init__(hidden, bidirectional)
        self.weight_ih = self._matrix(features, 4)
        self.weight_hh = nn.Parameter(self._square(4))
        self.bias = nn.Parameter(self._bias(4, 1, 1.0))  # remember at first
        # Rows of the inner LSTM's input, then of its state.
        self.inner_weight = nn.Parameter(torch.cat([self._square(4), self._square(4)], dim=1))
        self.inner_bias = nn.Parameter(self._bias(4, 1, 1.0))

    def forward(self, columns: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Args: columns: (N, T, features), lengths: (N). Returns: (N, T, out)."""
        gates = self._gates(self._enter(columns, lengths), self.weight_ih, self.bias)
        bias = self._by_direction(self.inner_bias)
        outputs = nested_lstm(gates, self.weight_hh, self.inner_weight, bias)
        return self._leave(outputs, lengths, columns)


class HighwayLstmStack(_Layer):
    """A stack of LSTMs with depth gates from cell to cell (highway LSTM, arXiv 1510.08983).

    Each direction has a whole stack of its own; they meet at its top. A cell is handed up at its
    own step, and the backward direction's steps are those of the line turned round, so layers
    that saw both directions would not know which of two cells to take.

    Args:
        features: values a column.
        hidden: units of each direction of each layer.
        layers: number of layers.
        bidirectional: read the columns in both directions.
        dropout: on what a layer hands to the next, not on its cells; in training.
    """

    def __init__(
        self, features: int, hidden: int, layers: int, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__(hidden, bidirectional)
        self.dropout = dropout
        self.weight_ih, self.weight_hh = nn.ParameterList(), nn.ParameterList()
        self.bias, self.peephole = nn.ParameterList(), nn.ParameterList()
        for index in range(layers):
            gates = 4 if index == 0 else 5
            self.weight_ih.append(self._matrix(features if index == 0 else hidden, gates))
            self.weight_hh.append(nn.Parameter(self._square(4)))
            self.bias.append(nn.Parameter(self._bias(gates, 1, 1.0)))  # remember at first
            if index > 0:  # from the gate's own cell, and from the cell below
                self.peephole.append(nn.Parameter(torch.zeros(2 * self.directions * hidden)))

    def forward(self, columns: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Args: columns: (N, T, features), lengths: (N). Returns: (N, T, out)."""
        outputs = self._enter(columns, lengths)
        cells = columns.new_empty(0)
        for index, weight in enumerate(self.weight_hh):
            gates = self._gates(outputs, self.weight_ih[index], self.bias[index])
            peephole = gates.new_empty(0)
            if index > 0:
                peephole = self.peephole[index - 1].view(2, self.directions, 1, self.hidden)
            outputs, cells = highway_lstm(gates, weight, peephole, cells.to(gates.dtype))
            if index < len(self.weight_hh) - 1:
                outputs = functional.dropout(outputs, self.dropout, self.training)
        return self._leave(outputs, lengths, columns)

# SPDX-License-Identifier: Apache-2.0
"""CRNN as an ONNX graph; ``recognizer.crnn`` says the same in torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocr_pipeline.core.backends.graph import Graph, State, register_graph
from ocr_pipeline.core.errors import BackendError
from recognizer.layers import POOLS, channels, normed_layers

_CELLS = {"lstm": "LSTM", "gru": "GRU"}


@register_graph("crnn")
def crnn_graph(
    state: State,
    header: Mapping[str, Any],
    *,
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
) -> bytes:
    """The model: ``lines`` (N, 1, height, W) float32 to ``logits`` (N, W // 4, classes).

    Args:
        state: weights.
        header: goes into the file.
        classes and the rest: as of :class:`recognizer.crnn.CRNN`.

    Raises:
        BackendError: for a cell that ONNX does not have.
        WeightsError: if the tensors do not fit.
    """
    if rnn not in _CELLS:
        raise BackendError(f"cell {rnn!r} cannot be exported; use --backend torch")
    graph = Graph("crnn", state)
    lines = graph.input("lines", "float32", ("N", 1, height, "W"))
    columns = _columns(graph, lines, width, norm, last)
    for index in range(layers):
        prefix = f"recurrent.layers.{index}"
        columns = graph.recurrent(columns, prefix, _CELLS[rnn], hidden, bidirectional)
        if projection and index < layers - 1:
            columns = graph.linear(columns, {f"recurrent.between.{index}.1": hidden})
    logits = graph.add("Transpose", graph.linear(columns, {"classifier": classes}), perm=[1, 0, 2])
    graph.output(logits, "logits", ("N", "T", classes))
    return graph.model(header)


def _columns(graph: Graph, x: str, width: float, norm: str, last: int) -> str:
    """The convolutions: (N, 1, height, W) to (T, N, channels)."""
    normed = normed_layers(norm)
    index = 0
    for layer, (pool, count) in enumerate(zip(POOLS, channels(width), strict=True)):
        final = layer == len(POOLS) - 1
        pads = (0, 0, 0, last - 1) if final else (1, 1, 1, 1)
        index += final and last > 1  # torch pads by a layer of its own
        after = f"features.{index + 1}" if layer in normed else None
        x = graph.add("Relu", graph.conv(x, f"features.{index}", count, after, pads))
        index += 2 + (layer in normed)
        if pool:
            x = graph.pool(x, *pool)
            index += 1
    x = graph.add("Squeeze", x, graph.ints(2))
    return str(graph.add("Transpose", x, perm=[2, 0, 1]))

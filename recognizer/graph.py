# SPDX-License-Identifier: Apache-2.0
"""The nets as ONNX graphs; ``recognizer.crnn`` and ``.densenet`` say the same in torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocr_pipeline.core.backends.graph import Graph, State, register_graph
from ocr_pipeline.core.errors import NoGraphError
from recognizer.layers import (
    DENSE_LAYERS,
    DENSE_STEM,
    DENSE_TRANSITION,
    POOLS,
    channels,
    normed_layers,
)

_EPS = 1.1e-5  # of the DenseNet's batch normalisation
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
    rows: int = 1,
    pool: str = "conv",
    depth: int = 4,
    planes: int = 1,
) -> bytes:
    """The model: ``lines`` (N, planes, height, W) to ``logits`` (N, rows * W // 4, classes).

    Args:
        state: weights.
        header: goes into the file.
        classes and the rest: as of :class:`recognizer.crnn.CRNN`.

    Raises:
        NoGraphError: for a cell that ONNX does not have.
        WeightsError: if the tensors do not fit.
    """
    if rnn not in _CELLS:
        raise NoGraphError(f"ONNX has no recurrent cell {rnn!r}; use --backend torch")
    graph = Graph("crnn", state)
    lines = graph.input("lines", "float32", ("N", planes, height, "W"))
    tall = height // 16 // rows
    columns = _columns(graph, lines, width, norm, last, tall, pool)
    for index in range(layers):
        prefix = f"recurrent.layers.{index}"
        columns = graph.recurrent(columns, prefix, _CELLS[rnn], hidden, bidirectional)
        if projection and index < layers - 1:
            columns = graph.linear(columns, {f"recurrent.between.{index}.1": hidden})
    logits = graph.add("Transpose", graph.linear(columns, {"classifier": classes}), perm=[1, 0, 2])
    graph.output(logits, "logits", ("N", "T", classes))
    return graph.model(header)


def _columns(graph: Graph, x: str, width: float, norm: str, last: int, tall: int, join: str) -> str:
    """The convolutions: (N, planes, height, W) to (T, N, channels)."""
    normed = normed_layers(norm)
    index = 0
    for layer, (pool, count) in enumerate(zip(POOLS, channels(width), strict=True)):
        final = layer == len(POOLS) - 1
        pads = (0, 0, 0, last - 1) if final else (1, 1, 1, 1)
        strides = (tall, 1) if final and join == "conv" and tall > 1 else ()
        index += final and last > 1  # torch pads by a layer of its own
        after = f"features.{index + 1}" if layer in normed else None
        x = graph.add("Relu", graph.conv(x, f"features.{index}", count, after, pads, strides))
        index += 2 + (layer in normed)
        if pool:
            x = graph.pool(x, *pool)
            index += 1
    if join == "max" and tall > 1:
        x = graph.pool(x, tall, 1)
    x = graph.add("Reshape", x, graph.ints(0, 0, -1))  # rows of columns one after the other
    return str(graph.add("Transpose", x, perm=[2, 0, 1]))


@register_graph("densenet")
def densenet_graph(
    state: State,
    header: Mapping[str, Any],
    *,
    classes: int,
    growth: int = 8,
    dropout: float = 0.2,
    height: int = 32,
    stride: int = 8,
) -> bytes:
    """The model: ``lines`` (N, 1, height, W) float32 to ``logits`` (N, W // stride, classes).

    Args:
        state: weights.
        header: goes into the file.
        classes and the rest: as of :class:`recognizer.densenet.DenseNet`.

    Raises:
        WeightsError: if the tensors do not fit.
    """
    graph = Graph("densenet", state)
    count = DENSE_STEM * growth
    x = graph.conv(
        graph.input("lines", "float32", ("N", 1, height, "W")),
        "stem",
        count,
        pads=(2, 2, 2, 2),
        strides=(2, 2),
    )
    stage = 0
    for block in range(3):
        reach = 8 // stride if block == 2 else 1
        for layer in range(DENSE_LAYERS):
            prefix = f"stages.{stage}.layers.{layer}"
            new = graph.add("Relu", graph.norm(x, f"{prefix}.0", count, _EPS))
            pads = (1, reach, 1, reach)
            new = graph.conv(new, f"{prefix}.2", growth, pads=pads, dilations=(1, reach))
            x = graph.add("Concat", x, new, axis=1)
            count += growth
        x = graph.add("Relu", graph.norm(x, f"stages.{stage + 1}", count, _EPS))
        if block < 2:
            count = DENSE_TRANSITION * growth
            x = graph.conv(x, f"stages.{stage + 3}", count)
            x = graph.mean_pool(x, 1 if block and stride == 4 else 2)
        stage += 6
    x = graph.add("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.add("Reshape", x, graph.ints(0, 0, count * (height // 8)))
    graph.output(graph.linear(x, {"classifier": classes}), "logits", ("N", "T", classes))
    return graph.model(header)

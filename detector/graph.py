# SPDX-License-Identifier: Apache-2.0
"""CTPN as an ONNX graph; ``detector.ctpn`` says the same in torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detector.anchors import DEFAULT_HEIGHTS
from detector.layers import LAYERS, scaled
from detector.preprocess import MEAN, STD
from ocr_pipeline.core.backends.graph import Graph, State, register_graph


@register_graph("ctpn_vgg16")
def ctpn_graph(
    state: State,
    header: Mapping[str, Any],
    *,
    width: float = 1.0,
    batch_norm: bool = True,
    rnn_hidden: int = 128,
    fc: int | None = None,
    anchor_heights: Sequence[float] = DEFAULT_HEIGHTS,
) -> bytes:
    """The model: ``image`` (N, H, W, 3) uint8 RGB to ``score``, ``vertical`` and ``side``.

    Args:
        state: weights.
        header: goes into the file.
        width, batch_norm, rnn_hidden, fc, anchor_heights: as of :class:`detector.ctpn.Ctpn`.
    """
    graph = Graph("ctpn_vgg16", state)
    image = graph.input("image", "uint8", ("N", "H", "W", 3))
    maps = _trunk(graph, _normalise(graph, image), width, batch_norm)
    # Rows are sequences: (N, C, h, w) to (w, N, h, C) to (w, N·h, C).
    columns = graph.add("Transpose", maps, perm=[3, 0, 2, 1])
    sizes = graph.shape(columns, 0, 1, 2)
    rows = graph.add("Reshape", columns, graph.ints(0, -1, scaled(512, width)))
    context = graph.recurrent(rows, "rnn", "LSTM", rnn_hidden)
    shared = graph.add("Relu", graph.linear(context, {"fc.0": fc or scaled(512, width)}))
    k = len(anchor_heights)
    heads = graph.linear(shared, {"score": 2 * k, "vertical": 2 * k, "side": k})
    back = graph.add("Concat", *sizes, graph.ints(5 * k), axis=0)
    heads = graph.add("Transpose", graph.add("Reshape", heads, back), perm=[1, 2, 0, 3])
    parts = graph.ints(2 * k, 2 * k, k)
    score, vertical, side = graph.add("Split", heads, parts, outputs=3, axis=3)
    pairs = graph.ints(0, 0, 0, k, 2)
    graph.output(graph.add("Reshape", score, pairs), "score", ("N", "h", "w", k, 2))
    graph.output(graph.add("Reshape", vertical, pairs), "vertical", ("N", "h", "w", k, 2))
    graph.output(side, "side", ("N", "h", "w", k))
    return graph.model(header)


def _normalise(graph: Graph, image: str) -> str:
    """Pixels to the net's input, as ``detector.preprocess.normalise``."""
    x = graph.add("Cast", graph.add("Transpose", image, perm=[0, 3, 1, 2]), to=1)
    deviation = np.asarray(STD).reshape(1, 3, 1, 1) * 255
    x = graph.add("Sub", x, graph.constant(np.asarray(MEAN).reshape(1, 3, 1, 1) * 255))
    return str(graph.add("Mul", x, graph.constant(1 / deviation)))


def _trunk(graph: Graph, x: str, width: float, batch_norm: bool) -> str:
    """VGG16 and the 3×3 window; the layers' numbers are those of ``vgg16_features``."""
    index = 0
    for entry in LAYERS:
        if entry is None:
            x = graph.pool(x, 2, 2)
            index += 1
            continue
        norm = f"features.{index + 1}" if batch_norm else None
        conv = graph.conv(x, f"features.{index}", scaled(entry, width), norm, (1, 1, 1, 1))
        x = graph.add("Relu", conv)
        index += 3 if batch_norm else 2
    norm = "window.1" if batch_norm else None
    window = graph.conv(x, "window.0", scaled(512, width), norm, (1, 1, 1, 1))
    return str(graph.add("Relu", window))

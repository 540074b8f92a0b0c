# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs built by hand from a net's weights: no torch is needed to make them.

The nets are chains of a dozen kinds of layer, so writing their graphs down takes no more lines
than steering an exporter, and gives graphs without leftovers. Needs the ``onnx`` package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ocr_pipeline.core.errors import NoGraphError, WeightsError

Array = npt.NDArray[Any]
State = Mapping[str, Array]
Dim = int | str

OPSET = 17
# Raised when a graph changes: files made by an earlier version are then not used any more.
GRAPH_VERSION = 1
IR_VERSION = 8
HEADER_KEY = "ocr_header"
# ONNX orders the gates of a cell otherwise than torch: input, output, forget, cell and
# update, reset, new.
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}

_BUILDERS: dict[str, Callable[..., bytes]] = {}
_T = TypeVar("_T", bound=Callable[..., bytes])


def register_graph(architecture: str) -> Callable[[_T], _T]:
    """Decorator: the function builds the graph of an architecture of ``core.registry``."""

    def decorate(builder: _T) -> _T:
        _BUILDERS[architecture] = builder
        return builder

    return decorate


def build_graph(header: Mapping[str, Any], state: State) -> bytes:
    """The ONNX model of a net, its header in the metadata.

    Args:
        header: of a weights file.
        state: its tensors as float arrays.

    Raises:
        NoGraphError: if the architecture has no graph.
        WeightsError: if the weights do not fit it.
    """
    name = header["architecture"]
    if name not in _BUILDERS:
        raise NoGraphError(f"architecture {name!r} has no ONNX form; use --backend torch")
    try:
        return _BUILDERS[name](state, header, **header["config"])
    except TypeError as error:
        raise WeightsError(f"architecture {name!r} does not take this config: {error}") from error


class Graph:
    """A graph in the making. Methods add nodes and return the names of their results.

    Args:
        name: the graph's.
        state: weights by name, float arrays.
    """

    def __init__(self, name: str, state: State) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self.name = name
        self.state = state
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._used: set[str] = set()

    def input(self, name: str, dtype: str, shape: Sequence[Dim]) -> str:
        """An input of the net; dimensions given by a name are free."""
        self._inputs.append(self._value(name, dtype, shape))
        return name

    def output(self, value: str, name: str, shape: Sequence[Dim]) -> None:
        """Makes a float32 value an output of the net under a name of its own."""
        self._nodes.append(self._helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(self._value(name, "float32", shape))

    def _value(self, name: str, dtype: str, shape: Sequence[Dim]) -> Any:
        kind = self._helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self._helper.make_tensor_value_info(name, kind, list(shape))

    def constant(self, value: npt.ArrayLike, dtype: str = "float32", name: str = "") -> str:
        """A constant tensor."""
        name = name or f"constant_{len(self._constants)}"
        array = np.ascontiguousarray(np.asarray(value, dtype))
        self._constants[name] = self._numpy.from_array(array, name)
        return name

    def ints(self, *values: int) -> str:
        """A constant vector of int64: shapes, axes."""
        return self.constant(values, "int64")

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Any operator of the standard; the name of its result, or the list of several."""
        label = f"{op}_{len(self._nodes)}"
        names = [label] if outputs == 1 else [f"{label}_{i}" for i in range(outputs)]
        self._nodes.append(
            self._helper.make_node(op, list(inputs), names, name=label, **attributes)
        )
        return names[0] if outputs == 1 else names

    # --- layers of torch --------------------------------------------------------------------

    def weight(self, name: str, rows: int | None = None) -> Array:
        """A tensor of the weights.

        Args:
            name: as in the torch net.
            rows: the size of its first axis by the net's config.

        Raises:
            WeightsError: if there is none of that name and size.
        """
        array = self.state.get(name)
        if array is None or (rows is not None and array.shape[0] != rows):
            seen = "is missing" if array is None else f"is {array.shape[0]} high, not {rows}"
            raise WeightsError(f"the tensors do not fit their config: {name!r} {seen}")
        self._used.add(name)
        return np.asarray(array)

    def conv(
        self,
        x: str,
        prefix: str,
        channels: int,
        norm: str | None = None,
        pads: Sequence[int] = (),
        strides: Sequence[int] = (),
        dilations: Sequence[int] = (),
    ) -> str:
        """A 2-D convolution, the batch normalisation after it folded in.

        Args:
            x: (N, C, H, W).
            prefix: name of the convolution's weights.
            channels: of its result.
            norm: name of the normalisation's; None where there is none.
            pads: zeros added at top, left, bottom, right.
            strides: down and right; 1 when empty.
            dilations: distance of the kernel's rows and of its columns; 1 when empty.
        """
        weight = self.weight(f"{prefix}.weight", channels).astype(np.float64)
        bias = np.zeros(channels)
        if f"{prefix}.bias" in self.state:
            bias += self.weight(f"{prefix}.bias")
        if norm is not None:
            deviation = np.sqrt(self.weight(f"{norm}.running_var").astype(np.float64) + 1e-5)
            scale = self.weight(f"{norm}.weight") / deviation
            weight = weight * scale[:, None, None, None]
            bias = (bias - self.weight(f"{norm}.running_mean")) * scale
            bias = bias + self.weight(f"{norm}.bias")
        constants = (
            self.constant(weight, name=f"{prefix}.weight"),
            self.constant(bias, name=f"{prefix}.bias"),
        )
        kernel = list(weight.shape[2:])
        more: dict[str, Any] = {"strides": list(strides)} if strides else {}
        if any(step > 1 for step in dilations):
            more["dilations"] = list(dilations)
        sizes: dict[str, Any] = {"kernel_shape": kernel, "pads": list(pads or [0] * 4)}
        return str(self.add("Conv", x, *constants, **sizes, **more))

    def norm(self, x: str, prefix: str, channels: int, epsilon: float = 1e-5) -> str:
        """A batch normalisation that follows no convolution: a factor and a term a channel."""
        deviation = np.sqrt(self.weight(f"{prefix}.running_var").astype(np.float64) + epsilon)
        scale = self.weight(f"{prefix}.weight", channels) / deviation
        shift = self.weight(f"{prefix}.bias") - self.weight(f"{prefix}.running_mean") * scale
        factor = self.constant(scale[:, None, None], name=f"{prefix}.scale")
        term = self.constant(shift[:, None, None], name=f"{prefix}.shift")
        return str(self.add("Add", self.add("Mul", x, factor), term))

    def pool(self, x: str, height: int, width: int) -> str:
        """Maximum over blocks."""
        size = [height, width]
        return str(self.add("MaxPool", x, kernel_shape=size, strides=size))

    def mean_pool(self, x: str, across: int) -> str:
        """Mean over squares of two, every second row and every ``across``-th column."""
        more: dict[str, Any] = {}
        if across == 1:  # a column of zeros at the right keeps their number
            more = {"pads": [0, 0, 0, 1], "count_include_pad": 1}
        more |= {"kernel_shape": [2, 2], "strides": [2, across]}
        return str(self.add("AveragePool", x, **more))

    def linear(self, x: str, layers: Mapping[str, int]) -> str:
        """Linear layers over the last axis, their results side by side.

        Args:
            x: (..., features).
            layers: size of each layer's result by the name of its weights.
        """
        weight = np.concatenate([self.weight(f"{p}.weight", n) for p, n in layers.items()])
        bias = np.concatenate([self.weight(f"{p}.bias", n) for p, n in layers.items()])
        name = next(iter(layers))
        product = self.add("MatMul", x, self.constant(weight.T, name=f"{name}.weight"))
        return str(self.add("Add", product, self.constant(bias, name=f"{name}.bias")))

    def recurrent(
        self, x: str, prefix: str, cell: str, hidden: int, bidirectional: bool = True
    ) -> str:
        """One layer of ``LSTM`` or ``GRU``.

        Args:
            x: (T, N, features).
            prefix: name of the layer's weights.
            cell: ``LSTM`` or ``GRU``.
            hidden: units of each direction.
            bidirectional: in both directions.

        Returns:
            (T, N, hidden units of all directions).
        """
        suffixes = ("", "_reverse") if bidirectional else ("",)
        names = [f"{prefix}.{kind}_l0" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        sides = [[self._gates(n + suffix, cell, hidden) for n in names] for suffix in suffixes]
        w, r = (np.stack([side[i] for side in sides]) for i in (0, 1))
        b = np.stack([np.concatenate(side[2:]) for side in sides])
        constants = [
            self.constant(array, name=f"{prefix}.{kind}")
            for kind, array in {"w": w, "r": r, "b": b}.items()
        ]
        extra: dict[str, Any] = {"linear_before_reset": 1} if cell == "GRU" else {}
        direction = "bidirectional" if bidirectional else "forward"
        steps, *_ = self._multiple(
            cell, x, *constants, hidden_size=hidden, direction=direction, **extra
        )
        steps = self.add("Transpose", steps, perm=[0, 2, 1, 3])  # from (T, directions, N, hidden)
        return str(self.add("Reshape", steps, self.ints(0, 0, len(suffixes) * hidden)))

    def _multiple(self, cell: str, *inputs: str, **attributes: Any) -> list[str]:
        count = 3 if cell == "LSTM" else 2
        return list(self.add(cell, *inputs, outputs=count, **attributes))

    def _gates(self, name: str, cell: str, hidden: int) -> Array:
        """A cell's weights with its gates in ONNX's order."""
        gates = len(_GATES[cell])
        parts = np.split(self.weight(name, gates * hidden), gates)
        return np.concatenate([parts[i] for i in _GATES[cell]])

    def shape(self, x: str, *axes: int) -> list[str]:
        """Sizes of axes, each a vector of one number."""
        whole = self.add("Shape", x)
        return [str(self.add("Gather", whole, self.ints(axis))) for axis in axes]

    def model(self, header: Mapping[str, Any]) -> bytes:
        """The finished model; the header goes into its metadata.

        Raises:
            WeightsError: if there are weights that no layer has used.
        """
        left = {name for name in self.state if not name.endswith("num_batches_tracked")}
        if left := left - self._used:
            raise WeightsError(f"the tensors do not fit their config: {min(left)!r} is not used")
        helper = self._helper
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._constants.values())
        )
        model = helper.make_model(
            graph,
            producer_name="ocr-pipeline",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        text = json.dumps(dict(header), ensure_ascii=False, sort_keys=True)
        helper.set_model_props(model, {HEADER_KEY: text})
        return bytes(model.SerializeToString())

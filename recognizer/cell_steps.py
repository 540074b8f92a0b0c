# SPDX-License-Identifier: Apache-2.0
"""Time loops of the recurrent cells that torch lacks, forwards and backwards.

Everything that does not depend on the step before is left to large matrix products outside: the
inputs' share of the gates comes in finished, and the weights' gradients are computed from what
the loops return. What remains in a loop is one matrix product a step, for both directions at
once, and a few operations on whole gates; autograd records none of it.

Shapes: D directions, T steps, N lines, H units. States and gates are float32 (or float64), the
weights of the type in which they are to be multiplied.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

_F = TypeVar("_F", bound=Callable[..., object])


def _scripted(function: _F) -> _F:
    """The function without Python between its operations, where torch can still script."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions of torch advise against scripting
        try:
            scripted: _F = torch.jit.script(function)
        except (RuntimeError, NotImplementedError):
            return function  # slower for single lines, the same for batches
    return scripted


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """(D, N, A) times (D, A, B), in the weight's type."""
    return torch.bmm(x.to(weight.dtype), weight)


@_scripted
def rhn_forward(
    inputs: Tensor, weight: Tensor, bias: Tensor, keep: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Recurrent highway network, arXiv 1607.03474, carry 1 - t.

    Args:
        inputs: (D, T, N, 2H) share of the input in the first micro-layer's candidate and
            transform gate, its bias included.
        weight: (L, D, H, 2H) of the L micro-layers.
        bias: (L, D, 1, 2H); the first is not used.
        keep: keep what the backward loop needs.

    Returns:
        Outputs (D, T, N, H); gates (L, D, T, N, 2H) and states (L, D, T, N, H) after each
        micro-layer (of the last step alone if they are not kept).
    """
    directions, steps, lines, double = inputs.shape
    hidden = double // 2
    depth = weight.shape[0]
    kept = steps if keep else 1
    gates = inputs.new_empty([depth, directions, kept, lines, double])
    states = inputs.new_empty([depth, directions, kept, lines, hidden])
    outputs = inputs.new_empty([directions, steps, lines, hidden])
    state = inputs.new_zeros([directions, lines, hidden])
    for t in range(steps):
        place = t if keep else 0
        for level in range(depth):
            gate = gates[level, :, place]
            base = inputs[:, t] if level == 0 else bias[level]
            torch.add(base, _product(state, weight[level]), out=gate)
            candidate = gate[..., :hidden].tanh_()
            transform = gate[..., hidden:].sigmoid_()
            after = states[level, :, place]
            torch.lerp(state, candidate, transform, out=after)
            state = after
        outputs[:, t] = state
        if not keep:
            state = state.clone()  # its place is written to in the next step
    return outputs, gates, states


@_scripted
def rhn_backward(grad: Tensor, weight: Tensor, gates: Tensor, states: Tensor) -> Tensor:
    """Gradients of all gates before their activations, (L, D, T, N, 2H).

    Args:
        grad: of the outputs.
        weight: (L, D, 2H, H), transposed.
        gates, states: as :func:`rhn_forward` returns them.
    """
    depth, directions, steps, lines, double = gates.shape
    hidden = double // 2
    grads = torch.empty_like(gates)
    first = grad.new_zeros([directions, lines, hidden])
    carried = first
    for back in range(steps):
        t = steps - 1 - back
        carried = carried + grad[:, t]
        for down in range(depth):
            level = depth - 1 - down
            if level > 0:
                before = states[level - 1, :, t]
            elif t > 0:
                before = states[depth - 1, :, t - 1]
            else:
                before = first
            candidate = gates[level, :, t, :, :hidden]
            transform = gates[level, :, t, :, hidden:]
            into = grads[level, :, t]
            passed = carried * transform
            into[..., :hidden] = torch.ops.aten.tanh_backward(passed, candidate)
            into[..., hidden:] = torch.ops.aten.sigmoid_backward(
                carried * (candidate - before), transform
            )
            carried = carried - passed + _product(into, weight[level])
    return grads


@_scripted
def highway_forward(
    inputs: Tensor, weight: Tensor, peephole: Tensor, lower: Tensor, keep: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """One layer of a highway LSTM, arXiv 1510.08983.

    Args:
        inputs: (D, T, N, 4H) share of the input in the input, forget and output gates and the
            candidate; (D, T, N, 5H) with a depth gate.
        weight: (D, H, 4H).
        peephole: (D, 1, H) from a cell to its depth gate; of no elements without one.
        lower: (D, T, N, H) cells of the layer below; of no elements without a depth gate.
        keep: keep what the backward loop needs.

    Returns:
        Outputs and cells (D, T, N, H), gates as the inputs (of the last step alone if they are
        not kept).
    """
    directions, steps, lines, width = inputs.shape
    hidden = weight.shape[1]
    deep = width > 4 * hidden
    gates = inputs.new_empty([directions, steps if keep else 1, lines, width])
    outputs = inputs.new_empty([directions, steps, lines, hidden])
    cells = inputs.new_empty([directions, steps, lines, hidden])
    output = inputs.new_zeros([directions, lines, hidden])
    cell = output
    for t in range(steps):
        gate = gates[:, t if keep else 0]
        own = gate[..., : 4 * hidden]
        torch.add(inputs[:, t, :, : 4 * hidden], _product(output, weight), out=own)
        own[..., : 3 * hidden].sigmoid_()
        own[..., 3 * hidden :].tanh_()
        after = cells[:, t]
        torch.mul(gate[..., :hidden], gate[..., 3 * hidden : 4 * hidden], out=after)
        after.addcmul_(gate[..., hidden : 2 * hidden], cell)
        if deep:
            door = gate[..., 4 * hidden :]
            torch.addcmul(inputs[:, t, :, 4 * hidden :], peephole, cell, out=door)
            after.addcmul_(door.sigmoid_(), lower[:, t])
        cell = after
        output = outputs[:, t]
        torch.mul(gate[..., 2 * hidden : 3 * hidden], torch.tanh(cell), out=output)
    return outputs, cells, gates


@_scripted
def highway_backward(
    grad: Tensor,
    grad_cells: Tensor,
    weight: Tensor,
    peephole: Tensor,
    lower: Tensor,
    cells: Tensor,
    gates: Tensor,
) -> tuple[Tensor, Tensor]:
    """Gradients of the gates before their activations, and of the cells.

    Args:
        grad, grad_cells: of the outputs and of the cells.
        weight: (D, 4H, H), transposed.
        peephole, lower, cells, gates: of :func:`highway_forward`.

    Returns:
        As the gates, and (D, T, N, H).
    """
    directions, steps, lines, width = gates.shape
    hidden = cells.shape[3]
    deep = width > 4 * hidden
    grads = torch.empty_like(gates)
    all_cells = torch.empty_like(cells)
    first = grad.new_zeros([directions, lines, hidden])
    carried = first
    carried_cell = first
    for back in range(steps):
        t = steps - 1 - back
        gate = gates[:, t]
        before = cells[:, t - 1] if t > 0 else first
        into = grads[:, t]
        shown = torch.tanh(cells[:, t])
        wanted = carried + grad[:, t]
        of_cell = all_cells[:, t]
        torch.add(carried_cell, grad_cells[:, t], out=of_cell)
        of_cell.add_(
            torch.ops.aten.tanh_backward(wanted * gate[..., 2 * hidden : 3 * hidden], shown)
        )
        raw = torch.cat(
            [of_cell * gate[..., 3 * hidden : 4 * hidden], of_cell * before, wanted * shown], -1
        )
        into[..., : 3 * hidden] = torch.ops.aten.sigmoid_backward(raw, gate[..., : 3 * hidden])
        into[..., 3 * hidden : 4 * hidden] = torch.ops.aten.tanh_backward(
            of_cell * gate[..., :hidden], gate[..., 3 * hidden : 4 * hidden]
        )
        carried = _product(into[..., : 4 * hidden], weight).to(grad.dtype)
        carried_cell = of_cell * gate[..., hidden : 2 * hidden]
        if deep:
            door = torch.ops.aten.sigmoid_backward(of_cell * lower[:, t], gate[..., 4 * hidden :])
            into[..., 4 * hidden :] = door
            carried_cell.addcmul_(door, peephole)
    return grads, all_cells


@_scripted
def nested_forward(
    inputs: Tensor, weight: Tensor, inner_weight: Tensor, inner_bias: Tensor, keep: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Nested LSTM, arXiv 1801.10308, of one inner level.

    Args:
        inputs: (D, T, N, 4H) share of the input in the outer gates: input, forget, output,
            candidate.
        weight: (D, H, 4H) of the outer LSTM.
        inner_weight: (D, 2H, 4H) of the inner LSTM: rows of its input, then of its state.
        inner_bias: (D, 1, 4H).
        keep: keep what the backward loop needs.

    Returns:
        Outputs (D, T, N, H); gates, outer and inner (D, T, N, 8H); what goes into the inner LSTM
        (D, T, N, 2H); its cells and the outer cells (D, T, N, H) (of the last step alone if they
        are not kept).
    """
    directions, steps, lines, width = inputs.shape
    hidden = width // 4
    kept = steps if keep else 1
    gates = inputs.new_empty([directions, kept, lines, 2 * width])
    entries = inputs.new_empty([directions, kept, lines, 2 * hidden])
    inner_cells = inputs.new_empty([directions, kept, lines, hidden])
    cells = inputs.new_empty([directions, kept, lines, hidden])
    outputs = inputs.new_empty([directions, steps, lines, hidden])
    output = inputs.new_zeros([directions, lines, hidden])
    inner = inputs.new_zeros([directions, lines, hidden])
    cell = output
    for t in range(steps):
        place = t if keep else 0
        outer = gates[:, place, :, :width]
        torch.add(inputs[:, t], _product(output, weight), out=outer)
        outer[..., : 3 * hidden].sigmoid_()
        outer[..., 3 * hidden :].tanh_()
        entry = entries[:, place]
        torch.mul(outer[..., hidden : 2 * hidden], cell, out=entry[..., hidden:])
        torch.mul(outer[..., :hidden], outer[..., 3 * hidden :], out=entry[..., :hidden])
        within = gates[:, place, :, width:]
        torch.add(inner_bias, _product(entry, inner_weight), out=within)
        within[..., : 3 * hidden].sigmoid_()
        within[..., 3 * hidden :].tanh_()
        stored = within[..., :hidden] * within[..., 3 * hidden :]
        stored.addcmul_(within[..., hidden : 2 * hidden], inner)
        inner_cells[:, place] = stored
        inner = stored
        cell = cells[:, place]
        torch.mul(within[..., 2 * hidden : 3 * hidden], torch.tanh(inner), out=cell)
        output = outputs[:, t]
        torch.mul(outer[..., 2 * hidden : 3 * hidden], torch.tanh(cell), out=output)
    return outputs, gates, entries, inner_cells, cells


@_scripted
def nested_backward(
    grad: Tensor,
    weight: Tensor,
    inner_weight: Tensor,
    gates: Tensor,
    inner_cells: Tensor,
    cells: Tensor,
) -> Tensor:
    """Gradients of the outer and inner gates before their activations, (D, T, N, 8H).

    Args:
        grad: of the outputs.
        weight: (D, 4H, H), transposed.
        inner_weight: (D, 4H, 2H), transposed.
        gates, inner_cells, cells: of :func:`nested_forward`.
    """
    directions, steps, lines, width = gates.shape
    hidden = width // 8
    grads = torch.empty_like(gates)
    first = grad.new_zeros([directions, lines, hidden])
    carried = first
    carried_cell = first
    carried_inner = first
    for back in range(steps):
        t = steps - 1 - back
        outer = gates[:, t, :, : 4 * hidden]
        within = gates[:, t, :, 4 * hidden :]
        before = cells[:, t - 1] if t > 0 else first
        before_inner = inner_cells[:, t - 1] if t > 0 else first
        shown = torch.tanh(cells[:, t])
        shown_inner = torch.tanh(inner_cells[:, t])
        wanted = carried + grad[:, t]
        of_cell = carried_cell + torch.ops.aten.tanh_backward(
            wanted * outer[..., 2 * hidden : 3 * hidden], shown
        )
        of_inner = carried_inner + torch.ops.aten.tanh_backward(
            of_cell * within[..., 2 * hidden : 3 * hidden], shown_inner
        )
        into = grads[:, t, :, 4 * hidden :]
        raw = torch.cat(
            [
                of_inner * within[..., 3 * hidden :],
                of_inner * before_inner,
                of_cell * shown_inner,
            ],
            -1,
        )
        into[..., : 3 * hidden] = torch.ops.aten.sigmoid_backward(raw, within[..., : 3 * hidden])
        into[..., 3 * hidden :] = torch.ops.aten.tanh_backward(
            of_inner * within[..., :hidden], within[..., 3 * hidden :]
        )
        carried_inner = of_inner * within[..., hidden : 2 * hidden]
        entry = _product(into, inner_weight).to(grad.dtype)
        of_input, of_state = entry[..., :hidden], entry[..., hidden:]
        raw = torch.cat(
            [of_input * outer[..., 3 * hidden :], of_state * before, wanted * shown], -1
        )
        into = grads[:, t, :, : 4 * hidden]
        into[..., : 3 * hidden] = torch.ops.aten.sigmoid_backward(raw, outer[..., : 3 * hidden])
        into[..., 3 * hidden :] = torch.ops.aten.tanh_backward(
            of_input * outer[..., :hidden], outer[..., 3 * hidden :]
        )
        carried_cell = of_state * outer[..., hidden : 2 * hidden]
        carried = _product(into, weight).to(grad.dtype)
    return grads

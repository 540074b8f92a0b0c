# SPDX-License-Identifier: Apache-2.0
"""The time loops of :mod:`recognizer.cell_steps` as functions that autograd can differentiate.

Shapes as there. Gradients of the weights, and of whatever else does not depend on the step
before, are single products over all steps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from recognizer import cell_steps


def recurrent_highway(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Outputs (D, T, N, H) of a recurrent highway network.

    Args:
        inputs: (D, T, N, 2H).
        weight: (L, D, H, 2H).
        bias: (L, D, 1, 2H); the first is not used.
    """
    cast = weight.to(_product_type(inputs))
    if not torch.is_grad_enabled():
        return cell_steps.rhn_forward(inputs, cast, bias, False)[0]
    outputs: Tensor = _RecurrentHighway.apply(inputs, cast, bias)
    return outputs


def highway_lstm(
    inputs: Tensor, weight: Tensor, peepholes: Tensor, lower: Tensor
) -> tuple[Tensor, Tensor]:
    """Outputs and cells (D, T, N, H) of one layer of a highway LSTM.

    Args:
        inputs: (D, T, N, 4H); (D, T, N, 5H) with a depth gate.
        weight: (D, H, 4H).
        peepholes: (2, D, 1, H) of the depth gate: from its own cell, from the cell below.
        lower: (D, T, N, H) cells below. Both of no elements where there is no depth gate.
    """
    cast = weight.to(_product_type(inputs))
    own = peepholes
    if lower.numel():
        own = peepholes[0]
        hidden = lower.shape[-1]
        below = peepholes[1].unsqueeze(1) * lower
        inputs = torch.cat([inputs[..., : 4 * hidden], inputs[..., 4 * hidden :] + below], -1)
    if not torch.is_grad_enabled():
        return cell_steps.highway_forward(inputs, cast, own, lower, False)[:2]
    outputs, cells = _HighwayLstm.apply(inputs, cast, own, lower)
    return outputs, cells


def nested_lstm(inputs: Tensor, weight: Tensor, inner_weight: Tensor, inner_bias: Tensor) -> Tensor:
    """Outputs (D, T, N, H) of a nested LSTM.

    Args:
        inputs: (D, T, N, 4H).
        weight: (D, H, 4H).
        inner_weight: (D, 2H, 4H).
        inner_bias: (D, 1, 4H).
    """
    kind = _product_type(inputs)
    cast, inner = weight.to(kind), inner_weight.to(kind)
    if not torch.is_grad_enabled():
        return cell_steps.nested_forward(inputs, cast, inner, inner_bias, False)[0]
    outputs: Tensor = _NestedLstm.apply(inputs, cast, inner, inner_bias)
    return outputs


def _product_type(inputs: Tensor) -> torch.dtype:
    """Type in which to multiply: autocast's where it is on, the states' elsewhere."""
    device = inputs.device.type
    if torch.is_autocast_enabled(device) and inputs.dtype == torch.float32:
        return torch.get_autocast_dtype(device)
    return inputs.dtype


def _sum_of_products(left: Tensor, right: Tensor, like: Tensor) -> Tensor:
    """(D, T, N, A) and (D, T, N, B) to the (D, A, B) sum over steps and lines, in like's type."""
    left, right = (x.to(like.dtype).flatten(1, 2) for x in (left, right))
    return torch.bmm(left.transpose(1, 2), right)


def _gradient_of_weight(states: Tensor, grads: Tensor, like: Tensor) -> Tensor:
    """As :func:`_sum_of_products`, of the gates of each step and the states of the one before."""
    return _sum_of_products(states[:, :-1], grads[:, 1:], like)


class _RecurrentHighway(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        with torch.autocast(inputs.device.type, enabled=False):
            outputs, gates, states = cell_steps.rhn_forward(inputs, weight, bias, True)
        ctx.save_for_backward(weight, gates, states)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, gates, states = ctx.saved_tensors
        turned = weight.transpose(2, 3).contiguous()
        grads = cell_steps.rhn_backward(grad, turned, gates, states)
        of_weight = [_gradient_of_weight(states[-1], grads[0], weight)]
        of_weight += [
            _sum_of_products(below, above, weight)
            for below, above in zip(states[:-1], grads[1:], strict=True)
        ]
        of_bias = grads.sum((2, 3)).unsqueeze(2)
        of_bias[0] = 0.0  # the first micro-layer's is part of the inputs
        return grads[0], torch.stack(of_weight), of_bias


class _HighwayLstm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, peephole: Tensor, lower: Tensor
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(inputs.device.type, enabled=False):
            outputs, cells, gates = cell_steps.highway_forward(
                inputs, weight, peephole, lower, True
            )
        ctx.save_for_backward(weight, peephole, lower, outputs, cells, gates)
        return outputs, cells

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor, grad_cells: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        weight, peephole, lower, outputs, cells, gates = ctx.saved_tensors
        turned = weight.transpose(1, 2).contiguous()
        grads, of_cells = cell_steps.highway_backward(
            grad, grad_cells, turned, peephole, lower, cells, gates
        )
        width = weight.shape[2]
        of_weight = _gradient_of_weight(outputs, grads[..., :width], weight)
        if not lower.numel():
            return grads, of_weight, None, None
        door = grads[..., width:]
        of_peephole = (cells[:, :-1] * door[:, 1:]).sum((1, 2)).unsqueeze(1)
        return grads, of_weight, of_peephole, of_cells * gates[..., width:]


class _NestedLstm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, inner_weight: Tensor, inner_bias: Tensor
    ) -> Tensor:
        with torch.autocast(inputs.device.type, enabled=False):
            outputs, *kept = cell_steps.nested_forward(
                inputs, weight, inner_weight, inner_bias, True
            )
        ctx.save_for_backward(weight, inner_weight, outputs, *kept)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        weight, inner_weight, outputs, gates, entries, inner_cells, cells = ctx.saved_tensors
        grads = cell_steps.nested_backward(
            grad,
            weight.transpose(1, 2).contiguous(),
            inner_weight.transpose(1, 2).contiguous(),
            gates,
            inner_cells,
            cells,
        )
        width = weight.shape[2]
        outer, inner = grads[..., :width], grads[..., width:]
        of_weight = _gradient_of_weight(outputs, outer, weight)
        of_inner = _sum_of_products(entries, inner, inner_weight)
        return outer, of_weight, of_inner, inner.sum((1, 2)).unsqueeze(1)

# SPDX-License-Identifier: Apache-2.0
"""Each recurrent cell against its equations, taken one line, one step and one gate at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from ocr_pipeline.core.errors import WeightsError
from ocr_pipeline.core.inference import fuse
from recognizer import cell_steps
from recognizer.cell_layers import turn_round
from recognizer.cells import Recurrent
from recognizer.crnn import CRNN
from recognizer.layers import CELLS

torch.set_num_threads(1)
FEATURES, HIDDEN = 5, 4
OWN = ("rhn", "hlstm", "nlstm")
Array = npt.NDArray[np.float64]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def parts(x: Array) -> Iterator[Array]:
    """Gates of HIDDEN values each."""
    yield from np.split(x, x.shape[-1] // HIDDEN, axis=-1)


def numbers(parameter: torch.Tensor) -> Array:
    return parameter.detach().numpy()


def lstm(layer: nn.LSTM, side: int, line: Array) -> Array:
    suffix = "_reverse" if side else ""
    wi, wh, bi, bh = (
        numbers(getattr(layer, f"{name}_l0{suffix}"))
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    h, c, out = np.zeros(HIDDEN), np.zeros(HIDDEN), []
    for x in line:
        i, f, g, o = parts(wi @ x + bi + wh @ h + bh)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def gru(layer: nn.GRU, side: int, line: Array) -> Array:
    suffix = "_reverse" if side else ""
    wi, wh, bi, bh = (
        numbers(getattr(layer, f"{name}_l0{suffix}"))
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    h, out = np.zeros(HIDDEN), []
    for x in line:
        (r, z, n), (hr, hz, hn) = parts(wi @ x + bi), parts(wh @ h + bh)
        z = sigmoid(z + hz)
        h = (1 - z) * np.tanh(n + sigmoid(r + hr) * hn) + z * h
        out.append(h)
    return np.array(out)


def rhn(layer: nn.Module, side: int, line: Array) -> Array:
    sides, depth = layer.directions, layer.depth
    wi = numbers(layer.weight_ih)[side]
    wh = numbers(layer.weight_hh).reshape(depth, sides, HIDDEN, -1)[:, side]
    bias = numbers(layer.bias).reshape(depth, sides, -1)[:, side]
    s, out = np.zeros(HIDDEN), []
    for x in line:
        for level in range(depth):
            h, t = parts((x @ wi if level == 0 else 0) + s @ wh[level] + bias[level])
            t = sigmoid(t)
            s = np.tanh(h) * t + s * (1 - t)
        out.append(s)
    return np.array(out)


def nlstm(layer: nn.Module, side: int, line: Array) -> Array:
    sides = layer.directions
    wi, wh, wn = (numbers(w)[side] for w in (layer.weight_ih, layer.weight_hh, layer.inner_weight))
    bias, inner_bias = (numbers(b).reshape(sides, -1)[side] for b in (layer.bias, layer.inner_bias))
    h, c, inner, out = np.zeros(HIDDEN), np.zeros(HIDDEN), np.zeros(HIDDEN), []
    for x in line:
        i, f, o, g = parts(x @ wi + h @ wh + bias)
        inner_input, inner_state = sigmoid(i) * np.tanh(g), sigmoid(f) * c
        ii, ff, oo, gg = parts(inner_input @ wn[:HIDDEN] + inner_state @ wn[HIDDEN:] + inner_bias)
        inner = sigmoid(ff) * inner + sigmoid(ii) * np.tanh(gg)
        c = sigmoid(oo) * np.tanh(inner)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def hlstm(stack: nn.Module, side: int, line: Array) -> Array:
    sides, below = stack.directions, np.zeros(0)
    for index in range(len(stack.weight_hh)):
        wi, wh = (numbers(w[index])[side] for w in (stack.weight_ih, stack.weight_hh))
        bias = numbers(stack.bias[index]).reshape(sides, -1)[side]
        h, c, out, cells = np.zeros(HIDDEN), np.zeros(HIDDEN), [], []
        for t, x in enumerate(line):
            gates = x @ wi + bias
            i, f, o, g = parts(gates[: 4 * HIDDEN] + h @ wh)
            new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            if index > 0:
                own, lower = numbers(stack.peephole[index - 1]).reshape(2, sides, -1)[:, side]
                new += sigmoid(gates[4 * HIDDEN :] + own * c + lower * below[t]) * below[t]
            c = new
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
            cells.append(c)
        line, below = np.array(out), np.array(cells)
    return line


ONE_STEP_AT_A_TIME = {"lstm": lstm, "gru": gru, "rhn": rhn, "nlstm": nlstm, "hlstm": hlstm}


def expected(net: Recurrent, cell: str, bidirectional: bool, line: Array) -> Array:
    """A line (T, features) through all layers, the second direction from its end."""
    for layer in net.layers:
        sides = [ONE_STEP_AT_A_TIME[cell](layer, 0, line)]
        if bidirectional:
            sides.append(ONE_STEP_AT_A_TIME[cell](layer, 1, line[::-1])[::-1])
        line = np.concatenate(sides, -1)
    return line


def shaken(cell: str, layers: int = 2, bidirectional: bool = True, **more: int) -> Recurrent:
    """A net whose parameters are all away from zero, in float64."""
    torch.manual_seed(3)
    net = Recurrent(FEATURES, HIDDEN, layers, cell, bidirectional, **more).double().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter))
    return net


def lines(count: int = 3, steps: int = 7) -> torch.Tensor:
    return torch.randn(
        count, steps, FEATURES, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_cell_follows_its_equations(cell: str, bidirectional: bool, layers: int) -> None:
    net, columns = shaken(cell, layers, bidirectional, depth=3), lines()
    wanted = np.stack([expected(net, cell, bidirectional, line.numpy()) for line in columns])
    with torch.no_grad():
        read = net(columns)
    trained = net(columns)  # other loops: these keep what the gradient needs
    assert read.shape == (3, 7, net.out_features)
    assert np.abs(wanted).max() > 0.1
    np.testing.assert_allclose(read.numpy(), wanted, atol=1e-9)
    np.testing.assert_allclose(trained.detach().numpy(), wanted, atol=1e-9)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_does_not_reach_what_is_valid(cell: str, bidirectional: bool) -> None:
    net, columns = shaken(cell, 2, bidirectional), lines()
    lengths = torch.tensor([4, 7, 1])
    other = columns.clone()
    for line, length in zip(other, lengths.tolist(), strict=True):
        line[length:] = 9.0
    with torch.no_grad():
        outputs, again = net(columns, lengths), net(other, lengths)
        padded = net(torch.cat([columns, columns], 1), lengths)
    for row, length in enumerate(lengths.tolist()):
        wanted = expected(net, cell, bidirectional, columns[row, :length].numpy())
        np.testing.assert_allclose(outputs[row, :length].numpy(), wanted, atol=1e-9)
        assert not outputs[row, length:].any()
    assert torch.equal(outputs, again)
    assert padded.shape[1] == 14 and torch.allclose(padded[:, :7], outputs)


@pytest.mark.parametrize("cell", OWN)
def test_both_directions_are_aligned_with_their_columns(cell: str) -> None:
    net, columns = shaken(cell, 1), lines(1, 12)
    changed = columns.clone()
    changed[0, 8] += 2.0
    with torch.no_grad():
        moved = (net(changed) - net(columns)).abs()[0]
    forward, backward = moved[:, :HIDDEN].sum(1), moved[:, HIDDEN:].sum(1)
    assert not forward[:8].any() and not backward[9:].any()
    assert bool((forward[8:] > 0).all()) and bool((backward[:9] > 0).all())


def test_lines_are_turned_round_within_their_lengths() -> None:
    columns = torch.arange(8.0).view(2, 4, 1)
    turned = turn_round(columns, torch.tensor([3, 4]))[..., 0]
    assert turned.tolist() == [[2, 1, 0, 3], [7, 6, 5, 4]]
    assert turn_round(columns)[..., 0].tolist() == [[3, 2, 1, 0], [7, 6, 5, 4]]


@pytest.mark.parametrize("cell", OWN)
@pytest.mark.parametrize("layers", [1, 2])
def test_gradients_are_those_of_finite_differences(cell: str, layers: int) -> None:
    torch.manual_seed(2)
    net = Recurrent(2, 2, layers, cell, depth=2).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    columns = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([3, 2])
    inputs = (columns, *net.parameters())
    assert torch.autograd.gradcheck(lambda x, *_: net(x, lengths), inputs)


@pytest.mark.parametrize("cell", OWN)
def test_all_parameters_learn(cell: str) -> None:
    torch.manual_seed(0)
    net = Recurrent(FEATURES, HIDDEN, 3, cell, dropout=0.3)
    net(lines().float()).square().sum().backward()
    still = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


@pytest.mark.parametrize("cell", CELLS)
def test_state_goes_from_net_to_net(cell: str, tmp_path: Path) -> None:
    net, other = shaken(cell), Recurrent(FEATURES, HIDDEN, 2, cell).double().eval()
    columns = lines()
    with torch.no_grad():
        assert not torch.allclose(net(columns), other(columns))
        torch.save(net.state_dict(), tmp_path / "state.pt")
        other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
        assert torch.equal(net(columns), other(columns))


def test_names_of_released_weights_have_not_changed() -> None:
    names = set(Recurrent(FEATURES, HIDDEN, 2, "lstm").state_dict())
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    assert names == {
        f"layers.{n}.{kind}_l0{side}" for n in (0, 1) for kind in kinds for side in ("", "_reverse")
    }


@pytest.mark.parametrize("cell", OWN)
def test_bfloat16_reads_nearly_the_same(cell: str) -> None:
    net = shaken(cell).float()
    columns = lines(4, 20).float()
    with torch.no_grad():
        exact = net(columns)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = net(columns)
    assert exact.dtype == rounded.dtype == torch.float32
    assert 0 < float((exact - rounded).abs().max()) < 0.05
    with torch.autocast("cpu", torch.bfloat16):
        net(columns).square().sum().backward()
    rough = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    net(columns).square().sum().backward()
    for parameter, gradient in zip(net.parameters(), rough, strict=True):
        assert gradient.dtype == torch.float32
        off = (parameter.grad - gradient).norm() / parameter.grad.norm()
        assert float(off) < 0.05


@pytest.mark.parametrize("cell", OWN)
def test_layout_of_images_leaves_the_cells_alone(cell: str) -> None:
    torch.manual_seed(0)
    net = CRNN(7, width=1 / 16, hidden=8, rnn=cell, depth=2).eval()
    images = torch.randn(2, 1, 32, 48)
    with torch.inference_mode():
        plain = net(images)
        last = fuse(net).to(memory_format=torch.channels_last)
        assert torch.allclose(last(images), plain, atol=1e-4)


def test_loops_are_scripted() -> None:
    for name in ("rhn", "highway", "nested"):
        for way in ("forward", "backward"):
            loop = getattr(cell_steps, f"{name}_{way}")
            assert isinstance(loop, torch.jit.ScriptFunction), f"{name}_{way}"


def test_first_steps_remember() -> None:
    rhn_layer = Recurrent(FEATURES, HIDDEN, 1, "rhn", depth=3).layers[0]
    bias = rhn_layer.bias.view(3, 2, 2, HIDDEN)
    assert bool((bias[:, :, 1] == -2).all()) and not bias[:, :, 0].any()
    nested = Recurrent(FEATURES, HIDDEN, 1, "nlstm").layers[0]
    highway = Recurrent(FEATURES, HIDDEN, 2, "hlstm").layers[0]
    for flat, gates in (
        (nested.bias, 4),
        (nested.inner_bias, 4),
        (highway.bias[0], 4),
        (highway.bias[1], 5),
    ):
        assert bool((flat.view(2, gates, HIDDEN)[:, 1] == 1).all())
        assert float(flat.detach().sum()) == 2 * HIDDEN
    square = rhn_layer.weight_hh[0, :, :HIDDEN]
    assert torch.allclose(square @ square.T, torch.eye(HIDDEN), atol=1e-5)


def test_nets_that_cannot_be_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"'lstn'.*nlstm"):
        Recurrent(FEATURES, HIDDEN, cell="lstn")
    with pytest.raises(WeightsError, match="depth 0"):
        Recurrent(FEATURES, HIDDEN, cell="rhn", depth=0)
    with pytest.raises(WeightsError, match="projection"):
        Recurrent(FEATURES, HIDDEN, cell="hlstm", projection=True)

# SPDX-License-Identifier: Apache-2.0
"""The detector's net: shapes, names, context along rows, initial bias, folded batch norm."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from detector.ctpn import Ctpn
from detector.loss import BatchTargets, ctpn_loss
from detector.net import run_module
from detector.preprocess import MEAN, STD, normalise
from detector.vgg import vgg16_features
from ocr_pipeline.core.inference import fuse
from ocr_pipeline.core.registry import build


def small(**config: object) -> Ctpn:
    torch.manual_seed(0)
    return Ctpn(**{"width": 1 / 16, "rnn_hidden": 8, "fc": 16, **config})  # type: ignore[arg-type]


def test_outputs_have_the_feature_maps_shape_and_one_entry_an_anchor() -> None:
    net = small(anchor_heights=(8, 16, 32, 64, 128)).eval()
    output = net(torch.zeros(2, 3, 96, 160))
    assert output.score.shape == (2, 6, 10, 5, 2)
    assert output.vertical.shape == (2, 6, 10, 5, 2)
    assert output.side.shape == (2, 6, 10, 5)


def test_registry_builds_the_net_from_its_config_alone() -> None:
    net = build("ctpn_vgg16", width=0.125, batch_norm=False, rnn_hidden=8, fc=None)
    assert isinstance(net, Ctpn) and not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())


@pytest.mark.parametrize(
    ("batch_norm", "last", "parameters"), [(False, "28", 14_714_688), (True, "40", 14_723_136)]
)
def test_trunk_has_torchvisions_numbering_and_size(
    batch_norm: bool, last: str, parameters: int
) -> None:
    trunk = vgg16_features(1.0, batch_norm)
    assert sum(p.numel() for p in trunk.parameters()) == parameters
    weights = {k for k, v in trunk.state_dict().items() if v.ndim == 4}
    assert f"{last}.weight" in weights and "0.weight" in weights and len(weights) == 13


def test_paper_net_has_the_papers_parameters() -> None:
    net = Ctpn(width=1.0, batch_norm=False)
    heads = sum(p.numel() for m in (net.score, net.vertical, net.side) for p in m.parameters())
    fc = sum(p.numel() for p in net.fc.parameters())
    assert (heads, fc) == (20_520 + 5_130, 131_584)


def test_context_reaches_both_ways_along_a_row_and_stays_aligned() -> None:
    # Mirroring the sequence and swapping the two directions' weights must mirror the output:
    # a backward pass that is not turned round again would fail this.
    rnn = small().rnn
    twin = nn.LSTM(rnn.input_size, rnn.hidden_size, batch_first=True, bidirectional=True)
    state = rnn.state_dict()
    swapped = {
        key: state[key.removesuffix("_reverse") if key.endswith("_reverse") else key + "_reverse"]
        for key in state
    }
    twin.load_state_dict(swapped)
    rows = torch.randn(3, 7, rnn.input_size)
    plain, mirrored = rnn(rows)[0], twin(rows.flip(1))[0].flip(1)
    forward, backward = mirrored.chunk(2, -1)
    assert torch.allclose(plain, torch.cat([backward, forward], -1), atol=1e-6)


def test_rows_of_the_feature_map_do_not_mix_in_the_lstm() -> None:
    net = small().eval()
    image = torch.randn(1, 3, 48, 480)
    changed = image.clone()
    changed[..., :16] += 3  # the far left of the page
    with torch.inference_mode():
        a, b = net(image).score, net(changed).score
    # 480 px are beyond the convolutions' receptive field: only the LSTM can carry this.
    assert (a[:, :, -1] - b[:, :, -1]).abs().max() > 0


def test_untrained_net_says_background() -> None:
    output = small().eval()(torch.rand(1, 3, 64, 64))
    margin = output.score[..., 1] - output.score[..., 0]
    assert float(margin.max().detach()) < -1.5


def test_normalisation_keeps_rgb_order() -> None:
    image = torch.zeros(1, 2, 3, 3, dtype=torch.uint8)
    image[..., 0] = 255  # pure red
    out = normalise(image)
    assert out.shape == (1, 3, 2, 3)
    assert torch.allclose(out[0, 0], torch.tensor((1 - MEAN[0]) / STD[0]), atol=1e-5)
    assert torch.allclose(out[0, 2], torch.tensor(-MEAN[2] / STD[2]), atol=1e-5)


def test_folding_batch_norm_changes_nothing() -> None:
    net = small()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8)
    folded = fuse(net)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    with torch.inference_mode():
        plain = run_module(net.eval(), image, torch.device("cpu"))
        fast = run_module(folded, image, torch.device("cpu"))
    for a, b in zip(plain, fast, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert plain[0].shape == (4, 5, 10)  # padded to whole cells


def targets_like(net: Ctpn, size: tuple[int, int], text: int) -> BatchTargets:
    k = len(net.anchor_heights)
    labels = torch.zeros(2, *size, k, dtype=torch.int8)
    labels.view(2, -1)[:, :text] = 1
    vertical = torch.zeros(2, *size, k, 2)
    side = torch.full((2, *size, k), float("nan"))
    return BatchTargets(labels, vertical, side)


@pytest.mark.parametrize("text", [0, 5])
def test_loss_is_finite_with_and_without_text(text: int) -> None:
    net = small()
    output = net(torch.rand(2, 3, 64, 96))
    loss, parts = ctpn_loss(output, targets_like(net, (4, 6), text))
    loss.backward()
    assert torch.isfinite(loss) and set(parts) == {"score", "vertical", "side"}
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)
    assert float(parts["side"]) == 0.0  # no end is near


def test_loss_is_zero_for_perfect_outputs() -> None:
    net = small()
    output = net(torch.rand(2, 3, 64, 96))
    targets = targets_like(net, (4, 6), 7)
    targets.side.view(2, -1)[:, :3] = 0.5
    score = torch.stack([-40.0 * targets.labels, 40.0 * targets.labels - 20], -1)
    side = torch.nan_to_num(targets.side)
    perfect = type(output)(score, targets.vertical.clone(), side)
    loss, _ = ctpn_loss(perfect, targets)
    assert float(loss) < 1e-6


def test_loss_takes_the_hardest_negatives() -> None:
    net = small()
    output = net(torch.rand(2, 3, 64, 96))
    labels = torch.zeros(2, 4, 6, 10, dtype=torch.int8)
    score = torch.zeros(2, 4, 6, 10, 2)
    score[..., 0] = 30.0  # surely background everywhere
    score[0, 0, 0, :, 1] = 60.0  # but ten anchors that are surely wrong
    targets = BatchTargets(labels, torch.zeros(2, 4, 6, 10, 2), torch.zeros(2, 4, 6, 10))
    _, parts = ctpn_loss(type(output)(score, output.vertical, output.side), targets)
    assert float(parts["score"]) == pytest.approx(10 * 30 / 128, rel=1e-3)

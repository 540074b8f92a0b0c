# SPDX-License-Identifier: Apache-2.0
"""A wider DenseNet begins with what a narrow one knows."""

from __future__ import annotations

import pytest
import torch

from ocr_pipeline.core.errors import WeightsError
from recognizer.densenet import DenseNet
from recognizer.widen import widen_densenet


def _trained(growth: int) -> DenseNet:
    """A net whose weights and statistics are all its own."""
    torch.manual_seed(3)
    net = DenseNet(7, growth=growth, stride=4, dropout=0.0)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.bias, module.running_mean, module.running_var):
                torch.nn.init.uniform_(values, 0.5, 1.5)
    return net.eval()


def test_the_wide_net_reads_as_the_narrow_one_does() -> None:
    narrow, wide = _trained(4), DenseNet(7, growth=6, stride=4, dropout=0.0)
    images = torch.rand(2, 1, 32, 48)
    with torch.no_grad():
        expected = narrow(images)
        assert not torch.allclose(wide.eval()(images), expected, rtol=1e-2)
        wide.load_state_dict(widen_densenet(narrow.state_dict(), wide.state_dict(), 4, 6))
        assert torch.allclose(wide(images), expected, rtol=1e-4, atol=1e-4 * expected.abs().max())


def test_what_is_new_can_learn() -> None:
    narrow, wide = _trained(4), DenseNet(7, growth=6, dropout=0.0)
    wide.load_state_dict(widen_densenet(narrow.state_dict(), wide.state_dict(), 4, 6))
    logits = wide.train()(torch.rand(2, 1, 32, 48))
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.arange(12) % 7).backward()
    new = wide.stages[0].layers[0][2].weight  # six rows, of which four are the narrow net's
    ways_out = wide.stages[0].layers[1][2].weight[:, -2:]
    assert new[4:].abs().sum() > 0
    assert not ways_out[:4].any()
    assert wide.stages[0].layers[1][2].weight.grad[:4, -2:].abs().sum() > 0


def test_a_wide_net_does_not_fit_into_a_narrow_one() -> None:
    wide, narrow = _trained(6), DenseNet(7, growth=4)
    with pytest.raises(WeightsError, match="growth 6 does not fit into one of growth 4"):
        widen_densenet(wide.state_dict(), narrow.state_dict(), 6, 4)

"""Every architecture beside its folded network, at each of its scales, with each of its examples."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import torch
from torch import nn

from srbench.models import registry
from srbench.models.arch import Arch, Network, channels_of

SIZES = [(1, 1), (1, 6), (7, 5)]


def _cases() -> Iterator[Any]:
    for arch in registry.archs().values():
        for scale, settings in product(arch.scales, arch.examples):
            words = ", ".join(str(value) for value in settings.values())
            yield pytest.param(arch, {"scale": scale, **settings}, id=f"{arch.name} x{scale} {words}")


def _trained(network: Network) -> Network:
    """The network with the statistics that a training leaves."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 2)
            nn.init.uniform_(module.weight, -1.2, 1.2)
            nn.init.normal_(module.bias, 0, 0.3)
    return network.eval()


@pytest.mark.parametrize(("arch", "settings"), list(_cases()))
@torch.no_grad()
def test_a_folded_network_is_the_same_function(arch: Arch, settings: dict[str, Any]) -> None:
    network = _trained(arch.build(**settings))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folded = network.folded()
    # An InstanceNorm refuses a single pixel, which has no variance.
    small = not any(isinstance(module, nn.InstanceNorm2d) for module in network.modules())
    for size in SIZES if small or arch.multiple_of > 1 else SIZES[1:]:
        lr = torch.rand(1, channels_of(network.colour), *(side * arch.multiple_of for side in size))
        assert torch.allclose(folded(lr), network(lr), atol=1e-5, rtol=0)
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)

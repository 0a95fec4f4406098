"""Which layers stay in fp32: networks made so that the answer is known."""

from collections.abc import Collection

import pytest
import torch
from torch import Tensor, nn

from srbench.core.assets import AssetStore
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.speed import split
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import PSNR_DROP_LIMIT_DB
from tests.speed.synthetic import drop, model, nearest, of_registry

BF16 = Mode(precision="bf16", split=True)
_OFFSET = 128.0
"""Far above a signal of size 1: of a sum with it bf16 keeps nothing below 1."""


class _Chain(nn.Module):
    """Nearest upsampling plus a little of what a chain of layers says; fragile ones carry their signal on an offset."""

    def __init__(self, layers: int, fragile: Collection[int], channels: int = 4) -> None:
        super().__init__()
        self.fragile = fragile
        self.head = nn.Conv2d(3, channels, 1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(layers))
        self.tail = nn.Conv2d(channels, 3, 1)

    def forward(self, lr: Tensor) -> Tensor:
        x = self.head(lr).float()
        for number, layer in enumerate(self.body):
            if number in self.fragile:
                x = layer(x + _OFFSET).float() - layer(torch.full_like(x, _OFFSET)).float()
            else:
                x = layer(x).float()
            x = torch.tanh(2 * x)
        return nearest(lr + 0.05 * self.tail(x).float())


@pytest.fixture(scope="module")
def reference() -> PsnrReference:
    return PsnrReference(4, AssetStore([]))


def _model(layers: int, fragile: Collection[int], id_: str) -> Model:
    torch.manual_seed(0)
    return model(_Chain(layers, fragile), id_)


def test_the_one_fragile_layer_stays_in_fp32(reference: PsnrReference) -> None:
    chain = _model(5, {3}, "one")
    assert reference.drop(chain, chain.upscaler(Mode(precision="bf16"))).exceeds_limit
    mode, cost = split.find(chain, BF16, reference)
    assert set(mode.fp32_layers) == {"head", "tail", "body.3"}
    assert abs(cost.worst_db) <= PSNR_DROP_LIMIT_DB
    assert cost == reference.drop(chain, chain.upscaler(mode))
    assert mode.name == "bf16+split"


def test_first_and_last_are_enough_where_nothing_else_is_fragile(reference: PsnrReference) -> None:
    mode, _ = split.find(_model(5, (), "none"), BF16, reference)
    assert mode.fp32_layers == ("head", "tail")


def test_nothing_is_found_where_all_layers_are_fragile(reference: PsnrReference) -> None:
    with pytest.raises(UserError, match=r"no split of all keeps PSNR within 0\.01 dB with half of the work in bf16"):
        split.find(_model(4, range(4), "all"), BF16, reference)


def test_what_has_no_layers_to_choose_from_is_not_split(reference: PsnrReference) -> None:
    for network, layers in ((nearest, 0), (nn.Sequential(nn.Conv2d(3, 48, 1), nn.PixelShuffle(4)), 1)):
        with pytest.raises(UserError, match=f"m has {layers} layers to choose from; leave out 'split'"):
            split.find(model(network), BF16, reference)


@pytest.mark.parametrize("arch", ["srcnn", "fsrcnn", "espcn"])
def test_at_most_half_of_the_work_stays_in_fp32(
    arch: str, reference: PsnrReference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PsnrReference, "drop", lambda self, model, upscaler: drop(0.0))
    network = of_registry(arch)
    macs = split.layers(network)
    try:
        mode, _ = split.find(network, BF16, reference)
    except UserError:
        mode = BF16
    kept = sum(macs[name] for name in mode.fp32_layers)
    assert kept <= 0.5 * sum(macs.values())


def test_layers_are_those_of_the_folded_network() -> None:
    names = list(split.layers(of_registry("srresnet", blocks=1, channels=4)))
    assert names == ["head.0", "body.0.conv1", "body.0.conv2", "tail.0", "up.0.0", "up.1.0", "last.0"]


def test_many_layers_are_tried_in_a_dozen_stretches() -> None:
    groups = split._groups(list(split.layers(_model(40, (), "many"))))
    assert (len(groups[0]), len(groups[-1])) == (1, 1)
    assert len(groups) <= 14
    assert [name for group in groups for name in group] == ["head", *(f"body.{n}" for n in range(40)), "tail"]


def test_layers_of_an_unfolded_network_are_its_own(monkeypatch: pytest.MonkeyPatch, reference: PsnrReference) -> None:
    monkeypatch.setattr(PsnrReference, "drop", lambda self, model, upscaler: drop(0.0))
    network = of_registry("srresnet", blocks=1)
    mode, _ = split.find(network, Mode(precision="bf16", split=True, unfolded=True), reference)
    assert set(mode.fp32_layers) == {"head.0", "last"}
    network.upscaler(mode)(torch.rand(1, 3, 4, 4))

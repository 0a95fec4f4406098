"""One card of each architecture with random weights, fp32, called as the harness calls it."""

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from zoo import registry
from zoo.card import Card
from zoo.model import Model
from zoo.upscaler import Upscaler

_LR_PX = 24
_CARDS = {card.arch: card for card in reversed(registry.cards().values())} | {"interpolation": registry.find("bicubic")}


@pytest.mark.parametrize("arch", registry.archs())
def test_model(benchmark: BenchmarkFixture, arch: str, photograph: Tensor) -> None:
    card = _CARDS[arch]
    upscaler = _random(card)
    lr = photograph[..., :_LR_PX, :_LR_PX].float() / 255
    benchmark.group = f"models, fp32, LR {_LR_PX} x {_LR_PX} px, x{upscaler.scale}"
    benchmark.extra_info.update(card=card.id, parameters=card.parameters)
    sr = benchmark.pedantic(upscaler, (lr,), rounds=10, warmup_rounds=2)
    assert sr.shape == (1, 3, _LR_PX * upscaler.scale, _LR_PX * upscaler.scale)
    assert torch.isfinite(sr).all()


def _random(card: Card) -> Upscaler:
    arch = registry.archs()[card.arch]
    scale = 4 if card.fits(4) else card.scales[-1]
    colour = card.settings.get("colour") or arch.colour
    torch.manual_seed(0)
    return Model(card.id, scale, lambda: arch.build(scale=scale, **card.settings), {}, colour=colour).upscaler()

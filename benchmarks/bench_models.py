"""One card of each architecture with random weights: as it runs, unfolded, and in other modes."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import pytest
import spandrel
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from benchmarks.conftest import Beside
from benchmarks.extent import TimeLeft
from srbench.core import allocator, timing
from srbench.errors import UserError
from srbench.models import registry
from srbench.models.arch import Network
from srbench.models.card import Card
from srbench.models.mode import parse
from srbench.models.model import Model
from srbench.speed.scenario import Size, example

_SIZES = {"24x24": Size(24, 24), "90x160": Size(90, 160)}
_CARDS = {card.arch: card for card in reversed(registry.cards().values())} | {"interpolation": registry.find("bicubic")}
_MODES = ("fp32+channels_last", "bf16+channels_last")
_EXPORTED = tuple(
    engine for engine, package in {"onnx": "onnxruntime", "openvino": "openvino"}.items() if find_spec(package)
)
_TOLERANCE = 1e-5
_CALLS = 8
"""Times that each of what is compared is called at least."""
_MOST_SHARES = 2
"""Shares of the session's time that one network may take; most take less than one."""


@pytest.fixture(params=["24x24", pytest.param("90x160", marks=pytest.mark.extent("usual"))])
def size(request: pytest.FixtureRequest, once: bool) -> Size:
    if once and request.param != "24x24":
        pytest.skip("large images are for timing")
    return _SIZES[request.param]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("arch", registry.archs())
def test_model(benchmark: BenchmarkFixture, beside: Beside, time_left: TimeLeft, arch: str, size: Size) -> None:
    """Ours is the folded network in fp32; the peers take so many times as long."""
    allocator.keep_freed_memory()
    model = _random(_CARDS[arch])
    ours, peers = _call(model, "fp32", size), {mode: _call(model, mode, size) for mode in _MODES}
    if arch == "srresnet" or time_left.extent == "whole":  # to export takes seconds, for some networks minutes
        peers |= {mode: exported for mode in _EXPORTED if (exported := _exported(model, mode, size))}
    peers["unfolded, fp32"] = _unfolded(model, size)
    benchmark.group = f"models, LR {size.height} x {size.width} px, x{model.scale}"
    benchmark.extra_info.update(card=model.id, threads=torch.get_num_threads())
    _refuse_slow(ours, 1 + len(peers), time_left)
    sr = benchmark.pedantic(ours, rounds=time_left.rounds)
    assert torch.isfinite(sr).all()
    assert sr.shape[-2:] == (size.height * model.scale, size.width * model.scale)
    if arch == "srresnet" and time_left.extent == "whole":  # to compile takes half a minute
        peers["fp32+compile"] = _call(model, "fp32+compile", size)
    for name in (name for name in peers if not name.startswith("bf16")):
        assert (sr - peers[name]()).abs().max() < _TOLERANCE * max(1.0, float(sr.abs().max())), name
    beside(ours, peers)


@pytest.mark.timeout(900)
@pytest.mark.extent("usual")
@pytest.mark.parametrize("id_", ["realesrgan.anime_6b", "realesr_animevideo"])
def test_beside_spandrel(
    benchmark: BenchmarkFixture, beside: Beside, time_left: TimeLeft, id_: str, size: Size
) -> None:
    """The same weights in spandrel's network, in the same process."""
    allocator.keep_freed_memory()
    model = _random(registry.find(id_))
    theirs = _by_spandrel(model.make())
    lr = example(model.upscaler(), size, 1)
    benchmark.group = f"beside spandrel, LR {size.height} x {size.width} px, x{model.scale}"
    _refuse_slow(_call(model, "fp32", size), 2 * (1 + len(_MODES)), time_left)
    for mode in ("fp32", *_MODES):
        ours, peer = _call(model, mode, size), _call(replace(model, make=lambda: theirs), mode, size)
        beside(ours, {f"spandrel, {mode}": peer}, {f"spandrel, {mode}": 1.0})
    sr = benchmark.pedantic(_call(model, "fp32", size), rounds=time_left.rounds)
    with torch.no_grad():
        assert (sr - theirs(lr)).abs().max() < _TOLERANCE


def _exported(model: Model, mode: str, size: Size) -> Callable[[], Tensor] | None:
    """Return a call of an engine of exported networks; None where it cannot run this one."""
    try:
        return _call(model, mode, size)
    except UserError:
        return None


def _refuse_slow(call: Callable[[], Tensor], compared: int, time_left: TimeLeft) -> None:
    """Leave out a network that would take the time of many others."""
    _, ms = timing.once(call, torch.device("cpu"))
    if compared * _CALLS * ms / 1000 > _MOST_SHARES * time_left.share_s():
        pytest.skip(f"one call takes {ms / 1000:.2g} s, too long for this session; --whole has no limit")


def _random(card: Card) -> Model:
    arch = registry.archs()[card.arch]
    scale = 4 if card.fits(4) else card.scales[-1]
    colour = card.settings.get("colour") or arch.colour

    def make() -> Network:
        torch.manual_seed(0)
        return arch.build(scale=scale, **card.settings)

    return Model(card.id, scale, make, {}, colour=colour, multiple_of=arch.multiple_of)


def _call(model: Model, mode: str, size: Size) -> Callable[[], Tensor]:
    upscaler = model.upscaler(parse(mode))
    x = example(upscaler, size, 1)

    def call() -> Tensor:
        with torch.no_grad():
            return upscaler.network(x)

    return call


def _unfolded(model: Model, size: Size) -> Callable[[], Tensor]:
    """Return its forward function alone, which is no network of the zoo and is not folded."""
    network = model.make()
    assert isinstance(network, torch.nn.Module)
    return _call(replace(model, make=lambda: network.eval().forward), "fp32", size)


def _by_spandrel(network: object) -> torch.nn.Module:
    """Our names are Real-ESRGAN's, which spandrel knows."""
    assert isinstance(network, torch.nn.Module)
    made: torch.nn.Module = spandrel.MAIN_REGISTRY.load(network.state_dict()).model
    return made.eval()

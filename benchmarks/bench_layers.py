"""Time of layers at full resolution, unfolded and folded; with --whole beside the least time of the device.

The floor is what the unfolded layer's products or its bytes take at the device's own speed, whichever is more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn
from torch.nn.functional import interpolate

from benchmarks.conftest import Beside
from benchmarks.extent import TimeLeft
from srbench.core import allocator
from srbench.models import folding
from srbench.speed import ceiling
from srbench.speed.records import Ceiling

_LR = {"once": (12, 16), "quick": (90, 160), "usual": (90, 160), "whole": (180, 320)}
_TOLERANCE = 1e-3
"""Largest difference between sums of up to 6,400 random products of size 1, in float32."""


@dataclass(frozen=True)
class Case:
    """A layer of a network at x4.

    Attributes:
        unfolded: Layer as in the paper.
        folded: The same function with cheaper operations.
        channels: Number of input channels.
        zoom: Side of the layer's input over that of LR.
        macs: Number of multiply-accumulates of the unfolded layer for each pixel of its input.
        elements: Number of elements that the unfolded layer reads and writes for each pixel of its input.
    """

    unfolded: Callable[[Tensor], Tensor]
    folded: Callable[[Tensor], Tensor]
    channels: int
    zoom: int
    macs: int
    elements: int


class NearestThenConv(nn.Module):
    """ESRGAN's upsampling."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(interpolate(x, scale_factor=2, mode="nearest"))
        return out


def _cases() -> dict[str, Case]:
    torch.manual_seed(0)
    nine, three = nn.Conv2d(64, 3, 9, padding=4), nn.Conv2d(64, 3, 3, padding=1)
    up = nn.Conv2d(64, 64, 3, padding=1)
    deconv = nn.ConvTranspose2d(56, 1, 9, stride=4, padding=4, output_padding=3)
    shuffle = nn.PixelShuffle(2)
    return {
        "srresnet: PixelShuffle, 9x9 to 3": Case(
            nn.Sequential(shuffle, nine), folding.before_shuffle(nine, 2), 256, 2, 4 * 64 * 3 * 81, 256 + 12
        ),
        "edsr: PixelShuffle, 3x3 to 3": Case(
            nn.Sequential(shuffle, three), folding.before_shuffle(three, 2), 256, 2, 4 * 64 * 3 * 9, 256 + 12
        ),
        "rrdb: nearest, 3x3 of 64": Case(
            NearestThenConv(up), folding.after_nearest(up), 64, 2, 4 * 64 * 64 * 9, 64 * 5
        ),
        "fsrcnn: 9x9 transposed, stride 4": Case(deconv, folding.as_shuffle(deconv), 56, 1, 56 * 81, 56 + 16),
    }


_NAMES = tuple(_cases())


@pytest.fixture(scope="module")
def device_ceiling(time_left: TimeLeft) -> Ceiling | None:
    return ceiling.measure(torch.device("cpu"), ["fp32"]) if time_left.extent == "whole" else None


@pytest.mark.parametrize("layout", [pytest.param("contiguous", marks=pytest.mark.extent("usual")), "channels_last"])
@pytest.mark.parametrize("name", _NAMES)
def test_layer(
    benchmark: BenchmarkFixture,
    beside: Beside,
    name: str,
    layout: str,
    time_left: TimeLeft,
    device_ceiling: Ceiling | None,
) -> None:
    allocator.keep_freed_memory()
    case = _cases()[name]
    height, width = (side * case.zoom for side in _LR[time_left.extent])
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    x = torch.rand(1, case.channels, height, width).contiguous(memory_format=memory_format)
    unfolded, folded = (_ready(layer, memory_format, x) for layer in (case.unfolded, case.folded))
    benchmark.group = f"{name}, fp32, {layout}"
    out = benchmark.pedantic(folded, rounds=time_left.rounds, warmup_rounds=1)
    assert (out - unfolded()).abs().max() < _TOLERANCE
    beside(folded, {"unfolded": unfolded}, {"unfolded": 1.0})
    if device_ceiling:
        took_s, floor_s = benchmark.stats.stats.median, _floor_s(case, height * width, device_ceiling)
        benchmark.extra_info.update(floor_ms=round(floor_s * 1000, 2), times_the_floor=round(took_s / floor_s, 2))


def _floor_s(case: Case, pixels: int, device_ceiling: Ceiling) -> float:
    """Return the seconds that the unfolded layer's products or its bytes take at least."""
    products_s = 2 * case.macs * pixels / (device_ceiling.tflops["fp32"] * 1e12)
    return max(products_s, 4 * case.elements * pixels / (device_ceiling.copy_gb_per_s * 1e9))


def _ready(layer: Callable[[Tensor], Tensor], memory_format: torch.memory_format, x: Tensor) -> Callable[[], Tensor]:
    if isinstance(layer, nn.Module):
        layer.to(memory_format=memory_format)

    def call() -> Tensor:
        with torch.no_grad():
            return layer(x)

    return call

"""The resampler beside Pillow's, which has the same kernels but other edges and float32 sums."""

import numpy as np
import pytest
import torch
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from srbench.resize import Kernel, resize

_CASES: dict[str, tuple[Kernel, int, int]] = {
    "bicubic down x4": ("bicubic", 512, 128),
    "bicubic up x4": ("bicubic", 128, 512),
    "lanczos down x4": ("lanczos", 512, 128),
    "lanczos up x4": ("lanczos", 128, 512),
}
_PILLOW = {"bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
_EDGE = 16
"""Output pixels on each side that another edge rule may reach."""


@pytest.fixture(params=_CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def source(case: str, photograph: Tensor) -> Tensor:
    side = _CASES[case][1]
    return photograph[..., :side, :side]


def test_resize(benchmark: BenchmarkFixture, case: str, source: Tensor) -> None:
    kernel, _, side = _CASES[case]
    benchmark.group = case
    out = benchmark(resize, source, (side, side), kernel=kernel)
    expected = _pillow(source, side, kernel)
    inside = slice(_EDGE, -_EDGE)
    torch.testing.assert_close(out[..., inside, inside], expected[..., inside, inside], rtol=0, atol=1e-3)


def test_resize_rounding_as_matlab(benchmark: BenchmarkFixture, photograph: Tensor) -> None:
    benchmark.group = "bicubic down x4"
    out = benchmark(resize, photograph, (128, 128), round_passes=True)
    assert torch.equal(out, out.round())


def test_pillow(benchmark: BenchmarkFixture, case: str, source: Tensor) -> None:
    kernel, _, side = _CASES[case]
    benchmark.group = case
    benchmark.extra_info["reference"] = True
    benchmark(_pillow, source, side, kernel)


def _pillow(levels: Tensor, side: int, kernel: Kernel) -> Tensor:
    planes = [Image.fromarray(plane.numpy().astype(np.float32)) for plane in levels[0]]
    resized = [np.asarray(plane.resize((side, side), _PILLOW[kernel])) for plane in planes]
    return torch.from_numpy(np.stack(resized)).double().unsqueeze(0)

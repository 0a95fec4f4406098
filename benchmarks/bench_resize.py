"""The resampler beside Pillow's, which has the same kernels but other edges and float32 sums."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from benchmarks.conftest import Beside
from srbench.core.resize import Kernel, resize

_CASES: dict[str, tuple[Kernel, int, int]] = {
    "bicubic down x4": ("bicubic", 512, 128),
    "bicubic up x4": ("bicubic", 128, 512),
    "lanczos down x4": ("lanczos", 512, 128),
    "lanczos up x4": ("lanczos", 128, 512),
}
_PILLOW = {"bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
_EDGE = 16
"""Output pixels on each side that another edge rule may reach."""


@pytest.mark.parametrize("case", _CASES)
def test_resize(benchmark: BenchmarkFixture, beside: Beside, case: str, photograph: Tensor) -> None:
    kernel, side_px, side = _CASES[case]
    source = photograph[..., :side_px, :side_px]
    benchmark.group = case
    out, expected = benchmark(resize, source, (side, side), kernel=kernel), _pillow(source, side, kernel)
    inside = slice(_EDGE, -_EDGE)
    torch.testing.assert_close(out[..., inside, inside], expected[..., inside, inside], rtol=0, atol=1e-3)
    ours, theirs = partial(resize, source, (side, side), kernel=kernel), partial(_pillow, source, side, kernel)
    beside(ours, {"Pillow": theirs})


def test_resize_rounding_as_matlab(benchmark: BenchmarkFixture, beside: Beside, photograph: Tensor) -> None:
    benchmark.group = "bicubic down x4"
    out = benchmark(resize, photograph, (128, 128), round_passes=True)
    assert torch.equal(out, out.round())
    beside(partial(resize, photograph, (128, 128), round_passes=True), {"Pillow": partial(_pillow, photograph, 128)})


def _pillow(levels: Tensor, side: int, kernel: Kernel = "bicubic") -> Tensor:
    planes = [Image.fromarray(plane.numpy().astype(np.float32)) for plane in levels[0]]
    resized = [np.asarray(plane.resize((side, side), _PILLOW[kernel])) for plane in planes]
    return torch.from_numpy(np.stack(resized)).double().unsqueeze(0)

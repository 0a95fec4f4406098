"""The resampler beside Pillow's, which has the same kernels but other edges and float32 sums."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks.conftest import Beside
from srbench.core.resize import Kernel, resize

_CASES: dict[str, tuple[Kernel, int, int]] = {
    "bicubic down x4": ("bicubic", 512, 128),
    "bicubic up x4": ("bicubic", 128, 512),
    "bicubic to 301 px, as an exported size": ("bicubic", 512, 301),
    "bilinear to 665 px, as a step of a degradation": ("bilinear", 512, 665),
    "lanczos down x4": ("lanczos", 512, 128),
    "lanczos up x4": ("lanczos", 128, 512),
}
_QUICK = ("bicubic down x4", "bicubic up x4")
_PILLOW = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_AIM = 0.667
"""Ours may take 1.5 times as long."""
_EDGE = 16
"""Output pixels on each side that another edge rule may reach."""


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.extent("quick" if case in _QUICK else "usual")) for case in _CASES]
)
def test_resize(benchmark: BenchmarkFixture, beside: Beside, case: str, photograph: Tensor) -> None:
    kernel, side_px, side = _CASES[case]
    source = photograph[..., :side_px, :side_px]
    benchmark.group = case
    out, expected = benchmark(resize, source, (side, side), kernel=kernel), _pillow(source, side, kernel)
    inside = slice(_EDGE, -_EDGE)
    torch.testing.assert_close(out[..., inside, inside], expected[..., inside, inside], rtol=0, atol=1e-3)
    ours, theirs = partial(resize, source, (side, side), kernel=kernel), partial(_pillow, source, side, kernel)
    peers = {"Pillow": theirs}
    if kernel != "lanczos":  # which torch lacks
        plain = source.float()
        peers["torch"] = partial(interpolate, plain, size=(side, side), mode=kernel, antialias=True)
        by_torch = peers["torch"]()[..., inside, inside]
        torch.testing.assert_close(by_torch.double(), expected[..., inside, inside], rtol=0, atol=1e-2)
    beside(ours, peers, {"Pillow": _AIM})


def test_resize_rounding_as_matlab(benchmark: BenchmarkFixture, beside: Beside, photograph: Tensor) -> None:
    benchmark.group = "bicubic down x4"
    out = benchmark(resize, photograph, (128, 128), round_passes=True)
    assert torch.equal(out, out.round())
    beside(partial(resize, photograph, (128, 128), round_passes=True), {"Pillow": partial(_pillow, photograph, 128)})


@pytest.mark.parametrize(("side_px", "factor"), [((1080, 1920), 1 / 4), ((1080, 1920), 1 / 2), ((270, 480), 4)])
def test_levels_of_a_frame(
    benchmark: BenchmarkFixture, beside: Beside, side_px: tuple[int, int], factor: float, photograph: Tensor
) -> None:
    """A frame as its file holds it, 8 bits a sample; Pillow rounds such RGB to 8 bits, as ours never does."""
    frame = photograph.to(torch.uint8).repeat(1, 1, 3, 4)[..., : side_px[0], : side_px[1]].contiguous()
    size = (round(side_px[0] * factor), round(side_px[1] * factor))
    benchmark.group = f"bicubic, {side_px[1]}x{side_px[0]} to {size[1]}x{size[0]}"
    rgb = Image.fromarray(frame[0].permute(1, 2, 0).contiguous().numpy())
    theirs = partial(rgb.resize, size[::-1], Image.Resampling.BICUBIC)
    planes = partial(_pillow_frame, frame, size)
    out, expected = benchmark(resize, frame, size), torch.from_numpy(np.stack(planes())).double().unsqueeze(0)
    inside = slice(_EDGE, -_EDGE)
    torch.testing.assert_close(out[..., inside, inside], expected[..., inside, inside], rtol=0, atol=1e-3)
    beside(partial(resize, frame, size), {"Pillow": planes, "Pillow RGB": theirs}, {"Pillow": _AIM, "Pillow RGB": _AIM})


def _pillow_frame(frame: Tensor, size: tuple[int, int]) -> list[np.ndarray]:
    """Resample as Pillow does for values that are not rounded."""
    planes = [Image.fromarray(plane.numpy().astype(np.float32)) for plane in frame[0]]
    return [np.asarray(plane.resize(size[::-1], Image.Resampling.BICUBIC)) for plane in planes]


def _pillow(levels: Tensor, side: int, kernel: Kernel = "bicubic") -> Tensor:
    planes = [Image.fromarray(plane.numpy().astype(np.float32)) for plane in levels[0]]
    resized = [np.asarray(plane.resize((side, side), _PILLOW[kernel])) for plane in planes]
    return torch.from_numpy(np.stack(resized)).double().unsqueeze(0)

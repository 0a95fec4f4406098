"""PSNR and SSIM beside scikit-image's, at the same settings and to the same values."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from srbench import image
from srbench.metrics.psnr import psnr
from srbench.metrics.ssim import ssim

Pair = tuple[Tensor, Tensor]
Score = Callable[..., Tensor]
Reference = Callable[..., float]

_SIZES = {"512x512": (512, 512), "480x320": (320, 480)}
_TOLERANCE = 1e-6

_METRICS: dict[str, tuple[Score, Reference]] = {
    "psnr": (psnr, partial(peak_signal_noise_ratio, data_range=255)),
    "ssim.wang": (
        partial(ssim, flavour="wang"),
        partial(structural_similarity, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False),
    ),
    "ssim.skimage-default": (
        partial(ssim, flavour="skimage-default"),
        partial(structural_similarity, data_range=255),
    ),
}


@pytest.fixture(params=_SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[1, 8])
def pair(request: pytest.FixtureRequest, size: str, photograph: Tensor, blurred: Tensor) -> Pair:
    """SR and HR luma as the harness shows it to a metric: float64 `(N, 1, H, W)`."""
    height, width = _SIZES[size]
    sr, hr = (image.luma(levels)[..., :height, :width] for levels in (blurred, photograph))
    return _batch(sr, request.param), _batch(hr, request.param)


def _batch(levels: Tensor, images: int) -> Tensor:
    return torch.cat([levels.roll(step, -1) for step in range(images)])


@pytest.mark.parametrize("name", _METRICS)
def test_metric(benchmark: BenchmarkFixture, name: str, size: str, pair: Pair) -> None:
    score, reference = _METRICS[name]
    benchmark.group = f"{name} {size}, batch of {len(pair[0])}"
    values = benchmark(score, *pair)
    expected = _each(reference, *_arrays(pair))
    np.testing.assert_allclose(values.numpy(), expected, rtol=0, atol=_TOLERANCE)


@pytest.mark.parametrize("name", _METRICS)
def test_scikit_image(benchmark: BenchmarkFixture, name: str, size: str, pair: Pair) -> None:
    benchmark.group = f"{name} {size}, batch of {len(pair[0])}"
    benchmark.extra_info["reference"] = True
    benchmark(_each, _METRICS[name][1], *_arrays(pair))


@pytest.mark.parametrize("flavour", ["wang-ds", "daala"])
def test_flavour_without_reference(benchmark: BenchmarkFixture, flavour: str, size: str, pair: Pair) -> None:
    benchmark.group = f"ssim {size}, batch of {len(pair[0])}, flavours that scikit-image lacks"
    values = benchmark(ssim, *pair, flavour=flavour)
    assert ((values > 0) & (values < 1)).all()


def _arrays(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    return pair[0][:, 0].numpy(), pair[1][:, 0].numpy()


def _each(reference: Reference, sr: np.ndarray, hr: np.ndarray) -> list[float]:
    return [reference(y, x) for x, y in zip(sr, hr, strict=True)]

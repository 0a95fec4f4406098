"""Each step against an independent implementation or the statistics it promises."""

import math
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from srbench.core.resize import resize
from srbench.degradation.kernels import Gaussian, Kernel, Sinc
from srbench.degradation.steps import Blur, CorrelatedNoise, GaussianNoise, Jpeg, PoissonNoise, Resize, replay
from srbench.errors import BadRecipe

SKEWED = Gaussian(size_px=11, sigma_x_px=3.0, sigma_y_px=0.8, angle_rad=0.5, shift_px=0.5)


def _picture(height: int, width: int, channels: int = 3) -> Tensor:
    levels = np.random.default_rng(3).integers(0, 256, (1, channels, height, width))
    return torch.from_numpy(levels).double()


def _flat(level: float, side: int = 256, channels: int = 3) -> Tensor:
    return torch.full((1, channels, side, side), level, dtype=torch.float64)


@pytest.mark.parametrize("size", [(37, 50), (6, 4)], ids=["picture", "smaller than the kernel"])
@pytest.mark.parametrize("kernel", [SKEWED, Sinc(size_px=21, cutoff_rad=1.3)], ids=["gaussian", "sinc"])
def test_blur_is_scipys_convolution_with_mirrored_edges(kernel: Kernel, size: tuple[int, int]) -> None:
    levels = _picture(*size)
    blurred = Blur(kernel=kernel).apply(levels)
    assert blurred.shape == levels.shape
    for channel in range(3):
        expected = ndimage.convolve(levels[0, channel].numpy(), kernel.weights(), mode="reflect")
        assert np.abs(blurred[0, channel].numpy() - expected).max() < 1e-10


def test_resize_is_the_projects_resampler() -> None:
    levels = _picture(33, 40)
    for method, antialias in (("bilinear", False), ("bicubic", True)):
        step = Resize.check({"height": 14, "width": 61, "method": method, "antialias": antialias}, "step")
        assert torch.equal(step.apply(levels), resize(levels, (14, 61), kernel=method, antialias=antialias))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_flat_image_stays_flat_under_blur_and_resize(channels: int) -> None:
    levels = _flat(97, 32, channels)
    for step in (
        Blur(kernel=SKEWED),
        Blur(kernel=Sinc(size_px=21, cutoff_rad=2.0)),
        Resize(height=5, width=48, method="bicubic", antialias=False),
        Resize(height=9, width=7, method="bilinear", antialias=True),
    ):
        assert (step.apply(levels) - 97).abs().max() < 1e-9


def test_gaussian_noise_has_its_deviation_and_independent_channels() -> None:
    noise = (GaussianNoise(sigma=12.0, grey=False, seed=5).apply(_flat(128)) - 128)[0].flatten(1)
    covariance = torch.cov(noise)
    assert noise.mean().abs() < 0.15
    assert torch.allclose(covariance, 144 * torch.eye(3, dtype=torch.float64), atol=3)


def test_grey_noise_is_the_same_in_all_channels() -> None:
    for step in (GaussianNoise(sigma=12.0, grey=True, seed=5), PoissonNoise(scale=1.0, grey=True, seed=5)):
        noise = step.apply(_flat(128)) - 128
        assert noise.std() > 5
        assert torch.equal(noise[:, 0], noise[:, 1])
        assert torch.equal(noise[:, 0], noise[:, 2])


def test_correlated_noise_has_its_covariance() -> None:
    covariance = [[100.0, 60.0, -20.0], [60.0, 80.0, 10.0], [-20.0, 10.0, 50.0]]
    step = CorrelatedNoise(covariance=covariance, seed=5)
    found = torch.cov((step.apply(_flat(128)) - 128)[0].flatten(1))
    assert torch.allclose(found, torch.tensor(covariance, dtype=torch.float64), atol=2)
    assert (step.apply(_flat(128, channels=1)) - 128).var().item() == pytest.approx(100, abs=2)


@pytest.mark.parametrize("level", [4, 60, 180])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_poisson_noise_has_a_variance_that_grows_with_the_level(level: int, scale: float) -> None:
    noise = PoissonNoise(scale=scale, grey=False, seed=5).apply(_flat(level)) - level
    assert noise.mean().abs() < 0.1
    assert noise.var().item() == pytest.approx(scale**2 * level, rel=0.03)
    assert noise[0, 0].ne(noise[0, 1]).any()


def test_noise_stays_within_the_levels_and_is_its_seeds() -> None:
    for kind in (GaussianNoise, PoissonNoise):
        strength = {"sigma": 60.0} if kind is GaussianNoise else {"scale": 8.0}
        first, again, other = (
            kind.check({**strength, "grey": False, "seed": seed}, "step").apply(_flat(250, 64)) for seed in (1, 1, 2)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert first.max() == 255
        assert first.min() >= 0


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows_at_its_quality(channels: int) -> None:
    levels = Blur(kernel=SKEWED).apply(_picture(40, 56, channels))
    out = Jpeg(quality=40).apply(levels)
    rounded = (levels.clamp(0, 255) + 0.5).floor().to(torch.uint8)[0].numpy()
    buffer = BytesIO()
    Image.fromarray(rounded[0] if channels == 1 else rounded.transpose(1, 2, 0)).save(buffer, "JPEG", quality=40)
    expected = np.asarray(Image.open(buffer)).reshape(40, 56, channels).transpose(2, 0, 1)
    assert np.array_equal(out[0].numpy(), expected)
    worse, better = ((Jpeg(quality=q).apply(levels) - levels).square().mean() for q in (10, 95))
    assert worse > 2 * better


def test_records_that_are_none_are_refused() -> None:
    hr = _picture(32, 32).to(torch.uint8)
    for record in ({}, {"steps": [{"step": "sharpen"}]}, {"steps": [{"step": "jpeg", "quality": 101}]}):
        with pytest.raises(BadRecipe):
            replay(hr, record)


def test_a_replayed_record_follows_its_numbers() -> None:
    hr = _picture(32, 32).to(torch.uint8)
    halved = {"step": "resize", "height": 16, "width": 8, "method": "bicubic", "antialias": True}
    assert replay(hr, {"steps": [halved]}).shape == (1, 3, 16, 8)
    blur = {"step": "blur", "kernel": {"kind": "sinc", "size_px": 7, "cutoff_rad": math.pi / 2}}
    assert not torch.equal(replay(hr, {"steps": [blur]}), hr)

"""SSIM against scikit-image, and against slow references written from the definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity
from torch import Tensor

from srbench.errors import ShapeError
from srbench.metrics.ssim import Flavour, contrast_and_ssim, ssim

FLAVOURS: tuple[Flavour, ...] = ("wang", "wang-ds", "skimage-default", "daala")


def _pair(height: int, width: int, channels: int = 1, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    hr = torch.randint(0, 256, (1, channels, height, width), generator=generator).double()
    noise = torch.randint(-20, 21, hr.shape, generator=generator)
    return (hr + noise).clamp(0, 255), hr


@settings(max_examples=30)
@given(st.integers(11, 150), st.integers(11, 60), st.integers(0, 99))
def test_wang_and_uniform_equal_scikit_images(height: int, width: int, seed: int) -> None:
    sr, hr = _pair(height, width, seed=seed)
    x, y = sr[0, 0].numpy(), hr[0, 0].numpy()
    gaussian = structural_similarity(
        x, y, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, truncate=3.5
    )
    assert ssim(sr, hr, "wang").item() == pytest.approx(gaussian, abs=1e-6)
    assert ssim(sr, hr, "skimage-default").item() == pytest.approx(
        structural_similarity(x, y, data_range=255), abs=1e-6
    )


def _map(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """SSIM of one window with weights that sum to 1."""
    mx, my = (weight * x).sum(), (weight * y).sum()
    vx, vy, c = (weight * x * x).sum() - mx**2, (weight * y * y).sum() - my**2, (weight * x * y).sum() - mx * my
    c1, c2 = 2.55**2, 7.65**2
    return float((2 * mx * my + c1) * (2 * c + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2)))


def _daala_taps(sigma: float, longest: int) -> list[int]:
    """Steps of 1/256, as far as a tap can round to 1 and the shorter side goes, the rest in the middle."""
    reach = 0
    while math.exp(-(((reach + 1) / sigma) ** 2) / 2) >= math.sqrt(math.pi / 2) * sigma / 256:
        reach += 1
    reach = min(reach, longest - 1)
    side = [
        int(256 / (math.sqrt(2 * math.pi) * sigma) * math.exp(-((i / sigma) ** 2) / 2) + 0.5)
        for i in range(1, reach + 1)
    ]
    return [*side[::-1], 256 - 2 * sum(side), *side]


@pytest.mark.parametrize(("height", "width"), [(24, 19), (60, 23), (200, 21), (300, 3)])
def test_daala_equals_a_pixel_by_pixel_reference(height: int, width: int) -> None:
    sr, hr = _pair(height, width)
    x, y, taps = sr[0, 0].numpy(), hr[0, 0].numpy(), np.array(_daala_taps(1.5 * height / 256, min(height, width)))
    half, total, weights = len(taps) // 2, 0.0, 0.0
    for i in range(height):
        for j in range(width):
            rows, columns = (
                range(max(0, i - half), min(height, i + half + 1)),
                range(max(0, j - half), min(width, j + half + 1)),
            )
            weight = np.outer(taps[[r - i + half for r in rows]], taps[[c - j + half for c in columns]])
            window = np.ix_(list(rows), list(columns))
            total += weight.sum() * _map(x[window], y[window], weight / weight.sum())
            weights += weight.sum()
    assert ssim(sr, hr, "daala").item() == pytest.approx(total / weights, abs=1e-9)


@pytest.mark.parametrize(("height", "width", "factor"), [(383, 400, 1), (390, 420, 2), (700, 660, 3)])
def test_automatic_downsampling_averages_and_picks_every_fth_pixel(height: int, width: int, factor: int) -> None:
    """imfilter with an even box looks one pixel ahead; mirrored edges; then rows and columns 1, 1 + f, ..."""
    sr, hr = _pair(height, width)

    def shrink(plane: np.ndarray) -> np.ndarray:
        before, after = (factor - 1) // 2, factor // 2
        padded = np.pad(plane, (before, after), mode="symmetric")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (factor, factor))
        return windows.mean((2, 3))[::factor, ::factor]

    small = [torch.from_numpy(shrink(image[0, 0].numpy()))[None, None] for image in (sr, hr)]
    assert ssim(sr, hr, "wang-ds").item() == pytest.approx(ssim(small[0], small[1], "wang").item(), abs=1e-9)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_equal_images_score_one_and_order_does_not_matter(flavour: Flavour) -> None:
    sr, hr = _pair(40, 36)
    assert ssim(hr, hr, flavour).item() == pytest.approx(1, abs=1e-12)
    assert ssim(sr, hr, flavour).item() == pytest.approx(ssim(hr, sr, flavour).item(), abs=1e-12)
    assert ssim(sr, hr, flavour).item() < 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_colour_is_the_mean_over_channels_and_batches_are_independent(flavour: Flavour) -> None:
    sr, hr = _pair(70, 30, channels=3)
    single = [ssim(sr[:, i : i + 1], hr[:, i : i + 1], flavour).item() for i in range(3)]
    both = ssim(torch.cat([sr, hr]), torch.cat([hr, hr]), flavour)
    assert both[0].item() == pytest.approx(sum(single) / 3, abs=1e-12)
    assert both[1].item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("images", "height", "width"), [(9, 60, 70), (2, 200, 300), (2, 40, 900)])
def test_a_batch_has_the_values_of_its_images(flavour: Flavour, images: int, height: int, width: int) -> None:
    """However many planes and rows are taken at once."""
    sr, hr = _pair(height, width, channels=images)
    sr, hr = sr.transpose(0, 1), hr.transpose(0, 1)
    alone = torch.cat([ssim(x, y, flavour) for x, y in zip(sr.split(1), hr.split(1), strict=True)])
    torch.testing.assert_close(ssim(sr, hr, flavour), alone, rtol=1e-12, atol=0)


@pytest.mark.parametrize(("height", "width"), [(11, 11), (34, 34), (35, 83), (82, 35), (12, 200), (130, 70)])
def test_blocks_have_the_mean_of_the_whole_map(height: int, width: int) -> None:
    """Of one window, of whole blocks, and where rows and columns are left over."""
    sr, hr = _pair(height, width)
    _, whole = contrast_and_ssim(sr[:, 0].double(), hr[:, 0].double())
    assert ssim(sr, hr, "wang").item() == pytest.approx(whole.item(), abs=1e-13)


def test_too_small_and_unequal_images_are_refused() -> None:
    with pytest.raises(ShapeError, match="smaller than the window of 11 px"):
        ssim(torch.zeros(1, 1, 10, 30), torch.zeros(1, 1, 10, 30))
    with pytest.raises(ShapeError, match="sr is"):
        ssim(torch.zeros(1, 1, 20, 30), torch.zeros(1, 1, 30, 20))

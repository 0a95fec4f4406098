"""Kernels against closed forms: moments, orientation, profile, and frequency response."""

import math

import numpy as np
import pytest
from scipy.special import gamma

from srbench.degradation.kernels import Gaussian, Generalized, Kernel, Plateau, Sinc, Weights
from srbench.errors import BadRecipe

KERNELS: tuple[Kernel, ...] = (
    Gaussian(size_px=7, sigma_x_px=0.2, sigma_y_px=3.0, angle_rad=1.0),
    Generalized(size_px=21, sigma_x_px=2.0, sigma_y_px=1.0, shape=0.5),
    Plateau(size_px=13, sigma_x_px=2.0, sigma_y_px=2.0, shape=1.5),
    Sinc(size_px=21, cutoff_rad=1.2),
    Sinc(size_px=1, cutoff_rad=1.2),
)


def _moments(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Mean (x, y) and covariance of a kernel taken as a density over pixels."""
    line = np.arange(len(weights)) - len(weights) // 2
    y, x = np.meshgrid(line, line, indexing="ij")
    mean = np.array([(weights * x).sum(), (weights * y).sum()])
    x, y = x - mean[0], y - mean[1]
    xy = (weights * x * y).sum()
    return mean, np.array([[(weights * x * x).sum(), xy], [xy, (weights * y * y).sum()]])


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: f"{k.kind}-{k.size_px}")
def test_weights_sum_to_one_and_have_the_stated_size(kernel: Kernel) -> None:
    weights = kernel.weights()
    assert weights.shape == (kernel.size_px, kernel.size_px)
    assert weights.dtype == np.float64
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.allclose(weights, weights[::-1, ::-1], atol=1e-15)  # a half turn changes nothing


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, 2.5])
def test_a_gaussian_has_the_covariance_of_its_ellipse(angle: float) -> None:
    kernel = Gaussian(size_px=31, sigma_x_px=3.0, sigma_y_px=1.2, angle_rad=angle)
    mean, covariance = _moments(kernel.weights())
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    assert np.allclose(mean, 0, atol=1e-12)
    assert np.allclose(covariance, turn @ np.diag([9.0, 1.44]) @ turn.T, atol=1e-3)


def test_the_angle_turns_from_right_to_down() -> None:
    weights = Gaussian(size_px=9, sigma_x_px=3.0, sigma_y_px=0.7, angle_rad=math.pi / 4).weights()
    assert weights[6, 6] > 100 * weights[6, 2]  # below right of the middle against below left


def test_a_shifted_gaussian_is_centred_between_pixels() -> None:
    mean, covariance = _moments(Gaussian(size_px=21, sigma_x_px=1.5, sigma_y_px=1.5, shift_px=0.5).weights())
    assert np.allclose(mean, [0.5, 0.5], atol=1e-6)
    assert np.allclose(covariance, np.diag([2.25, 2.25]), atol=1e-6)


@pytest.mark.parametrize("shape", [0.8, 1.0, 2.0, 4.0])
def test_a_generalized_gaussian_has_its_closed_form_variance(shape: float) -> None:
    # Integrals of r^3 and r times exp(-r^(2b) / 2): E[r^2] = 2^(1/b) G(2/b) / G(1/b), half of it along each axis.
    sigma = 4.0
    variance = sigma**2 * 2 ** (1 / shape) * gamma(2 / shape) / gamma(1 / shape) / 2
    kernel = Generalized(size_px=101, sigma_x_px=sigma, sigma_y_px=sigma, shape=shape)
    _, covariance = _moments(kernel.weights())
    assert np.allclose(covariance, variance * np.eye(2), rtol=0.02, atol=1e-6)


def test_a_generalized_gaussian_of_shape_1_is_the_gaussian() -> None:
    ellipse = {"size_px": 15, "sigma_x_px": 2.5, "sigma_y_px": 1.1, "angle_rad": 0.7}
    assert np.array_equal(Generalized(**ellipse, shape=1.0).weights(), Gaussian(**ellipse).weights())


@pytest.mark.parametrize("shape", [1.0, 1.5, 2.0])
def test_a_plateau_is_half_as_high_on_its_ellipse_and_falls_by_its_power(shape: float) -> None:
    weights = Plateau(size_px=21, sigma_x_px=4.0, sigma_y_px=2.0, shape=shape).weights()
    profile = weights / weights[10, 10]
    assert profile[10, 14] == pytest.approx(0.5)  # sigma_x to the right
    assert profile[12, 10] == pytest.approx(0.5)  # sigma_y below
    assert profile[10, 18] == pytest.approx(1 / (1 + 4**shape))  # twice sigma_x
    assert profile[10, 12] == pytest.approx(1 / (1 + 0.25**shape))


@pytest.mark.parametrize("cutoff", [1.1, 2.0, math.pi])
def test_a_sinc_follows_the_bessel_formula(cutoff: float) -> None:
    # J1 by Bessel's integral, the mean of cos(t - x sin t) over half a turn, instead of the library's function.
    t = (np.arange(4000) + 0.5) * math.pi / 4000
    weights = Sinc(size_px=11, cutoff_rad=cutoff).weights()
    for y, x in ((0, 1), (3, 4), (5, 5)):
        r = math.hypot(x, y)
        bessel = np.cos(t - cutoff * r * np.sin(t)).mean()
        expected = cutoff / (2 * math.pi * r) * bessel / (cutoff**2 / (4 * math.pi))
        assert weights[5 + y, 5 + x] / weights[5, 5] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("cutoff", [1.1, 1.8])
def test_a_sinc_passes_below_its_cutoff_and_stops_above(cutoff: float) -> None:
    weights = Sinc(size_px=61, cutoff_rad=cutoff).weights()
    padded = np.zeros((256, 256))
    padded[:61, :61] = weights
    gain = np.abs(np.fft.fft2(padded))
    frequency = 2 * math.pi * np.abs(np.fft.fftfreq(256))
    radius = np.hypot(*np.meshgrid(frequency, frequency))
    assert np.abs(gain[radius < 0.85 * cutoff] - 1).max() < 0.12
    assert gain[radius > 1.15 * cutoff].max() < 0.12
    assert gain[np.abs(radius - cutoff) < 0.02].mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("kernel", "table"),
    [
        (Gaussian, {"size_px": 8, "sigma_x_px": 1.0, "sigma_y_px": 1.0}),
        (Gaussian, {"size_px": 7, "sigma_x_px": 0.0, "sigma_y_px": 1.0}),
        (Plateau, {"size_px": 7, "sigma_x_px": 1.0, "sigma_y_px": 1.0, "shape": -1.0}),
        (Sinc, {"size_px": 7, "cutoff_rad": 3.2}),
    ],
)
def test_impossible_kernels_are_refused(kernel: type[Gaussian] | type[Plateau] | type[Sinc], table: dict) -> None:
    with pytest.raises(BadRecipe):
        kernel.check(table, "kernel")

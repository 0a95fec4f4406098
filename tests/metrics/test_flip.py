"""FLIP against a plain computation on whole filters, as the paper writes them, and its limits."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate
from torch import Tensor

from srbench.errors import ShapeError
from srbench.metrics import flip as module
from srbench.metrics.flip import flip

PER_DEGREE = 67.0206432766


def _grid(radius: int) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(-radius, radius + 1), np.arange(-radius, radius + 1))


def test_the_eyes_blur_equals_whole_filters() -> None:
    """Linear until the gamut cuts: a grey image with a faint dot keeps inside of it."""
    x, y = _grid(10)
    z = (x**2 + y**2) / PER_DEGREE**2
    filters = [
        sum(a * np.sqrt(np.pi / b) * np.exp(-(np.pi**2) * z / b) for a, b in terms)
        for terms in (((1, 0.0047),), ((1, 0.0053),), ((34.1, 0.04), (13.5, 0.025)))
    ]
    opponents = torch.zeros(1, 3, 40, 40, dtype=torch.float64)
    opponents[:, 0] = 35
    opponents[0, :, 17, 20] += torch.tensor([4.0, 3.0, -2.0])
    blurred = [correlate(p.numpy(), f / f.sum(), mode="nearest") for p, f in zip(opponents[0], filters, strict=True)]
    luminance = (blurred[0] + 16) / 116
    xyz = np.stack([luminance + blurred[1] / 500, luminance, luminance - blurred[2] / 200])
    x, y, z = np.cbrt(xyz)
    lab = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    expected = np.stack([lab[0], 0.01 * lab[0] * lab[1], 0.01 * lab[0] * lab[2]])
    np.testing.assert_allclose(module._perceived(opponents)[0].numpy(), expected, atol=1e-9)


def test_features_equal_whole_filters() -> None:
    generator = torch.Generator().manual_seed(2)
    images = torch.rand(2, 1, 1, 30, 33, generator=generator, dtype=torch.float64)
    sigma = 0.5 * 0.082 * PER_DEGREE
    x, y = _grid(9)
    gaussian = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    strengths = []
    for across in (-x * gaussian, (x**2 / sigma**2 - 1) * gaussian):
        kernel = np.where(across < 0, across / -across[across < 0].sum(), across / across[across > 0].sum())
        strengths.append(
            [np.hypot(*(correlate(i.numpy()[0, 0], k, mode="nearest") for k in (kernel, kernel.T))) for i in images]
        )
    larger = np.maximum(*(abs(one - other) for one, other in strengths))
    expected = np.sqrt(larger / np.sqrt(2))
    np.testing.assert_allclose(module._feature_difference(*images)[0, 0].numpy(), expected, atol=1e-12)


def test_green_and_blue_differ_by_one_and_equal_images_by_nothing(photo: Tensor) -> None:
    green, blue = (torch.tensor(c).view(1, 3, 1, 1).expand(-1, -1, 32, 32) for c in ((0, 255, 0), (0, 0, 255)))
    assert flip(green, blue).item() == pytest.approx(1)
    assert flip(photo, photo).tolist() == [0, 0]
    with pytest.raises(ShapeError):
        flip(photo, photo[..., :64])

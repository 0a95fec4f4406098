"""LR-PSNR against a computation of its own, and the grid on images that have one."""

import numpy as np
import pytest
import torch
from torch import Tensor

from srbench.errors import ShapeError
from srbench.metrics.grid import grid
from srbench.metrics.lr_psnr import given_lr_psnr, lr_psnr


def _matrix(length: int, scale: int) -> np.ndarray:
    """One row of MATLAB's bicubic reduction for each output pixel, from Keys' kernel, mirrored at the edges."""
    matrix = np.zeros((length // scale, length))
    for row in range(length // scale):
        centre = (row + 0.5) * scale - 0.5
        places = np.arange(int(np.floor(centre - 2 * scale)), int(np.ceil(centre + 2 * scale)) + 1)
        x = np.abs(places - centre) / scale
        near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
        weights = np.where(x <= 1, near, np.where(x <= 2, far, 0))
        mirrored = np.where(places < 0, -1 - places, np.where(places >= length, 2 * length - 1 - places, places))
        np.add.at(matrix[row], mirrored, weights / weights.sum())
    return matrix


def _reduced(image: np.ndarray, scale: int) -> np.ndarray:
    rows = np.floor(np.clip(_matrix(image.shape[0], scale) @ image, 0, 255) + 0.5)
    return np.floor(np.clip(rows @ _matrix(image.shape[1], scale).T, 0, 255) + 0.5)


def test_lr_psnr_equals_a_computation_by_matrices(photo: Tensor) -> None:
    sr, hr = (photo[:1] + 9).clamp(0, 255), photo[:1]
    x, y = (np.stack([_reduced(plane, 4) for plane in image[0].numpy()]) for image in (sr, hr))
    expected = 10 * np.log10(255**2 / ((x - y) ** 2).mean())
    assert lr_psnr(sr, hr, scale=4).item() == pytest.approx(expected, abs=1e-9)
    assert given_lr_psnr(sr, torch.from_numpy(y)[None], scale=4).item() == pytest.approx(expected, abs=1e-9)


def test_lr_of_another_size_is_refused(photo: Tensor) -> None:
    with pytest.raises(ShapeError, match="4 times as large"):
        given_lr_psnr(photo, photo[..., :40, :40], scale=4)


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("axes", ["rows", "columns", "both"])
def test_a_faint_grid_stands_out(photo: Tensor, period: int, axes: str) -> None:
    """3 levels of a wave at the scale's periods, which grain of 12 levels hides from the eye."""
    rows, columns = (torch.cos(2 * torch.pi * torch.arange(side) / period) for side in photo.shape[-2:])
    wave = {"rows": rows[:, None], "columns": columns, "both": rows[:, None] * columns}[axes]
    plain, marked = grid(photo, scale=4), grid(photo + 3 * wave, scale=4)
    assert bool((plain < 8).all())
    assert bool((marked > plain + 10).all())


def test_a_flat_image_has_no_grid_and_a_small_one_no_value() -> None:
    assert grid(torch.full((1, 3, 64, 64), 128.0), scale=4).item() == pytest.approx(0, abs=1e-6)
    with pytest.raises(ShapeError, match="64 px"):
        grid(torch.zeros(1, 3, 63, 90), scale=4)

"""Signs that an output is not what it seems: a value no real model reaches, a shift, a constant or broken image."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from srbench import image

PLAUSIBLE_DB = 50.0
SHIFT_PX = 0.35
"""Flagged from here on: between what clean models show and half a pixel; see `shift_px`."""


def find(sr: Tensor, hr: Tensor) -> list[str]:
    """Look for implausible outputs.

    Args:
        sr: `(1, C, H, W)`, levels 0..255; may hold NaN.
        hr: The same shape and range.

    Returns:
        Short texts, empty when nothing is odd.
    """
    if not torch.isfinite(sr.float()).all():
        return ["output has NaN or infinite values"]
    if sr.min() == sr.max() and hr.min() != hr.max():
        return ["output is constant"]
    found = []
    y_sr, y_hr = image.luma(sr), image.luma(hr)
    mse = (y_sr - y_hr).square_().mean()
    if mse == 0:
        found.append("output equals HR (infinite PSNR): was HR scored against itself?")
    elif 10 * torch.log10(255**2 / mse) > PLAUSIBLE_DB:
        found.append(f"PSNR above {PLAUSIBLE_DB:.0f} dB: was HR scored against a copy of itself?")
    down, right = shift_px(y_sr, y_hr)
    if max(abs(down), abs(right)) >= SHIFT_PX:
        found.append(f"output is shifted by about {down:+.1f} px down and {right:+.1f} px right of HR")
    return found


def shift_px(sr: Tensor, hr: Tensor, pool: int = 4) -> tuple[float, float]:
    """Estimate a global shift between two images of the same scene by least squares on image gradients.

    Both images are averaged over blocks first, so that a shift of a few pixels stays within the linear range and the
    detail that a model lacks has no say.

    Args:
        sr: `(1, 1, H, W)` luma.
        hr: The same shape.
        pool: Block size in pixels.

    Returns:
        Shift of sr against hr, down and right, in pixels; zeros for images under 8 blocks or without gradients.

    Source:
        Lucas and Kanade, An iterative image registration technique, IJCAI 1981, eq. 8, one step.
    """
    if min(hr.shape[-2:]) < 8 * pool:
        return 0.0, 0.0
    a, b = avg_pool2d(sr.double(), pool), avg_pool2d(hr.double(), pool)
    mean = (a + b) / 2
    down = (mean[..., 2:, 1:-1] - mean[..., :-2, 1:-1]) / 2
    right = (mean[..., 1:-1, 2:] - mean[..., 1:-1, :-2]) / 2
    change = (b - a)[..., 1:-1, 1:-1]
    normal = torch.stack([(down * down).sum(), (down * right).sum(), (down * right).sum(), (right * right).sum()]).view(
        2, 2
    )
    if torch.linalg.det(normal) <= 1e-6 * normal.trace() ** 2:
        return 0.0, 0.0
    step = torch.linalg.solve(normal, torch.stack([(down * change).sum(), (right * change).sum()]))
    return float(step[0]) * pool, float(step[1]) * pool

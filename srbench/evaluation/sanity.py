"""Sanity checks of outputs: a value that no real model reaches, a shift, a constant or broken image."""

import numpy as np
import torch
from torch import Tensor

from srbench.core import image

PLAUSIBLE_DB = 50.0
SHIFT_PX, SHIFT_ERRORS, SHIFT_SIDE_PX, _LEAST_SLOPE = 0.32, 3, 128, 0.3
"""A shift is reported when its estimate, less 3 standard errors, is 0.32 px or more.

Measured on crops of BSDS500 and SunHays80, which are in no test set here, with 9 models: at 128 px 2 false alarms in
1,350 outputs and 98.5 % of half-pixel shifts found, at 160 px 1 in 810 and 99.3 %, of those with enough slope (97 %).
Smaller images hold too little to tell a shift from what a GAN invents, and so do images whose averaged slope in one
direction is below 0.3 levels a pixel: skies and walls.
"""

_STRIDE_PX = 2


def check(sr: Tensor, hr: Tensor, lumas: tuple[Tensor, Tensor] | None = None) -> list[str]:
    """Look for implausible outputs.

    Args:
        sr: `(1, C, H, W)`, levels 0..255; may hold NaN.
        hr: The same shape and range.
        lumas: Luma of both images, where it is known already.

    Returns:
        A short text for each finding; nothing where the output is plausible.
    """
    if sr.is_floating_point() and not torch.isfinite(sr).all():
        return ["output has NaN or infinite values"]
    y_sr, y_hr = lumas or (image.luma(sr), image.luma(hr))
    if _is_flat(y_sr) and not _is_flat(y_hr):
        return ["output is constant"]
    warnings = []
    mse = (y_sr - y_hr).square_().mean()
    if mse == 0:
        warnings.append("output equals HR (infinite PSNR): was HR scored against itself?")
    elif 10 * torch.log10(255**2 / mse) > PLAUSIBLE_DB:
        warnings.append(f"PSNR above {PLAUSIBLE_DB:.0f} dB: was HR scored against a copy of itself?")
    (down, right), errors = shift_px(y_sr, y_hr)
    if max(abs(down) - SHIFT_ERRORS * errors[0], abs(right) - SHIFT_ERRORS * errors[1]) >= SHIFT_PX:
        warnings.append(f"output is shifted by about {down:+.1f} px down and {right:+.1f} px right of HR")
    return warnings


def _is_flat(plane: Tensor) -> bool:
    low, high = plane.aminmax()
    return bool(low == high)


def shift_px(sr: Tensor, hr: Tensor) -> tuple[tuple[float, float], tuple[float, float]]:
    """Estimate a global shift between two images of the same scene by least squares on image gradients.

    Both images are averaged over 6 x 6 px first, every second pixel, so that a shift of a few pixels stays within the
    linear range and the detail that a model lacks has no say.

    Args:
        sr: `(1, 1, H, W)` luma.
        hr: The same shape.

    Returns:
        Shift of sr against hr, down and right, in pixels, and the standard errors of both; zeros for images of less
        than 128 px, or almost without gradients.

    Source:
        Lucas and Kanade, An iterative image registration technique, IJCAI 1981, one step; errors by White's sandwich.
    """
    nothing = (0.0, 0.0), (0.0, 0.0)
    if min(hr.shape[-2:]) < SHIFT_SIDE_PX:
        return nothing
    a, b = (_averaged(plane[0, 0].float()) for plane in (sr, hr))
    mean = (a + b) / 2
    down, right = mean[2:, 1:-1] - mean[:-2, 1:-1], mean[1:-1, 2:] - mean[1:-1, :-2]
    slopes = torch.stack([down, right]).flatten(1) / 2  # (2, pixels)
    slopes = slopes - slopes.mean(1, keepdim=True)  # an output that is a little brighter is not shifted
    change = (b - a)[1:-1, 1:-1].flatten()
    change = change - change.mean()
    normal = (slopes @ slopes.T).double().cpu().numpy()  # 2 x 2: not worth a kernel each
    least = max(np.linalg.eigvalsh(normal)[0], 0.0) / change.numel()  # of the direction in which least is seen
    if least < _LEAST_SLOPE**2 or np.linalg.det(normal) <= 1e-6 * normal.trace() ** 2:
        return nothing
    inverse = np.linalg.inv(normal)
    down_px, right_px = inverse @ (slopes @ change).double().cpu().numpy()
    scores = slopes * (change - down_px * slopes[0] - right_px * slopes[1])
    errors = np.sqrt((inverse @ (scores @ scores.T).double().cpu().numpy() @ inverse).diagonal()) * _STRIDE_PX
    return (float(down_px) * _STRIDE_PX, float(right_px) * _STRIDE_PX), (float(errors[0]), float(errors[1]))


def _averaged(plane: Tensor) -> Tensor:
    """Average over 6 x 6 px with a stride of 2, by sums of pairs and of three pairs; pooling takes 4 times as long."""
    height, width = (side // 2 * 2 for side in plane.shape)
    rows = plane[0:height:2, :width] + plane[1:height:2, :width]
    pairs = rows[:, 0::2] + rows[:, 1::2]
    tall = pairs[:-2] + pairs[1:-1] + pairs[2:]
    return (tall[:, :-2] + tall[:, 1:-1] + tall[:, 2:]) / 36

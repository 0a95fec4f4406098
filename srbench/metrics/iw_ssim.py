"""Information content weighted structural similarity."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from srbench.metrics.filtering import correlate, gaussian
from srbench.metrics.laplacian import laplacian
from srbench.metrics.metric import check, of_cards

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_NOISE, _TINY, _WINDOW_PX = 0.4, 2.0**-52, 11
_SMALLEST_PX = 161


def iw_ssim(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute SSIM in five bands of a Laplacian pyramid, each weighted by the information of its pixels.

    The information of a pixel is that of the 3 x 3 around it in both images and, in the three finest bands, of its
    parent in the next band. Luminance counts in the coarsest band alone, which has no weights.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, 0 to 1.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 161 px.

    Source:
        Wang and Li, Information content weighting for perceptual image quality assessment, IEEE TIP 20(5), 2011,
        eqs. 17 to 29.
    """
    check(sr, hr, _SMALLEST_PX)
    pyramids = (laplacian(image.double(), len(_WEIGHTS)) for image in (sr, hr))
    bands = list(zip(*pyramids, strict=True))
    means = []
    for level, (x, y) in enumerate(bands):
        contrast, whole = _similarity(x, y)
        if level == len(bands) - 1:
            means.append(whole.mean((1, 2, 3)))
            continue
        parent = bands[level + 1][1] if level < len(bands) - 2 else None
        margin = (_WINDOW_PX - 3) // 2
        weight = _information(x, y, parent)[..., margin:-margin, margin:-margin]
        total = weight.sum((1, 2, 3))
        weighted = (contrast * weight).sum((1, 2, 3)) / total.clamp(min=1e-300)
        means.append(torch.where(total > 0, weighted, contrast.mean((1, 2, 3))))
    weights = torch.tensor(_WEIGHTS, dtype=torch.float64, device=sr.device)
    return (torch.stack(means, -1).abs() ** (weights / weights.sum())).prod(-1)


def _similarity(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the maps of contrast times structure, and of SSIM, of windows that lie inside."""
    window = gaussian(_WINDOW_PX, 1.5)
    mean_x, mean_y = correlate(x, window), correlate(y, window)
    power_x = (correlate(x * x, window) - mean_x**2).clamp(min=0)
    power_y = (correlate(y * y, window) - mean_y**2).clamp(min=0)
    contrast = (2 * (correlate(x * y, window) - mean_x * mean_y) + _C2) / (power_x + power_y + _C2)
    return contrast, (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1) * contrast


def _information(x: Tensor, y: Tensor, parent: Tensor | None) -> Tensor:
    """Return the information in bits of each pixel that has eight neighbours. `(N, 1, H - 2, W - 2)`."""
    gain, noise = _channel(x, y)
    around = y.unfold(-2, 3, 1).unfold(-2, 3, 1).flatten(-2)  # (N, 1, H - 2, W - 2, 9)
    if parent is not None:
        above = _enlarged(parent)[..., : y.shape[-2], : y.shape[-1]][..., 1:-1, 1:-1]
        around = torch.cat([around, above[..., None]], -1)
    vectors = around.flatten(1, 3)  # (N, pixels, 9 or 10)
    values, axes = torch.linalg.eigh(vectors.mT @ vectors / vectors.shape[1])
    positive = values.clamp(min=0)
    total = positive.sum(-1, keepdim=True)
    strengths = positive * values.sum(-1, keepdim=True) / torch.where(total > 0, total, 1.0)
    inverse = torch.where(strengths > 0, 1 / strengths.clamp(min=1e-300), 0.0)
    spread = ((vectors @ axes) ** 2 * inverse[:, None]).mean(-1).view(around.shape[:-1])
    both = noise + (1 + gain**2) * _NOISE
    bits = torch.zeros_like(spread)
    for strength in strengths.unbind(-1):
        of_axis = both * spread * strength[:, None, None, None] + _NOISE * noise
        bits += torch.log2(1 + of_axis / _NOISE**2)
    return torch.where(bits < _TINY, 0.0, bits)


def _channel(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return gain and variance of the noise, by regression of the image on its original in 3 x 3 pixels."""
    mean_x, mean_y = avg_pool2d(x, 3, 1), avg_pool2d(y, 3, 1)
    power_x = (avg_pool2d(x * x, 3, 1) - mean_x**2).clamp(min=0)
    power_y = (avg_pool2d(y * y, 3, 1) - mean_y**2).clamp(min=0)
    crossed = avg_pool2d(x * y, 3, 1) - mean_x * mean_y
    gain = crossed / (power_y + _TINY)
    noise = power_x - gain * crossed
    flat_y, flat_x = power_y < _TINY, power_x < _TINY
    return gain.masked_fill(flat_y | flat_x, 0), torch.where(flat_y, power_x, noise).masked_fill(flat_x, 0)


def _enlarged(parent: Tensor) -> Tensor:
    """Double the size: four times less 3 px by bilinear interpolation, a rim that goes on straight, every second."""
    height, width = (4 * side - 3 for side in parent.shape[-2:])
    inner = interpolate(parent, (height, width), mode="bilinear", align_corners=False)
    for dim in (-2, -1):
        length = inner.shape[dim]
        first, last = (
            2 * inner.narrow(dim, edge, 1) - inner.narrow(dim, next_, 1)
            for edge, next_ in ((0, 1), (length - 1, length - 2))
        )
        inner = torch.cat([first, inner, last], dim)
    return inner[..., ::2, ::2]


METRICS = of_cards(__file__, {"iw-ssim": lambda _: iw_ssim})

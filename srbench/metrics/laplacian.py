"""The Laplacian pyramid of Burt and Adelson, as Simoncelli's toolbox builds it, with mirrored edges."""

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

_TAPS = torch.tensor([1, 4, 6, 4, 1], dtype=torch.float64) / 16 * math.sqrt(2)


def laplacian(plane: Tensor, levels: int) -> list[Tensor]:
    """Decompose planes into bands, the finest first and what is left of low frequencies last.

    Args:
        plane: float64 `(N, 1, H, W)`.
        levels: Number of bands, at least 1.

    Returns:
        float64 `(N, 1, H / 2^i, W / 2^i)` each, halves rounded up.

    Source:
        Burt and Adelson, The Laplacian pyramid as a compact image code, IEEE Trans. Communications 31(4), 1983, with
        filters of which each has the sum sqrt(2).
    """
    bands = []
    for _ in range(levels - 1):
        low = _smooth(_smooth(plane, -1)[..., ::2], -2)[..., ::2, :]
        bands.append(plane - _enlarged(low, plane.shape[-2], plane.shape[-1]))
        plane = low
    return [*bands, plane]


def _smooth(planes: Tensor, dim: int) -> Tensor:
    half = len(_TAPS) // 2
    sides = (half, half, 0, 0) if dim == -1 else (0, 0, half, half)
    shape = (1, 1, 1, -1) if dim == -1 else (1, 1, -1, 1)
    return conv2d(pad(planes, sides, mode="reflect"), _TAPS.to(planes).view(shape))


def _enlarged(low: Tensor, height: int, width: int) -> Tensor:
    """Double the size by zeros between the pixels, smoothed."""
    wide = torch.zeros(*low.shape[:-1], 2 * low.shape[-1], dtype=low.dtype, device=low.device)
    wide[..., ::2] = low
    wide = _smooth(wide, -1)[..., :width]
    tall = torch.zeros(*low.shape[:-2], 2 * low.shape[-2], width, dtype=low.dtype, device=low.device)
    tall[..., ::2, :] = wide
    return _smooth(tall, -2)[..., :height, :]

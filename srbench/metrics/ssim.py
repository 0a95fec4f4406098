"""Structural similarity in the four flavours found in super-resolution papers.

They differ by 0.01 to 0.06 on the same images, so the flavour is part of the metric's name.

- `wang`: Wang et al. 2004, eq. 13: 11x11 Gaussian, sigma 1.5, K1 0.01, K2 0.03, valid region, no downsampling.
- `wang-ds`: the same after the automatic downsampling of the authors' later `ssim.m`: box filter and every f-th pixel,
  f = max(1, round(min(H, W) / 256)).
- `skimage-default`: scikit-image's default, a 7x7 uniform window with sample covariance.
- `daala`: the SRGAN paper's: xiph/daala @ 0b5ce2f, tools/dump_ssim.c: sigma 1.5 * height / 256, kernel rounded to
  1/256, edges renormalised.

Colour images are averaged over channels. All arithmetic is in float64: in float32 the variances lose 4 digits.
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Literal

import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.metrics.filtering import box_ahead
from srbench.metrics.metric import Score, check, of_cards
from srbench.metrics.ssim_blocks import mean_ssim

Flavour = Literal["wang", "wang-ds", "skimage-default", "daala"]

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WINDOW_PX: dict[Flavour, int] = {"wang": 11, "wang-ds": 11, "skimage-default": 7, "daala": 1}
_BLOCK_PX, _BLOCK_ROWS = 24_000, 32  # keeps the four moment maps of a block in the second-level cache; rows at least


def ssim(sr: Tensor, hr: Tensor, flavour: Flavour = "wang") -> Tensor:
    """Compute the mean structural similarity of each pair.

    Args:
        sr: `(N, C, H, W)`, levels 0..255.
        hr: Original of the same shape and range.
        flavour: Choice of window and edges, see the module's text.

    Returns:
        float64 `(N,)`, at most 1.

    Raises:
        ShapeError: The shapes differ, or the image is smaller than the window.

    Examples:
        >>> import torch
        >>> hr = torch.arange(256.0).reshape(1, 1, 16, 16)
        >>> ssim(hr, hr).item()
        1.0
    """
    check(sr, hr, _WINDOW_PX[flavour])
    x, y = sr.flatten(0, 1), hr.flatten(0, 1)
    # On the CPU one plane at a time, or as many small ones as fit the cache.
    at_once = max(1, _BLOCK_PX // hr.shape[-2:].numel()) if hr.device.type == "cpu" else len(y)
    parts = zip(x.split(at_once), y.split(at_once), strict=True)
    of_planes = torch.cat([_planes(part_x.double(), part_y.double(), flavour) for part_x, part_y in parts])
    return of_planes.view(hr.shape[:2]).mean(1)


def _planes(x: Tensor, y: Tensor, flavour: Flavour) -> Tensor:
    """SSIM of each plane. x, y: `(B, H, W)` float64."""
    if flavour == "daala":
        return _daala(x, y)
    if flavour == "wang-ds":
        x, y = _downsample(x), _downsample(y)
    return _windowed(x, y, uniform=flavour == "skimage-default")


def _windowed(x: Tensor, y: Tensor, *, uniform: bool) -> Tensor:
    """SSIM over the windows that lie wholly inside, in blocks of rows. x, y: `(B, H, W)` float64."""
    taps = (1 / 7,) * 7 if uniform else _gaussian(11, 1.5)
    if x.device.type == "cpu" and not uniform:
        return torch.stack([mean_ssim(*planes, taps, _C1, _C2) for planes in zip(x, y, strict=True)])
    # scikit-image divides the covariances by n - 1, Wang by n.
    unbias = 49 / 48 if uniform else 1.0
    height, width = x.shape[-2] - len(taps) + 1, x.shape[-1] - len(taps) + 1
    total = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    block = max(_BLOCK_ROWS, _BLOCK_PX // x.shape[-1]) if x.device.type == "cpu" else height
    for top in range(0, height, block):
        rows = slice(top, min(top + block, height) + len(taps) - 1)
        total += _sum_of_map(x[:, rows], y[:, rows], taps, unbias)
    return total / (height * width)


def contrast_and_ssim(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of contrast times structure alone, and that of Wang's whole SSIM, which MS-SSIM needs.

    Args:
        x: float64 `(B, H, W)`, levels 0..255.
        y: The same of the original.

    Returns:
        Two float64 `(B,)`.
    """
    taps = _gaussian(11, sigma=1.5)
    mean_x, mean_y, squares, product = _filter(_filter(torch.stack([x, y, x * x + y * y, x * y]), taps, -2), taps, -1)
    means, power = mean_x * mean_y, mean_x.square() + mean_y.square()
    contrast = (2 * (product - means) + _C2) / (squares - power + _C2)
    return contrast.mean((1, 2)), ((2 * means + _C1) / (power + _C1) * contrast).mean((1, 2))


def _sum_of_map(x: Tensor, y: Tensor, taps: tuple[float, ...], unbias: float) -> Tensor:
    moments = torch.stack([x, y, x * x + y * y, x * y])
    mean_x, mean_y, squares, product = _filter(_filter(moments, taps, -2), taps, -1)
    means, power = mean_x * mean_y, mean_x.square_() + mean_y.square_()
    structure = (product - means).mul_(2 * unbias).add_(_C2)
    spread = (squares - power).mul_(unbias).add_(_C2)
    return (means.mul_(2).add_(_C1) * structure / (power.add_(_C1) * spread)).sum((1, 2))


def _filter(maps: Tensor, taps: tuple[float, ...], dim: int) -> Tensor:
    """Correlate with a symmetric odd kernel along one dimension, valid region; mirrored taps share a product."""
    length = maps.shape[dim] - len(taps) + 1
    half = len(taps) // 2
    out = maps.narrow(dim, half, length) * taps[half]
    for tap in range(half):
        pair = maps.narrow(dim, tap, length) + maps.narrow(dim, len(taps) - 1 - tap, length)
        out.add_(pair, alpha=taps[tap])
    return out


@lru_cache
def _gaussian(size: int, sigma: float) -> tuple[float, ...]:
    raw = [math.exp(-((i - size // 2) ** 2) / (2 * sigma**2)) for i in range(size)]
    return tuple(value / sum(raw) for value in raw)


def _downsample(image: Tensor) -> Tensor:
    """Reduce as ssim.m does: imfilter(..., 'symmetric') and (1:f:end)."""
    return box_ahead(image, max(1, math.floor(min(image.shape[-2:]) / 256 + 0.5)), mirrored=True)


def _daala(x: Tensor, y: Tensor) -> Tensor:
    """SSIM with weights that shrink at the edges; each pixel counts by the weight that lies inside the image."""
    height, width = x.shape[-2:]
    taps = _daala_kernel(height * 1.5 / 256, min(height, width))
    maps = torch.stack([x, y, x * x + y * y, x * y])
    half = len(taps) // 2
    for dim in (-1, -2):
        padding = (half, half) if dim == -1 else (0, 0, half, half)
        maps = _filter(torch.nn.functional.pad(maps, padding), taps, dim)
    ones = torch.ones(1, height, width, dtype=torch.float64, device=x.device)
    weight = _filter(torch.nn.functional.pad(ones, (half, half)), taps, -1)
    weight = _filter(torch.nn.functional.pad(weight, (0, 0, half, half)), taps, -2)
    mean_x, mean_y, squares, product = maps / weight
    means, power = mean_x * mean_y, mean_x**2 + mean_y**2
    local = (2 * means + _C1) * (2 * (product - means) + _C2) / ((power + _C1) * (squares - power + _C2))
    return (local * weight).sum((1, 2)) / weight.sum()


@lru_cache
def _daala_kernel(sigma: float, longest: int) -> tuple[float, ...]:
    """A Gaussian in steps of 1/256, cut where a tap would round to nothing; the centre takes the remainder."""
    area = math.sqrt(0.5 * math.pi) * sigma / 256
    reach = 0 if area >= 1 else math.floor(sigma * math.sqrt(-2 * math.log(area)))
    reach = min(reach, longest - 1)
    peak = 256 / (math.sqrt(2 * math.pi) * sigma)
    side = [math.floor(peak * math.exp(-0.5 * (i / sigma) ** 2) + 0.5) for i in range(1, reach + 1)]
    taps = [*reversed(side), 256 - 2 * sum(side), *side]
    return tuple(value / 256 for value in taps)


def _open(flavour: Flavour) -> Callable[[AssetStore], Score]:
    return lambda _: partial(ssim, flavour=flavour)


METRICS = of_cards(
    __file__,
    {f"ssim.{flavour}": _open(flavour) for flavour in _WINDOW_PX}
    | {f"ssim.wang.{channel}": _open("wang") for channel in ("y", "rgb", "grey")},
)

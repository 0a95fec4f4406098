"""Haar wavelet-based perceptual similarity index."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from srbench.metrics.metric import check, of_cards
from srbench.metrics.yiq import yiq

_C, _ALPHA, _SCALES = 30.0, 4.2, 3
_SMALLEST_PX = 16


def haarpsi(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute the similarity of Haar wavelet coefficients, weighted by the coarsest of them.

    Images are halved first, by averages of 2 x 2 pixels; outside them is 0.

    Args:
        sr: `(N, C, H, W)` RGB or grey, levels 0..255. Of grey only luma is compared.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, 0 to 1; 1 for equal images.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 16 px.

    Source:
        Reisenhofer, Bosse, Kutyniok and Wiegand, A Haar wavelet-based perceptual similarity index, Signal Processing:
        Image Communication 61, 2018, eqs. 7 to 12. The matrix to YIQ has four digits, as in piq; three move a value of
        colour images by 1e-4.
    """
    check(sr, hr, _SMALLEST_PX)
    coloured = ~(_is_grey(sr) & _is_grey(hr))
    x, y = (_halved(yiq(image.double(), digits=4)) for image in (sr, hr))
    waves_x, waves_y = _coefficients(x[:, :1]), _coefficients(y[:, :1])
    fine = range(_SCALES - 1)
    similarity = torch.stack([_similar(waves_x[scale], waves_y[scale]) for scale in fine]).mean(0)
    weight = torch.maximum(waves_x[-1], waves_y[-1])  # (N, 2, H, W): both orientations
    if coloured.any():
        colours = _similar(_smooth(x[:, 1:]).abs(), _smooth(y[:, 1:]).abs()).mean(1, keepdim=True)
        similarity = torch.cat([similarity, colours], 1)
        weight = torch.cat([weight, weight.mean(1, keepdim=True) * coloured[:, None, None, None]], 1)
    total = weight.sum((1, 2, 3))
    squashed = 1 / (1 + torch.exp(-_ALPHA * similarity))
    mean = torch.where(
        total > 0, (squashed * weight).sum((1, 2, 3)) / total.clamp(min=1e-300), squashed.mean((1, 2, 3))
    )
    return (torch.log(mean / (1 - mean)) / _ALPHA) ** 2


def _is_grey(levels: Tensor) -> Tensor:
    return (levels == levels[:, :1]).flatten(1).all(1)


def _halved(planes: Tensor) -> Tensor:
    odd = max(planes.shape[-2] % 2, planes.shape[-1] % 2)
    return avg_pool2d(pad(planes, (0, odd, 0, odd)), 2)


def _coefficients(luma: Tensor) -> list[Tensor]:
    """Absolute coefficients of three scales, each `(N, 2, H, W)`: across and along."""
    found = []
    for side in (2 ** (scale + 1) for scale in range(_SCALES)):
        padded = _padded(luma, side)
        waves = [_difference(_sums(padded, side, 5 - dim), side // 2, dim) for dim in (2, 3)]
        found.append(torch.cat(waves, 1).abs_().div_(side))
    return found


def _smooth(colours: Tensor) -> Tensor:
    """Average 2 x 2 pixels around each, `(N, 2, H, W)`."""
    return _sums(_sums(_padded(colours, 2), 2, 2), 2, 3).div_(4)


def _padded(planes: Tensor, side: int) -> Tensor:
    """Put zeros around planes, as `conv2(..., 'same')` places an even window."""
    before, after = side // 2 - 1, side // 2
    return pad(planes, (before, after, before, after))


def _sums(planes: Tensor, length: int, dim: int) -> Tensor:
    """Add `length` neighbours, a power of 2, along a dimension: sums of sums."""
    step = 1
    while step < length:
        count = planes.shape[dim] - step
        planes = planes.narrow(dim, 0, count) + planes.narrow(dim, step, count)
        step *= 2
    return planes


def _difference(planes: Tensor, half: int, dim: int) -> Tensor:
    """Subtract the sum of `half` neighbours along a dimension from that of those before them."""
    halves = _sums(planes, half, dim)
    count = halves.shape[dim] - half
    return halves.narrow(dim, 0, count) - halves.narrow(dim, half, count)


def _similar(x: Tensor, y: Tensor) -> Tensor:
    return (2 * x * y + _C) / (x * x + y * y + _C)


METRICS = of_cards(__file__, {"haarpsi": lambda _: haarpsi})

"""Haar wavelet-based perceptual similarity index."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

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
    for scale in range(_SCALES):
        side = 2 ** (scale + 1)
        kernel = torch.full((side, side), 1 / side, dtype=torch.float64, device=luma.device)
        kernel[side // 2 :] = -1 / side
        found.append(_same(luma, torch.stack([kernel, kernel.T])[:, None]).abs())
    return found


def _smooth(colours: Tensor) -> Tensor:
    return _same(colours.flatten(0, 1)[:, None], torch.full((1, 1, 2, 2), 0.25, dtype=torch.float64)).view(
        colours.shape
    )


def _same(planes: Tensor, kernels: Tensor) -> Tensor:
    """Correlate with an even kernel, zeros outside, as `conv2(..., 'same')` places it."""
    side = kernels.shape[-1]
    before, after = side // 2 - 1, side // 2
    return conv2d(pad(planes, (before, after, before, after)), kernels.to(planes))


def _similar(x: Tensor, y: Tensor) -> Tensor:
    return (2 * x * y + _C) / (x * x + y * y + _C)


METRICS = of_cards(__file__, {"haarpsi": lambda _: haarpsi})

"""The difference that is seen when one of two images replaces the other at the same place: LDR-FLIP."""

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from srbench.metrics.metric import check, of_cards

_PIXELS_PER_DEGREE = 0.7 * (3840 / 0.7) * math.pi / 180
"""0.7 m from a monitor of 3840 px on 0.7 m, the authors' usual one."""

# Gaussians of the contrast sensitivity: weight and width of each, for black-white, red-green and blue-yellow.
_SENSITIVITY = (((1.0, 0.0047),), ((1.0, 0.0053),), ((34.1, 0.04), (13.5, 0.025)))
_WIDEST = 0.04
_COLOUR_POWER, _KNEE, _AT_KNEE = 0.7, 0.4, 0.95
_FEATURE_DEGREES, _FEATURE_POWER = 0.082, 0.5
_TO_XYZ = (
    (10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794),
    (2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897),
    (1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382),
)
_WHITE = tuple(sum(row) for row in _TO_XYZ)
_BEND = 6 / 29


def flip(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute the mean difference of colours and edges as they are seen from 0.7 m on a 4K monitor of 0.7 m.

    Args:
        sr: `(N, 3, H, W)` sRGB, levels 0..255; a single channel is repeated.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, 0 where the images are equal, at most 1.

    Raises:
        ShapeError: The shapes differ.

    Source:
        Andersson, Nilsson, Akenine-Moller, Oskarsson, Astrom and Fairchild, FLIP: a difference evaluator for
        alternating images, HPG 2020, sections 4.1 to 4.3; package flip-evaluator 1.7.
    """
    check(sr, hr)
    opponents = [_opponents(_linear(each.expand(-1, 3, -1, -1).double() / 255)) for each in (sr, hr)]
    colour = _colour_difference(*(_perceived(each) for each in opponents))
    edges = _feature_difference(*((each[:, :1] + 16) / 116 for each in opponents))
    return (colour ** (1 - edges)).mean((1, 2, 3))


def _linear(rgb: Tensor) -> Tensor:
    return torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _xyz(linear: Tensor) -> Tensor:
    """Linear RGB to XYZ, over that of white."""
    matrix = linear.new_tensor(_TO_XYZ) / linear.new_tensor(_WHITE)[:, None]
    return torch.einsum("ij,njhw->nihw", matrix, linear)


def _opponents(linear: Tensor) -> Tensor:
    """Linear RGB to the linear form of CIELab, YCxCz."""
    x, y, z = _xyz(linear).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _perceived(opponents: Tensor) -> Tensor:
    """Blur as the eye does, and return Hunt-adjusted CIELab `(N, 3, H, W)`."""
    radius = math.ceil(3 * math.sqrt(_WIDEST / (2 * math.pi**2)) * _PIXELS_PER_DEGREE)
    planes = []
    for channel, gaussians in enumerate(_SENSITIVITY):
        taps = [_taps(width, radius, opponents) for _, width in gaussians]
        weights = [weight * math.sqrt(math.pi / width) for weight, width in gaussians]
        total = sum(weight * float(tap.sum()) ** 2 for weight, tap in zip(weights, taps, strict=True))
        plane = opponents[:, channel : channel + 1]
        blurred = [weight / total * _separable(plane, tap, tap) for weight, tap in zip(weights, taps, strict=True)]
        planes.append(torch.stack(blurred).sum(0))
    y = (planes[0] + 16) / 116
    relative = torch.cat([y + planes[1] / 500, y, y - planes[2] / 200], 1)
    matrix = torch.linalg.inv(opponents.new_tensor(_TO_XYZ)) * opponents.new_tensor(_WHITE)
    linear = torch.einsum("ij,njhw->nihw", matrix, relative).clamp(0, 1)
    return _hunt(_lab(linear))


def _taps(width: float, radius: int, like: Tensor) -> Tensor:
    degrees = torch.arange(-radius, radius + 1).to(like) / _PIXELS_PER_DEGREE
    return torch.exp(-(math.pi**2) * degrees**2 / width)


def _lab(linear: Tensor) -> Tensor:
    xyz = _xyz(linear)
    x, y, z = torch.where(xyz > _BEND**3, xyz ** (1 / 3), xyz / (3 * _BEND**2) + 4 / 29).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _hunt(lab: Tensor) -> Tensor:
    """Let colours of dark pixels count less."""
    return torch.cat([lab[:, :1], 0.01 * lab[:, :1] * lab[:, 1:]], 1)


def _hyab(x: Tensor, y: Tensor) -> Tensor:
    difference = x - y
    return difference[:, :1].abs() + difference[:, 1:].norm(dim=1, keepdim=True)


def _colour_difference(x: Tensor, y: Tensor) -> Tensor:
    """Differences of colours, 0 to 1: 1 is that of green and blue."""
    green, blue = (_hunt(_lab(x.new_tensor(colour).view(1, 3, 1, 1))) for colour in ((0, 1, 0), (0, 0, 1)))
    largest = _hyab(green, blue) ** _COLOUR_POWER
    difference, knee = _hyab(x, y) ** _COLOUR_POWER, _KNEE * largest
    above = _AT_KNEE + (difference - knee) / (largest - knee) * (1 - _AT_KNEE)
    return torch.where(difference < knee, _AT_KNEE / knee * difference, above)


def _feature_difference(x: Tensor, y: Tensor) -> Tensor:
    """Differences of edges and of points, whichever is larger, 0 to 1."""
    sigma = 0.5 * _FEATURE_DEGREES * _PIXELS_PER_DEGREE
    places = torch.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1).to(x)
    window = torch.exp(-(places**2) / (2 * sigma**2))
    differences = []
    for derivative in (-places * window, (places**2 / sigma**2 - 1) * window):
        across = _balanced(derivative, window)
        strengths = [
            torch.cat([_separable(each, across, window), _separable(each, window, across)], 1).norm(dim=1, keepdim=True)
            for each in (x, y)
        ]
        differences.append((strengths[0] - strengths[1]).abs())
    return (torch.stack(differences).amax(0) / math.sqrt(2)) ** _FEATURE_POWER


def _balanced(across: Tensor, window: Tensor) -> Tensor:
    """Let the positive weights of a filter sum to 1, and the negative ones to -1."""
    positive, negative = (float(across.clamp(**limits).sum() * window.sum()) for limits in ({"min": 0}, {"max": 0}))
    return torch.where(across > 0, across / positive, across / -negative)


def _separable(plane: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Filter `(N, 1, H, W)` whose edges go on, along its width with one row of weights and its height with another."""
    half = len(rows) // 2
    wide = pad(plane, (half, half, half, half), mode="replicate")
    return conv2d(conv2d(wide, rows.view(1, 1, 1, -1)), columns.view(1, 1, -1, 1))


METRICS = of_cards(__file__, {"flip": lambda _: flip})

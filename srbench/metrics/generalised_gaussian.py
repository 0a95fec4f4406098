"""Shapes and widths of generalised Gaussians, by their moments: features of NIQE and BRISQUE."""

import torch
from torch import Tensor

_SHAPES = torch.arange(200, 10001, dtype=torch.float64) / 1000
"""Candidates for the shape, 0.2 to 10 in steps of 0.001."""

_SHIFTS = ((0, 1), (1, 0), (1, 1), (-1, 1))


def neighbours(levels: Tensor) -> list[Tensor]:
    """Return the products of each value with its neighbour to the left, above, and on both diagonals.

    Args:
        levels: `(..., H, W)`; what leaves on one side comes in on the other.
    """
    return [levels * levels.roll(shift, (-2, -1)) for shift in _SHIFTS]


def symmetric(values: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a generalised Gaussian.

    Args:
        values: float64 `(..., n)`.

    Returns:
        Shape and variance, float64 `(...)` each; NaN where all values are 0.

    Source:
        Sharifi and Leon-Garcia, Estimation of shape parameter for generalized Gaussian distributions, 1995.
    """
    variance = (values * values).mean(-1)
    return _nearest(variance / values.abs().mean(-1) ** 2, 1 / _moments(values.device)), variance


def asymmetric(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit an asymmetric generalised Gaussian.

    Args:
        values: float64 `(..., n)`.

    Returns:
        Shape, and standard deviations to the left and to the right, float64 `(...)` each; NaN where all values are 0.

    Source:
        Lasmar, Stitou and Berthoumieu, Multiscale skewed heavy tailed model for texture analysis, ICIP 2009.
    """
    squares = values * values
    left, right = (
        ((squares * side).sum(-1) / side.sum(-1)).sqrt() for side in ((values < 0).double(), (values > 0).double())
    )
    ratio = left / right
    moment = values.abs().mean(-1) ** 2 / squares.mean(-1)
    moment = moment * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    return _nearest(moment, _moments(values.device)), left, right


def scale(shape: Tensor) -> Tensor:
    """Return a generalised Gaussian's scale, over its standard deviation."""
    return ((torch.lgamma(1 / shape) - torch.lgamma(3 / shape)) / 2).exp()


def mean(shape: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """Return the mean of an asymmetric generalised Gaussian, from the scales of its sides."""
    return (right - left) * (torch.lgamma(2 / shape) - torch.lgamma(1 / shape)).exp()


def _moments(device: torch.device) -> Tensor:
    """Squared mean of the absolute values over the variance, of each candidate."""
    shapes = _SHAPES.to(device)
    return (2 * torch.lgamma(2 / shapes) - torch.lgamma(1 / shapes) - torch.lgamma(3 / shapes)).exp()


def _nearest(moment: Tensor, moments: Tensor) -> Tensor:
    nearest = (moments - moment[..., None]).abs().argmin(-1)
    return torch.where(moment.isnan(), torch.nan, _SHAPES.to(moment.device)[nearest])

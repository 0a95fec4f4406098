"""Blur kernels by their parameters: Gaussian, generalized Gaussian, plateau, and the sinc low-pass.

x grows to the right and y downwards; angles turn from x towards y. All but the sinc depend on the squared elliptic
radius q = u² / sigma_x² + v² / sigma_y², where (u, v) is (x, y) turned by the angle.
"""

import math
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import j1

from srbench.core.config import Config
from srbench.degradation.sampling import OddSize, Positive

Weights = npt.NDArray[np.float64]


class Ellipse(Config):
    """Base of the bell-shaped kernels.

    Attributes:
        size_px: Side of the kernel in pixels, an odd number.
        sigma_x_px: Width of the kernel along the first axis, in pixels.
        sigma_y_px: Width of the kernel along the second axis, in pixels.
        angle_rad: Angle of the first axis, in radians.
        shift_px: Distance of the centre from the middle pixel, to the right and downwards, in pixels.
    """

    size_px: OddSize
    sigma_x_px: Positive
    sigma_y_px: Positive
    angle_rad: float = 0.0
    shift_px: float = 0.0

    def squared_radius(self) -> Weights:
        """Return the squared elliptic radius q of each pixel, float64 `(size_px, size_px)`."""
        y, x = _offsets(self.size_px, self.shift_px)
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        u, v = x * cos + y * sin, y * cos - x * sin
        return (u / self.sigma_x_px) ** 2 + (v / self.sigma_y_px) ** 2


class Gaussian(Ellipse):
    """The normal density exp(-q / 2), sampled at pixel centres."""

    kind: Literal["gaussian"] = "gaussian"

    def weights(self) -> Weights:
        """Return the kernel, float64 `(size_px, size_px)`, with sum 1."""
        return _normalised(np.exp(-self.squared_radius() / 2))


class Generalized(Ellipse):
    """The generalized Gaussian exp(-q^shape / 2): peaked below shape 1, flat-topped above; 1 is the Gaussian.

    Attributes:
        shape: Exponent beta of the paper.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.1.
    """

    kind: Literal["generalized"] = "generalized"
    shape: Positive

    def weights(self) -> Weights:
        """Return the kernel, float64 `(size_px, size_px)`, with sum 1."""
        return _normalised(np.exp(-(self.squared_radius() ** self.shape) / 2))


class Plateau(Ellipse):
    """1 / (1 + q^shape): flat inside the ellipse, half as high on it, with long tails.

    Attributes:
        shape: Exponent beta of the paper.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.1.
    """

    kind: Literal["plateau"] = "plateau"
    shape: Positive

    def weights(self) -> Weights:
        """Return the kernel, float64 `(size_px, size_px)`, with sum 1."""
        return _normalised(1 / (1 + self.squared_radius() ** self.shape))


class Sinc(Config):
    """The ideal circular low-pass, cut to a square: it rings and overshoots as sharpened and compressed images do.

    k(r) = cutoff / (2 pi r) J1(cutoff r), and cutoff² / (4 pi) at the centre.

    Attributes:
        size_px: Side of the kernel in pixels, an odd number.
        cutoff_rad: Radius of the pass band in radians per pixel; pi is the highest frequency along an axis.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.3.
    """

    kind: Literal["sinc"] = "sinc"
    size_px: OddSize
    cutoff_rad: Annotated[float, Field(gt=0, le=math.pi)]

    def weights(self) -> Weights:
        """Return the kernel, float64 `(size_px, size_px)`, with sum 1 and some negative weights."""
        radius = np.hypot(*_offsets(self.size_px, 0.0))
        middle = radius == 0
        away = np.where(middle, 1.0, radius)
        ring = self.cutoff_rad / (2 * math.pi * away) * j1(self.cutoff_rad * away)
        return _normalised(np.where(middle, self.cutoff_rad**2 / (4 * math.pi), ring))


Kernel = Annotated[Gaussian | Generalized | Plateau | Sinc, Field(discriminator="kind")]


def _offsets(size_px: int, shift_px: float) -> tuple[Weights, Weights]:
    """Return the distance of each pixel from the centre, downwards and to the right, in pixels."""
    line = np.arange(size_px) - size_px // 2 - shift_px
    y, x = np.meshgrid(line, line, indexing="ij")
    return y, x


def _normalised(weights: Weights) -> Weights:
    return np.asarray(weights / weights.sum(), dtype=np.float64)

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
    """What the bell-shaped kernels share.

    Attributes:
        size_px: Side of the kernel, odd.
        sigma_x_px: Along the first axis.
        sigma_y_px: Along the second axis.
        angle_rad: Of the first axis.
        shift_px: The centre lies this far right of and below the middle pixel.
    """

    size_px: OddSize
    sigma_x_px: Positive
    sigma_y_px: Positive
    angle_rad: float = 0.0
    shift_px: float = 0.0

    def squared_radius(self) -> Weights:
        """The elliptic q of each pixel, `(size_px, size_px)`."""
        y, x = _offsets(self.size_px, self.shift_px)
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        u, v = x * cos + y * sin, y * cos - x * sin
        return (u / self.sigma_x_px) ** 2 + (v / self.sigma_y_px) ** 2


class Gaussian(Ellipse):
    """The normal density exp(-q / 2), sampled at pixel centres."""

    kind: Literal["gaussian"] = "gaussian"

    def weights(self) -> Weights:
        """float64 `(size_px, size_px)`, sum 1."""
        return _normalised(np.exp(-self.squared_radius() / 2))


class Generalized(Ellipse):
    """The generalized Gaussian exp(-q^shape / 2): peaked below shape 1, flat-topped above; 1 is the Gaussian.

    Attributes:
        shape: The exponent beta.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.1.
    """

    kind: Literal["generalized"] = "generalized"
    shape: Positive

    def weights(self) -> Weights:
        """float64 `(size_px, size_px)`, sum 1."""
        return _normalised(np.exp(-(self.squared_radius() ** self.shape) / 2))


class Plateau(Ellipse):
    """1 / (1 + q^shape): flat inside the ellipse, half as high on it, with long tails.

    Attributes:
        shape: The exponent beta.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.1.
    """

    kind: Literal["plateau"] = "plateau"
    shape: Positive

    def weights(self) -> Weights:
        """float64 `(size_px, size_px)`, sum 1."""
        return _normalised(1 / (1 + self.squared_radius() ** self.shape))


class Sinc(Config):
    """The ideal circular low-pass, cut to a square: it rings and overshoots as sharpened and compressed images do.

    k(r) = cutoff / (2 pi r) J1(cutoff r), and cutoff² / (4 pi) at the centre.

    Attributes:
        size_px: Side of the kernel, odd.
        cutoff_rad: Radius of the pass band in radians a pixel; pi is the highest frequency along an axis.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, section 3.3.
    """

    kind: Literal["sinc"] = "sinc"
    size_px: OddSize
    cutoff_rad: Annotated[float, Field(gt=0, le=math.pi)]

    def weights(self) -> Weights:
        """float64 `(size_px, size_px)`, sum 1; some are negative."""
        radius = np.hypot(*_offsets(self.size_px, 0.0))
        middle = radius == 0
        away = np.where(middle, 1.0, radius)
        ring = self.cutoff_rad / (2 * math.pi * away) * j1(self.cutoff_rad * away)
        return _normalised(np.where(middle, self.cutoff_rad**2 / (4 * math.pi), ring))


Kernel = Annotated[Gaussian | Generalized | Plateau | Sinc, Field(discriminator="kind")]


def _offsets(size_px: int, shift_px: float) -> tuple[Weights, Weights]:
    """Distance of each pixel from the centre, down and to the right."""
    line = np.arange(size_px) - size_px // 2 - shift_px
    y, x = np.meshgrid(line, line, indexing="ij")
    return y, x


def _normalised(weights: Weights) -> Weights:
    return np.asarray(weights / weights.sum(), dtype=np.float64)

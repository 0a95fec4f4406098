"""BSRGAN's degradation: blurs, downscaling and noise in random order."""

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from srbench.core.config import Config
from srbench.degradation import sampling
from srbench.degradation.kernels import Gaussian
from srbench.degradation.sampling import Positive, Probability, Qualities, Range, Shares, Sizes
from srbench.degradation.steps import Blur, Chain, CorrelatedNoise, GaussianNoise, Jpeg, Resize, Step

Size = tuple[int, int]
Method = Literal["nearest", "bilinear", "bicubic"]
Down = Literal["nearest", "bilinear", "bicubic", "twice"]
Part = Literal["isotropic", "anisotropic", "downscale", "noise", "jpeg"]

_PARTS: tuple[Part, ...] = ("isotropic", "anisotropic", "downscale", "noise", "jpeg")
_EVENLY: dict[Method, float] = {"bilinear": 0.5, "bicubic": 0.5}


class Width(Config):
    """Range of a kernel's width; its upper end grows with the scale: `highest + per_scale` x scale.

    The paper gives the ranges for x2 and x4 only; this is the line through them.
    """

    lowest: Positive
    highest: Positive
    per_scale: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError("'lowest' is above 'highest'")
        return self

    def span(self, scale: int) -> tuple[float, float]:
        """The range at a scale."""
        return self.lowest, self.highest + self.per_scale * scale


class BSRGAN(Chain):
    """Two blurs, downscaling, Gaussian noise and JPEG in shuffled order, then JPEG once more.

    Left out: the camera noise that the paper adds with probability 0.25 (it needs a learnt camera pipeline). The
    method of downscaling is one of four, evenly: "nearest" after a Gaussian that is shifted to the centre of the
    pixels it stands for, "bilinear", "bicubic" (both as MATLAB's imresize), or "twice": by s / a and then by a, which
    enlarges where a < 1. Even scales from 4 on start with halving in a quarter of cases.

    Attributes:
        kernel_px: Sides of kernels, odd.
        isotropic: Standard deviation in px of the isotropic Gaussian.
        anisotropic: Variances in px² along the axes of the anisotropic one. The paper speaks of lengths; the
            authors' code takes these numbers as eigenvalues of the covariance, and so does this.
        halving_prob: Of an x2 downscaling before all else.
        methods: Probabilities of the four ways of downscaling.
        nearest_px: Standard deviation of the Gaussian before "nearest", for each unit of scale.
        noise: Probabilities: independent in the channels, the same in all, or correlated.
        noise_sigma: Standard deviation of the noise in whole levels.
        jpeg_prob: Of the shuffled JPEG; the last one is certain.
        jpeg_quality: Of both.

    Source:
        Zhang et al., Designing a Practical Degradation Model for Deep Blind Image Super-Resolution, ICCV 2021,
        section 3. `nearest_px` is from the authors' code (cszn/BSRGAN).
    """

    kind: Literal["bsrgan"] = "bsrgan"
    kernel_px: Sizes = (7, 21)
    isotropic: Width = Width(lowest=0.1, highest=2.0, per_scale=0.2)
    anisotropic: Width = Width(lowest=0.5, highest=4.0, per_scale=1.0)
    halving_prob: Probability = 0.25
    methods: Shares[Down] = {"nearest": 0.25, "bilinear": 0.25, "bicubic": 0.25, "twice": 0.25}
    nearest_px: Range = (0.1, 0.6)
    noise: Shares[Literal["colour", "grey", "correlated"]] = {"colour": 0.4, "grey": 0.4, "correlated": 0.2}
    noise_sigma: Qualities = (1, 25)
    jpeg_prob: Probability = 0.75
    jpeg_quality: Qualities = (30, 95)

    @property
    def margin_px(self) -> int:
        """LR pixels around a patch that hide its mirrored edge: the reach of the largest kernel applied to LR."""
        return 10

    def draw(self, size: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        """The steps for an image of this height and width."""
        steps: list[Step] = []
        lr = (size[0] // scale, size[1] // scale)
        if scale >= 4 and scale % 2 == 0 and sampling.happens(rng, self.halving_prob):
            size, scale = (size[0] // 2, size[1] // 2), scale // 2  # kernels are those of what is left to do
            steps.append(_resize(size, sampling.choose(rng, _EVENLY)))
        for at in rng.permutation(len(_PARTS)):
            steps += self._part(_PARTS[at], size, lr, scale, rng)
        return [*steps, Jpeg(quality=sampling.whole(rng, self.jpeg_quality))]

    def _part(self, part: Part, size: Size, lr: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        if part == "downscale":
            return self._downscale(size, lr, rng)
        if part == "noise":
            return [self._noise(rng)]
        if part == "jpeg":
            wanted = sampling.happens(rng, self.jpeg_prob)
            return [Jpeg(quality=sampling.whole(rng, self.jpeg_quality))] if wanted else []
        return [Blur(kernel=self._kernel(part == "isotropic", scale, rng))]

    def _kernel(self, isotropic: bool, scale: int, rng: np.random.Generator) -> Gaussian:
        size_px = sampling.odd(rng, self.kernel_px)
        if isotropic:
            sigma = sampling.between(rng, self.isotropic.span(scale))
            return Gaussian(size_px=size_px, sigma_x_px=sigma, sigma_y_px=sigma)
        first, second = (math.sqrt(sampling.between(rng, self.anisotropic.span(scale))) for _ in range(2))
        angle = sampling.between(rng, (0, math.pi))
        return Gaussian(size_px=size_px, sigma_x_px=first, sigma_y_px=second, angle_rad=angle)

    def _downscale(self, size: Size, lr: Size, rng: np.random.Generator) -> list[Step]:
        factor = size[0] // lr[0]
        method = sampling.choose(rng, self.methods)
        if method == "nearest":
            return [Blur(kernel=self._before_nearest(factor, rng)), _resize(lr, "nearest")]
        if method == "twice":
            rest = sampling.between(rng, (0.5, factor))
            between = (max(round(lr[0] * rest), 1), max(round(lr[1] * rest), 1))
            return [_resize(to, sampling.choose(rng, _EVENLY)) for to in (between, lr)]
        return [_resize(lr, method)]

    def _before_nearest(self, factor: int, rng: np.random.Generator) -> Gaussian:
        """Of an even number of pixels "nearest" takes the one half a pixel behind their centre."""
        sigma = factor * sampling.between(rng, self.nearest_px)
        shift = 0.5 if factor % 2 == 0 else 0.0
        return Gaussian(size_px=21, sigma_x_px=sigma, sigma_y_px=sigma, shift_px=shift)

    def _noise(self, rng: np.random.Generator) -> Step:
        kind = sampling.choose(rng, self.noise)
        sigma = sampling.whole(rng, self.noise_sigma)
        if kind == "correlated":
            # Any orientation of the three axes, each with a variance of up to sigma².
            axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
            covariance = axes * (sigma**2 * rng.random(3)) @ axes.T
            return CorrelatedNoise(covariance=covariance.tolist(), seed=sampling.seed(rng))
        return GaussianNoise(sigma=sigma, grey=kind == "grey", seed=sampling.seed(rng))


def _resize(size: Size, method: Method) -> Resize:
    return Resize(height=size[0], width=size[1], method=method, antialias=True)

"""BSRGAN's degradation: blurs, downscaling and noise in random order."""

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from srbench.core.config import Config
from srbench.degradation import sampling
from srbench.degradation.kernels import Gaussian
from srbench.degradation.sampling import IntegerRange, Positive, Probabilities, Probability, Range, SizeRange
from srbench.degradation.steps import Blur, CorrelatedNoise, GaussianNoise, Jpeg, RandomDegradation, Resize, Step

Size = tuple[int, int]
Method = Literal["nearest", "bilinear", "bicubic"]
DownscaleMethod = Literal["nearest", "bilinear", "bicubic", "twice"]
StepKind = Literal["isotropic", "anisotropic", "downscale", "noise", "jpeg"]

_STEP_KINDS: tuple[StepKind, ...] = ("isotropic", "anisotropic", "downscale", "noise", "jpeg")
_METHOD_PROBABILITIES: dict[Method, float] = {"bilinear": 0.5, "bicubic": 0.5}


class WidthRange(Config):
    """Range of a kernel's width, whose upper end grows linearly with the scale: `highest + per_scale * scale`.

    The paper gives the ranges for x2 and x4 only; this is the line through them.

    Attributes:
        lowest: Lower end of the range.
        highest: Upper end of the range, extrapolated to scale 0.
        per_scale: Increase of the upper end for each unit of scale.
    """

    lowest: Positive
    highest: Positive
    per_scale: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest > self.highest:
            raise ValueError("'lowest' is above 'highest'")
        return self

    def at_scale(self, scale: int) -> tuple[float, float]:
        """Return the range for a scale."""
        return self.lowest, self.highest + self.per_scale * scale


class BSRGAN(RandomDegradation):
    """Two blurs, downscaling, Gaussian noise and JPEG in shuffled order, then JPEG once more.

    Left out: the camera noise that the paper adds with probability 0.25 (it needs a learnt camera pipeline). The
    method of downscaling is one of four, evenly: "nearest" after a Gaussian that is shifted to the centre of the
    pixels it stands for, "bilinear", "bicubic" (both as MATLAB's imresize), or "twice": by s / a and then by a, which
    enlarges where a < 1. Even scales from 4 on start with halving in a quarter of cases.

    Attributes:
        kernel_px: Range of the sides of kernels, odd numbers of pixels.
        isotropic: Range of the standard deviation of isotropic Gaussians, in px.
        anisotropic: Range of the variances along the axes of anisotropic Gaussians, in px². The paper speaks of
            lengths; the authors' code takes these numbers as eigenvalues of the covariance, and so does this.
        halving_prob: Probability of halving the image before all other steps.
        methods: Probabilities of the four methods of downscaling.
        nearest_px: Range of the standard deviation of the Gaussian before "nearest", in px for each unit of scale.
        noise: Probabilities of noise that is independent in the channels, the same in all, or correlated.
        noise_sigma: Range of the standard deviation of the noise, in whole levels.
        jpeg_prob: Probability of the shuffled JPEG compression; the last one is always done.
        jpeg_quality: Range of the quality of both JPEG compressions.

    Source:
        Zhang et al., Designing a Practical Degradation Model for Deep Blind Image Super-Resolution, ICCV 2021,
        section 3. `nearest_px` is from the authors' code (cszn/BSRGAN).
    """

    kind: Literal["bsrgan"] = "bsrgan"
    kernel_px: SizeRange = (7, 21)
    isotropic: WidthRange = WidthRange(lowest=0.1, highest=2.0, per_scale=0.2)
    anisotropic: WidthRange = WidthRange(lowest=0.5, highest=4.0, per_scale=1.0)
    halving_prob: Probability = 0.25
    methods: Probabilities[DownscaleMethod] = {"nearest": 0.25, "bilinear": 0.25, "bicubic": 0.25, "twice": 0.25}
    nearest_px: Range = (0.1, 0.6)
    noise: Probabilities[Literal["colour", "grey", "correlated"]] = {"colour": 0.4, "grey": 0.4, "correlated": 0.2}
    noise_sigma: IntegerRange = (1, 25)
    jpeg_prob: Probability = 0.75
    jpeg_quality: IntegerRange = (30, 95)

    @property
    def margin_px(self) -> int:
        """Width of the margin around an LR patch that hides its mirrored edge: the reach of the largest kernel."""
        return 10

    def draw(self, size: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        """Draw the steps for an image of this height and width."""
        steps: list[Step] = []
        lr = (size[0] // scale, size[1] // scale)
        if scale >= 4 and scale % 2 == 0 and sampling.draw_event(rng, self.halving_prob):
            size, scale = (size[0] // 2, size[1] // 2), scale // 2  # kernels are those of what is left to do
            steps.append(_resize(size, sampling.draw_choice(rng, _METHOD_PROBABILITIES)))
        for index in rng.permutation(len(_STEP_KINDS)):
            steps += self._draw_step(_STEP_KINDS[index], size, lr, scale, rng)
        return [*steps, Jpeg(quality=sampling.draw_integer(rng, self.jpeg_quality))]

    def _draw_step(self, kind: StepKind, size: Size, lr: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        if kind == "downscale":
            return self._downscale(size, lr, rng)
        if kind == "noise":
            return [self._noise(rng)]
        if kind == "jpeg":
            if not sampling.draw_event(rng, self.jpeg_prob):
                return []
            return [Jpeg(quality=sampling.draw_integer(rng, self.jpeg_quality))]
        return [Blur(kernel=self._kernel(kind == "isotropic", scale, rng))]

    def _kernel(self, isotropic: bool, scale: int, rng: np.random.Generator) -> Gaussian:
        size_px = sampling.draw_odd(rng, self.kernel_px)
        if isotropic:
            sigma = sampling.draw_uniform(rng, self.isotropic.at_scale(scale))
            return Gaussian(size_px=size_px, sigma_x_px=sigma, sigma_y_px=sigma)
        first, second = (math.sqrt(sampling.draw_uniform(rng, self.anisotropic.at_scale(scale))) for _ in range(2))
        angle = sampling.draw_uniform(rng, (0, math.pi))
        return Gaussian(size_px=size_px, sigma_x_px=first, sigma_y_px=second, angle_rad=angle)

    def _downscale(self, size: Size, lr: Size, rng: np.random.Generator) -> list[Step]:
        factor = size[0] // lr[0]
        method = sampling.draw_choice(rng, self.methods)
        if method == "nearest":
            return [Blur(kernel=self._before_nearest(factor, rng)), _resize(lr, "nearest")]
        if method == "twice":
            second_factor = sampling.draw_uniform(rng, (0.5, factor))
            between = (max(round(lr[0] * second_factor), 1), max(round(lr[1] * second_factor), 1))
            return [_resize(to, sampling.draw_choice(rng, _METHOD_PROBABILITIES)) for to in (between, lr)]
        return [_resize(lr, method)]

    def _before_nearest(self, factor: int, rng: np.random.Generator) -> Gaussian:
        """Draw the Gaussian before "nearest", which for an even factor takes a pixel half a pixel off centre."""
        sigma = factor * sampling.draw_uniform(rng, self.nearest_px)
        shift = 0.5 if factor % 2 == 0 else 0.0
        return Gaussian(size_px=21, sigma_x_px=sigma, sigma_y_px=sigma, shift_px=shift)

    def _noise(self, rng: np.random.Generator) -> Step:
        kind = sampling.draw_choice(rng, self.noise)
        sigma = sampling.draw_integer(rng, self.noise_sigma)
        if kind == "correlated":
            # Any orientation of the three axes, each with a variance of up to sigma².
            axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
            covariance = axes * (sigma**2 * rng.random(3)) @ axes.T
            return CorrelatedNoise(covariance=covariance.tolist(), seed=sampling.draw_seed(rng))
        return GaussianNoise(sigma=sigma, grey=kind == "grey", seed=sampling.draw_seed(rng))


def _resize(size: Size, method: Method) -> Resize:
    return Resize(height=size[0], width=size[1], method=method, antialias=True)

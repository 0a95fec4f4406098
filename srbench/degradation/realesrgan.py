"""Real-ESRGAN's degradation: the classical chain twice, with sinc filters."""

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from srbench.core.config import Config
from srbench.degradation import sampling
from srbench.degradation.kernels import Gaussian, Generalized, Kernel, Plateau, Sinc
from srbench.degradation.sampling import IntegerRange, Probabilities, Probability, Range, SizeRange
from srbench.degradation.steps import Blur, GaussianNoise, Jpeg, PoissonNoise, RandomDegradation, Resize, Step

Size = tuple[int, int]
Family = Literal[
    "gaussian_isotropic",
    "gaussian_anisotropic",
    "generalized_isotropic",
    "generalized_anisotropic",
    "plateau_isotropic",
    "plateau_anisotropic",
]
Shrink = Annotated[float, Field(gt=0, le=1)]
Enlarge = Annotated[float, Field(ge=1, le=4)]

# "area" has no exact counterpart in the project's resampler; the antialiased triangle averages the same pixels, the
# middle ones more. The other two sample, as in the papers' OpenCV and torch.
_METHODS: dict[str, tuple[Literal["bilinear", "bicubic"], bool]] = {
    "area": ("bilinear", True),
    "bilinear": ("bilinear", False),
    "bicubic": ("bicubic", False),
}
_LARGE_PX = 13
_METHOD_PROBABILITIES = dict.fromkeys(_METHODS, 1 / 3)


class Stage(Config):
    """One pass of blur, resize, noise and JPEG.

    Attributes:
        blur_prob: Probability of a blur.
        sinc_prob: Probability that a blur has a sinc kernel.
        kernel_prob: Probabilities of the other kernels.
        kernel_px: Range of the sides of kernels, odd numbers of pixels.
        sigma_px: Range of the standard deviations of kernels, in pixels.
        generalized_shape: Range of the exponent of generalized Gaussians.
        plateau_shape: Range of the exponent of plateaus.
        sinc_cutoff_rad: Range of the cutoff of sinc kernels under 13 px and of the final filter, at most pi.
        large_sinc_cutoff_rad: Range of the cutoff of the other sinc kernels.
        resize_prob: Probabilities of enlarging, shrinking, and neither.
        resize_scale: Smallest factor of shrinking, and largest factor of enlarging.
        gaussian_prob: Probability that the noise is Gaussian; otherwise it is Poisson noise.
        grey_prob: Probability that the noise is the same in all channels.
        noise_sigma: Range of the standard deviation of Gaussian noise, in levels.
        poisson_scale: Range of the scale of Poisson noise.
        jpeg_quality: Range of the JPEG quality, from 1 to 100.
    """

    blur_prob: Probability = 1.0
    sinc_prob: Probability = 0.1
    kernel_prob: Probabilities[Family] = {
        "gaussian_isotropic": 0.45,
        "gaussian_anisotropic": 0.25,
        "generalized_isotropic": 0.12,
        "generalized_anisotropic": 0.03,
        "plateau_isotropic": 0.12,
        "plateau_anisotropic": 0.03,
    }
    kernel_px: SizeRange = (7, 21)
    sigma_px: Range = (0.2, 3.0)
    generalized_shape: Range = (0.5, 4.0)
    plateau_shape: Range = (1.0, 2.0)
    sinc_cutoff_rad: Range = (math.pi / 3, math.pi)
    large_sinc_cutoff_rad: Range = (math.pi / 5, math.pi)
    resize_prob: Probabilities[Literal["up", "down", "keep"]] = {"up": 0.2, "down": 0.7, "keep": 0.1}
    resize_scale: tuple[Shrink, Enlarge] = Field(default=(0.15, 1.5), strict=False)
    gaussian_prob: Probability = 0.5
    grey_prob: Probability = 0.4
    noise_sigma: Range = (1.0, 30.0)
    poisson_scale: Range = (0.05, 3.0)
    jpeg_quality: IntegerRange = (30, 95)

    def draw_degradation(self, size: Size, rng: np.random.Generator) -> list[Step]:
        """Draw blur, resize and noise.

        Args:
            size: Height and width that the resize factor refers to, in pixels.
            rng: Random number generator of all draws.
        """
        blur = [Blur(kernel=self._kernel(rng))] if sampling.draw_event(rng, self.blur_prob) else []
        return [*blur, self._resize(size, rng), self._noise(rng)]

    def draw_jpeg(self, rng: np.random.Generator) -> Jpeg:
        """Draw the JPEG compression."""
        return Jpeg(quality=sampling.draw_integer(rng, self.jpeg_quality))

    def draw_sinc(self, rng: np.random.Generator, *, final: bool = False) -> Sinc:
        """Draw a sinc kernel; large ones may cut off lower, except for the final filter."""
        size_px = sampling.draw_odd(rng, self.kernel_px)
        span = self.sinc_cutoff_rad if final or size_px < _LARGE_PX else self.large_sinc_cutoff_rad
        return Sinc(size_px=size_px, cutoff_rad=min(sampling.draw_uniform(rng, span), math.pi))

    def _kernel(self, rng: np.random.Generator) -> Kernel:
        if sampling.draw_event(rng, self.sinc_prob):
            return self.draw_sinc(rng)
        family, _, form = sampling.draw_choice(rng, self.kernel_prob).partition("_")
        ellipse = self._ellipse(form == "isotropic", rng)
        if family == "generalized":
            return Generalized(**ellipse, shape=sampling.draw_uniform(rng, self.generalized_shape))
        if family == "plateau":
            return Plateau(**ellipse, shape=sampling.draw_uniform(rng, self.plateau_shape))
        return Gaussian(**ellipse)

    def _ellipse(self, isotropic: bool, rng: np.random.Generator) -> dict[str, Any]:
        size_px = sampling.draw_odd(rng, self.kernel_px)
        first = sampling.draw_uniform(rng, self.sigma_px)
        if isotropic:
            return {"size_px": size_px, "sigma_x_px": first, "sigma_y_px": first}
        second, angle = sampling.draw_uniform(rng, self.sigma_px), sampling.draw_uniform(rng, (-math.pi, math.pi))
        return {"size_px": size_px, "sigma_x_px": first, "sigma_y_px": second, "angle_rad": angle}

    def _resize(self, size: Size, rng: np.random.Generator) -> Resize:
        lowest, highest = self.resize_scale
        spans = {"up": (1.0, highest), "down": (lowest, 1.0), "keep": (1.0, 1.0)}
        factor = sampling.draw_uniform(rng, spans[sampling.draw_choice(rng, self.resize_prob)])
        return draw_resize((max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)), rng)

    def _noise(self, rng: np.random.Generator) -> Step:
        grey = sampling.draw_event(rng, self.grey_prob)
        if sampling.draw_event(rng, self.gaussian_prob):
            return GaussianNoise(
                sigma=sampling.draw_uniform(rng, self.noise_sigma), grey=grey, seed=sampling.draw_seed(rng)
            )
        return PoissonNoise(
            scale=sampling.draw_uniform(rng, self.poisson_scale), grey=grey, seed=sampling.draw_seed(rng)
        )


class SecondStage(Stage):
    """The second pass, whose defaults are milder; its resize factors refer to the size of LR."""

    blur_prob: Probability = 0.8
    sigma_px: Range = (0.2, 1.5)
    resize_prob: Probabilities[Literal["up", "down", "keep"]] = {"up": 0.3, "down": 0.4, "keep": 0.3}
    resize_scale: tuple[Shrink, Enlarge] = Field(default=(0.3, 1.2), strict=False)
    noise_sigma: Range = (1.0, 25.0)
    poisson_scale: Range = (0.05, 2.5)


class RealESRGAN(RandomDegradation):
    """Blur, resize, noise and JPEG twice; the second JPEG before or after the last resize and sinc filter.

    Left out: the sharpening of HR that the paper's models are trained with, which is not a degradation of LR. Poisson
    noise counts one photon a level; the authors' code counts by the number of levels an image has, mostly 256.

    Attributes:
        first: Settings of the first pass.
        second: Settings of the second pass.
        final_sinc_prob: Probability of the sinc filter at the end; its size and cutoff are drawn as in the second pass.

    Source:
        Wang et al., Real-ESRGAN, ICCVW 2021, sections 3 and 4.1; how often kernels are isotropic, which way an image
        is resized, and the range of resize factors and cutoffs from the authors' options (xinntao/Real-ESRGAN).
    """

    kind: Literal["realesrgan"] = "realesrgan"
    first: Stage = Stage()
    second: SecondStage = SecondStage()
    final_sinc_prob: Probability = 0.8

    @property
    def margin_px(self) -> int:
        """Width of the margin around an LR patch that hides its mirrored edge: the reach of the final sinc filter.

        The filters of a pass that shrank the image reach further, with a weight that falls off; what matters is that
        the edge is degraded like the inside.
        """
        return 10

    def draw(self, size: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        """Draw the steps for an image of this height and width."""
        lr = (size[0] // scale, size[1] // scale)
        steps = [
            *self.first.draw_degradation(size, rng),
            self.first.draw_jpeg(rng),
            *self.second.draw_degradation(lr, rng),
        ]
        last: list[Step] = [draw_resize(lr, rng)]
        if sampling.draw_event(rng, self.final_sinc_prob):
            last.append(Blur(kernel=self.second.draw_sinc(rng, final=True)))
        jpeg = self.second.draw_jpeg(rng)
        return [*steps, *last, jpeg] if sampling.draw_event(rng, 0.5) else [*steps, jpeg, *last]


def draw_resize(size: Size, rng: np.random.Generator) -> Resize:
    """Draw the method of a resize to this height and width; the three methods are equally probable."""
    method, antialias = _METHODS[sampling.draw_choice(rng, _METHOD_PROBABILITIES)]
    return Resize(height=size[0], width=size[1], method=method, antialias=antialias)

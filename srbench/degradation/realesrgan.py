"""Real-ESRGAN's degradation: the classical chain twice, with sinc filters."""

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from srbench.core.config import Config
from srbench.degradation import sampling
from srbench.degradation.kernels import Gaussian, Generalized, Kernel, Plateau, Sinc
from srbench.degradation.sampling import Probability, Qualities, Range, Shares, Sizes
from srbench.degradation.steps import Blur, Chain, GaussianNoise, Jpeg, PoissonNoise, Resize, Step

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
_EVENLY = dict.fromkeys(_METHODS, 1 / 3)


class Stage(Config):
    """One pass of blur, resize, noise and JPEG.

    Attributes:
        blur_prob: Of any blur.
        sinc_prob: Of a sinc kernel in place of the others.
        kernel_prob: Of the others.
        kernel_px: Sides of kernels, odd.
        sigma_px: Standard deviation of kernels.
        generalized_shape: Exponent of generalized Gaussians.
        plateau_shape: Exponent of plateaus.
        sinc_cutoff_rad: Of sinc kernels under 13 px and of the final filter, at most pi.
        large_sinc_cutoff_rad: Of the other sinc kernels.
        resize_prob: Of enlarging, shrinking, and neither.
        resize_scale: Smallest and largest factor, below and above 1.
        gaussian_prob: Of Gaussian noise; Poisson noise otherwise.
        grey_prob: Of noise that is the same in all channels.
        noise_sigma: Of Gaussian noise, in levels.
        poisson_scale: Of Poisson noise.
        jpeg_quality: 1 to 100.
    """

    blur_prob: Probability = 1.0
    sinc_prob: Probability = 0.1
    kernel_prob: Shares[Family] = {
        "gaussian_isotropic": 0.45,
        "gaussian_anisotropic": 0.25,
        "generalized_isotropic": 0.12,
        "generalized_anisotropic": 0.03,
        "plateau_isotropic": 0.12,
        "plateau_anisotropic": 0.03,
    }
    kernel_px: Sizes = (7, 21)
    sigma_px: Range = (0.2, 3.0)
    generalized_shape: Range = (0.5, 4.0)
    plateau_shape: Range = (1.0, 2.0)
    sinc_cutoff_rad: Range = (math.pi / 3, math.pi)
    large_sinc_cutoff_rad: Range = (math.pi / 5, math.pi)
    resize_prob: Shares[Literal["up", "down", "keep"]] = {"up": 0.2, "down": 0.7, "keep": 0.1}
    resize_scale: tuple[Shrink, Enlarge] = Field(default=(0.15, 1.5), strict=False)
    gaussian_prob: Probability = 0.5
    grey_prob: Probability = 0.4
    noise_sigma: Range = (1.0, 30.0)
    poisson_scale: Range = (0.05, 3.0)
    jpeg_quality: Qualities = (30, 95)

    def degrade(self, size: Size, rng: np.random.Generator) -> list[Step]:
        """Blur, resize and noise.

        Args:
            size: Height and width that the resize factor refers to.
            rng: Of all draws.
        """
        blur = [Blur(kernel=self._kernel(rng))] if sampling.happens(rng, self.blur_prob) else []
        return [*blur, self._resize(size, rng), self._noise(rng)]

    def compress(self, rng: np.random.Generator) -> Jpeg:
        """The stage's JPEG."""
        return Jpeg(quality=sampling.whole(rng, self.jpeg_quality))

    def sinc(self, rng: np.random.Generator, *, final: bool = False) -> Sinc:
        """A sinc kernel; large ones may cut off lower, but for the final filter."""
        size_px = sampling.odd(rng, self.kernel_px)
        span = self.sinc_cutoff_rad if final or size_px < _LARGE_PX else self.large_sinc_cutoff_rad
        return Sinc(size_px=size_px, cutoff_rad=min(sampling.between(rng, span), math.pi))

    def _kernel(self, rng: np.random.Generator) -> Kernel:
        if sampling.happens(rng, self.sinc_prob):
            return self.sinc(rng)
        family, _, form = sampling.choose(rng, self.kernel_prob).partition("_")
        ellipse = self._ellipse(form == "isotropic", rng)
        if family == "generalized":
            return Generalized(**ellipse, shape=sampling.between(rng, self.generalized_shape))
        if family == "plateau":
            return Plateau(**ellipse, shape=sampling.between(rng, self.plateau_shape))
        return Gaussian(**ellipse)

    def _ellipse(self, isotropic: bool, rng: np.random.Generator) -> dict[str, Any]:
        size_px = sampling.odd(rng, self.kernel_px)
        first = sampling.between(rng, self.sigma_px)
        if isotropic:
            return {"size_px": size_px, "sigma_x_px": first, "sigma_y_px": first}
        second, angle = sampling.between(rng, self.sigma_px), sampling.between(rng, (-math.pi, math.pi))
        return {"size_px": size_px, "sigma_x_px": first, "sigma_y_px": second, "angle_rad": angle}

    def _resize(self, size: Size, rng: np.random.Generator) -> Resize:
        lowest, highest = self.resize_scale
        spans = {"up": (1.0, highest), "down": (lowest, 1.0), "keep": (1.0, 1.0)}
        factor = sampling.between(rng, spans[sampling.choose(rng, self.resize_prob)])
        return resized((max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)), rng)

    def _noise(self, rng: np.random.Generator) -> Step:
        grey = sampling.happens(rng, self.grey_prob)
        if sampling.happens(rng, self.gaussian_prob):
            return GaussianNoise(sigma=sampling.between(rng, self.noise_sigma), grey=grey, seed=sampling.seed(rng))
        return PoissonNoise(scale=sampling.between(rng, self.poisson_scale), grey=grey, seed=sampling.seed(rng))


class SecondStage(Stage):
    """The second pass, whose defaults are milder; resize factors refer to LR's size."""

    blur_prob: Probability = 0.8
    sigma_px: Range = (0.2, 1.5)
    resize_prob: Shares[Literal["up", "down", "keep"]] = {"up": 0.3, "down": 0.4, "keep": 0.3}
    resize_scale: tuple[Shrink, Enlarge] = Field(default=(0.3, 1.2), strict=False)
    noise_sigma: Range = (1.0, 25.0)
    poisson_scale: Range = (0.05, 2.5)


class RealESRGAN(Chain):
    """Blur, resize, noise and JPEG twice; the second JPEG before or after the last resize and sinc filter.

    Left out: the sharpening of HR that the paper's models are trained with, which is the loss's affair. Poisson noise
    counts one photon a level; the authors' code counts by the number of levels an image has, mostly 256.

    Attributes:
        first: The first pass.
        second: The second pass.
        final_sinc_prob: Of the sinc filter at the end; its size and cutoff are drawn as the second pass's.

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
        """LR pixels around a patch that hide its mirrored edge: the reach of the final sinc filter.

        The filters of a pass that shrank the image reach further, with a weight that falls off; what matters is that
        the edge is degraded like the inside.
        """
        return 10

    def draw(self, size: Size, scale: int, rng: np.random.Generator) -> list[Step]:
        """The steps for an image of this height and width."""
        lr = (size[0] // scale, size[1] // scale)
        steps = [*self.first.degrade(size, rng), self.first.compress(rng), *self.second.degrade(lr, rng)]
        last: list[Step] = [resized(lr, rng)]
        if sampling.happens(rng, self.final_sinc_prob):
            last.append(Blur(kernel=self.second.sinc(rng, final=True)))
        jpeg = self.second.compress(rng)
        return [*steps, *last, jpeg] if sampling.happens(rng, 0.5) else [*steps, jpeg, *last]


def resized(size: Size, rng: np.random.Generator) -> Resize:
    """A resize to this height and width by one of the three methods, evenly."""
    method, antialias = _METHODS[sampling.choose(rng, _EVENLY)]
    return Resize(height=size[0], width=size[1], method=method, antialias=antialias)

"""The steps of a degradation, each with its drawn parameters.

A step is a record of plain numbers and a pure function of them: noise comes from a seed that is one of the numbers.
So the list of steps that made an LR image describes it completely, and makes it again. Images are float64
`(1, C, H, W)` in levels; only noise and JPEG bring them back into 0..255.

Streams of normal and Poisson numbers may change between versions of NumPy, and the last bit of a JPEG between codecs;
the same bytes are promised for the same versions of NumPy and Pillow.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Annotated, Any, Literal

import numpy as np
import torch
from PIL import Image
from pydantic import Field
from scipy.fft import next_fast_len
from torch import Tensor

from srbench.core import image
from srbench.core.config import Config
from srbench.core.resize import resize
from srbench.degradation.kernels import Kernel
from srbench.degradation.sampling import Positive, Quality
from srbench.errors import BadRecipe
from srbench.protocol import Protocol

Pixels = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]


class Blur(Config):
    """Convolution with a kernel; outside, the image is mirrored.

    Attributes:
        kernel: The kernel.
    """

    step: Literal["blur"] = "blur"
    kernel: Kernel

    def apply(self, levels: Tensor) -> Tensor:
        """Blur float64 `(1, C, H, W)`; a sinc kernel may leave 0..255."""
        weights = torch.from_numpy(self.kernel.weights())
        reach = weights.shape[0] // 2
        height, width = levels.shape[-2:]
        around = _mirror(_mirror(levels, -2, reach), -1, reach)
        # By FFT: the direct sum in float64 takes memory for 441 copies of the image. The part that the circular
        # convolution wraps into is the part that is cut off.
        size = [next_fast_len(length, real=True) for length in around.shape[-2:]]
        product = torch.fft.rfft2(around, size) * torch.fft.rfft2(weights, size)
        blurred = torch.fft.irfft2(product, size)
        return blurred[..., 2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]


class Resize(Config):
    """Resampling by `srbench.core.resize`.

    Attributes:
        height: Height of the output, in pixels.
        width: Width of the output, in pixels.
        method: Method of interpolation; "nearest" copies one pixel for each.
        antialias: Whether the kernel is stretched when shrinking, as in MATLAB; it is not in OpenCV and torch.
    """

    step: Literal["resize"] = "resize"
    height: Pixels
    width: Pixels
    method: Literal["nearest", "bilinear", "bicubic"]
    antialias: bool

    def apply(self, levels: Tensor) -> Tensor:
        """Resize `(1, C, H, W)`; bicubic may leave 0..255."""
        return resize(levels, (self.height, self.width), kernel=self.method, antialias=self.antialias)


class GaussianNoise(Config):
    """White Gaussian noise.

    Attributes:
        sigma: Standard deviation in levels.
        grey: Whether the noise is the same in all channels.
        seed: Seed of the noise.
    """

    step: Literal["gaussian_noise"] = "gaussian_noise"
    sigma: Positive
    grey: bool
    seed: Seed

    def apply(self, levels: Tensor) -> Tensor:
        """Add noise; the result is clamped to 0..255."""
        shape = (1, 1, *levels.shape[-2:]) if self.grey else tuple(levels.shape)
        noise = torch.from_numpy(_generator(self.seed).standard_normal(shape))
        return (levels + self.sigma * noise).clamp_(0, 255)


class CorrelatedNoise(Config):
    """Gaussian noise whose channels depend on each other; a grey image takes that of the first channel.

    Attributes:
        covariance: Covariance of the three channels, in levels², symmetric and positive semidefinite.
        seed: Seed of the noise.
    """

    step: Literal["correlated_noise"] = "correlated_noise"
    covariance: list[list[float]]
    seed: Seed

    def apply(self, levels: Tensor) -> Tensor:
        """Add noise; the result is clamped to 0..255."""
        values, axes = np.linalg.eigh(np.array(self.covariance))
        root = torch.from_numpy(axes * np.sqrt(values.clip(min=0)))
        white = torch.from_numpy(_generator(self.seed).standard_normal((1, 3, *levels.shape[-2:])))
        noise = torch.einsum("ij,njhw->nihw", root, white)
        return (levels + noise[:, : levels.shape[1]]).clamp_(0, 255)


class PoissonNoise(Config):
    """Shot noise, where one level is one photon: the noise of level n has the variance scale² n.

    Attributes:
        scale: Factor of the deviation from the expected count.
        grey: Whether the noise is that of the luma, the same in all channels.
        seed: Seed of the noise.
    """

    step: Literal["poisson_noise"] = "poisson_noise"
    scale: Positive
    grey: bool
    seed: Seed

    def apply(self, levels: Tensor) -> Tensor:
        """Add noise; the result is clamped to 0..255."""
        expected = levels.clamp(0, 255)
        if self.grey and levels.shape[1] == 3:
            expected = image.grey(expected)
        counted = torch.from_numpy(_generator(self.seed).poisson(expected.numpy())).double()
        return (levels + self.scale * (counted - expected)).clamp_(0, 255)


class Jpeg(Config):
    """Compression and decompression by Pillow (libjpeg), colour at half resolution (4:2:0).

    Attributes:
        quality: Quality from 1 to 100, as libjpeg counts it.
    """

    step: Literal["jpeg"] = "jpeg"
    quality: Quality

    def apply(self, levels: Tensor) -> Tensor:
        """Round to 8 bits and compress; the result is whole levels."""
        buffer = BytesIO()
        stored = Image.fromarray(image.to_array(to_uint8(levels)))
        stored.save(buffer, "JPEG", quality=self.quality, subsampling="4:2:0")
        with Image.open(buffer) as file:
            return image.to_tensor(np.asarray(file)).double()


Step = Annotated[
    Blur | Resize | GaussianNoise | CorrelatedNoise | PoissonNoise | Jpeg,
    Field(discriminator="step"),
]


class DegradationRecord(Config):
    """The record of an LR image.

    Attributes:
        steps: The steps that made it, in order.
    """

    steps: list[Step]


def apply_steps(hr: Tensor, steps: Sequence[Step]) -> tuple[Tensor, dict[str, Any]]:
    """Degrade an image.

    Args:
        hr: HR image, uint8 `(1, C, H, W)`, C = 3 or 1.
        steps: The steps, in order.

    Returns:
        LR, uint8 `(1, C, h, w)`, and its record: JSON values that `replay` reads.
    """
    levels = hr.double()
    for step in steps:
        levels = step.apply(levels)
    return to_uint8(levels), {"steps": [step.model_dump(mode="json") for step in steps]}


class RandomDegradation(Config):
    """A degradation that first draws its steps and then applies them."""

    def draw(self, size: tuple[int, int], scale: int, rng: np.random.Generator) -> list[Step]:
        """Draw the steps for an image of this height and width."""
        raise NotImplementedError

    def apply(self, hr: Tensor, protocol: Protocol, rng: np.random.Generator) -> tuple[Tensor, dict[str, Any]]:
        """Degrade HR to LR.

        Args:
            hr: HR image, uint8 `(1, C, H, W)`, C = 3 or 1, both sides multiples of the scale.
            protocol: The protocol, which gives the scale; its edge and rounding are for the classical LR only.
            rng: Random number generator of all draws.

        Returns:
            LR, uint8 `(1, C, H / s, W / s)`, and every parameter drawn, in order, as JSON values.
        """
        return apply_steps(hr, self.draw((hr.shape[-2], hr.shape[-1]), protocol.scale, rng))


def replay(hr: Tensor, record: Mapping[str, Any]) -> Tensor:
    """Make the LR that a record describes.

    Args:
        hr: HR image that the record belongs to, uint8 `(1, C, H, W)`.
        record: Record that `apply_steps` returned, or that a line of degradations.jsonl has as "parameters".

    Returns:
        LR, uint8 `(1, C, h, w)`.

    Raises:
        BadRecipe: The record does not describe steps.
    """
    if "steps" not in record:
        raise BadRecipe("the record has no 'steps'; a classical LR is made again by the protocol alone")
    return apply_steps(hr, DegradationRecord.check(record, "record").steps)[0]


def to_uint8(levels: Tensor) -> Tensor:
    """Round levels of any dtype half up, and clamp them to uint8."""
    return image.round_half_up(levels.double()).to(torch.uint8)


def _mirror(levels: Tensor, dim: int, reach: int) -> Tensor:
    """Extend an image along one dimension by its mirror image on both sides, several times if necessary."""
    index = np.pad(np.arange(levels.shape[dim]), reach, mode="symmetric")
    return levels.index_select(dim, torch.from_numpy(index))


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))

"""Flips, quarter turns and mild colour jitter."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from srbench.core import image
from srbench.core.config import Config


@dataclass(frozen=True)
class AugmentationDraw:
    """The augmentation drawn for one sample.

    Attributes:
        flip: Whether the image is mirrored from left to right.
        quarter_turns: Number of rotations by 90 degrees.
        contrast: Factor of the distance from the patch's mean level.
        brightness: Factor of all levels.
    """

    flip: bool
    quarter_turns: int
    contrast: float
    brightness: float

    def flip_and_rotate(self, levels: Tensor) -> Tensor:
        """Flip and rotate an image `(..., H, W)`."""
        flipped = levels.flip(-1) if self.flip else levels
        return torch.rot90(flipped, self.quarter_turns, (-2, -1)).contiguous()

    def adjust_colours(self, levels: Tensor) -> Tensor:
        """Change brightness and contrast of uint8 levels; the result is rounded and clamped to uint8."""
        if self.contrast == self.brightness == 1:
            return levels
        x = levels.double()
        mean = x.mean()
        return image.round_half_up(((x - mean) * self.contrast + mean) * self.brightness).to(torch.uint8)


class Augmentation(Config):
    """The random changes of a training patch, each drawn uniformly.

    Attributes:
        flips: Mirror half of the patches from left to right.
        rotations: Rotate by 0, 90, 180 or 270 degrees.
        jitter: Draw factors of brightness and contrast from 1 - jitter to 1 + jitter, before LR is made.
    """

    flips: bool = True
    rotations: bool = True
    jitter: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    def draw(self, rng: np.random.Generator) -> AugmentationDraw:
        """Draw for one sample; the number of draws is the same whatever is switched on."""
        flip, quarter_turns = bool(rng.integers(2)), int(rng.integers(4))
        contrast, brightness = (1 + self.jitter * float(rng.uniform(-1, 1)) for _ in range(2))
        return AugmentationDraw(flip and self.flips, quarter_turns if self.rotations else 0, contrast, brightness)

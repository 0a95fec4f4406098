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
class Turn:
    """What was drawn for one sample.

    Attributes:
        flip: Left to right.
        quarters: Quarter turns.
        contrast: Factor around the patch's mean level.
        brightness: Factor.
    """

    flip: bool
    quarters: int
    contrast: float
    brightness: float

    def apply(self, levels: Tensor) -> Tensor:
        """Flip and turn `(..., H, W)`."""
        flipped = levels.flip(-1) if self.flip else levels
        return torch.rot90(flipped, self.quarters, (-2, -1)).contiguous()

    def tint(self, levels: Tensor) -> Tensor:
        """Change brightness and contrast of uint8 levels, rounded and clamped."""
        if self.contrast == self.brightness == 1:
            return levels
        x = levels.double()
        mean = x.mean()
        return image.round_half_up(((x - mean) * self.contrast + mean) * self.brightness).to(torch.uint8)


class Augmentation(Config):
    """Which changes are drawn, each uniformly.

    Attributes:
        flips: Left to right, half of the time.
        rotations: 0, 90, 180 or 270 degrees.
        jitter: Brightness and contrast factors are drawn from 1 - jitter to 1 + jitter, before LR is made.
    """

    flips: bool = True
    rotations: bool = True
    jitter: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    def draw(self, rng: np.random.Generator) -> Turn:
        """Draw for one sample; the same number of draws whatever is switched on."""
        flip, quarters = bool(rng.integers(2)), int(rng.integers(4))
        contrast, brightness = (1 + self.jitter * float(rng.uniform(-1, 1)) for _ in range(2))
        return Turn(flip and self.flips, quarters if self.rotations else 0, contrast, brightness)

"""Optimizers and learning-rate schedules."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from srbench.core.config import Config

Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class Adam(Config):
    """Kingma and Ba, ICLR 2015; with `weight_decay` decoupled from the gradient (Loshchilov and Hutter, ICLR 2019)."""

    kind: Literal["adam"] = "adam"
    lr: Positive = 1e-4
    betas: tuple[Fraction, Fraction] = Field(default=(0.9, 0.999), strict=False)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """An optimizer at this learning rate."""
        return torch.optim.AdamW(parameters, self.lr, self.betas, weight_decay=self.weight_decay)


class RMSprop(Config):
    """Hinton's running average of squared gradients; as WGAN is trained."""

    kind: Literal["rmsprop"]
    lr: Positive = 5e-5

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """An optimizer at this learning rate."""
        return torch.optim.RMSprop(parameters, self.lr)


Optimizer = Annotated[Adam | RMSprop, Field(discriminator="kind")]


class Constant(Config):
    """The learning rate stays."""

    kind: Literal["constant"] = "constant"

    def factor(self, step: int, steps: int) -> float:
        """1 at every step."""
        return 1.0


class Steps(Config):
    """The learning rate is multiplied by `gamma` at each milestone, as in the papers of SRGAN and ESRGAN."""

    kind: Literal["steps"]
    at: list[Annotated[int, Field(gt=0)]]
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.5

    def factor(self, step: int, steps: int) -> float:
        """Gamma to the number of milestones passed.

        Args:
            step: Counted from 0 in the phase.
            steps: Of the phase.
        """
        return self.gamma ** sum(step >= milestone for milestone in self.at)


class Cosine(Config):
    """A linear warm-up, then half a cosine down to `floor` (Loshchilov and Hutter, ICLR 2017, without restarts)."""

    kind: Literal["cosine"]
    warmup: Annotated[int, Field(ge=0)] = 0
    floor: Fraction = 0.0

    def factor(self, step: int, steps: int) -> float:
        """Rises to 1 over the warm-up, then falls to the floor at the end of the phase.

        Args:
            step: Counted from 0 in the phase.
            steps: Of the phase.
        """
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * step / steps)) / 2
        return rise * fall


class Linear(Config):
    """Constant up to a step, then straight down to 0 at the end of the phase, as pix2pix and CycleGAN are trained."""

    kind: Literal["linear"]
    start: Annotated[int, Field(ge=0)]

    def factor(self, step: int, steps: int) -> float:
        """1 before `start`; never below 0.

        Args:
            step: Counted from 0 in the phase.
            steps: Of the phase.
        """
        return 1.0 if step < self.start else max(0.0, (steps - step) / max(steps - self.start, 1))


Schedule = Annotated[Constant | Steps | Cosine | Linear, Field(discriminator="kind")]

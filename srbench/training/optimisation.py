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
    """Adam (Kingma and Ba, ICLR 2015), with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).

    Attributes:
        lr: Learning rate.
        betas: Decay of the running averages of the gradient and of its square.
        weight_decay: Share of each weight, times the learning rate, that a step takes away.
    """

    kind: Literal["adam"] = "adam"
    lr: Positive = 1e-4
    betas: tuple[Fraction, Fraction] = Field(default=(0.9, 0.999), strict=False)
    weight_decay: Annotated[float, Field(ge=0)] = 0.0

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Build an optimizer of these parameters."""
        return torch.optim.AdamW(parameters, self.lr, self.betas, weight_decay=self.weight_decay)


class RMSprop(Config):
    """RMSprop (Hinton's running average of squared gradients), with which WGAN is trained.

    Attributes:
        lr: Learning rate.
    """

    kind: Literal["rmsprop"]
    lr: Positive = 5e-5

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Build an optimizer of these parameters."""
        return torch.optim.RMSprop(parameters, self.lr)


Optimizer = Annotated[Adam | RMSprop, Field(discriminator="kind")]


class ConstantSchedule(Config):
    """A constant learning rate."""

    kind: Literal["constant"] = "constant"

    def factor(self, step: int, steps: int) -> float:
        """Return 1, the factor of the learning rate at every step."""
        return 1.0


class StepSchedule(Config):
    """A learning rate that is multiplied by `gamma` at each milestone, as in the papers of SRGAN and ESRGAN.

    Attributes:
        at: Steps of the phase at which the learning rate changes.
        gamma: Factor of each change.
    """

    kind: Literal["steps"]
    at: list[Annotated[int, Field(gt=0)]]
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.5

    def factor(self, step: int, steps: int) -> float:
        """Return gamma to the power of the number of milestones passed.

        Args:
            step: Number of the step in the phase, from 0.
            steps: Number of steps of the phase.
        """
        return self.gamma ** sum(step >= milestone for milestone in self.at)


class CosineSchedule(Config):
    """A linear warm-up, then half a cosine (Loshchilov and Hutter, ICLR 2017, without restarts).

    Attributes:
        warmup: Number of steps of the warm-up.
        floor: Factor of the learning rate at the end of the phase.
    """

    kind: Literal["cosine"]
    warmup: Annotated[int, Field(ge=0)] = 0
    floor: Fraction = 0.0

    def factor(self, step: int, steps: int) -> float:
        """Return the factor of the learning rate: up to 1 in the warm-up, then down to the floor.

        Args:
            step: Number of the step in the phase, from 0.
            steps: Number of steps of the phase.
        """
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * step / steps)) / 2
        return rise * fall


class LinearSchedule(Config):
    """A constant learning rate, then a straight line to 0 at the end of the phase, as pix2pix and CycleGAN are trained.

    Attributes:
        start: Step of the phase from which on the learning rate falls.
    """

    kind: Literal["linear"]
    start: Annotated[int, Field(ge=0)]

    def factor(self, step: int, steps: int) -> float:
        """Return the factor of the learning rate: 1 before `start`, and never below 0.

        Args:
            step: Number of the step in the phase, from 0.
            steps: Number of steps of the phase.
        """
        return 1.0 if step < self.start else max(0.0, (steps - step) / max(steps - self.start, 1))


Schedule = Annotated[ConstantSchedule | StepSchedule | CosineSchedule | LinearSchedule, Field(discriminator="kind")]

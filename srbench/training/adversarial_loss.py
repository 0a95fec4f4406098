"""The adversarial losses of one discriminator: its own loss, and the one it gives the generator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from srbench.training.forward_cache import ForwardCache
from srbench.training.gan_objectives import GanObjective

Domain = Literal["hr", "lr"]
"""The images that a discriminator compares: HR and SR ("hr"), or LR and LR made by the LR generator ("lr")."""


@dataclass
class AdversarialLoss:
    """A discriminator with the objective that it and the generator minimise.

    Attributes:
        network: The discriminator, not wrapped; the generator's step goes through it while it is frozen.
        wrapped: The discriminator as its own step calls it, so that gradients are averaged over processes.
        objective: The GAN objective of both sides.
        domain: The images that the discriminator compares.
        conditional: Whether the discriminator also sees the upscaled LR.
    """

    network: nn.Module
    wrapped: Callable[[Tensor], Tensor]
    objective: GanObjective
    domain: Domain
    conditional: bool

    def generator_loss(self, cache: ForwardCache) -> Tensor:
        """Compute the loss that the generator minimises."""
        real, fake = self._images(cache)
        with torch.no_grad():
            real_scores = self.network(self._input(real, cache)).float()
        return self.objective.generator_loss(real_scores, self.network(self._input(fake, cache)).float())

    def discriminator_loss(self, cache: ForwardCache) -> Tensor:
        """Compute the loss that the discriminator minimises; no gradient reaches the generator."""
        with torch.no_grad():  # the generator runs here if the cache does not hold its output yet
            real, fake = self._images(cache)
        real, fake = self._input(real.detach(), cache), self._input(fake.detach(), cache)
        loss = self.objective.discriminator_loss(self.wrapped(real).float(), self.wrapped(fake).float())
        return loss + self.objective.penalty(self.network, real, fake)

    def _images(self, cache: ForwardCache) -> tuple[Tensor, Tensor]:
        return (cache.hr, cache.sr) if self.domain == "hr" else (cache.lr, cache.fake_lr)

    def _input(self, image: Tensor, cache: ForwardCache) -> Tensor:
        seen = torch.cat([image, cache.upscaled], 1) if self.conditional else image
        return cache.cut(seen) if self.domain == "hr" else seen

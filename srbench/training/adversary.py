"""A discriminator at work: which images it judges, what it minimises, and what it tells the generator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from srbench.training.forward_cache import ForwardCache
from srbench.training.gan_objectives import GanObjective

Domain = Literal["hr", "lr"]


@dataclass
class Critic:
    """One discriminator.

    Attributes:
        network: Its network, not wrapped; the generator's step goes through it while it is frozen.
        call: The network as its own step calls it: wrapped, so that gradients are averaged over processes.
        game: What both sides minimise.
        domain: What it judges: "hr" (HR against SR) or "lr" (LR against LR made by the inverse network).
        conditional: Whether it sees the upscaled LR beside the image.
    """

    network: nn.Module
    call: Callable[[Tensor], Tensor]
    game: GanObjective
    domain: Domain
    conditional: bool

    def generator_loss(self, scene: ForwardCache) -> Tensor:
        """What the generator is to minimise."""
        real, fake = self._images(scene)
        with torch.no_grad():
            real_scores = self.network(self._beside(real, scene)).float()
        return self.game.generator(real_scores, self.network(self._beside(fake, scene)).float())

    def critic_loss(self, scene: ForwardCache) -> Tensor:
        """What the discriminator is to minimise; the generator's images are taken as they are."""
        with torch.no_grad():  # a scene of the discriminator's own is upscaled here
            real, fake = self._images(scene)
        real, fake = self._beside(real.detach(), scene), self._beside(fake.detach(), scene)
        loss = self.game.critic(self.call(real).float(), self.call(fake).float())
        return loss + self.game.penalty(self.network, real, fake)

    def _images(self, scene: ForwardCache) -> tuple[Tensor, Tensor]:
        return (scene.hr, scene.sr) if self.domain == "hr" else (scene.lr, scene.fake_lr)

    def _beside(self, image: Tensor, scene: ForwardCache) -> Tensor:
        return torch.cat([image, scene.upscaled], 1) if self.conditional else image

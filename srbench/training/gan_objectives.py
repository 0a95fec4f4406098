"""GAN objectives: the losses of discriminator and generator, computed from the discriminator's raw scores."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import relu

from srbench.core.config import Config


class GanObjective(Config):
    """The losses of both sides; each reads raw scores of any shape."""

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the discriminator's loss from its raw scores of real and generated images."""
        raise NotImplementedError

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the generator's loss from the same scores."""
        raise NotImplementedError

    def penalty(self, network: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """Compute what is added to the discriminator's loss, given the images; 0 in most objectives."""
        return real.new_zeros(())


class Vanilla(GanObjective):
    """Binary cross-entropy on logits; the generator maximises log D (Goodfellow et al., NeurIPS 2014, section 3).

    Attributes:
        real_label: Label of real images in the discriminator's loss; below 1 for one-sided label smoothing.
    """

    kind: Literal["vanilla"] = "vanilla"
    real_label: Annotated[float, Field(gt=0.5, le=1)] = 1.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[log D(real)] - E[log(1 - D(fake))], where the label of real images is `real_label`."""
        return bce(real, torch.full_like(real, self.real_label)) + bce(fake, torch.zeros_like(fake))

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[log D(fake)]; SRGAN's equation 6 as a mean."""
        return bce(fake, torch.ones_like(fake))


class LeastSquares(GanObjective):
    """Mao et al., Least squares generative adversarial networks, ICCV 2017, equation 9."""

    kind: Literal["least_squares"]

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[(D(real) - 1)^2] / 2 + E[D(fake)^2] / 2."""
        return ((real - 1).square().mean() + fake.square().mean()) / 2

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[(D(fake) - 1)^2] / 2."""
        return (fake - 1).square().mean() / 2


class Hinge(GanObjective):
    """Lim and Ye, Geometric GAN, 2017, equations 7 and 8."""

    kind: Literal["hinge"]

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[max(0, 1 - D(real))] + E[max(0, 1 + D(fake))]."""
        return relu(1 - real).mean() + relu(1 + fake).mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[D(fake)]."""
        return -fake.mean()


class Wasserstein(GanObjective):
    """Wasserstein distance with gradient penalty: Gulrajani et al., NeurIPS 2017, equation 3.

    Attributes:
        weight: Weight of the gradient penalty; 10 in the paper.
    """

    kind: Literal["wasserstein_gp"]
    weight: Annotated[float, Field(gt=0)] = 10.0

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[D(fake)] - E[D(real)]."""
        return fake.mean() - real.mean()

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[D(fake)]."""
        return -fake.mean()

    def penalty(self, network: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the weighted gradient penalty at random points between real and generated images."""
        share = torch.rand(len(real), 1, 1, 1, device=real.device)
        between = (share * real + (1 - share) * fake).requires_grad_()
        return self.weight * gradient_penalty(network(between).float(), between)


class Relativistic(GanObjective):
    """Relativistic average GAN: Jolicoeur-Martineau, ICLR 2019; ESRGAN's equations 1 and 2.

    The average is over the scores of one process: with several, each compares with its own share of the batch.
    """

    kind: Literal["relativistic_average"]

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[log D_Ra(real, fake)] - E[log(1 - D_Ra(fake, real))], D_Ra(a, b) = sigmoid(C(a) - E[C(b)])."""
        above, below = real - fake.mean(), fake - real.mean()
        return bce(above, torch.ones_like(above)) + bce(below, torch.zeros_like(below))

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E[log(1 - D_Ra(real, fake))] - E[log D_Ra(fake, real)]."""
        return self.discriminator_loss(fake, real)


Objective = Annotated[Vanilla | LeastSquares | Hinge | Wasserstein | Relativistic, Field(discriminator="kind")]


def gradient_penalty(scores: Tensor, images: Tensor) -> Tensor:
    """Compute E[(|gradient of the score by the image| - 1)^2].

    Args:
        scores: Scores of any shape whose first dimension is N; several scores of an image count by their mean.
        images: The images `(N, C, H, W)` that the scores were computed from, with gradients.

    Source:
        Gulrajani et al., NeurIPS 2017, equation 3.
    """
    each = scores.flatten(1).mean(1)
    (gradient,) = torch.autograd.grad(each.sum(), images, create_graph=True)
    return (gradient.flatten(1).norm(2, dim=1) - 1).square().mean()

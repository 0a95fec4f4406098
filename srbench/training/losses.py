"""What a generator minimises: each loss is a piece with a weight; a phase sums them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from srbench.core.assets import AssetStore
from srbench.core.config import Config
from srbench.training.adversary import Critic, Domain
from srbench.training.features import Origin, layers, open_features
from srbench.training.forward_cache import ForwardCache

Criterion = Literal["mse", "l1"]
Weight = Annotated[float, Field(gt=0)]
Term = Callable[[ForwardCache], Tensor]

_DISTANCES: dict[Criterion, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse_loss, "l1": l1_loss}


@dataclass(frozen=True)
class Tools:
    """What losses may need besides the scene.

    Attributes:
        store: Where weights of feature networks come from.
        device: Of the run.
        channels_last: Memory format of the run.
        critics: Discriminators by the images they judge.
    """

    store: AssetStore
    device: torch.device
    channels_last: bool
    critics: Mapping[Domain, Critic]


class Part(Config):
    """One loss of a sum.

    Attributes:
        weight: In the sum.
    """

    kind: str
    weight: Weight = 1.0

    @property
    def label(self) -> str:
        """Its name in the journal."""
        return self.kind

    @property
    def judge(self) -> Domain | None:
        """The discriminator it listens to."""
        return None

    def term(self, tools: Tools) -> Term:
        """The loss, without its weight, as a function of the scene."""
        raise NotImplementedError


class Pixel(Part):
    """Distance between SR and HR in [0, 1]: SRGAN's equation 4 ("mse"), or ESRGAN's L1.

    Attributes:
        criterion: Mean squared or mean absolute difference.
    """

    kind: Literal["pixel"]
    criterion: Criterion = "mse"

    def term(self, tools: Tools) -> Term:
        """The loss as a function of the scene."""
        distance = _DISTANCES[self.criterion]
        return lambda scene: distance(scene.sr, scene.hr)


class Content(Part):
    """Distance between VGG19's feature maps of SR and HR: SRGAN's equation 5; before activation as in ESRGAN.

    Attributes:
        layers: Layers with their weights; {"conv5_4": 1} is SRGAN-VGG54, {"conv2_2": 1} SRGAN-VGG22.
        activation: Maps after ReLU (SRGAN) or before it (ESRGAN).
        criterion: Mean squared (SRGAN) or mean absolute difference (ESRGAN).
        divide_by: The maps are divided by this: 12.75 in SRGAN, whose VGG19 weights are the original ones.
        backbone: Whose VGG19 weights: torchvision's, or the original ones ("caffe"), whose maps are several times
            larger; 12.75 brings these to about the scale of the others.
    """

    kind: Literal["content"]
    layers: Mapping[str, Weight] = Field(default={"conv5_4": 1.0}, strict=False)
    activation: Literal["before", "after"] = "after"
    criterion: Criterion = "mse"
    divide_by: Weight = 1.0
    backbone: Origin = "torchvision"

    def model_post_init(self, _: object) -> None:
        """Check the layers' names.

        Raises:
            ValueError: VGG19 has no such layer.
        """
        for name in self.layers:
            if name not in layers():
                raise ValueError(f"layers.{name}: VGG19 has no such layer; it has {', '.join(layers())}")

    def term(self, tools: Tools) -> Term:
        """The loss as a function of the scene.

        Raises:
            DownloadError: VGG19's weights cannot be had.
        """
        network = open_features(self.layers, self.activation == "after", self.backbone, tools.store).to(tools.device)
        if tools.channels_last:
            network.to(memory_format=torch.channels_last)
        distance = _DISTANCES[self.criterion]

        def content(scene: ForwardCache) -> Tensor:
            with torch.no_grad():
                wanted = network(scene.hr)
            given = network(scene.sr)
            each = [
                weight * distance(given[name].float() / self.divide_by, wanted[name].float() / self.divide_by)
                for name, weight in self.layers.items()
            ]
            return torch.stack(each).sum()

        return content


class Adversarial(Part):
    """What a discriminator tells the generator, by the recipe's GAN objective.

    Attributes:
        weight: In the sum; 1e-3 in SRGAN, 5e-3 in ESRGAN.
        on: Which images are judged: "hr" (SR against HR) or, with an inverse network, "lr".
    """

    kind: Literal["adversarial"]
    weight: Weight = 1e-3
    on: Domain = "hr"

    @property
    def label(self) -> str:
        """With the images that are judged."""
        return f"{self.kind}_{self.on}"

    @property
    def judge(self) -> Domain:
        """The discriminator of these images."""
        return self.on

    def term(self, tools: Tools) -> Term:
        """The loss as a function of the scene; the recipe has checked that there is such a discriminator."""
        return tools.critics[self.on].generator_loss


class Cycle(Part):
    """An image comes back after both networks: Zhu et al., ICCV 2017, equation 2.

    Attributes:
        weight: In the sum; 10 in the paper.
        on: Which images go round: "lr" (LR to SR to LR) or "hr" (HR to LR to HR).
    """

    kind: Literal["cycle"]
    weight: Weight = 10.0
    on: Domain = "hr"

    @property
    def label(self) -> str:
        """With the images that go round."""
        return f"{self.kind}_{self.on}"

    def term(self, tools: Tools) -> Term:
        """The loss as a function of the scene."""
        if self.on == "hr":
            return lambda scene: l1_loss(scene.cycled_hr, scene.hr)
        return lambda scene: l1_loss(scene.cycled_lr, scene.lr)


Loss = Annotated[Pixel | Content | Adversarial | Cycle, Field(discriminator="kind")]

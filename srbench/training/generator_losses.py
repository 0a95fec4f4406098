"""The losses that a generator minimises; a phase of a recipe sums them with their weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import avg_pool2d, l1_loss, mse_loss, normalize, pixel_unshuffle

from srbench.core.assets import AssetStore
from srbench.core.config import Config
from srbench.errors import BadRecipe
from srbench.models.arch import Colour, Network
from srbench.training.adversarial_loss import AdversarialLoss, Domain
from srbench.training.features import WeightsOrigin, layer_names, load_features
from srbench.training.forward_cache import ForwardCache
from srbench.training.named_model import find_model

Criterion = Literal["mse", "l1"]
Weight = Annotated[float, Field(gt=0)]
LossFunction = Callable[[ForwardCache], Tensor]
"""A loss, without its weight, as a function of one step's images."""

_DISTANCES: dict[Criterion, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse_loss, "l1": l1_loss}


@dataclass(frozen=True)
class LossContext:
    """What losses may need besides the images of a step.

    Attributes:
        store: Store that finds or downloads the weights of feature networks.
        device: Device of the run.
        channels_last: Whether the run uses the memory format channels_last.
        scale: Upscaling factor.
        colour: The colours that the generator reads.
        adversarial_losses: The loss of each discriminator, by the images that it compares.
    """

    store: AssetStore
    device: torch.device
    channels_last: bool
    scale: int
    colour: Colour
    adversarial_losses: Mapping[Domain, AdversarialLoss]


class LossConfig(Config):
    """One loss of a sum.

    Attributes:
        kind: Name of the kind of loss.
        weight: Weight of the loss in the sum.
    """

    kind: str
    weight: Weight = 1.0

    @property
    def label(self) -> str:
        """Name of the loss in the journal."""
        return self.kind

    @property
    def discriminator(self) -> Domain | None:
        """The images that its discriminator compares; None if it has no discriminator."""
        return None

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight."""
        raise NotImplementedError


def _reference(name: str, context: LossContext) -> LossFunction:
    """Return HR, or what a model makes of LR, as a function of one step's images.

    Args:
        name: Id or file of the model; empty for HR. What "bicubic" makes is not rounded to 8 bits.
        context: What losses may need.

    Raises:
        BadRecipe: The model's weights cannot be found, it is no network, or it reads other colours than the generator.
    """
    if not name:
        return lambda cache: cache.hr
    if name == "bicubic":
        return lambda cache: cache.upscaled
    model = find_model("reference", name, context.store, context.scale)
    network = model.make()
    if not isinstance(network, Network) or network.colour != context.colour:
        raise BadRecipe(f"reference: expected bicubic or a network of {context.colour}, not {model.id}")
    network.to(context.device).eval().requires_grad_(False)
    if context.channels_last:
        network.to(memory_format=torch.channels_last)
    return lambda cache: network(cache.lr).float()  # no gradient reaches LR or the network's weights


class Pixel(LossConfig):
    """Distance between SR and HR in [0, 1]: SRGAN's equation 4 ("mse"), or ESRGAN's L1.

    Attributes:
        criterion: "mse" for the mean squared difference, "l1" for the mean absolute difference.
        reference: Model whose output for the same patch takes the place of HR: "bicubic", or the id or file of a
            network of the generator's colours; HR where it is empty.
    """

    kind: Literal["pixel"]
    criterion: Criterion = "mse"
    reference: str = ""

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight.

        Raises:
            BadRecipe: The reference cannot be found, is no network, or reads other colours than the generator.
        """
        distance, reference = _DISTANCES[self.criterion], _reference(self.reference, context)
        return lambda cache: distance(cache.sr, reference(cache))


class Content(LossConfig):
    """Distance between VGG19's feature maps of SR and HR: SRGAN's equation 5; before activation as in ESRGAN.

    Attributes:
        layers: Names of layers with their weights; {"conv5_4": 1} is SRGAN-VGG54, {"conv2_2": 1} SRGAN-VGG22.
        activation: Whether maps are taken after ReLU (SRGAN) or before it (ESRGAN).
        criterion: "mse" for the mean squared difference (SRGAN), "l1" for the mean absolute difference (ESRGAN).
        divide_by: Number that the maps are divided by: 12.75 in SRGAN, whose VGG19 weights are the original ones.
        backbone: Origin of VGG19's weights: "torchvision", or "caffe" for the original ones, whose maps are several
            times larger; `divide_by` 12.75 brings these to about the scale of the others.
        unit_length: Whether the features of each position are divided by their length, as in LPIPS (Zhang et al., CVPR
            2018), so that faint texture counts as much as strong edges.
    """

    kind: Literal["content"]
    layers: Mapping[str, Weight] = Field(default={"conv5_4": 1.0}, strict=False)
    activation: Literal["before", "after"] = "after"
    criterion: Criterion = "mse"
    divide_by: Weight = 1.0
    backbone: WeightsOrigin = "torchvision"
    unit_length: bool = False

    def model_post_init(self, _: object) -> None:
        """Check the names of the layers.

        Raises:
            ValueError: VGG19 has no such layer.
        """
        for name in self.layers:
            if name not in layer_names():
                raise ValueError(f"layers.{name}: VGG19 has no such layer; it has {', '.join(layer_names())}")

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight.

        Raises:
            MissingWeights: VGG19's weights are not on this machine and could not be downloaded.
        """
        network = load_features(self.layers, self.activation == "after", self.backbone, context.store).to(
            context.device
        )
        if context.channels_last:
            network.to(memory_format=torch.channels_last)
        distance = _DISTANCES[self.criterion]

        def content(cache: ForwardCache) -> Tensor:
            with torch.no_grad():
                hr_maps = network(cache.cut(cache.hr))
            sr_maps = network(cache.cut(cache.sr))
            distances = [
                weight * distance(self._scaled(sr_maps[name]), self._scaled(hr_maps[name]))
                for name, weight in self.layers.items()
            ]
            return torch.stack(distances).sum()

        return content

    def _scaled(self, maps: Tensor) -> Tensor:
        scaled = maps.float() / self.divide_by
        return normalize(scaled) if self.unit_length else scaled


class Grid(LossConfig):
    """Mean squared difference of SR from an image without a grid, averaged at each place of the lattice over a window.

    The lattice is PixelShuffle's: a grid is a difference that repeats at each LR pixel, while texture averages out.
    Differences of colour count too.

    Attributes:
        window: Side of the window in LR pixels; a smaller patch is one window.
        reference: Model whose output is the image without a grid: "bicubic", or the id or file of a network of the
            generator's colours, of which one with as sharp edges and no texture leaves little but the grid; HR where it
            is empty.

    Source:
        This project's own.
    """

    kind: Literal["grid"]
    window: Annotated[int, Field(ge=1)] = 6
    reference: str = ""

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight.

        Raises:
            BadRecipe: The reference cannot be found, is no network, or reads other colours than the generator.
        """
        reference = _reference(self.reference, context)

        def grid(cache: ForwardCache) -> Tensor:
            places = pixel_unshuffle(cache.sr - reference(cache), context.scale)  # (N, C s^2, h, w)
            return avg_pool2d(places, min(self.window, *places.shape[-2:])).square().mean()

        return grid


class Adversarial(LossConfig):
    """The generator's side of the recipe's GAN objective.

    Attributes:
        weight: Weight of the loss in the sum; 1e-3 in SRGAN, 5e-3 in ESRGAN.
        domain: Images that the discriminator compares: "hr" (HR and SR) or, with an LR generator, "lr".
    """

    kind: Literal["adversarial"]
    weight: Weight = 1e-3
    domain: Domain = "hr"

    @property
    def label(self) -> str:
        """Name of the loss in the journal, with the images that the discriminator compares."""
        return f"{self.kind}_{self.domain}"

    @property
    def discriminator(self) -> Domain:
        """The images that its discriminator compares."""
        return self.domain

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight; the recipe has checked that the discriminator exists."""
        return context.adversarial_losses[self.domain].generator_loss


class Cycle(LossConfig):
    """Cycle consistency: both generators after each other give the image back (Zhu et al., ICCV 2017, equation 2).

    Attributes:
        weight: Weight of the loss in the sum; 10 in the paper.
        domain: Images that are to come back: "lr" (LR to SR to LR) or "hr" (HR to LR to HR).
    """

    kind: Literal["cycle"]
    weight: Weight = 10.0
    domain: Domain = "hr"

    @property
    def label(self) -> str:
        """Name of the loss in the journal, with the images that are to come back."""
        return f"{self.kind}_{self.domain}"

    def build(self, context: LossContext) -> LossFunction:
        """Build the loss, without its weight."""
        if self.domain == "hr":
            return lambda cache: l1_loss(cache.cycled_hr, cache.hr)
        return lambda cache: l1_loss(cache.cycled_lr, cache.lr)


Loss = Annotated[Pixel | Content | Grid | Adversarial | Cycle, Field(discriminator="kind")]

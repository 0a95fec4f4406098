"""What makes images: the zoo's networks from LR to HR, and a network from HR to LR for unpaired training."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import ConfigDict, Field, ValidationError, create_model
from torch import Tensor, nn

from srbench.core.config import Config
from srbench.errors import BadRecipe
from srbench.models import registry
from srbench.models.arch import Network


class Zoo(Config):
    """A network of the zoo, with random weights: any architecture, with any of its settings."""

    kind: Literal["zoo"] = "zoo"
    arch: str
    settings: Mapping[str, Any] = Field(default_factory=dict, strict=False)

    def model_post_init(self, _: object) -> None:
        """Try the settings on the network, without memory for its weights.

        Raises:
            ValueError: No such architecture or setting, or one it cannot have.
        """
        _settings(self.arch, self.settings)
        try:
            with torch.device("meta"):
                self.build(4)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"settings: {self.arch} cannot be built of {dict(self.settings)}: {error}") from error

    def build(self, scale: int) -> Network:
        """The network for one scale."""
        return registry.archs()[self.arch].build(scale, **self.settings)


def _settings(arch: str, settings: Mapping[str, Any]) -> None:
    """Check names and types against the network's own signature."""
    known = registry.archs()
    if arch not in known:
        raise ValueError(f"arch: no architecture '{arch}'; known are {', '.join(known)}")
    parameters = list(inspect.signature(known[arch].build).parameters.values())[1:]
    fields: dict[str, Any] = {p.name: (p.annotation, p.default) for p in parameters}
    checked = create_model(arch, __config__=ConfigDict(extra="forbid", strict=True), **fields)
    try:
        checked.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"settings.{key}: {first['msg']}; {arch} has {', '.join(fields)}") from error


class Downscaler(Network):
    """From HR to LR: strided convolutions and residual blocks, as CycleGAN's generators are built.

    Args:
        scale: How many times smaller the output is; 2, 4 or 8.
        channels: Features at HR size; they double with each halving.
        blocks: Residual blocks at LR size.

    Source:
        Zhu et al., Unpaired image-to-image translation using cycle-consistent adversarial networks, ICCV 2017,
        appendix 7.2, without the part that upsamples.
    """

    def __init__(self, scale: int, channels: int = 32, blocks: int = 3) -> None:
        super().__init__(scale)
        width, layers = channels, [nn.Conv2d(3, channels, 7, padding=3), nn.ReLU()]
        for _ in range(scale.bit_length() - 1):
            layers += [nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * width), nn.ReLU()]
            width *= 2
        layers += [_Residual(width) for _ in range(blocks)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 3, 7, padding=3))

    def forward(self, hr: Tensor) -> Tensor:
        """`(N, 3, s h, s w)` to `(N, 3, h, w)`."""
        out: Tensor = self.layers(hr)
        return out


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        norm = nn.InstanceNorm2d(width)
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), norm, nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), norm
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.layers(x)
        return out


class Downscale(Config):
    """A trainable way from HR to LR."""

    kind: Literal["downscaler"]
    channels: Annotated[int, Field(ge=1)] = 32
    blocks: Annotated[int, Field(ge=0)] = 3

    def build(self, scale: int) -> Network:
        """The network for one scale.

        Raises:
            BadRecipe: The scale is no power of two.
        """
        if scale & (scale - 1):
            raise BadRecipe(f"inverse.generator: a downscaler halves; it cannot shrink by {scale}")
        return Downscaler(scale, self.channels, self.blocks)

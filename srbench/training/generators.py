"""Generators: any registered architecture from LR to HR, and a network from HR to LR for unpaired training."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import ConfigDict, Field, ValidationError, create_model
from torch import Tensor, nn

from srbench.core.config import Config, unknown_key
from srbench.core.wording import plain
from srbench.errors import BadRecipe, closest
from srbench.models import registry
from srbench.models.arch import Network


class GeneratorConfig(Config):
    """A network from LR to HR with random weights.

    Attributes:
        arch: Name of a registered architecture.
        settings: Settings of the architecture; the others keep their defaults.
    """

    kind: Literal["zoo"] = "zoo"
    arch: str
    settings: Mapping[str, Any] = Field(default_factory=dict, strict=False)

    def model_post_init(self, _: object) -> None:
        """Build the network once, without memory for its weights.

        Raises:
            ValueError: No such architecture, no such setting, or a value that the architecture cannot be built with.
        """
        _check_settings(self.arch, self.settings)
        try:
            with torch.device("meta"):
                self.build(4)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"settings: {self.arch} cannot be built of {dict(self.settings)}: {error}") from error

    @property
    def multiple_of(self) -> int:
        """Number of which both sides of the network's input must be a multiple."""
        return registry.archs()[self.arch].multiple_of

    def build(self, scale: int) -> Network:
        """Build the network for one scale."""
        return registry.archs()[self.arch].build(scale, **self.settings)


def _check_settings(arch: str, settings: Mapping[str, Any]) -> None:
    """Check names and types of settings against the signature of the architecture's builder."""
    known = registry.archs()
    if arch not in known:
        raise ValueError(f"arch: no architecture '{arch}'.{closest(arch, known)} Known are {', '.join(known)}")
    parameters = list(inspect.signature(known[arch].build).parameters.values())[1:]
    fields: dict[str, Any] = {p.name: (p.annotation, p.default) for p in parameters}
    checked = create_model(arch, __config__=ConfigDict(extra="forbid", strict=True), **fields)
    try:
        checked.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ValueError(unknown_key(f"settings.{key}", list(fields))) from error
        raise ValueError(f"settings.{key}: {plain(first['msg'])} (found {first['input']!r})") from error


class Downscaler(Network):
    """From HR to LR: strided convolutions and residual blocks, as CycleGAN's generators are built.

    Args:
        scale: How many times smaller the output is: 2, 4 or 8.
        channels: Number of features at the size of HR; it doubles with each halving.
        blocks: Number of residual blocks at the size of LR.

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
        """Downscale HR `(N, 3, s h, s w)`; returns `(N, 3, h, w)`."""
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


class LrGeneratorConfig(Config):
    """A trainable network from HR to LR.

    Attributes:
        channels: Number of features at the size of HR; it doubles with each halving.
        blocks: Number of residual blocks at the size of LR.
    """

    kind: Literal["downscaler"]
    channels: Annotated[int, Field(ge=1)] = 32
    blocks: Annotated[int, Field(ge=0)] = 3

    def build(self, scale: int) -> Network:
        """Build the network for one scale.

        Raises:
            BadRecipe: The scale is not a power of two.
        """
        if scale & (scale - 1):
            raise BadRecipe(f"lr_generator: a downscaler cannot shrink by {scale}, only by a power of two")
        return Downscaler(scale, self.channels, self.blocks)

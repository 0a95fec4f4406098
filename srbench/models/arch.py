"""What an architecture declares beside its network: size rule, tiles, other projects' names, examples."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor, nn

Colour = Literal["any", "rgb", "luma", "ycbcr"]
"""What a network sees, as level / 255: each channel as it is and in the image's own dtype ("any"), or in float32 RGB,
BT.601 studio luma alone, or full-range Y'CbCr."""

State = dict[str, Tensor]
Rule = tuple[str, str | Callable[[re.Match[str]], str]]


def channels_of(colour: Colour) -> int:
    """Return the number of channels that a network of this colour takes; for "any" the usual three."""
    return 1 if colour == "luma" else 3


class Network(nn.Module):
    """A network of the zoo: `(N, C, h, w)` in [0, 1] to `(N, C, scale * h, scale * w)`, in the colours it names.

    Attributes:
        scale: Upscaling factor.
        colour: Colours of its channels.
    """

    scale: int
    colour: Colour

    def __init__(self, scale: int, colour: Colour = "rgb") -> None:
        super().__init__()
        self.scale = scale
        self.colour = colour

    def folded(self) -> "Network":
        """Return the same function with cheaper operations, for inference alone; outputs are equal within 1e-5.

        Returns:
            A copy with other layers (`srbench.models.folding`), or the network itself where there is nothing to gain.
        """
        return self


@dataclass(frozen=True)
class Scheme:
    """One way in which published files name a network's tensors.

    Attributes:
        origin: Project that uses these names.
        rules: Regular expressions with replacements; each key must match one of them in full, and an empty
            replacement leaves the tensor out.
        settings: Settings of the network that these names tell and its shapes do not.
    """

    origin: str
    rules: tuple[Rule, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def rename(self, state: State) -> State | None:
        """Return the tensors under this project's names; None where a key follows other rules."""
        renamed: State = {}
        for key, value in state.items():
            name = self._name(key)
            if name is None:
                return None
            if name:
                renamed[name] = value
        return renamed

    def _name(self, key: str) -> str | None:
        for pattern, replacement in self.rules:
            match = re.fullmatch(pattern, key)
            if match:
                return match.expand(replacement) if isinstance(replacement, str) else replacement(match)
        return None


@dataclass(frozen=True)
class Arch:
    """The facts of one architecture.

    Attributes:
        name: Unique name, which cards refer to; by custom that of the module.
        paper: The paper that introduced the architecture.
        year: Year of the paper; tables list models in this order.
        build: Function of the scale and the settings that makes the network with random weights.
        infer: Function of a state dict under this project's names that returns the settings it implies (and `scale`,
            where the weights fix it), or None where the state dict belongs to another network. Names and shapes are
            compared afterwards in any case.
        overlap_px: LR pixels around a tile that keep its error below 1 grey level: measured with trained weights on
            photographs, or the radius of the receptive field where none were at hand.
        bytes_per_px: Peak memory in float32 for each LR pixel at scale 4, measured, and a fifth more; sizes tiles.
        colour: Colours that the network sees where its settings have no `colour`.
        schemes: Names that other projects give to the tensors; this project's own names are always understood.
        multiple_of: Number of which both sides of the LR image must be a multiple, such as the side of an attention
            window; images are padded to it, and tiles begin at a multiple of it.
        tile_multiple_of: Number of which sides and starts of tiles are multiples beside this, where the network pads
            its input itself.
        scales: Upscaling factors that `build` takes; the tests try each.
        examples: Settings of small networks of this architecture, which the tests build; the first stands for it, the
            others add variants.
    """

    name: str
    paper: str
    year: int
    build: Callable[..., Network]
    infer: Callable[[State], dict[str, Any] | None]
    overlap_px: int
    bytes_per_px: int
    colour: Colour = "rgb"
    schemes: tuple[Scheme, ...] = ()
    multiple_of: int = 1
    tile_multiple_of: int = 1
    scales: tuple[int, ...] = (2, 3, 4, 8)
    examples: tuple[Mapping[str, Any], ...] = ({},)

    def complete(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in the network's defaults, so that two ways to say the same settings are equal.

        Raises:
            TypeError: The network has no such setting.
        """
        bound = inspect.signature(self.build).bind_partial(**settings)
        bound.apply_defaults()
        return dict(bound.arguments)


def count_blocks(state: State, pattern: str) -> int:
    """Count the different first groups of a pattern among the keys."""
    return len({match[1] for key in state if (match := re.match(pattern, key))})

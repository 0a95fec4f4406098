"""Small models, and timings that are made up."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from srbench.core.timing import Timing
from srbench.models import registry
from srbench.models.arch import Network
from srbench.models.model import Model
from srbench.speed.records import Ceiling, PsnrDrop

CPU = torch.device("cpu")
CEILING = Ceiling({"fp32": 0.5, "bf16": 1.0}, 10.0)


def nearest(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="nearest")


class Nearest(nn.Module):
    """Upscales by 4, with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return nearest(x) * self.gain


class Raising(nn.Module):
    """A network with a bug."""

    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("the kernel exploded\nwith details")


def model(network: Callable[[Tensor], Tensor], id_: str = "m", multiple_of: int = 1) -> Model:
    colour = getattr(network, "colour", "rgb")
    return Model(id_, 4, lambda: network, {"id": id_}, colour=colour, multiple_of=multiple_of)


def of_registry(arch: str, scale: int = 4, **settings: object) -> Model:
    def make() -> Network:
        return registry.archs()[arch].build(scale=scale, **settings)

    return Model(arch, scale, make, {"arch": arch}, colour=make().colour)


def timing(median_ms: float, reason: str = "") -> Timing:
    return Timing(
        median_ms=median_ms,
        p90_ms=median_ms * 1.1,
        p99_ms=median_ms * 1.2,
        iqr_ms=(median_ms * 0.99, median_ms * 1.01),
        calls=40,
        seconds=median_ms * 40 / 1000,
        warm_up_calls=10,
        valid=not reason,
        reason=reason,
    )


def drop(worst_db: float = 0.0) -> PsnrDrop:
    return PsnrDrop(worst_db / 2, worst_db, 28.0, 3)

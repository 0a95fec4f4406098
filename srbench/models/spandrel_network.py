"""Networks that the package spandrel recognises by the tensors of a file."""

import importlib
import importlib.metadata
from functools import cache
from types import ModuleType
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import pad

from srbench.models.arch import State

NAME = "spandrel"


@cache
def package() -> ModuleType | None:
    """Import spandrel when a file needs it; None where it is not installed.

    It loads every network it knows, and torch._dynamo with them, which takes as long as torch itself.
    """
    try:
        return importlib.import_module(NAME)
    except ImportError:
        return None


def read(state: State) -> Any:
    """Return spandrel's descriptor of the network of a state dict; None where it knows none or is not installed."""
    spandrel = package()
    if spandrel is None:
        return None
    try:
        return spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(state))
    except Exception:  # what it does not know ends anywhere in its readers
        return None


def takes_rgb(descriptor: Any) -> bool:
    """Return whether a descriptor's network takes one RGB image and returns one."""
    spandrel = package()
    return (
        spandrel is not None
        and isinstance(descriptor, spandrel.ImageModelDescriptor)
        and descriptor.input_channels == 3
    )


def version() -> str:
    """Return the version of the installed package."""
    return importlib.metadata.version(NAME)


class SpandrelNetwork(nn.Module):
    """A spandrel model as a module that moves between devices.

    It pads its input as spandrel does; its output is not clamped, so that it can be examined.
    """

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self.model = descriptor.model
        self.descriptor = descriptor

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        height, width = lr.shape[-2:]
        wide, high = self.descriptor.size_requirements.get_padding(width, height)
        mirrored = min(wide, width - 1), min(high, height - 1)
        x = pad(lr, (0, mirrored[0], 0, mirrored[1]), mode="reflect")
        x = pad(x, (0, wide - mirrored[0], 0, high - mirrored[1]), mode="replicate")
        out: Tensor = self.descriptor._call_fn(self.model, x)
        return out[..., : height * self.descriptor.scale, : width * self.descriptor.scale]

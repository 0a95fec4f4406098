"""What one training step sees: a batch, and whatever the networks make of it when a loss asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from srbench.core import image
from srbench.core.resize import resize
from srbench.errors import BadRecipe
from srbench.models.arch import Colour


@dataclass(frozen=True)
class Batch:
    """Samples as the loader gives them.

    Attributes:
        lr: Levels 0..255 `(N, 3, h, w)`.
        hr: uint8 levels `(N, 3, s h, s w)`.
        degradations: How each LR was made, one record a sample.
    """

    lr: Tensor
    hr: Tensor
    degradations: list[dict[str, Any]]

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        lr, hr = (levels.to(device, non_blocking=True) for levels in (self.lr, self.hr))
        return Batch(lr, hr, self.degradations)

    def pin_memory(self) -> "Batch":
        """The same in pinned memory; the loader asks for this where there is a GPU."""
        return Batch(self.lr.pin_memory(), self.hr.pin_memory(), self.degradations)


class ForwardCache:
    """A batch in the network's colours, and the images that the networks make of it, each made once.

    Args:
        batch: Levels, on the device.
        colour: What the generator sees.
        networks: By role: "generator", and for unpaired training "inverse".
        channels_last: Memory format of its images.
    """

    def __init__(
        self,
        batch: Batch,
        colour: Colour,
        networks: Mapping[str, Callable[[Tensor], Tensor]],
        channels_last: bool = False,
    ) -> None:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.lr = _seen(batch.lr, colour).contiguous(memory_format=layout)
        self.hr = _seen(batch.hr, colour).contiguous(memory_format=layout)
        self._networks = networks

    def _network(self, role: str) -> Callable[[Tensor], Tensor]:
        if role not in self._networks:
            raise BadRecipe(f"a loss needs the network '{role}', which the recipe does not have; add [{role}]")
        return self._networks[role]

    @cached_property
    def sr(self) -> Tensor:
        """The generator's answer to LR, float32 `(N, C, s h, s w)`."""
        return self._network("generator")(self.lr).float()

    @cached_property
    def fake_lr(self) -> Tensor:
        """LR that the inverse network makes of HR, float32 `(N, C, h, w)`."""
        return self._network("inverse")(self.hr).float()

    @cached_property
    def cycled_lr(self) -> Tensor:
        """LR again, by way of SR."""
        return self._network("inverse")(self.sr).float()

    @cached_property
    def cycled_hr(self) -> Tensor:
        """HR again, by way of the LR that was made of it."""
        return self._network("generator")(self.fake_lr).float()

    @cached_property
    def upscaled(self) -> Tensor:
        """LR by bicubic interpolation to the size of HR, float32; what a conditional discriminator sees beside."""
        return resize(self.lr, (self.hr.shape[-2], self.hr.shape[-1])).float()


def _seen(levels: Tensor, colour: Colour) -> Tensor:
    """Levels as a network sees them, float32: level / 255, in RGB, luma alone, or Y'CbCr."""
    unit = levels / 255
    if colour == "luma":
        return image.rgb_to_ycbcr(unit, studio=True)[:, :1].float()
    return image.rgb_to_ycbcr(unit, studio=False).float() if colour == "ycbcr" else unit.float()

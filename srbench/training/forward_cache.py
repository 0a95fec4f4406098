"""The images of one training step: a batch, and the outputs of the networks, computed when a loss needs them."""

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
    """Samples of one step, stacked.

    Attributes:
        lr: LR images in levels 0..255, `(N, 3, h, w)`.
        hr: HR images in uint8 levels, `(N, 3, s h, s w)`.
        degradations: Record of how each LR image was made.
    """

    lr: Tensor
    hr: Tensor
    degradations: list[dict[str, Any]]

    def to(self, device: torch.device) -> "Batch":
        """Copy the batch to a device."""
        lr, hr = (levels.to(device, non_blocking=True) for levels in (self.lr, self.hr))
        return Batch(lr, hr, self.degradations)

    def pin_memory(self) -> "Batch":
        """Copy the batch to pinned memory; the loader calls this where there is a GPU."""
        return Batch(self.lr.pin_memory(), self.hr.pin_memory(), self.degradations)


class ForwardCache:
    """A batch in the generator's colours, and the images that the networks make of it, each computed at most once.

    Args:
        batch: The samples, on the device.
        colour: The colours that the generator reads.
        networks: The networks by role: "generator", and for unpaired training "lr_generator".
        channels_last: Whether images are stored in the memory format channels_last.
        shift_px: Rows and columns that `cut` takes away.
    """

    def __init__(
        self,
        batch: Batch,
        colour: Colour,
        networks: Mapping[str, Callable[[Tensor], Tensor]],
        channels_last: bool = False,
        shift_px: int = 0,
    ) -> None:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.lr = _network_input(batch.lr, colour).contiguous(memory_format=layout)
        self.hr = _network_input(batch.hr, colour).contiguous(memory_format=layout)
        self._networks = networks
        self._shift_px = shift_px

    def _network(self, role: str) -> Callable[[Tensor], Tensor]:
        if role not in self._networks:
            raise BadRecipe(f"a loss needs the network '{role}', which the recipe does not have; add [{role}]")
        return self._networks[role]

    @cached_property
    def sr(self) -> Tensor:
        """SR, the generator's output for LR, float32 `(N, C, s h, s w)`."""
        return self._network("generator")(self.lr).float()

    @cached_property
    def fake_lr(self) -> Tensor:
        """LR that the LR generator makes of HR, float32 `(N, C, h, w)`."""
        return self._network("lr_generator")(self.hr).float()

    @cached_property
    def cycled_lr(self) -> Tensor:
        """LR that the LR generator makes of SR, float32 `(N, C, h, w)`."""
        return self._network("lr_generator")(self.sr).float()

    @cached_property
    def cycled_hr(self) -> Tensor:
        """SR that the generator makes of `fake_lr`, float32 `(N, C, s h, s w)`."""
        return self._network("generator")(self.fake_lr).float()

    def cut(self, image: Tensor) -> Tensor:
        """Take `shift_px` rows and columns away at the edges, of all images of the step the same ones, drawn at random.

        Networks with strides then see SR at all offsets to the lattice of its PixelShuffle, not at one alone.

        Args:
            image: `(N, C, s h, s w)`.

        Returns:
            `(N, C, s h - shift_px, s w - shift_px)`.
        """
        if not self._shift_px:
            return image
        rows, columns = (
            offset + torch.arange(side - self._shift_px, device=image.device)
            for offset, side in zip(self._offsets, image.shape[-2:], strict=True)
        )
        return image.index_select(-2, rows).index_select(-1, columns)

    @cached_property
    def _offsets(self) -> Tensor:
        # On the device, so that a step with it can be recorded.
        return torch.randint(self._shift_px + 1, (2,), device=self.hr.device)

    @cached_property
    def upscaled(self) -> Tensor:
        """LR, upscaled bicubically to the size of HR, float32; a conditional discriminator sees it too."""
        return resize(self.lr, (self.hr.shape[-2], self.hr.shape[-1])).float()


def _network_input(levels: Tensor, colour: Colour) -> Tensor:
    """Convert levels to a network's input, float32: level / 255, in RGB, luma alone, or Y'CbCr."""
    unit = levels / 255
    if colour == "luma":
        return image.rgb_to_ycbcr(unit, studio=True)[:, :1].float()
    return image.rgb_to_ycbcr(unit, studio=False).float() if colour == "ycbcr" else unit.float()

"""The side of the tiles in which an image goes through a network."""

from dataclasses import dataclass

from srbench.core.device import pick_device
from srbench.models.memory import budget_mib
from srbench.models.mode import Mode

_SMALLEST_TILE_PX = 16


@dataclass(frozen=True)
class Tiling:
    """What decides whether an image is tiled, and how.

    Attributes:
        mode: Mode in which the network runs; it may ask for a side, or limit the memory.
        scale: Upscaling factor.
        overlap_px: Width of the context around a tile in LR pixels.
        bytes_per_px: Peak memory in float32 for each LR pixel.
    """

    mode: Mode
    scale: int
    overlap_px: int
    bytes_per_px: int

    def side(self, height: int, width: int, images: int = 1) -> int:
        """Return the side of a tile without its overlap, in LR pixels.

        Args:
            height: Height of LR.
            width: Width of LR.
            images: Number of images in the batch.
        """
        if self.mode.tile_px:
            return self.mode.tile_px
        memory_mib = self.mode.memory_mib or budget_mib(pick_device(self.mode.device))
        budget = memory_mib * 2**20 / (self.bytes_per_px * (self.scale / 4) ** 2 * images)
        if height * width <= budget:
            return max(height, width)
        return max(_SMALLEST_TILE_PX, int(budget**0.5) - 2 * self.overlap_px)

    def in_use(self, height: int, width: int) -> int:
        """Return the side where one image is tiled, or where a side was asked for; 0 where it goes through whole."""
        side = self.side(height, width)
        return side if self.mode.tile_px or side < max(height, width) else 0

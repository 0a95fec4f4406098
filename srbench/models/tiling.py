"""The tiles in which an image goes through a network: their sides, where each begins and ends, what it sees."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from srbench.core.device import pick_device
from srbench.models.memory import budget_mib
from srbench.models.mode import Mode

_SMALLEST_TILE_PX = 16


@dataclass(frozen=True)
class Tile:
    """A part of an image, and the context with which a network sees it; all in LR pixels.

    Attributes:
        top: First row of the part.
        left: First column of the part.
        bottom: Row after its last.
        right: Column after its last.
        overlap_px: Width of the context around the part, as far as the image reaches.
    """

    top: int
    left: int
    bottom: int
    right: int
    overlap_px: int

    def context(self, lr: Tensor) -> Tensor:
        """Return the part of an image with its context, as a view."""
        y0, x0 = self._corner
        return lr[..., y0 : self.bottom + self.overlap_px, x0 : self.right + self.overlap_px]

    def core(self, sr: Tensor, scale: int) -> Tensor:
        """Return what an upscaled context holds of the part itself."""
        y0, x0 = self._corner
        rows = slice((self.top - y0) * scale, (self.bottom - y0) * scale)
        return sr[..., rows, (self.left - x0) * scale : (self.right - x0) * scale]

    def place(self, sr: Tensor, scale: int) -> Tensor:
        """Return where the part lies in the whole upscaled image, as a view."""
        return sr[..., self.top * scale : self.bottom * scale, self.left * scale : self.right * scale]

    @property
    def _corner(self) -> tuple[int, int]:
        return max(self.top - self.overlap_px, 0), max(self.left - self.overlap_px, 0)


@dataclass(frozen=True)
class Tiling:
    """What decides whether an image is tiled, and how.

    Attributes:
        mode: Mode in which the network runs; it may ask for a side, or limit the memory.
        scale: Upscaling factor.
        overlap_px: Width of the context around a tile in LR pixels.
        bytes_per_px: Peak memory in float32 for each LR pixel.
        multiple_of: Number of which sides, overlaps and starts of tiles are multiples: the network's windows lie in a
            tile as in the whole image.
    """

    mode: Mode
    scale: int
    overlap_px: int
    bytes_per_px: int
    multiple_of: int = 1

    @property
    def context_px(self) -> int:
        """Width of the context around a tile: the overlap, rounded up by the size rule."""
        return aligned_up(self.overlap_px, self.multiple_of)

    def tiles(self, height: int, width: int, images: int = 1) -> Iterator[Tile]:
        """Yield the tiles of an image, row by row."""
        side = self.side(height, width, images)
        for top in range(0, height, side):
            for left in range(0, width, side):
                yield Tile(top, left, min(top + side, height), min(left + side, width), self.context_px)

    def side(self, height: int, width: int, images: int = 1) -> int:
        """Return the side of a tile without its overlap, in LR pixels.

        Args:
            height: Height of LR.
            width: Width of LR.
            images: Number of images in the batch.
        """
        if self.mode.tile_px:
            return aligned_down(self.mode.tile_px, self.multiple_of)
        memory_mib = self.mode.memory_mib or budget_mib(pick_device(self.mode.device))
        budget = memory_mib * 2**20 / (self.bytes_per_px * (self.scale / 4) ** 2 * images)
        if height * width <= budget:
            return max(height, width)
        side = max(_SMALLEST_TILE_PX, int(budget**0.5) - 2 * self.context_px)
        return min(aligned_down(side, self.multiple_of), max(height, width))

    def in_use(self, height: int, width: int) -> int:
        """Return the side where one image is tiled, or where a side was asked for; 0 where it goes through whole."""
        side = self.side(height, width)
        return side if self.mode.tile_px or side < max(height, width) else 0


def aligned_down(px: int, multiple: int) -> int:
    """Return the largest multiple that is no larger, and at least one."""
    return max(px // multiple, 1) * multiple


def aligned_up(px: int, multiple: int) -> int:
    """Return the smallest multiple that is no smaller."""
    return -(-px // multiple) * multiple

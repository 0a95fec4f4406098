"""One call contract for every model: size rules, colours, tiles, precision and self-ensemble are handled here."""

from collections.abc import Callable, Iterator
from types import EllipsisType

import torch
from torch import Tensor
from torch.nn.functional import pad

from srbench.core import allocator, image
from srbench.core.device import pick_device
from srbench.core.progress import NO_PROGRESS, Task
from srbench.core.resize import resize
from srbench.errors import ShapeError
from srbench.models import engine
from srbench.models.arch import Colour, channels_of
from srbench.models.mode import Mode
from srbench.models.tiling import Tiling

_Region = tuple[EllipsisType, slice, slice]


class Upscaler:
    """A model that is ready to run.

    Args:
        network: Function from `(N, C, h, w)` to `(N, C, s h, s w)`, in its own colours. A module is put on the device
            and into evaluation mode.
        scale: Upscaling factor.
        mode: Mode in which to run it.
        colour: Colours that the network takes.
        overlap_px: Width of the context around a tile in LR pixels.
        bytes_per_px: Peak memory in float32 for each LR pixel.
        multiple_of: Number to a multiple of which both LR sides are padded; the output is cropped again.
    """

    def __init__(
        self,
        network: Callable[[Tensor], Tensor],
        scale: int,
        mode: Mode | None = None,
        *,
        colour: Colour = "rgb",
        overlap_px: int = 32,
        bytes_per_px: int = 40000,
        multiple_of: int = 1,
    ) -> None:
        self.scale = scale
        self.mode = mode or Mode()
        self.device = pick_device(self.mode.device)
        self.colour = colour
        self.overlap_px = overlap_px
        self.multiple_of = multiple_of
        self.tiling = Tiling(self.mode, scale, overlap_px, bytes_per_px)
        self.network = engine.start(network, self.mode, self.device, channels_of(colour), multiple_of)

    @torch.no_grad()
    def __call__(self, lr: Tensor) -> Tensor:
        """Upscale a batch.

        Args:
            lr: Float `(N, 3, h, w)` RGB or `(N, 1, h, w)` grey in [0, 1], any size from 1 x 1, on any device.

        Returns:
            `(N, C, s h, s w)` of the input's C, in [0, 1], on the mode's device. It is not rounded, except that an RGB
            network's output for a grey image is reduced to grey on 8-bit levels. NaN stays NaN.

        Raises:
            ShapeError: The network's output has another size.
        """
        if self.count_tiles(lr) == 1:
            return self._sr(lr.to(self.device))
        out = torch.empty(0)
        for region, tile in self._tiles(lr):
            if not out.numel():
                out = tile.new_empty(self._shape(lr))
            out[region] = tile
        return out

    def upscale_uint8(self, lr: Tensor, task: Task = NO_PROGRESS) -> Tensor:
        """Upscale an image of any size; only one tile and the 8-bit output are held in memory.

        Args:
            lr: uint8 `(N, C, h, w)`, C = 3 (RGB) or 1 (grey).
            task: Task that is advanced after each tile.

        Returns:
            uint8 `(N, C, s h, s w)` on the CPU, rounded as it would be scored.

        Raises:
            ShapeError: The network's output has another size.
        """
        out = torch.empty(self._shape(lr), dtype=torch.uint8)
        for region, tile in self._tiles(lr):
            out[region] = image.to_uint8(tile)
            # Tiles at the edges have other sizes, for which the memory that was kept is too small.
            allocator.release_freed_memory()
            task.advance()
        return out

    def count_tiles(self, lr: Tensor) -> int:
        """Return the number of tiles in which an image goes through the network.

        Raises:
            ShapeError: The image has no pixels.
        """
        if not lr.shape[-2] * lr.shape[-1]:
            raise ShapeError(f"lr is {tuple(lr.shape)}; expected at least 1 x 1 px")
        side = self._tile_side(lr)
        return -(-lr.shape[-2] // side) * -(-lr.shape[-1] // side)

    @torch.no_grad()
    def _tiles(self, lr: Tensor) -> Iterator[tuple[_Region, Tensor]]:
        """Yield each upscaled tile with its region of the output; uint8 is scaled to [0, 1]."""
        height, width = lr.shape[-2:]
        side, s, overlap, multiple = self._tile_side(lr), self.scale, self.overlap_px, self.multiple_of
        for top in range(0, height, side):
            for left in range(0, width, side):
                bottom, right = min(top + side, height), min(left + side, width)
                # Windows of the network lie as in the whole image, and only its border is padded.
                y0, x0 = (max(first - overlap, 0) // multiple * multiple for first in (top, left))
                y1, x1 = (last + overlap + -(last + overlap) % multiple for last in (bottom, right))
                context = lr[..., y0:y1, x0:x1].to(self.device)
                sr = self._sr(context / 255 if context.dtype == torch.uint8 else context)
                core = sr[..., (top - y0) * s : (bottom - y0) * s, (left - x0) * s : (right - x0) * s]
                yield (..., slice(top * s, bottom * s), slice(left * s, right * s)), core

    def _shape(self, lr: Tensor) -> tuple[int, ...]:
        return (*lr.shape[:2], lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)

    def _sr(self, lr: Tensor) -> Tensor:
        """Upscale one tile, which fits into memory."""
        grey = lr.shape[1] == 1 and self.colour in ("rgb", "ycbcr")
        x = lr.expand(-1, 3, -1, -1) if grey else lr
        sr = (self._ensemble(x) if self.mode.self_ensemble else self._colours(x)).clamp(0, 1)
        return image.grey(image.round_half_up(sr.double() * 255)) / 255 if grey else sr

    def _ensemble(self, lr: Tensor) -> Tensor:
        views = [_view(self._colours(_view(lr, flip, turns)), flip, turns, back=True) for flip, turns in _SYMMETRIES]
        return torch.stack(views).mean(0)

    def _colours(self, lr: Tensor) -> Tensor:
        if self.colour == "luma":
            return self._luma(lr)
        if self.colour == "ycbcr":
            return image.ycbcr_to_rgb(self._padded(image.rgb_to_ycbcr(lr, studio=False)), studio=False)
        return self._padded(lr)

    def _luma(self, lr: Tensor) -> Tensor:
        """Upscale a grey image as luma; of a colour image the network upscales studio luma, and chroma is bicubic."""
        if lr.shape[1] == 1:
            return self._padded(lr)
        ycbcr = image.rgb_to_ycbcr(lr.double(), studio=True)
        size = (lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)
        chroma = resize(ycbcr[:, 1:], size)
        luma = self._padded(ycbcr[:, :1]).double()
        return image.ycbcr_to_rgb(torch.cat([luma, chroma], 1), studio=True)

    def _tile_side(self, x: Tensor) -> int:
        """Return the side of a tile without its overlap, in LR pixels."""
        return self.tiling.side(x.shape[-2], x.shape[-1], len(x))

    def _padded(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        extra = (-width % self.multiple_of, -height % self.multiple_of)
        if any(extra):
            x = pad(x, (0, extra[0], 0, extra[1]), mode="replicate")
        out = self._run(x)
        expected = (x.shape[-2] * self.scale, x.shape[-1] * self.scale)
        if out.shape[-2:] != expected or out.shape[:2] != x.shape[:2]:
            raise ShapeError(
                f"the network made {tuple(out.shape)} of {tuple(x.shape)}; expected {(*x.shape[:2], *expected)}. "
                f"Is its scale {self.scale}?"
            )
        return out[..., : height * self.scale, : width * self.scale]

    def _run(self, x: Tensor) -> Tensor:
        out = self.network(x if self.colour == "any" else x.float())
        return out if out.dtype == torch.float64 else out.float()


_SYMMETRIES = [(flip, turns) for flip in (False, True) for turns in range(4)]
VIEWS = len(_SYMMETRIES)
"""Number of views over which self-ensemble averages."""


def _view(x: Tensor, flip: bool, turns: int, back: bool = False) -> Tensor:
    """Apply one of the 8 symmetries of the square, or its inverse."""
    if back:
        x = torch.rot90(x, -turns, (-2, -1))
        return x.flip(-1) if flip else x
    return torch.rot90(x.flip(-1) if flip else x, turns, (-2, -1))

"""One call contract for every model: size rules, colours, tiles, precision and self-ensemble are handled here."""

from collections.abc import Callable, Iterator
from math import lcm

import torch
from torch import Tensor
from torch.nn.functional import pad

from srbench.core import allocator, image
from srbench.core.device import pick_device, scoring_device
from srbench.core.progress import NO_PROGRESS, Task
from srbench.core.resize import resize
from srbench.errors import BadOutput, ShapeError
from srbench.models import engine
from srbench.models.arch import Colour, channels_of
from srbench.models.mode import Mode
from srbench.models.output_check import Problem, RawOutput, check_form
from srbench.models.tile_probe import probe_error
from srbench.models.tiling import Tile, Tiling

_TILE_ERROR, _ROUGH_TILE_ERROR = 0.1 / 255, 4 / 255
"""Difference between tile and whole image, on [0, 1], above which tiles are said to change the output.

In fp32 the networks of the zoo reach 0.002 / 255; lower precision rounds inputs of another size in another way.
"""


class Upscaler:
    """A model that is ready to run.

    Args:
        network: Function from `(N, C, h, w)` to `(N, C, s h, s w)`, in its own colours. A module is put on the device
            and into evaluation mode.
        scale: Upscaling factor.
        mode: Mode in which to run it. With the devices mps and xpu the network alone runs there: images come from the
            CPU and return to it, where all else is computed in float64.
        colour: Colours that the network takes.
        overlap_px: Width of the context around a tile in LR pixels.
        bytes_per_px: Peak memory in float32 for each LR pixel.
        multiple_of: Number to a multiple of which both LR sides are padded; the output is cropped again.
        tile_multiple_of: Number of which sides, overlaps and starts of tiles are multiples beside this, for a network
            that pads its input itself.
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
        tile_multiple_of: int = 1,
    ) -> None:
        self.scale = scale
        self.mode = mode or Mode()
        device = pick_device(self.mode.device)
        self.device = scoring_device(device)
        device = self.device if colour == "any" else device  # interpolation computes in float64
        self.colour = colour
        self.overlap_px = overlap_px
        self.multiple_of = multiple_of
        self.tiling = Tiling(self.mode, scale, overlap_px, bytes_per_px, lcm(multiple_of, tile_multiple_of))
        self._tile_errors: dict[int, float] = {}
        self._raw = RawOutput(scale)
        self.network = engine.start(network, self.mode, device, channels_of(colour), multiple_of)

    @torch.no_grad()
    def __call__(self, lr: Tensor) -> Tensor:
        """Upscale a batch.

        Args:
            lr: Float `(N, 3, h, w)` RGB or `(N, 1, h, w)` grey in [0, 1], any size from 1 x 1, on any device. It is
                never changed, whatever the network does with its input.

        Returns:
            `(N, C, s h, s w)` of the input's C, in [0, 1], on `device`. It is not rounded, except that an RGB
            network's output for a grey image is reduced to grey on 8-bit levels. NaN stays NaN; `problem` says what
            else was wrong.

        Raises:
            BadOutput: The network's output is no tensor of floating point.
            ShapeError: The network's output has another size.
        """
        self._raw = RawOutput(self.scale)
        if self.count_tiles(lr) == 1:
            return self._sr(lr.to(self.device))
        out = torch.empty(0)
        for tile, sr in self._tiles(lr):
            if not out.numel():
                out = sr.new_empty(self._shape(lr))
            tile.place(out, self.scale).copy_(sr)
        return out

    def upscale_uint8(self, lr: Tensor, task: Task = NO_PROGRESS) -> Tensor:
        """Upscale an image of any size; only one tile and the 8-bit output are held in memory.

        Args:
            lr: uint8 `(N, C, h, w)`, C = 3 (RGB) or 1 (grey).
            task: Task that is advanced after each tile.

        Returns:
            uint8 `(N, C, s h, s w)` on the CPU, rounded as it would be scored.

        Raises:
            BadOutput: The network's output is of another type or range, or has values that are no numbers.
            ShapeError: The network's output has another size.
        """
        out = torch.empty(self._shape(lr), dtype=torch.uint8)
        self._raw = RawOutput(self.scale)
        for tile, sr in self._tiles(lr):
            tile.place(out, self.scale).copy_(image.to_uint8(sr))
            # Tiles at the edges have other sizes, for which the memory that was kept is too small.
            allocator.release_freed_memory()
            task.advance()
        if problem := self.problem():
            raise BadOutput(f"{problem.text}; no picture is made of it")
        return out

    def problem(self) -> Problem | None:
        """Return what was wrong with the network's own output in the last call, before it was clamped."""
        return self._raw.problem()

    def count_tiles(self, lr: Tensor) -> int:
        """Return the number of tiles in which an image goes through the network.

        Raises:
            ShapeError: The image has no pixels.
        """
        if not lr.shape[-2] * lr.shape[-1]:
            raise ShapeError(f"lr is {tuple(lr.shape)}; expected at least 1 x 1 px")
        side = self._tile_side(lr)
        return -(-lr.shape[-2] // side) * -(-lr.shape[-1] // side)

    def _tile_side(self, lr: Tensor) -> int:
        return self.tiling.side(lr.shape[-2], lr.shape[-1], len(lr))

    def tile_warning(self, lr: Tensor) -> str:
        """Say so where an image goes through in tiles whose pixels are not the whole image's; else an empty text.

        A small picture tells (`srbench.models.tile_probe`), once for each side of tiles.
        """
        if self.count_tiles(lr) == 1:
            return ""
        side = self._tile_side(lr)
        if side not in self._tile_errors:
            self._tile_errors[side] = self._probe_error(side)
        error = self._tile_errors[side]
        exact = self.mode.precision == "fp32" and not self.mode.tf32
        if not error > (_TILE_ERROR if exact else _ROUGH_TILE_ERROR):
            return ""
        return (
            f"output depends on the tiles, by up to {error * 255:.2g} levels on a hard probe; "
            "a larger --memory-mib, without tile=N, leaves images whole"
        )

    @torch.no_grad()
    def _probe_error(self, side: int) -> float:
        self._raw = RawOutput(self.scale)
        context, multiple = self.tiling.context_px, self.tiling.multiple_of
        return probe_error(lambda lr: self._sr(lr.to(self.device)), side, context, multiple, self.scale)

    @torch.no_grad()
    def _tiles(self, lr: Tensor) -> Iterator[tuple[Tile, Tensor]]:
        """Yield each tile with its part of the output; uint8 is scaled to [0, 1]."""
        for tile in self.tiling.tiles(lr.shape[-2], lr.shape[-1], len(lr)):
            context = tile.context(lr).to(self.device)
            sr = self._sr(context / 255 if context.dtype == torch.uint8 else context)
            yield tile, tile.core(sr, self.scale)

    def _shape(self, lr: Tensor) -> tuple[int, ...]:
        return (*lr.shape[:2], lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)

    def _sr(self, lr: Tensor) -> Tensor:
        """Upscale one tile, which fits into memory."""
        grey = lr.shape[1] == 1 and self.colour in ("rgb", "ycbcr")
        x = lr.expand(-1, 3, -1, -1) if grey else lr
        sr = (self._ensemble(x) if self.mode.self_ensemble else self._colours(x)).clamp(0, 1)
        return image.grey(image.round_half_up(sr.double() * 255)) / 255 if grey else sr

    def _ensemble(self, lr: Tensor) -> Tensor:
        """Average over the views of an image that was padded before: windows lie alike in all of them."""
        height, width = lr.shape[-2:]
        lr = _pad(lr, self.tiling.multiple_of)
        views = [_view(self._colours(_view(lr, flip, turns)), flip, turns, back=True) for flip, turns in _SYMMETRIES]
        return torch.stack(views).mean(0)[..., : height * self.scale, : width * self.scale]

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

    def _padded(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = _pad(x, self.multiple_of)
        out = self._run(x)
        return out[..., : height * self.scale, : width * self.scale]

    def _run(self, x: Tensor) -> Tensor:
        x = x if self.colour == "any" else x.float()
        out = check_form(self.network(x), x, self.scale)
        self._raw.see(x, out)
        return out if out.dtype == torch.float64 else out.float()


def _pad(x: Tensor, multiple: int) -> Tensor:
    height, width = x.shape[-2:]
    extra = (0, -width % multiple, 0, -height % multiple)
    return pad(x, extra, mode="replicate") if any(extra) else x


_SYMMETRIES = [(flip, turns) for flip in (False, True) for turns in range(4)]
VIEWS = len(_SYMMETRIES)
"""Number of views over which self-ensemble averages."""


def _view(x: Tensor, flip: bool, turns: int, back: bool = False) -> Tensor:
    """Apply one of the 8 symmetries of the square, or its inverse."""
    if back:
        x = torch.rot90(x, -turns, (-2, -1))
        return x.flip(-1) if flip else x
    return torch.rot90(x.flip(-1) if flip else x, turns, (-2, -1))

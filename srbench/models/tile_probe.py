"""A small picture that tells whether a network answers a tile as it answers the whole image."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.models.tiling import Tile, aligned_up

_PROBE_PX, _PROBE_WIDTH_PX, _BLOCK_PX = 16, 48, 4


def probe_error(sr: Callable[[Tensor], Tensor], side_px: int, context_px: int, multiple: int, scale: int) -> float:
    """Compare tiles' pixels with the whole image's, on a drawn picture just large enough to hold two such tiles.

    A network whose field of view ends within the overlap answers both alike within rounding; one with a mean over the
    image, or with windows that it does not declare, does not. The difference is that of a hard case: photographs show
    as much only where their parts are as unlike.

    Args:
        sr: Function from LR `(1, 3, h, w)` in [0, 1] to its output, without tiles.
        side_px: Side of a tile.
        context_px: Width of the context around it.
        multiple: Number of which the tiles' sides are multiples.
        scale: Upscaling factor.

    Returns:
        Largest absolute difference on [0, 1]; NaN where an output has none.
    """
    first = (context_px // side_px + 1) * side_px
    tops = (first, first + side_px)  # windows of which one start is a multiple show at the other
    extra, width = aligned_up(_PROBE_PX, multiple), aligned_up(_PROBE_WIDTH_PX, multiple)
    tiles = [Tile(top, 0, top + extra, width, context_px) for top in tops]
    errors = []
    for lr in _drawn(tops[-1] + extra, width):
        whole = sr(lr)
        errors += [(tile.place(whole, scale) - tile.core(sr(tile.context(lr)), scale)).abs().max() for tile in tiles]
    return float(torch.stack(errors).max())


def _drawn(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Draw a quiet half above hard blocks, in which the tiles lie, and the other way round; the same each time.

    What a network takes from the whole image, as a mean, a deviation or a maximum, is far from that of any tile here,
    as it is in photographs with a sky: with even detail all over it would be nearly equal.
    """
    generator = torch.Generator().manual_seed(0)
    grain = torch.rand(1, 3, height, width, generator=generator)
    blocks = torch.rand(1, 1, height // _BLOCK_PX + 1, width // _BLOCK_PX + 1, generator=generator).round()
    light = interpolate(blocks, scale_factor=_BLOCK_PX, mode="nearest")[..., :height, :width]
    dark, soft = 0.05 + 0.02 * grain, 0.3 + 0.4 * grain
    below = torch.arange(height).view(1, 1, -1, 1) >= height // 2
    pictures = torch.where(below, light, dark), torch.where(below, soft, light)
    first, second = ((each * 255).round() / 255 for each in pictures)
    return first, second

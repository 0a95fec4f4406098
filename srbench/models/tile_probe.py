"""A small picture that tells whether a network answers a tile as it answers the whole image."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.models.tiling import Tile, aligned_up

_PROBE_PX, _PROBE_WIDTH_PX, _DETAIL_PX = 16, 48, 3


def probe_error(sr: Callable[[Tensor], Tensor], side_px: int, context_px: int, multiple: int, scale: int) -> float:
    """Compare tiles' pixels with the whole image's, on a drawn picture just large enough to hold two such tiles.

    A network whose field of view ends within the overlap answers both alike within rounding; one with a mean over the
    image, or with windows that it does not declare, does not.

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
    lr = _drawn(tops[-1] + extra, width)
    whole = sr(lr)
    errors = [(tile.place(whole, scale) - tile.core(sr(tile.context(lr)), scale)).abs().max() for tile in tiles]
    return float(torch.stack(errors).max())


def _drawn(height: int, width: int) -> Tensor:
    """Draw detail on a ramp from dark to light, so that no part has the whole's mean; the same each time."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, height // _DETAIL_PX + 1, width // _DETAIL_PX + 1, generator=generator)
    detail = interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    ramp = torch.linspace(0, 1, height).view(1, 1, -1, 1)
    return ((0.6 * ramp + 0.4 * detail) * 255).round() / 255

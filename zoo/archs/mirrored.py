"""Images continued by their mirror image, as networks with windows do that pad their input themselves."""

import torch
from torch import Tensor


def to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Continue `(N, C, h, w)` below and to the right to the next multiple of `multiple` px on both sides.

    The edge itself is not repeated. Where an image is smaller than what is missing it goes back and forth, so that
    images of any size from 1 x 1 are taken; torch's "reflect" refuses those.
    """
    for dim in (2, 3):
        side = x.shape[dim]
        if side % multiple:
            x = x.index_select(dim, _mirrored(side, side + -side % multiple, x.device))
    return x


def _mirrored(side: int, length: int, device: torch.device) -> Tensor:
    """`(length,)`: 0, 1 .. side - 1, side - 2 .. 0, 1 and so on."""
    period = max(2 * (side - 1), 1)
    steps = torch.arange(length, device=device) % period
    return torch.minimum(steps, period - steps)

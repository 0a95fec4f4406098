"""Filters of MATLAB that the authors of metrics use: `imfilter`, `conv2` and `fspecial`, in float64."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad


def box_ahead(image: Tensor, factor: int, *, mirrored: bool) -> Tensor:
    """Average blocks of `factor` x `factor` pixels around every `factor`-th pixel.

    An even block looks one pixel ahead, as `imfilter` and `conv2(..., 'same')` with `fspecial('average', factor)` and
    `(1:factor:end, 1:factor:end)` do.

    Args:
        image: `(..., H, W)`.
        factor: Side of the blocks and step between them, at least 1.
        mirrored: Whether the image goes on mirrored outside (`imfilter(..., 'symmetric')`), or as 0 (`conv2`).

    Returns:
        `(..., ceil(H / factor), ceil(W / factor))` of the same dtype.
    """
    for dim in (-2, -1):
        length = image.shape[dim]
        start = torch.arange(0, length, factor, device=image.device) - (factor - 1) // 2
        index = start[:, None] + torch.arange(factor, device=image.device)
        folded = torch.where(index < 0, -1 - index, torch.where(index >= length, 2 * length - 1 - index, index))
        blocks = image.index_select(dim, folded.flatten()).unflatten(dim, (-1, factor))
        if not mirrored:
            inside = (folded == index).to(image.dtype)
            blocks = blocks * (inside[..., None] if dim == -2 else inside)
        image = blocks.mean(dim if dim == -1 else -2)
    return image


def correlate(planes: Tensor, kernel: Tensor, step: int = 1, edge: str = "valid") -> Tensor:
    """Correlate planes with an odd kernel.

    Args:
        planes: float64 `(N, 1, H, W)`.
        kernel: float64 `(K, h, w)`, both sides odd: K filters.
        step: Every how many-th pixel is computed, from the first.
        edge: "valid", "zeros", "replicate", or "reflect" (the edge's own pixel is not repeated).

    Returns:
        float64 `(N, K, H', W')`.
    """
    half_y, half_x = kernel.shape[-2] // 2, kernel.shape[-1] // 2
    sides = (half_x, half_x, half_y, half_y)
    if edge == "zeros":
        planes = pad(planes, sides)
    elif edge != "valid":
        planes = pad(planes, sides, mode=edge)
    return conv2d(planes, kernel.to(planes)[:, None], stride=step)


def gaussian(size: int, sigma: float) -> Tensor:
    """Return a Gaussian window `(1, size, size)` float64 whose sum is 1, as `fspecial('gaussian', size, sigma)`."""
    taps = torch.exp(-((torch.arange(size, dtype=torch.float64) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    window = taps[:, None] * taps
    return (window / window.sum())[None]

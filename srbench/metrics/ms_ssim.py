"""Multi-scale structural similarity."""

from functools import partial

import torch
from torch import Tensor

from srbench.metrics.filtering import box_ahead
from srbench.metrics.metric import check, of_cards
from srbench.metrics.ssim import contrast_and_ssim

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_SMALLEST_PX = 161
"""Four times halved, 161 px are the window's 11."""


def ms_ssim(sr: Tensor, hr: Tensor, *, product: bool = False) -> Tensor:
    """Combine contrast and structure at five scales, and luminance at the coarsest.

    Each scale is that before it, averaged over 2 x 2 pixels with mirrored edges, and every second pixel of it.

    Args:
        sr: `(N, C, H, W)`, levels 0..255; channels are averaged.
        hr: Original of the same shape and range.
        product: Whether the means over the image are multiplied, each to the power of its weight, as the paper says,
            where one below 0 counts as 0; or whether they are summed by the weights divided by their sum, 1.0001, as
            in the values that are published as the authors'.

    Returns:
        float64 `(N,)`, at most 1.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 161 px.

    Source:
        Wang, Simoncelli and Bovik, Multi-scale structural similarity, Asilomar 2003, eq. 7; weights of section 3.2.
    """
    check(sr, hr, _SMALLEST_PX)
    x, y = (image.double().flatten(0, 1) for image in (sr, hr))
    means = []
    for level in range(len(_WEIGHTS)):
        contrast, whole = contrast_and_ssim(x, y)
        means.append(contrast if level < len(_WEIGHTS) - 1 else whole)
        x, y = box_ahead(x, 2, mirrored=True), box_ahead(y, 2, mirrored=True)
    scales = torch.stack(means, -1)
    weights = torch.tensor(_WEIGHTS, dtype=torch.float64, device=x.device)
    joined = (scales.clamp(min=0) ** weights).prod(-1) if product else (scales * weights).sum(-1) / weights.sum()
    return joined.view(hr.shape[:2]).mean(1)


METRICS = of_cards(
    __file__, {"ms-ssim": lambda _: ms_ssim, "ms-ssim.product": lambda _: partial(ms_ssim, product=True)}
)

"""Gradient magnitude similarity deviation."""

import torch
from torch import Tensor

from srbench.metrics.filtering import box_ahead, correlate
from srbench.metrics.metric import check, of_cards

_C = 170.0
_PREWITT = torch.tensor([[1, 0, -1]] * 3, dtype=torch.float64) / 3


def gmsd(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute how much the similarity of the gradients varies over an image.

    Both images are halved first, by averages of 2 x 2 pixels; outside the image is 0.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, at least 0; 0 for equal images.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 6 px.

    Source:
        Xue, Zhang, Mou and Bovik, Gradient magnitude similarity deviation, IEEE TIP 23(2), 2014, eqs. 1 to 5.
    """
    check(sr, hr, smallest_px=6)
    x, y = (_gradient(box_ahead(image.double(), 2, mirrored=False)) for image in (sr, hr))
    similarity = (2 * x * y + _C) / (x * x + y * y + _C)
    return similarity.flatten(1).std(1)


def _gradient(plane: Tensor) -> Tensor:
    kernels = torch.stack([_PREWITT, _PREWITT.T])
    return correlate(plane, kernels, edge="zeros").square().sum(1).sqrt()


METRICS = of_cards(__file__, {"gmsd": lambda _: gmsd})

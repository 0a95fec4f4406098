"""The colours YIQ, in which FSIMc and HaarPSI compare."""

import torch
from torch import Tensor

_THREE_DIGITS = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
_FOUR_DIGITS = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def yiq(levels: Tensor, *, digits: int = 3) -> Tensor:
    """Convert RGB to YIQ.

    Args:
        levels: float64 `(N, 3, H, W)` RGB, or `(N, 1, H, W)` grey, whose I and Q are 0.
        digits: Digits of the matrix: 3 as in Zhang et al., FSIM, 2011, eq. 9, or 4 as in piq.

    Returns:
        float64 `(N, 3, H, W)`.
    """
    if levels.shape[1] == 1:
        return torch.cat([levels, torch.zeros_like(levels), torch.zeros_like(levels)], 1)
    red, green, blue = levels.split(1, 1)
    matrix = _THREE_DIGITS if digits == 3 else _FOUR_DIGITS
    return torch.cat([r * red + g * green + b * blue for r, g, b in matrix], 1)

"""The square of an image in which several pictures of it differ most."""

from collections.abc import Sequence

import numpy as np

from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.scene import Picture

_STEPS = 8


def busiest(pictures: Sequence[Picture], side: int) -> tuple[Rectangle, float]:
    """Return the square with the largest variance between pictures, on a grid of an eighth of its side.

    Args:
        pictures: Two or more of one size, uint8 `(H, W, 3)` or `(H, W)`.
        side: Side of the square in pixels; that of the image where it is shorter.

    Returns:
        The square, and the standard deviation between the pictures in it, in levels.
    """
    grey = [picture.mean(-1) if picture.ndim == 3 else picture.astype(np.float64) for picture in pictures]
    spread = np.var(np.stack(grey), axis=0)
    side = min(side, *spread.shape)
    sums = np.pad(spread.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    step = max(1, side // _STEPS)
    tops, lefts = (sorted({*range(0, length - side, step), length - side}) for length in spread.shape)
    corners = [(top, left) for top in tops for left in lefts]

    def inside(corner: tuple[int, int]) -> float:
        y, x = corner
        return float(sums[y + side, x + side] - sums[y, x + side] - sums[y + side, x] + sums[y, x])

    top, left = max(corners, key=inside)
    return Rectangle(left, top, side, side), float(np.sqrt(max(inside((top, left)), 0) / side**2))

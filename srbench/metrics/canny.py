"""Canny's edges as OpenCV finds them, in whole numbers."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from srbench.core.deferred import deferred

if TYPE_CHECKING:
    from scipy import ndimage
else:
    ndimage = deferred("scipy.ndimage")

_TAN_22 = 13573
"""Tangent of 22.5 degrees, in units of 2^-15, rounded as there."""


def edges(image: NDArray[np.uint8], low: int, high: int) -> NDArray[np.bool_]:
    """Find edges.

    Args:
        image: uint8 `(H, W, C)`; each pixel's gradient is that of the channel where it is largest, the first of equals.
        low: Gradient, as the sum of its parts' amounts, above which an edge goes on.
        high: Gradient above which it begins.

    Returns:
        `(H, W)`, True on edges.

    Source:
        Canny, A computational approach to edge detection, TPAMI 8(6), 1986; cv2.Canny with aperture 3 and L2gradient
        False, whose directions are told in fixed point.
    """
    channels = np.moveaxis(image.astype(np.int32), -1, 0)
    columns, rows = (np.stack([ndimage.sobel(c, axis, mode="nearest") for c in channels], -1) for axis in (1, 0))
    strength = abs(columns) + abs(rows)
    place = strength.argmax(-1)[..., None]
    dx, dy, strength = (np.take_along_axis(each, place, -1)[..., 0] for each in (columns, rows, strength))
    thin = (strength > low) & _highest(strength, dx, dy)
    groups, _ = ndimage.label(thin, np.ones((3, 3)))
    begun = np.unique(groups[thin & (strength > high)])
    return np.isin(groups, begun[begun > 0])


def _highest(strength: NDArray[np.int32], dx: NDArray[np.int32], dy: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether no neighbour across the edge is stronger; of two equals along an axis, the first one stays."""
    wide = np.pad(strength, 1)

    def at(down: int, right: int) -> NDArray[np.int32]:
        height, width = strength.shape
        return wide[1 + down : 1 + down + height, 1 + right : 1 + right + width]

    flat = abs(dx).astype(np.int64) * _TAN_22
    steep = flat + (abs(dx).astype(np.int64) << 16)
    rise = abs(dy).astype(np.int64) << 15
    across = (strength > at(0, -1)) & (strength >= at(0, 1))
    along = (strength > at(-1, 0)) & (strength >= at(1, 0))
    falling = (strength > at(-1, -1)) & (strength > at(1, 1))
    rising = (strength > at(-1, 1)) & (strength > at(1, -1))
    diagonal = np.where((dx < 0) != (dy < 0), rising, falling)
    return np.where(rise < flat, across, np.where(rise > steep, along, diagonal))

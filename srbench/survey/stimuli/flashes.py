"""Flashes of two pictures that change places, by the thresholds of WCAG 2.2, success criterion 2.3.1."""

import numpy as np
import numpy.typing as npt

from srbench.stats.arrays import Floats

FIELD_PX = 341, 256
"""Width and height in CSS pixels of 10 degrees of the visual field, as WCAG estimates it."""
ALLOWED_PX = FIELD_PX[0] * FIELD_PX[1] // 4
"""Pixels in it that may flash more than three times a second: a quarter, 0.006 steradians."""
_CHANGE, _DARKER = 0.1, 0.8
_SATURATED_RED, _RED_CHANGE = 0.8, 0.2
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""From linear sRGB to CIE XYZ, IEC 61966-2-1."""
_WHITE = 0.1978, 0.4683
"""u' and v' of D65, which stand for those of black, which has none."""


def flashing(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return which pixels flash where two pictures change places, bool `(H, W)`.

    A general flash is a change of relative luminance by 0.1 or more where the darker state is below 0.8. A red flash is
    a change to or from a saturated red, R / (R + G + B) of at least 0.8, by more than 0.2 in the CIE 1976 UCS diagram.

    Args:
        one: sRGB, uint8 `(H, W, 3)`.
        other: The same shape.

    Source:
        WCAG 2.2, "general flash and red flash thresholds" and "relative luminance".
    """
    states = _linear(one), _linear(other)
    luminance = np.stack([state @ _XYZ[1] for state in states])
    general = (np.ptp(luminance, axis=0) >= _CHANGE) & (luminance.min(axis=0) < _DARKER)
    red = np.any([_is_red(state) for state in states], axis=0)
    chroma = [_chromaticity(state) for state in states]
    return np.asarray(general | (red & (np.linalg.norm(chroma[0] - chroma[1], axis=-1) > _RED_CHANGE)))


def flashing_px(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], zoom: int) -> int:
    """Return the most pixels that flash within 10 degrees of the visual field.

    They are CSS pixels of a screen with one device pixel in each; on a denser screen the pictures are smaller.

    Args:
        one: sRGB, uint8 `(H, W, 3)`.
        other: The same shape.
        zoom: Pixels of the screen in each direction for a pixel of the pictures.
    """
    mask = flashing(one, other)
    width, height = (min(-(-side // zoom), most) for side, most in zip(FIELD_PX, mask.shape[::-1], strict=True))
    sums = np.pad(mask.astype(np.int64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    within = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return int(within.max()) * zoom**2


def _linear(levels: npt.NDArray[np.uint8]) -> Floats:
    value = levels / 255.0
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


def _is_red(linear: Floats) -> npt.NDArray[np.bool_]:
    total = linear.sum(axis=-1)
    return np.asarray((total > 0) & (linear[..., 0] >= _SATURATED_RED * total))


def _chromaticity(linear: Floats) -> Floats:
    """Return u' and v', `(H, W, 2)`."""
    x, y, z = np.moveaxis(linear @ _XYZ.T, -1, 0)
    total = x + 15 * y + 3 * z
    safe = np.where(total > 0, total, 1.0)
    found = np.stack([4 * x / safe, 9 * y / safe], axis=-1)
    return np.asarray(np.where((total > 0)[..., None], found, _WHITE))

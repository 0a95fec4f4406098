"""The orientation tag of an image, and pixels turned by it."""

import numpy as np
import numpy.typing as npt
from PIL import ImageFile

Array = npt.NDArray[np.uint8]

_TAG = 0x0112
_VALUES = range(1, 9)


def of(file: ImageFile.ImageFile) -> int:
    """Return the EXIF tag of an open file, 1 to 8; 1, which is upright, where it has none."""
    value = file.getexif().get(_TAG, 1)
    return value if value in _VALUES else 1


def turned(pixels: Array, orientation: int) -> Array:
    """Turn stored pixels by an orientation tag, as a viewer does."""
    if orientation in (2, 4):
        return np.flip(pixels, 1 if orientation == 2 else 0)
    if orientation in (5, 7):
        transposed = pixels.swapaxes(0, 1)
        return transposed if orientation == 5 else np.rot90(transposed, 2)
    return np.rot90(pixels, {3: 2, 6: -1, 8: 1}.get(orientation, 0))


def laid_down(pixels: Array, orientation: int) -> Array:
    """Undo `turned`."""
    return turned(pixels, {6: 8, 8: 6}.get(orientation, orientation))

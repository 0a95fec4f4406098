"""Pictures whose difference from their original is amplified."""

import numpy as np
import numpy.typing as npt


def amplified(
    picture: npt.NDArray[np.uint8], original: npt.NDArray[np.uint8], factor: float
) -> tuple[npt.NDArray[np.uint8], int]:
    """Return a picture that differs from its original by a multiple, and how many of its pixels were clipped.

    Args:
        picture: uint8 `(H, W, 3)`.
        original: The same shape.
        factor: Factor of the difference, at least 1.

    Returns:
        original + factor * (picture - original), rounded half up and clipped to 0..255, uint8 `(H, W, 3)`; and the
        number of pixels of which a channel was clipped.

    Source:
        ISO/IEC 29170-3; Men, Lin, Jenadeleh and Saupe, "Subjective image quality assessment with boosted triplet
        comparisons", IEEE Access 9, 2021.
    """
    exact = original + factor * (picture.astype(np.float64) - original)
    levels = np.floor(exact + 0.5)
    clipped = ((levels < 0) | (levels > 255)).any(axis=-1)
    return np.clip(levels, 0, 255).astype(np.uint8), int(clipped.sum())

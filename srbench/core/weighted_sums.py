"""Weighted sums of pixels along one side of an image, by scipy's product of a sparse and a dense matrix.

The product multiplies and adds in the order of the stored weights, one row of pixels at a time, so that it gives the
bits of a plain loop in a fraction of its time: what it works on stays in the cache.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]

_BLOCK_ROWS = 64
"""Rows that are turned into columns at once: they stay in the cache of one core."""


def matrix(index: npt.NDArray[np.int64], weight: Floats, length: int) -> sparse.csr_array:
    """Return the matrix `(n, length)` of n sums.

    Args:
        index: Inputs that each sum reads, `(n, taps)`, in the order in which they are added.
        weight: Their weights, `(n, taps)`.
        length: Number of inputs.
    """
    n, taps = index.shape
    starts = np.arange(0, n * taps + 1, taps, dtype=np.int32)
    return sparse.csr_array((weight.ravel(), index.ravel().astype(np.int32), starts), shape=(n, length))


def of_rows(sums: sparse.csr_array, image: Floats) -> Floats:
    """Sum rows: `(planes, H, W)` to `(planes, n, W)`."""
    out = np.empty((image.shape[0], sums.shape[0], image.shape[2]))
    for plane, summed in zip(image, out, strict=True):
        summed[:] = sums @ plane
    return out


def of_columns(sums: sparse.csr_array, image: Floats) -> Floats:
    """Sum columns: `(planes, H, W)` to `(planes, H, n)`."""
    rows = image.reshape(-1, image.shape[2])
    out = np.empty((len(rows), sums.shape[0]))
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        out[block] = (sums @ np.ascontiguousarray(rows[block].T)).T
    return out.reshape(*image.shape[:2], -1)


@cache
def round_twice() -> bool:
    """Return whether the installed scipy rounds after the product and again after the sum, as a plain loop does.

    Compilers for some processors do both in one step and round once, which moves the last bit.
    """
    near_one = 1 + 2.0**-30  # its square has a last bit that a product drops
    sums = matrix(np.array([[0, 1]]), np.array([[-1.0, near_one]]), 2)
    inputs = np.repeat([[1.0], [near_one]], 9, axis=1)  # long enough for vectors and a rest
    return bool(np.all(sums @ inputs == near_one * near_one - 1))

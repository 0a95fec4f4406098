"""Weighted sums of pixels along one side of an image, by scipy's product of a sparse and a dense matrix.

The product multiplies and adds in the order of the stored weights, one row of pixels at a time, so that it gives the
bits of a plain loop in a fraction of its time: what it works on stays in the cache.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]

Blocks = tuple[sparse.csr_array, ...]

_BLOCK_ROWS = 32
"""Rows that go through both passes at once: they stay in the cache of one core."""

_THREADED_PIXELS = 2_000_000
"""Pixels in and out from which on threads gain more than they cost."""


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


def cut(sums: sparse.csr_array) -> Blocks:
    """Return the matrix in blocks of rows that go through both passes at once."""
    return tuple(sums[top : top + _BLOCK_ROWS] for top in range(0, sums.shape[0], _BLOCK_ROWS))


def of_both(
    rows: Blocks,
    columns: sparse.csr_array,
    image: npt.NDArray[Any],
    after: Callable[[Floats], object],
    threads: int,
) -> Floats:
    """Sum rows and then columns: `(planes, H, W)` of any real dtype to `(planes, n, m)`.

    Args:
        rows: Sums of rows, `matrix` cut by `cut`.
        columns: Sums of columns.
        image: Pixels.
        after: Called on the sums of each pass, which it may change in place.
        threads: Number of planes that are summed at once, each as it would be alone.
    """
    out = np.empty((len(image), sum(block.shape[0] for block in rows), columns.shape[0]))
    shares = [slice(first, None, threads) for first in range(min(threads, len(image)))]
    if len(shares) == 1 or out.size + image.size < _THREADED_PIXELS:
        _planes(rows, columns, image, after, out)
        return out
    with ThreadPoolExecutor(len(shares)) as pool:  # scipy's products let other threads run
        list(pool.map(lambda share: _planes(rows, columns, image[share], after, out[share]), shares))
    return out


def _planes(
    rows: Blocks, columns: sparse.csr_array, image: npt.NDArray[Any], after: Callable[[Floats], object], out: Floats
) -> None:
    """Sum one plane after the other into `out`."""
    plane = np.empty(image.shape[1:])  # once for all planes: fresh memory costs as much as the sums
    for source, summed in zip(image, out, strict=True):
        plain = source.dtype == np.float64 and source.flags.c_contiguous
        if not plain:
            plane[:] = source
        top = 0
        for block in rows:
            down = block @ (source if plain else plane)
            after(down)
            across = columns @ np.ascontiguousarray(down.T)
            after(across)
            summed[top : top + len(down)] = across.T
            top += len(down)


@cache
def round_twice() -> bool:
    """Return whether the installed scipy rounds after the product and again after the sum, as a plain loop does.

    Compilers for some processors do both in one step and round once, which moves the last bit.
    """
    near_one = 1 + 2.0**-30  # its square has a last bit that a product drops
    sums = matrix(np.array([[0, 1]]), np.array([[-1.0, near_one]]), 2)
    inputs = np.repeat([[1.0], [near_one]], 9, axis=1)  # long enough for vectors and a rest
    return bool(np.all(sums @ inputs == near_one * near_one - 1))
